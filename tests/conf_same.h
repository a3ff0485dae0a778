/*
 * conf_same.h - whether two configurations mean the same: for tests and the
 * fuzzer.  Origins, and the order and number of tables, do not count; what two
 * listeners share does.
 */
#ifndef CONF_SAME_H
#define CONF_SAME_H

#include <string.h>

#include "addr.h"
#include "conf.h"
#include "key.h"

static const char *
same_scope(enum key_scope scope, const struct setup *sa, const void *a,
    const struct setup *sb, const void *b)
{
	const struct key *key = NULL;
	const struct setting *va, *vb;

	while ((key = key_next(key, scope)) != NULL) {
		va = key_setting(key, a);
		vb = key_setting(key, b);
		if (key_is_string(key)) {
			if (strcmp(conf_string(sa, va->v),
			    conf_string(sb, vb->v)) != 0)
				return key->name;
		} else if (va->v != vb->v)
			return key->name;
	}
	return NULL;
}

static const char *
same_pools(const struct setup *sa, uint32_t a, const struct setup *sb,
    uint32_t b)
{
	const struct setup_backend *x, *y;
	unsigned i, n = sa->pools[a].nbackends;
	const char *why;

	if (n != sb->pools[b].nbackends)
		return "number of backends";
	for (i = 0; i < n; i++) {
		x = &sa->backends[sa->pools[a].first_backend + i];
		y = &sb->backends[sb->pools[b].first_backend + i];
		if (strcmp(conf_string(sa, x->label),
		    conf_string(sb, y->label)) != 0)
			return "label";
		if (strcmp(conf_string(sa, x->host),
		    conf_string(sb, y->host)) != 0)
			return "host";
		if (!addr_equal(&x->addr, &y->addr))
			return "address of a backend";
		if ((why = same_scope(SCOPE_HOST, sa, x, sb, y)) != NULL)
			return why;
	}
	return NULL;
}

static const char *
same_listener(const struct setup *sa, const struct setup_listener *a,
    const struct setup *sb, const struct setup_listener *b)
{
	const struct setup_class *x, *y;
	const struct setup_profile *p, *q;
	const char *why;
	uint32_t i;

	if (!addr_equal(&a->addr, &b->addr) || a->addr.port != b->addr.port)
		return "address of a listener";
	if (strcmp(conf_string(sa, a->name), conf_string(sb, b->name)) != 0)
		return "name of a listener";
	if ((why = same_scope(SCOPE_LISTENER, sa, a, sb, b)) != NULL)
		return why;
	if (a->nclasses != b->nclasses)
		return "number of classes";
	for (i = 0; i < a->nclasses; i++) {
		x = &sa->classes[a->first_class + i];
		y = &sb->classes[b->first_class + i];
		if (x->family != y->family || x->bits != y->bits ||
		    memcmp(x->ip, y->ip, sizeof(x->ip)) != 0)
			return "network of a class";
		p = &sa->profiles[x->profile];
		q = &sb->profiles[y->profile];
		if ((why = same_scope(SCOPE_BLOCK, sa, p, sb, q)) != NULL ||
		    (why = same_pools(sa, p->pool, sb, q->pool)) != NULL)
			return why;
	}
	return NULL;
}

/* What differs first, or NULL. */
static const char *
conf_same(const struct setup *a, const struct setup *b)
{
	const char *why;
	uint32_t i, k;

	if ((why = same_scope(SCOPE_SERVER, a, &a->server, b,
	    &b->server)) != NULL)
		return why;
	if (a->nlisteners != b->nlisteners)
		return "number of listeners";
	for (i = 0; i < a->nlisteners; i++)
		if ((why = same_listener(a, &a->listeners[i], b,
		    &b->listeners[i])) != NULL)
			return why;
	/* classes correspond by now: pools are shared in the same way */
	if (a->nclasses != b->nclasses)
		return "number of all classes";
	for (i = 0; i < a->nclasses; i++)
		for (k = 0; k < i && i < 64; k++)
			if ((a->profiles[a->classes[i].profile].pool ==
			    a->profiles[a->classes[k].profile].pool) !=
			    (b->profiles[b->classes[i].profile].pool ==
			    b->profiles[b->classes[k].profile].pool))
				return "sharing of a pool";
	return NULL;
}

#endif

/*
 * conf_dump.c - a setup as a configuration, and the list of keys.
 *
 * Everything is written out, defaults too, each with the place it came from in
 * a comment.  Reading it gives the same setup.
 */
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "key.h"
#include "limits.h"
#include "text.h"

enum {
	PLACE = 300,		/* bytes of "file:line"; cut, it is a comment */
	TEXT = 2 * LIMIT_CONF_STRING + 8,	/* a string, each " escaped */
	LINE = TEXT + PLACE + 200
};

struct out {
	const struct setup	*setup;
	conf_put		*put;
	void			*ctx;
	unsigned		 indent;	/* tabs */
};

static void
put_line(const struct out *o, const char *f, ...) ATTR_PRINTF(2, 3);

static void
put_line(const struct out *o, const char *f, ...)
{
	char line[LINE];
	va_list ap;

	memset(line, '\t', o->indent);
	va_start(ap, f);
	text_vformat(line + o->indent, sizeof(line) - o->indent, f, ap);
	va_end(ap);
	o->put(o->ctx, line);
}

/* A string in double quotes. */
static const char *
quoted(const char *s, char *buf, size_t size)
{
	size_t n = 0;

	buf[n++] = '"';
	for (; *s != '\0' && n + 4 < size; s++) {
		if (*s == '"')
			buf[n++] = '\\';
		buf[n++] = *s;
	}
	buf[n++] = '"';
	buf[n] = '\0';
	return buf;
}

static const char *
value_text(const struct out *o, const struct key *key, uint32_t v, char *buf,
    size_t size)
{
	switch (key->type) {
	case KEY_STRING:
	case KEY_LOG:
	case KEY_ADDR:
	case KEY_NAME:
		return quoted(conf_string(o->setup, v), buf, size);
	default:
		return key_write(key, v, buf, size);
	}
}

static void
put_setting(const struct out *o, const struct key *key,
    const struct setting *set)
{
	char text[TEXT], at[PLACE];

	value_text(o, key, set->v, text, sizeof(text));
	conf_at(o->setup, set->at, at, sizeof(at));
	if (key->type == KEY_FLAGS)
		put_line(o, "%s = ( \"server.graceful-shutdown-timeout\" => "
		    "%s )\t# %s", key->name, text, at);
	else
		put_line(o, "%s = %s\t# %s", key->name, text, at);
}

/* All keys of a scope; those that differ from another struct's if given. */
static void
put_scope(const struct out *o, enum key_scope scope, const void *from,
    const void *other)
{
	const struct setting *set, *than = NULL;
	const struct key *key;
	unsigned i;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		if (key->scope != scope || key->offset == KEY_NOWHERE)
			continue;
		set = key_setting_of(key, from);
		if (other != NULL)
			than = key_setting_of(key, other);
		if (than == NULL || than->v != set->v)
			put_setting(o, key, set);
	}
}

static void
put_backend(const struct out *o, const struct setup_backend *b)
{
	const char *label = conf_string(o->setup, b->label);
	const char *host = conf_string(o->setup, b->host);
	char text[TEXT], at[PLACE], name[ADDR_TEXT + 256];
	struct out in = *o;
	const struct key *key;
	unsigned i;

	if (b->addr.family == OS_NONE || b->naddrs > 0)
		text_format(name, sizeof(name), "%s:%lu", host,
		    (unsigned long)b->port.v);
	else
		addr_text(name, sizeof(name), &b->addr);
	conf_at(o->setup, b->at, at, sizeof(at));
	if (strcmp(label, name) == 0)		/* it gets that one again */
		put_line(o, "(\t# %s", at);
	else
		put_line(o, "%s => (\t# %s", quoted(label, text,
		    sizeof(text)), at);
	in.indent++;
	put_line(&in, "\"%s\" => %s,", b->addr.family == OS_UNIX ? "socket" :
	    "host", quoted(host, text, sizeof(text)));
	for (i = 0; (key = key_at(i)) != NULL; i++) {
		if (key->scope != SCOPE_HOST || key->offset == KEY_NOWHERE ||
		    (b->addr.family == OS_UNIX &&
		    strcmp(key->name, "port") == 0))
			continue;
		put_line(&in, "\"%s\" => %s,\t# %s", key->name,
		    key_write(key, key_setting_of(key, b)->v, text,
		    sizeof(text)),
		    conf_at(o->setup, key_setting_of(key, b)->at, at,
		    sizeof(at)));
	}
	put_line(o, "),");
}

static void
put_pool(const struct out *o, const struct setup_pool *pool)
{
	struct out in = *o;
	char at[PLACE];
	unsigned i;

	if (pool->nbackends == 0) {
		put_line(o, "sockproxy.server = ( )\t# %s",
		    conf_at(o->setup, pool->at, at, sizeof(at)));
		return;
	}
	put_line(o, "sockproxy.server = ( \"\" => (\t# %s",
	    conf_at(o->setup, pool->at, at, sizeof(at)));
	in.indent++;
	for (i = 0; i < pool->nbackends; i++)
		put_backend(&in, &o->setup->backends[pool->first_backend + i]);
	put_line(o, ") )");
}

/* What a profile has that another (NULL: none) has not. */
static void
put_profile(const struct out *o, uint16_t profile, const uint16_t *other)
{
	const struct setup *s = o->setup;
	const struct setup_profile *p = &s->profiles[profile];
	const struct setup_profile *q = other != NULL ?
	    &s->profiles[*other] : NULL;

	put_scope(o, SCOPE_BLOCK, p, q);
	if (q == NULL || q->pool != p->pool)
		put_pool(o, &s->pools[p->pool]);
}

/* The profile of the smallest class around class i of a listener. */
static const uint16_t *
profile_around(const struct setup_class *classes, uint32_t i)
{
	const struct setup_class *c = &classes[i], *k;

	for (k = c + 1; k->family != OS_NONE; k++)
		if (addr_in_net(c->ip, c->family, k->ip, k->family, k->bits))
			break;
	return &k->profile;
}

static void
put_class(const struct out *o, const struct setup_class *classes, uint32_t i)
{
	const struct setup_class *class = &classes[i];
	struct os_peer peer;
	struct out in = *o;
	char text[ADDR_TEXT];

	memset(&peer, 0, sizeof(peer));
	peer.family = class->family;
	memcpy(peer.ip, class->ip, sizeof(peer.ip));
	put_line(o, "$HTTP[\"remoteip\"] == \"%s/%u\" {",
	    addr_peer_text(text, sizeof(text), &peer, true), class->bits);
	in.indent++;
	put_profile(&in, class->profile, profile_around(classes, i));
	put_line(o, "}");
}

static void
put_listener(const struct out *o, const struct setup_listener *l)
{
	const struct setup_class *classes =
	    &o->setup->classes[l->first_class];
	struct out in = *o;
	char text[TEXT], at[PLACE];
	uint32_t i = l->nclasses - 1;

	put_line(o, "%s", "");
	put_line(o, "$SERVER[\"socket\"] == %s {\t# %s",
	    quoted(conf_string(o->setup, l->name), text, sizeof(text)),
	    conf_at(o->setup, l->at, at, sizeof(at)));
	in.indent++;
	put_scope(&in, SCOPE_LISTENER, l, NULL);
	put_profile(&in, classes[i].profile, NULL);
	while (i-- > 0)			/* the inner ones come last and win */
		put_class(&in, classes, i);
	put_line(o, "}");
}

void
conf_dump(const struct setup *setup, conf_put *put, void *ctx)
{
	struct out o = { setup, put, ctx, 0 };
	uint32_t i;

	put_scope(&o, SCOPE_SERVER, &setup->server, NULL);
	for (i = 0; i < setup->nlisteners; i++)
		put_listener(&o, &setup->listeners[i]);
}

void
conf_keys(conf_put *put, void *ctx)
{
	struct out o = { NULL, put, ctx, 0 };
	const struct key *key;
	const char *initial;
	char buf[40];
	unsigned i;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		initial = key_write(key, key->initial, buf, sizeof(buf));
		if (key->type == KEY_LIST || strcmp(initial, "\"\"") == 0)
			initial = "-";
		put_line(&o, "%s\t%s\t%s\t%s\t%s", key->name,
		    key_scope_name(key), key_type_name(key), initial,
		    key->text);
	}
}

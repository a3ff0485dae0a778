/*
 * conf_dump.c - a setup as a configuration.
 *
 * Everything is written out, defaults too, each with the place it came from in
 * a comment.  Reading it gives the same setup.
 */
#include <string.h>

#include "addr.h"
#include "conf_int.h"
#include "text.h"

enum {
	PLACE = 300,		/* bytes of "file:line"; cut, it is a comment */
	TEXT = 2 * LIMIT_CONF_STRING + 8,	/* a string, each " escaped */
	LINE = TEXT + PLACE + 200
};

#define BARE	UINT32_MAX	/* no place: no comment */

struct out {
	const struct setup	*setup;
	conf_put		*put;
	void			*ctx;
	unsigned		 indent;	/* tabs */
	char			 text[TEXT];
};

/* One line, with what its format says of a and b, and where it comes from. */
static void
put_line(struct out *o, uint32_t at, const char *f, const char *a,
    const char *b)
{
	char line[LINE];
	size_t len = o->indent;

	memset(line, '\t', len);
	len += text_format(line + len, sizeof(line) - len, f, a, b);
	if (at != BARE)
		text_format(line + len, sizeof(line) - len, "\t# %s",
		    conf_at(o->setup, at));
	o->put(o->ctx, line);
}

/* The end of what was indented. */
static void
put_end(struct out *o, const char *text)
{
	o->indent--;
	put_line(o, BARE, text, "", "");
}

/* A string of the setup, in double quotes. */
static const char *
quoted(struct out *o, uint32_t string)
{
	const char *s = conf_string(o->setup, string);
	size_t n = 0;

	o->text[n++] = '"';
	for (; *s != '\0' && n + 4 < TEXT; s++) {
		if (*s == '"')
			o->text[n++] = '\\';
		o->text[n++] = *s;
	}
	o->text[n++] = '"';
	o->text[n] = '\0';
	return o->text;
}

static const char *
value_of(struct out *o, const struct key *key, const struct setting *set)
{
	return key_is_string(key) ? quoted(o, set->v) :
	    key_write(key, set->v, o->text);
}

/* All keys of a scope; those that differ from another struct's if given. */
static void
put_scope(struct out *o, enum key_scope scope, const void *from,
    const void *other)
{
	const struct setting *set;
	const struct key *key = NULL;

	while ((key = key_next(key, scope)) != NULL) {
		set = key_setting(key, from);
		if (other == NULL || key_setting(key, other)->v != set->v)
			put_line(o, set->at, key->type != KEY_FLAGS ?
			    "%s = %s" : "%s = ( \"server."
			    "graceful-shutdown-timeout\" => %s )", key->name,
			    value_of(o, key, set));
	}
}

static void
put_backend(struct out *o, const struct setup_backend *b)
{
	const struct setting *set;
	const struct key *key = NULL;
	char name[ADDR_TEXT + 256];
	bool path = b->addr.family == OS_UNIX;

	if (b->addr.family == OS_NONE || b->naddrs > 0)
		text_format(name, sizeof(name), "%s:%u",
		    conf_string(o->setup, b->host), b->port.v);
	else
		addr_text(name, sizeof(name), &b->addr);
	if (strcmp(conf_string(o->setup, b->label), name) == 0)
		put_line(o, b->at, "(", "", "");	/* it gets it again */
	else
		put_line(o, b->at, "%s => (", quoted(o, b->label), "");
	o->indent++;
	put_line(o, BARE, "\"%s\" => %s,", path ? "socket" : "host",
	    quoted(o, b->host));
	while ((key = key_next(key, SCOPE_HOST)) != NULL) {
		set = key_setting(key, b);
		if (set != &b->port || !path)
			put_line(o, set->at, "\"%s\" => %s,", key->name,
			    value_of(o, key, set));
	}
	put_end(o, "),");
}

static void
put_pool(struct out *o, const struct setup_pool *pool)
{
	unsigned i;

	put_line(o, pool->at, "sockproxy.server = ( %s",
	    pool->nbackends == 0 ? ")" : "\"\" => (", "");
	if (pool->nbackends == 0)
		return;
	o->indent++;
	for (i = 0; i < pool->nbackends; i++)
		put_backend(o, &o->setup->backends[pool->first_backend + i]);
	put_end(o, ") )");
}

/* What the profile of a class has that the one of another (NULL) has not. */
static void
put_profile(struct out *o, const struct setup_class *class,
    const struct setup_class *other)
{
	const struct setup *s = o->setup;
	const struct setup_profile *p = &s->profiles[class->profile];
	const struct setup_profile *q = other != NULL ?
	    &s->profiles[other->profile] : NULL;

	put_scope(o, SCOPE_BLOCK, p, q);
	if (q == NULL || q->pool != p->pool)
		put_pool(o, &s->pools[p->pool]);
}

static void
put_class(struct out *o, const struct setup_class *class)
{
	char bits[8];

	text_format(bits, sizeof(bits), "%u", class->bits);
	put_line(o, BARE, "$HTTP[\"remoteip\"] == \"%s/%s\" {",
	    addr_ip_text(o->text, sizeof(o->text), class->family, class->ip),
	    bits);
	o->indent++;
	put_profile(o, class, setup_around(class));
	put_end(o, "}");
}

static void
put_listener(struct out *o, const struct setup_listener *l)
{
	const struct setup_class *first = &o->setup->classes[l->first_class];
	const struct setup_class *class = first + l->nclasses - 1;

	put_line(o, BARE, "", "", "");
	put_line(o, l->at, "$SERVER[\"socket\"] == %s {", quoted(o, l->name),
	    "");
	o->indent++;
	put_scope(o, SCOPE_LISTENER, l, NULL);
	put_profile(o, class, NULL);
	while (class-- > first)		/* the inner ones come last and win */
		put_class(o, class);
	put_end(o, "}");
}

void
conf_dump(const struct setup *setup, conf_put *put, void *ctx)
{
	struct out o = { .setup = setup, .put = put, .ctx = ctx };
	uint32_t i;

	put_scope(&o, SCOPE_SERVER, &setup->server, NULL);
	for (i = 0; i < setup->nlisteners; i++)
		put_listener(&o, &setup->listeners[i]);
}

/*
 * conf_pool.c - sockproxy.server lists to pools of backends.
 *
 * lighttpd's form has three levels: extension, label, keys.  The first may be
 * left out here, and a backend may be a string.  The same code checks a list
 * when it is assigned and makes the pool when the blocks are built; an error is
 * reported for a value once.  Lists that say the same make one pool: its
 * backends have one health and one load.
 */
#include <string.h>

#include "addr.h"
#include "conf_int.h"
#include "text.h"

static bool
is_host_key(const struct value *v)
{
	return key_find(v->key, true) != NULL ||
	    key_other_host(v->key) != KEY_UNKNOWN;
}

/*
 * The key of a value in a backend's list, NULL if it means nothing.  False
 * (reported) if it is none.
 */
static bool
check_key(struct conf *c, struct value *v, bool fallback,
    const struct key **key)
{
	const char *name = v->key;
	struct key_near near;
	enum key_other other;

	*key = key_find(name, true);
	if (*key != NULL && !(fallback && (*key)->type == KEY_STRING))
		return true;
	other = key_other_host(name);
	if (*key != NULL)
		conf_error(c, v->keyplace, "\"%.60s\" is each backend's own",
		    name);
	else if (!v->keyed)
		conf_error(c, v->keyplace, "expected \"key\" => value");
	else if (other == KEY_REFUSED)
		conf_good(c, v->keyplace, name, "sockproxy starts no programs; "
		    "let the service manager start the backend");
	else if (other == KEY_UNKNOWN)
		conf_error(c, v->keyplace, "a backend has no key "
		    "\"%.60s\"%s", name, key_nearest(&near, name, true));
	else {
		value_warn(c, v, "\"%s\" means nothing here", name);
		return true;
	}
	return false;
}

/*
 * All keys of a backend's list, or of the defaults, to its settings.  False
 * when one is no key, or its value none.
 */
static bool
read_keys(struct conf *c, const struct value *list, bool fallback,
    struct setup_backend *b)
{
	const struct key *key;
	struct setting set;
	struct value *v;
	bool good = true;

	for (v = list->first; v != NULL; v = v->next) {
		set.at = v->place.at;
		if (v->type == VALUE_POISON ||
		    !check_key(c, v, fallback, &key) ||
		    (key != NULL && !conf_read(c, key, v, &set.v)))
			good = false;
		else if (key != NULL && key->offset != KEY_NOWHERE)
			*key_setting(key, b) = set;
		else if (key != NULL && key->type == KEY_BOOL && set.v == 0)
			value_warn(c, v, "%s is always on: "
			    "each side's end is passed on", key->name);
	}
	return good;
}

/* A string of a backend's list, NULL when it is not there or empty. */
static struct value *
string_of(const struct value *list, const char *key)
{
	struct value *v = value_find(list, key);

	return v != NULL && v->type == VALUE_STRING && *v->text != '\0' ?
	    v : NULL;
}

/* Label and host into the setup. */
static bool
fill_names(struct conf *c, struct value *v, const char *host,
    struct setup_backend *b)
{
	const char *label = v->key;
	char text[400];

	_Static_assert(LIMIT_CONF_LABEL == 200, "see the sentence");
	if (!conf_good(c, v->keyplace, label, strlen(label) >
	    LIMIT_CONF_LABEL ? "it is longer than 200 bytes (LIMIT_CONF_LABEL)" :
	    conf_unwritable(label)))
		return false;
	c->columns[c->setup->nbackends] = v->keyplace.column;
	if (b->addr.family == OS_NONE)
		text_format(text, sizeof(text), "%s:%u", host, b->port.v);
	else
		addr_text(text, sizeof(text), &b->addr);
	if (b->addr.family == OS_UNIX) {
		host = text;
		b->port = (struct setting){ KEY_PORT, 0 };
	}
	if (*label == '\0')
		label = text;
	b->label_hash = text_casehash(label);
	c->hash = c->hash * 31 + b->label_hash + text_casehash(host);
	b->host = setup_string(c, host);
	b->label = strcmp(label, host) == 0 ? b->host :
	    setup_string(c, label);
	return true;
}

static bool
string_backend(struct conf *c, struct value *v, struct setup_backend *b)
{
	char host[300];
	size_t len;

	if (!conf_good(c, v->place, v->text, conf_addr(v->text, ADDR_BACKEND,
	    false, b->port.v, &b->addr, &len)))
		return false;
	if (b->addr.family != OS_UNIX && b->addr.port != b->port.v)
		b->port = (struct setting){ b->addr.port, v->place.at };
	text_format(host, sizeof(host), "%.*s", (int)len,
	    v->text + (*v->text == '['));
	return fill_names(c, v, host, b);
}

/* ( "host" => ..., "port" => ... ), or ( "socket" => ... ). */
static bool
list_backend(struct conf *c, struct value *list, struct setup_backend *b)
{
	struct value *v = string_of(list, "host");
	struct value *path = string_of(list, "socket");

	if (!read_keys(c, list, false, b))
		return false;
	if ((path != NULL) == (v != NULL) ||
	    (path != NULL && value_find(list, "port") != NULL)) {
		conf_error(c, list->keyplace, "a backend has either "
		    "\"socket\" => ... or \"host\" => ..., \"port\" => ...");
		return false;
	}
	if (path != NULL)
		v = path;
	if (!conf_good(c, v->place, v->text,
	    path != NULL || conf_addr_is_path(v->text) ?
	    conf_addr_path(v->text, &b->addr) :
	    conf_addr_host(v->text, &b->addr)))
		return false;
	if (b->addr.family != OS_UNIX)
		b->addr.port = (uint16_t)b->port.v;
	return fill_names(c, list, v->text, b);
}

static void
one_backend(struct conf *c, const struct value *fallback, struct value *v)
{
	struct setup *s = c->setup;
	struct setup_backend *b = &s->backends[s->nbackends];

	if (v->type == VALUE_POISON || !conf_room(c, v->place, s->nbackends,
	    LIMIT_BACKENDS))
		return;
	memset(b, 0, sizeof(*b));
	b->at = v->keyplace.at;
	setup_fill(c, SCOPE_HOST, b);
	read_keys(c, fallback, true, b);
	if (v->type == VALUE_NUMBER)
		conf_error(c, v->place, "expected a backend: \"host:port\" "
		    "or ( \"host\" => ..., \"port\" => ... )");
	else if (v->type == VALUE_STRING ? string_backend(c, v, b) :
	    list_backend(c, v, b))
		s->nbackends++;
}

/* The extension that matches everything. */
static bool
is_any(const struct value *v)
{
	return v->keyed && (*v->key == '\0' || strcmp(v->key, "/") == 0);
}

/*
 * Whether an element of sockproxy.server is the level of extensions: called ""
 * or "/", or its elements are backends rather than keys of one.
 */
static bool
is_extension(const struct value *v)
{
	const struct value *e;

	if (v->type != VALUE_LIST || is_any(v))
		return v->type == VALUE_LIST;
	for (e = v->first; e != NULL; e = e->next)
		if (e->type == VALUE_LIST && !is_host_key(e))
			return true;
	return false;
}

/* Whether there are keys of a backend in the place of backends: reported. */
static bool
bare_keys(struct conf *c, const struct value *list)
{
	const struct value *v = list->first;

	while (v != NULL && (v->type == VALUE_LIST || !is_host_key(v)))
		v = v->next;
	if (v != NULL)
		conf_error(c, v->keyplace, "a backend's keys stand in a "
		    "list of their own: ( ( \"%.60s\" => ... ) )", v->key);
	return v != NULL;
}

static void
read_list(struct conf *c, const struct value *fallback, struct value *server)
{
	struct value *v, *e;

	if (bare_keys(c, server))
		return;
	for (v = server->first; v != NULL && !c->stop; v = v->next)
		if (!is_extension(v))
			one_backend(c, fallback, v);
		else if (!v->keyed)
			conf_error(c, v->keyplace, "a list too many: "
			    "expected \"label\" => ( \"host\" => ... )");
		else if (!is_any(v))
			conf_error(c, v->keyplace, "the extension "
			    "\"%.60s\" can never match, as there are no URLs: "
			    "use \"\"", v->key);
		else if (server->first != server->last)
			conf_error(c, v->keyplace, "nothing can stand "
			    "beside this extension, it matches everything");
		else if (!bare_keys(c, v))
			for (e = v->first; e != NULL && !c->stop; e = e->next)
				one_backend(c, fallback, e);
}

void
pool_check(struct conf *c, struct value *server)
{
	uint32_t nbackends = c->setup->nbackends;
	uint32_t nstrings = c->setup->nstrings;

	read_list(c, &c->none, server);
	c->setup->nbackends = nbackends;
	c->setup->nstrings = nstrings;
}

void
pool_check_default(struct conf *c, struct value *fallback)
{
	struct setup_backend b;

	read_keys(c, fallback, true, &b);
}

/* An address follows from host and port. */
static bool
same_pool(const struct setup *s, const struct setup_pool *a,
    const struct setup_pool *b)
{
	const struct setup_backend *x = &s->backends[a->first_backend];
	const struct setup_backend *y = &s->backends[b->first_backend];
	unsigned i;

	if (a->nbackends != b->nbackends)
		return false;
	for (i = 0; i < a->nbackends; i++, x++, y++)
		if (strcmp(s->strings + x->label, s->strings + y->label) != 0 ||
		    strcmp(s->strings + x->host, s->strings + y->host) != 0 ||
		    !setup_same(SCOPE_HOST, x, y, false))
			return false;
	return true;
}

uint32_t
pool_make(struct conf *c, struct value *server, struct value *fallback,
    uint32_t at)
{
	struct setup *s = c->setup;
	struct setup_pool *pool = &s->pools[s->npools];
	uint32_t i, nstrings = s->nstrings;

	if (server->made && server->fallback == fallback)
		return server->pool;
	if (!conf_room(c, server->place, s->npools, LIMIT_POOLS))
		return 0;
	pool->at = at;
	pool->first_backend = (uint16_t)s->nbackends;
	c->hash = 0;
	read_list(c, fallback, server);
	pool->nbackends = (uint16_t)(s->nbackends - pool->first_backend);
	for (i = 0; i < s->npools; i++)
		if (c->poolhash[i] == c->hash &&
		    same_pool(s, &s->pools[i], pool))
			break;
	if (i == s->npools)
		c->poolhash[s->npools++] = c->hash;
	else {
		s->nbackends = pool->first_backend;
		s->nstrings = nstrings;
	}
	server->made = true;
	server->fallback = fallback;
	server->pool = i;
	return i;
}

/* ---- loops ---- */

/* Whether a listener takes whatever comes to its port by that family. */
static bool
takes_any(const struct setup_listener *l, uint8_t family)
{
	static const uint8_t any[16];

	return memcmp(l->addr.u.ip, any, sizeof(any)) == 0 &&
	    (l->addr.family == family ||
	    (l->addr.family == OS_IPV6 && l->v6only.v == 0));
}

const struct setup_listener *
conf_own_listener(const struct setup *s, const struct setup_backend *b)
{
	const struct os_addr *a = &b->addr;
	const struct setup_listener *l;
	unsigned n = 1;
	bool here;

	if (b->naddrs > 0) {
		a = &s->addrs[b->first_addr];
		n = b->naddrs;
	}
	for (; n > 0 && a->family != OS_NONE; n--, a++) {
		here = addr_is_here(a);
		for (l = s->listeners; l < s->listeners + s->nlisteners; l++)
			if (a->port == l->addr.port && (addr_equal(a,
			    &l->addr) || (here && takes_any(l, a->family))))
				return l;
	}
	return NULL;
}

void
pool_check_loops(struct conf *c)
{
	const struct setup *s = c->setup;
	const struct setup_backend *b;
	const struct setup_listener *l;
	uint32_t i;

	for (i = 0; i < s->nbackends; i++) {
		b = &s->backends[i];
		if ((l = conf_own_listener(s, b)) != NULL)
			conf_error(c, (struct place){ b->at, c->columns[i] },
			    "the backend \"%.60s\" is our own listener "
			    "\"%.60s\" (%s)", conf_string(s, b->label),
			    conf_string(s, l->name), conf_at(s, l->at));
	}
}

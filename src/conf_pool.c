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
is_host_key(const char *name)
{
	return key_find_host(name) != NULL || key_ignored_host(name) ||
	    key_refused_host(name);
}

/* Complain about a key of a backend that is not one; true: it is one. */
static bool
check_key(struct conf *c, uint32_t value, bool fallback)
{
	const struct value *v = &c->values[value];
	const char *name = conf_text_get(c, v->key), *near;
	const struct key *key = key_find_host(name);
	char buf[80];

	if (v->key == 0) {
		conf_key_error(c, value, "expected \"key\" => value");
		return false;
	}
	if (key_refused_host(name)) {
		conf_key_error(c, value, "\"%.60s\": sockproxy starts no "
		    "programs; let the service manager start the backend",
		    name);
		return false;
	}
	if (key_ignored_host(name)) {
		conf_key_warn(c, value, "\"%s\" means nothing here", name);
		return false;
	}
	if (key != NULL && fallback && (strcmp(key->name, "host") == 0 ||
	    strcmp(key->name, "socket") == 0)) {
		conf_key_error(c, value, "\"%.60s\" is each backend's own",
		    name);
		return false;
	}
	if (key != NULL)
		return true;
	if ((near = key_nearest(name, true, buf, sizeof(buf))) != NULL)
		conf_key_error(c, value, "a backend has no key \"%.60s\", "
		    "did you mean \"%.60s\"?", name, near);
	else
		conf_key_error(c, value, "a backend has no key \"%.60s\"",
		    name);
	return false;
}

/* All keys of a backend or a default: are they keys, are their values? */
static bool
check_keys(struct conf *c, uint32_t list, bool fallback)
{
	const struct value *v;
	const struct key *key;
	uint32_t i, number;
	bool good = true;

	for (i = c->values[list].first; i != 0; i = c->values[i].next) {
		v = &c->values[i];
		if (!check_key(c, i, fallback)) {
			good &= !v->bad;
			continue;
		}
		key = key_find_host(conf_text_get(c, v->key));
		number = 1;
		if (!conf_read(c, key, i, &number))
			good = false;
		if (number == 0 && strcmp(key->name, "tcp-fin-propagate") == 0)
			conf_key_warn(c, i, "tcp-fin-propagate is always on: "
			    "each side's end is passed on");
	}
	return good;
}

static void
fill_settings(struct conf *c, uint32_t fallback, uint32_t list,
    struct setup_backend *b)
{
	const struct key *key;
	struct setting *set;
	uint32_t v;
	unsigned i;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		if (key->scope != SCOPE_HOST || key->offset == KEY_NOWHERE)
			continue;
		set = key_setting(key, b);
		set->v = key->initial;
		set->at = 0;
		v = list != 0 ? value_find(c, list, key->name) : 0;
		if (v == 0 && fallback != 0)
			v = value_find(c, fallback, key->name);
		if (v != 0 && conf_read(c, key, v, &set->v))
			set->at = c->values[v].place.at;
	}
}

/* A string of a backend's list, NULL when it is not there or empty. */
static const char *
string_of(struct conf *c, uint32_t list, const char *key, uint32_t *value)
{
	const struct value *v;

	if ((*value = value_find(c, list, key)) == 0)
		return NULL;
	v = &c->values[*value];
	if (v->type != VALUE_STRING || *conf_text_get(c, v->text) == '\0')
		return NULL;
	return conf_text_get(c, v->text);
}

static bool
is_path(const char *s)
{
	return *s == '/' || *s == '\\' || strncmp(s, "unix:", 5) == 0;
}

/* The address of ( "host" => ..., "port" => ... ).  Returns it as written. */
static const char *
list_address(struct conf *c, uint32_t list, struct setup_backend *b)
{
	const char *host, *path, *wrong;
	uint32_t ihost, ipath;

	host = string_of(c, list, "host", &ihost);
	path = string_of(c, list, "socket", &ipath);
	if (path != NULL && (host != NULL ||
	    value_find(c, list, "port") != 0)) {
		conf_key_error(c, list, "a backend has either socket, or "
		    "host and port");
		return NULL;
	}
	if (path == NULL && host == NULL) {
		conf_key_error(c, list, "this backend has no address: "
		    "expected \"host\" => ... or \"socket\" => ...");
		return NULL;
	}
	if (path != NULL || is_path(host)) {
		if (path == NULL) {
			path = host;
			ipath = ihost;
		}
		if ((wrong = conf_addr_path(path, &b->addr)) == NULL)
			return path;
		conf_value_error(c, ipath, "\"%.60s\": %s", path, wrong);
		return NULL;
	}
	if ((wrong = conf_addr_host(host, &b->addr)) != NULL) {
		conf_value_error(c, ihost, "\"%.60s\": %s", host, wrong);
		return NULL;
	}
	b->addr.port = (uint16_t)b->port.v;
	return host;
}

/* The host of "[fd00::1]:80", "name:80"; a path is itself. */
static const char *
host_part(const struct os_addr *a, const char *written, size_t namelen,
    char *buf, size_t size)
{
	char *colon;

	if (a->family == OS_UNIX)
		return written;
	if (a->family == OS_NONE)
		text_format(buf, size, "%.*s", (int)namelen, written);
	else {
		addr_text(buf, size, a);
		if ((colon = strrchr(buf, ':')) != NULL)
			*colon = '\0';
		if (*buf == '[') {
			buf[strlen(buf) - 1] = '\0';
			buf++;
		}
	}
	return buf;
}

/* Label and host into the setup. */
static bool
fill_names(struct conf *c, uint32_t value, const char *host,
    struct setup_backend *b)
{
	const char *label = conf_text_get(c, c->values[value].key);
	char text[400], path[ADDR_TEXT];

	if (strlen(label) > LIMIT_CONF_LABEL) {
		conf_key_error(c, value, "the label is longer than %d bytes "
		    "(LIMIT_CONF_LABEL)", LIMIT_CONF_LABEL);
		return false;
	}
	if (lex_binary(label, strlen(label)) != NULL ||
	    strpbrk(label, "\r\n\t") != NULL ||
	    (*label != '\0' && label[strlen(label) - 1] == '\\')) {
		conf_key_error(c, value, "a label holds no control "
		    "characters and no backslash at its end");
		return false;
	}
	c->columns[c->setup->nbackends] =
	    c->values[value].keyplace.column;
	if (b->addr.family == OS_UNIX) {
		host = addr_text(path, sizeof(path), &b->addr);
		b->port.v = key_find_host("port")->initial;
		b->port.at = 0;
	}
	b->host = setup_string(c, host);
	if (*label == '\0') {
		if (b->addr.family == OS_NONE)
			text_format(text, sizeof(text), "%s:%lu", host,
			    (unsigned long)b->port.v);
		else
			addr_text(text, sizeof(text), &b->addr);
		label = text;
	}
	b->label = strcmp(label, host) == 0 ? b->host :
	    setup_string(c, label);
	return true;
}

static bool
string_backend(struct conf *c, uint32_t fallback, uint32_t value,
    struct setup_backend *b)
{
	const char *s = conf_text_get(c, c->values[value].text), *wrong;
	char host[300];
	size_t len;

	fill_settings(c, fallback, 0, b);
	wrong = conf_addr(s, ADDR_BACKEND, false, b->port.v, &b->addr, &len);
	if (wrong != NULL) {
		conf_value_error(c, value, "\"%.60s\": %s", s, wrong);
		return false;
	}
	if (b->addr.family != OS_UNIX && b->addr.port != b->port.v) {
		b->port.v = b->addr.port;
		b->port.at = c->values[value].place.at;
	}
	return fill_names(c, value, host_part(&b->addr, s, len, host,
	    sizeof(host)), b);
}

static bool
list_backend(struct conf *c, uint32_t fallback, uint32_t value,
    struct setup_backend *b)
{
	const char *host;

	if (!check_keys(c, value, false))
		return false;
	fill_settings(c, fallback, value, b);
	return (host = list_address(c, value, b)) != NULL &&
	    fill_names(c, value, host, b);
}

static void
one_backend(struct conf *c, uint32_t fallback, uint32_t value)
{
	const struct value *v = &c->values[value];
	struct setup_backend *b;

	if (v->type == VALUE_POISON)
		return;
	if (c->setup->nbackends == LIMIT_BACKENDS) {
		conf_full(c, v->place, "LIMIT_BACKENDS", LIMIT_BACKENDS);
		return;
	}
	b = &c->setup->backends[c->setup->nbackends];
	memset(b, 0, sizeof(*b));
	b->at = v->keyplace.at;
	if (v->type != VALUE_LIST && v->key != 0 &&
	    is_host_key(conf_text_get(c, v->key)))
		conf_key_error(c, value, "a backend's keys stand in a list "
		    "of their own: ( ( \"%.60s\" => ... ) )",
		    conf_text_get(c, v->key));
	else if (v->type == VALUE_NUMBER)
		conf_value_error(c, value, "expected a backend: \"host:port\" "
		    "or ( \"host\" => ..., \"port\" => ... )");
	else if (v->type == VALUE_STRING ?
	    string_backend(c, fallback, value, b) :
	    list_backend(c, fallback, value, b))
		c->setup->nbackends++;
}

/*
 * Whether an element of sockproxy.server is the level of extensions: called ""
 * or "/", or its elements are backends rather than keys of one.
 */
static bool
is_extension(const struct conf *c, uint32_t value)
{
	const struct value *v = &c->values[value];
	const char *key = conf_text_get(c, v->key);
	uint32_t i;

	if (v->type != VALUE_LIST)
		return false;
	if (v->key != 0 && (*key == '\0' || strcmp(key, "/") == 0))
		return true;
	for (i = v->first; i != 0; i = c->values[i].next)
		if (c->values[i].type == VALUE_LIST && !is_host_key(
		    conf_text_get(c, c->values[i].key)))
			return true;
	return false;
}

static void
extension(struct conf *c, uint32_t fallback, uint32_t value, bool alone)
{
	const char *key = conf_text_get(c, c->values[value].key);
	uint32_t i;

	if (c->values[value].key == 0)
		conf_key_error(c, value, "a list too many: expected "
		    "\"label\" => ( \"host\" => ... )");
	else if (*key != '\0' && strcmp(key, "/") != 0)
		conf_key_error(c, value, "the extension \"%.60s\" can never "
		    "match, as there are no URLs: use \"\"", key);
	else if (!alone)
		conf_key_error(c, value, "nothing can stand beside the "
		    "extension \"%.60s\", it matches everything", key);
	else
		for (i = c->values[value].first; i != 0 && !c->stop;
		    i = c->values[i].next)
			one_backend(c, fallback, i);
}

static void
read_list(struct conf *c, uint32_t fallback, uint32_t server)
{
	const struct value *l = &c->values[server];
	uint32_t i;

	for (i = l->first; i != 0 && !c->stop; i = c->values[i].next)
		if (is_extension(c, i))
			extension(c, fallback, i, l->first == l->last);
		else
			one_backend(c, fallback, i);
}

void
pool_check(struct conf *c, uint32_t server, bool fallback)
{
	uint32_t nbackends = c->setup->nbackends;
	uint32_t nstrings = c->setup->nstrings;

	if (fallback)
		check_keys(c, server, true);
	else
		read_list(c, 0, server);
	c->setup->nbackends = nbackends;
	c->setup->nstrings = nstrings;
}

static bool
same_backend(const struct setup *s, const struct setup_backend *a,
    const struct setup_backend *b)
{
	return strcmp(s->strings + a->label, s->strings + b->label) == 0 &&
	    strcmp(s->strings + a->host, s->strings + b->host) == 0 &&
	    addr_equal(&a->addr, &b->addr) && a->port.v == b->port.v &&
	    a->connect_timeout.v == b->connect_timeout.v &&
	    a->read_timeout.v == b->read_timeout.v &&
	    a->write_timeout.v == b->write_timeout.v &&
	    a->disable_time.v == b->disable_time.v;
}

static bool
same_pool(const struct setup *s, const struct setup_pool *a,
    const struct setup_pool *b)
{
	unsigned i;

	if (a->nbackends != b->nbackends)
		return false;
	for (i = 0; i < a->nbackends; i++)
		if (!same_backend(s, &s->backends[a->first_backend + i],
		    &s->backends[b->first_backend + i]))
			return false;
	return true;
}

static uint32_t
pool_hash(const struct setup *s, const struct setup_pool *pool)
{
	const struct setup_backend *b = &s->backends[pool->first_backend];
	uint32_t hash = pool->nbackends;
	unsigned i;

	for (i = 0; i < pool->nbackends; i++, b++)
		hash = hash * 31 + text_casehash(s->strings + b->label) +
		    text_casehash(s->strings + b->host) + b->port.v;
	return hash;
}

/* The pool of these values if one like it is there, else a new one. */
static uint32_t
pool_find(struct conf *c, uint32_t server, uint32_t fallback, uint32_t at)
{
	struct setup *s = c->setup;
	struct setup_pool *pool;
	uint32_t i, hash, nstrings = s->nstrings;

	if (s->npools == LIMIT_POOLS) {
		conf_full(c, c->values[server].place, "LIMIT_POOLS",
		    LIMIT_POOLS);
		return 0;
	}
	pool = &s->pools[s->npools];
	pool->at = at;
	pool->first_backend = (uint16_t)s->nbackends;
	if (server != 0)
		read_list(c, fallback, server);
	pool->nbackends = (uint16_t)(s->nbackends - pool->first_backend);
	hash = pool_hash(s, pool);
	for (i = 0; i < s->npools; i++)
		if (c->poolhash[i] == hash && same_pool(s, &s->pools[i], pool)) {
			s->nbackends = pool->first_backend;
			s->nstrings = nstrings;
			return i;
		}
	c->poolhash[s->npools] = hash;
	return s->npools++;
}

uint32_t
pool_make(struct conf *c, uint32_t server, uint32_t fallback, uint32_t at)
{
	uint32_t i = (server * 31 + fallback) % POOL_CACHE;

	if (server == 0)
		fallback = 0;
	if (c->setup->npools == 0 || c->pools[i].server != server ||
	    c->pools[i].fallback != fallback) {
		c->pools[i].pool = pool_find(c, server, fallback, at);
		c->pools[i].server = server;
		c->pools[i].fallback = fallback;
	}
	return c->pools[i].pool;
}

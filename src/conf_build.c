/*
 * conf_build.c - blocks to listeners, classes and profiles.
 *
 * For one listener and one group of clients every condition is decided: the
 * blocks that hold apply in the order in which they were opened, the outer one
 * before the inner one, and the last assignment wins.  As in lighttpd the top
 * level comes first wherever its assignments stand.
 *
 * The groups: each network that a condition names, less those inside it, and
 * everybody else.
 */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "conf_int.h"
#include "text.h"

/* A group of clients. */
struct group {
	const struct setup_class *net;	/* family OS_NONE: everybody else */
	bool	any;			/* whoever: only sockets decide */
};

uint32_t
setup_string(struct conf *c, const char *s)
{
	struct setup *setup = c->setup;
	size_t len = strlen(s) + 1;
	uint32_t at = setup->nstrings;

	if (len == 1)
		return 0;
	if (LIMIT_STRINGS - at < len) {
		conf_full(c, (struct place){ 0, 0 }, "LIMIT_STRINGS",
		    LIMIT_STRINGS);
		return 0;
	}
	memcpy(setup->strings + at, s, len);
	setup->nstrings += (uint32_t)len;
	return at;
}

/* ---- what holds ---- */

static bool
same_address(const struct setup *setup, const struct setup_listener *l,
    const struct os_addr *addr, const char *name)
{
	if (l->addr.family != addr->family)
		return false;
	if (addr->family != OS_NONE)
		return addr_equal(&l->addr, addr);
	return text_casecmp(conf_string(setup, l->name), name) == 0;
}

/*
 * The place of an address among the listeners: where it is, or the free one where
 * it belongs.
 */
static uint32_t *
socket_place(struct conf *c, const struct os_addr *addr, const char *name)
{
	const struct setup *s = c->setup;
	uint32_t at, i;

	at = addr->family != OS_NONE ? addr_hash(addr) : text_casehash(name);
	while ((i = c->sockets[at % SOCKETS]) != 0 &&
	    !same_address(s, &s->listeners[i - 1], addr, name))
		at++;
	return &c->sockets[at % SOCKETS];
}

/* A listener is what its own address and that of its opener say. */
static bool
socket_matches(const struct conf *c, const struct block *b, uint32_t listener)
{
	const struct setup_listener *l;
	const struct block *opener;
	const char *text, *name;
	char buf[ADDR_TEXT];
	size_t len, have;

	if (b->op == TOKEN_EQ || b->op == TOKEN_NE) {
		if (b->listener == listener + 1 || b->listener == 0)
			return b->listener != 0;
		opener = &c->blocks[c->opener[listener].block];
		return c->opener[listener].more &&
		    opener->listener == b->listener;
	}
	text = conf_text_get(c, b->text);
	l = &c->setup->listeners[listener];
	name = conf_string(c->setup, l->name);
	if (l->addr.family != OS_NONE)
		name = addr_text(buf, sizeof(buf), &l->addr);
	len = strlen(text);
	have = strlen(name);
	if (len > have)
		return false;
	return memcmp(b->op == TOKEN_PREFIX ? name : name + have - len, text,
	    len) == 0;
}

static bool
holds(const struct conf *c, const struct block *b, uint32_t listener,
    const struct group *g)
{
	bool in;

	switch (b->cond) {
	case COND_ALWAYS:
		return true;
	case COND_SOCKET:
		return socket_matches(c, b, listener) != (b->op == TOKEN_NE);
	case COND_REMOTE:
		if (g->any)
			return true;
		in = g->net->family != OS_NONE && g->net->bits >= b->bits &&
		    addr_in_net(g->net->ip, g->net->family, b->net, b->family,
		    b->bits);
		return in != (b->op == TOKEN_NE);
	default:
		return false;
	}
}

/*
 * The blocks that can hold for a listener, in order, one after the other: those
 * for any, and its own.  0 after the last one.
 */
struct walk {
	uint32_t	any, own;
};

static uint32_t
walk_next(const struct conf *c, struct walk *w)
{
	uint32_t i = w->any;

	if (i == 0 || (w->own != 0 && w->own < i)) {
		i = w->own;
		w->own = c->blocks[i].peer;
	} else
		w->any = c->blocks[i].peer;
	return i;
}

static struct walk
walk_of(const struct conf *c, uint32_t listener)
{
	return (struct walk){ c->first_any, c->opener[listener].first_own };
}

/*
 * Decide the blocks for a listener and a group, into active: all others are not.
 * With any a block is active when it can be for some client.
 */
static void
decide(struct conf *c, uint32_t listener, const struct group *g)
{
	struct walk w = walk_of(c, listener);
	const struct block *b;
	uint32_t i;
	bool hold;

	for (i = c->opener[c->decided].first_own; i != 0;
	    i = c->blocks[i].peer)
		c->active[i] = c->taken[i] = false;
	c->decided = listener;
	while ((i = walk_next(c, &w)) != 0) {
		b = &c->blocks[i];
		hold = holds(c, b, listener, g);
		c->active[i] = hold && (i == ROOT || c->active[b->parent]) &&
		    !(b->prev != 0 && c->taken[b->prev]);
		c->taken[i] = (hold && !(g->any && b->cond == COND_REMOTE)) ||
		    (b->prev != 0 && c->taken[b->prev]);
	}
}

/* The assignment that wins for each key, into winner; 0 is the default. */
static void
choose(struct conf *c, uint32_t listener, const struct group *g)
{
	struct walk w = walk_of(c, listener);
	uint32_t i, k;

	decide(c, listener, g);
	memset(c->winner, 0, sizeof(c->winner));
	while ((i = walk_next(c, &w)) != 0) {
		if (!c->active[i])
			continue;
		for (k = c->blocks[i].first; k != 0; k = c->assigns[k].next)
			if (c->assigns[k].key != NULL && c->assigns[k].checked)
				c->winner[key_index(c->assigns[k].key)] = k;
	}
}

static uint32_t
winner_of(const struct conf *c, const char *name)
{
	return c->winner[key_index(key_find(name))];
}

/* What won, or the default. */
static struct setting
result(struct conf *c, const struct key *key)
{
	struct setting set = { key->initial, 0 };
	uint32_t i = c->winner[key_index(key)];
	struct assign *a = &c->assigns[i];

	if (i == 0)
		return set;
	set = a->set;
	switch (key->type) {
	case KEY_STRING:
	case KEY_LOG:
	case KEY_ADDR:
	case KEY_NAME:
		if (a->kept == 0)
			a->kept = setup_string(c, key->type == KEY_NAME ?
			    key_word(key, set.v) : conf_text_get(c, set.v));
		set.v = a->kept;
		break;
	default:
		break;
	}
	return set;
}

/* Fill a struct of the setup from what won. */
static void
fill(struct conf *c, enum key_scope scope, void *to)
{
	const struct key *key;
	unsigned i;

	for (i = 0; (key = key_at(i)) != NULL; i++)
		if (key->scope == scope && key->offset != KEY_NOWHERE)
			*key_setting(key, to) = result(c, key);
}

/* ---- listeners ---- */

static struct setting
setting_of(struct conf *c, const char *name)
{
	return result(c, key_find(name));
}

/* The port for addresses without one. */
static uint32_t
default_port(struct conf *c)
{
	uint32_t i = assign_here(c, ROOT, "server.port");

	return i != 0 && c->assigns[i].checked ? c->assigns[i].set.v :
	    key_find("server.port")->initial;
}

/* Whether an address without host in this block is IPv6's. */
static bool
uses_ipv6(struct conf *c, uint32_t block)
{
	uint32_t i = assign_find(c, block, "server.use-ipv6");

	return i != 0 && c->assigns[i].checked && c->assigns[i].set.v != 0;
}

static void
listener_add(struct conf *c, const char *written, struct place place,
    uint32_t block, bool more)
{
	struct setup *s = c->setup;
	struct setup_listener *l = &s->listeners[s->nlisteners];
	struct os_addr addr;
	const char *wrong, *name;
	char buf[512], at[200];
	size_t len;
	uint32_t *known, i;

	wrong = conf_addr(written, ADDR_LISTEN, uses_ipv6(c, block),
	    default_port(c), &addr, &len);
	if (wrong != NULL) {
		conf_error(c, place, "\"%.60s\": %s", written, wrong);
		return;
	}
	name = conf_addr_name(written, &addr, len, buf, sizeof(buf));
	known = socket_place(c, &addr, name);
	if (*known != 0) {
		i = *known - 1;
		if (more || c->opener[i].more)
			conf_error(c, place, "\"%.60s\" is a listener already "
			    "(%s)", name, conf_at(s, s->listeners[i].at, at,
			    sizeof(at)));
		return;
	}
	if (s->nlisteners == LIMIT_LISTENERS) {
		conf_full(c, place, "LIMIT_LISTENERS", LIMIT_LISTENERS);
		return;
	}
	memset(l, 0, sizeof(*l));
	l->addr = addr;
	l->at = place.at;
	l->name = setup_string(c, name);
	c->opener[s->nlisteners].block = block;
	c->opener[s->nlisteners].more = more;
	c->opener[s->nlisteners].place = place;
	*known = ++s->nlisteners;
}

/* The addresses of a block's sockproxy.listen. */
static void
listen_more(struct conf *c, uint32_t block)
{
	uint32_t i = assign_here(c, block, "sockproxy.listen");
	const struct value *v;

	if (i == 0 || !c->assigns[i].checked)
		return;
	for (i = c->values[c->assigns[i].value].first; i != 0;
	    i = c->values[i].next) {
		v = &c->values[i];
		listener_add(c, conf_text_get(c, v->text), v->place, block,
		    true);
	}
}

/* server.bind and server.port, for a sockproxy.server at the top. */
static void
listen_main(struct conf *c)
{
	uint32_t server = assign_here(c, ROOT, "sockproxy.server");
	uint32_t bind = assign_here(c, ROOT, "server.bind");
	uint32_t port = assign_here(c, ROOT, "server.port");
	uint32_t from = port != 0 ? port : bind != 0 ? bind : server;
	const char *host = "";
	char text[300];

	if (server == 0 || !c->assigns[server].checked ||
	    c->values[c->assigns[server].value].first == 0)
		return;
	if (bind == 0 && port == 0 &&
	    assign_here(c, ROOT, "sockproxy.listen") != 0)
		return;
	if (bind != 0 && c->assigns[bind].checked)
		host = conf_text_get(c, c->assigns[bind].set.v);
	if (*host == '\0') {
		text_format(text, sizeof(text), ":%lu",
		    (unsigned long)default_port(c));
		host = text;
	}
	listener_add(c, host, c->assigns[from].place, ROOT, false);
}

/* Now that server.use-ipv6 and server.port are known. */
static void
block_address(struct conf *c, uint32_t block)
{
	struct block *b = &c->blocks[block];
	const char *written = conf_text_get(c, b->text), *name;
	char buf[512];
	size_t len;

	if (conf_addr(written, ADDR_LISTEN, uses_ipv6(c, block),
	    default_port(c), &b->addr, &len) != NULL)
		return;
	name = conf_addr_name(written, &b->addr, len, buf, sizeof(buf));
	b->name = conf_text_add(c, b->place, name, strlen(name));
}

/* Whether a block is active for some client of that listener. */
static bool
can_hold(const struct conf *c, uint32_t block, uint32_t listener)
{
	static const struct group whoever = { NULL, true };
	const struct block *b = &c->blocks[block], *before;
	uint32_t i;

	if (block == ROOT)
		return true;
	if (!holds(c, b, listener, &whoever))
		return false;
	for (i = b->prev; i != 0; i = before->prev) {
		before = &c->blocks[i];
		if (before->cond != COND_REMOTE &&
		    holds(c, before, listener, &whoever))
			return false;
	}
	return can_hold(c, b->parent, listener);
}

/* Complain about == blocks that even their own listener cannot be in. */
static void
check_blocks(struct conf *c)
{
	const struct block *b;
	uint32_t i;

	for (i = ROOT + 1; i < c->nblocks; i++) {
		b = &c->blocks[i];
		if (b->cond != COND_SOCKET)
			continue;
		if (b->listener == 0 && b->op == TOKEN_NE)
			conf_warn(c, b->place, "no listener has the address "
			    "\"%.60s\", so this always holds",
			    conf_text_get(c, b->text));
		if (b->listener != 0 && b->op == TOKEN_EQ &&
		    !can_hold(c, i, b->listener - 1))
			conf_error(c, b->place, "this can never hold: a "
			    "condition around it or before its else excludes "
			    "it");
	}
}

/*
 * The listener of each == and != block.  A block that holds for one listener only
 * is that one's own: thousands of them are the usual large configuration.
 */
static void
find_listeners(struct conf *c)
{
	struct block *b;
	uint32_t i, *list;
	bool more = false;

	for (i = 0; i < c->setup->nlisteners; i++)
		more |= c->opener[i].more;
	for (i = c->nblocks; i-- > ROOT;) {
		b = &c->blocks[i];
		list = &c->first_any;
		if (b->cond == COND_SOCKET &&
		    (b->op == TOKEN_EQ || b->op == TOKEN_NE)) {
			b->listener = *socket_place(c, &b->addr,
			    conf_text_get(c, b->name));
			if (b->op == TOKEN_EQ && b->prev == 0 && !more &&
			    b->listener != 0)
				list = &c->opener[b->listener - 1].first_own;
		}
		b->peer = *list;
		*list = i;
	}
}

static void
make_listeners(struct conf *c)
{
	const struct block *b;
	uint32_t i;

	for (i = ROOT + 1; i < c->nblocks; i++)
		if (c->blocks[i].cond == COND_SOCKET)
			block_address(c, i);
	listen_main(c);
	listen_more(c, ROOT);
	for (i = ROOT + 1; i < c->nblocks && !c->stop; i++) {
		b = &c->blocks[i];
		if (b->cond != COND_SOCKET || b->op != TOKEN_EQ)
			continue;
		listener_add(c, conf_text_get(c, b->text), b->place, i, false);
		listen_more(c, i);
	}
	find_listeners(c);
	check_blocks(c);
}

/* ---- classes ---- */

/* Longest prefix first; the last class, everybody, has no bits, no family. */
static int
class_order(const void *pa, const void *pb)
{
	const struct setup_class *a = pa, *b = pb;

	if (a->bits != b->bits)
		return a->bits > b->bits ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->ip, b->ip, sizeof(a->ip));
}

/*
 * Gather the networks that can matter to a listener, each once, into the
 * classes from first on.  Returns how many.
 */
static uint32_t
gather(struct conf *c, uint32_t listener, struct setup_class *first)
{
	static const struct group whoever = { NULL, true };
	const struct block *b;
	uint32_t i, n = 0, kept = 0;
	uint32_t room = LIMIT_CLASSES - c->setup->nclasses;

	if (!c->remote)
		return 0;
	decide(c, listener, &whoever);
	for (i = ROOT; i < c->nblocks; i++) {
		b = &c->blocks[i];
		if (b->cond != COND_REMOTE || !c->active[b->parent])
			continue;
		if (n + 1 >= room) {
			conf_full(c, b->place, "LIMIT_CLASSES", LIMIT_CLASSES);
			return 0;
		}
		memset(&first[n], 0, sizeof(first[n]));
		memcpy(first[n].ip, b->net, sizeof(b->net));
		first[n].family = b->family;
		first[n++].bits = b->bits;
	}
	qsort(first, n, sizeof(*first), class_order);
	for (i = 0; i < n; i++)
		if (kept == 0 || class_order(&first[kept - 1], &first[i]) != 0)
			first[kept++] = first[i];
	return kept;
}

static bool
same_profile(const struct setup_profile *a, const struct setup_profile *b,
    bool origins)
{
	const struct setting *sa, *sb;
	const struct key *key;
	unsigned i;

	if (a->pool != b->pool)
		return false;
	for (i = 0; (key = key_at(i)) != NULL; i++) {
		if (key->scope != SCOPE_BLOCK || key->offset == KEY_NOWHERE)
			continue;
		sa = key_setting_of(key, a);
		sb = key_setting_of(key, b);
		if (sa->v != sb->v || (origins && sa->at != sb->at))
			return false;
	}
	return true;
}

/* The profile of what won, made if new. */
static uint16_t
make_profile(struct conf *c)
{
	struct setup *s = c->setup;
	struct setup_profile new;
	uint32_t i, server, fallback;

	memset(&new, 0, sizeof(new));
	fill(c, SCOPE_BLOCK, &new);
	server = winner_of(c, "sockproxy.server");
	fallback = winner_of(c, "sockproxy.server-default");
	new.pool = pool_make(c, server != 0 ? c->assigns[server].value : 0,
	    fallback != 0 ? c->assigns[fallback].value : 0,
	    c->assigns[server].place.at);
	for (i = 0; i < s->nprofiles; i++)
		if (same_profile(&s->profiles[i], &new, true))
			return (uint16_t)i;
	if (s->nprofiles == LIMIT_PROFILES) {
		conf_full(c, c->assigns[server].place, "LIMIT_PROFILES",
		    LIMIT_PROFILES);
		return 0;
	}
	s->profiles[s->nprofiles] = new;
	return (uint16_t)s->nprofiles++;
}

/* The smallest class around this one. */
static const struct setup_class *
class_around(const struct setup_class *class)
{
	const struct setup_class *k;

	for (k = class + 1; k->family != OS_NONE; k++)
		if (k->bits < class->bits && addr_in_net(class->ip,
		    class->family, k->ip, k->family, k->bits))
			break;
	return k;
}

/* Classes that say what the one around them says are not needed. */
static uint32_t
drop_classes(struct setup *s, struct setup_class *first, uint32_t n)
{
	const struct setup_class *around;
	uint32_t i, kept = 0;

	for (i = 0; i < n; i++) {
		if (i + 1 < n) {
			around = class_around(&first[i]);
			if (same_profile(&s->profiles[first[i].profile],
			    &s->profiles[around->profile], false))
				continue;
		}
		first[kept++] = first[i];
	}
	return kept;
}

static bool
is_idle(const struct setup *s, const struct setup_listener *l)
{
	uint32_t i;

	for (i = 0; i < l->nclasses; i++)
		if (s->pools[s->profiles[s->classes[l->first_class +
		    i].profile].pool].nbackends > 0)
			return false;
	return true;
}

static void
make_classes(struct conf *c, uint32_t listener)
{
	struct setup *s = c->setup;
	struct setup_listener *l = &s->listeners[listener];
	struct setup_class *first = &s->classes[s->nclasses];
	struct group g = { NULL, false };
	struct setting v4mapped;
	uint32_t i, n;

	if (s->nclasses == LIMIT_CLASSES) {
		conf_full(c, c->opener[listener].place, "LIMIT_CLASSES",
		    LIMIT_CLASSES);
		return;
	}
	n = gather(c, listener, first);
	memset(&first[n], 0, sizeof(first[n]));
	for (i = 0; i <= n && !c->stop; i++) {
		g.net = &first[i];
		choose(c, listener, &g);
		first[i].profile = make_profile(c);
	}
	if (c->stop)
		return;
	fill(c, SCOPE_LISTENER, l);
	v4mapped = setting_of(c, "server.v4mapped");
	if (v4mapped.at != 0) {
		l->v6only = v4mapped;
		l->v6only.v = !v4mapped.v;
	}
	l->first_class = s->nclasses;
	l->nclasses = drop_classes(s, first, n + 1);
	s->nclasses += l->nclasses;
}

/* Some have gone: the others are elsewhere now. */
static void
index_listeners(struct conf *c)
{
	struct setup *s = c->setup;
	uint32_t i;

	memset(c->sockets, 0, sizeof(c->sockets));
	for (i = 0; i < s->nlisteners; i++)
		*socket_place(c, &s->listeners[i].addr,
		    conf_string(s, s->listeners[i].name)) = i + 1;
}

/*
 * Listeners with nothing to forward to are not opened: with lighttpd they
 * served files.
 */
static void
make_all_classes(struct conf *c)
{
	struct setup *s = c->setup;
	uint32_t i, kept = 0;

	for (i = 0; i < s->nlisteners && !c->stop; i++) {
		make_classes(c, i);
		if (c->stop)
			return;
		if (!is_idle(s, &s->listeners[i])) {
			if (kept != i)
				s->listeners[kept] = s->listeners[i];
			c->opener[kept] = c->opener[i];
			kept++;
			continue;
		}
		s->nclasses = s->listeners[i].first_class;
		if (c->errors == 0)
			conf_warn(c, c->opener[i].place, "\"%.60s\" is not "
			    "opened: it has no sockproxy.server",
			    conf_string(s, s->listeners[i].name));
	}
	s->nlisteners = kept;
	index_listeners(c);
	if (kept == 0 && c->errors == 0)
		conf_error(c, (struct place){ 0, 0 }, "there is nothing to "
		    "do: no listener has a sockproxy.server");
}

/* ---- loops ---- */

static bool
is_loopback(const struct os_addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == OS_IPV4)
		return a->u.ip[0] == 127;
	return a->family == OS_IPV6 && memcmp(a->u.ip, one, 16) == 0;
}

static bool
is_any(const struct os_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->u.ip, zero, a->family == OS_IPV4 ? 4 : 16) == 0;
}

/* Whether connecting to that backend would reach that listener. */
static bool
reaches(const struct os_addr *backend, const struct setup_listener *l)
{
	if (backend->family == OS_NONE)
		return false;
	if (addr_equal(backend, &l->addr))
		return true;
	if (backend->family == OS_UNIX || l->addr.family == OS_UNIX ||
	    l->addr.family == OS_NONE || backend->port != l->addr.port ||
	    backend->port == 0 || !is_any(&l->addr))
		return false;
	if (!is_loopback(backend) && !is_any(backend))
		return false;
	return backend->family == l->addr.family ||
	    (l->addr.family == OS_IPV6 && l->v6only.v == 0);
}

/* The listener that connecting to that backend would reach, or NULL. */
static const struct setup_listener *
reached(struct conf *c, const struct os_addr *backend)
{
	const struct setup *s = c->setup;
	struct os_addr at[3] = { *backend, { .family = OS_IPV4,
	    .port = backend->port }, { .family = OS_IPV6,
	    .port = backend->port } };
	uint32_t i, k;

	if (backend->family == OS_NONE)
		return NULL;
	for (i = 0; i < 3; i++) {
		k = *socket_place(c, &at[i], "");
		if (k != 0 && reaches(backend, &s->listeners[k - 1]))
			return &s->listeners[k - 1];
	}
	return NULL;
}

static void
check_loops(struct conf *c)
{
	const struct setup *s = c->setup;
	const struct setup_backend *b;
	const struct setup_listener *l;
	char at[200];
	uint32_t i;

	for (i = 0; i < s->nbackends; i++) {
		b = &s->backends[i];
		if ((l = reached(c, &b->addr)) != NULL)
			conf_error(c, (struct place){ b->at, c->columns[i] },
			    "the backend \"%.60s\" is our own listener "
			    "\"%.60s\" (%s)", conf_string(s, b->label),
			    conf_string(s, l->name),
			    conf_at(s, l->at, at, sizeof(at)));
	}
}

void
conf_build(struct conf *c)
{
	uint32_t k;

	memset(&c->setup->server, 0, sizeof(c->setup->server));
	for (k = c->blocks[ROOT].first; k != 0; k = c->assigns[k].next)
		if (c->assigns[k].key != NULL && c->assigns[k].checked)
			c->winner[key_index(c->assigns[k].key)] = k;
	fill(c, SCOPE_SERVER, &c->setup->server);
	make_listeners(c);
	make_all_classes(c);
	check_loops(c);
}

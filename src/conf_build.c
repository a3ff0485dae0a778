/*
 * conf_build.c - blocks to listeners, classes and profiles.
 *
 * For one listener and one group of clients every condition is decided: the
 * blocks that hold apply in the order in which they were opened, the outer one
 * before the inner one, and the last assignment wins.  As in lighttpd the top
 * level comes first wherever its assignments stand.
 *
 * The groups: each network that a condition names, less those inside it, and
 * everybody else, of no family.
 */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "conf_int.h"
#include "text.h"

static const struct place nowhere = { 0, 0 };	/* the whole */

uint32_t
setup_string(struct conf *c, const char *s)
{
	struct setup *setup = c->setup;
	size_t len = strlen(s) + 1;
	uint32_t at = setup->nstrings;

	if (len == 1 || !conf_room(c, nowhere, at + len - 1, LIMIT_STRINGS))
		return 0;
	memcpy(setup->strings + at, s, len);
	setup->nstrings += (uint32_t)len;
	return at;
}

bool
setup_same(enum key_scope scope, const void *a, const void *b, bool origins)
{
	const struct setting *x, *y;
	const struct key *key = NULL;

	while ((key = key_next(key, scope)) != NULL) {
		x = key_setting(key, a);
		y = key_setting(key, b);
		if (x->v != y->v || (origins && x->at != y->at))
			return false;
	}
	return true;
}

/* ---- what holds ---- */

/*
 * The place of an address among the listeners, each from 1: where it is, or the
 * free one where it belongs.  A host name is known by name, with its port.
 */
static uint32_t *
listener_place(struct conf *c, const struct os_addr *addr, const char *name)
{
	const struct setup *s = c->setup;
	const struct setup_listener *l;
	char text[ADDR_TEXT];
	uint32_t at, i;

	at = text_casehash(addr->family != OS_NONE ?
	    addr_text(text, sizeof(text), addr) : name);
	for (; (i = c->sockets[at % SOCKETS]) != 0; at++) {
		l = &s->listeners[i - 1];
		if (addr_equal(&l->addr, addr) && (addr->family != OS_NONE ||
		    text_casecmp(conf_string(s, l->name), name) == 0))
			break;
	}
	return &c->sockets[at % SOCKETS];
}

/* Whether a condition names one address, or all but one. */
static bool
is_exact(const struct block *b)
{
	return b->cond == COND_SOCKET &&
	    (b->op == TOKEN_EQ || b->op == TOKEN_NE);
}

/* A listener is what its own address and that of its opener say. */
static bool
socket_matches(const struct conf *c, const struct block *b, uint32_t listener)
{
	const struct setup_listener *l = &c->setup->listeners[listener];
	const char *name = conf_string(c->setup, l->name);
	char buf[ADDR_TEXT];
	size_t len, have;

	if (is_exact(b))
		return b->listener != 0 && (b->listener == listener + 1 ||
		    b->listener == c->opener[listener].block->listener);
	if (l->addr.family != OS_NONE)
		name = addr_text(buf, sizeof(buf), &l->addr);
	len = strlen(b->text);
	have = strlen(name);
	if (b->op == TOKEN_SUFFIX && have > len)
		name += have - len;
	return strncmp(name, b->text, len) == 0;
}

/* For the clients of a group, or (NULL) for some client or other. */
static bool
holds(const struct conf *c, const struct block *b, uint32_t listener,
    const struct setup_class *g)
{
	bool in;

	if (b->cond == COND_SOCKET)
		in = socket_matches(c, b, listener);
	else if (b->cond == COND_REMOTE && g != NULL)
		in = g->bits >= b->net.bits && addr_in_net(g->ip, g->family,
		    b->net.ip, b->net.family, b->net.bits);
	else
		return g == NULL || b->cond != COND_NEVER;
	return in != (b->op == TOKEN_NE);
}

/*
 * An access rule that has come to nothing: said once, it may be so at each listener.
 */
static void
warn_of_rule(struct conf *c, const struct assign *rule, const struct assign *by)
{
	if (!rule->value->warned)
		conf_warn(c, rule->place, "this keeps nobody out where "
		    "sockproxy.server is set again, later and for all clients "
		    "(%s)", conf_at(c->setup, by->place.at));
	rule->value->warned = true;
}

/*
 * Go through the blocks that can hold for a listener, in order, those for any
 * and its own: decide them for a group, and take the assignment that wins for
 * each key.  Without a group a block is active when it can be for some client.
 */
static void
decide(struct conf *c, uint32_t listener, const struct setup_class *g)
{
	struct block *any = c->first_any, *own = c->opener[listener].first_own;
	struct block *b;
	const struct assign *a, **won;
	bool hold, before;

	for (b = c->opener[c->decided].first_own; b != NULL; b = b->peer)
		b->active = b->taken = false;
	c->decided = listener;
	memset(c->winner, 0, sizeof(c->winner));
	while (any != NULL || own != NULL) {
		if (any == NULL || (own != NULL && own < any)) {
			b = own;
			own = b->peer;
		} else {
			b = any;
			any = b->peer;
		}
		hold = holds(c, b, listener, g);
		before = b->prev != NULL && b->prev->taken;
		b->active = hold && !before &&
		    (b->parent == NULL || b->parent->active);
		b->taken = before ||
		    (hold && (g != NULL || b->cond <= COND_SOCKET));
		for (a = b->active ? b->first : NULL; a != NULL; a = a->next) {
			if (a->key == NULL)
				continue;
			won = &c->winner[key_index(a->key)];
			if (g != NULL && *won != NULL && (*won)->denies &&
			    !b->remote)
				warn_of_rule(c, *won, a);
			*won = a;
		}
	}
}

/* The assignment that won, NULL if there is none. */
static const struct assign *
winner_of(const struct conf *c, const char *name)
{
	return c->winner[key_index(key_find(name, false))];
}

void
setup_fill(const struct conf *c, enum key_scope scope, void *to)
{
	const struct key *key = NULL;
	const struct assign *a;

	while ((key = key_next(key, scope)) != NULL) {
		a = c->winner[key_index(key)];
		*key_setting(key, to) = a != NULL ?
		    (struct setting){ a->v, a->place.at } :
		    (struct setting){ key->initial, 0 };
	}
}

/* ---- listeners ---- */

/* The port for addresses without one; only the top level is decided now. */
static uint32_t
default_port(const struct conf *c)
{
	const struct assign *a = winner_of(c, "server.port");

	return a != NULL ? a->v : KEY_PORT;
}

/* An address as it is meant in a block. */
struct meant {
	struct os_addr	addr;
	const char	*name;
	char		 buf[CONF_ADDR_NAME];
};

/* Its place among the listeners; NULL (reported) when it is none. */
static uint32_t *
read_address(struct conf *c, const char *written, struct place place,
    const struct block *block, struct meant *m)
{
	const struct assign *ipv6 = assign_find(block, "server.use-ipv6");
	size_t len;

	if (!conf_good(c, place, written, conf_addr(written, ADDR_LISTEN,
	    ipv6 != NULL && ipv6->v != 0, default_port(c), &m->addr, &len)))
		return NULL;
	m->name = conf_addr_name(written, &m->addr, len, m->buf);
	return listener_place(c, &m->addr, m->name);
}

/* The listener of that address, from 1, made if new; 0 after an error. */
static uint32_t
listen_at(struct conf *c, const char *written, struct place place,
    struct block *block, bool more)
{
	struct setup *s = c->setup;
	struct setup_listener *l = &s->listeners[s->nlisteners];
	struct meant m;
	uint32_t *known = read_address(c, written, place, block, &m);

	if (known == NULL)
		return 0;
	if (*known != 0) {
		l = &s->listeners[*known - 1];
		if (more || c->opener[*known - 1].more)
			conf_error(c, place, "\"%.60s\" is a listener already "
			    "(%s)", m.name, conf_at(c->setup, l->at));
		return *known;
	}
	if (!conf_room(c, place, s->nlisteners, LIMIT_LISTENERS))
		return 0;
	memset(l, 0, sizeof(*l));
	l->addr = m.addr;
	l->at = place.at;
	l->name = setup_string(c, m.name);
	c->opener[s->nlisteners] = (struct opener){ block, NULL, more, place };
	c->more |= more;
	return *known = ++s->nlisteners;
}

/* The addresses of a block's sockproxy.listen. */
static void
listen_more(struct conf *c, struct block *block)
{
	const struct assign *a = assign_here(block, "sockproxy.listen");
	const struct value *v;

	if (a == NULL || a->key == NULL)
		return;
	for (v = a->value->first; v != NULL; v = v->next)
		listen_at(c, v->text, v->place, block, true);
}

/*
 * server.bind and server.port, for a sockproxy.server at the top; it may stand in
 * a condition there.
 */
static void
listen_main(struct conf *c)
{
	const struct assign *server = winner_of(c, "sockproxy.server");
	const struct assign *bind = winner_of(c, "server.bind");
	const struct assign *port = winner_of(c, "server.port");
	const struct assign *from = port != NULL ? port :
	    bind != NULL ? bind : server;
	char text[8];

	if (from == NULL || (from == server &&
	    assign_here(c->blocks, "sockproxy.listen") != NULL))
		return;
	text_format(text, sizeof(text), ":%u", default_port(c));
	listen_at(c, bind != NULL && bind->v != 0 ?
	    conf_string(c->setup, bind->v) : text, from->place, c->blocks,
	    false);
}

/*
 * The listener of each == and != block.  A block that holds for one listener
 * only is that one's own: thousands of them are the usual large configuration.
 */
static void
find_listeners(struct conf *c)
{
	struct block *b, **list;
	struct meant m;
	const uint32_t *known;

	for (b = c->end; b-- > c->blocks;) {
		list = &c->first_any;
		if (is_exact(b) && b->op == TOKEN_NE && (known =
		    read_address(c, b->text, b->place, b, &m)) != NULL)
			b->listener = *known;
		else if (b->listener != 0 && b->prev == NULL && !c->more)
			list = &c->opener[b->listener - 1].first_own;
		b->peer = *list;
		*list = b;
	}
}

/*
 * One address written in two ways makes two blocks of one listener, and none of them
 * is in front of the other.
 */
static void
check_twins(struct conf *c, const struct block *b)
{
	const struct block *first = c->opener[b->listener - 1].block;
	const struct assign *a, *old;

	if (first == b || b->parent != first->parent || b->prev != NULL ||
	    first->prev != NULL)
		return;
	for (a = b->first; a != NULL; a = a->next)
		if (a->key != NULL && !a->replaces &&
		    (old = assign_here(first, a->name)) != NULL)
			conf_error(c, a->place, "%s is set for this listener "
			    "already (%s); := replaces", a->name,
			    conf_at(c->setup, old->place.at));
}

/*
 * Complain about == blocks that even their own listener cannot be in, and about
 * != blocks that name no listener.
 */
static void
check_blocks(struct conf *c)
{
	const struct block *b;

	if (c->unclosed)
		return;		/* who knows what is inside what */
	for (b = c->blocks + 1; b < c->end; b++) {
		if (!is_exact(b))
			continue;
		if (b->listener == 0 && b->op == TOKEN_NE)
			conf_warn(c, b->place, "no listener has the address "
			    "\"%.60s\", so this always holds", b->text);
		if (b->listener == 0 || b->op == TOKEN_NE)
			continue;
		check_twins(c, b);
		if (b->prev == NULL && b->parent == c->blocks)
			continue;
		decide(c, b->listener - 1, NULL);
		if (!b->active)
			conf_error(c, b->place, "this can never hold: a "
			    "condition around it or before its else excludes "
			    "it");
	}
}

static void
make_listeners(struct conf *c)
{
	struct block *b;

	listen_main(c);
	listen_more(c, c->blocks);
	for (b = c->blocks; b < c->end && !c->stop; b++) {
		if (b->cond != COND_SOCKET || b->op != TOKEN_EQ)
			continue;
		b->listener = listen_at(c, b->text, b->place, b, false);
		listen_more(c, b);
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
		return b->bits - a->bits;
	if (a->family != b->family)
		return a->family - b->family;
	return memcmp(a->ip, b->ip, sizeof(a->ip));
}

/*
 * Gather the networks that can matter to a listener into the classes from first
 * on.  Returns how many.
 */
static uint32_t
gather(struct conf *c, uint32_t listener, struct setup_class *first)
{
	const struct block *b;
	uint32_t n = 0;

	if (!c->remote)
		return 0;
	decide(c, listener, NULL);
	for (b = c->blocks; b < c->end; b++) {
		if (b->cond != COND_REMOTE || !b->parent->active)
			continue;
		if (!conf_room(c, b->place, c->setup->nclasses + n + 1,
		    LIMIT_CLASSES))
			return 0;
		first[n++] = b->net;
	}
	qsort(first, n, sizeof(*first), class_order);
	return n;
}

/* The profile of what won, made if new. */
static uint16_t
make_profile(struct conf *c)
{
	struct setup *s = c->setup;
	struct setup_profile *new = &s->profiles[s->nprofiles];
	const struct assign *server = winner_of(c, "sockproxy.server");
	const struct assign *fallback =
	    winner_of(c, "sockproxy.server-default");
	struct place place = server != NULL ? server->place : nowhere;
	uint32_t i;

	setup_fill(c, SCOPE_BLOCK, new);
	new->pool = pool_make(c, server != NULL ? server->value : &c->none,
	    fallback != NULL ? fallback->value : &c->none, place.at);
	for (i = 0; i < s->nprofiles; i++)
		if (s->profiles[i].pool == new->pool &&
		    setup_same(SCOPE_BLOCK, &s->profiles[i], new, true))
			return (uint16_t)i;
	if (conf_room(c, place, s->nprofiles, LIMIT_PROFILES))
		s->nprofiles++;
	return (uint16_t)i;
}

const struct setup_class *
setup_around(const struct setup_class *class)
{
	const struct setup_class *k;

	for (k = class + 1; k->family != OS_NONE; k++)
		if (addr_in_net(class->ip, class->family, k->ip, k->family,
		    k->bits))
			break;
	return k;
}

/*
 * Classes that say what the one around them says are not needed; nor is one of
 * two for the same network.
 */
static uint32_t
drop_classes(struct setup *s, struct setup_class *first, uint32_t n)
{
	const struct setup_profile *p, *around;
	uint32_t i, kept = 0;

	for (i = 0; i < n; i++) {
		p = &s->profiles[first[i].profile];
		if (i + 1 < n) {
			around = &s->profiles[setup_around(&first[i])->profile];
			if (p->pool == around->pool &&
			    setup_same(SCOPE_BLOCK, p, around, false))
				continue;
		}
		first[kept++] = first[i];
	}
	return kept;
}

static void
make_classes(struct conf *c, uint32_t listener)
{
	struct setup *s = c->setup;
	struct setup_listener *l = &s->listeners[listener];
	struct setup_class *first = &s->classes[s->nclasses];
	const struct assign *v4mapped;
	uint32_t i, n;

	if (!conf_room(c, c->opener[listener].place, s->nclasses,
	    LIMIT_CLASSES))
		return;
	n = gather(c, listener, first);
	memset(&first[n], 0, sizeof(first[n]));
	for (i = 0; i <= n && !c->stop; i++) {
		decide(c, listener, &first[i]);
		first[i].profile = make_profile(c);
	}
	if (c->stop)
		return;
	setup_fill(c, SCOPE_LISTENER, l);
	if ((v4mapped = winner_of(c, "server.v4mapped")) != NULL)
		l->v6only = (struct setting){ !v4mapped->v,
		    v4mapped->place.at };
	l->first_class = s->nclasses;
	l->nclasses = drop_classes(s, first, n + 1);
}

static bool
is_idle(const struct setup *s, const struct setup_listener *l)
{
	const struct setup_class *class = &s->classes[l->first_class];
	uint32_t i;

	for (i = 0; i < l->nclasses; i++)
		if (s->pools[s->profiles[class[i].profile].pool].nbackends > 0)
			return false;
	return true;
}

/*
 * Listeners with nothing to forward to are not opened: with lighttpd they
 * served files.
 */
static void
make_all_classes(struct conf *c)
{
	struct setup *s = c->setup;
	struct setup_listener *l;
	uint32_t i, kept = 0;

	for (i = 0; i < s->nlisteners; i++) {
		make_classes(c, i);
		if (c->stop)
			return;
		l = &s->listeners[i];
		if (is_idle(s, l)) {
			if (c->errors == 0)
				conf_warn(c, c->opener[i].place, "\"%.60s\" "
				    "is not opened: it has no sockproxy.server",
				    conf_string(s, l->name));
			continue;
		}
		s->nclasses += l->nclasses;
		s->listeners[kept++] = *l;
	}
	s->nlisteners = kept;
	if (kept == 0 && c->errors == 0)
		conf_error(c, nowhere, "there is nothing to do: no listener "
		    "has a sockproxy.server");
}

void
conf_build(struct conf *c)
{
	const struct assign *a;

	for (a = c->blocks->first; a != NULL; a = a->next)
		if (a->key != NULL)
			c->winner[key_index(a->key)] = a;
	setup_fill(c, SCOPE_SERVER, &c->setup->server);
	make_listeners(c);
	make_all_classes(c);
	pool_check_loops(c);
}

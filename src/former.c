/*
 * former.c - the "removed" entries, and numbers of one setup in another.
 */
#include <string.h>

#include "conf.h"
#include "former.h"
#include "ids.h"
#include "key.h"
#include "listener.h"
#include "place.h"
#include "text.h"

#define NOBODY	UINT16_MAX

static uint32_t
add_string(struct setup *set, const char *text)
{
	size_t len = strlen(text) + 1;
	uint32_t at = set->nstrings;

	if (len > LIMIT_STRINGS - at)
		return 0;
	memcpy(set->strings + at, text, len);
	set->nstrings += (uint32_t)len;
	return at;
}

static struct setting
initial_of(const char *name, bool host)
{
	return (struct setting){ key_find(name, host)->initial, 0 };
}

void
former_entries(struct setup *set)
{
	struct setup_listener *l = &set->listeners[set->nlisteners];
	struct setup_backend *b = &set->backends[set->nbackends];
	struct setup_class *c = &set->classes[set->nclasses];
	struct setup_profile *p = &set->profiles[set->nprofiles];
	uint32_t name = add_string(set, "removed");

	*p = (struct setup_profile){ .log_sessions = { LOG_SESSIONS_ALL, 0 } };
	if (set->nprofiles > 0)
		*p = set->profiles[0];
	/* what is set elsewhere must not end these, nor get them its backends */
	p->max_read_idle.v = p->max_write_idle.v = p->kbytes.v = 0;
	p->half_close_timeout =
	    initial_of("sockproxy.half-close-timeout", false);
	p->pool = set->npools;
	set->pools[set->npools] = (struct setup_pool){ .nbackends = 0 };
	*c = (struct setup_class){ .profile = (uint16_t)set->nprofiles };
	*l = (struct setup_listener){ .name = name, .first_class =
	    set->nclasses, .nclasses = 1 };
	*b = (struct setup_backend){ .label = name, .host = name,
	    .label_hash = text_casehash(set->strings + name) };
	/* who still connects to it is to go on some time */
	b->connect_timeout = initial_of("connect-timeout", true);
}

static uint16_t	pools[LIMIT_POOLS + 1];	/* of the former setup, in the next one */
static uint64_t	was[LIMIT_BACKENDS + 1];	/* names of backends in the former */
static uint64_t	is[LIMIT_BACKENDS + 1];		/* in the next one */

/*
 * A list is known by a listener and a client that get it.
 */
static void
map_pools(const struct setup *former, const struct setup *next,
    const uint16_t *listeners)
{
	const struct setup_listener *l;
	const struct setup_class *c;
	struct os_peer peer;
	unsigned i, k, pool;

	for (i = 0; i <= former->npools; i++)
		pools[i] = (uint16_t)next->npools;
	for (i = 0; i < former->nlisteners; i++) {
		l = &former->listeners[i];
		for (k = 0; k < l->nclasses; k++) {
			c = &former->classes[l->first_class + k];
			pool = former->profiles[c->profile].pool;
			if (pools[pool] != next->npools)
				continue;
			peer = (struct os_peer){ .family = c->family };
			memcpy(peer.ip, c->ip, sizeof(peer.ip));
			pools[pool] = (uint16_t)next->profiles[listener_profile(
			    next, listeners[i], &peer)].pool;
		}
	}
}

/*
 * The backend of that name in a list: one that is nobody's yet, or else any.
 */
static unsigned
find_in(const struct setup *next, const struct setup_pool *in, uint64_t name,
    const uint16_t *origins, bool any)
{
	unsigned b, found = next->nbackends;

	for (b = in->first_backend; b < in->first_backend + in->nbackends; b++) {
		if (is[b] != name)
			continue;
		if (origins[b] == NOBODY)
			return b;
		if (any)
			found = b;
	}
	return found;
}

/*
 * Backend b of the former setup, if it is in that list; unless that is known already.
 */
static void
map_backend(unsigned b, const struct setup *next, const struct setup_pool *in,
    bool any, uint16_t *backends, uint16_t *origins)
{
	unsigned to;

	if (backends[b] != next->nbackends)
		return;
	to = find_in(next, in, was[b], origins, any);
	backends[b] = (uint16_t)to;
	if (to != next->nbackends && origins[to] == NOBODY)
		origins[to] = (uint16_t)b;
}

/*
 * Where its list is now, or else in any other.
 */
static void
map_backends(const struct setup *former, const struct setup *next,
    uint16_t *backends, uint16_t *origins)
{
	const struct setup_pool all = { .nbackends = (uint16_t)next->nbackends };
	const struct setup_pool *p;
	unsigned b, i;

	for (i = 0; i < former->npools; i++) {
		p = &former->pools[i];
		for (b = 0; b < p->nbackends; b++)
			map_backend(p->first_backend + b, next,
			    &next->pools[pools[i]], true, backends, origins);
	}
	for (b = 0; b < former->nbackends; b++)
		map_backend(b, next, &all, false, backends, origins);
}

void
former_map(const struct setup *former, const struct setup *next,
    uint16_t *listeners, uint16_t *backends, uint16_t *origins)
{
	static uint64_t from[LIMIT_LISTENERS + 1], to[LIMIT_LISTENERS + 1];
	unsigned i;

	ids_names(former, from, was);
	ids_names(next, to, is);
	for (i = 0; i <= former->nlisteners; i++)
		listeners[i] = (uint16_t)ids_find(to, next->nlisteners,
		    from[i]);
	for (i = 0; i <= former->nbackends; i++)
		backends[i] = (uint16_t)next->nbackends;
	for (i = 0; i < next->nbackends; i++)
		origins[i] = NOBODY;
	map_pools(former, next, listeners);
	map_backends(former, next, backends, origins);
	for (i = 0; i < next->nbackends; i++)
		if (origins[i] == NOBODY)
			origins[i] = (uint16_t)ids_find(was,
			    former->nbackends, is[i]);
}

void
former_addresses(const struct setup *former, struct setup *next,
    const uint16_t *origins)
{
	const struct setup_backend *from;
	struct setup_backend *to;
	unsigned i;

	for (i = 0; i < next->nbackends; i++) {
		to = &next->backends[i];
		from = &former->backends[origins[i]];
		if (origins[i] >= former->nbackends ||
		    to->addr.family != OS_NONE || from->addr.family == OS_NONE)
			continue;
		place_notice(next, to->at, "backend %.200s keeps the address "
		    "it had", conf_string(next, to->label));
		to->addr = from->addr;
		if (from->naddrs > LIMIT_ADDRS - next->naddrs)
			continue;
		to->first_addr = (uint16_t)next->naddrs;
		to->naddrs = from->naddrs;
		memcpy(&next->addrs[next->naddrs],
		    &former->addrs[from->first_addr],
		    from->naddrs * sizeof(next->addrs[0]));
		next->naddrs += from->naddrs;
	}
}

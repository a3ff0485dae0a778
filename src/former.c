/*
 * former.c - the "removed" entries, and numbers of one setup in another.
 */
#include <string.h>

#include "former.h"
#include "handover.h"
#include "key.h"

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
	*b = (struct setup_backend){ .label = name, .host = name };
	/* who still connects to it is to go on some time */
	b->connect_timeout = initial_of("connect-timeout", true);
}

void
former_map(const struct setup *former, const struct setup *next,
    uint16_t *listeners, uint16_t *backends)
{
	static uint64_t from_l[LIMIT_LISTENERS + 1], to_l[LIMIT_LISTENERS + 1];
	static uint64_t from_b[LIMIT_BACKENDS + 1], to_b[LIMIT_BACKENDS + 1];
	unsigned i;

	handover_ids(former, from_l, from_b);
	handover_ids(next, to_l, to_b);
	for (i = 0; i <= former->nlisteners; i++)
		listeners[i] = (uint16_t)handover_find(to_l, next->nlisteners,
		    from_l[i]);
	for (i = 0; i <= former->nbackends; i++)
		backends[i] = (uint16_t)handover_find(to_b, next->nbackends,
		    from_b[i]);
}

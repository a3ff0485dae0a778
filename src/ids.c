/*
 * ids.c - hashes of what listeners and backends are.
 */
#include "ids.h"

#include <string.h>

#include "conf.h"

#define HASH_START	0xcbf29ce484222325ULL

enum { TWINS = 16 };	/* of a backend, in lists that may have gone */

static uint64_t
hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len-- > 0)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return h;
}

static uint64_t
listener_hash(const struct setup *set, unsigned i)
{
	const struct os_addr *a = &set->listeners[i].addr;
	uint64_t h = HASH_START;

	h = hash(h, &a->family, sizeof(a->family));
	if (a->family == OS_UNIX)
		return hash(h, a->u.path, a->pathlen);
	h = hash(h, &a->port, sizeof(a->port));
	h = hash(h, &a->scope, sizeof(a->scope));
	return hash(h, a->u.ip, a->family == OS_IPV4 ? 4 : 16);
}

static uint64_t
backend_hash(const struct setup *set, unsigned i)
{
	const struct setup_backend *b = &set->backends[i];
	const char *label = conf_string(set, b->label);
	const char *host = conf_string(set, b->host);
	uint64_t h = HASH_START;

	h = hash(h, label, strlen(label) + 1);
	h = hash(h, host, strlen(host) + 1);
	return hash(h, &b->port.v, sizeof(b->port.v));
}

void
ids_names(const struct setup *set, uint64_t *listeners,
    uint64_t *backends)
{
	unsigned i;

	for (i = 0; i < set->nlisteners; i++)
		listeners[i] = listener_hash(set, i);
	for (i = 0; i < set->nbackends; i++)
		backends[i] = backend_hash(set, i);
	listeners[set->nlisteners] = backends[set->nbackends] = 1;
}

void
ids_each(const struct setup *set, uint64_t *listeners, uint64_t *backends)
{
	unsigned i, j;
	uint64_t twin;

	ids_names(set, listeners, backends);
	/* the same one in several lists: told apart by their order */
	for (i = set->nbackends; i-- > 0; ) {
		twin = 0;
		for (j = 0; j < i; j++)
			if (backends[j] == backends[i])
				twin++;
		backends[i] = hash(backends[i], &twin, sizeof(twin));
	}
}

bool
ids_twin(uint64_t name, uint64_t id)
{
	uint64_t twin;

	for (twin = 0; twin < TWINS; twin++)
		if (hash(name, &twin, sizeof(twin)) == id)
			return true;
	return false;
}

unsigned
ids_find(const uint64_t *ids, unsigned n, uint64_t id)
{
	unsigned i;

	for (i = 0; i < n && ids[i] != id; i++)
		continue;
	return i;
}

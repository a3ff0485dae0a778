/*
 * share.c - even shares.
 */
#include "share.h"

unsigned
share_relays(const struct setup *set)
{
	return set->server.max_worker.v == 0 ? 1 : set->server.max_worker.v;
}

unsigned
share_all_sessions(const struct setup *set)
{
	unsigned most = set->server.max_connections.v;
	unsigned relays = share_relays(set);

	return most > relays ? most : relays;
}

unsigned
share_sessions(const struct setup *set, unsigned relay)
{
	unsigned most = share_all_sessions(set), relays = share_relays(set);

	return most / relays + (relay < most % relays);
}

uint64_t
share_bytes(const struct setup *set)
{
	unsigned relays = share_relays(set);

	return (set->server.kbytes.v * 1024ULL + relays - 1) / relays;
}

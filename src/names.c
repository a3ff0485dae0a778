/*
 * names.c - the times between two tries, which double.
 */
#include "names.h"

#include "log.h"
#include "resolve.h"

enum { FIRST_MS = 10000, MOST_MS = 300000 };

static uint64_t	due = UINT64_MAX;
static uint32_t	wait_ms;

void
names_lack(const struct setup *setup, uint64_t now)
{
	wait_ms = FIRST_MS;
	due = now + wait_ms;
	if (resolve_lacks(setup))
		log_notice("names without an address are looked up again in "
		    "%d s", FIRST_MS / 1000);
}

uint64_t
names_due(const struct setup *setup)
{
	return resolve_lacks(setup) ? due : UINT64_MAX;
}

void
names_later(uint64_t now)
{
	wait_ms = wait_ms < MOST_MS / 2 ? 2 * wait_ms : MOST_MS;
	due = now + wait_ms;
}

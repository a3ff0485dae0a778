/*
 * plan.c - the scenarios, and how many processes and sessions they come to with
 * the descriptors and ports of this system.
 */
#include <sys/resource.h>

#include <stdio.h>
#include <string.h>

#include "load.h"

/*
 * What one process has besides the descriptors of its sessions: sockproxy has
 * pipes for 256 splices, and lighttpd accepts nobody when nine tenths are used.
 */
enum { OTHERS = 600, USABLE = 90 };

/*
 * Sessions to one address of the backend: the kernel looks for an odd port only
 * when all even ones are taken, one by one.
 */
enum { PER_HOST = 14000 };

enum { SPARE = 64 };		/* sessions, for those who ask first or leave last */

static const struct scenario scenarios[] = {
	{ "bulk-up", BULK, .conns = 1, .up = 1 << 30 },
	{ "bulk-down", BULK, .conns = 1, .down = 1 << 30 },
	{ "bulk-both", BULK, .conns = 1, .up = 1 << 29, .down = 1 << 29 },
	{ "bulk-16", BULK, .conns = 16, .up = 1 << 26, .down = 1 << 26 },
	{ "ping-1", ROUNDS, .conns = 1, .amount = 20000, .seconds = 1 },
	{ "ping-100", ROUNDS, .conns = 100, .amount = 80000, .seconds = 1.5 },
	{ "ping-1000", ROUNDS, .conns = 1000, .amount = 80000,
	    .seconds = 1.5 },
	{ "objects", ROUNDS, .conns = 1, .down = 1 << 20, .amount = 2000,
	    .seconds = 2 },
	{ "paced", PACED, .conns = 100, .amount = 5000, .seconds = 2 },
	{ "churn", CHURN, .conns = 16, .amount = 10000 },
	{ "churn-1", CHURN, .conns = 1, .amount = 2000 },
	{ "idle", IDLING, .conns = 100, .idle = 10000, .amount = 80000,
	    .seconds = 0.7, .pairs = 2 },
	{ "idle-1", IDLING, .conns = 100, .idle = 8500, .amount = 80000,
	    .seconds = 0.7, .pairs = 2, .single = true },
	{ "scale", IDLING, .conns = 1000, .idle = 50000, .stalled = 50,
	    .amount = 80000, .seconds = 1, .pairs = 1 },
	{ "scale-1", IDLING, .conns = 1000, .idle = 7500, .stalled = 50,
	    .amount = 80000, .seconds = 1, .pairs = 1, .single = true },
	{ "start-1", START, .conns = 1, .amount = 5 },
	{ "start-500", START, .conns = 500, .amount = 3 },
};

const struct scenario *
plan_scenario(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}

void
plan_list(void)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		puts(scenarios[i].name);
}

/*
 * Raise the limit of descriptors to what is wanted, or as far as it goes; returns
 * what a process may have then.
 */
static unsigned
descriptors_raise(unsigned wanted)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < wanted) {
		limit.rlim_cur = limit.rlim_max = wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > 1 << 20 ? 1 << 20 : limit.rlim_cur;
}

/* Ports that a connect without bind has to choose from. */
static unsigned
ports(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned first = 0, last = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%u %u", &first, &last) < 2)
		first = last = 0;
	fclose(f);
	return last - first;
}

/* Sessions of one process with so many descriptors, so many of them each. */
static unsigned
capacity(unsigned descriptors, unsigned per_session)
{
	if (descriptors <= OTHERS)
		return 1;
	return (unsigned)((uint64_t)(descriptors - OTHERS) * USABLE / 100 /
	    per_session);
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Workers for so many sessions: one if that is possible, otherwise as many as it
 * takes, if the program can have several; otherwise 0.
 */
static unsigned
workers(unsigned sessions, unsigned descriptors, unsigned per_session,
    bool spreads)
{
	unsigned room = capacity(descriptors, per_session), n;

	if ((uint64_t)sessions * per_session + OTHERS <= descriptors &&
	    (!spreads || sessions <= room))
		return 1;
	n = (sessions + room - 1) / room;
	return spreads && n <= MAX_WORKERS ? n : 0;
}

/*
 * The plan for a program that needs per_session descriptors and spreads, or not,
 * over several processes.  The number of sessions is the same for all programs
 * that can: what this system does not allow is left off for everybody.
 */
void
plan_make(struct plan *p, const struct scenario *s, double factor,
    unsigned per_session, bool spreads)
{
	unsigned busy = s->conns, room, per_host;

	if (s->what == IDLING)
		busy = s->conns + s->stalled;
	if (s->what == START)
		busy = 1024;
	p->idle = s->idle * (factor < 1 ? factor : 1);
	p->descriptors = descriptors_raise((busy + p->idle) * 5 / 2 + 2048);
	p->held = p->descriptors - 128;
	per_host = least(PER_HOST, least(ports() * 9 / 20, p->held * 9 / 10));
	room = capacity(p->descriptors, 2) * (s->single ? 1 : MAX_WORKERS);
	room = least(room, per_host * MAX_HOSTS);
	room = room < busy + SPARE ? 0 : room - busy - SPARE;
	p->idle = least(p->idle, room);
	p->sessions = busy + p->idle + SPARE;
	if (p->sessions < 1024)
		p->sessions = 1024;
	p->hosts = (p->sessions + per_host - 1) / per_host;
	p->workers = workers(p->sessions, p->descriptors, per_session,
	    spreads && !s->single);
}

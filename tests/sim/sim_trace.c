/*
 * sim_trace.c - the last things that happened, and how a run fails.
 *
 * An event costs a few stores; it becomes text only when a run fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "sim.h"

enum { TRACE_KEPT = 512, TRACE_SHOWN = 48 };

struct note {
	const char	*what;
	uint64_t	us, turn;
	int		fd;
	int64_t		a, b;
};

static struct note notes[TRACE_KEPT];
static uint64_t	nnotes, seed;
uint64_t	trace_turn;
bool		trace_live;
const char	*sim_failed;
struct tally	tally;
jmp_buf		trace_out;
bool		trace_armed;
bool		trace_quiet;

void
trace_reset(uint64_t s)
{
	seed = s;
	nnotes = 0;
	trace_turn = 0;
	sim_failed = NULL;
}

static void
show(const struct note *n)
{
	printf("  turn %llu  %llu.%06llu s  %-14s", (unsigned long long)n->turn,
	    (unsigned long long)(n->us / SIM_S),
	    (unsigned long long)(n->us % SIM_S), n->what);
	if (n->fd >= 0)
		printf(" fd %d", n->fd);
	printf("  %lld  %lld\n", (long long)n->a, (long long)n->b);
}

void
trace(const char *what, int fd, int64_t a, int64_t b)
{
	struct note *n = &notes[nnotes++ % TRACE_KEPT];

	*n = (struct note){ what, W.now, trace_turn, fd, a, b };
	if (trace_live)
		show(n);
}

void
sim_fail(const char *invariant, long session, const char *fmt, ...)
{
	uint64_t i, shown = TRACE_SHOWN;
	va_list ap;

	sim_failed = invariant;
	if (!trace_quiet) {
		printf("seed=%llu turn=%llu invariant=%s session=%ld\n  ",
		    (unsigned long long)seed, (unsigned long long)trace_turn,
		    invariant, session);
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		printf("\n");
		if (shown > nnotes)
			shown = nnotes;
		for (i = nnotes - shown; i < nnotes && !trace_live; i++)
			show(&notes[i % TRACE_KEPT]);
		fflush(stdout);
	}
	if (!trace_armed)
		abort();
	longjmp(trace_out, 1);
}

/* What cannot happen in the relay is a broken invariant like any other. */
void
must_fail(const char *file, int line)
{
	sim_fail("must", -1, "%s:%d", file, line);
}

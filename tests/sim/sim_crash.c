/*
 * sim_crash.c - a relay dies at any moment (SIGKILL, SIGSEGV), and its kernel tidies
 * up.
 *
 * It dies at a system call, before that has done anything: between two of them it
 * only changes memory, its own, which nobody sees any more, and what it shares.
 * Of the latter that is every state but those within a function that makes no call;
 * a counter that is half written, for instance, is a unit test's.
 *
 * Who dies leaves all descriptors to the kernel.  A TCP socket is reset (SO_LINGER
 * (1, 0) since its birth), a Unix socket is closed.  What others have open stays: a
 * listener is the parent's, too, and what a message to somebody else has is its.
 * Messages that it did not take go with it, and what only they had.
 */
#include <setjmp.h>

#include "loop.h"
#include "sim.h"

enum { SOON_CALLS = 150, BUSY_CALLS = 60, BUSY_US = 20000 };

static jmp_buf	out;
static uint32_t	calls;		/* that it makes before it dies */

static void
disarm(void)
{
	calls = fault_left[FAULT_CRASH];
	fault_left[FAULT_CRASH] = UINT32_MAX;
}

void
crash_begin(void)
{
	disarm();
}

/* It was stopped for a while: now there is much to do, and it will die in it. */
static void
busy(void)
{
	if (calls >= BUSY_CALLS || !rng_chance(FAULT_CRASH, 20))
		return;
	net_until(W.now + rng_below(FAULT_CRASH, BUSY_US));
	W.happened++;	/* what naps may be due, in every turn */
}

bool
crash_turn(bool *alive)
{
	if (plan.crashes == 0) {
		*alive = loop_turn();
		return true;
	}
	busy();
	if (setjmp(out) != 0)
		return false;
	fault_left[FAULT_CRASH] = calls;
	*alive = loop_turn();
	disarm();
	return true;
}

void
sim_crash(void)
{
	disarm();
	plan.crashes--;
	longjmp(out, 1);
}

/* What goes on now is short: perhaps within it. */
void
crash_soon(void)
{
	if (plan.crashes > 0 && rng_chance(FAULT_CRASH, 80))
		calls = 1 + rng_below(FAULT_CRASH, SOON_CALLS);
}

/* --- the kernel ---------------------------------------------------------- */

static void let_go(struct sock *);

/* Nobody will take what was sent there. */
static void
lose_messages(struct sock *s)
{
	struct sock *who[SIM_CHAN_FDS];
	unsigned i, n;

	while (chan_lose(s, who, &n))
		for (i = 0; i < n; i++)
			if (who[i] != NULL)
				let_go(who[i]);
}

void
crash_orphan(struct sock *s)
{
	if (s->api || chan_holds(s) || s->gone)
		return;
	if (!W.died)
		sim_fail("handover", -1, "socket %u is in nobody's hands", s->id);
	s->crashed = s->state == SOCK_OPEN && !s->dead && !s->cut;
	trace("orphan", -1, s->id, s->crashed);
	net_kill(s);
}

/* A descriptor of s, in a process or in a message, is gone. */
static void
let_go(struct sock *s)
{
	if (s->state == SOCK_LISTEN) {
		if (W.draining && !s->kept)
			close_listener(s);
	} else if (!s->chan)
		crash_orphan(s);
	else if (!s->api && !chan_holds(s) && !s->gone) {
		chan_gone(s);
		lose_messages(s);
	}
}

void
crash_close(int but)
{
	struct sock *had[SIM_FDS];
	unsigned n = 0, i;
	int fd;

	W.died = true;
	wait_reset_world();
	splice_crash();
	for (fd = 0; fd < SIM_FDS; fd++) {
		if (fd == but || descs[fd].kind == DESC_FREE)
			continue;
		if (descs[fd].s != NULL)
			had[n++] = descs[fd].s;
		desc_free(fd);
	}
	for (i = 0; i < n; i++)
		let_go(had[i]);
}

/* --- the end ------------------------------------------------------------- */

/* A relay died with s: its peer knows that it was cut, and not that it ended.  (A
   Unix socket cannot say more than that it is closed.) */
static void
review(const struct sock *s)
{
	const struct sock *p = s->peer;

	if (p->rx_fin && !s->tx_fin)
		sim_fail("forged-end", -1, "socket %u got an end from a relay "
		    "that died", p->id);
	if (p->rst_got || p->gone || p->dead || p->cut)
		return;
	if (!p->rx_fin || !(s->local || p->fin_gone))
		sim_fail("crash", -1, "socket %u does not know that its relay "
		    "died", p->id);
}

void
crash_review(void)
{
	unsigned i;

	for (i = 0; i < W.nsocks; i++)
		if (socks[i].crashed)
			review(&socks[i]);
}

/*
 * sim_run.c - one seed, from the plan to the end.
 */
#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include "channel.h"
#include "limits.h"
#include "listener.h"
#include "loop.h"
#include "session.h"
#include "share.h"
#include "sim.h"
#include "stat.h"
#include "table.h"

enum { TURNS_DRAINING = 3000000, TURNS_ENDLESS = 20000, TURNS_TAPED = 1500,
	SETTLE_S = 300 };

static int	parent_fd, relay_fd;	/* the channel, both ends */
static bool	parent_died, handing;
static bool	stays;		/* nobody took the sessions: they go on here */
static struct loop_room room;	/* of the relay that runs */
static struct sock *next_adopt;
static struct sock *slow;	/* our end of one that had nothing to send */
static uint64_t	last_due_ms;	/* the rest is being reset: over then */
static unsigned	late;		/* turns after that */
static unsigned	due_turns;	/* turns after the graceful time */
static unsigned	idle;		/* turns without sessions, drained */

static void
reset_all(uint64_t seed, const struct sim_mask *mask)
{
	net_reset_world();
	rng_seed(seed, mask);
	os_reset_world();
	wait_reset_world();
	sys_reset_world();
	actor_reset_world();
	check_reset_world();
	trace_reset(seed);
	W.fd_limit = SIM_FDS - 8;
	W.lat_max = 1000;
	chan_reset_world();
	parent_fd = relay_fd = -1;
	parent_died = handing = stays = false;
	next_adopt = slow = NULL;
	last_due_ms = 0;
	late = due_turns = idle = 0;
}

static void
cast(const struct sim_mask *mask)
{
	unsigned i;

	for (i = 0; i < nclients; i++) {
		actor_cast(i);
		/* left out: it was cast all the same, to change nothing else */
		actors[i].done = (mask->clients >> i & 1) == 0;
	}
}

static void
open_doors(int *fds)
{
	struct os_listen how = { 0 };
	unsigned i;

	for (i = 0; i < plan_setup.nlisteners; i++) {
		how.backlog = (int)plan_setup.listeners[i].backlog.v;
		fds[i] = os_listen(&plan_setup.listeners[i].addr, &how);
		if (fds[i] < 0)
			sim_fail("simulator", -1, "cannot listen");
		sim_listeners[sim_nlisteners++] = descs[fds[i]].s;
	}
}

/* Our end of the channel, if this relay has one; returns the relay's. */
static int
open_channel(void)
{
	struct sock *s;

	parent_fd = -1;
	if (!plan.by_channel)
		return -1;
	s = chan_make();
	parent_fd = desc_new(DESC_SOCK, s->peer);
	return relay_fd = desc_new(DESC_SOCK, s);
}

static void
close_channel(void)
{
	if (relay_fd != -1)
		desc_free(relay_fd);
	if (parent_fd != -1)
		desc_free(parent_fd);
	parent_fd = relay_fd = -1;
}

static bool
refused(int error)
{
	if (!(error == -ENOMEM && sys_short) &&
	    !(error == -ENOSPC && plan.no_start))
		sim_fail("open", -1, "loop_open: %d", error);
	trace("no-start", -1, error, 0);
	if (ndescs != W.channels && ndescs != W.channels + sim_nlisteners)
		sim_fail("open", -1, "%u descriptors are left", ndescs);
	return false;
}

/*
 * In the room that there is, with its table mapped.  False when it cannot be had for
 * a reason of the plan's: then nothing of it is left but the descriptors that it was
 * given.
 */
static bool
open_again(const int *fds, int chan)
{
	int error;

	error = loop_open(&plan_setup, 0, fds, chan, &room);
	if (error != 0)
		return refused(error);
	sys_started(true);
	return true;
}

static bool
open_relay(const int *fds)
{
	unsigned rows = share_sessions(&plan_setup, 0);
	int chan;

	chan = open_channel();
	if (!table_map(1, rows + room.rows))
		return refused(-ENOMEM);
	sys_share();
	return open_again(fds, chan);
}

static bool
open_first(void)
{
	int fds[SIM_LISTENERS];

	room = (struct loop_room){ .rows = 0 };
	open_doors(fds);
	if (!stat_open(1, plan_setup.nlisteners + 1,
	    plan_setup.nbackends + 1))
		return refused(-ENOMEM);
	stat_self(0);
	sys_keep();
	return open_relay(fds);
}

/* --- orders -------------------------------------------------------------- */

static void
order(enum channel_order what, uint32_t value)
{
	trace("order", -1, what, value);
	if (parent_fd != -1 && !parent_died)
		(void)channel_send(parent_fd, what, value, -1);
	else if (what == CHANNEL_DRAIN)
		loop_drain(value);
	else
		loop_stop();
}

/* The parent lets go of the listeners too. */
static void
release_doors(void)
{
	unsigned i;

	for (i = 0; i < sim_nlisteners; i++) {
		if (!sim_listeners[i]->kept)
			continue;
		sim_listeners[i]->kept = false;
		if (sim_listeners[i]->fd == -1)
			close_listener(sim_listeners[i]);
	}
}

static void
drain(void)
{
	if (W.draining) {
		W.drain_due_ms = 0;
		order(CHANNEL_STOP, 0);
		return;
	}
	W.draining = true;
	tally.drains++;
	W.drain_due_ms = SIM_NEVER;	/* it has not heard yet */
	release_doors();
	if (parent_fd != -1 && rng_chance(STREAM_PLAN, 10)) {
		parent_died = true;
		chan_gone(descs[parent_fd].s);
		plan.graceful_ms = plan_setup.server.graceful_ms.v;
		return;
	}
	order(CHANNEL_DRAIN, plan.graceful_ms);
	/* without a channel it has, and its clock is the one that it read then */
	if (parent_fd == -1 && plan.graceful_ms > 0)
		W.drain_due_ms = W.last_ms + plan.graceful_ms;
}

static void
kill_some(void)
{
	bool at_once = rng_chance(STREAM_PLAN, 50);
	const struct session *s;
	unsigned i;

	W.killed = true;
	for (i = 0; i < table_rows(); i++) {
		s = table_row(i);
		if (!rng_chance(STREAM_PLAN, 30))
			continue;
		if (parent_fd == -1 || parent_died)
			session_kill(table_row(i), REASON_KILLED, at_once,
			    os_now_ms());
		else if (s->state != SESSION_FREE)
			(void)channel_send_kill(parent_fd, 0, i, s->number +
			    rng_chance(STREAM_PLAN, 10));
	}
	if (parent_fd == -1)
		listener_turn(os_now_ms());	/* as at the end of a turn */
}

/*
 * A successor is to take over.  It cannot run beside this one here, so what is
 * sent waits until this one has ended.  One that has died by then takes nothing, and
 * who follows comes when the sessions have ended here.
 */
static void
hand_over(void)
{
	struct sock *s;
	unsigned i;
	int fd;

	if (W.draining || handing || stays || parent_fd == -1)
		return;
	stays = rng_chance(STREAM_PLAN, 40);
	handing = !stays;
	for (i = 0; i < sim_nlisteners; i++)
		sim_listeners[i]->kept = true;
	s = chan_make();
	next_adopt = s->peer;
	next_adopt->gone = stays;
	fd = desc_new(DESC_SOCK, s);
	trace("hand-over", fd, table_count(), stays);
	(void)channel_send(parent_fd, CHANNEL_HANDOVER, 0, fd);
	desc_free(fd);
	if (table_count() > 0)
		crash_soon();
}

/* Sessions come from s to the relay, one of so many. */
static void
adopt(struct sock *s, unsigned i, unsigned n)
{
	int fd = desc_new(DESC_SOCK, s);

	W.adopt[i] = s;
	(void)channel_send(parent_fd, CHANNEL_ADOPT, n, fd);
	desc_free(fd);
}

/* It gets what the parent has. */
static void
inherit(int *fds)
{
	unsigned i;

	for (i = 0; i < sim_nlisteners; i++)
		fds[i] = desc_new(DESC_LISTEN, sim_listeners[i]);
	plan.no_start = false;
	plan.short_at = 0;
}

/* The one before has ended: it has handed all of them over, or has died. */
static void
succeed(void)
{
	int fds[SIM_LISTENERS];
	unsigned n;

	/* the most that it can have had: what is its successor's own may be less */
	room = (struct loop_room){ .rows = room.rows +
	    share_sessions(&plan_setup, 0),
	    .buffers = room.buffers + loop_buffers(&plan_setup),
	    .hold = rng_chance(STREAM_PLAN, 50) };
	n = rng_chance(STREAM_PLAN, 30) ? 2 : 1;
	tally.handovers++;
	tally.handed += next_adopt->rx_total;
	table_unmap();
	sys_started(false);
	plan_change();
	inherit(fds);
	(void)open_relay(fds);
	check_successor();
	if (stays)
		(void)channel_send(parent_fd, CHANNEL_ADOPT, 0, -1);
	else {
		adopt(next_adopt, 0, n);
		if (n == 2) {
			slow = chan_make();
			adopt(slow->peer, 1, n);
		}
	}
	W.hold = room.hold;
	handing = stays = false;
	/* another one follows before what came to this one was looked at */
	if (plan.hands_over && rng_chance(STREAM_PLAN, 20))
		W.orders |= 1u << EV_HANDOVER;
	if (next_adopt->rx_total > 0)
		crash_soon();
}

static void
ended(void)
{
	if (table_count() != 0)
		sim_fail("handover", -1, "%u sessions stayed", table_count());
	loop_close();
	close_channel();
	stat_bury(0);
}

/* --- crashes ------------------------------------------------------------- */

/*
 * Another one in its place, with what they share.  What was still on its way to it
 * from a predecessor is lost: who sent that has ended here.
 */
static void
replace(void)
{
	int chan, fds[SIM_LISTENERS];

	sys_crashed();
	inherit(fds);
	room.hold = W.hold = false;
	chan = open_channel();
	(void)open_again(fds, chan);
	check_successor();
	/* the parent says it to those of a generation that took over, late */
	if (parent_fd != -1 && rng_chance(FAULT_CRASH, 20))
		(void)channel_send(parent_fd, CHANNEL_ADOPT, 0, -1);
}

static void
count_crash(void)
{
	trace("crash", -1, (int64_t)stat_global()->active, handing);
	tally.crashes++;
	tally.lost += stat_global()->active;
	tally.died_giving += handing;
	tally.died_taking += adopting();
	tally.died_draining += W.draining;
}

/*
 * The relay has died.  The parent has another one started, some time later; or there
 * is one already, waiting for what this one did not hand over any more.  For one that
 * drained nobody comes (but for the next seed's sake, for a moment).  In life the new
 * one is a new process; here it is for the open function of each module that all in
 * it is as at its start, as for a relay that follows one that ended.
 */
static bool
survived(void)
{
	count_crash();
	check_crash(handing);
	crash_close(parent_fd);
	relay_fd = -1;
	close_channel();
	slow = NULL;
	stat_bury(0);
	table_bury(0);
	if (W.draining) {
		replace();
		loop_close();
		return false;
	}
	W.nobody = true;
	net_until(W.now + rng_below(FAULT_CRASH,
	    1u << rng_range(FAULT_CRASH, 1, 20)));
	W.nobody = false;
	if (handing || stays)
		succeed();
	else
		replace();
	return true;
}

static void
obey(void)
{
	uint32_t orders = W.orders;

	W.orders = 0;
	if (orders & 1u << EV_OPERATOR)
		kill_some();
	if (orders & 1u << EV_HANDOVER)
		hand_over();
	if (orders & 1u << EV_DRAIN && !handing)
		drain();
}

/* --- turns --------------------------------------------------------------- */

static bool
over(uint64_t turns)
{
	return W.asleep || turns >= plan.turns ||
	    (actor_clients_left() == 0 && table_count() == 0);
}

/* The last order has reached the relay. */
static bool
heard(void)
{
	if (parent_fd == -1)
		return true;
	if (parent_died)
		return !wait_watches(relay_fd);
	return net_unread(descs[relay_fd].s) == 0;
}

/* A graceful time of 0 has no end: the operator's patience has one. */
static bool
drains_too_long(uint64_t turns)
{
	return W.draining && W.drain_due_ms == SIM_NEVER &&
	    plan.graceful_ms == 0 && heard() &&
	    (W.asleep || turns > plan.turns + TURNS_ENDLESS);
}

/* Nobody comes any more: over with the last session. */
static void
check_idle(void)
{
	idle = table_count() == 0 && heard() && !adopting() ? idle + 1 : 0;
	if (idle > 2)
		sim_fail("end", -1, "goes on without sessions");
}

/* Draining: over when its time is up, and a moment later over for good. */
static void
check_drain(uint64_t turns)
{
	if (turns > plan.turns + TURNS_DRAINING)
		sim_fail("end", -1, "drained for %d turns", TURNS_DRAINING);
	check_idle();
	if (W.drain_due_ms == SIM_NEVER) {
		if (heard() && plan.graceful_ms > 0)
			W.drain_due_ms = W.last_ms + plan.graceful_ms;
		return;
	}
	/* it may have read its clock just before it was time */
	if (W.last_ms >= W.drain_due_ms && ++due_turns == 2)
		last_due_ms = W.last_ms + LIMIT_SHUTDOWN_LAST_MS;
	else if (last_due_ms != 0 && W.last_ms > last_due_ms && ++late > 2)
		sim_fail("end", -1, "still there %llu ms after its time",
		    (unsigned long long)(W.last_ms - last_due_ms));
}

/* False when the last one has died in the end. */
static bool
play_turns(void)
{
	uint64_t turns;
	bool alive;

	for (turns = 0;; turns++) {
		if (W.orders != 0)
			obey();
		if (!W.draining && !handing && (W.asleep ||
		    ((turns & 7) == 0 && over(turns))))
			drain();
		else if (drains_too_long(turns))
			drain();
		trace_turn = turns;
		if (slow != NULL && rng_chance(STREAM_PLAN, 10)) {
			chan_gone(slow);
			slow = NULL;
		}
		if (!crash_turn(&alive)) {
			if (survived())
				continue;
			tally.turns += turns;
			return false;
		}
		check_turn(alive);
		if (!alive && (handing || (stays && !W.draining)) &&
		    loop_error() == 0) {
			ended();
			succeed();
		} else if (!alive)
			break;
		if (W.draining)
			check_drain(turns);
		else if (stays)
			check_idle();
	}
	tally.turns += turns;
	if (loop_error() != 0)
		sim_fail("end", -1, "the loop gave up: %d", loop_error());
	check_end();
	return true;
}

/* What the clients have seen in the end. */
static void
review(void)
{
	struct sock *s;
	unsigned i;

	for (i = 0; i < nclients; i++) {
		if ((s = actors[i].s) == NULL)
			tally.seen[SEEN_NOTHING]++;
		else if (s->rst_got)
			tally.seen[SEEN_RESET]++;
		else if (s->rx_fin && s->fin_gone)
			tally.seen[SEEN_BOTH_ENDS]++;
		else if (s->rx_fin)
			tally.seen[SEEN_END]++;
		else if (s->gone)
			tally.seen[SEEN_LEFT]++;
		else
			tally.seen[SEEN_OPEN]++;
	}
}

/* All descriptors are gone; what was promised to be delivered must arrive. */
static void
settle(void)
{
	const struct sock *s;
	unsigned i;

	close_channel();
	if (ndescs != 0)
		sim_fail("descriptor", -1, "%u are left open", ndescs);
	net_until(W.now + SETTLE_S * SIM_S);
	crash_review();
	for (i = 0; i < W.nsocks; i++) {
		s = &socks[i];
		if (!s->was_closed || s->dead || s->cut || s->blocked ||
		    s->state != SOCK_OPEN || s->linked)
			continue;
		if (s->tx_gone != s->tx_total)
			sim_fail("lost", -1, "%llu bytes did not arrive",
			    (unsigned long long)(s->tx_total - s->tx_gone));
	}
}

static bool
run(uint64_t seed, const struct sim_mask *mask, const uint8_t *tape,
    size_t len)
{
	reset_all(seed, mask);
	if (tape != NULL)
		rng_tape(tape, len);
	trace_armed = true;
	if (setjmp(trace_out) != 0) {
		trace_armed = false;
		tally.failures++;
		table_unmap();
		stat_close();
		return false;
	}
	tally.seeds++;
	plan_make(seed);
	if (tape != NULL)
		plan.turns = TURNS_TAPED;
	splice_reset_world(plan.splice, plan.pipe);
	crash_begin();
	cast(mask);
	if (open_first()) {
		if (play_turns())
			loop_close();
		settle();
		review();
	}
	table_unmap();
	stat_close();
	tally.bytes += W.bytes;
	tally.lines += sys_lines;
	trace_armed = false;
	return true;
}

bool
sim_run(uint64_t seed, const struct sim_mask *mask)
{
	return run(seed, mask, NULL, 0);
}

bool
sim_run_tape(uint64_t seed, const uint8_t *tape, size_t len)
{
	static const struct sim_mask all = { UINT64_MAX, UINT64_MAX };

	return run(seed, &all, tape, len);
}

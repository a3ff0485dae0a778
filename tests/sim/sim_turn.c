/*
 * sim_turn.c - invariants that are held after every turn (who owns what, sums,
 * limits, no spin), when the relay goes to sleep (nothing that it could do is
 * left), and at the end.
 */
#include <errno.h>
#include <string.h>

#include "backend.h"
#include "buf.h"
#include "limits.h"
#include "sim.h"
#include "sim_check.h"
#include "splice.h"
#include "stat.h"
#include "table.h"
#include "wait.h"

enum { SPINS = 3, IDLE_WAKES = 200, BUFS = 1024,
	IDLE_MS = 3000,			/* what could go on does so by then */
	SLACK_MS = 2 * LIMIT_SWEEP_MS + 10 };

static unsigned	spins, idle_wakes;
static uint64_t	idle_second, last_progress, last_happened, last_limits;
static unsigned	tick, last_shortages, last_paused;
static uint64_t	leased[BUFS], lease_round;	/* by buffer: seen leased in */
static unsigned	nleased;
enum limit { LATE_LAST, LATE_STALL, LATE_CONNECT, LATE_READ_IDLE, LATE_WRITE_IDLE,
	LATE_HALF_CLOSE, LATE_WRITE, LATE_READ, LATES };
static const char *const limit_names[LATES] = { "last", "stall", "connect-timeout",
	"max-read-idle", "max-write-idle", "half-close-timeout",
	"write-timeout", "read-timeout" };
static struct late {		/* rows that were seen over a limit */
	uint32_t	number;
	uint64_t	since, ms, turn;
	uint64_t	from;		/* since, or when it was looked at */
} lates[ROWS][LATES];

static struct stall {		/* bytes that have arrived, and since when */
	uint32_t	number;
	uint64_t	gone, odd, ms;
} stalls[ROWS];

static struct idle {		/* what could go on and does not, since when */
	uint32_t	number;
	uint64_t	taken, given, ms, turn;
} idles[ROWS][2];

static uint64_t	lost, lost_most;	/* sessions, with relays that died */
static bool	lost_due;		/* how many is not known yet */
static uint32_t	last_number;		/* of those that were lost */

static struct rate {		/* what was taken when we looked first */
	uint32_t	number, kbytes;
	uint64_t	ms, bytes;
} rates[ROWS][2], common[2];

/* Another relay: its rows and numbers mean other sessions. */
void
check_successor(void)
{
	check_forget();
	memset(lates, 0, sizeof(lates));
	memset(stalls, 0, sizeof(stalls));
	memset(idles, 0, sizeof(idles));
	memset(rates, 0, sizeof(rates));
	memset(common, 0, sizeof(common));
}

void
check_reset_world(void)
{
	spins = idle_wakes = 0;
	idle_second = last_progress = last_happened = last_limits = 0;
	tick = last_shortages = last_paused = 0;
	lost = last_number = 0;
	lost_due = false;
	check_successor();
}

/* --- who owns what ------------------------------------------------------- */

static void
check_half(const struct session *s, unsigned way)
{
	const struct half *h = &s->half[way];
	struct sock *from = check_side(s, way), *to = check_side(s, !way);
	uint64_t held;

	if ((h->state == HALF_DRAIN) != (h->buf != -1) &&
	    !(h->state == HALF_DRAIN && h->lane != -1))
		sim_fail("buffer", s->number, "half %u in state %u has buffer %d",
		    way, h->state, h->buf);
	if (h->state == HALF_DRAIN && half_held(h) == 0)
		sim_fail("buffer", s->number, "half %u has nothing to drain",
		    way);
	if (h->buf != -1) {
		if (h->len == 0)
			sim_fail("buffer", s->number, "leased and empty");
		if (h->buf >= BUFS || leased[h->buf] == lease_round)
			sim_fail("buffer", s->number, "%d is leased twice",
			    h->buf);
		leased[h->buf] = lease_round;
		nleased++;
	}
	if (s->state != SESSION_RELAY || from == NULL || to == NULL)
		return;
	if (h->end == HALF_BROKEN || h->end == HALF_DROPPED)
		return;
	if (h->end == HALF_CLEAN && !to->tx_fin)
		sim_fail("missed", s->number, "half %u has ended, and %d was "
		    "told nothing", way, s->side[!way].fd);
	held = half_held(h);
	if (from->rx_taken + h->owed != to->tx_total + held)
		sim_fail("held", s->number, "half %u: %llu taken, %llu given, "
		    "%llu held, %u owed", way,
		    (unsigned long long)from->rx_taken,
		    (unsigned long long)to->tx_total, (unsigned long long)held,
		    h->owed);
	if (h->bytes != to->tx_total &&
	    !(h->state == HALF_SPLICE && splice_kind() == SPLICE_DETACHED))
		sim_fail("counters", s->number, "half %u says %llu bytes, %llu "
		    "were given", way, (unsigned long long)h->bytes,
		    (unsigned long long)to->tx_total);
}

/* What one side did has ended the session, or both have: it does not go on. */
static void
check_over(const struct session *s)
{
	const struct half *c = &s->half[CLIENT], *b = &s->half[BACKEND];

	if (s->state != SESSION_RELAY || s->queued || s->arriving)
		return;
	if (c->end == HALF_LOST || b->end == HALF_LOST ||
	    (c->state == HALF_DONE && b->state == HALF_DONE))
		sim_fail("over", s->number, "relays on with halves that ended "
		    "%u and %u", c->end, b->end);
}

static void
check_row(unsigned i, unsigned *fds, unsigned *lanes)
{
	struct session *s = table_row(i);
	struct sock *e;
	unsigned w;

	if (s->number <= last_number)
		sim_fail("number", s->number, "a dead relay had up to %u",
		    last_number);
	check_marry(s, i);
	check_over(s);
	for (w = CLIENT; w <= BACKEND; w++) {
		if ((e = check_side(s, w)) != NULL) {
			(*fds)++;
			e->row = (int8_t)i;
			if (!wait_watches(s->side[w].fd))
				sim_fail("ownership", s->number, "%d is not "
				    "watched", s->side[w].fd);
			if (e->owner_turn == trace_turn + 1)
				sim_fail("ownership", s->number, "%d has two "
				    "owners", s->side[w].fd);
			e->owner_turn = trace_turn + 1;
		}
		*lanes += s->half[w].lane != -1;
		check_half(s, w);
	}
	(void)check_last(i);
}

static uint64_t
all_ended(void)
{
	uint64_t ended = 0;
	unsigned i;

	for (i = 0; i < REASONS; i++)
		ended += stat_global()->ended[i];
	return ended;
}

/*
 * The relay is dead.  Nobody has counted an end of its sessions, nor what had just
 * been moved.  It may have counted one more as accepted.
 */
void
check_crash(bool saved)
{
	const struct stat_global *g = stat_global();
	uint64_t all = g->accepted - all_ended() - lost;
	uint64_t bytes = g->bytes[CLIENT] + g->bytes[BACKEND];
	unsigned i;

	/* who is handed over is neither active any more nor has it ended */
	if (!adopting() && !lost_due && !saved && all != g->active &&
	    all != g->active + 1)
		sim_fail("counters", -1, "died with %llu sessions, counted %llu",
		    (unsigned long long)all, (unsigned long long)g->active);
	if (bytes > W.bytes)
		sim_fail("counters", -1, "died with %llu bytes counted, %llu "
		    "given", (unsigned long long)bytes,
		    (unsigned long long)W.bytes);
	W.bytes = bytes;
	for (i = 0; i < table_rows(); i++)
		if (table_row(i)->number > last_number)
			last_number = table_row(i)->number;
	if (saved)
		last_number = 0;
	lost_due = saved;
	lost_most = lost + all;
	if (!saved)
		lost = lost_most;
}

/* What a dead one had sent has arrived: the rest is lost. */
static void
check_lost(uint64_t accepted, uint64_t ended, unsigned active)
{
	uint64_t n = accepted - ended - active;

	if (n < lost || n > lost_most)
		sim_fail("counters", -1, "%llu sessions lost, not %llu to %llu",
		    (unsigned long long)n, (unsigned long long)lost,
		    (unsigned long long)lost_most);
	lost = n;
	lost_due = false;
}

static void
check_sums(unsigned active)
{
	const struct stat_global *g = stat_global();
	uint64_t ended = all_ended(), listeners = 0, loads = 0, bytes = 0;
	uint64_t load[LIMIT_BACKENDS > 64 ? 64 : LIMIT_BACKENDS] = { 0 };
	uint64_t since, until, trying = 0;
	const struct session *s;
	unsigned i;

	if (g->buffers_used != buf_used())
		sim_fail("counters", -1, "%u buffers in use, counted %llu",
		    buf_used(), (unsigned long long)g->buffers_used);
	if (table_count() != active || g->active != active)
		sim_fail("counters", -1, "%u sessions, counted %u and %llu",
		    active, table_count(), (unsigned long long)g->active);
	/* what a kernel moves by itself is counted when somebody looks */
	if (g->bytes[CLIENT] + g->bytes[BACKEND] != W.bytes &&
	    (splice_kind() != SPLICE_DETACHED || active == 0))
		sim_fail("counters", -1, "%llu bytes counted, %llu given",
		    (unsigned long long)(g->bytes[CLIENT] + g->bytes[BACKEND]),
		    (unsigned long long)W.bytes);
	for (i = 0; i < plan_setup.nlisteners; i++)
		bytes += stat_listener(i)->bytes[CLIENT] +
		    stat_listener(i)->bytes[BACKEND];
	if (bytes != g->bytes[CLIENT] + g->bytes[BACKEND])
		sim_fail("counters", -1, "listeners have %llu bytes",
		    (unsigned long long)bytes);
	if (lost_due && !adopting())
		check_lost(g->accepted, ended, active);
	if (g->accepted != ended + active + lost && !adopting())
		sim_fail("counters", -1, "accepted %llu, ended %llu, active %u",
		    (unsigned long long)g->accepted, (unsigned long long)ended,
		    active);
	for (i = 0; i < plan_setup.nlisteners; i++)
		listeners += stat_listener(i)->active;
	if (listeners != active)
		sim_fail("counters", -1, "listeners have %llu of %u sessions",
		    (unsigned long long)listeners, active);
	for (i = 0; i < table_rows(); i++) {
		s = table_row(i);
		if (s->state == SESSION_FREE || s->backend == BACKEND_NONE)
			continue;
		/* who only waits for his client's last bytes is no load */
		if (s->state != SESSION_LAST || s->side[BACKEND].fd != -1)
			load[s->backend % 64]++;
		if (s->state == SESSION_CONNECT)
			trying |= 1ULL << s->backend % 64;
	}
	for (i = 0; i < plan_setup.nbackends; i++) {
		backend_health(i, &since, &until);
		if (W.base_ms != 0 && stat_backend(i)->down != (since != 0))
			sim_fail("counters", -1, "backend %u is %s", i,
			    since != 0 ? "out" : "not out");
		/* nobody tries it, and its time is over: the next one may */
		if (!(trying >> i % 64 & 1) && until <= W.last_ms &&
		    plan_setup.backends[i].addr.family != OS_NONE &&
		    !backend_is_up(i, W.last_ms))
			sim_fail("probe", -1, "backend %u is tried by nobody, and "
			    "left out for ever", i);
		loads = stat_backend(i)->load;
		if (loads != load[i])
			sim_fail("counters", -1, "backend %u: load %llu is %llu",
			    i, (unsigned long long)loads,
			    (unsigned long long)load[i]);
	}
}

/* Whether the relay has it; the parent may. */
static bool
listens(const struct sock *listener)
{
	return !listener->gone && listener->fd != -1;
}

/* Everything about everybody. */
static void
check_all(bool alive)
{
	unsigned active = 0, fds = 0, lanes = 0, i, other;

	lease_round++;
	nleased = 0;
	for (i = 0; i < table_rows() && i < ROWS; i++) {
		if (table_row(i)->state == SESSION_FREE)
			continue;
		active++;
		check_row(i, &fds, &lanes);
	}
	if (nleased != buf_used())
		sim_fail("buffer", -1, "%u in use, %u leased", buf_used(),
		    nleased);
	if (lanes != splice_lanes())
		sim_fail("lane", -1, "%u in use, %u owned", splice_lanes(),
		    lanes);
	other = splice_pipes() + W.channels;
	for (i = 0; i < sim_nlisteners; i++)
		other += listens(sim_listeners[i]);
	if (ndescs != fds + other)
		sim_fail("descriptor", -1, "%u are open, %u are owned", ndescs,
		    fds + other);
	if (alive)
		check_sums(active);
}

/* --- limits -------------------------------------------------------------- */

/*
 * A row that is over a limit must be gone after the next sweep.  (It may be over
 * one only since its state changed in this turn.)
 */
static void
over(unsigned i, enum limit which, uint64_t since, uint64_t limit)
{
	const struct session *s = table_row(i);
	struct late *l = &lates[i][which];

	if (l->number != s->number || l->since != since)
		*l = (struct late){ .number = s->number, .since = since,
		    .from = since };
	if (limit == 0 || W.last_ms <= l->from + limit) {
		l->turn = 0;
		return;
	}
	if (l->turn == 0) {
		l->ms = W.last_ms;
		l->turn = trace_turn;
		return;
	}
	if (W.last_ms <= l->ms + SLACK_MS || trace_turn < l->turn + 2)
		return;
	/* what a kernel moves by itself is only seen when a limit is due */
	if (l->from == since && s->state == SESSION_RELAY &&
	    (!W.blind || splice_kind() == SPLICE_DETACHED)) {
		l->from = W.last_ms;
		l->turn = 0;
		return;
	}
	sim_fail("limit", s->number, "%s: %llu ms, allowed %llu",
	    limit_names[which], (unsigned long long)(W.last_ms - since),
	    (unsigned long long)limit);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * When a byte moved last on the way to side which, by the relay's clock, in our hands
 * or behind them, or the next one may at the byte rate.  A dead
 * socket holds nothing, which looks as if all had arrived.
 */
static uint64_t
moved(const struct session *s, unsigned which)
{
	struct sock *to = check_side(s, which), *from = check_side(s, !which);
	uint64_t ms = later(later(later(to->write_ms, to->tx_ms), from->read_ms),
	    later(s->since_ms, s->half[!which].pay_us / 1000));

	if (to->dead)
		ms = later(ms, W.base_ms + W.jumped_ms + to->dead_us / SIM_MS);
	return ms;
}

/*
 * When the last byte of a session in LAST has arrived, on either side that is open.
 * The relay sees it a moment later: if the clock was not itself then, it may be now.
 */
static uint64_t
arrived(unsigned i, uint64_t since)
{
	const struct session *s = table_row(i);
	struct stall *l = &stalls[i];
	const struct sock *to;
	uint64_t gone = 0, odd = W.jumped_ms;
	unsigned w;

	if (W.now >= W.frozen_until)
		odd += W.frozen_until;
	for (w = CLIENT; w <= BACKEND; w++)
		if ((to = check_side(s, w)) != NULL)
			gone += to->tx_gone;
	if (l->number != s->number || l->odd != odd || gone > l->gone)
		l->ms = W.last_ms;
	l->number = s->number;
	l->odd = odd;
	l->gone = gone;
	return later(since, l->ms);
}

/*
 * Whether something can be done: bytes go on, or an end, which an error is too.  In
 * LAST: who sends on does not come to read what is on its way to him.
 */
static bool
can_go_on(const struct session *s, unsigned way)
{
	const struct half *h = &s->half[way];
	const struct sock *from = check_side(s, way), *to = check_side(s, !way);

	if (from == NULL || from->wake_on || (to != NULL && to->wake_on))
		return false;
	if (s->state == SESSION_LAST)
		return net_unread(from) > 0 && !from->local && !from->dead &&
		    !s->side[way].ended;
	if (s->state != SESSION_RELAY || h->state == HALF_DONE ||
	    h->pay_us / 1000 > W.last_ms)
		return false;
	if (net_unread(from) > 0 || half_held(h) > 0)
		return to->dead || (net_mask(to) & WAIT_WRITE) != 0;
	return from->rx_fin || from->dead;
}

/* It does not take long, however often the system is short of something. */
static void
check_goes_on(unsigned i, unsigned way)
{
	const struct session *s = table_row(i);
	const struct sock *from = check_side(s, way), *to = check_side(s, !way);
	struct idle *l = &idles[i][way];
	uint64_t taken = from != NULL ? from->rx_taken : 0;
	uint64_t given = to != NULL ? to->tx_total : 0;

	/* a rest is as long as the clock says */
	if (fault_on(FAULT_CLOCK_STILL) || fault_on(FAULT_CLOCK_JUMP))
		return;
	if (!can_go_on(s, way))
		l->number = 0;
	else if (l->number != s->number || l->taken != taken ||
	    l->given != given)
		*l = (struct idle){ s->number, taken, given, W.last_ms,
		    trace_turn };
	else if (W.last_ms > l->ms + IDLE_MS && trace_turn > l->turn + 20)
		sim_fail("missed", s->number, "half %u could go on for %llu "
		    "ms (%u unread%s%s)", way, (unsigned long long)
		    (W.last_ms - l->ms), net_unread(from),
		    from->rx_fin ? ", ended" : "", from->dead ? ", dead" : "");
}

static void
check_limits(unsigned i)
{
	const struct session *s = table_row(i);
	const struct setup_profile *p = &plan_setup.profiles[s->profile];
	const struct setup_backend *b;
	const struct sock *client = check_side(s, CLIENT);
	uint64_t up, down, any;
	bool one;

	(void)check_last(i);
	check_goes_on(i, CLIENT);
	check_goes_on(i, BACKEND);
	if (s->state == SESSION_LAST) {
		over(i, LATE_LAST, check_last(i), LIMIT_LAST_MS + 400);
		over(i, LATE_STALL, arrived(i, check_last(i)),
		    LIMIT_LAST_STALL_MS + 400);
	}
	if (s->backend == BACKEND_NONE)
		return;
	b = &plan_setup.backends[s->backend];
	if (s->state == SESSION_CONNECT)
		over(i, LATE_CONNECT, s->since_ms, b->connect_timeout.v);
	if (s->state != SESSION_RELAY)
		return;
	up = moved(s, BACKEND);
	down = moved(s, CLIENT);
	any = later(up, down);
	over(i, LATE_READ_IDLE, any, p->max_read_idle.v);
	over(i, LATE_WRITE_IDLE, any, p->max_write_idle.v);
	one = (s->half[CLIENT].state == HALF_DONE) !=
	    (s->half[BACKEND].state == HALF_DONE);
	over(i, LATE_HALF_CLOSE, any, one ? p->half_close_timeout.v : 0);
	one = half_want(&s->half[CLIENT]) == WAIT_WRITE;
	/* who has nothing to write is not late */
	over(i, LATE_WRITE, client == NULL ? up : later(up, client->again_ms),
	    one ? b->write_timeout.v : 0);
	one = half_want(&s->half[BACKEND]) == WAIT_READ;
	over(i, LATE_READ, down, one ? b->read_timeout.v : 0);
}

static void
check_all_limits(void)
{
	unsigned i;

	for (i = 0; i < table_rows() && i < ROWS; i++)
		if (table_row(i)->state != SESSION_FREE &&
		    !table_row(i)->arriving)
			check_limits(i);
}

/* --- byte rates ---------------------------------------------------------- */

/*
 * So many bytes were taken until now: no more than what the time since gives, and
 * so many times what 50 ms give.
 */
static void
paid(struct rate *r, uint32_t number, uint32_t kbytes, uint64_t bytes,
    uint64_t pieces)
{
	uint64_t a_second = kbytes * 1024ULL, passed;

	if (kbytes == 0)
		return;
	if (r->number != number || r->kbytes != kbytes) {
		*r = (struct rate){ number, kbytes, W.last_ms, bytes };
		return;
	}
	/* even if it jumps for centuries */
	passed = W.last_ms - r->ms < 1u << 30 ? W.last_ms - r->ms : 1u << 30;
	if (bytes > r->bytes + (passed + 1) * a_second / 1000 +
	    pieces * ((a_second + 19) / 20))
		sim_fail("rate", number, "%llu bytes in %llu ms, %u KiB/s",
		    (unsigned long long)(bytes - r->bytes),
		    (unsigned long long)passed, kbytes);
}

static void
check_rates(void)
{
	uint64_t sum, all[2] = { 0, 0 };
	const struct session *s;
	unsigned i, way;

	if (splice_kind() == SPLICE_DETACHED)
		return;			/* who came with a lane: not counted yet */
	for (i = 0; i < table_rows() && i < ROWS; i++) {
		s = table_row(i);
		if (s->state != SESSION_RELAY || s->arriving)
			continue;
		for (way = CLIENT; way <= BACKEND; way++) {
			sum = s->half[way].bytes + half_held(&s->half[way]);
			/* one before it was seen first, and one now */
			paid(&rates[i][way], s->number,
			    plan_setup.profiles[s->profile].kbytes.v, sum, 2);
			all[way] += half_held(&s->half[way]);
		}
	}
	/* each session may take a piece, and then waits for its turn */
	for (way = CLIENT; way <= BACKEND && !adopting(); way++)
		paid(&common[way], 1, plan_setup.server.kbytes.v,
		    stat_global()->bytes[way] + all[way],
		    2 + table_rows() + stat_global()->accepted);
}

/* --- listeners ----------------------------------------------------------- */

/* Nobody is kept waiting without a cause. */
static void
check_paused(void)
{
	bool short_of = W.shortages != last_shortages;
	unsigned i, n = 0;

	last_shortages = W.shortages;
	for (i = 0; i < plan_setup.nlisteners; i++)
		n += stat_listener(i)->paused != 0;
	if (n > 0 && last_paused == 0 && !short_of &&
	    table_count() < table_max())
		sim_fail("paused", -1, "with %u of %u sessions", table_count(),
		    table_max());
	last_paused = n;
}

/* --- spinning ------------------------------------------------------------ */

static void
check_spin(void)
{
	bool same = W.progress == last_progress;
	bool quiet = W.happened == last_happened;

	last_progress = W.progress;
	last_happened = W.happened;
	if (W.now / SIM_S != idle_second) {
		idle_second = W.now / SIM_S;
		idle_wakes = 0;
	}
	/* those in LAST look around, a common byte rate wakes all for one */
	if (same && W.timed_out && W.now >= W.frozen_until &&
	    ++idle_wakes > (IDLE_WAKES + 60 * table_rows()) *
	    (plan_setup.server.kbytes.v != 0 ? 10 : 1))
		sim_fail("spin", -1, "wakes %u times in a second for nothing",
		    idle_wakes);
	spins = same && quiet && W.awake ? spins + 1 : 0;
	if (spins >= SPINS)
		sim_fail("spin", -1, "%u turns in a row without any effect",
		    spins);
}

void
check_turn(bool alive)
{
	check_spin();
	if (!alive)
		return;
	check_paused();
	if (W.dirty_all || tick++ % 4 == 0) {
		W.dirty_all = false;
		check_all(alive);
		check_rates();
	}
	if (W.last_ms >= last_limits + 20 || W.last_ms < last_limits) {
		last_limits = W.last_ms;
		check_all_limits();
	}
}

/* --- going to sleep ------------------------------------------------------ */

static void
missed(const struct session *s, const char *what, const struct sock *on)
{
	sim_fail("missed", s->number, "sleeps though %d is %s (%s; mask %x, "
	    "room %u of %u, unread %u%s%s%s%s%s)", on->fd, what, plan.waiter,
	    net_mask(on), net_space(on), on->tx_cap, net_unread(on),
	    on->local ? ", local" : "", on->dead ? ", dead" : "",
	    on->rx_fin ? ", ended" : "", on->nospace ? ", refused" : "",
	    on->hidden ? ", spliced" : "");
}

static bool
resting(const struct session *s, const struct half *h)
{
	(void)s;
	return h->rest_ms > W.last_ms || h->pay_us / 1000 > W.last_ms;
}

static void
check_asleep(const struct session *s)
{
	struct sock *e[2] = { check_side(s, CLIENT), check_side(s, BACKEND) };
	const struct half *h;
	unsigned way, want;
	struct sock *on;

	if (s->state == SESSION_CONNECT && e[BACKEND] != NULL &&
	    (net_mask(e[BACKEND]) & WAIT_WRITE))
		missed(s, "connected or failed", e[BACKEND]);
	if (s->state == SESSION_CONNECT && e[CLIENT]->err != 0 &&
	    !e[CLIENT]->wake_on)
		missed(s, "reset", e[CLIENT]);
	if (s->state != SESSION_RELAY)
		return;
	for (way = CLIENT; way <= BACKEND; way++) {
		h = &s->half[way];
		/* a reset behind an end is left for who writes to find */
		if (h->end == HALF_CLEAN && e[way]->err != 0 &&
		    e[way]->err != EPIPE && e[way]->err != ECONNRESET &&
		    !e[way]->wake_on)
			missed(s, "lost behind its end", e[way]);
		if (h->state == HALF_DONE || resting(s, h))
			continue;
		want = half_want(h);
		on = e[want == WAIT_READ ? way : !way];
		if (!on->wake_on && (net_mask(on) & want))
			missed(s, want == WAIT_READ ? "readable" : "writable",
			    on);
	}
}

void
check_wait(uint64_t until)
{
	const struct session *s;
	unsigned i;

	if (until <= W.now + 11 * SIM_MS)
		return;
	for (i = 0; i < table_rows() && i < ROWS; i++) {
		s = table_row(i);
		if (s->state != SESSION_FREE && !s->arriving)
			check_asleep(s);
	}
	if (table_count() >= table_max() || adopting())
		return;
	for (i = 0; i < sim_nlisteners; i++)
		if (listens(sim_listeners[i]) && sim_listeners[i]->nqueue > 0 &&
		    (stat_listener(i)->paused == 0 ||
		    until > W.now + 10 * LIMIT_PAUSE_MS * SIM_MS))
			sim_fail("missed", -1, "sleeps though a client waits at "
			    "listener %u", i);
}

/* --- the end ------------------------------------------------------------- */

void
check_end(void)
{
	unsigned i;

	check_all(true);
	if (table_count() != 0)
		sim_fail("end", -1, "%u sessions are left", table_count());
	for (i = 0; i < REASONS; i++)
		tally.ended[i] += stat_global()->ended[i];
	tally.sessions += stat_global()->accepted;
}

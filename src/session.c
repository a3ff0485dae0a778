/*
 * session.c - the machine of a session: connect, relay, end.
 *
 * Owns both descriptors.  Ends in one of two ways.  In order: both halves are
 * CLEAN, both sockets are closed.  By reset: everything else.  Both go by LAST
 * (last.c), until what is on its way has arrived.
 */
#include <errno.h>

#include "backend.h"
#include "connect.h"
#include "expire.h"
#include "last.h"
#include "limits.h"
#include "must.h"
#include "os.h"
#include "rate.h"
#include "report.h"
#include "session.h"
#include "table.h"
#include "wait.h"

#define TO(state)	(1u << (state))

static const uint8_t legal[] = {
	[SESSION_FREE] = TO(SESSION_CONNECT),	/* or as it was elsewhere */
	[SESSION_CONNECT] = TO(SESSION_RELAY) | TO(SESSION_LAST) |
	    TO(SESSION_FREE),
	[SESSION_RELAY] = TO(SESSION_LAST) | TO(SESSION_FREE),
	[SESSION_LAST] = TO(SESSION_FREE)
};

enum halves { HALVES_REFRESH, HALVES_HALT, HALVES_DROP };

static const struct setup *setup;
static uint32_t		 numbers;

bool
session_open(const struct setup *set, unsigned relay, unsigned max)
{
	setup = set;
	numbers = 0;
	rate_open(set);
	connect_open(set);
	expire_open(set);
	return table_open(relay, max, backend_words(set));
}

void
session_close(void)
{
	table_close();
}

void
session_to(struct session *s, enum session_state state)
{
	MUST(legal[s->state] & TO(state));
	report_state(setup, s, state);
	s->state = (uint8_t)state;
}

/*
 * Ends.
 */

void
session_side(struct session *s, unsigned which, int fd, bool local)
{
	s->side[which] = (struct side){ .fd = fd, .local = local,
	    .ready = WAIT_WRITE };
}

void
session_shut(struct side *sd, bool reset)
{
	if (sd->fd == -1)
		return;
	wait_del(sd->fd);
	if (reset)
		os_reset(sd->fd);
	else
		os_close(sd->fd);
	sd->fd = -1;
}

void
session_unload(struct session *s)
{
	if (s->loads)
		backend_released(s->backend);
	s->loads = 0;
}

/* The row goes back, whatever became of the connections. */
static void
session_drop(struct session *s)
{
	session_unload(s);
	stat_add(&stat_global()->active, -1);
	stat_add(&stat_listener(s->listener)->active, -1);
	session_to(s, SESSION_FREE);
	table_give(s);
}

uint32_t
session_token(const struct session *s, unsigned which)
{
	return table_index(s) * 2 + which;
}

void
session_free(struct session *s, uint64_t now)
{
	bool reset = s->reason != REASON_DONE;

	report_end(setup, s, now);
	session_shut(&s->side[CLIENT], reset);
	session_shut(&s->side[BACKEND], reset);
	stat_add(&stat_global()->ended[s->reason], 1);
	session_drop(s);
}

/* Count what a half has delivered since it stood there. */
static void
session_tally(const struct session *s, unsigned way, uint64_t bytes)
{
	const struct half *h = &s->half[way];

	if ((bytes = h->bytes - bytes) == 0)
		return;
	stat_add(&stat_global()->bytes[way], bytes);
	stat_add(&stat_backend(s->backend)->bytes[way], bytes);
	stat_add(&stat_listener(s->listener)->bytes[way], bytes);
}

/*
 * A lane that moves on its own is only counted when it is looked at, and for the
 * last time when it ends.  Until then it can also tell whose error it stopped for;
 * afterwards it looks like one of the source, whatever it was.
 */
static void
session_halves(struct session *s, enum halves what, uint64_t now)
{
	struct half *h;
	uint64_t bytes;
	unsigned way;

	for (way = CLIENT; way <= BACKEND; way++) {
		h = &s->half[way];
		bytes = h->bytes;
		half_refresh(h, &s->side[way], &s->side[!way], now);
		if (what == HALVES_HALT)
			half_halt(h, &s->side[way]);
		else if (what == HALVES_DROP)
			half_drop(h, &s->side[way]);
		session_tally(s, way, bytes);
	}
}

void
session_halt(struct session *s, uint64_t now)
{
	session_halves(s, HALVES_HALT, now);
	table_run(s);	/* if it stays: what had been left to gather is read */
}

/* End by reset: at once, or when what is on its way has arrived. */
void
session_reset(struct session *s, enum reason reason, int error,
    bool now_or_never, uint64_t now)
{
	s->reason = (uint8_t)reason;
	s->error = error;
	session_halves(s, HALVES_DROP, now);
	if (s->state == SESSION_CONNECT && s->backend != BACKEND_NONE) {
		backend_spared(s->backend);
		session_shut(&s->side[BACKEND], true);
	}
	if (now_or_never) {
		session_free(s, now);
		return;
	}
	last_begin(s, now);
}

/*
 * Relaying.
 */

static void
relay_way(struct session *s, unsigned way, uint64_t now)
{
	const struct setup_profile *p = &setup->profiles[s->profile];
	struct half *h = &s->half[way];
	struct half_leave leave;
	uint64_t bytes = h->bytes;
	size_t taken;

	if (!half_ready(h, &s->side[way], &s->side[!way], now))
		return;
	leave = rate_leave(p, h, way, now);
	taken = half_run(h, &s->side[way], &s->side[!way], &leave);
	rate_pay(p, h, way, taken, now);
	session_tally(s, way, bytes);
}

/* Why a session ended in which half[way] found out. */
static enum reason
reason_of(const struct half *h, unsigned way)
{
	bool broken = h->end == HALF_BROKEN;
	bool reset = h->error == ECONNRESET || h->error == EPIPE;

	if (broken && (reset || h->error == ENOTCONN))
		return way == CLIENT ? REASON_BACKEND_DEAF : REASON_CLIENT_DEAF;
	/* any other error of a sink is not that it has closed */
	if (broken)
		way = !way;
	if (reset)
		return way == CLIENT ? REASON_CLIENT_RESET :
		    REASON_BACKEND_RESET;
	return way == CLIENT ? REASON_CLIENT_LOST : REASON_BACKEND_LOST;
}

/* After a turn: has it come to its end? */
static void
relay_settle(struct session *s, uint64_t now)
{
	struct half *h;
	unsigned way;

	for (way = CLIENT; way <= BACKEND; way++) {
		h = &s->half[way];
		half_ended(h, &s->side[way]);
		if (h->end != HALF_LOST)
			continue;
		session_reset(s, reason_of(h, way), h->error, false, now);
		return;
	}
	if (s->half[CLIENT].state != HALF_DONE ||
	    s->half[BACKEND].state != HALF_DONE)
		return;
	for (way = CLIENT; way <= BACKEND; way++) {
		h = &s->half[way];
		if (h->end == HALF_CLEAN)
			continue;
		session_reset(s, reason_of(h, way), h->error, false, now);
		return;
	}
	s->reason = REASON_DONE;
	s->side[CLIENT].ended = s->side[BACKEND].ended = 1;
	last_begin(s, now);
}

/*
 * After a turn: what does it lack, does it run on, does it rest.
 */

static void
arm(struct session *s, unsigned which, uint32_t want)
{
	struct side *sd = &s->side[which];

	if (sd->fd == -1)
		return;
	if (want & sd->ready)
		table_run(s);
	want &= ~(uint32_t)sd->ready;
	if (want == sd->asked)
		return;
	sd->asked = (uint8_t)want;
	wait_want(sd->fd, want);
}

static void
arm_relay(struct session *s, uint64_t now)
{
	uint32_t want[2] = { 0, 0 };
	uint64_t until;
	unsigned w, way, waits = 0;
	bool blocked = false;

	for (way = CLIENT; way <= BACKEND; way++) {
		w = half_want(&s->half[way]);
		waits = waits << 3 | w;
		if (s->half[way].state == HALF_DONE)
			waits |= 4;
		if (s->half[way].end == HALF_CLEAN)
			want[way] |= WAIT_ERROR;
		if (w == WAIT_WRITE)
			blocked = true;
		if ((until = half_rests(&s->half[way], now)) != 0) {
			if (!s->napping || until < s->nap_ms)
				table_nap(s, until);
			continue;
		}
		want[w == WAIT_READ ? way : !way] |= w;
	}
	arm(s, CLIENT, want[CLIENT]);
	arm(s, BACKEND, want[BACKEND]);
	/* progress only moves deadlines away; waiting for something else makes new ones */
	if (waits == s->waits && !blocked)
		return;
	s->waits = (uint8_t)waits;
	if (expire_before(s) && blocked)
		last_look(s, now);
}

static void
session_arm(struct session *s, uint64_t now)
{
	unsigned i;

	switch (s->state) {
	case SESSION_CONNECT:
		arm(s, CLIENT, WAIT_ERROR);
		arm(s, BACKEND, WAIT_WRITE);
		break;
	case SESSION_RELAY:
		arm_relay(s, now);
		break;
	case SESSION_LAST:
		for (i = CLIENT; i <= BACKEND; i++)
			arm(s, i, s->side[i].ended ? 0 : WAIT_READ);
		break;
	}
}

static void
session_serve(struct session *s, uint64_t now)
{
	if (s->state == SESSION_CONNECT)
		connect_step(s, now);
	if (s->state == SESSION_RELAY) {
		relay_way(s, CLIENT, now);
		relay_way(s, BACKEND, now);
		relay_settle(s, now);
	} else if (s->state == SESSION_LAST)
		last_step(s, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

/*
 * What the loop calls.
 */

void
session_number(uint32_t last)
{
	if (last > numbers)
		numbers = last;
}

void
session_start(int fd, const struct os_peer *peer, unsigned listener,
    unsigned profile, uint64_t now)
{
	struct session *s;
	int error;

	MUST(table_count() < table_max());
	error = wait_add(fd, WAIT_EDGE, table_next() * 2 + CLIENT);
	if (error != 0) {
		session_refuse(fd, peer, listener, profile,
		    REASON_NO_RESOURCES, -error, now);
		return;
	}
	s = table_take();
	if (++numbers == 0)
		numbers = 1;
	*s = (struct session){ .peer = *peer, .profile = (uint16_t)profile,
	    .listener = (uint16_t)listener, .backend = BACKEND_NONE,
	    .number = numbers, .start_ms = now, .since_ms = now,
	    /* a row that was freed while queued is still in the run list */
	    .queued = s->queued, .run_next = s->run_next };
	session_side(s, CLIENT, fd, peer->family == OS_UNIX);
	s->side[BACKEND].fd = -1;
	s->half[CLIENT].buf = s->half[BACKEND].buf = -1;
	s->half[CLIENT].lane = s->half[BACKEND].lane = -1;
	session_to(s, SESSION_CONNECT);
	stat_add(&stat_global()->active, 1);
	stat_add(&stat_listener(listener)->active, 1);
	connect_next(s, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

void
session_refuse(int fd, const struct os_peer *peer, unsigned listener,
    unsigned profile, enum reason reason, int error, uint64_t now)
{
	os_reset(fd);
	stat_add(&stat_global()->refused, 1);
	stat_add(&stat_global()->ended[reason], 1);
	stat_add(&stat_listener(listener)->refused, 1);
	report_refused(setup, peer, listener, profile, reason, error, now);
}

void
session_leave(struct session *s)
{
	unsigned i;

	session_halves(s, HALVES_DROP, 0);
	for (i = CLIENT; i <= BACKEND; i++) {
		if (s->side[i].fd == -1)
			continue;
		wait_del(s->side[i].fd);
		os_drop(s->side[i].fd);
		s->side[i].fd = -1;
	}
	session_drop(s);
}

struct session *
session_arrive(const struct session *from, const int fd[2])
{
	struct session *s;
	unsigned i;
	bool queued;
	uint32_t next;

	if ((s = table_take()) == NULL)
		return NULL;
	queued = s->queued;
	next = s->run_next;
	*s = *from;
	s->queued = queued;
	s->run_next = next;
	s->napping = 0;
	s->arriving = 1;
	for (i = CLIENT; i <= BACKEND; i++) {
		if (fd[i] == -1 || wait_add(fd[i], WAIT_EDGE,
		    session_token(s, i)) == 0)
			continue;
		if (i == BACKEND && fd[CLIENT] != -1)
			wait_del(fd[CLIENT]);
		s->state = SESSION_FREE;
		table_give(s);
		return NULL;
	}
	s->side[CLIENT].fd = fd[CLIENT];
	s->side[BACKEND].fd = fd[BACKEND];
	session_number(s->number);
	stat_add(&stat_global()->active, 1);
	stat_add(&stat_listener(s->listener)->active, 1);
	s->loads = s->backend != BACKEND_NONE &&
	    (s->state != SESSION_LAST || fd[BACKEND] != -1);
	if (s->loads)
		backend_adopted(s->backend,
		    &setup->pools[setup->profiles[s->profile].pool],
		    table_tried(s));
	return s;
}

void
session_ready(struct session *s, uint64_t now)
{
	s->arriving = 0;
	table_run(s);
	session_arm(s, now);
	if (s->state == SESSION_CONNECT)
		expire_before(s);
}

void
session_got(uint32_t token, uint32_t got)
{
	struct session *s = table_row(token / 2);
	struct side *sd = &s->side[token % 2];

	if (s->state == SESSION_FREE)
		return;
	sd->ready |= (uint8_t)got;
	table_run(s);
}

void
session_run_all(uint64_t now)
{
	struct session *s;

	table_run_begin();
	while ((s = table_run_next()) != NULL)
		if (s->state != SESSION_FREE)
			session_serve(s, now);
}

void
session_times(uint64_t now)
{
	if (table_nap_due() <= now)
		table_wake(now);
	if (expire_due() <= now)
		expire_sweep(now);
}

uint64_t
session_due(void)
{
	uint64_t due = expire_due(), nap = table_nap_due();

	if (table_running())
		return 0;
	return due < nap ? due : nap;
}

void
session_try(struct session *s, uint64_t now)
{
	unsigned i;

	for (i = CLIENT; i <= BACKEND; i++)
		s->side[i].ready |= WAIT_READ | WAIT_WRITE | WAIT_END;
	/*
	 * Before, too: what a kernel moves by itself between a look at its count and
	 * one at what is unsent would hide as much that was acknowledged.
	 */
	last_look(s, now);
	session_halves(s, HALVES_REFRESH, now);
	session_serve(s, now);
	if (s->state == SESSION_RELAY)
		last_look(s, now);
}

void
session_expire(struct session *s, enum reason why, uint64_t now)
{
	if (s->state == SESSION_CONNECT)
		connect_expire(s, now);
	else
		session_reset(s, why, ETIMEDOUT, false, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

void
session_kill(struct session *s, enum reason reason, bool now_or_never,
    uint64_t now)
{
	if (s->state == SESSION_FREE || s->arriving)
		return;
	if (s->state != SESSION_LAST)
		session_reset(s, reason, now_or_never ? EINTR : 0,
		    now_or_never, now);
	else if (now_or_never)
		session_free(s, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

void
session_kill_all(enum reason reason, bool now_or_never, uint64_t now)
{
	unsigned i, n = table_rows();

	for (i = 0; i < n; i++)
		session_kill(table_row(i), reason, now_or_never, now);
}

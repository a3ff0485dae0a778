/*
 * session.c - the machine of a session: connect, relay, end.
 *
 * Owns both descriptors.  Ends in one of two ways.  In order: both halves are
 * CLEAN, both sockets are closed.  By reset: everything else.  A reset destroys
 * what the kernel has not delivered, so a side that is to be reset and is alive
 * gets its bytes first, in LAST, for a bounded time.
 */
#include <errno.h>

#include "backend.h"
#include "buf.h"
#include "limits.h"
#include "mem.h"
#include "must.h"
#include "report.h"
#include "session.h"
#include "wait.h"

#define NOBODY		UINT32_MAX
#define TO(state)	(1u << (state))

static const uint8_t legal[] = {
	[SESSION_FREE] = TO(SESSION_CONNECT),
	[SESSION_CONNECT] = TO(SESSION_RELAY) | TO(SESSION_LAST) |
	    TO(SESSION_FREE),
	[SESSION_RELAY] = TO(SESSION_LAST) | TO(SESSION_FREE),
	[SESSION_LAST] = TO(SESSION_FREE)
};

static const struct setup *setup;
static char		*area;		/* the tables of all relays, shared */
static unsigned		 area_relays, area_rows;
static struct session	*table;		/* this relay's */
static uint64_t		*tried;		/* words for each session */
static uint32_t		*spare;		/* rows that were used and are free */
static unsigned		 max, words, nspare, fresh, numbers;
static uint32_t		 run_first = NOBODY, run_last = NOBODY;
static uint32_t		 nap_first = NOBODY;
static uint64_t		 nap_due = UINT64_MAX, sweep_due = UINT64_MAX, swept_ms;
static uint64_t		 gate[2];	/* server.kbytes-per-second, by way */

/*
 * The table.
 */

static size_t
rows_size(unsigned n)
{
	return mem_size(n * sizeof(struct session));
}

bool
session_map(unsigned relays, unsigned n)
{
	if ((area = mem_shared(relays * rows_size(n))) == NULL)
		return false;
	area_relays = relays;
	area_rows = n;
	return true;
}

void
session_unmap(void)
{
	mem_unmap(area, area_relays * rows_size(area_rows));
	area = NULL;
	area_relays = area_rows = 0;
}

const struct session *
session_seen(unsigned relay, unsigned i)
{
	MUST(relay < area_relays && i < area_rows);
	return (const struct session *)(const void *)(area +
	    relay * rows_size(area_rows)) + i;
}

bool
session_open(const struct setup *set, unsigned relay)
{
	MUST(relay < area_relays);
	setup = set;
	max = area_rows;
	words = backend_words();
	table = (struct session *)(void *)(area + relay * rows_size(max));
	tried = mem_private((size_t)max * words * sizeof(tried[0]));
	spare = mem_private(max * sizeof(spare[0]));
	nspare = fresh = numbers = 0;
	run_first = run_last = nap_first = NOBODY;
	nap_due = sweep_due = UINT64_MAX;
	swept_ms = 0;
	gate[CLIENT] = gate[BACKEND] = 0;
	if (tried == NULL || spare == NULL) {
		session_close();
		return false;
	}
	return true;
}

void
session_close(void)
{
	mem_unmap(tried, (size_t)max * words * sizeof(tried[0]));
	mem_unmap(spare, max * sizeof(spare[0]));
	table = NULL;
	tried = NULL;
	spare = NULL;
	max = nspare = fresh = 0;
}

size_t
session_memory(const struct setup *set, unsigned n)
{
	size_t most = 1;
	unsigned i;

	for (i = 0; i < set->npools; i++)
		if (set->pools[i].nbackends > most)
			most = set->pools[i].nbackends;
	return rows_size(n) + n * (sizeof(spare[0]) +
	    (most + 63) / 64 * sizeof(tried[0]));
}

unsigned
session_count(void)
{
	return fresh - nspare;
}

unsigned
session_max(void)
{
	return max;
}

struct session *
session_row(unsigned i)
{
	MUST(i < max);
	return &table[i];
}

static uint32_t
session_index(const struct session *s)
{
	return (uint32_t)(s - table);
}

static void
session_to(struct session *s, enum session_state state)
{
	MUST(legal[s->state] & TO(state));
	report_state(setup, s, state);
	s->state = (uint8_t)state;
}

/*
 * The run list: sessions to serve.  The nap list: sessions that rest or poll.
 */

static void
run_add(struct session *s)
{
	uint32_t i = session_index(s);

	if (s->queued)
		return;
	s->queued = 1;
	s->run_next = NOBODY;
	if (run_last == NOBODY)
		run_first = i;
	else
		table[run_last].run_next = i;
	run_last = i;
}

static void
nap_add(struct session *s, uint64_t until)
{
	s->nap_ms = until;
	if (until < nap_due)
		nap_due = until;
	if (s->napping)
		return;
	s->napping = 1;
	s->nap_prev = NOBODY;
	s->nap_next = nap_first;
	if (nap_first != NOBODY)
		table[nap_first].nap_prev = session_index(s);
	nap_first = session_index(s);
}

static void
nap_remove(struct session *s)
{
	if (!s->napping)
		return;
	s->napping = 0;
	if (s->nap_prev == NOBODY)
		nap_first = s->nap_next;
	else
		table[s->nap_prev].nap_next = s->nap_next;
	if (s->nap_next != NOBODY)
		table[s->nap_next].nap_prev = s->nap_prev;
}

/*
 * Limits.
 */

static void
sooner(uint64_t *due, enum reason *why, const struct setting **at,
    uint64_t from_ms, const struct setting *limit, enum reason reason)
{
	if (limit->v == 0 || from_ms + limit->v >= *due)
		return;
	*due = from_ms + limit->v;
	*why = reason;
	*at = limit;
}

uint64_t
session_deadline(const struct session *s, enum reason *why,
    const struct setting **at)
{
	const struct setup_profile *p = &setup->profiles[s->profile];
	const struct half *c = &s->half[CLIENT], *b = &s->half[BACKEND];
	const struct setup_backend *sb;
	uint64_t due = UINT64_MAX, moved;

	if (s->backend == BACKEND_NONE)
		return UINT64_MAX;
	sb = &setup->backends[s->backend];
	if (s->state == SESSION_CONNECT)
		sooner(&due, why, at, s->since_ms, &sb->connect_timeout,
		    REASON_NO_BACKEND);
	if (s->state != SESSION_RELAY)
		return due;
	moved = c->moved_ms > b->moved_ms ? c->moved_ms : b->moved_ms;
	sooner(&due, why, at, moved, &p->max_read_idle, REASON_READ_IDLE);
	sooner(&due, why, at, moved, &p->max_write_idle, REASON_WRITE_IDLE);
	if (half_want(b) == WAIT_READ)
		sooner(&due, why, at, b->moved_ms, &sb->read_timeout,
		    REASON_READ_TIMEOUT);
	if (half_want(c) == WAIT_WRITE)
		sooner(&due, why, at, c->moved_ms, &sb->write_timeout,
		    REASON_WRITE_TIMEOUT);
	if ((c->state == HALF_DONE) != (b->state == HALF_DONE))
		sooner(&due, why, at, moved, &p->half_close_timeout,
		    REASON_HALF_CLOSE_TIMEOUT);
	return due;
}

static void
sweep_before(const struct session *s)
{
	const struct setting *at;
	enum reason why;
	uint64_t due;

	if ((due = session_deadline(s, &why, &at)) < sweep_due)
		sweep_due = due;
}

/*
 * Ends.
 */

static void
side_open(struct session *s, unsigned which, int fd, bool local)
{
	s->side[which] = (struct side){ .fd = fd, .local = local,
	    .ready = WAIT_WRITE };
}

static uint32_t
side_token(const struct session *s, unsigned which)
{
	return session_index(s) * 2 + which;
}

static void
side_close(struct side *sd, bool reset)
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

static void
session_free(struct session *s, uint64_t now)
{
	struct stat_global *g = stat_global();

	report_end(setup, s, now);
	side_close(&s->side[CLIENT], true);
	side_close(&s->side[BACKEND], true);
	nap_remove(s);
	if (s->backend != BACKEND_NONE)
		backend_released(s->backend);
	g->active--;
	g->ended[s->reason]++;
	stat_listener(s->listener)->active--;
	session_to(s, SESSION_FREE);
	spare[nspare++] = session_index(s);
}

/* Whether a side that is to be reset still has bytes on their way. */
static bool
side_owes(struct session *s, struct side *sd, uint64_t now)
{
	long n;

	if (sd->fd == -1 || sd->cut || sd->local)
		return false;
	n = os_unsent(sd->fd);
	if (n == -ENOTSUP)
		return now < s->since_ms + LIMIT_LAST_BLIND_MS;
	if (n <= 0)
		return false;
	if (sd->unsent == 0 || (uint32_t)n < sd->unsent)
		s->stall_ms = now;
	sd->unsent = (uint32_t)n;
	return now < s->stall_ms + LIMIT_LAST_STALL_MS &&
	    now < s->since_ms + LIMIT_LAST_MS;
}

/* Read what nobody will get: a peer that can send on will come to read. */
static void
side_discard(struct side *sd)
{
	size_t left;
	long n;

	if (!(sd->ready & WAIT_READ))
		return;
	for (left = LIMIT_HALF_BUDGET; left >= LIMIT_BUFFER;
	    left -= LIMIT_BUFFER) {
		n = os_read(sd->fd, buf_scratch(), LIMIT_BUFFER);
		if (n > 0)
			continue;
		sd->ready &= (uint8_t)~(WAIT_READ | WAIT_END);
		if (n < 0 && n != -EAGAIN && n != -ENOBUFS && n != -ENOMEM)
			sd->cut = 1;
		if (n == 0)
			sd->ended = 1;
		return;
	}
}

/* In LAST: reset what is delivered. */
static void
session_last(struct session *s, uint64_t now)
{
	uint64_t age = now - s->since_ms;
	unsigned i;
	bool owes = false;

	for (i = CLIENT; i <= BACKEND; i++) {
		if (s->side[i].fd != -1)
			side_discard(&s->side[i]);
		if (side_owes(s, &s->side[i], now))
			owes = true;
		else
			side_close(&s->side[i], true);
	}
	if (!owes) {
		session_free(s, now);
		return;
	}
	nap_add(s, now + (age < 8 ? 1 : age > 1600 ? 200 : age / 8));
}

/* End by reset: at once, or when what is on its way has arrived. */
static void
session_reset(struct session *s, enum reason reason, int error,
    bool now_or_never, uint64_t now)
{
	s->reason = (uint8_t)reason;
	s->error = error;
	half_drop(&s->half[CLIENT], &s->side[CLIENT]);
	half_drop(&s->half[BACKEND], &s->side[BACKEND]);
	if (s->state == SESSION_CONNECT && s->backend != BACKEND_NONE) {
		backend_spared(s->backend);
		side_close(&s->side[BACKEND], true);
	}
	if (now_or_never) {
		session_free(s, now);
		return;
	}
	session_to(s, SESSION_LAST);
	s->since_ms = s->stall_ms = now;
	session_last(s, now);
}

/*
 * Connecting.
 */

static bool
ours(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM || error == ENOSPC;
}

/*
 * The attempt failed: say so to the backend's health, and let go of it.  True when
 * another backend may do better.
 */
static bool
connect_failed(struct session *s, int error, uint64_t now)
{
	side_close(&s->side[BACKEND], true);
	if (ours(error) || error == EADDRNOTAVAIL)
		backend_spared(s->backend);
	else
		backend_failed(s->backend, error, now);
	report_failed(setup, s, error, now);
	backend_released(s->backend);
	s->backend = BACKEND_NONE;
	s->error = error;
	return !ours(error);
}

static void
connect_done(struct session *s, uint64_t now)
{
	s->connect_ms = (uint32_t)(now - s->since_ms);
	backend_connected(s->backend, now, s->connect_ms);
	s->since_ms = now;
	half_start(&s->half[CLIENT], now);
	half_start(&s->half[BACKEND], now);
	session_to(s, SESSION_RELAY);
	report_connected(setup, s);
	sweep_before(s);
}

/* One attempt.  0: connected or under way, else an errno. */
static int
connect_one(struct session *s, uint64_t now)
{
	const struct os_addr *to = &setup->backends[s->backend].addr;
	bool pending;
	int error, fd;

	s->since_ms = now;
	if ((fd = os_connect(to, NULL, &pending)) < 0)
		return -fd;
	if ((error = wait_add(fd, WAIT_EDGE, side_token(s, BACKEND))) != 0) {
		os_reset(fd);
		return ours(-error) ? -error : ENOMEM;
	}
	side_open(s, BACKEND, fd, to->family == OS_UNIX);
	if (pending) {
		s->side[BACKEND].ready = 0;
		sweep_before(s);
		return 0;
	}
	connect_done(s, now);
	return 0;
}

/* Go through the backends until one is connected or under way. */
static void
connect_next(struct session *s, uint64_t now)
{
	struct backend_choice choice = {
		.profile = &setup->profiles[s->profile], .peer = &s->peer,
		.listener = s->listener, .last = s->last_choice,
		.tried = tried + (size_t)session_index(s) * words
	};
	int error;
	unsigned b;

	for (;;) {
		b = backend_pick(&choice, now);
		s->last_choice = choice.last;
		s->backend = (uint16_t)b;
		if (b == BACKEND_NONE) {
			session_reset(s, s->error == EADDRNOTAVAIL ?
			    REASON_NO_RESOURCES : REASON_NO_BACKEND, s->error,
			    false, now);
			return;
		}
		report_choice(setup, s);
		if ((error = connect_one(s, now)) == 0)
			return;
		if (!connect_failed(s, error, now)) {
			session_reset(s, REASON_NO_RESOURCES, error, false,
			    now);
			return;
		}
	}
}

/*
 * The client while a backend is connecting: its bytes and its end stay where they
 * are, its reset cancels.  False when the session has ended.
 */
static bool
connect_client(struct session *s, uint64_t now)
{
	struct side *sd = &s->side[CLIENT];
	char byte;
	long n;

	if (s->peeked || !(sd->ready & WAIT_READ))
		return true;
	n = os_peek(sd->fd, &byte, sizeof(byte));
	if (n == -EAGAIN || n == -ENOBUFS || n == -ENOMEM) {
		sd->ready &= (uint8_t)~(WAIT_READ | WAIT_END);
		return true;
	}
	if (n >= 0) {
		s->peeked = 1;
		return true;
	}
	sd->cut = 1;
	session_reset(s, REASON_CLIENT_GONE, (int)-n, false, now);
	return false;
}

static void
session_connecting(struct session *s, uint64_t now)
{
	struct side *sd = &s->side[BACKEND];
	int error;
	char byte;

	if (!connect_client(s, now) || !(sd->ready & WAIT_WRITE))
		return;
	error = -os_connected(sd->fd, &setup->backends[s->backend].addr);
	if (error == EINPROGRESS) {
		sd->ready = 0;
		return;
	}
	/* made and reset already: what it said before is still worth having */
	if ((error == ECONNRESET || error == EPIPE) &&
	    os_peek(sd->fd, &byte, sizeof(byte)) > 0) {
		sd->cut = error == ECONNRESET;
		sd->error = error;
		sd->ready |= WAIT_READ | WAIT_END;
		error = 0;
	}
	if (error == 0)
		connect_done(s, now);
	else if (connect_failed(s, error, now))
		connect_next(s, now);
	else
		session_reset(s, REASON_NO_RESOURCES, error, false, now);
}

/*
 * Relaying.
 */

/* The byte rates: when may way take its next byte, and how many at a time. */
static size_t
rate_leave(const struct session *s, struct half *h, unsigned way)
{
	uint32_t all = setup->server.kbytes.v;
	uint32_t own = setup->profiles[s->profile].kbytes.v;
	uint64_t least = 0;

	if (own != 0)
		least = own;
	if (all != 0) {
		if (gate[way] > h->pay_ms)
			h->pay_ms = gate[way];
		if (least == 0 || all < least)
			least = all;
	}
	if (least == 0)
		return LIMIT_HALF_BUDGET;
	least = least * 1024 / 20;	/* as much as 50 ms give */
	return least > LIMIT_HALF_BUDGET ? LIMIT_HALF_BUDGET : (size_t)least;
}

static void
rate_pay(uint64_t *due, uint32_t kbytes, size_t taken, uint64_t now)
{
	if (kbytes == 0 || taken == 0)
		return;
	if (*due < now)
		*due = now;
	*due += ((uint64_t)taken * 1000 + kbytes * 1024ULL - 1) /
	    (kbytes * 1024ULL);
}

static void
relay_way(struct session *s, unsigned way, uint64_t now)
{
	const struct setup_profile *p = &setup->profiles[s->profile];
	struct half *h = &s->half[way];
	struct half_leave leave = { .now = now };
	uint64_t bytes = h->bytes, spliced = h->spliced;
	size_t taken;

	if (h->state == HALF_DONE)
		return;
	leave.take = rate_leave(s, h, way);
	leave.splice = p->splice.v && p->kbytes.v == 0 &&
	    setup->server.kbytes.v == 0;
	taken = half_run(h, &s->side[way], &s->side[!way], &leave);
	rate_pay(&h->pay_ms, p->kbytes.v, taken, now);
	rate_pay(&gate[way], setup->server.kbytes.v, taken, now);
	if ((bytes = h->bytes - bytes) == 0)
		return;
	stat_global()->bytes[way] += bytes;
	stat_global()->spliced += h->spliced - spliced;
	stat_backend(s->backend)->bytes[way] += bytes;
	stat_listener(s->listener)->bytes[way] += bytes;
}

/* Why a session ended in which half[way] found out. */
static enum reason
reason_of(const struct half *h, unsigned way)
{
	if (h->end == HALF_BROKEN)
		return way == CLIENT ? REASON_BACKEND_DEAF : REASON_CLIENT_DEAF;
	if (h->error == ECONNRESET || h->error == EPIPE)
		return way == CLIENT ? REASON_CLIENT_RESET :
		    REASON_BACKEND_RESET;
	return way == CLIENT ? REASON_CLIENT_LOST : REASON_BACKEND_LOST;
}

/* True when the session goes on. */
static bool
relay_settle(struct session *s, uint64_t now)
{
	struct half *h;
	unsigned way;

	for (way = CLIENT; way <= BACKEND; way++) {
		h = &s->half[way];
		if (h->end != HALF_LOST)
			continue;
		session_reset(s, reason_of(h, way), h->error, false, now);
		return false;
	}
	if (s->half[CLIENT].state != HALF_DONE ||
	    s->half[BACKEND].state != HALF_DONE)
		return true;
	for (way = CLIENT; way <= BACKEND; way++) {
		h = &s->half[way];
		if (h->end == HALF_CLEAN)
			continue;
		session_reset(s, reason_of(h, way), h->error, false, now);
		return false;
	}
	s->reason = REASON_DONE;
	side_close(&s->side[CLIENT], false);
	side_close(&s->side[BACKEND], false);
	session_free(s, now);
	return false;
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
		run_add(s);
	wait_want(sd->fd, want & ~(uint32_t)sd->ready);
}

static void
arm_relay(struct session *s, uint64_t now)
{
	uint32_t want[2] = { 0, 0 };
	uint64_t until;
	unsigned w, way;

	for (way = CLIENT; way <= BACKEND; way++) {
		if ((until = half_rests(&s->half[way], now)) != 0) {
			if (!s->napping || until < s->nap_ms)
				nap_add(s, until);
			continue;
		}
		w = half_want(&s->half[way]);
		want[w == WAIT_READ ? way : !way] |= w;
	}
	arm(s, CLIENT, want[CLIENT]);
	arm(s, BACKEND, want[BACKEND]);
	sweep_before(s);
}

static void
session_arm(struct session *s, uint64_t now)
{
	unsigned i;

	switch (s->state) {
	case SESSION_CONNECT:
		arm(s, CLIENT, s->peeked ? 0 : WAIT_READ);
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
		session_connecting(s, now);
	if (s->state == SESSION_RELAY) {
		relay_way(s, CLIENT, now);
		relay_way(s, BACKEND, now);
		(void)relay_settle(s, now);
	} else if (s->state == SESSION_LAST)
		session_last(s, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

/*
 * What the loop calls.
 */

void
session_start(int fd, const struct os_peer *peer, unsigned listener,
    unsigned profile, uint64_t now)
{
	struct session *s;
	uint32_t i;
	unsigned w;
	int error;

	MUST(session_count() < max);
	if (nspare == 0) {
		spare[nspare++] = fresh++;
	}
	i = spare[nspare - 1];
	if ((error = wait_add(fd, WAIT_EDGE, i * 2 + CLIENT)) != 0) {
		session_refuse(fd, peer, listener, REASON_NO_RESOURCES, -error,
		    now);
		return;
	}
	nspare--;
	s = &table[i];
	for (w = 0; w < words; w++)
		tried[(size_t)i * words + w] = 0;
	*s = (struct session){ .peer = *peer, .profile = (uint16_t)profile,
	    .listener = (uint16_t)listener, .backend = BACKEND_NONE,
	    .number = ++numbers, .start_ms = now, .since_ms = now,
	    /* a row that was freed while queued is still in the run list */
	    .queued = s->queued, .run_next = s->run_next };
	side_open(s, CLIENT, fd, peer->family == OS_UNIX);
	s->side[BACKEND].fd = -1;
	s->half[CLIENT].state = s->half[BACKEND].state = HALF_DONE;
	s->half[CLIENT].end = s->half[BACKEND].end = HALF_DROPPED;
	s->half[CLIENT].buf = s->half[BACKEND].buf = -1;
	s->half[CLIENT].lane = s->half[BACKEND].lane = -1;
	session_to(s, SESSION_CONNECT);
	stat_global()->active++;
	stat_listener(listener)->active++;
	connect_next(s, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

void
session_refuse(int fd, const struct os_peer *peer, unsigned listener,
    enum reason reason, int error, uint64_t now)
{
	os_reset(fd);
	stat_global()->refused++;
	stat_global()->ended[reason]++;
	stat_listener(listener)->refused++;
	report_refused(setup, peer, listener, reason, error, now);
}

void
session_got(uint32_t token, uint32_t got)
{
	struct session *s = session_row(token / 2);
	struct side *sd = &s->side[token % 2];

	if (s->state == SESSION_FREE)
		return;
	sd->ready |= (uint8_t)(got & (WAIT_READ | WAIT_WRITE | WAIT_END));
	run_add(s);
}

void
session_run_all(uint64_t now)
{
	struct session *s;
	uint32_t i, next;

	/* those that want to run on come after the ones that are here now */
	i = run_first;
	run_first = run_last = NOBODY;
	for (; i != NOBODY; i = next) {
		s = &table[i];
		next = s->run_next;
		s->queued = 0;
		if (s->state != SESSION_FREE)
			session_serve(s, now);
	}
}

static void
nap_wake(uint64_t now)
{
	struct session *s;
	uint32_t i, next;

	nap_due = UINT64_MAX;
	for (i = nap_first; i != NOBODY; i = next) {
		s = &table[i];
		next = s->nap_next;
		if (s->nap_ms <= now) {
			nap_remove(s);
			run_add(s);
		} else if (s->nap_ms < nap_due)
			nap_due = s->nap_ms;
	}
}

/* Over a limit: the next backend, or the end. */
static void
session_expire(struct session *s, enum reason why, uint64_t now)
{
	if (s->state == SESSION_CONNECT) {
		(void)connect_failed(s, ETIMEDOUT, now);
		connect_next(s, now);
	} else
		session_reset(s, why, ETIMEDOUT, false, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

static void
sweep(uint64_t now)
{
	const struct setting *at;
	struct session *s;
	enum reason why;
	uint64_t due;
	unsigned i, n = fresh;

	sweep_due = UINT64_MAX;
	swept_ms = now;
	for (i = 0; i < n; i++) {
		s = &table[i];
		if (s->state != SESSION_CONNECT && s->state != SESSION_RELAY)
			continue;
		if ((due = session_deadline(s, &why, &at)) <= now) {
			half_refresh(&s->half[CLIENT], &s->side[CLIENT],
			    &s->side[BACKEND], now);
			half_refresh(&s->half[BACKEND], &s->side[BACKEND],
			    &s->side[CLIENT], now);
			due = session_deadline(s, &why, &at);
		}
		if (due <= now)
			session_expire(s, why, now);
		else if (due < sweep_due)
			sweep_due = due;
	}
}

/* When the next sweep may be: not at once again, however close a limit is. */
static uint64_t
sweep_time(void)
{
	if (sweep_due == UINT64_MAX || sweep_due >= swept_ms + LIMIT_SWEEP_MS)
		return sweep_due;
	return swept_ms + LIMIT_SWEEP_MS;
}

void
session_times(uint64_t now)
{
	if (nap_due <= now)
		nap_wake(now);
	if (sweep_time() <= now)
		sweep(now);
}

uint64_t
session_due(void)
{
	if (run_first != NOBODY)
		return 0;
	return sweep_time() < nap_due ? sweep_time() : nap_due;
}

void
session_kill(struct session *s, enum reason reason, bool now_or_never,
    uint64_t now)
{
	if (s->state == SESSION_FREE)
		return;
	if (s->state != SESSION_LAST)
		session_reset(s, reason, 0, now_or_never, now);
	else if (now_or_never)
		session_free(s, now);
	if (s->state != SESSION_FREE)
		session_arm(s, now);
}

void
session_kill_all(enum reason reason, bool now_or_never, uint64_t now)
{
	unsigned i, n = fresh;

	for (i = 0; i < n; i++)
		session_kill(&table[i], reason, now_or_never, now);
}

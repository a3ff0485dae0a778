/*
 * sim_check.c - invariants that are held at every call: a byte at its place, no
 * end that nobody sent, no reset that destroys, no reason that is not so.
 * sim_turn.c has those that are held after a turn.
 */
#include <errno.h>
#include <string.h>

#include "backend.h"
#include "limits.h"
#include "session.h"
#include "sim.h"
#include "sim_check.h"
#include "stat.h"
#include "table.h"

static uint64_t	last_ms[ROWS];		/* when a row was first seen in LAST */
static uint32_t	last_number[ROWS];
static uint64_t	begun_ms;		/* when this relay began */

void
check_forget(void)
{
	memset(last_ms, 0, sizeof(last_ms));
	memset(last_number, 0, sizeof(last_number));
	begun_ms = W.last_ms;
	/* who is still connecting may be given to all of them again */
	for (unsigned i = 0; i < W.nsocks; i++)
		socks[i].tried = 0;
}

/* The limit of silence that ended a session; 0: it was none. */
static uint64_t
limit_of(const struct session *s)
{
	const struct setup_profile *p = &plan_setup.profiles[s->profile];

	switch (s->reason) {
	case REASON_READ_IDLE:
		return p->max_read_idle.v;
	case REASON_WRITE_IDLE:
		return p->max_write_idle.v;
	case REASON_HALF_CLOSE_TIMEOUT:
		return p->half_close_timeout.v;
	case REASON_READ_TIMEOUT:
		return plan_setup.backends[s->backend].read_timeout.v;
	case REASON_WRITE_TIMEOUT:
		return plan_setup.backends[s->backend].write_timeout.v;
	default:
		return 0;
	}
}

/*
 * Bytes are on their way to a side, and some have just arrived: that is no silence.
 * Nor is it that something has been written there, or our end.
 */
static void
check_silent(const struct session *s, unsigned which)
{
	struct sock *to = check_side(s, which);
	uint64_t limit = limit_of(s);

	/* decided elsewhere, it may have been with another limit */
	if (W.last_ms != s->since_ms || s->since_ms == begun_ms)
		return;
	/* two of them are about one direction */
	if (s->reason == (which == CLIENT ? REASON_WRITE_TIMEOUT :
	    REASON_READ_TIMEOUT))
		return;
	if (limit != 0 && to != NULL && to->write_ms < s->since_ms &&
	    to->write_ms + limit > s->since_ms)
		sim_fail("early", s->number, "%s after %llu ms, %llu ms before "
		    "which something was written to %d", reason_key(s->reason),
		    (unsigned long long)limit, (unsigned long long)
		    (s->since_ms - to->write_ms), to->fd);
	if (limit == 0 || to == NULL || W.blind || to->dead || to->cut)
		return;
	if (to->local ? net_unread(to->peer) == 0 : to->tx_total == to->tx_gone)
		return;
	/* the relay's time is that of the beginning of a turn */
	if (to->tx_ms >= s->since_ms || to->tx_ms + limit <= s->since_ms + 1)
		return;
	sim_fail("early", s->number, "%s after %llu ms, %llu ms before which a "
	    "byte arrived on the way from %d", reason_key(s->reason),
	    (unsigned long long)limit, (unsigned long long)
	    (s->since_ms - to->tx_ms), to->fd);
}

uint64_t
check_last(unsigned i)
{
	const struct session *s = table_row(i);

	if (s->state != SESSION_LAST)
		return s->since_ms;
	if (last_number[i] != s->number) {
		last_number[i] = s->number;
		last_ms[i] = s->since_ms;
		check_silent(s, CLIENT);
		check_silent(s, BACKEND);
	}
	return last_ms[i];
}

/* --- who belongs to whom ------------------------------------------------- */

struct sock *
check_side(const struct session *s, unsigned which)
{
	int fd = s->side[which].fd;

	if (fd == -1)
		return NULL;
	if (fd < 0 || fd >= SIM_FDS || descs[fd].kind != DESC_SOCK)
		sim_fail("ownership", s->number, "side %u has %d, which is not "
		    "open", which, fd);
	return descs[fd].s;
}

void
check_marry(struct session *s, unsigned row)
{
	struct sock *c = check_side(s, CLIENT), *b = check_side(s, BACKEND);

	if (c == NULL || b == NULL)
		return;
	if (c->mate == b && b->mate == c) {
		c->row = b->row = (int8_t)row;
		return;
	}
	if (b->mate != NULL && b->mate != c)
		sim_fail("ownership", s->number, "a backend's connection has "
		    "changed its client");
	if (c->mate != NULL && (c->mate->tx_total > 0 || c->tx_total > 0))
		sim_fail("failover", s->number, "after %llu bytes",
		    (unsigned long long)c->mate->tx_total);
	if (c->mate != NULL)
		tally.failovers++;
	/* which backends were tried does not go along in a handover */
	if (c->tried_in != tally.handovers)
		c->tried = 0;
	c->tried_in = tally.handovers;
	if (c->tried & 1u << b->service)
		sim_fail("failover", s->number, "to service %d again",
		    b->service);
	c->tried |= 1u << b->service;
	c->mate = b;
	b->mate = c;
	c->row = b->row = (int8_t)row;
}

static void
marry_all(void)
{
	unsigned i;

	for (i = 0; i < table_rows() && i < ROWS; i++)
		if (table_row(i)->state != SESSION_FREE)
			check_marry(table_row(i), i);
}

struct sock *
check_mate(struct sock *s)
{
	if (W.contract)
		return NULL;
	/* a backend that was given up has a follower, perhaps since a moment ago */
	if (!W.nobody && !s->gone &&
	    (s->mate == NULL || s->mate->gone || s->row < 0))
		marry_all();
	return s->mate;
}

static long
number_of(const struct sock *s)
{
	return s->row >= 0 ? (long)table_row((unsigned)s->row)->number : -1;
}

/* --- at every call ------------------------------------------------------- */

void
check_read(struct sock *s, long n)
{
	(void)s;
	(void)n;
}

void
check_write(struct sock *s, const void *from, size_t n)
{
	struct sock *p = check_mate(s);
	size_t at;

	if (p == NULL)
		sim_fail("bytes", -1, "written to %d, which nobody sends to",
		    s->fd);
	if (s->tx_total + n > p->rx_total)
		sim_fail("bytes", number_of(s), "%llu written to %d, %llu came",
		    (unsigned long long)(s->tx_total + n), s->fd,
		    (unsigned long long)p->rx_total);
	at = pattern_differs(p->peer->key, s->tx_total, from, n);
	if (at < n)
		sim_fail("bytes", number_of(s), "byte %llu to %d is not the one "
		    "that was sent", (unsigned long long)(s->tx_total + at),
		    s->fd);
}

void
check_move(struct sock *from, struct sock *to, uint64_t pos, size_t n)
{
	if (check_mate(to) != from)
		sim_fail("bytes", number_of(to), "spliced into another session");
	if (to->tx_total != pos)
		sim_fail("bytes", number_of(to), "byte %llu spliced at place "
		    "%llu", (unsigned long long)pos,
		    (unsigned long long)to->tx_total);
	(void)n;
}

/* Our end goes to s: has its other side ended, and is everything there? */
void
check_fin(struct sock *s, const char *call)
{
	struct sock *p = check_mate(s);

	if (p == NULL)
		sim_fail("forged-end", -1, "%s on %d: it has no other side",
		    call, s->fd);
	if (!p->rx_fin || (!p->eof_got && !p->hidden))
		sim_fail("forged-end", number_of(s), "%s on %d: nobody sent an "
		    "end%s", call, s->fd, p->fake_got ? " but the error before "
		    "it" : "");
	if (p->local && p->err_got)
		sim_fail("forged-end", number_of(s), "%s on %d: the other side "
		    "was reset", call, s->fd);
	if (s->tx_total != p->rx_total)
		sim_fail("forged-end", number_of(s), "%s on %d: %llu of %llu "
		    "bytes before it", call, s->fd,
		    (unsigned long long)s->tx_total,
		    (unsigned long long)p->rx_total);
}

static bool
broken(const struct sock *s)
{
	return s->dead || s->fin_failed || s->state != SOCK_OPEN ||
	    (s->local && s->peer->gone);
}

/* What a socket says whose peer has closed, and takes nothing any more. */
static bool
deaf(const struct sock *s, int error)
{
	return error == EPIPE || error == ENOTCONN ||
	    (error == ECONNRESET && error == s->why);
}

/* Somebody could have been tried. */
static bool
has_backend(const struct session *row)
{
	const struct setup_pool *p =
	    &plan_setup.pools[plan_setup.profiles[row->profile].pool];
	unsigned i;

	for (i = 0; i < p->nbackends; i++)
		if (plan_setup.backends[p->first_backend + i].addr.family !=
		    OS_NONE)
			return true;
	return false;
}

/* Somebody could still be. */
static bool
someone_is_left(const struct session *row)
{
	const struct setup_pool *p =
	    &plan_setup.pools[plan_setup.profiles[row->profile].pool];
	const uint64_t *tried = table_tried(row);
	unsigned i;

	for (i = 0; i < p->nbackends; i++)
		if (!(tried[i / 64] >> i % 64 & 1) &&
		    backend_is_up(p->first_backend + i, row->since_ms))
			return true;
	return false;
}

/* It is us, or our system, who could connect to nobody. */
static bool
short_of(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM || error == ENOSPC || error == EADDRNOTAVAIL;
}

/* The end was decided by somebody, not by what the two sides did. */
static bool
imposed(enum reason r)
{
	switch (r) {
	case REASON_READ_TIMEOUT:
	case REASON_WRITE_TIMEOUT:
	case REASON_READ_IDLE:
	case REASON_WRITE_IDLE:
	case REASON_HALF_CLOSE_TIMEOUT:
	case REASON_SHUTDOWN:
	case REASON_KILLED:
		return true;
	default:
		return false;
	}
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* May a reset destroy what s has not delivered? */
static bool
patience_over(const struct sock *s, const struct session *row)
{
	uint64_t since = check_last((unsigned)s->row), now = W.last_ms;

	if ((W.draining && now >= W.drain_due_ms) || W.killed)
		return true;
	if (row->state != SESSION_LAST)
		return false;
	if (W.blind)
		return now >= since + LIMIT_LAST_BLIND_MS;
	return now >= since + LIMIT_LAST_MS ||
	    now + 1 >= later(since, s->tx_ms) + LIMIT_LAST_STALL_MS;
}

/* s is reset: was there no other way? */
static void
check_reset(struct sock *s, const struct session *row)
{
	struct sock *p = s->mate;
	enum reason r = row->reason;

	if (s->tx_total > s->tx_gone && !s->dead && !s->local && !s->cut &&
	    r != REASON_SHUTDOWN && r != REASON_KILLED &&
	    !patience_over(s, row))
		sim_fail("destroyed", row->number, "%llu bytes on their way by "
		    "the reset of %d (%s)", (unsigned long long)
		    (s->tx_total - s->tx_gone), s->fd, reason_key(r));
	if (p == NULL || imposed(r) || broken(s) || r == REASON_CLIENT_GONE ||
	    r == REASON_NO_BACKEND || r == REASON_NO_RESOURCES)
		return;
	if (p->rx_total > s->tx_total && !s->tx_fin)
		sim_fail("lost", row->number, "%llu of %llu bytes went to %d "
		    "before its reset (%s)", (unsigned long long)s->tx_total,
		    (unsigned long long)p->rx_total, s->fd, reason_key(r));
}

/* Whoever is said to have ended it must have done so. */
static void
check_reason(const struct session *row, const struct sock *c,
    const struct sock *b)
{
	bool ok = true;

	switch (row->reason) {
	case REASON_DONE:
		ok = b != NULL && c->tx_fin && b->tx_fin;
		break;
	case REASON_CLIENT_RESET:
	case REASON_CLIENT_LOST:
	case REASON_CLIENT_GONE:
		ok = c->why != 0 && row->error == c->why;
		break;
	case REASON_BACKEND_RESET:
	case REASON_BACKEND_LOST:
		ok = b != NULL && b->why != 0 && row->error == b->why;
		break;
	case REASON_CLIENT_DEAF:
		ok = broken(c) && deaf(c, row->error);
		break;
	case REASON_BACKEND_DEAF:
		ok = b != NULL && broken(b) && deaf(b, row->error);
		break;
	case REASON_NO_BACKEND:
		ok = c->tx_total == 0 && !someone_is_left(row) &&
		    (row->error != 0 ? !short_of(row->error) :
		    !has_backend(row));
		break;
	case REASON_NO_RESOURCES:
		ok = c->tx_total == 0 && short_of(row->error);
		break;
	case REASON_SHUTDOWN:
		ok = W.draining;
		break;
	case REASON_KILLED:
		ok = W.killed;
		break;
	case REASON_NONE:
		ok = false;
		break;
	default:
		break;
	}
	if (!ok)
		sim_fail("reason", row->number, "%s (error %d) is not so",
		    reason_key(row->reason), row->error);
}

/* Ended in order: then nothing may be left in either direction. */
static void
check_orderly(struct sock *s, const struct session *row)
{
	if (s->tx_fin)
		;
	else if (s->state == SOCK_OPEN && !s->dead)
		check_fin(s, "os_close");
	/*
	 * A system need not deliver what a socket without an owner holds; that is
	 * Linux, where an end counts like a byte.
	 */
	if (s->tx_total - s->tx_gone > (W.shape == SHAPE_BSD) &&
	    !s->dead && !s->local && !s->cut &&
	    !W.blind && !patience_over(s, row))
		sim_fail("orphaned", row->number, "%llu bytes on their way by "
		    "the close of %d", (unsigned long long)
		    (s->tx_total - s->tx_gone), s->fd);
	if (net_unread(s) > 0)
		sim_fail("lost", row->number, "%u bytes of %d were not read "
		    "before its close", net_unread(s), s->fd);
	if (!s->rx_fin && !s->dead && s->state == SOCK_OPEN)
		sim_fail("lost", row->number, "%d was closed before it ended",
		    s->fd);
}

/* A backend's connection makes way for another one: does nothing speak for it? */
static void
check_given_up(const struct sock *s, const struct session *row, bool orderly)
{
	uint64_t limit = plan_setup.backends[row->backend].connect_timeout.v;

	if (orderly)
		sim_fail("forged-end", row->number, "%d is given up, and closed",
		    s->fd);
	if (net_unread(s) > 0 && s->state == SOCK_OPEN && !s->late)
		sim_fail("lost", row->number, "%u bytes of a backend that is "
		    "given up", net_unread(s));
	if (s->state == SOCK_CONNECTING &&
	    (limit == 0 || W.last_ms < row->since_ms + limit))
		sim_fail("early", row->number, "%d, which may still connect, is "
		    "given up after %llu ms", s->fd, (unsigned long long)
		    (W.last_ms - row->since_ms));
}

/* One that has no other side, or none that came along, has not been looked for. */
static void
find_row(struct sock *s)
{
	const struct session *row;
	unsigned i;

	for (i = 0; i < table_rows() && i < ROWS && s->row < 0; i++) {
		row = table_row(i);
		if (row->state != SESSION_FREE &&
		    (row->side[CLIENT].fd == s->fd ||
		    row->side[BACKEND].fd == s->fd))
			s->row = (int8_t)i;
	}
}

void
check_close(struct sock *s, bool orderly)
{
	const struct session *row;

	if (s->row < 0 || s->mate == NULL)
		(void)check_mate(s);
	find_row(s);
	if (s->row < 0) {
		if (orderly && s->state == SOCK_OPEN && !s->dead)
			sim_fail("forged-end", -1, "%d is closed, not reset",
			    s->fd);
		return;
	}
	/* its backend may be new in this turn */
	check_marry(table_row((unsigned)s->row), (unsigned)s->row);
	row = table_row((unsigned)s->row);
	W.dirty_all = true;
	if (row->state == SESSION_CONNECT && row->reason == REASON_NONE) {
		check_given_up(s, row, orderly);
		return;
	}
	if (orderly)
		check_orderly(s, row);
	else
		check_reset(s, row);
	if (s->service < 0)
		check_reason(row, s, s->mate);
}

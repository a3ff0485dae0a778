/*
 * expire.c - limits of sessions.
 *
 * No timers: what is due is computed from a session's state, and the earliest
 * time found is when the next sweep over the table is made.  Progress only moves
 * deadlines away, so a sweep may come too early, never too late.
 *
 * A sweep also calls os_keep for sessions that turn out to last.
 */
#include "backend.h"
#include "expire.h"
#include "limits.h"
#include "os.h"
#include "session.h"
#include "table.h"
#include "wait.h"

static const struct setup *setup;
static uint64_t		 sweep_due, swept_ms;

void
expire_open(const struct setup *set)
{
	setup = set;
	sweep_due = UINT64_MAX;
	swept_ms = 0;
}

static void
sooner(uint64_t *due, enum reason *why, uint64_t from_ms, uint32_t limit,
    enum reason reason)
{
	if (limit == 0 || from_ms + limit >= *due)
		return;
	*due = from_ms + limit;
	*why = reason;
}

/*
 * When a half last did something, or may again: as long as it waits for its share of
 * a byte rate, it is not the peers who are silent.
 */
static uint64_t
busy_until(const struct half *h)
{
	const uint64_t paid_ms = h->pay_us / 1000;

	return h->moved_ms > paid_ms ? h->moved_ms : paid_ms;
}

/* When a session is due to end (UINT64_MAX: never), and why. */
static uint64_t
deadline(const struct session *s, enum reason *why)
{
	const struct setup_profile *p = &setup->profiles[s->profile];
	const struct half *c = &s->half[CLIENT], *b = &s->half[BACKEND];
	const struct setup_backend *sb;
	uint64_t due = UINT64_MAX, moved;

	if (s->backend == BACKEND_NONE)
		return UINT64_MAX;
	sb = &setup->backends[s->backend];
	if (s->state == SESSION_CONNECT)
		sooner(&due, why, s->since_ms, sb->connect_timeout.v,
		    REASON_NO_BACKEND);
	if (s->state != SESSION_RELAY)
		return due;
	moved = busy_until(c) > busy_until(b) ? busy_until(c) : busy_until(b);
	sooner(&due, why, moved, p->max_read_idle.v, REASON_READ_IDLE);
	sooner(&due, why, moved, p->max_write_idle.v, REASON_WRITE_IDLE);
	if (half_want(b) == WAIT_READ)
		sooner(&due, why, busy_until(b), sb->read_timeout.v,
		    REASON_READ_TIMEOUT);
	if (half_want(c) == WAIT_WRITE)
		sooner(&due, why, c->moved_ms, sb->write_timeout.v,
		    REASON_WRITE_TIMEOUT);
	if ((c->state == HALF_DONE) != (b->state == HALF_DONE))
		sooner(&due, why, moved, p->half_close_timeout.v,
		    REASON_HALF_CLOSE_TIMEOUT);
	return due;
}

/*
 * When it has lasted: some time after it was connected, at a time at which many
 * have.
 */
static uint64_t
keep_due(const struct session *s)
{
	if (s->kept || s->side[BACKEND].local || s->state != SESSION_RELAY)
		return UINT64_MAX;
	return (s->since_ms / LIMIT_KEEP_MS + 2) * LIMIT_KEEP_MS;
}

static void
sweep_before(uint64_t due)
{
	if (due < sweep_due)
		sweep_due = due;
}

bool
expire_before(const struct session *s)
{
	enum reason why;
	uint64_t due = deadline(s, &why);

	sweep_before(due);
	sweep_before(keep_due(s));
	return due != UINT64_MAX;
}

void
expire_sweep(uint64_t now)
{
	struct session *s;
	enum reason why;
	uint64_t due;
	unsigned i, n = table_rows();

	sweep_due = UINT64_MAX;
	swept_ms = now;
	for (i = 0; i < n; i++) {
		s = table_row(i);
		if (s->arriving || (s->state != SESSION_CONNECT &&
		    s->state != SESSION_RELAY))
			continue;
		due = deadline(s, &why);
		if (due <= now && s->state == SESSION_RELAY) {
			session_try(s, now);
			due = deadline(s, &why);
		}
		if (due <= now) {
			session_expire(s, why, now);
			continue;
		}
		if (keep_due(s) <= now) {
			os_keep(s->side[BACKEND].fd);
			s->kept = 1;
		}
		sweep_before(due);
		sweep_before(keep_due(s));
	}
}

/* When the next sweep may be: not at once again, however close a limit is. */
uint64_t
expire_due(void)
{
	if (sweep_due == UINT64_MAX || sweep_due >= swept_ms + LIMIT_SWEEP_MS)
		return sweep_due;
	return swept_ms + LIMIT_SWEEP_MS;
}

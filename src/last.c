/*
 * last.c - what is on its way to a peer, and the LAST state, which waits for it.
 *
 * A reset destroys what the kernel has not delivered, and a kernel short of memory
 * does not deliver what a closed socket holds, so a side that is alive gets its bytes
 * first, for a bounded time.
 */
#include <errno.h>

#include "buf.h"
#include "last.h"
#include "limits.h"
#include "os.h"
#include "session.h"
#include "table.h"
#include "wait.h"

/*
 * A system says that there is room only when there is much of it: a peer may take
 * bytes for long in which we move none.  Returns how many it has not acknowledged
 * yet; what it has since we last asked was moved just now.
 */
static long
side_look(struct session *s, unsigned which, uint64_t now)
{
	struct side *sd = &s->side[which];
	struct half *h = &s->half[!which];
	uint32_t acked;
	long n;

	if ((n = os_unsent(sd->fd)) < 0)
		return n;
	/* an end is counted like a byte */
	acked = (uint32_t)(h->bytes + (h->end == HALF_CLEAN) - (uint64_t)n);
	/* what came and went since then may have done so long ago */
	if (acked != sd->acked && (n > 0 || sd->owed))
		h->moved_ms = now;
	sd->acked = acked;
	sd->owed = n > 0;
	return n;
}

void
last_look(struct session *s, uint64_t now)
{
	unsigned i;

	for (i = CLIENT; i <= BACKEND; i++)
		(void)side_look(s, i, now);
}

/*
 * Whether a side still has bytes on their way.  An end in order that has not been
 * acknowledged is not waited for: it is the last round trip of every session.
 */
static bool
side_owes(struct session *s, unsigned which, uint64_t now)
{
	struct side *sd = &s->side[which];
	struct half *h = &s->half[!which];
	bool done = s->reason == REASON_DONE;
	long n;

	if (sd->fd == -1 || sd->cut || sd->local)
		return false;
	n = side_look(s, which, now);
	if (n == -ENOTSUP)
		return !done && h->bytes > 0 &&
		    now < s->since_ms + LIMIT_LAST_BLIND_MS;
	if (n <= done)
		return false;
	return now < h->moved_ms + LIMIT_LAST_STALL_MS &&
	    now < s->since_ms + LIMIT_LAST_MS;
}

/*
 * Read what nobody will get: a peer that can send on will come to read.  Not of a Unix
 * socket, which is not waited for: what is unread is all that tells its peer that this
 * is no end.  WAIT_READ is not asked for: after ENOBUFS no edge follows.
 */
static void
side_discard(struct side *sd)
{
	size_t left;
	long n;

	if (sd->ended)
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

void
last_step(struct session *s, uint64_t now)
{
	uint64_t age = now - s->since_ms;
	unsigned i;
	bool owes = false;

	for (i = CLIENT; i <= BACKEND; i++) {
		if (side_owes(s, i, now)) {
			owes = true;
			side_discard(&s->side[i]);
		} else
			session_shut(&s->side[i], s->reason != REASON_DONE);
	}
	if (!owes) {
		session_free(s, now);
		return;
	}
	if (s->side[BACKEND].fd == -1)
		session_unload(s);
	table_nap(s, now + (age < 8 ? 1 : age > 1600 ? 200 : age / 8));
}

void
last_begin(struct session *s, uint64_t now)
{
	session_to(s, SESSION_LAST);
	s->since_ms = s->half[CLIENT].moved_ms = s->half[BACKEND].moved_ms = now;
	last_step(s, now);
}

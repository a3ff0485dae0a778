/*
 * half.c - one direction of a session.
 *
 * A half owns a buffer exactly in DRAIN, and a lane in SPLICE (in DRAIN too while
 * bytes of a lane that has ended are delivered by hand).  It never closes a
 * descriptor.  Errors of the sink say nothing about the source: they end this
 * half only, and the session goes on with the other one.
 */
#include <errno.h>

#include "buf.h"
#include "gather.h"
#include "half.h"
#include "limits.h"
#include "must.h"
#include "os.h"
#include "splice.h"
#include "stat.h"
#include "wait.h"

#define TO(state)	(1u << (state))

/* What struct half has room for. */
_Static_assert((LIMIT_RELAYS + 1) * LIMIT_LANES <= INT16_MAX, "lane");
_Static_assert(LIMIT_BUFFER - 1 <= UINT16_MAX, "off");

/* Which states may follow which. */
static const uint8_t legal[] = {
	[HALF_FILL] = TO(HALF_PASS) | TO(HALF_DRAIN) | TO(HALF_SPLICE) |
	    TO(HALF_FIN) | TO(HALF_DONE),
	[HALF_PASS] = TO(HALF_FILL) | TO(HALF_DRAIN) | TO(HALF_FIN) |
	    TO(HALF_DONE),
	[HALF_DRAIN] = TO(HALF_FILL) | TO(HALF_SPLICE) | TO(HALF_DONE),
	[HALF_SPLICE] = TO(HALF_FILL) | TO(HALF_DRAIN) | TO(HALF_DONE),
	[HALF_FIN] = TO(HALF_DONE),
	[HALF_DONE] = 0
};

static void
half_to(struct half *h, enum half_state state)
{
	MUST(legal[h->state] & TO(state));
	h->state = (uint8_t)state;
}

static void
half_done(struct half *h, enum half_end end, int error)
{
	half_to(h, HALF_DONE);
	h->end = (uint8_t)end;
	h->error = error;
}

void
half_start(struct half *h, uint64_t now)
{
	*h = (struct half){ .state = HALF_FILL, .buf = -1, .lane = -1,
	    .moved_ms = now };
}

static void
half_spliced(struct half *h, const struct splice_moved *moved)
{
	h->bytes += moved->out;
	if (moved->out > 0)
		stat_add(&stat_global()->spliced, moved->out);
}

/* Give back what the half owns. */
static void
half_free(struct half *h, struct side *from)
{
	struct splice_moved moved;

	if (h->buf != -1)
		buf_give(h->buf);
	h->buf = -1;
	h->off = h->len = 0;
	if (h->lane != -1) {
		gather_end(from);
		h->bulk = 0;
		splice_end(h->lane, from->fd, &moved);
		half_spliced(h, &moved);
	}
	h->lane = -1;
}

/* The system is short of something: neither an end nor an edge will follow. */
static bool
half_short(int error)
{
	return error == ENOBUFS || error == ENOMEM;
}

static void
half_rest(struct half *h, uint64_t now)
{
	h->rest_ms = now + LIMIT_REST_MS;
}

/* Reading gave no bytes: n is 0 or a negated error. */
static void
half_source(struct half *h, struct side *from, long n, uint64_t now)
{
	if (n == -EAGAIN) {
		from->ready &= (uint8_t)~(WAIT_READ | WAIT_END);
		if (h->state == HALF_PASS)
			half_to(h, HALF_FILL);
		return;
	}
	if (half_short((int)-n)) {
		half_rest(h, now);
		return;
	}
	if (n == 0 && !from->cut) {
		half_to(h, HALF_FIN);
		return;
	}
	if (n < 0) {
		from->cut = 1;
		from->error = (int)-n;
	}
	half_done(h, HALF_LOST, from->error);
}

/* Writing failed for good. */
static void
half_sink(struct half *h, struct side *from, struct side *to, int error)
{
	/*
	 * EPIPE and ENOTCONN leave the peer's own stream as it is.  Any other
	 * error has now been taken from the socket: where reading would have
	 * reported it, it reports an end of stream that nobody sent.
	 */
	if (error != EPIPE && error != ENOTCONN && !to->cut) {
		to->cut = 1;
		to->error = error;
	}
	/* it may only have shut down reading, and send on for long */
	if (to->local && from->local)
		os_deafen(from->fd);
	half_free(h, from);
	half_done(h, HALF_BROKEN, error);
}

/*
 * Write until all is gone or the sink takes no more.  Returns how much went, or a
 * negated error when nothing more can ever go.
 */
static long
half_write(struct half *h, struct side *to, const char *data, size_t len,
    uint64_t now)
{
	size_t done;
	long n, error = 0;

	for (done = 0; done < len; done += (size_t)n) {
		n = os_write(to->fd, data + done, len - done);
		if (n == -EAGAIN) {
			to->ready &= (uint8_t)~WAIT_WRITE;
			break;
		}
		if (n == 0 || half_short((int)-n)) {
			half_rest(h, now);
			break;
		}
		if (n < 0) {
			error = n;
			break;
		}
	}
	if (done > 0) {
		h->bytes += done;
		h->moved_ms = now;
	}
	return error != 0 ? error : (long)done;
}

/*
 * A read that asked for size bytes got n.  A kernel that reports changes only has
 * nothing more to report when the queue is empty: a short read says so, but not
 * when an end or an urgent byte is there too, nor on a Unix socket, where it may
 * stop at a boundary.
 */
static void
half_got(struct half *h, struct side *from, long n, size_t size)
{
	if ((size_t)n < size && !(from->ready & WAIT_END) && !from->local)
		from->ready &= (uint8_t)~WAIT_READ;
	if (n < LIMIT_BULK)
		h->bulk = 0;
	else if (h->bulk < LIMIT_BULK_READS)
		h->bulk++;
}

/* Take what was already delivered out of the source's queue.  True when done. */
static bool
half_repay(struct half *h, struct side *from, uint64_t now)
{
	long n;

	while (h->owed > 0) {
		n = os_read(from->fd, buf_scratch(), h->owed);
		if (n <= 0) {
			if (h->state == HALF_PASS)
				half_to(h, HALF_FILL);
			half_source(h, from, n, now);
			return false;
		}
		h->owed -= (uint32_t)n;
	}
	return true;
}

/* No buffer is free: look, write, and only then take what was written. */
static size_t
half_pass(struct half *h, struct side *from, struct side *to, size_t size,
    uint64_t now)
{
	char *data = buf_scratch();
	long n, sent;

	if ((n = os_peek(from->fd, data, size)) <= 0) {
		half_source(h, from, n, now);
		return 0;
	}
	if ((sent = half_write(h, to, data, (size_t)n, now)) < 0) {
		half_sink(h, from, to, (int)-sent);
		return 0;
	}
	h->owed = (uint32_t)sent;
	if (half_repay(h, from, now) && sent == n) {
		if (h->state == HALF_PASS)
			half_to(h, HALF_FILL);
	} else if (h->state == HALF_FILL && h->owed == 0)
		half_to(h, HALF_PASS);
	return (size_t)sent;
}

/* Read and write on at once.  Returns what was taken. */
static size_t
half_fill(struct half *h, struct side *from, struct side *to, size_t size,
    uint64_t now)
{
	char *data;
	long n, sent;
	int buf;

	if (size > LIMIT_BUFFER)
		size = LIMIT_BUFFER;
	if (h->owed > 0 && !half_repay(h, from, now))
		return 0;
	if ((buf = buf_take()) == -1) {
		stat_add(&stat_global()->buffers_short, 1);
		return half_pass(h, from, to, size, now);
	}
	data = buf_data(buf);
	if ((n = os_read(from->fd, data, size)) <= 0) {
		buf_give(buf);
		half_source(h, from, n, now);
		return 0;
	}
	half_got(h, from, n, size);
	h->moved_ms = now;
	if ((sent = half_write(h, to, data, (size_t)n, now)) == n) {
		buf_give(buf);
		if (h->state == HALF_PASS)
			half_to(h, HALF_FILL);
		return (size_t)n;
	}
	h->buf = buf;
	half_to(h, HALF_DRAIN);
	if (sent < 0) {
		half_sink(h, from, to, (int)-sent);
		return (size_t)n;
	}
	h->off = (uint16_t)sent;
	h->len = (uint32_t)(n - sent);
	return (size_t)n;
}

/*
 * A lane has ended: put some of its bytes into a buffer.  True when there are any.
 * Without a buffer it is tried again, for those who have them may keep them for long.
 */
static bool
half_rescue(struct half *h, struct side *from, uint64_t now)
{
	long n;
	int buf;

	if ((buf = buf_take()) == -1) {
		half_rest(h, now);
		if (h->state == HALF_DRAIN)
			half_to(h, HALF_SPLICE);
		return false;
	}
	if ((n = splice_take(h->lane, buf_data(buf), LIMIT_BUFFER)) <= 0) {
		buf_give(buf);
		half_free(h, from);
		half_to(h, HALF_FILL);
		return false;
	}
	h->buf = buf;
	h->off = 0;
	h->len = (uint32_t)n;
	return true;
}

static void
half_drain(struct half *h, struct side *from, struct side *to, uint64_t now)
{
	long n;

	if (h->buf == -1 && !half_rescue(h, from, now))
		return;
	n = half_write(h, to, buf_data(h->buf) + h->off, h->len, now);
	if (n < 0) {
		half_sink(h, from, to, (int)-n);
		return;
	}
	h->off += (uint16_t)n;
	h->len -= (uint32_t)n;
	if (h->len > 0)
		return;
	buf_give(h->buf);
	h->buf = -1;
	if (h->lane != -1 && splice_held(h->lane) > 0)
		return;		/* the next step fetches the rest of it */
	half_free(h, from);
	half_to(h, HALF_FILL);
}

/* The lane moves no more; the ordinary read will find out why. */
static void
half_unsplice(struct half *h, struct side *from, int error, uint64_t now)
{
	if (error != 0) {
		from->cut = 1;
		from->error = error;
	}
	from->ready |= WAIT_READ | WAIT_END;
	if (splice_held(h->lane) > 0) {
		if (half_rescue(h, from, now))
			half_to(h, HALF_DRAIN);
		return;
	}
	half_free(h, from);
	half_to(h, HALF_FILL);
}

/* Let the kernel move.  Returns what was taken. */
static size_t
half_splice(struct half *h, struct side *from, struct side *to, size_t size,
    uint64_t now)
{
	struct splice_moved moved;
	enum splice_result result;
	size_t least = gather_least(h, from);

	result = splice_step(h->lane, from->fd, to->fd, size, least, &moved);
	half_spliced(h, &moved);
	if (moved.in > 0 || moved.out > 0)
		h->moved_ms = now;
	switch (result) {
	case SPLICE_MORE:
		h->chatty = 0;
		break;
	case SPLICE_SINK:
		to->ready &= (uint8_t)~WAIT_WRITE;
		h->chatty = 0;
		break;
	case SPLICE_SOURCE:
		from->ready &= (uint8_t)~(WAIT_READ | WAIT_END);
		if (splice_kind() == SPLICE_DETACHED)
			break;
		gather_step(h, from, least, &moved);
		if (moved.in >= LIMIT_BULK)
			h->chatty = 0;
		else if (++h->chatty >= LIMIT_CHATTY) {
			half_free(h, from);
			half_to(h, HALF_FILL);
		}
		break;
	case SPLICE_ENDED:
		half_unsplice(h, from, -moved.error, now);
		break;
	case SPLICE_BROKEN:
		half_sink(h, from, to, -moved.error);
		break;
	}
	return (size_t)moved.in;
}

/* Begin to splice when the stream has shown itself as bulk. */
static void
half_begin(struct half *h, const struct side *from, const struct side *to)
{
	int lane;

	if (h->bulk < LIMIT_BULK_READS || h->owed > 0)
		return;
	h->bulk = 0;	/* when it fails: not again before it is bulk again */
	if ((lane = splice_begin(from->fd, to->fd)) < 0)
		return;
	h->lane = (int16_t)lane;
	h->chatty = 0;
	half_to(h, HALF_SPLICE);
}

static void
half_fin(struct half *h, struct side *from, struct side *to)
{
	int error;

	if ((error = os_shutdown(to->fd)) != 0) {
		half_sink(h, from, to, -error);
		return;
	}
	half_done(h, HALF_CLEAN, 0);
}

/*
 * A reset behind the end says nothing new: all that came was whole, and is a request
 * like any other.
 */
void
half_ended(struct half *h, struct side *from)
{
	int error;

	if (h->end != HALF_CLEAN || !(from->ready & WAIT_ERROR))
		return;
	from->ready &= (uint8_t)~WAIT_ERROR;
	error = -os_error(from->fd);
	if (error == 0 || error == EPIPE || error == ECONNRESET)
		return;
	h->end = HALF_LOST;
	h->error = error;
}

uint64_t
half_rests(const struct half *h, uint64_t now)
{
	if (h->rest_ms > now)
		return h->rest_ms;
	if (h->pay_us / 1000 > now &&
	    (h->state == HALF_FILL || h->state == HALF_PASS))
		return h->pay_us / 1000;
	return 0;
}

bool
half_ready(const struct half *h, const struct side *from,
    const struct side *to, uint64_t now)
{
	unsigned want;

	if (h->state == HALF_DONE || half_rests(h, now) != 0)
		return false;
	want = half_want(h);
	return want == 0 || (want == WAIT_READ ? from : to)->ready & want;
}

size_t
half_run(struct half *h, struct side *from, struct side *to,
    const struct half_leave *leave)
{
	size_t taken = 0;
	uint64_t spent = 0, before;

	do {
		before = h->bytes;
		switch (h->state) {
		case HALF_FILL:
			if (leave->splice)
				half_begin(h, from, to);
			if (h->state == HALF_SPLICE)
				break;
			/* FALLTHROUGH */
		case HALF_PASS:
			taken += half_fill(h, from, to, leave->take - taken,
			    leave->now);
			break;
		case HALF_DRAIN:
			half_drain(h, from, to, leave->now);
			break;
		case HALF_SPLICE:
			/* a predecessor may have begun what now has a rate */
			taken += half_splice(h, from, to, leave->splice ?
			    leave->take - taken : 0, leave->now);
			if (!leave->splice)
				half_halt(h, from);
			break;
		case HALF_FIN:
			half_fin(h, from, to);
			break;
		}
		spent += h->bytes - before;
		/* bounded by what is taken, and by what is given for rescued bytes */
		if (h->state != HALF_FIN && (taken >= leave->take ||
		    spent >= LIMIT_SPLICE_BUDGET))
			break;
	} while (half_ready(h, from, to, leave->now));
	/* an end is progress: the half-close limit counts from here */
	if (h->state == HALF_DONE)
		h->moved_ms = leave->now;
	return taken;
}

unsigned
half_want(const struct half *h)
{
	static const uint8_t wants[] = {
		[HALF_FILL] = WAIT_READ,
		[HALF_PASS] = WAIT_WRITE,
		[HALF_DRAIN] = WAIT_WRITE,
		[HALF_DONE] = 0
	};

	if (h->state == HALF_SPLICE)
		return splice_held(h->lane) > 0 ? WAIT_WRITE : WAIT_READ;
	return wants[h->state];
}

size_t
half_held(const struct half *h)
{
	return h->len + (h->lane != -1 ? splice_held(h->lane) : 0);
}

void
half_refresh(struct half *h, struct side *from, struct side *to, uint64_t now)
{
	/* a budget of nothing only reads the kernel's count */
	if (h->state == HALF_SPLICE && splice_kind() == SPLICE_DETACHED)
		(void)half_splice(h, from, to, 0, now);
}

void
half_halt(struct half *h, struct side *from)
{
	if (h->state != HALF_SPLICE)
		return;
	gather_end(from);
	if (splice_held(h->lane) > 0)
		return;
	half_free(h, from);
	half_to(h, HALF_FILL);
	h->bulk = LIMIT_BULK_READS;
}

void
half_drop(struct half *h, struct side *from)
{
	if (h->state == HALF_DONE)
		return;
	half_free(h, from);
	half_done(h, HALF_DROPPED, 0);
}

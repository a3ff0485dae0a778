/*
 * sim_os.c - os.h over the simulated network.
 *
 * Every call may first let the world move on a little, and may fail in every way
 * that the real call can.  Where a fault makes a call say less than the truth
 * (would block, a short read), the truth is announced again as a later event, as
 * if it had only become true then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "wait.h"

enum { FD_FIRST = 3 };

struct desc descs[SIM_FDS];
unsigned ndescs;
static unsigned lowest;

void
os_reset_world(void)
{
	memset(descs, 0, sizeof(descs));
	ndescs = 0;
	lowest = FD_FIRST;
}

/* --- descriptors: the lowest free number, as systems do ------------------ */

int
desc_new(enum desc_kind kind, struct sock *s)
{
	unsigned fd;

	if (ndescs >= W.fd_limit)
		return -EMFILE;
	for (fd = lowest; fd < SIM_FDS && descs[fd].kind != DESC_FREE; fd++)
		;
	if (fd == SIM_FDS)
		return -EMFILE;
	lowest = fd + 1;
	descs[fd].kind = (uint8_t)kind;
	descs[fd].s = s;
	ndescs++;
	W.dirty_all = true;
	if (s != NULL) {
		s->fd = (int)fd;
		s->api = true;
		W.channels += s->chan;
	}
	W.progress++;
	return (int)fd;
}

void
desc_free(int fd)
{
	if (fd < 0 || fd >= SIM_FDS || descs[fd].kind == DESC_FREE)
		sim_fail("descriptor", -1, "closes %d, which is not open", fd);
	if (wait_watches(fd))
		sim_fail("descriptor", -1, "closes %d while it is watched", fd);
	if (descs[fd].s != NULL) {
		W.channels -= descs[fd].s->chan;
		descs[fd].s->fd = -1;
		descs[fd].s->api = false;
	}
	descs[fd].kind = DESC_FREE;
	descs[fd].s = NULL;
	descs[fd].pipe = 0;
	ndescs--;
	if ((unsigned)fd < lowest)
		lowest = (unsigned)fd;
	W.progress++;
}

struct sock *
desc_sock(int fd, const char *call)
{
	if (fd < 0 || fd >= SIM_FDS || descs[fd].kind != DESC_SOCK)
		sim_fail("descriptor", -1, "%s on %d, which is no connection",
		    call, fd);
	may_die();
	if (++W.calls > SIM_CALLS)
		sim_fail("spin", -1, "%u calls in one turn", W.calls);
	return descs[fd].s;
}

/* --- moving bytes -------------------------------------------------------- */

/* Say again what a fault kept quiet about. */
static void
remind(struct sock *s)
{
	W.happened++;
	if (s->wake_on)
		return;
	s->wake_on = true;
	net_after(rng_below(STREAM_NET, 2000), EV_WAKE, s->id, 0);
}

/* The system has no memory for this just now. */
static long
short_of(int fd)
{
	W.happened++;
	trace("nobufs", fd, 0, 0);
	return fault_pick(FAULT_NOBUFS, 2) ? -ENOBUFS : -ENOMEM;
}

/* Nor an error, which no system should say. */
static long
took_nothing(int fd)
{
	W.happened++;
	trace("write-0", fd, 0, 0);
	return 0;
}

/* No byte is there: why not. */
static long
read_nothing(struct sock *s)
{
	int err;

	if (s->state == SOCK_CONNECTING)
		return -EAGAIN;
	/* Linux remembers a TCP peer's end; elsewhere the error comes first */
	if (s->rx_fin && W.shape == SHAPE_LINUX && !s->local) {
		s->eof_got = true;
		return 0;
	}
	if (s->err != 0) {
		err = os_take_error(s);
		check_read(s, -err);
		return -err;
	}
	if (s->rx_fin) {
		s->eof_got = true;
		return 0;
	}
	if (s->state == SOCK_FAILED)
		return -ENOTCONN;
	if (s->dead) {
		s->fake_got = true;
		return 0;
	}
	return -EAGAIN;
}

static void
copy_out(struct sock *s, uint8_t *to, size_t n)
{
	size_t i;

	if (!s->real) {
		pattern_fill(s->peer->key, s->rx_taken, to, n);
		return;
	}
	for (i = 0; i < n; i++)
		to[i] = s->peer->ring[(s->rx_taken + i) % SIM_RING];
}

static long
read_some(int fd, void *to, size_t size, bool take)
{
	struct sock *s = desc_sock(fd, "os_read");
	size_t n;
	long r;

	if (fault(FAULT_RACE))
		net_race();
	if (s->hidden)
		sim_fail("splice", -1, "reads %d while it is spliced", fd);
	if (!s->dead && fault(FAULT_READ_AGAIN)) {
		remind(s);
		s->again_ms = W.last_ms;
		trace("read-again", fd, 0, 0);
		return -EAGAIN;
	}
	if (!s->dead && fault(FAULT_NOBUFS))
		return short_of(fd);
	if ((n = net_unread(s)) == 0) {
		if ((r = read_nothing(s)) == 0 && take)
			W.progress++;
		trace("read", fd, r, (int64_t)s->rx_taken);
		return r;
	}
	if (n > size)
		n = size;
	if (n > 1 && fault(FAULT_SHORT_READ)) {
		n = 1 + fault_pick(FAULT_SHORT_READ, (uint32_t)n - 1);
		if (!s->local)
			remind(s);
	}
	copy_out(s, to, n);
	trace(take ? "read" : "peek", fd, (int64_t)n, (int64_t)s->rx_taken);
	if (!take) {
		W.progress += s->peeked != s->rx_total;
		s->peeked = s->rx_total;
		return (long)n;
	}
	W.progress++;
	s->read_ms = W.last_ms;
	net_took(s, n);
	check_read(s, (long)n);
	return (long)n;
}

long
os_read(int fd, void *to, size_t size)
{
	return read_some(fd, to, size, true);
}

long
os_peek(int fd, void *to, size_t size)
{
	return read_some(fd, to, size, false);
}

int
os_error(int fd)
{
	struct sock *s = desc_sock(fd, "os_error");
	int err = os_take_error(s);

	trace("error", fd, err, s->state);
	W.progress += err != 0;
	return -err;
}

/* Why nothing can be written any more; 0 when it can. */
static int
write_error(struct sock *s)
{
	int err;

	if (s->state != SOCK_OPEN)
		return s->state == SOCK_CONNECTING ? EAGAIN : EPIPE;
	if (s->local)
		return s->peer->gone || s->tx_fin ? EPIPE : 0;
	if (!s->dead)
		return s->tx_fin ? EPIPE : 0;
	if (W.shape == SHAPE_LINUX && (err = os_take_error(s)) != 0)
		return err;
	return EPIPE;
}

void
os_keep(int fd)
{
	(void)desc_sock(fd, "os_keep");
}

long
os_write(int fd, const void *from, size_t size)
{
	struct sock *s = desc_sock(fd, "os_write");
	size_t n, i;
	int err;

	if (fault(FAULT_RACE))
		net_race();
	if (s->tx_fin && !W.contract)
		sim_fail("order", -1, "writes to %d behind its end", fd);
	if ((err = write_error(s)) != 0) {
		trace("write", fd, -err, (int64_t)s->tx_total);
		if (err != EAGAIN) {
			W.progress++;
			s->write_ms = W.last_ms;
		}
		return -err;
	}
	if (fault(FAULT_WRITE_AGAIN)) {
		s->nospace = true;
		remind(s);
		trace("write-again", fd, 0, 0);
		return -EAGAIN;
	}
	if (fault(FAULT_NOBUFS))
		return fault_pick(FAULT_NOBUFS, 4) == 0 ? took_nothing(fd) :
		    short_of(fd);
	if ((n = net_space(s)) < size)
		s->nospace = true;
	if (n == 0) {
		trace("write", fd, -EAGAIN, (int64_t)s->tx_total);
		return -EAGAIN;
	}
	if (n > size)
		n = size;
	if (n > 1 && fault(FAULT_SHORT_WRITE))
		n = 1 + fault_pick(FAULT_SHORT_WRITE, (uint32_t)n - 1);
	if (s->real)
		for (i = 0; i < n; i++)
			s->ring[(s->tx_total + i) % SIM_RING] =
			    ((const uint8_t *)from)[i];
	else
		check_write(s, from, n);
	trace("write", fd, (int64_t)n, (int64_t)s->tx_total);
	W.progress++;
	W.bytes += n;
	s->write_ms = W.last_ms;
	net_send(s, n);
	return (long)n;
}

/* --- ends ---------------------------------------------------------------- */

int
os_shutdown(int fd)
{
	struct sock *s = desc_sock(fd, "os_shutdown");

	if (fault(FAULT_RACE))
		net_race();
	if (s->tx_fin && !W.contract)
		sim_fail("order", -1, "ends %d twice", fd);
	W.progress++;
	if (fault(FAULT_SHUTDOWN))
		net_error(s, ECONNRESET);	/* at the last moment */
	if (s->state != SOCK_OPEN || s->dead) {
		trace("shutdown", fd, -ENOTCONN, 0);
		s->write_ms = W.last_ms;
		s->fin_failed = true;
		return -ENOTCONN;
	}
	if (!W.contract)
		check_fin(s, "os_shutdown");
	trace("shutdown", fd, 0, (int64_t)s->tx_total);
	s->write_ms = W.last_ms;
	net_fin(s);
	return 0;
}

/* Peers here do not mind: whoever sends on is not read. */
void
os_deafen(int fd)
{
	const struct sock *s = desc_sock(fd, "os_deafen");

	if (!s->local)
		sim_fail("order", -1, "a reset would follow, not an error");
}

long
os_unsent(int fd)
{
	struct sock *s = desc_sock(fd, "os_unsent");

	if (W.blind)
		return -ENOTSUP;
	if (s->dead || s->state != SOCK_OPEN)
		return 0;
	if (s->local)
		return s->peer->gone ? 0 : (long)net_unread(s->peer);
	return (long)(s->tx_total - s->tx_gone) +
	    (W.shape == SHAPE_LINUX && s->tx_fin && !s->fin_gone);
}

void
close_listener(struct sock *s)
{
	unsigned i;

	s->gone = true;
	for (i = 0; i < s->nqueue; i++)
		net_kill(s->queue[i]);
	s->nqueue = 0;
}

void
os_close(int fd)
{
	struct sock *s;

	if (fd >= 0 && fd < SIM_FDS && descs[fd].kind == DESC_LISTEN) {
		s = descs[fd].s;
		desc_free(fd);
		if (!s->kept)		/* by the parent */
			close_listener(s);
		return;
	}
	s = desc_sock(fd, "os_close");
	if (fault(FAULT_RACE))
		net_race();
	trace("close", fd, s->id, net_unread(s));
	if (!W.contract)
		check_close(s, true);
	desc_free(fd);
	s->was_closed = true;
	net_close(s);
}

void
os_reset(int fd)
{
	struct sock *s = desc_sock(fd, "os_reset");
	uint64_t tx_ms = s->tx_ms;
	uint8_t state = s->state;

	if (fault(FAULT_RACE)) {
		net_race();
		s->tx_ms = tx_ms;	/* which nobody could know of */
		s->late = s->state != state;
	}
	trace("reset", fd, s->id, (int64_t)(s->tx_total - s->tx_gone));
	if (!W.contract)
		check_close(s, false);
	desc_free(fd);
	s->was_reset = true;
	net_kill(s);
}

/* Let go of a descriptor whose connection lives on elsewhere. */
void
os_drop(int fd)
{
	struct sock *s = fd >= 0 && fd < SIM_FDS ? descs[fd].s : NULL;

	may_die();
	trace("drop", fd, 0, 0);
	desc_free(fd);
	if (s == NULL)
		return;
	if (s->chan)
		chan_gone(s);
	else if (s->state == SOCK_LISTEN && !s->kept)
		close_listener(s);	/* the parent's copy goes with it */
	else if (s->state != SOCK_LISTEN)
		crash_orphan(s);	/* its sender may be dead */
}

/* --- the clock ----------------------------------------------------------- */

uint64_t
os_now_ms(void)
{
	uint64_t ms;

	may_die();
	if (W.now < W.frozen_until)
		return W.last_ms = W.frozen_ms;
	if (fault(FAULT_CLOCK_JUMP)) {
		W.jumped_ms += 1 + fault_pick(FAULT_CLOCK_JUMP, 1u << (1 +
		    fault_pick(FAULT_CLOCK_JUMP, 27)));
		trace("clock-jump", -1, (int64_t)W.jumped_ms, 0);
		W.happened++;	/* what naps may be due, in every turn */
	}
	ms = W.base_ms + W.jumped_ms + W.now / SIM_MS;
	if (fault(FAULT_CLOCK_STILL)) {
		W.frozen_ms = ms;
		W.frozen_until = W.now + fault_pick(FAULT_CLOCK_STILL,
		    5 * SIM_S);
		trace("clock-still", -1, (int64_t)W.frozen_until, 0);
	}
	return W.last_ms = ms;
}

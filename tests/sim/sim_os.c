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
static uint16_t next_port;

void
os_reset_world(void)
{
	memset(descs, 0, sizeof(descs));
	ndescs = 0;
	lowest = FD_FIRST;
	next_port = 40000;
}

/* --- descriptors: the lowest free number, as systems do -------------------- */

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
	if (++W.calls > SIM_CALLS)
		sim_fail("spin", -1, "%u calls in one turn", W.calls);
	return descs[fd].s;
}

/* --- listening ----------------------------------------------------------------- */

size_t
os_path_max(void)
{
	return W.shape == SHAPE_BSD ? 103 : 107;
}

static bool
same(const struct os_addr *a, const struct os_addr *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == OS_UNIX)
		return a->pathlen == b->pathlen &&
		    memcmp(a->u.path, b->u.path, a->pathlen) == 0;
	return a->port == b->port;
}

static struct sock *
listener_at(const struct os_addr *a)
{
	int fd;

	for (fd = FD_FIRST; fd < SIM_FDS; fd++)
		if (descs[fd].kind == DESC_LISTEN && same(&descs[fd].s->addr, a))
			return descs[fd].s;
	return NULL;
}

int
os_listen(const struct os_addr *a, const struct os_listen *how)
{
	struct sock *s;
	int fd;

	if (listener_at(a) != NULL)
		return -EADDRINUSE;
	if ((s = net_sock()) == NULL)
		return -ENFILE;
	s->state = SOCK_LISTEN;
	s->nqueue = 0;
	s->backlog = how->backlog < 1 ? 1 :
	    how->backlog > SIM_BACKLOG ? SIM_BACKLOG : (unsigned)how->backlog;
	s->local = a->family == OS_UNIX;
	s->addr = *a;
	if (!s->local && a->port == 0)
		s->addr.port = next_port++;
	fd = desc_new(DESC_LISTEN, s);
	return fd;
}

int
os_listen_adopt(int fd, const struct os_listen *how)
{
	(void)how;
	if (fd < 0 || fd >= SIM_FDS || descs[fd].kind == DESC_FREE)
		return -ENOTSOCK;
	return descs[fd].kind == DESC_LISTEN ? 0 : -EINVAL;
}

int
os_sockname(int fd, struct os_addr *a)
{
	if (fd < 0 || fd >= SIM_FDS || descs[fd].s == NULL)
		return -EBADF;
	*a = descs[fd].s->addr;
	if (descs[fd].kind == DESC_SOCK)
		a->port = (uint16_t)(1024 + descs[fd].s->id);
	return 0;
}

static const int shortages[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };

int
os_accept(int lfd, struct os_peer *peer)
{
	struct sock *l, *s;
	int fd;

	if (lfd < 0 || lfd >= SIM_FDS || descs[lfd].kind != DESC_LISTEN)
		sim_fail("descriptor", -1, "accepts on %d", lfd);
	if (fault(FAULT_RACE))
		net_race();
	l = descs[lfd].s;
	if (l->nqueue == 0)
		return -EAGAIN;
	if (fault(FAULT_ACCEPT_SHORT) && ++W.happened)
		return -shortages[fault_pick(FAULT_ACCEPT_SHORT, 4)];
	s = l->queue[0];
	if (fault(FAULT_ACCEPT_AGAIN)) {
		/* another relay took it; it is well there */
		memmove(l->queue, l->queue + 1, --l->nqueue *
		    sizeof(l->queue[0]));
		trace("taken-away", lfd, s->id, 0);
		W.happened++;
		s->cut = s->peer->cut = true;
		net_error(s->peer, ECONNRESET);
		return -EAGAIN;
	}
	if (fault(FAULT_ACCEPT_ABORTED) ||
	    (s->dead && W.shape == SHAPE_BSD)) {
		memmove(l->queue, l->queue + 1, --l->nqueue *
		    sizeof(l->queue[0]));
		trace("aborted", lfd, s->id, 0);
		net_kill(s);
		W.progress++;
		return -ECONNABORTED;
	}
	if ((fd = desc_new(DESC_SOCK, s)) < 0)
		return fd;
	memmove(l->queue, l->queue + 1, --l->nqueue * sizeof(l->queue[0]));
	s->accepted = true;
	memset(peer, 0, sizeof(*peer));
	peer->family = l->addr.family;
	if (!s->local) {
		if (peer->family == OS_IPV6)
			peer->ip[15] = 1;
		else
			peer->ip[0] = 127;
		if (peer->family == OS_IPV4)
			peer->ip[3] = W.contract ? 1 : (uint8_t)(1 + s->id % 5);
		peer->port = (uint16_t)(1024 + s->peer->id);
	}
	trace("accept", fd, s->id, s->dead);
	return fd;
}

/* --- connecting ------------------------------------------------------------------- */

/* A Unix socket's file outlives it. */
static bool
stale_at(const struct os_addr *a)
{
	unsigned i;

	for (i = 0; i < W.nsocks; i++)
		if (socks[i].state == SOCK_LISTEN && same(&socks[i].addr, a))
			return true;
	return false;
}

/* Both ends are ours: contract.c connects to its own listeners. */
static int
connect_real(const struct os_addr *to, bool *pending)
{
	struct sock *l = listener_at(to), *s;
	int fd;

	*pending = false;
	if (l == NULL) {
		if (to->family == OS_UNIX)
			return stale_at(to) ? -ECONNREFUSED : -ENOENT;
		*pending = true;
		if ((s = net_pair(false)) == NULL)
			return -ENFILE;
		s->state = SOCK_CONNECTING;
		net_after(20, EV_CONNECT, s->id, ECONNREFUSED);
		return desc_new(DESC_SOCK, s);
	}
	if ((s = net_arrive(l, -1)) == NULL) {
		if (l->local)
			return -EAGAIN;
		if ((s = net_pair(false)) == NULL)
			return -ENFILE;
		s->state = SOCK_CONNECTING;	/* nobody answers */
		*pending = true;
		return desc_new(DESC_SOCK, s);
	}
	s->addr = *to;
	s->real = s->peer->real = true;
	s->ring = malloc(SIM_RING);
	s->peer->ring = malloc(SIM_RING);
	if (!l->local) {
		s->state = SOCK_CONNECTING;
		net_after(20, EV_CONNECT, s->id, 0);
		*pending = true;
	}
	fd = desc_new(DESC_SOCK, s);
	return fd;
}

static const int unreachable[] = { ENETUNREACH, EHOSTUNREACH, EACCES, EPERM,
	EAFNOSUPPORT, ENOBUFS, ETIMEDOUT };

static int
local_refusal(const struct service *sv)
{
	if (!sv->up)
		return rng_chance(STREAM_NET, 50) ? -ECONNREFUSED : -ENOENT;
	if (sv->backlog_until > W.now || fault(FAULT_CONNECT_BACKLOG))
		return -EAGAIN;
	return 0;
}

/* How long a connect takes, and what comes of it; SIM_NEVER: no answer. */
static uint64_t
connect_fate(struct sock *s, const struct service *sv, int *err)
{
	uint64_t us = s->lat;

	*err = sv->up ? 0 : ECONNREFUSED;
	if (fault(FAULT_CONNECT_SLOW))
		us += rng_below(STREAM_NET, 20 * SIM_S);
	if (sv->drops || fault(FAULT_CONNECT_DROP)) {
		*err = ETIMEDOUT;
		return 130 * SIM_S;
	}
	if (fault(FAULT_CONNECT_REFUSED))
		*err = ECONNREFUSED;
	else if (fault(FAULT_CONNECT_UNREACH))
		*err = unreachable[fault_pick(FAULT_CONNECT_UNREACH, 7)];
	else if (*err == 0 && fault(FAULT_CONNECT_RESET))
		s->never = true;
	return us;
}

int
os_connect(const struct os_addr *to, const struct os_connect *how,
    bool *pending)
{
	struct service *sv;
	struct sock *s;
	uint64_t us;
	int err, fd;

	(void)how;
	*pending = false;
	if (W.contract)
		return connect_real(to, pending);
	tally.connects++;
	W.progress++;
	if (fault(FAULT_RACE))
		net_race();
	if (fault(FAULT_CONNECT_SHORT))
		return -shortages[fault_pick(FAULT_CONNECT_SHORT, 4)];
	if (fault(FAULT_CONNECT_PORTS))
		return -EADDRNOTAVAIL;
	if ((sv = actor_service(to)) == NULL)
		sim_fail("address", -1, "connects to nobody's address");
	trace("connect", -1, sv - services, sv->up);
	if (sv->local && (err = local_refusal(sv)) != 0)
		return err;
	if ((s = net_pair(sv->local)) == NULL)
		return -ENFILE;
	s->service = (int)(sv - services);
	s->addr = *to;
	s->state = SOCK_CONNECTING;
	us = connect_fate(s, sv, &err);
	if (sv->local || (us < SIM_S && fault(FAULT_CONNECT_NOW))) {
		if (err != 0 && !sv->local)
			return -err;
		if ((fd = desc_new(DESC_SOCK, s)) < 0)
			return fd;
		s->never = false;
		s->state = s->peer->state = SOCK_OPEN;
		s->peer->actor = actor_serve((unsigned)s->service, s->peer);
		actor_connected(s);
		trace("connected-now", fd, s->id, 0);
		return fd;
	}
	if ((fd = desc_new(DESC_SOCK, s)) < 0)
		return fd;
	*pending = true;
	net_after(us, EV_CONNECT, s->id, (uint32_t)err);
	trace("connecting", fd, s->id, (int64_t)us);
	return fd;
}

/* The pending error of a socket, which is gone from it when asked for. */
int
os_take_error(struct sock *s)
{
	int err = s->err;

	s->err = 0;
	if (err != 0) {
		s->err_got = true;
		W.progress++;
	}
	return err;
}

int
os_connected(int fd, const struct os_addr *to)
{
	struct sock *s = desc_sock(fd, "os_connected");
	int err;

	(void)to;
	if (s->state == SOCK_CONNECTING)
		return -EINPROGRESS;
	if (s->state == SOCK_OPEN && !s->dead) {
		trace("connected", fd, s->id, 0);
		return 0;
	}
	/* no peer (any more): the error says why, and is gone then */
	err = os_take_error(s);
	trace("connect-failed", fd, err, s->state);
	return err != 0 ? -err : -EINPROGRESS;
}

/* --- moving bytes ------------------------------------------------------------------- */

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
		return short_of(fd);
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

/* --- ends ------------------------------------------------------------------------------ */

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

	if (fault(FAULT_RACE))
		net_race();
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

	trace("drop", fd, 0, 0);
	desc_free(fd);
	if (s == NULL)
		return;
	if (s->chan)
		chan_gone(s);
	else if (s->state == SOCK_LISTEN && !s->kept)
		close_listener(s);	/* the parent's copy goes with it */
}

/* --- the clock ---------------------------------------------------------------------------- */

uint64_t
os_now_ms(void)
{
	uint64_t ms;

	if (W.now < W.frozen_until)
		return W.last_ms = W.frozen_ms;
	if (fault(FAULT_CLOCK_JUMP)) {
		W.jumped_ms += 1 + fault_pick(FAULT_CLOCK_JUMP, 1u << (1 +
		    fault_pick(FAULT_CLOCK_JUMP, 27)));
		trace("clock-jump", -1, (int64_t)W.jumped_ms, 0);
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

/*
 * sim_door.c - os.h over the simulated network: listening, accepting, and
 * connecting with all that can come of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { FD_FIRST = 3 };

/* --- listening ----------------------------------------------------------- */

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
		s->addr.port = (uint16_t)(40000 + s->id);
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
	if (W.hold && adopting())
		sim_fail("order", -1, "accepts while sessions are to come");
	may_die();
	if (fault(FAULT_RACE))
		net_race();
	l = descs[lfd].s;
	if (l->nqueue == 0)
		return -EAGAIN;
	if (fault(FAULT_ACCEPT_SHORT) && ++W.happened && ++W.shortages)
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
	if ((fd = desc_new(DESC_SOCK, s)) < 0) {
		W.shortages++;
		return fd;
	}
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

/* --- connecting ---------------------------------------------------------- */

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
os_connect(const struct os_addr *to, bool *pending)
{
	struct service *sv;
	struct sock *s;
	uint64_t us;
	int err, fd;

	*pending = false;
	if (W.contract)
		return connect_real(to, pending);
	may_die();
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

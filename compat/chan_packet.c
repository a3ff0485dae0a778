/*
 * chan_packet.c - channels as SOCK_SEQPACKET sockets: the kernel keeps messages
 * apart.  Everywhere but on macOS.
 *
 * The BSDs give a Unix socket 4,096 bytes, in which the largest message with its
 * descriptors never has room, and NetBSD takes what waits at the receiver off the
 * size that it holds a message against: what fits into an empty channel is then
 * "too long", where it ought to wait.  So a channel is made roomy, and the receiver
 * roomier than the sender: descriptors are more bytes there, and a message for
 * which they are one too many would be dropped without a word.
 *
 * FreeBSD 15 has made a stream of records of it: MSG_EOR alone ends a message, one
 * that has too little room goes in part, and what the receiver has too little room
 * for is there the next time.
 */
#include <sys/types.h>
#ifdef __FreeBSD__
#include <sys/event.h>
#endif
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "chan.h"
#include "chan_fds.h"
#include "os_sys.h"

enum {
	SEND_ROOM = 65536,
	RECEIVE_ROOM = 2 * SEND_ROOM,
	/* writable is when the largest message has room: no spinning until then */
	LOW_WATER = CHAN_BYTES + sizeof(union chan_space)
};

static int
grow(int fd, int name, int least)
{
	int	error, now;

	if ((error = os_option_get(fd, name, &now)) != 0 || now >= least)
		return error;
	return os_option(fd, SOL_SOCKET, name, least);
}

static int
make_room(int fd)
{
	int	error;

	if ((error = grow(fd, SO_RCVBUF, RECEIVE_ROOM)) != 0)
		return error;
	if ((error = grow(fd, SO_SNDBUF, SEND_ROOM)) != 0)
		return error;
	/* Linux has its own rule, and no such option. */
	(void)os_option(fd, SOL_SOCKET, SO_SNDLOWAT, LOW_WATER);
	return 0;
}

int
chan_pair(int fd[2])
{
	const int	type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int		error;

	if (socketpair(AF_UNIX, type, 0, fd) == -1)
		return -errno;
	if ((error = make_room(fd[0])) == 0 &&
	    (error = make_room(fd[1])) == 0)
		return 0;
	(void)close(fd[0]);
	(void)close(fd[1]);
	return error;
}

#ifdef __FreeBSD__
enum { SEND_FLAGS = MSG_EOR | MSG_NOSIGNAL };

/*
 * Is there room for all of it?  poll(2) and SO_SNDLOWAT do not know, kqueue(2)
 * does; before FreeBSD 15 it says so too early, and sendmsg(2) does not.
 */
static int
room(int fd, const struct msghdr *m)
{
	const struct timespec	now = { 0, 0 };
	/* a descriptor is a pointer in the kernel */
	const size_t		need = m->msg_iov->iov_len +
				    2 * (size_t)m->msg_controllen;
	struct kevent		ev;
	int			kq, n;

	if ((kq = kqueue()) == -1)
		return EMFILE;
	EV_SET(&ev, fd, EVFILT_WRITE, EV_ADD, NOTE_LOWAT, (intptr_t)need, NULL);
	n = kevent(kq, &ev, 1, &ev, 1, &now);
	(void)close(kq);
	return n > 0 ? 0 : ENOBUFS;
}

/* Throw away what did not fit.  Returns whether there was such. */
static bool
skip_rest(int fd, const struct msghdr *m, size_t n)
{
	char		waste[256];
	struct iovec	iov = { .iov_base = waste, .iov_len = sizeof(waste) };
	struct msghdr	rest = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n < m->msg_iov->iov_len || n == 0 || m->msg_flags & MSG_EOR)
		return false;
	while (!(rest.msg_flags & MSG_EOR) && recvmsg(fd, &rest, 0) > 0)
		continue;
	return true;
}
#else
enum { SEND_FLAGS = MSG_NOSIGNAL };

static int
room(int fd, const struct msghdr *m)
{
	(void)fd;
	(void)m;
	return 0;
}

static bool
skip_rest(int fd, const struct msghdr *m, size_t n)
{
	(void)fd;
	(void)m;
	(void)n;
	return false;
}
#endif

int
chan_send(int fd, const void *data, size_t len, const int *fds, unsigned nfds,
    int timeout_ms)
{
	union chan_space space;
	struct iovec	 iov = { .iov_base = (void *)(uintptr_t)data,
			    .iov_len = len };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1 };
	const uint64_t	 until = chan_until(timeout_ms);
	int		 error;

	if (len == 0 || len > CHAN_BYTES || nfds > CHAN_FDS)
		return -EMSGSIZE;
	chan_fds_put(&m, &space, fds, nfds);
	for (;;) {
		error = room(fd, &m);
		if (error == 0 && sendmsg(fd, &m, SEND_FLAGS) != -1)
			return 0;
		/* There is room for every message: too long is too much now. */
		if (error == 0)
			error = errno == EMSGSIZE ? EAGAIN : errno;
		if ((error = chan_again(fd, error, until)) != 0)
			return error;
	}
}

long
chan_recv(int fd, void *data, size_t size, int *fds, unsigned *nfds)
{
	union chan_space space;
	struct iovec	 iov = { .iov_base = data, .iov_len = size };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = space.space };
	ssize_t		 n;
	bool		 cut;

	do {
		m.msg_controllen = sizeof(space.space);
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
		/* Messages in front of a reset are still messages. */
	} while (n == -1 && (errno == EINTR || errno == ECONNRESET));
	if (n == -1) {
		*nfds = 0;
		return -errno;
	}
	cut = m.msg_flags & MSG_TRUNC || skip_rest(fd, &m, (size_t)n);
	if (!chan_fds_take(&m, fds, nfds))
		return -EMSGSIZE;
	if (!cut)
		return n;
	chan_fds_drop(fds, nfds);
	return -EMSGSIZE;
}

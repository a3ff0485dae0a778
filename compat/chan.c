/*
 * chan.c - what all channels have in common: descriptors in messages, waiting.
 * chan_packet.c or chan_stream.c does the rest.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "chan_fds.h"
#include "os.h"
#include "os_sys.h"

void
chan_bare(int fd)
{
	os_sys_no_fds(fd);
}

void
chan_fds_put(struct msghdr *m, union chan_space *s, const int *fds,
    unsigned nfds)
{
	struct cmsghdr	*c;

	if (nfds == 0)
		return;
	memset(s, 0, sizeof(*s));
	m->msg_control = s->space;
	m->msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
}

/* A socket with SO_LINGER could make its last close wait for as long as that says. */
static void
discard(int fd)
{
	os_linger(fd, 1);
	(void)close(fd);
}

void
chan_fds_drop(int *fds, unsigned *nfds)
{
	while (*nfds > 0)
		discard(fds[--*nfds]);
}

bool
chan_fds_take(struct msghdr *m, int *fds, unsigned *nfds)
{
	struct cmsghdr	*c;
	unsigned	 i, n, room = *nfds, got = 0;
	bool		 good = !(m->msg_flags & MSG_CTRUNC);
	int		 fd;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(fd));
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
			if (got < room)
				fds[got++] = fd;
			else {
				discard(fd);
				good = false;
			}
		}
	}
	*nfds = got;
	if (!good)
		chan_fds_drop(fds, nfds);
	return good;
}

uint64_t
chan_until(int timeout_ms)
{
	return timeout_ms < 0 ? UINT64_MAX :
	    os_now_ms() + (unsigned)timeout_ms;
}

bool
chan_wait_until(int fd, short events, uint64_t until)
{
	struct pollfd	p = { .fd = fd, .events = events };
	uint64_t	now = os_now_ms();
	int		timeout = -1;

	if (now >= until)
		return false;
	if (events == 0)
		timeout = 1;
	else if (until != UINT64_MAX)
		timeout = until - now > 1000000 ? 1000000 : (int)(until - now);
	(void)poll(&p, 1, timeout);
	return true;
}

int
chan_again(int fd, int error, uint64_t until)
{
	short	events = 0;

	switch (error) {
	case EINTR:
		return 0;
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
	case ENOTCONN:
		return -EPIPE;
	case EAGAIN:
		events = POLLOUT;
		break;
	/* Neither makes the channel unwritable: there is nothing to wait for. */
	case ENOBUFS:		/* how BSD says that the other end is full */
	case ENOMEM:		/* Linux: for a message with descriptors */
	case ETOOMANYREFS:	/* Linux: in all channels of this user */
	case EMFILE:		/* OpenBSD: in all channels, kern.maxfiles / 10 */
		break;
	default:
		return -error;
	}
	return chan_wait_until(fd, events, until) ? 0 : -EAGAIN;
}

int
chan_wait(int fd, int timeout_ms)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	int		n;

	if ((n = poll(&p, 1, timeout_ms)) == -1)
		return errno == EINTR ? 0 : -errno;
	return n > 0;
}

int
chan_finish(int fd, int timeout_ms)
{
	const uint64_t	until = chan_until(timeout_ms);
	char		byte;
	ssize_t		n;

	(void)shutdown(fd, SHUT_WR);
	for (;;) {
		n = recv(fd, &byte, 1, 0);
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return 0;
		if (n == -1 && errno == EAGAIN &&
		    !chan_wait_until(fd, POLLIN, until))
			return -EAGAIN;
	}
}

void
chan_end(int fd)
{
	(void)shutdown(fd, SHUT_RDWR);
	(void)close(fd);
}

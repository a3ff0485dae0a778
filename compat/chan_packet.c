/*
 * chan_packet.c - channels as SOCK_SEQPACKET sockets: the kernel keeps messages
 * apart.  Everywhere but on macOS.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "chan_fds.h"

int
chan_pair(int fd[2])
{
	const int	type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;

	return socketpair(AF_UNIX, type, 0, fd) == -1 ? -errno : 0;
}

int
chan_send(int fd, const void *data, size_t len, const int *fds, unsigned nfds,
    int timeout_ms)
{
	union chan_space space;
	struct msghdr	 m;
	struct iovec	 iov;
	uint64_t	 until = 0;
	int		 error;

	if (len == 0 || len > CHAN_BYTES || nfds > CHAN_FDS)
		return -EMSGSIZE;
	memset(&m, 0, sizeof(m));
	iov.iov_base = (void *)(uintptr_t)data;
	iov.iov_len = len;
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	chan_fds_put(&m, &space, fds, nfds);
	for (;;) {
		if (sendmsg(fd, &m, MSG_NOSIGNAL) != -1)
			return 0;
		if ((error = chan_again(fd, errno, timeout_ms, &until)) != 0)
			return error;
	}
}

long
chan_recv(int fd, void *data, size_t size, int *fds, unsigned *nfds)
{
	union chan_space space;
	struct msghdr	 m;
	struct iovec	 iov;
	ssize_t		 n;

	memset(&m, 0, sizeof(m));
	iov.iov_base = data;
	iov.iov_len = size;
	do {
		m.msg_iov = &iov;
		m.msg_iovlen = 1;
		m.msg_control = space.space;
		m.msg_controllen = sizeof(space.space);
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
		/* Messages in front of a reset are still messages. */
	} while (n == -1 && (errno == EINTR || errno == ECONNRESET));
	if (n == -1) {
		*nfds = 0;
		return -errno;
	}
	if (!chan_fds_take(&m, fds, nfds))
		return -EMSGSIZE;
	if (!(m.msg_flags & MSG_TRUNC))
		return n;
	while (*nfds > 0)
		(void)close(fds[--*nfds]);
	return -EMSGSIZE;
}

/*
 * chan_stream.c - channels as stream sockets, for systems without SOCK_SEQPACKET
 * (macOS).  Each message has its length in front.  A message that has begun is
 * always finished: so a sender waits for room in the middle of one, and a
 * receiver for the rest of it, and both give up only with the channel.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "chan_fds.h"
#include "fd.h"

int
chan_pair(int fd[2])
{
	int	error;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		return -errno;
	if ((error = fd_dress(fd[0])) == 0 && (error = fd_dress(fd[1])) == 0)
		return 0;
	(void)close(fd[0]);
	(void)close(fd[1]);
	return error;
}

/*
 * Send the first bytes, with the descriptors: how many went, or an error when
 * there is no room in time.
 */
static long
send_first(int fd, struct msghdr *m, int timeout_ms)
{
	const uint64_t	until = chan_until(timeout_ms);
	ssize_t		n;
	int		error;

	for (;;) {
		if ((n = sendmsg(fd, m, MSG_NOSIGNAL)) > 0)
			return n;
		if ((error = chan_again(fd, errno, until)) != 0)
			return error;
	}
}

static int
send_rest(int fd, const char *p, size_t len)
{
	ssize_t	n;
	int	error;

	while (len > 0) {
		if ((n = send(fd, p, len, MSG_NOSIGNAL)) > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if ((error = chan_again(fd, errno, UINT64_MAX)) != 0)
			return error;
	}
	return 0;
}

int
chan_send(int fd, const void *data, size_t len, const int *fds, unsigned nfds,
    int timeout_ms)
{
	char		 frame[sizeof(uint32_t) + CHAN_BYTES];
	union chan_space space;
	struct iovec	 iov = { .iov_base = frame,
			    .iov_len = sizeof(uint32_t) + len };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1 };
	uint32_t	 head = (uint32_t)len;
	long		 n;

	if (len == 0 || len > CHAN_BYTES || nfds > CHAN_FDS)
		return -EMSGSIZE;
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), data, len);
	chan_fds_put(&m, &space, fds, nfds);
	if ((n = send_first(fd, &m, timeout_ms)) < 0)
		return (int)n;
	return send_rest(fd, frame + n, iov.iov_len - (size_t)n);
}

/*
 * Read what must come: 0, or -EPIPE when the channel ended in the middle.  With
 * more than there is room for, the rest is read and forgotten.
 */
static int
recv_rest(int fd, char *p, size_t room, size_t len)
{
	char	waste[256];
	size_t	size;
	ssize_t	n;

	while (len > 0) {
		size = room > 0 ? room : sizeof(waste);
		if (size > len)
			size = len;
		n = recv(fd, room > 0 ? p : waste, size, 0);
		if (n > 0) {
			if (room > 0) {
				p += n;
				room -= (size_t)n;
			}
			len -= (size_t)n;
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return -EPIPE;
		(void)chan_wait_until(fd, POLLIN, UINT64_MAX);
	}
	return 0;
}

/*
 * Read the length of the next message, with the descriptors: more than 0, 0 at
 * the end, or an error.
 */
static long
recv_head(int fd, uint32_t *head, int *fds, unsigned *nfds, bool *good)
{
	union chan_space space;
	struct iovec	 iov = { .iov_base = head, .iov_len = sizeof(*head) };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = space.space };
	ssize_t		 n;

	do {
		m.msg_controllen = sizeof(space.space);
		n = recvmsg(fd, &m, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		*nfds = 0;
		return errno == ECONNRESET ? 0 : -errno;
	}
	*good = chan_fds_take(&m, fds, nfds);
	if (n == 0 || n == sizeof(*head))
		return n;
	if (recv_rest(fd, (char *)head + n, sizeof(*head) - (size_t)n,
	    sizeof(*head) - (size_t)n) != 0)
		return 0;
	return n;
}

long
chan_recv(int fd, void *data, size_t size, int *fds, unsigned *nfds)
{
	uint32_t	head = 0;
	bool		good = true;
	long		n;

	if ((n = recv_head(fd, &head, fds, nfds, &good)) <= 0)
		return n;
	if (recv_rest(fd, data, size, head) != 0) {
		chan_fds_drop(fds, nfds);
		return 0;
	}
	if (good && head <= size)
		return (long)head;
	chan_fds_drop(fds, nfds);
	return -EMSGSIZE;
}

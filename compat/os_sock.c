/*
 * os_sock.c - os.h on the real system, as far as systems agree.  os_listen.c has
 * listening sockets, os_addr.c addresses, os_SYSTEM.c what differs.
 *
 * Every socket that a session owns is born with SO_LINGER (1, 0), and only
 * os_close takes that off: if the process dies, its peers see a reset and never
 * an end that nobody sent.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os.h"
#include "os_sys.h"

int
os_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == -1 ?
	    -errno : 0;
}

int
os_option_get(int fd, int name, int *value)
{
	socklen_t	len = sizeof(*value);

	return getsockopt(fd, SOL_SOCKET, name, value, &len) == -1 ?
	    -errno : 0;
}

void
os_linger(int fd, int on)
{
	const struct linger	l = { .l_onoff = on };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static void
urgent_in_line(int fd)
{
	(void)os_option(fd, SOL_SOCKET, SO_OOBINLINE, 1);
}

void
os_born(int fd)
{
	os_linger(fd, 1);
	(void)os_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	urgent_in_line(fd);
}

/*
 * What accept(2) says, in the words of os.h.  Errors of the listening socket
 * itself are passed on: to go on after these would be to spin.
 */
static int
accept_error(int error)
{
	switch (error) {
	case EAGAIN:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EBADF:
	case EFAULT:
	case EINVAL:
	case ENOTSOCK:
		return -error;
	default:
		return -ECONNABORTED;
	}
}

int
os_accept(int lfd, struct os_peer *peer)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	int			 fd;

	do {
		len = sizeof(ss);
		fd = os_sys_accept(lfd, (struct sockaddr *)&ss, &len);
	} while (fd == -1 && errno == EINTR);
	if (fd == -1)
		return accept_error(errno);
	os_addr_peer(peer, (struct sockaddr *)&ss, len);
	if (peer->family == OS_UNIX)
		urgent_in_line(fd);	/* never inherited */
	else
		os_sys_accepted(fd);
	return fd;
}

static int
domain_of(const struct os_addr *a)
{
	switch (a->family) {
	case OS_IPV4:
		return AF_INET;
	case OS_IPV6:
		return AF_INET6;
	default:
		return AF_UNIX;
	}
}

/*
 * A socket whose own end is where it was to connect to, has found itself: the
 * system chose the backend's port as ours while the backend was down.
 */
static bool
is_self(int fd, const struct os_addr *to)
{
	struct os_addr	a;
	size_t		n = to->family == OS_IPV4 ? 4 : 16;

	if (to->family == OS_UNIX || os_sockname(fd, &a) != 0)
		return false;
	return a.family == to->family && a.port == to->port &&
	    memcmp(a.u.ip, to->u.ip, n) == 0;
}

/* connect(2) itself: 0, -EINPROGRESS, or why not. */
static int
connect_start(int fd, const struct os_addr *to)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len;

	if (to->family != OS_UNIX)
		os_born(fd);
	else {
		urgent_in_line(fd);
		os_sys_no_fds(fd);
	}
	if ((len = os_addr_to(to, &ss)) == 0)
		return -EINVAL;
	if (connect(fd, (struct sockaddr *)&ss, len) == 0)
		return is_self(fd, to) ? -ECONNREFUSED : 0;
	/* An interrupted connect goes on by itself. */
	return errno == EINTR ? -EINPROGRESS : -errno;
}

int
os_connect(const struct os_addr *to, bool *pending)
{
	int	fd, error;

	*pending = false;
	if (to->family == OS_NONE)
		return -EINVAL;
	if ((fd = os_sys_socket(domain_of(to))) < 0)
		return fd;
	error = connect_start(fd, to);
	if (error == 0)
		return fd;
	if (error == -EINPROGRESS) {
		*pending = true;
		return fd;
	}
	(void)close(fd);
	return error;
}

int
os_error(int fd)
{
	int	error, pending = 0;

	error = os_option_get(fd, SO_ERROR, &pending);
	return error != 0 ? error : -pending;
}

/*
 * A peer means connected, whatever came after; only without one is the error of
 * any interest (asking for it takes it away).
 */
int
os_connected(int fd, const struct os_addr *to)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	int			 error, why;

	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		return is_self(fd, to) ? -ECONNREFUSED : 0;
	why = errno;
	if ((error = os_error(fd)) != 0)
		return error;
	if (to->family == OS_UNIX)
		return 0;	/* never under way; on the BSDs, its peer left */
	/* macOS says EINVAL when it was connected and is no more. */
	return why == ENOTCONN ? -EINPROGRESS : -ECONNRESET;
}

long
os_read(int fd, void *buf, size_t size)
{
	ssize_t	n;

	do
		n = recv(fd, buf, size, 0);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

long
os_peek(int fd, void *buf, size_t size)
{
	ssize_t	n;

	do
		n = recv(fd, buf, size, MSG_PEEK);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

long
os_write(int fd, const void *buf, size_t size)
{
	ssize_t	n;

	do
		n = send(fd, buf, size, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

int
os_shutdown(int fd)
{
	if (shutdown(fd, SHUT_WR) == 0)
		return 0;
	/* EINVAL: NetBSD of a connection that was reset, OpenBSD when its error has been
	   read; until then it gives the error, and leaves it there. */
	return errno == ECONNRESET || errno == EINVAL ? -ENOTCONN : -errno;
}

void
os_deafen(int fd)
{
	(void)shutdown(fd, SHUT_RD);
}

/*
 * The count of a dead socket stands still; only ask who is there when it says
 * that something is on its way.
 */
long
os_unsent(int fd)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	long			 n;

	if ((n = os_sys_unsent(fd)) <= 0)
		return n;
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == -1)
		return 0;
	return n;
}

void
os_close(int fd)
{
	os_linger(fd, 0);
	(void)close(fd);
}

void
os_drop(int fd)
{
	(void)close(fd);
}

void
os_reset(int fd)
{
	(void)close(fd);	/* SO_LINGER (1, 0) since birth */
}

int
os_sockname(int fd, struct os_addr *a)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return -errno;
	os_addr_from(a, (struct sockaddr *)&ss, len);
	return 0;
}

uint64_t
os_now_ms(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * os_openbsd.c - what is OpenBSD's own about stream sockets.  Accepted sockets
 * inherit every option, but SO_LINGER (1, 0) is made (1, 120) on the way, as in
 * all that came from 4.4BSD (tcp_attach); the times of keepalive are sysctls.
 */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <unistd.h>

#include "os_sys.h"

void
os_keep(int fd)
{
	(void)os_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void
os_sys_pass_on(int fd)
{
	os_keep(fd);
}

void
os_sys_accepted(int fd)
{
	os_linger(fd, 1);
}

void
os_sys_no_fds(int fd)
{
	(void)fd;
}

void
os_sys_defer(int fd, const struct os_listen *how)
{
	(void)fd;
	(void)how;
}

int
os_sys_transparent(int fd, int domain)
{
	(void)domain;
	return os_option(fd, SOL_SOCKET, SO_BINDANY, 1);
}

/*
 * What of a buffer of that size is in use.  No event: there is no room at all.
 */
static long
in_use(int kq, int fd, int size)
{
	const struct timespec	now = { 0, 0 };
	struct kevent		ev;
	int			n;

	EV_SET(&ev, fd, EVFILT_WRITE, EV_ADD, NOTE_LOWAT, 1, NULL);
	if ((n = kevent(kq, &ev, 1, &ev, 1, &now)) == -1)
		return -errno;
	if (n == 0)
		return size;
	if (ev.flags & EV_ERROR)
		return (long)-ev.data;
	return ev.data < size ? (long)(size - ev.data) : 0;
}

/*
 * TCP_INFO tells it to the superuser only, whom a relay is not as a rule, and 0 to
 * others; kqueue(2) tells how much room there is.  A Unix socket's bytes are with its
 * peer: nothing of ours is under way.
 */
long
os_sys_unsent(int fd)
{
	long	n;
	int	kq, domain, size, was, error;

	if ((error = os_option_get(fd, SO_DOMAIN, &domain)) != 0 ||
	    domain == AF_UNIX ||
	    (error = os_option_get(fd, SO_SNDBUF, &size)) != 0)
		return error;
	/* who has no descriptor to ask with asks again */
	if ((kq = kqueue()) == -1)
		return 1;
	do {
		/* the system makes it larger and smaller, at any time */
		was = size;
		n = in_use(kq, fd, size);
		error = os_option_get(fd, SO_SNDBUF, &size);
	} while (error == 0 && size != was);
	(void)close(kq);
	return error != 0 ? error : n;
}

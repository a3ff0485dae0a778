/*
 * os_accept4.c - sockets that are close-on-exec and non-blocking from birth: all
 * systems but macOS.
 *
 * Whether NetBSD has accept4(2) depends on the version.  paccept(2) is older, does
 * the same, and is there in every version that has SOCK_NONBLOCK (6.0).
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "os_sys.h"

#ifdef __NetBSD__
#define accept4(fd, sa, len, flags)	paccept(fd, sa, len, NULL, flags)
#endif

int
os_sys_socket(int domain)
{
	int	fd;

	fd = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fd == -1 ? -errno : fd;
}

int
os_sys_accept(int fd, struct sockaddr *sa, socklen_t *len)
{
	return accept4(fd, sa, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

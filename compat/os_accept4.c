/*
 * os_accept4.c - sockets that are close-on-exec and non-blocking from birth: all
 * systems but NetBSD (os_netbsd.c) and macOS.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "os_sys.h"

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

/*
 * os_accept.c - sockets made close-on-exec and non-blocking step by step: macOS,
 * and whatever we do not know.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <unistd.h>

#include "fd.h"
#include "os_sys.h"

static int
dress(int fd)
{
	int	error;

	if ((error = fd_dress(fd)) == 0)
		return fd;
	(void)close(fd);
	errno = -error;
	return -1;
}

int
os_sys_socket(int domain)
{
	int	fd;

	if ((fd = socket(domain, SOCK_STREAM, 0)) == -1)
		return -errno;
	return dress(fd) == -1 ? -errno : fd;
}

int
os_sys_accept(int fd, struct sockaddr *sa, socklen_t *len)
{
	int	conn;

	if ((conn = accept(fd, sa, len)) == -1)
		return -1;
	return dress(conn);
}

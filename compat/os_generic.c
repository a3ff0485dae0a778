/*
 * os_generic.c - stream sockets with what every system has: nothing is made
 * close-on-exec or non-blocking in one step, nothing is trusted to be inherited,
 * and how much is unsent cannot be told.  Systems that we know nothing better of
 * use this file; it runs everywhere, so it can be tested everywhere.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os_sys.h"

static int
dress(int fd)
{
	int	flags, error;

	if ((flags = fcntl(fd, F_GETFL)) != -1 &&
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != -1)
		return fd;
	error = errno;
	(void)close(fd);
	errno = error;
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

void
os_sys_tcp_connector(int fd)
{
	os_option_try(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	os_option_try(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	os_option_try(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void
os_sys_tcp_listener(int fd)
{
	os_sys_tcp_connector(fd);
}

void
os_sys_tcp_accepted(int fd)
{
	os_linger_reset(fd);
	os_sys_tcp_connector(fd);
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
	(void)fd;
	(void)domain;
	return -ENOTSUP;
}

void
os_sys_bind_no_port(int fd)
{
	(void)fd;
}

long
os_sys_unsent(int fd)
{
	(void)fd;
	return -ENOTSUP;
}

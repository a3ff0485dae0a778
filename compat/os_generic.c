/*
 * os_generic.c - stream sockets with what every system has: nothing is trusted to
 * be inherited, keepalive has the system's times (even their unit differs), and
 * how much is unsent cannot be told.  Systems that we know nothing better of use
 * this file; it runs everywhere, so it can be tested everywhere.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>

#include "os_sys.h"

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

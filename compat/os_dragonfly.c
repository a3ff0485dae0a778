/*
 * os_dragonfly.c - what is DragonFly's own about stream sockets: the times of
 * keepalive are milliseconds.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <string.h>

#include "os_sys.h"

void
os_keep(int fd)
{
	os_option_try(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPIDLE,
	    OS_KEEP_IDLE * 1000);
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPINTVL,
	    OS_KEEP_APART * 1000);
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPCNT, OS_KEEP_PROBES);
}

bool
os_sys_inherits(void)
{
	return false;
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

/* There is no such thing, and no need: ports belong to pairs of addresses. */
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

/*
 * os_darwin.c - what is macOS's own about stream sockets.
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
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPALIVE, OS_KEEP_IDLE);
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPINTVL, OS_KEEP_APART);
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
	int		n;
	socklen_t	len = sizeof(n);

	if (getsockopt(fd, SOL_SOCKET, SO_NWRITE, &n, &len) == -1)
		return -errno;
	return n;
}

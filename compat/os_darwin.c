/*
 * os_darwin.c - what is macOS's own about stream sockets.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>

#include "os_sys.h"

void
os_keep(int fd)
{
	os_option_try(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPALIVE, OS_KEEP_IDLE);
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPINTVL, OS_KEEP_APART);
	os_option_try(fd, IPPROTO_TCP, TCP_KEEPCNT, OS_KEEP_PROBES);
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

/*
 * os_darwin.c - what is macOS's own about stream sockets.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "os_sys.h"

void
os_keep(int fd)
{
	(void)os_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPALIVE, OS_KEEP_IDLE);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, OS_KEEP_APART);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPCNT, OS_KEEP_PROBES);
}

long
os_sys_unsent(int fd)
{
	int	error, n;

	error = os_option_get(fd, SO_NWRITE, &n);
	return error != 0 ? error : n;
}

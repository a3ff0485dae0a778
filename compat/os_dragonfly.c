/*
 * os_dragonfly.c - what is DragonFly's own about stream sockets: the times of
 * keepalive are milliseconds.
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
	(void)os_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, OS_KEEP_IDLE * 1000);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, OS_KEEP_APART * 1000);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPCNT, OS_KEEP_PROBES);
}

long
os_sys_unsent(int fd)
{
	(void)fd;
	return -ENOTSUP;
}

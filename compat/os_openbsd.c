/*
 * os_openbsd.c - what is OpenBSD's own about stream sockets.  Accepted sockets
 * inherit every option, but SO_LINGER (1, 0) is made (1, 120) on the way, as in
 * all that came from 4.4BSD (tcp_attach); the times of keepalive are sysctls.
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
	(void)os_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void
os_sys_pass_on(int fd)
{
	os_keep(fd);
}

void
os_sys_accepted(int fd)
{
	os_linger(fd, 1);
}

void
os_sys_no_fds(int fd)
{
	(void)fd;
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
	(void)domain;
	return os_option(fd, SOL_SOCKET, SO_BINDANY, 1);
}

/* A Unix socket's bytes are with its peer: nothing of ours is under way. */
long
os_sys_unsent(int fd)
{
	struct tcp_info	info;
	socklen_t	len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
		return (long)info.tcpi_so_snd_sb_cc;
	/* nor is anything of a socket that is dead: it has no TCP any more */
	return errno == ENOPROTOOPT || errno == ECONNRESET ? 0 : -errno;
}

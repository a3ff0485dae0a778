/*
 * os_linux.c - what is Linux's own about stream sockets.
 *
 * An accepted socket inherits every option that is set here on the listening
 * one: accept4(2) in os_accept4.c is the only system call of an accept.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>

#include "os_sys.h"

/*
 * No TCP_USER_TIMEOUT: it also ends a connection whose peer answers every probe,
 * but has not read for so long (tcp(7); RFC 1122, 4.2.2.17, wants it to stay).
 */
void
os_keep(int fd)
{
	(void)os_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, OS_KEEP_IDLE);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, OS_KEEP_APART);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPCNT, OS_KEEP_PROBES);
}

void
os_sys_pass_on(int fd)
{
	os_keep(fd);
}

void
os_sys_accepted(int fd)
{
	(void)fd;
}

void
os_sys_defer(int fd, const struct os_listen *how)
{
	/* 0 too: it may have been another one before a reload */
	if (how->defer_accept != -1)
		(void)os_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT,
		    how->defer_accept);
}

/* SO_PASSRIGHTS; headers are older, and SPARC and PA-RISC have other numbers. */
void
os_sys_no_fds(int fd)
{
#if !defined(__sparc__) && !defined(__hppa__)
	(void)os_option(fd, SOL_SOCKET, 83, 0);
#else
	(void)fd;
#endif
}

int
os_sys_transparent(int fd, int domain)
{
	if (domain == AF_INET)
		return os_option(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
	return os_option(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
}

/* SIOCOUTQ of tcp(7) and unix(7), by the name that needs no kernel header. */
long
os_sys_unsent(int fd)
{
	int	n;

	return ioctl(fd, TIOCOUTQ, &n) == -1 ? -errno : n;
}

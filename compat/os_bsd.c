/*
 * os_bsd.c - stream sockets of FreeBSD and NetBSD; os_freebsd.c and os_netbsd.c
 * have the difference.
 */
#include <sys/types.h>
#include <sys/filio.h>
#include <sys/ioctl.h>
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
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, OS_KEEP_IDLE);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, OS_KEEP_APART);
	(void)os_option(fd, IPPROTO_TCP, TCP_KEEPCNT, OS_KEEP_PROBES);
}

/* accept_filter(9): the connection is ours when its first bytes are. */
void
os_sys_defer(int fd, const struct os_listen *how)
{
	struct accept_filter_arg	afa;

	if (how->accept_filter == NULL || how->accept_filter[0] == '\0')
		return;
	memset(&afa, 0, sizeof(afa));
	strncpy(afa.af_name, how->accept_filter, sizeof(afa.af_name) - 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_ACCEPTFILTER, &afa, sizeof(afa));
}

/* NetBSD has it since 8. */
int
os_sys_transparent(int fd, int domain)
{
#if defined(IP_BINDANY) && defined(IPV6_BINDANY)
	if (domain == AF_INET)
		return os_option(fd, IPPROTO_IP, IP_BINDANY, 1);
	return os_option(fd, IPPROTO_IPV6, IPV6_BINDANY, 1);
#else
	(void)fd;
	(void)domain;
	return -ENOTSUP;
#endif
}

long
os_sys_unsent(int fd)
{
	int	n;

	return ioctl(fd, FIONWRITE, &n) == -1 ? -errno : n;
}

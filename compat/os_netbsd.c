/*
 * os_netbsd.c - what is NetBSD's own about stream sockets: which options are
 * inherited depends on the version, and so does whether there is accept4(2).
 * paccept(2) is older, does the same, and is there in every version that has
 * SOCK_NONBLOCK (6.0).
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>

#include "os_sys.h"

/*
 * Setting the times of keepalive starts its clock whatever the state: 20 seconds
 * later a listener counts as a connection that was never made, and refuses
 * everybody from then on.
 */
void
os_sys_pass_on(int fd)
{
	(void)fd;
}

void
os_sys_accepted(int fd)
{
	os_born(fd);
	os_keep(fd);
}

int
os_sys_socket(int domain)
{
	int	fd;

	fd = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fd == -1 ? -errno : fd;
}

int
os_sys_accept(int fd, struct sockaddr *sa, socklen_t *len)
{
	return paccept(fd, sa, len, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

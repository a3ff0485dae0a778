/*
 * os_freebsd.c - what is FreeBSD's own about stream sockets: accepted ones
 * inherit every option that is set in os_bsd.c, but SO_LINGER (1, 0) is made
 * (1, 120) on the way: a close would then be an end, and no reset.
 */
#include "os_sys.h"

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

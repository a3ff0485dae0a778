/*
 * os_netbsd.c - what is NetBSD's own about stream sockets: which options are
 * inherited depends on the version.
 */
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

void
os_sys_no_fds(int fd)
{
	(void)fd;
}

/*
 * os_netbsd.c - what is NetBSD's own about stream sockets: which options are
 * inherited depends on the version.
 */
#include "os_sys.h"

void
os_sys_accepted(int fd)
{
	os_born(fd);
	os_keep(fd);
}

/*
 * os_netbsd.c - what is NetBSD's own about stream sockets: which options are
 * inherited depends on the version.
 */
#include "os_sys.h"

bool
os_sys_inherits(void)
{
	return false;
}

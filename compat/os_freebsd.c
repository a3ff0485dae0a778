/*
 * os_freebsd.c - what is FreeBSD's own about stream sockets: accepted ones
 * inherit every option that is set in os_bsd.c.
 */
#include "os_sys.h"

bool
os_sys_inherits(void)
{
	return true;
}

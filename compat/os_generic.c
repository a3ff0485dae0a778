/*
 * os_generic.c - stream sockets with what every system has: nothing is trusted to
 * be inherited, keepalive has the system's times (even their unit differs), and
 * how much is unsent cannot be told.  Systems that we know nothing better of use
 * this file; it runs everywhere, so it can be tested everywhere.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "os_sys.h"

void
os_keep(int fd)
{
	(void)os_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

long
os_sys_unsent(int fd)
{
	(void)fd;
	return -ENOTSUP;
}

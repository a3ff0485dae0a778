/*
 * os_none.c - what some systems do not have about stream sockets; os_darwin.c,
 * os_dragonfly.c and os_generic.c have what differs.
 */
#include <errno.h>

#include "os_sys.h"

/* Options of TCP are set anew on what is accepted. */
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

void
os_sys_defer(int fd, const struct os_listen *how)
{
	(void)fd;
	(void)how;
}

int
os_sys_transparent(int fd, int domain)
{
	(void)fd;
	(void)domain;
	return -ENOTSUP;
}

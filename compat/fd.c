/*
 * fd.c - descriptors as we want them.
 */
#include <errno.h>
#include <fcntl.h>

#include "fd.h"

int
fd_dress(int fd)
{
	int	flags;

	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return -errno;
	return 0;
}

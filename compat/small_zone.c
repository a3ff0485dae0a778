/*
 * small_zone.c - the file of the time zone for the small static program.
 *
 * musl maps it, and who writes it anew in place, as cp(1) does to /etc/localtime,
 * cuts it off first: to look at the time then is SIGBUS.  So musl gets a copy.
 */
#include <fcntl.h>
#include <unistd.h>

#include "mem.h"

enum { ZONE_BYTES = 65536 };	/* the largest have 4,000 */

/* musl's name for it; it takes the mapping for that of a file, and may undo it. */
const unsigned char *__map_file(const char *, size_t *);

const unsigned char *
__map_file(const char *path, size_t *size)
{
	unsigned char	*copy = NULL;
	ssize_t		 n;
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return NULL;
	if ((copy = mem_private(ZONE_BYTES)) != NULL &&
	    (n = read(fd, copy, ZONE_BYTES)) > 0)
		*size = (size_t)n;
	else {
		mem_unmap(copy, ZONE_BYTES);
		copy = NULL;
	}
	(void)close(fd);
	return copy;
}

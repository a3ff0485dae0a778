/*
 * splice_empty.c - lanes that hold nothing between two steps: the kernel has it
 * all (splice_bsd.c), or there are none (splice_none.c).
 */
#include <errno.h>

#include "splice.h"

size_t
splice_held(int lane)
{
	(void)lane;
	return 0;
}

long
splice_take(int lane, void *buf, size_t size)
{
	(void)lane;
	(void)buf;
	(void)size;
	return 0;
}

unsigned
splice_export(int lane, int fd[2])
{
	(void)lane;
	fd[0] = fd[1] = -1;
	return 0;
}

int
splice_import(const int fd[2], size_t held)
{
	(void)fd;
	(void)held;
	return -ENOTSUP;
}

void
splice_trim(void)
{
}

/*
 * splice_none.c - a kernel that cannot move bytes between sockets: copying does.
 */
#include <errno.h>
#include <string.h>

#include "splice.h"

enum splice_kind
splice_open(unsigned lanes)
{
	(void)lanes;
	return SPLICE_NONE;
}

void
splice_close(void)
{
}

enum splice_kind
splice_kind(void)
{
	return SPLICE_NONE;
}

int
splice_begin(int from, int to)
{
	(void)from;
	(void)to;
	return -ENOTSUP;
}

/* No lane was ever begun: what reads for itself is right. */
enum splice_result
splice_step(int lane, int from, int to, size_t budget,
    size_t least, struct splice_moved *moved)
{
	(void)lane;
	(void)from;
	(void)to;
	(void)budget;
	(void)least;
	memset(moved, 0, sizeof(*moved));
	return SPLICE_ENDED;
}

void
splice_end(int lane, int from, struct splice_moved *moved)
{
	(void)lane;
	(void)from;
	if (moved != NULL)
		memset(moved, 0, sizeof(*moved));
}

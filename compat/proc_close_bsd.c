/*
 * proc_close_bsd.c - closefrom(2), which knows no end.
 */
#include <sys/types.h>

#include <stdint.h>
#include <unistd.h>

#include "proc_close.h"

bool
proc_close_gap(unsigned lo, unsigned hi)
{
	if (hi != UINT32_MAX)
		return false;
	(void)closefrom((int)lo);
	return true;
}

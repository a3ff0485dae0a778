/*
 * proc_close_linux.c - close_range(2), of Linux 5.9; called by its number, since
 * C libraries got it later.
 */
#include <sys/syscall.h>

#include <unistd.h>

#include "proc_close.h"

#ifndef SYS_close_range
#define SYS_close_range 436	/* but on alpha, whose libraries have it */
#endif

bool
proc_close_gap(unsigned lo, unsigned hi)
{
	return syscall(SYS_close_range, lo, hi, 0) == 0;
}

/*
 * proc_close_none.c - no call closes many descriptors at once here.
 */
#include "proc_close.h"

bool
proc_close_gap(unsigned lo, unsigned hi)
{
	(void)lo;
	(void)hi;
	return false;
}

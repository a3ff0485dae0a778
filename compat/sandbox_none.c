/*
 * sandbox_none.c - a system whose means of containment we do not know.
 */
#include "sandbox.h"

int
sandbox_most(void)
{
	return 0;
}

int
sandbox_enter(const struct sandbox_need *need)
{
	(void)need;
	return 0;
}

/*
 * must.c - the end of a process that found what cannot be.
 */
#include "must.h"

#include <stdlib.h>

#include "log.h"

void
must_fail(const char *file, int line)
{
	log_error("%s:%d: this cannot happen; the process ends", file, line);
	abort();
}

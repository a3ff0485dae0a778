/*
 * sandbox_filter.h - Linux: the filter of system calls, and what it and
 * sandbox_linux.c share.
 */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include <stdbool.h>

#include "sandbox.h"

/*
 * From now on only the system calls that a process with that need makes.  Returns
 * SANDBOX_CALLS, 0 when this kernel has no filters, or an error.
 */
int	sandbox_filter(const struct sandbox_need *);

/*
 * Whether there is such a target.  SANDBOX_ABSTRACT: of the Unix sockets one whose
 * name is in no file.
 */
enum sandbox_target { SANDBOX_TCP, SANDBOX_UNIX, SANDBOX_ABSTRACT };
bool	sandbox_has(const struct sandbox_need *, enum sandbox_target);

#endif

/*
 * proc_close.h - closing many descriptors, for proc_close.c alone.
 */
#ifndef PROC_CLOSE_H
#define PROC_CLOSE_H

#include <stdbool.h>

/*
 * Close lo to hi (UINT32_MAX: all there are) in one go.  Returns false when the
 * system cannot, and has closed nothing.
 */
bool	proc_close_gap(unsigned lo, unsigned hi);

#endif

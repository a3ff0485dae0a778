/*
 * must.h - assertions that stay on.  What cannot happen ends the process with a
 * line that says where: its peers get resets, the parent starts another.
 */
#ifndef MUST_H
#define MUST_H

#include "attr.h"

#define MUST(x)	((x) ? (void)0 : must_fail(__FILE__, __LINE__))

ATTR_NORETURN void must_fail(const char *file, int line);

#endif

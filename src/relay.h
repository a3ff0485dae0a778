/*
 * relay.h - the process that moves bytes, from its fork to its end.
 */
#ifndef RELAY_H
#define RELAY_H

#include "attr.h"
#include "start.h"

/*
 * Be relay number index: give up all that a relay does not need, then run the loop
 * until it is told to end.  channel is its end of the socketpair to the parent.
 */
ATTR_NORETURN void relay_run(const struct start *, unsigned index, int channel);

#endif

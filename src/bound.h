/*
 * bound.h - what the program takes at the most, and whether the system gives it.
 */
#ifndef BOUND_H
#define BOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "setup.h"

/*
 * Settle how many sessions each relay may have (a server.max-fds that was set
 * decides when server.max-connections was not) and raise the limit of open
 * descriptors as far as that needs.  False when the system does not give so many;
 * log_fatal has said what to change.
 */
bool	bound_settle(struct setup *);

/*
 * The bound in words, one line.  Returns buf.
 */
const char *bound_text(struct setup *, unsigned relays, char *buf, size_t);

#endif

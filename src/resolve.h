/*
 * resolve.h - names in the configuration to addresses, when it is read.  Blocks.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>

#include "setup.h"

/*
 * Backends: all addresses are kept in setup.addrs.  A name that does not resolve
 * leaves its backend without an address, which is a backend that is down, and a line
 * in the log.  Listeners and the status page: false when one has no address;
 * log_fatal has said which.
 */
bool	resolve_names(struct setup *);

#endif

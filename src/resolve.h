/*
 * resolve.h - names in the configuration to addresses, once, at start.  Blocks.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>

#include "setup.h"

/*
 * Resolve the names of backends: all addresses are kept in setup.addrs.  A name
 * that does not resolve leaves its backend without an address, which is a backend
 * that is down, and a line in the log.
 */
void	resolve_backends(struct setup *);

/*
 * Resolve the names of listeners.  False when one has no address: log_fatal has
 * said which.
 */
bool	resolve_listeners(struct setup *);

#endif

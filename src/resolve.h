/*
 * resolve.h - names in the configuration to addresses.  Blocks.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>

#include "setup.h"

/*
 * Backends: all addresses are kept in setup.addrs.  A name that does not resolve
 * leaves its backend without an address, which is a backend that is down, and a line
 * in the log; so does one whose turn comes after 10 seconds, in a hurry.  Listeners
 * and the status page: false when one has no address; log_fatal has said which.
 */
bool	resolve_names(struct setup *, bool hurry);

/*
 * Whether a backend has no address; and look these up once more.  False: there is no
 * new address, or one is our own listener's, and log_fatal has said so.
 */
bool	resolve_lacks(const struct setup *);
bool	resolve_again(struct setup *);

#endif

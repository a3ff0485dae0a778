/*
 * resolve.h - names in the configuration to addresses.  Blocks.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"

/*
 * Backends: all addresses are kept in setup.addrs.  A name that does not resolve
 * leaves its backend without an address, which is a backend that is down, and a line
 * in the log; so does one whose turn comes after 10 seconds, in a hurry.  Listeners
 * and the status page: false when one has no address; log_fatal has said which.
 */
bool	resolve_names(struct setup *, bool hurry);

/*
 * Look those up once more that have none.  False: there is no new address, or one is
 * our own listener's, and log_fatal has said so.
 */
bool	resolve_again(struct setup *);

/*
 * For who has that done, when (ms): a configuration is in effect; the next time,
 * UINT64_MAX when it lacks no address; it is being done, and the next time is later,
 * after ever longer times.
 */
void	resolve_await(const struct setup *, uint64_t now);
uint64_t resolve_due(const struct setup *);
void	resolve_later(uint64_t now);

#endif

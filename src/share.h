/*
 * share.h - how many relays there are, and what of a limit for all of them is one's.
 */
#ifndef SHARE_H
#define SHARE_H

#include <stdint.h>

#include "setup.h"

unsigned share_relays(const struct setup *);

/*
 * Sessions of all relays together: server.max-connections, but one for each relay;
 * and those of one relay.  Relay 0 has no fewer than any other.
 */
unsigned share_all_sessions(const struct setup *);
unsigned share_sessions(const struct setup *, unsigned relay);

/*
 * Of server.kbytes-per-second, in bytes a second.  0: no limit.
 */
uint64_t share_bytes(const struct setup *);

#endif

/*
 * last.h - the LAST state of a session, and what its peers have acknowledged.
 */
#ifndef LAST_H
#define LAST_H

#include <stdint.h>

struct session;

/*
 * Ask the kernel what its peers have acknowledged: that is progress, too.
 */
void	last_look(struct session *, uint64_t now);

/*
 * How it ends is decided (reason), what is on its way may still arrive.  It may have
 * ended afterwards.
 */
void	last_begin(struct session *, uint64_t now);

/*
 * In LAST: close or reset what is delivered, and when to look again.
 */
void	last_step(struct session *, uint64_t now);

#endif

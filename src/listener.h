/*
 * listener.h - the doors: accept, admit, hand over to a session.
 *
 * A listener that can take no one (the session table is full, the system is out
 * of something) leaves the wait set, so clients wait in its queue and the loop
 * does not spin; it comes back when a session has ended or after a while.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"

#define LISTENER_TOKEN	0x80000000U	/* with the listener's number */

/*
 * Take over the listening descriptors, one for each listener of the setup.  With
 * hold nobody is accepted before listener_release: clients wait in the queues.
 * Returns 0 or an error of wait_add; listener_close then ends what there is.
 */
int	listener_open(const struct setup *, const int *, bool hold);
void	listener_release(void);

/*
 * Stop: out of the wait set and closed.
 */
void	listener_close(void);

void	listener_got(uint32_t token);

/*
 * Accept from those that are ready; bring paused ones back.
 */
void	listener_turn(uint64_t now);

/*
 * When paused listeners want to try again (ms); UINT64_MAX: not for the time.
 */
uint64_t listener_due(void);

/*
 * The profile that holds for a client of a listener.
 */
unsigned listener_profile(const struct setup *, unsigned, const struct os_peer *);

#endif

/*
 * manager.h - what the service manager is told, now or when it has time.
 *
 * The parent's.  Nothing is done for the manager that could fail: what cannot be said
 * is a line in the log.
 */
#ifndef MANAGER_H
#define MANAGER_H

#include <stdint.h>

#include "notify.h"

/*
 * Tell it a state, with a text for people that stays where it is.  How a reload begins
 * and how it ends belong together; what was before that is history.
 */
void	manager_tell(enum notify, const char *text);

/*
 * Say what has not been said, if it is time to try.  Returns when to call it again;
 * UINT64_MAX: all has been said.
 */
uint64_t manager_turn(uint64_t now);

#endif

/*
 * expire.h - when a session has to end, and ending it.
 */
#ifndef EXPIRE_H
#define EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"

struct session;

void	expire_open(const struct setup *);

/*
 * A session's state has changed: its deadline may be the earliest now.  False when
 * it has none.
 */
bool	expire_before(const struct session *);

/*
 * End the sessions that are due.  expire_due: when to call it next.
 */
void	expire_sweep(uint64_t now);
uint64_t expire_due(void);

#endif

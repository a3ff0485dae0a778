/*
 * expire.h - when a session has to end, and ending it.
 */
#ifndef EXPIRE_H
#define EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"
#include "stat.h"

struct session;

void	expire_open(const struct setup *);

/*
 * When a session is due to end (UINT64_MAX: never), why, and by which setting.
 */
uint64_t expire_deadline(const struct session *, enum reason *,
    const struct setting **);

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

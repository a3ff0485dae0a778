/*
 * names.h - when names that have no address are looked up again.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdint.h>

#include "setup.h"

/*
 * A configuration is in effect: those that it lacks are looked up in a while.
 */
void	names_lack(const struct setup *, uint64_t now);

/*
 * When (ms); UINT64_MAX: there are none.
 */
uint64_t names_due(const struct setup *);

/*
 * They are being looked up: the next time is later, after ever longer times.
 */
void	names_later(uint64_t now);

#endif

/*
 * rate.h - limits of bytes a second: of a session, and of all sessions together.
 *
 * Who has taken bytes waits until the rate would have given them, and takes no more
 * than 50 ms give at a time.  Each direction counts by itself.
 */
#ifndef RATE_H
#define RATE_H

#include <stddef.h>
#include <stdint.h>

#include "half.h"
#include "setup.h"

void	rate_open(const struct setup *);

/*
 * What a half may do in this turn.  May set its pay_us: it waits for others.
 */
struct half_leave rate_leave(const struct setup_profile *, struct half *,
    unsigned way, uint64_t now);

/*
 * It has taken so many bytes from its source.
 */
void	rate_pay(const struct setup_profile *, struct half *, unsigned way,
    size_t taken, uint64_t now);

#endif

/*
 * history.h - how it went during the last minutes: samples of the counters, one
 * every HISTORY_MS, the oldest forgotten.
 *
 * In shared memory only so that the next monitor can go on where this one stopped;
 * one process writes and reads it.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stat.h"

enum {
	HISTORY_MS = 5000,	/* between two samples */
	HISTORY_POINTS = 120	/* samples that are kept: ten minutes */
};

/* Of one backend, or of all: what happened since the sample before. */
struct history_point {
	uint32_t	load;		/* sessions at that moment */
	uint32_t	sessions;	/* connected; of all: accepted */
	uint64_t	bytes[2];
};

/* Per second, over the last samples. */
struct history_rate {
	uint64_t	millisessions;	/* a thousandth of a session */
	uint64_t	bytes[2];
};

enum { HISTORY_ALL = -1 };	/* instead of a backend */

/*
 * As board_memory, board_use and board_carry.
 */
size_t	history_memory(unsigned nbackends);
void	history_use(void *, unsigned nbackends);
void	history_carry(const void *former, unsigned nbackends,
	    const uint16_t *backends);

/*
 * Take a sample if it is time.  Returns when the next one is due (ms).
 */
uint64_t history_sample(uint64_t now);

/*
 * How many samples there are, and one of them, 0 the oldest; of one so late that it
 * stands for several, their mean.
 */
unsigned history_points(void);
struct history_point history_point(int backend, unsigned i);

/*
 * The mean rates of the last samples (15 s), 0 when there is none.
 */
void	history_rate(int backend, struct history_rate *);

/*
 * Sessions that ended for a reason (REASON_NONE: connections refused), as far as the
 * samples go back; the time that is, in ms.
 */
uint64_t history_ended(enum reason);
uint64_t history_span(void);

#endif

/*
 * loop.h - the relay's loop.  loop_turn is the only place that waits.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"

/*
 * What a relay needs beyond its setup, when it takes over from predecessors; zeroes
 * when it does not.
 */
struct loop_room {
	unsigned	rows;		/* sessions that may arrive; 0: none */
	unsigned	buffers;	/* that they may hold */
	bool		hold;		/* accept no one until they are here */
};

/*
 * Make everything a relay has, for the sessions and buffers of the setup, over
 * listening descriptors (one for each listener, the loop's from now on).  channel
 * is the parent's socketpair, or -1.  stat_open, stat_self and table_map come
 * before, with rows for share_sessions and room.rows.
 * Returns 0 or an error; after an error nothing is left open but the descriptors.
 */
int	loop_open(const struct setup *, unsigned relay, const int *listeners,
	    int channel, const struct loop_room *);
void	loop_close(void);

/*
 * One turn: wait until something happens or is due, and do it.  False when the
 * relay has nothing to do any more (drained, stopped) or cannot go on; see
 * loop_error.
 */
bool	loop_turn(void);

/*
 * Why loop_turn returned false: 0 it was asked to, else an error.
 */
int	loop_error(void);

/*
 * Accept no more; reset what is left after so many ms, with 0 never; the loop ends
 * with the last session.
 */
void	loop_drain(uint32_t graceful_ms);

/*
 * Reset everything; the loop ends with the next turn.
 */
void	loop_stop(void);

/*
 * For each relay of a setup: pool buffers, bytes that are mapped, and descriptors
 * that it has open at the most.
 */
unsigned loop_buffers(const struct setup *);
uint64_t loop_memory(const struct setup *);
uint64_t loop_descriptors(const struct setup *);

/*
 * Descriptors that sessions of predecessors may need besides.
 */
uint64_t loop_room_descriptors(const struct loop_room *);

#endif

/*
 * board.h - what the operator says about backends, in memory that the monitor
 * writes and the relays read.  No locks: each word stands alone.
 *
 * As long as there is no board (no monitor was asked for), every backend is as it
 * should be.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum board_order {
	BOARD_NORMAL,
	BOARD_DRAIN,		/* no new sessions */
	BOARD_DISABLED		/* no new sessions, and those it had were reset */
};

/*
 * The bytes of a board for so many backends; the owner of that memory (zeroes at
 * first) hands it over before the fork, or takes it back (NULL, 0).
 */
size_t	board_memory(unsigned nbackends);
void	board_use(void *, unsigned nbackends);

/*
 * The first board begins at that time (ms).  Another one begins with the words of a
 * former one; origins says which of that one's nbackends each backend was (one that
 * was none: a number too high).  The former one takes no more orders.
 */
void	board_start(uint64_t now);
void	board_carry(void *former, unsigned nbackends,
	    const uint16_t *origins);

/*
 * When the first board was started (ms), and how many there were since: 1 is the
 * first.
 */
uint64_t board_start_ms(void);
uint32_t board_generation(void);

enum board_order board_order(unsigned backend);

/*
 * False when the board takes no orders (any more): then this one may be lost, while
 * one that was taken is there for who copies the board.
 */
bool	board_give_order(unsigned backend, enum board_order);
void	board_takes_orders(bool);

/*
 * Whether a backend may get new sessions.
 */
bool	board_allows(unsigned backend);

#endif

/*
 * board.h - what the operator and the health checks say about backends, in memory
 * that the monitor writes and the relays read.  No locks: each word stands alone.
 *
 * As long as there is no board (no monitor was asked for), every backend is as it
 * should be.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "setup.h"

enum board_order {
	BOARD_NORMAL,
	BOARD_DRAIN,		/* no new sessions */
	BOARD_DISABLED		/* no new sessions, and those it had were reset */
};

enum board_health {
	BOARD_UNCHECKED,
	BOARD_HEALTHY,
	BOARD_SICK		/* no new sessions */
};

/*
 * Map a board for the backends of a setup, before the fork.  With the setup that
 * the board before this one was for, its words go with their backends, known by
 * label and address; before is NULL for the first one.  The board that this
 * process had is unmapped (others keep it).  False when there is no memory; the
 * old board is then still there.
 */
bool	board_open(const struct setup *, const struct setup *before,
	    uint64_t now);
void	board_close(void);
size_t	board_memory(unsigned nbackends);

/*
 * When the first board was opened (ms), and how many there were since: 1 is the
 * first.  0 without a board.
 */
uint64_t board_start_ms(void);
uint32_t board_generation(void);

/*
 * Which backend of before is the same as backend b; -1: none.
 */
int	board_same(const struct setup *, unsigned b, const struct setup *before);

enum board_order board_order(unsigned backend);
void	board_give_order(unsigned backend, enum board_order);
enum board_health board_health(unsigned backend);
void	board_give_health(unsigned backend, enum board_health);

/*
 * Whether a backend may get new sessions.
 */
bool	board_allows(unsigned backend);

#endif

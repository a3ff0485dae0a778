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
 * Map a board for so many backends, before the fork.  False when there is no
 * memory.
 */
bool	board_open(unsigned nbackends, uint64_t now);
void	board_close(void);
size_t	board_memory(unsigned nbackends);

/*
 * The board of a generation; board.c's.  board_swap exchanges the one in use for
 * another (zeroes: none), so that the parent can hold two while one takes over.
 */
struct board_area {
	void		*mem;
	unsigned	 count;
};
void	board_swap(struct board_area *);

/*
 * The board in use begins with the words of a former one; backends says which
 * backend each of the former ones is now (one that is none: a number too high).
 */
void	board_carry(const struct board_area *former, const uint16_t *backends);

/*
 * When the first board was opened (ms), and how many there were since: 1 is the
 * first.  0 without a board.
 */
uint64_t board_start_ms(void);
uint32_t board_generation(void);

enum board_order board_order(unsigned backend);
void	board_give_order(unsigned backend, enum board_order);
enum board_health board_health(unsigned backend);
void	board_give_health(unsigned backend, enum board_health);

/*
 * Whether a backend may get new sessions.
 */
bool	board_allows(unsigned backend);

#endif

/*
 * board.c - a byte for the operator's word on each backend.
 *
 * What is in it is believed only as far as it goes: a word that is not known
 * disables its backend, and nothing worse.
 */
#include <stdatomic.h>

#include "board.h"
#include "must.h"

struct board {
	uint64_t	start_ms;
	uint32_t	generation;
	_Atomic uint8_t	closed;
	_Atomic uint8_t	orders[];	/* enum board_order */
};

static struct board	*board;
static unsigned		 count;

size_t
board_memory(unsigned nbackends)
{
	return sizeof(*board) + nbackends * sizeof(board->orders[0]);
}

void
board_use(void *mem, unsigned nbackends)
{
	board = mem;
	count = nbackends;
}

void
board_start(uint64_t now)
{
	board->start_ms = now;
	board->generation = 1;
}

void
board_carry(void *former, unsigned nbackends, const uint16_t *origins)
{
	struct board	*old = former;
	unsigned	 b;

	atomic_store(&old->closed, 1);
	board->start_ms = old->start_ms;
	board->generation = old->generation + 1;
	for (b = 0; b < count; b++)
		if (origins[b] < nbackends)
			atomic_store(&board->orders[b],
			    atomic_load(&old->orders[origins[b]]));
}

uint64_t
board_start_ms(void)
{
	return board->start_ms;
}

uint32_t
board_generation(void)
{
	return board->generation;
}

enum board_order
board_order(unsigned b)
{
	const unsigned	order = b < count ? atomic_load_explicit(
			    &board->orders[b], memory_order_relaxed) :
			    BOARD_NORMAL;

	return order < BOARD_DISABLED ? order : BOARD_DISABLED;
}

/* Looks only after it has written: who closes, closes first and copies then. */
bool
board_give_order(unsigned b, enum board_order order)
{
	MUST(b < count);
	atomic_store(&board->orders[b], (uint8_t)order);
	return atomic_load(&board->closed) == 0;
}

void
board_takes_orders(bool takes)
{
	if (board != NULL)
		atomic_store(&board->closed, !takes);
}

bool
board_allows(unsigned b)
{
	return board_order(b) == BOARD_NORMAL;
}

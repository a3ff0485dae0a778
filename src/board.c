/*
 * board.c - a byte each for the operator's and the checks' word on a backend.
 *
 * What is in it is believed only as far as it goes: a word that is not known
 * keeps new sessions away, and nothing worse.
 */
#include <stdatomic.h>

#include "board.h"
#include "must.h"

struct words {
	_Atomic uint8_t	order;		/* enum board_order */
	_Atomic uint8_t	health;		/* enum board_health */
};

struct board {
	uint64_t	start_ms;
	uint32_t	generation;
	struct words	words[];
};

static struct board	*board;
static unsigned		 count;

size_t
board_memory(unsigned nbackends)
{
	return sizeof(*board) + nbackends * sizeof(board->words[0]);
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
board_carry(const void *former, unsigned nbackends, const uint16_t *backends)
{
	const struct board	*old = former;
	struct words		*to;
	unsigned		 b;

	board->start_ms = old->start_ms;
	board->generation = old->generation + 1;
	for (b = 0; b < nbackends; b++) {
		if (backends[b] >= count)
			continue;
		to = &board->words[backends[b]];
		to->order = atomic_load(&old->words[b].order);
		to->health = atomic_load(&old->words[b].health);
	}
}

uint64_t
board_start_ms(void)
{
	return board != NULL ? board->start_ms : 0;
}

uint32_t
board_generation(void)
{
	return board != NULL ? board->generation : 0;
}

enum board_order
board_order(unsigned b)
{
	return b < count ? atomic_load_explicit(&board->words[b].order,
	    memory_order_relaxed) : BOARD_NORMAL;
}

void
board_give_order(unsigned b, enum board_order order)
{
	MUST(b < count);
	atomic_store(&board->words[b].order, (uint8_t)order);
}

enum board_health
board_health(unsigned b)
{
	return b < count ? atomic_load_explicit(&board->words[b].health,
	    memory_order_relaxed) : BOARD_UNCHECKED;
}

void
board_give_health(unsigned b, enum board_health health)
{
	MUST(b < count);
	atomic_store(&board->words[b].health, (uint8_t)health);
}

bool
board_allows(unsigned b)
{
	return board_order(b) == BOARD_NORMAL && board_health(b) != BOARD_SICK;
}

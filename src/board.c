/*
 * board.c - a byte each for the operator's and the checks' word on a backend.
 *
 * What is in it is believed only as far as it goes: a word that is not known
 * keeps new sessions away, and nothing worse.
 */
#include <stdatomic.h>
#include <string.h>

#include "board.h"
#include "mem.h"
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
	return mem_size(sizeof(*board) +
	    nbackends * sizeof(board->words[0]));
}

static const char *
string(const struct setup *set, uint32_t offset)
{
	return set->strings + offset;
}

static bool
same(const struct setup *set, unsigned b, const struct setup *other, unsigned o)
{
	const struct setup_backend	*x = &set->backends[b];
	const struct setup_backend	*y = &other->backends[o];

	return strcmp(string(set, x->label), string(other, y->label)) == 0 &&
	    strcmp(string(set, x->host), string(other, y->host)) == 0 &&
	    x->port.v == y->port.v;
}

/* Of several that look the same, the first is the first. */
int
board_same(const struct setup *set, unsigned b, const struct setup *before)
{
	unsigned	i, nth = 0;

	for (i = 0; i < b; i++)
		if (same(set, b, set, i))
			nth++;
	for (i = 0; i < before->nbackends; i++)
		if (same(set, b, before, i) && nth-- == 0)
			return (int)i;
	return -1;
}

bool
board_open(const struct setup *set, const struct setup *before, uint64_t now)
{
	struct board	*old = board, *new;
	unsigned	 b;
	int		 was;

	if ((new = mem_shared(board_memory(set->nbackends))) == NULL)
		return false;
	new->start_ms = old != NULL ? old->start_ms : now;
	new->generation = old != NULL ? old->generation + 1 : 1;
	for (b = 0; old != NULL && before != NULL && b < set->nbackends; b++) {
		if ((was = board_same(set, b, before)) == -1)
			continue;
		MUST((unsigned)was < count);
		new->words[b].order = atomic_load(&old->words[was].order);
		new->words[b].health = atomic_load(&old->words[was].health);
	}
	board_close();
	board = new;
	count = set->nbackends;
	return true;
}

void
board_close(void)
{
	mem_unmap(board, board_memory(count));
	board = NULL;
	count = 0;
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

/*
 * stat.c - counters in memory that all processes share.
 *
 * A row is one global, listener or backend record of one relay.  It is kept
 * three times: the writer's own, changed in place and read by nobody else while
 * the writer lives, and two copies for readers.  stat_end copies each row that
 * was asked for in this turn into the older copy and then moves on gen, which
 * says which copy is the newer one.  So a reader never waits, not even for a
 * writer that was stopped half way, and a row is never seen half changed.
 *
 * Readers on another CPU: the writer's stores to the copy are releases and come
 * after the gen that made the copy the older one; a reader that sees one of them
 * (an acquire) in the copy it reads sees a newer gen too when it looks again,
 * and starts anew.  Words are as wide as a pointer: on 32-bit machines a 64-bit
 * counter is two of them, and gen holds them together.
 */
#include "stat.h"

#include <stdatomic.h>
#include <string.h>

#include "mem.h"
#include "must.h"

enum kind { GLOBAL, LISTENER, BACKEND, KINDS };

enum {
	ROW_MAX = 512,		/* bytes of the largest row */
	READ_TRIES = 1000	/* more than a live writer can need */
};

typedef uintptr_t word;

struct row {
	_Atomic uint32_t gen;		/* copy gen & 1 is the newer one */
	uint32_t	next_dirty;	/* row number + 1 in this relay */
	bool		dirty;
	/* the writer's record, then two copies of atomic words */
};

enum { HEAD = 16 };

_Static_assert(sizeof(struct row) <= HEAD, "row head");
_Static_assert(sizeof(struct stat_global) <= ROW_MAX, "global row");
_Static_assert(sizeof(struct stat_backend) <= ROW_MAX, "backend row");
_Static_assert(sizeof(struct stat_listener) <= ROW_MAX, "listener row");
_Static_assert(sizeof(_Atomic word) == sizeof(word), "plain atomic words");

static const size_t row_size[KINDS] = {
	[GLOBAL] = sizeof(struct stat_global),
	[LISTENER] = sizeof(struct stat_listener),
	[BACKEND] = sizeof(struct stat_backend)
};

static struct stat_area	 now;
static unsigned	 self;			/* this process's relay */
static uint32_t	 dirty;			/* first row to publish + 1 */

static size_t
stride(enum kind kind)
{
	return HEAD + 3 * row_size[kind];
}

static struct row *
row_at(unsigned relay, enum kind kind, unsigned i)
{
	MUST(now.mem != NULL && relay <= now.relays && i < now.count[kind]);
	return (struct row *)(void *)(now.mem + relay * now.relay_size +
	    now.kind_offset[kind] + i * stride(kind));
}

static void *
row_own(struct row *row)
{
	return (char *)row + HEAD;
}

static _Atomic word *
row_copy(struct row *row, enum kind kind, uint32_t gen)
{
	return (_Atomic word *)(void *)((char *)row + HEAD +
	    (1 + (gen & 1)) * row_size[kind]);
}

static void
row_publish(struct row *row, enum kind kind)
{
	const char	*own = row_own(row);
	const size_t	 size = row_size[kind];
	uint32_t	 gen;
	_Atomic word	*copy;
	word		 w;

	gen = atomic_load_explicit(&row->gen, memory_order_relaxed) + 1;
	copy = row_copy(row, kind, gen);
	for (size_t i = 0; i < size; i += sizeof(w)) {
		memcpy(&w, own + i, sizeof(w));
		atomic_store_explicit(copy++, w, memory_order_release);
	}
	atomic_store_explicit(&row->gen, gen, memory_order_release);
}

/*
 * The first size bytes of a row.
 */
static void
row_read(struct row *row, enum kind kind, void *to, size_t size)
{
	uint32_t	 gen, tries = 0;
	word		 words[ROW_MAX / sizeof(word)];
	_Atomic word	*copy;

	do {
		gen = atomic_load_explicit(&row->gen, memory_order_acquire);
		copy = row_copy(row, kind, gen);
		for (size_t i = 0; i < size / sizeof(word); i++)
			words[i] = atomic_load_explicit(&copy[i],
			    memory_order_acquire);
	} while (atomic_load_explicit(&row->gen, memory_order_relaxed) != gen &&
	    ++tries < READ_TRIES);
	memcpy(to, words, size);
}

static void
layout(unsigned nlisteners, unsigned nbackends)
{
	now.count[GLOBAL] = 1;
	now.count[LISTENER] = nlisteners;
	now.count[BACKEND] = nbackends;
	now.relay_size = 0;
	for (int k = 0; k < KINDS; k++) {
		now.kind_offset[k] = now.relay_size;
		now.relay_size += now.count[k] * stride(k);
	}
	/* Two relays never write to one cache line. */
	now.relay_size = (now.relay_size + 127) & ~(size_t)127;
}

size_t
stat_memory(unsigned relays, unsigned nlisteners, unsigned nbackends)
{
	return (relays + 1) * (stride(GLOBAL) + nlisteners * stride(LISTENER) +
	    nbackends * stride(BACKEND) + 127);
}

bool
stat_open(unsigned relays, unsigned nlisteners, unsigned nbackends)
{
	MUST(now.mem == NULL && relays > 0);
	layout(nlisteners, nbackends);
	/* The rows behind the relays' are for what went before them. */
	now.size = (relays + 1) * now.relay_size;
	if ((now.mem = mem_shared(now.size)) == NULL)
		return false;
	now.relays = relays;
	self = 0;
	dirty = 0;
	return true;
}

void
stat_close(void)
{
	mem_unmap(now.mem, now.size);
	now = (struct stat_area){ .mem = NULL };
}

void
stat_swap(struct stat_area *other)
{
	struct stat_area	saved = now;

	now = *other;
	*other = saved;
	dirty = 0;
}

int
stat_look_only(void)
{
	return mem_read_only(now.mem, now.size);
}

void
stat_self(unsigned relay)
{
	MUST(relay < now.relays);
	self = relay;
	dirty = 0;
}

/*
 * Rows are numbered through a relay in the order of layout.
 */
static struct row *
row_numbered(uint32_t number, enum kind *kind)
{
	for (*kind = GLOBAL; number >= now.count[*kind]; ++*kind)
		number -= now.count[*kind];
	return row_at(self, *kind, number);
}

static void *
row_write(enum kind kind, unsigned i)
{
	struct row	*row = row_at(self, kind, i);
	uint32_t	 number = i;

	if (row->dirty)
		return row_own(row);
	for (int k = 0; k < (int)kind; k++)
		number += now.count[k];
	row->dirty = true;
	row->next_dirty = dirty;
	dirty = number + 1;
	return row_own(row);
}

struct stat_global *
stat_global(void)
{
	return row_write(GLOBAL, 0);
}

struct stat_backend *
stat_backend(unsigned i)
{
	return row_write(BACKEND, i);
}

struct stat_listener *
stat_listener(unsigned i)
{
	return row_write(LISTENER, i);
}

void
stat_end(void)
{
	struct row	*row;
	enum kind	 kind;

	while (dirty != 0) {
		row = row_numbered(dirty - 1, &kind);
		dirty = row->next_dirty;
		row->dirty = false;
		row_publish(row, kind);
	}
}

/*
 * What is true only of a live relay.
 */
static void
row_bury(enum kind kind, void *own)
{
	struct stat_global	*global = own;
	struct stat_listener	*listener = own;
	struct stat_backend	*backend = own;

	switch (kind) {
	case GLOBAL:
		global->active = 0;
		global->buffers_used = 0;
		break;
	case LISTENER:
		listener->active = 0;
		listener->paused = 0;
		break;
	case BACKEND:
		backend->load = 0;
		backend->down = 0;
		break;
	case KINDS:
		break;
	}
}

void
stat_bury(unsigned relay)
{
	struct row	*row;

	for (enum kind k = GLOBAL; k < KINDS; k++)
		for (unsigned i = 0; i < now.count[k]; i++) {
			row = row_at(relay, k, i);
			row->dirty = false;
			row_bury(k, row_own(row));
			row_publish(row, k);
		}
}

/*
 * Every record is nothing but uint64_t counters.
 */
static void
row_sum(enum kind kind, unsigned i, void *to)
{
	uint64_t	one[ROW_MAX / sizeof(uint64_t)];
	uint64_t	sums[ROW_MAX / sizeof(uint64_t)] = { 0 };
	size_t		n = row_size[kind] / sizeof(uint64_t);

	for (unsigned relay = 0; relay <= now.relays; relay++) {
		row_read(row_at(relay, kind, i), kind, one, row_size[kind]);
		for (size_t k = 0; k < n; k++)
			sums[k] += one[k];
	}
	memcpy(to, sums, row_size[kind]);
}

/*
 * Add what a row of another area has counted to one behind the relays'.
 */
static void
row_carry(struct stat_area *former, enum kind kind, unsigned from,
    struct row *to)
{
	uint64_t	sums[ROW_MAX / sizeof(uint64_t)], *own = row_own(to);

	stat_swap(former);
	row_sum(kind, from, sums);
	stat_swap(former);
	row_bury(kind, sums);
	for (size_t k = 0; k < row_size[kind] / sizeof(uint64_t); k++)
		own[k] += sums[k];
}

void
stat_carry(struct stat_area *former, const uint16_t *listeners,
    const uint16_t *backends)
{
	static const uint16_t	 same[] = { 0 };
	const uint16_t		*to[KINDS] = { same, listeners, backends };
	unsigned		 i;

	for (enum kind k = GLOBAL; k < KINDS; k++) {
		for (i = 0; i < now.count[k]; i++)
			memset(row_own(row_at(now.relays, k, i)), 0,
			    row_size[k]);
		for (i = 0; i < former->count[k]; i++)
			row_carry(former, k, i,
			    row_at(now.relays, k, to[k][i]));
		for (i = 0; i < now.count[k]; i++)
			row_publish(row_at(now.relays, k, i), k);
	}
}

void
stat_sum_global(struct stat_global *to)
{
	row_sum(GLOBAL, 0, to);
}

void
stat_sum_backend(unsigned i, struct stat_backend *to)
{
	row_sum(BACKEND, i, to);
}

void
stat_sum_listener(unsigned i, struct stat_listener *to)
{
	row_sum(LISTENER, i, to);
}

uint64_t
stat_load(unsigned backend)
{
	struct stat_backend	*own;
	uint64_t		 sum, one;

	/* Our own is the writer's record: the turn is still going on. */
	own = row_own(row_at(self, BACKEND, backend));
	sum = own->load;
	_Static_assert(offsetof(struct stat_backend, load) == 0, "first");
	for (unsigned relay = 0; relay < now.relays; relay++) {
		if (relay == self)
			continue;
		row_read(row_at(relay, BACKEND, backend), BACKEND, &one,
		    sizeof(one));
		sum += one;
	}
	return sum;
}

unsigned
stat_backends(void)
{
	return now.count[BACKEND];
}

unsigned
stat_listeners(void)
{
	return now.count[LISTENER];
}

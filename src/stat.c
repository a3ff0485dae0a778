/*
 * stat.c - counters in memory that all processes share.
 *
 * A row is one global, listener or backend record of one relay, and nothing but
 * uint64_t counters, which stand there once and are changed in place.  A counter is
 * whole to every reader, on 32-bit machines too, where it is two words: a relay
 * makes its number of changes odd before it writes and even after it, and a reader
 * reads again when it saw an odd one or another one afterwards.  So a writer never
 * waits, and a reader only for a few instructions; when the writer was stopped
 * within these, it takes what there is.
 *
 * Readers on another CPU: the writer's stores to the counter are releases and come
 * after the odd number; a reader that sees one of them (an acquire) sees that
 * number too, or a later one, when it looks again.
 */
#include "stat.h"

#include <stdatomic.h>
#include <string.h>

#include "mem.h"
#include "must.h"

enum kind { GLOBAL, LISTENER, BACKEND, KINDS };

enum {
	ROW_COUNTERS = 64,	/* of the largest row */
	READ_TRIES = 1000,	/* more than a live writer can need */
	WORDS = sizeof(uint64_t) / sizeof(uintptr_t)
};

typedef _Atomic uintptr_t word;

/* In front of the rows of a relay. */
struct head {
	_Atomic uint32_t changes;
	uint32_t	 unused;
};

_Static_assert(sizeof(struct stat_global) <= ROW_COUNTERS * sizeof(uint64_t),
    "global row");
_Static_assert(sizeof(word) == sizeof(uintptr_t), "plain atomic words");

static const size_t row_size[KINDS] = {
	[GLOBAL] = sizeof(struct stat_global),
	[LISTENER] = sizeof(struct stat_listener),
	[BACKEND] = sizeof(struct stat_backend)
};

static struct stat_area	 now;
static unsigned	 self;			/* this process's relay */

static struct head *
head_of(unsigned relay)
{
	return (struct head *)(void *)(now.mem + relay * now.relay_size);
}

static uint64_t *
row_at(unsigned relay, enum kind kind, unsigned i)
{
	MUST(now.mem != NULL && relay <= now.relays && i < now.count[kind]);
	return (uint64_t *)(void *)(now.mem + relay * now.relay_size +
	    now.kind_offset[kind] + i * row_size[kind]);
}

static void
counter_write(struct head *head, uint64_t *counter, uint64_t value)
{
	word		*to = (word *)(void *)counter;
	uintptr_t	 words[WORDS];
	uint32_t	 n;

	memcpy(words, &value, sizeof(words));
	n = atomic_load_explicit(&head->changes, memory_order_relaxed);
	atomic_store_explicit(&head->changes, n + 1, memory_order_relaxed);
	for (int i = 0; i < WORDS; i++)
		atomic_store_explicit(&to[i], words[i], memory_order_release);
	atomic_store_explicit(&head->changes, n + 2, memory_order_release);
}

static uint64_t
counter_read(struct head *head, uint64_t *counter)
{
	word		*from = (word *)(void *)counter;
	uintptr_t	 words[WORDS];
	uint32_t	 before, after, tries = 0;
	uint64_t	 value;

	do {
		before = atomic_load_explicit(&head->changes,
		    memory_order_acquire);
		for (int i = 0; i < WORDS; i++)
			words[i] = atomic_load_explicit(&from[i],
			    memory_order_acquire);
		after = atomic_load_explicit(&head->changes,
		    memory_order_relaxed);
	} while ((before != after || before % 2 != 0) && ++tries < READ_TRIES);
	memcpy(&value, words, sizeof(value));
	return value;
}

static struct stat_area
layout(unsigned relays, unsigned nlisteners, unsigned nbackends)
{
	struct stat_area	a = { .relays = relays,
				    .count = { 1, nlisteners, nbackends },
				    .relay_size = sizeof(struct head) };

	for (int k = 0; k < KINDS; k++) {
		a.kind_offset[k] = a.relay_size;
		a.relay_size += a.count[k] * row_size[k];
	}
	/* Two relays never write to one page, see stat_look_only. */
	a.relay_size = (size_t)mem_size(a.relay_size);
	/* The rows behind the relays' are for what went before them. */
	a.size = (relays + 1) * a.relay_size;
	return a;
}

size_t
stat_memory(unsigned relays, unsigned nlisteners, unsigned nbackends)
{
	return layout(relays, nlisteners, nbackends).size;
}

bool
stat_open(unsigned relays, unsigned nlisteners, unsigned nbackends)
{
	MUST(now.mem == NULL && relays > 0);
	now = layout(relays, nlisteners, nbackends);
	now.mem = mem_shared(now.size);
	self = 0;
	return now.mem != NULL;
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
}

int
stat_look_only(unsigned but)
{
	return mem_read_only(now.mem, now.relay_size, now.relays + 1, but);
}

void
stat_self(unsigned relay)
{
	MUST(relay < now.relays);
	self = relay;
}

const struct stat_global *
stat_global(void)
{
	return (const void *)row_at(self, GLOBAL, 0);
}

const struct stat_backend *
stat_backend(unsigned i)
{
	return (const void *)row_at(self, BACKEND, i);
}

const struct stat_listener *
stat_listener(unsigned i)
{
	return (const void *)row_at(self, LISTENER, i);
}

void
stat_set(const uint64_t *counter, uint64_t value)
{
	counter_write(head_of(self), (uint64_t *)(uintptr_t)counter, value);
}

void
stat_add(const uint64_t *counter, int64_t n)
{
	stat_set(counter, *counter + (uint64_t)n);
}

void
stat_bury(unsigned relay)
{
	struct head	*head = head_of(relay);

	/* it may have died while it wrote */
	atomic_fetch_and(&head->changes, ~(uint32_t)1);
	for (enum kind kind = GLOBAL; kind < KINDS; kind++)
		for (unsigned i = 0; i < now.count[kind]; i++)
			for (unsigned k = 0; k < STAT_LIVING; k++)
				counter_write(head,
				    row_at(relay, kind, i) + k, 0);
}

/*
 * Add what all relays have counted.
 */
static void
row_sum(enum kind kind, unsigned i, uint64_t *sums)
{
	uint64_t	*row;

	for (unsigned relay = 0; relay <= now.relays; relay++) {
		row = row_at(relay, kind, i);
		for (size_t k = 0; k < row_size[kind] / sizeof(*row); k++)
			sums[k] += counter_read(head_of(relay), &row[k]);
	}
}

/*
 * What rows of another area have counted becomes one behind the relays'.
 */
static void
row_carry(struct stat_area *former, enum kind kind, const uint16_t *map,
    unsigned i)
{
	uint64_t	sums[ROW_COUNTERS] = { 0 };
	uint64_t	*to = row_at(now.relays, kind, i);
	struct head	*head = head_of(now.relays);

	stat_swap(former);
	for (unsigned k = 0; k < now.count[kind]; k++)
		if (map[k] == i)
			row_sum(kind, k, sums);
	stat_swap(former);
	for (size_t k = STAT_LIVING; k < row_size[kind] / sizeof(*to); k++)
		counter_write(head, &to[k], sums[k]);
}

void
stat_carry(struct stat_area *former, const uint16_t *listeners,
    const uint16_t *backends)
{
	static const uint16_t	 same[] = { 0 };
	const uint16_t		*maps[KINDS] = { same, listeners, backends };

	for (enum kind k = GLOBAL; k < KINDS; k++)
		for (unsigned i = 0; i < now.count[k]; i++)
			row_carry(former, k, maps[k], i);
}

void
stat_sum_global(struct stat_global *to)
{
	memset(to, 0, sizeof(*to));
	row_sum(GLOBAL, 0, (void *)to);
}

void
stat_sum_backend(unsigned i, struct stat_backend *to)
{
	memset(to, 0, sizeof(*to));
	row_sum(BACKEND, i, (void *)to);
}

void
stat_sum_listener(unsigned i, struct stat_listener *to)
{
	memset(to, 0, sizeof(*to));
	row_sum(LISTENER, i, (void *)to);
}

uint64_t
stat_load(unsigned backend)
{
	uint64_t	sum = 0;

	_Static_assert(offsetof(struct stat_backend, load) == 0, "first");
	for (unsigned relay = 0; relay < now.relays; relay++)
		sum += counter_read(head_of(relay),
		    row_at(relay, BACKEND, backend));
	return sum;
}

uint64_t
stat_active(void)
{
	uint64_t	sum = 0;

	_Static_assert(offsetof(struct stat_global, active) == 0, "first");
	/* of two that have just counted, one at least sees the other's */
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned relay = 0; relay < now.relays; relay++)
		sum += counter_read(head_of(relay), row_at(relay, GLOBAL, 0));
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

/*
 * table.c - rows and lists.  Links are row numbers.  Touches nothing of a session
 * but its links and its place in the lists.
 */
#include "backend.h"
#include "mem.h"
#include "must.h"
#include "table.h"

#define NOBODY	UINT32_MAX

static struct table_area all;		/* the tables of all relays, shared */
static struct session	*table;		/* this relay's */
static uint64_t		*tried;		/* words for each session */
static uint32_t		 spare;	/* first row that was used and is free */
static unsigned		 max, words, nspare, fresh;	/* nspare: how many are free */
static uint32_t		 run_first, run_last, nap_first;
static uint32_t		 run_now;	/* being served */
static uint64_t		 nap_due;

static uint64_t
rows_size(unsigned n)
{
	return mem_size((uint64_t)n * sizeof(struct session));
}

static struct session *
rows_of(unsigned relay)
{
	return (struct session *)(void *)(all.mem + relay * rows_size(all.rows));
}

bool
table_map(unsigned relays, unsigned n)
{
	if ((all.mem = mem_shared(relays * rows_size(n))) == NULL)
		return false;
	all.relays = relays;
	all.rows = n;
	return true;
}

void
table_unmap(void)
{
	mem_unmap(all.mem, all.relays * rows_size(all.rows));
	all = (struct table_area){ .mem = NULL };
}

void
table_swap(struct table_area *other)
{
	struct table_area saved = all;

	all = *other;
	*other = saved;
}

const struct session *
table_seen(unsigned relay, unsigned i)
{
	MUST(relay < all.relays && i < all.rows);
	return rows_of(relay) + i;
}

int
table_look_only(unsigned but)
{
	return mem_read_only(all.mem, rows_size(all.rows), all.relays, but);
}

unsigned
table_mapped(void)
{
	return all.rows;
}

void
table_bury(unsigned relay)
{
	struct session *dead;
	unsigned i;

	if (all.mem == NULL)
		return;
	MUST(relay < all.relays);
	dead = rows_of(relay);
	for (i = 0; i < all.rows && dead[i].number != 0; i++)
		dead[i] = (struct session){ .number = 0 };
}

bool
table_open(unsigned relay, unsigned most, unsigned nwords)
{
	MUST(relay < all.relays && most <= all.rows);
	max = most;
	words = nwords;
	table = rows_of(relay);
	tried = mem_private((uint64_t)all.rows * words * sizeof(tried[0]));
	spare = NOBODY;
	nspare = fresh = 0;
	run_first = run_last = run_now = nap_first = NOBODY;
	nap_due = UINT64_MAX;
	if (tried == NULL) {
		table_close();
		return false;
	}
	return true;
}

void
table_close(void)
{
	mem_unmap(tried, (uint64_t)all.rows * words * sizeof(tried[0]));
	tried = NULL;
	nspare = fresh = 0;
}

uint64_t
table_memory(const struct setup *set, unsigned n)
{
	return rows_size(n) + (uint64_t)n * (backend_words(set) *
	    sizeof(tried[0]));
}

unsigned
table_count(void)
{
	return fresh - nspare;
}

unsigned
table_max(void)
{
	return max;
}

unsigned
table_rows(void)
{
	return fresh;
}

struct session *
table_row(unsigned i)
{
	MUST(i < all.rows);
	return &table[i];
}

uint32_t
table_index(const struct session *s)
{
	return (uint32_t)(s - table);
}

uint64_t *
table_tried(const struct session *s)
{
	return tried + (size_t)table_index(s) * words;
}

uint32_t
table_next(void)
{
	if (spare != NOBODY)
		return spare;
	return fresh < all.rows ? fresh : NOBODY;
}

struct session *
table_take(void)
{
	struct session *s;
	unsigned w;

	if (spare != NOBODY) {
		s = &table[spare];
		spare = s->nap_next;
		nspare--;
	} else if (fresh < all.rows)
		s = &table[fresh++];
	else
		return NULL;
	for (w = 0; w < words; w++)
		table_tried(s)[w] = 0;
	return s;
}

static void
nap_remove(struct session *s)
{
	if (!s->napping)
		return;
	s->napping = 0;
	if (s->nap_prev == NOBODY)
		nap_first = s->nap_next;
	else
		table[s->nap_prev].nap_next = s->nap_next;
	if (s->nap_next != NOBODY)
		table[s->nap_next].nap_prev = s->nap_prev;
}

void
table_give(struct session *s)
{
	nap_remove(s);
	MUST(nspare < fresh);
	s->nap_next = spare;	/* it naps no more */
	spare = table_index(s);
	nspare++;
}

void
table_run(struct session *s)
{
	uint32_t i = table_index(s);

	if (s->queued || s->arriving)
		return;
	s->queued = 1;
	s->run_next = NOBODY;
	if (run_last == NOBODY)
		run_first = i;
	else
		table[run_last].run_next = i;
	run_last = i;
}

void
table_run_begin(void)
{
	MUST(run_now == NOBODY);
	run_now = run_first;
	run_first = run_last = NOBODY;
}

struct session *
table_run_next(void)
{
	struct session *s;

	if (run_now == NOBODY)
		return NULL;
	s = &table[run_now];
	run_now = s->run_next;
	s->queued = 0;
	return s;
}

bool
table_running(void)
{
	return run_first != NOBODY;
}

void
table_nap(struct session *s, uint64_t until)
{
	s->nap_ms = until;
	if (until < nap_due)
		nap_due = until;
	if (s->napping)
		return;
	s->napping = 1;
	s->nap_prev = NOBODY;
	s->nap_next = nap_first;
	if (nap_first != NOBODY)
		table[nap_first].nap_prev = table_index(s);
	nap_first = table_index(s);
}

void
table_wake(uint64_t now)
{
	struct session *s;
	uint32_t i, next;

	nap_due = UINT64_MAX;
	for (i = nap_first; i != NOBODY; i = next) {
		s = &table[i];
		next = s->nap_next;
		if (s->nap_ms <= now) {
			nap_remove(s);
			table_run(s);
		} else if (s->nap_ms < nap_due)
			nap_due = s->nap_ms;
	}
}

uint64_t
table_nap_due(void)
{
	return nap_due;
}

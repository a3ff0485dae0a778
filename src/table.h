/*
 * table.h - the rows of sessions, and the two lists that run through them.
 *
 * Sized once.  Rows that were never used are never touched.  The run list has the
 * sessions that are to be served, the nap list those that are to be looked at
 * again at a time of their own.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session.h"
#include "setup.h"

/*
 * Map the tables of all relays of a generation, before they are forked, so that
 * others can look at them.  n rows for each relay.  False when there is no memory.
 */
bool	table_map(unsigned relays, unsigned n);
void	table_unmap(void);

/*
 * The tables of a generation; table.c's.  table_swap exchanges those in use for
 * others (zeroes: none), so that the parent can hold two while one takes over.
 */
struct table_area {
	char		*mem;
	unsigned	 relays, rows;
};
void	table_swap(struct table_area *);

/*
 * Look at a row of a relay from outside.  It changes while one looks: copy it, and
 * take nothing in it for an index unchecked.  table_mapped: rows of each relay.
 */
const struct session *table_seen(unsigned relay, unsigned i);
unsigned table_mapped(void);

/*
 * That relay is dead: what it left in its rows, its links among it, is nothing to
 * the next one that opens them, nor to who looks.  Relays of another program have
 * their rows where this one does not see them: then there is nothing to do.
 */
void	table_bury(unsigned relay);

/*
 * As stat_look_only.
 */
int	table_look_only(unsigned but);

/*
 * Be the relay with that number, with at most max sessions of its own accepting
 * (there may be more rows, for sessions of a predecessor), and words of 64 bits
 * for the set of tried backends of each.  False when there is no memory.
 */
bool	table_open(unsigned relay, unsigned max, unsigned words);
void	table_close(void);

/*
 * Bytes that n sessions of one relay take.
 */
uint64_t table_memory(const struct setup *, unsigned n);

unsigned table_count(void);		/* rows in use */
unsigned table_max(void);
unsigned table_rows(void);		/* rows that were ever used: below that */
struct session *table_row(unsigned);
uint32_t table_index(const struct session *);
uint64_t *table_tried(const struct session *);

/*
 * The row that table_take will give next; NULL and UINT32_MAX when all are used.
 * A row that was in the run list when it was given back still is.
 */
uint32_t table_next(void);
struct session *table_take(void);
void	table_give(struct session *);

/*
 * Put into the run list (once).  table_run_begin cuts off what is in it now, and
 * table_run_next takes one after the other from that; what is put in meanwhile is
 * for the next time.
 */
void	table_run(struct session *);
void	table_run_begin(void);
struct session *table_run_next(void);
bool	table_running(void);

/*
 * Look at it again at that time (ms), or before.  table_wake puts those that are
 * due into the run list; table_nap_due is when there will be one.
 */
void	table_nap(struct session *, uint64_t until);
void	table_wake(uint64_t now);
uint64_t table_nap_due(void);

#endif

/*
 * stat.h - counters in memory that all processes share.
 *
 * A row has one writer, the relay it belongs to.  Each counter is whole to every
 * reader, but several of them may be of different moments.  No locks, no atomic
 * adds, no writer waits.  Sums over relays are made by readers.
 */
#ifndef STAT_H
#define STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "setup.h"

/* Why a session ended.  reason_text() has the words, sockproxy(8) the meaning. */
enum reason {
	REASON_NONE,
	REASON_DONE,			/* both sides sent their end */
	REASON_CLIENT_RESET,
	REASON_BACKEND_RESET,
	REASON_CLIENT_LOST,		/* keepalive, user timeout, no route ... */
	REASON_BACKEND_LOST,
	REASON_CLIENT_DEAF,		/* client takes no more bytes */
	REASON_BACKEND_DEAF,		/* backend takes no more bytes */
	REASON_CLIENT_GONE,		/* client reset before a backend answered */
	REASON_NO_BACKEND,		/* all failed or out */
	REASON_NO_POOL,			/* no sockproxy.server for this client */
	REASON_NO_RESOURCES,		/* out of descriptors, memory or ports */
	REASON_READ_TIMEOUT,
	REASON_WRITE_TIMEOUT,
	REASON_READ_IDLE,
	REASON_WRITE_IDLE,
	REASON_HALF_CLOSE_TIMEOUT,
	REASON_SHUTDOWN,
	REASON_KILLED,			/* by the operator */
	REASONS
};

/*
 * Nothing but counters; the first STAT_LIVING of each say what a live relay has.
 */
enum { STAT_LIVING = 2 };

struct stat_global {
	uint64_t	active;		/* sessions now */
	uint64_t	buffers_used;	/* pool buffers leased now */
	uint64_t	accepted;	/* connections accepted */
	uint64_t	refused;	/* accepted and reset: no pool, limits */
	uint64_t	bytes[2];	/* delivered, by the side that sent them */
	uint64_t	ended[REASONS];
	uint64_t	accept_errors;	/* connections lost before accept */
	uint64_t	pauses;		/* listeners paused: full, out of resources */
	uint64_t	buffers_short;	/* times no buffer was free */
	uint64_t	spliced;	/* bytes of these moved by the kernel */
};

struct stat_backend {
	uint64_t	load;		/* sessions now, connecting ones included */
	uint64_t	down;		/* 1 while left out */
	uint64_t	chosen;		/* times picked */
	uint64_t	connected;
	uint64_t	died;		/* connects refused, unreachable ... */
	uint64_t	timeouts;	/* connects timed out */
	uint64_t	overloaded;	/* Unix backlog full */
	uint64_t	bytes[2];
	uint64_t	connect_ms;	/* sum over connected */
};

struct stat_listener {
	uint64_t	active;
	uint64_t	paused;		/* 1 while out of the wait set */
	uint64_t	accepted;
	uint64_t	refused;
	uint64_t	bytes[2];
};

/*
 * Map rows for relays x (listeners, backends).  Returns false when there is no
 * memory.  stat_memory says how much that takes.
 */
bool	stat_open(unsigned relays, unsigned nlisteners, unsigned nbackends);
void	stat_close(void);
size_t	stat_memory(unsigned relays, unsigned nlisteners, unsigned nbackends);

/*
 * The rows of a generation; stat.c's.  stat_swap exchanges the one in use for
 * another (zeroes: none), so that the parent can hold two while one takes over.
 */
struct stat_area {
	char		*mem;
	size_t		 size, relay_size, kind_offset[3];
	unsigned	 count[3], relays;
};
void	stat_swap(struct stat_area *);

/*
 * From now on this process only reads all rows but those of that relay (a number too
 * high: all).  0 or an error.
 */
int	stat_look_only(unsigned but);

/*
 * For the parent: the rows in use begin with what the former ones have counted up
 * to now.  The tables say which listener and backend it was there, for each of
 * the former ones.  May be called again, as long as the former relays count on.
 */
void	stat_carry(struct stat_area *former, const uint16_t *listeners,
    const uint16_t *backends);

/*
 * Which relay this process is, and its own rows.  It alone changes their counters,
 * by stat_add and stat_set, and everybody sees that at once.
 */
void	stat_self(unsigned relay);
const struct stat_global *stat_global(void);
const struct stat_backend *stat_backend(unsigned);
const struct stat_listener *stat_listener(unsigned);
void	stat_add(const uint64_t *counter, int64_t n);
void	stat_set(const uint64_t *counter, uint64_t value);

/*
 * For the parent, when that relay is dead: what it counted last is shown, and
 * what only a live relay has (sessions, leased buffers) is 0.  The relay that
 * takes its place goes on counting in the same rows.
 */
void	stat_bury(unsigned relay);

/*
 * Rows of each kind, as stat_open was told.
 */
unsigned stat_backends(void);
unsigned stat_listeners(void);

/*
 * Sums over all relays.
 */
void	stat_sum_global(struct stat_global *);
void	stat_sum_backend(unsigned, struct stat_backend *);
void	stat_sum_listener(unsigned, struct stat_listener *);

/*
 * Sessions of a backend over all relays, for choosing one; and of all backends.
 */
uint64_t stat_load(unsigned backend);
uint64_t stat_active(void);

/*
 * Write all statistics as "key: value" lines, lighttpd's keys first, each line given
 * to put (with no line end).  In parts, each short, for who cannot take all at once:
 * part is 0, 1, ... until it returns false, with nothing written.
 */
bool	stat_print_part(const struct setup *, unsigned part,
	    void (*put)(void *, const char *), void *);

/*
 * Those of use in a log: the first part, and of the others what is not 0.
 */
void	stat_print(const struct setup *, void (*put)(void *, const char *), void *);

const char *reason_text(enum reason);	/* "the client reset the connection" */
const char *reason_key(enum reason);	/* "client-reset" */

#endif

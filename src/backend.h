/*
 * backend.h - which backend gets the next session, and which are left out.
 *
 * A backend that failed is out for its disable-time; then one session probes it.
 * What is known here was learnt by this relay; loads are shared by all relays.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "os.h"
#include "setup.h"

enum { BACKEND_NONE = 0xffff };

/* What a choice depends on. */
struct backend_choice {
	const struct setup_profile *profile;
	const struct os_peer *peer;
	uint16_t	listener;
	uint64_t	*tried;		/* a bit for each backend of the pool */
	bool		last;		/* in: a backend that is out was tried already;
					   out: set when one is chosen for want of
					   others */
};

bool	backend_open(const struct setup *);
void	backend_close(void);

/*
 * Choose.  Returns the backend, marked as tried and counted as loaded, or
 * BACKEND_NONE.  Each is chosen once for a session at the most.
 */
unsigned backend_pick(struct backend_choice *, uint64_t now);

/*
 * Its addresses, one or more, counted from 0; those of a name are tried in turn,
 * beginning with the one that was connected to last.
 */
unsigned backend_addrs(unsigned);
unsigned backend_first_addr(unsigned);
const struct os_addr *backend_addr(unsigned, unsigned which);

/*
 * An error of connecting in words.
 */
const char *backend_errno(int);

/*
 * What came of it.  failed leaves it out for its disable-time (error says why, an
 * errno); connected brings it back; released takes the session off its load.
 * Exactly one released follows each pick.  spared: the attempt failed for a
 * reason of our own, which says nothing of the backend.
 */
void	backend_connected(unsigned, unsigned addr, uint64_t now,
    uint64_t took_ms);
void	backend_failed(unsigned, int error, uint64_t now);
void	backend_spared(unsigned);
void	backend_released(unsigned);

/*
 * A session of a predecessor has it, as if it had been picked: of that pool, if it is
 * in there, and marked as tried.
 */
void	backend_adopted(unsigned, const struct setup_pool *, uint64_t *tried);

/*
 * Words of 64 bits that a set of tried backends takes, for the largest pool.
 */
unsigned backend_words(const struct setup *);

/*
 * What is known of a backend, for a successor: how long it has been out (since_ms,
 * 0: it is up) and until when, which is no longer than the successor's disable-time.
 */
void	backend_health(unsigned, uint64_t *since_ms, uint64_t *until_ms);
void	backend_set_health(unsigned, uint64_t since_ms, uint64_t until_ms,
	    uint64_t now);

/*
 * Whether a backend takes part in a choice now.
 */
bool	backend_is_up(unsigned, uint64_t now);

#endif

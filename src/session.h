/*
 * session.h - one client, one backend, and the two halves between them.
 *
 * FREE -> CONNECT -> RELAY -> FREE, by way of LAST when a side is to be reset but
 * has not got all its bytes yet.  A session is served when something happened to
 * it; afterwards it waits for exactly what its state lacks.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "half.h"
#include "os.h"
#include "setup.h"
#include "stat.h"

enum { CLIENT, BACKEND };	/* sides; half[X] carries what X sends */

enum session_state {
	SESSION_FREE,
	SESSION_CONNECT,	/* a backend connection is under way */
	SESSION_RELAY,
	SESSION_LAST		/* decided: a reset waits for delivery */
};

struct session {
	uint8_t		state;		/* session_to writes it */
	uint8_t		reason;		/* enum reason, from LAST on */
	uint8_t		queued;		/* in the run list */
	uint8_t		napping;	/* in the nap list */
	uint8_t		peeked;		/* CONNECT: the client sent bytes or an end */
	uint8_t		last_choice;	/* a backend that was out has been tried */
	uint16_t	profile;	/* in setup.profiles */
	uint16_t	listener;	/* in setup.listeners */
	uint16_t	backend;	/* in setup.backends, or BACKEND_NONE */
	int		error;		/* errno behind reason, 0: none */
	uint32_t	number;		/* counts sessions of this relay */
	uint32_t	run_next;
	uint32_t	nap_prev, nap_next;
	uint32_t	connect_ms;	/* how long the backend took */
	struct os_peer	peer;		/* the client */
	struct side	side[2];
	struct half	half[2];
	uint64_t	start_ms;	/* accepted */
	uint64_t	since_ms;	/* state entered, or this connect began */
	uint64_t	nap_ms;		/* look again then */
	uint64_t	stall_ms;	/* LAST: unsent shrank then */
};

/*
 * Map the tables of all relays of a generation, before they are forked, so that
 * others can look at them.  n sessions for each relay.  False when there is no
 * memory.
 */
bool	session_map(unsigned relays, unsigned n);
void	session_unmap(void);

/*
 * Look at a row of a relay from outside.  It changes while one looks: copy it, and
 * take nothing in it for an index unchecked.
 */
const struct session *session_seen(unsigned relay, unsigned i);

/*
 * Be the relay with that number.  False when there is no memory.
 */
bool	session_open(const struct setup *, unsigned relay);
void	session_close(void);

/*
 * Bytes that n sessions of one relay take.
 */
size_t	session_memory(const struct setup *, unsigned n);

unsigned session_count(void);		/* sessions that are not FREE */
unsigned session_max(void);
struct session *session_row(unsigned);

/*
 * Begin a session with an accepted client; fd is the session's from now on.  There
 * must be room (session_count() < session_max()).
 */
void	session_start(int fd, const struct os_peer *, unsigned listener,
    unsigned profile, uint64_t now);

/*
 * Reset a connection that was accepted but gets no session, and say why.
 */
void	session_refuse(int fd, const struct os_peer *, unsigned listener,
    enum reason, int error, uint64_t now);

/*
 * A descriptor of a session got something (wait.h).  The session runs in the next
 * session_run_all.
 */
void	session_got(uint32_t token, uint32_t got);

/*
 * Wake sessions whose rest is over, end those over a limit.
 */
void	session_times(uint64_t now);

/*
 * Serve every session that was woken, each once.
 */
void	session_run_all(uint64_t now);

/*
 * When to call these again without any event: 0 at once, UINT64_MAX never.
 */
uint64_t session_due(void);

/*
 * End one or all sessions by reset; now_or_never: without waiting for delivery.
 */
void	session_kill(struct session *, enum reason, bool now_or_never,
    uint64_t now);
void	session_kill_all(enum reason, bool now_or_never, uint64_t now);

/*
 * When a session is due to end and why; UINT64_MAX: never.  *at: the setting.
 */
uint64_t session_deadline(const struct session *, enum reason *,
    const struct setting **);

#endif

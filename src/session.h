/*
 * session.h - one client, one backend, and the two halves between them.
 *
 * FREE -> CONNECT -> RELAY -> LAST -> FREE; it stays in LAST while a side has not got
 * all its bytes.  A session is served when something happened to it; afterwards it
 * waits for exactly what its state lacks.
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
	SESSION_LAST		/* decided: waits for delivery */
};

struct session {
	uint8_t		state;		/* session_to writes it */
	uint8_t		reason;		/* enum reason, from LAST on */
	uint8_t		queued : 1;	/* in the run list */
	uint8_t		napping : 1;	/* in the nap list */
	uint8_t		arriving : 1;	/* from a predecessor, not whole yet */
	uint8_t		kept : 1;	/* os_keep was called for the backend */
	uint8_t		loads : 1;	/* counted in the backend's load */
	uint8_t		last_choice : 1;	/* a backend that was out has been
						   tried */
	uint8_t		addr : 4;	/* CONNECT: which address of the backend */
	uint8_t		addrs : 4;	/* and how many of them have failed */
	uint8_t		waits;		/* RELAY: what both halves wait for */
	uint16_t	profile;	/* in setup.profiles */
	uint16_t	listener;	/* in setup.listeners */
	uint16_t	backend;	/* in setup.backends, or BACKEND_NONE */
	int		error;		/* errno behind reason, 0: none */
	uint32_t	number;		/* counts sessions of this relay; 0: the row was
				   never used, nor one behind it */
	uint32_t	run_next;
	uint32_t	nap_prev, nap_next;
	uint32_t	connect_ms;	/* how long the backend took */
	struct os_peer	peer;		/* the client */
	struct side	side[2];
	struct half	half[2];
	uint64_t	start_ms;	/* accepted */
	uint64_t	since_ms;	/* state entered, or this connect began */
	uint64_t	nap_ms;		/* look again then */
};

/*
 * Be the relay with that number, for at most max sessions (table.h).  False when
 * there is no memory.
 */
bool	session_open(const struct setup *, unsigned relay, unsigned max);
void	session_close(void);

/*
 * Sessions get numbers after this one.
 */
void	session_number(uint32_t);

/*
 * Begin a session with an accepted client; fd is the session's from now on.  There
 * must be room (table_count() < table_max()).
 */
void	session_start(int fd, const struct os_peer *, unsigned listener,
    unsigned profile, uint64_t now);

/*
 * Reset a connection that was accepted but gets no session, and say why.
 */
void	session_refuse(int fd, const struct os_peer *, unsigned listener,
    unsigned profile, enum reason, int error, uint64_t now);

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
 * For handover.c.  session_leave: the session goes on elsewhere; its row is free,
 * nothing happens to its connections.  session_arrive: a row for one that comes
 * from elsewhere, filled by the caller but for side[].fd, which are given here and
 * watched from now on; NULL when there is no row or they cannot be watched.
 * session_ready: it is complete and may run.
 */
void	session_leave(struct session *);
struct session *session_arrive(const struct session *, const int fd[2]);
void	session_ready(struct session *, uint64_t now);

/*
 * For connect.c, last.c and expire.c: parts of the machine.  session_side: the session
 * owns this socket from now on.  session_shut: close or reset it.  session_unload: the
 * backend has no part in it any more.  session_reset: end by reset, at once or when
 * what is on its way has arrived.  session_free: it has ended.  session_expire: over a
 * limit.
 */
void	session_to(struct session *, enum session_state);
uint32_t session_token(const struct session *, unsigned side);
void	session_side(struct session *, unsigned which, int fd, bool local);
void	session_shut(struct side *, bool reset);
void	session_unload(struct session *);
void	session_reset(struct session *, enum reason, int error,
    bool now_or_never, uint64_t now);
void	session_free(struct session *, uint64_t now);
void	session_expire(struct session *, enum reason, uint64_t now);

/*
 * A limit of a session that relays is due.  After a pause of ours, bytes may be there
 * and their event still to come; and the kernel may have moved some on its own.  It
 * may end here, in its own way.
 */
void	session_try(struct session *, uint64_t now);

/*
 * Bring counts up to date where the kernel moves on its own, and stop that
 * (half_halt).
 */
void	session_halt(struct session *, uint64_t now);

#endif

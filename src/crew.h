/*
 * crew.h - the relays of one generation, as the parent sees them.
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "start.h"

struct crew_relay {
	struct child	child;
	bool		ready;
	bool		settled;	/* has all that predecessors had for it */
};

struct crew {
	uint32_t	token;		/* of relay 0; the others follow */
	int		pipe;		/* to the log writer, its end; -1: none */
	struct child	writer;		/* of the log file */
	struct start	start;
	struct crew_relay relays[LIMIT_RELAYS];
};

/* So many tokens: the last one is the log writer's. */
enum { CREW_TOKENS = LIMIT_RELAYS + 1 };

/*
 * Be a crew of nobody yet.
 */
void	crew_open(struct crew *, uint32_t token, struct setup *);

/*
 * Start the log writer, if there is a log file, and all relays; the start's log,
 * counters and tables are in use.  False: log_fatal has said why.
 */
bool	crew_start(struct crew *, uint64_t now);

/*
 * Start those again that have ended.  Returns when it wants to be called again
 * (ms), or UINT64_MAX.
 */
uint64_t crew_respawn(struct crew *, uint64_t now);

/*
 * Watch the channels of relays that another program has started.
 */
bool	crew_watch(struct crew *);

unsigned crew_alive(const struct crew *);
bool	crew_ready(const struct crew *);	/* all of them serve */
bool	crew_settled(const struct crew *);

/*
 * Tell every relay.  One that does not listen is killed when its time is up.
 */
void	crew_tell(struct crew *, enum channel_order, uint32_t value, int fd);

/*
 * The monitor wants a session to end: tell its relay.
 */
void	crew_kill_session(const struct crew *, const struct channel_note *);

/*
 * Take one note of relay i (LIMIT_RELAYS: the log writer).  With another one it is
 * heard in the next turn: who has no end of them holds up nothing.
 */
void	crew_hear(struct crew *, unsigned);

/*
 * The relay with that process number; -1: it is not one of these.
 */
int	crew_find(const struct crew *, int pid);

/*
 * That relay has ended: close its channel.  With tell, and always when it was
 * killed, a line says how it ended.
 */
void	crew_bury(struct crew *, unsigned, const struct proc_exit *, bool tell,
	    uint64_t now);

/*
 * End all of them now.
 */
void	crew_kill(struct crew *);

/*
 * The log writer.  crew_log_again: write to the file that has the log's name now.
 * crew_bury_writer: whether a process that has ended was it.  crew_let_log: it
 * ends when nobody can write to it any more; crew_finish_log: and all lines are
 * written, if that does not take too long.
 */
void	crew_log_again(const struct crew *);
bool	crew_bury_writer(struct crew *, int pid, const struct proc_exit *,
	    uint64_t now);
void	crew_let_log(struct crew *);
void	crew_finish_log(struct crew *);

/*
 * Let the relays of former give their sessions to those of next, which serve.
 */
void	crew_hand_over(struct crew *former, struct crew *next);

/*
 * Relays of former that still have sessions could not hand them over: they go
 * on with them for as long as they last, and those of next wait no longer.
 * crew_bury_left: a process has ended, which may be one of these.
 * crew_has_left: whether there are any.
 * crew_inherit_left: whether the next program has their channels.  It need not know
 * of them: that they are open as long as it lives is all that they are for.
 */
void	crew_leave(struct crew *former, struct crew *next);
bool	crew_has_left(void);
void	crew_inherit_left(bool on);
void	crew_bury_left(int pid);

#endif

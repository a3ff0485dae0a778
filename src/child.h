/*
 * child.h - a process of ours, a relay or the monitor, as the parent sees it:
 * its number, and the channel to it.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "channel.h"
#include "proc.h"

enum { CHILD_RESPAWN_MS = 1000 };	/* between two starts of the same one */

struct child {
	char		name[16];	/* in the log: "relay 1" */
	int		pid;		/* 0: there is none */
	int		channel;	/* -1 as long as pid is 0 */
	uint64_t	start_ms;	/* last fork, or try; 0: none yet */
};

/*
 * Fork, with a channel between the two that is watched under that token.
 * Returns the child's number, or an error; and 0 in the child, where channel is
 * its own end.
 */
int	child_fork(struct child *, uint32_t token, uint64_t now);

/*
 * When it is to be started again (ms); UINT64_MAX: it lives.
 */
uint64_t child_due(const struct child *);

/*
 * Take the next note from it.  False: there is none.
 */
bool	child_hear(const struct child *, struct channel_note *);

/*
 * Tell it something, if there is one.
 */
void	child_tell(const struct child *, enum channel_order, uint32_t value,
	    int fd);

/*
 * Say with log_fatal why it could not be started; child_again: if it could not, else
 * that it was.
 */
void	child_failed(const struct child *, int error);
void	child_again(const struct child *, int error);

/*
 * Say how it ended; lost: what that means when it was killed.
 */
void	child_report(const struct child *, const struct proc_exit *,
	    const char *lost, uint64_t now);

/*
 * It is not ours any more, if there was one: close its channel.
 */
void	child_let_go(struct child *);

/*
 * Kill it, if there is one, and wait until it has ended.
 */
void	child_end(struct child *);

#endif

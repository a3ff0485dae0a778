/*
 * watcher.h - the monitor as the parent sees it (monitor.h is its own side).
 */
#ifndef WATCHER_H
#define WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "channel.h"
#include "proc.h"
#include "start.h"

struct watcher {
	uint32_t	token;		/* for the waiter */
	int		pid;		/* 0: there is none */
	int		channel;	/* -1 as long as pid is 0 */
	uint64_t	start_ms;	/* last fork, or try */
};

/*
 * Start the monitor of a generation; nothing happens when it wants none.  Returns 0
 * or an error.
 */
int	watcher_spawn(struct watcher *, const struct start *, uint64_t now);

/*
 * Take the next note from it.  False: there is none.
 */
bool	watcher_hear(struct watcher *, struct channel_note *);

void	watcher_tell(const struct watcher *, enum channel_order, uint32_t value,
	    int fd);

/* A line about a reload. */
void	watcher_say(const struct watcher *, const char *);

/*
 * It answers those who asked, and ends by itself; from now on it is not ours: its
 * end is nobody's concern.
 */
void	watcher_dismiss(struct watcher *);

/*
 * It has ended: say so with report, and close its channel.
 */
void	watcher_bury(struct watcher *, const struct proc_exit *, bool report);

/*
 * End it, and wait until it has ended (half a second; then it is killed).
 */
void	watcher_end(struct watcher *);

#endif

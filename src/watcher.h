/*
 * watcher.h - the monitor as the parent sees it (monitor.h is its own side).
 */
#ifndef WATCHER_H
#define WATCHER_H

#include "child.h"
#include "start.h"

/*
 * Start the monitor of a generation, if it wants one.
 */
void	watcher_spawn(struct child *, const struct start *, uint32_t token,
	    uint64_t now);

/* A line about a reload. */
void	watcher_say(const struct child *, const char *);

/*
 * It answers those who asked, and ends by itself; from now on it is not ours: its
 * end is nobody's concern.
 */
void	watcher_dismiss(struct child *);

#endif

/*
 * watcher.h - the monitor as the parent sees it (monitor.h is its own side).
 *
 * There may be two: one that was dismissed answers those who asked it, and ends by
 * itself.  Somebody may wait there for the next reload.
 */
#ifndef WATCHER_H
#define WATCHER_H

#include "child.h"
#include "start.h"

enum { WATCHERS = 2 };		/* tokens: token, and the one after it */

/*
 * Start the monitor of a generation, if it wants one and has none.  Returns when it
 * wants to be called again (ms), or UINT64_MAX.  watcher_change: dismiss the one that
 * there is, another one of this generation may begin; who waits for this change with
 * the one before it is told that it is done.
 */
void	watcher_open(uint32_t token);
uint64_t watcher_respawn(const struct start *, uint64_t now);
void	watcher_change(const struct start *);

/*
 * Reloads.  watcher_reads: the configuration is being read from now on, so whoever
 * has asked until now is told what watcher_say says and watcher_over ends with.
 */
void	watcher_reads(void);
void	watcher_say(const char *);
void	watcher_over(bool good);

/*
 * Take the next order of the one with that token.  False: there is none.
 */
bool	watcher_hear(uint32_t token, struct channel_note *);

/*
 * Whether that process is one.
 */
bool	watcher_has(int pid);

/*
 * Whether a process that has ended was one; with tell a line says how.
 */
bool	watcher_bury(int pid, const struct proc_exit *, bool tell, uint64_t now);

/*
 * No new clients; and the end, also of one that was dismissed before: those who are
 * there have a moment for their answers, then it is killed.
 */
void	watcher_dismiss(void);
void	watcher_end(void);

#endif

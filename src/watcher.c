/*
 * watcher.c - starting the monitor, and being it.
 */
#include "watcher.h"

#include <errno.h>
#include <stdlib.h>

#include "chan.h"
#include "confine.h"
#include "log.h"
#include "monitor.h"
#include "os.h"
#include "wait.h"

enum { END_MS = 500 };

/*
 * In the monitor: what a relay gives up, this one does too.
 */
static bool
become(const struct start *start, int channel)
{
	static struct os_addr	bound[LIMIT_LISTENERS + 1];
	struct monitor_fds	fds = { .channel = channel };
	int			keep[3 + CONFINE_MORE], error;

	fds.control = start->doors[DOOR_CONTROL].fd;
	fds.status = start->doors[DOOR_STATUS].fd;
	for (unsigned i = 0; i <= start->setup->nlisteners; i++)
		if (i == start->setup->nlisteners ||
		    os_sockname(start->listeners[i], &bound[i]) != 0)
			bound[i] = start->setup->listeners[i].addr;
	keep[0] = fds.control;
	keep[1] = fds.status;
	keep[2] = channel;
	if (!confine_enter(start, keep, 3))
		return false;
	if ((error = monitor_open(start->setup, bound, &fds)) != 0) {
		log_fatal("the monitor cannot start: %s", log_errno(error));
		return false;
	}
	return confine_seal(start, CONFINE_MONITOR, false);
}

static void
run(const struct start *start, int channel)
{
	log_name("monitor");
	/* The parent's waiter, of which a fork has a copy. */
	wait_close();
	log_echo(false);
	if (!become(start, channel))
		proc_exit(EXIT_FAILURE);
	while (monitor_turn())
		continue;
	monitor_close();
	log_flush(os_now_ms());
	proc_exit(EXIT_SUCCESS);
}

int
watcher_spawn(struct watcher *w, const struct start *start, uint64_t now)
{
	int	pair[2], error, pid;

	w->start_ms = now;
	if (!monitor_wanted(start->setup))
		return 0;
	if ((error = chan_pair(pair)) != 0)
		return error;
	if ((error = wait_add(pair[0], WAIT_LEVEL, w->token)) != 0) {
		os_drop(pair[0]);
		os_drop(pair[1]);
		return error;
	}
	if ((pid = proc_fork()) == 0)
		run(start, pair[1]);
	os_drop(pair[1]);
	if (pid < 0) {
		wait_del(pair[0]);
		os_drop(pair[0]);
		return pid;
	}
	wait_want(pair[0], WAIT_READ);
	w->pid = pid;
	w->channel = pair[0];
	return 0;
}

bool
watcher_hear(struct watcher *w, struct channel_note *note)
{
	if (w->channel == -1)
		return false;
	channel_take(w->channel, note);
	if (note->fd != -1)
		os_drop(note->fd);
	note->fd = -1;
	/* Its end is learnt from proc_reap; until then it would be reported. */
	if (note->order == CHANNEL_GONE)
		wait_want(w->channel, 0);
	return note->order != CHANNEL_NONE && note->order != CHANNEL_GONE;
}

void
watcher_tell(const struct watcher *w, enum channel_order order, uint32_t value,
    int fd)
{
	int	error;

	if (w->pid == 0)
		return;
	error = channel_send(w->channel, order, value, fd);
	if (error != 0 && error != -EPIPE)
		log_warn("the monitor (process %d) cannot be told: %s", w->pid,
		    log_errno(error));
}

void
watcher_say(const struct watcher *w, const char *line)
{
	if (w->pid != 0)
		(void)channel_send_text(w->channel, CHANNEL_SAID, line);
}

static void
let_go(struct watcher *w)
{
	wait_del(w->channel);
	os_drop(w->channel);
	w->channel = -1;
	w->pid = 0;
}

void
watcher_dismiss(struct watcher *w)
{
	struct channel_note	note;

	if (w->pid == 0)
		return;
	watcher_tell(w, CHANNEL_DRAIN, 0, -1);
	/* what was not heard would come before the order, as an error */
	while (watcher_hear(w, &note))
		continue;
	let_go(w);
}

void
watcher_bury(struct watcher *w, const struct proc_exit *how, bool report)
{
	if (report && how->signal != 0)
		log_error("the monitor (process %d) was killed by signal %d%s",
		    w->pid, how->signal,
		    how->core ? " (core file written)" : "");
	else if (report)
		log_error("the monitor (process %d) ended by itself with "
		    "status %d", w->pid, how->status);
	let_go(w);
}

void
watcher_end(struct watcher *w)
{
	struct proc_exit	how;
	struct channel_note	note;
	uint64_t		due = os_now_ms() + END_MS, now;

	if (w->pid == 0)
		return;
	watcher_tell(w, CHANNEL_STOP, 0, -1);
	do {
		while (watcher_hear(w, &note))
			continue;
		if (note.order == CHANNEL_GONE)
			break;
		now = os_now_ms();
	} while (now < due && chan_wait(w->channel, (int)(due - now)) >= 0);
	proc_kill(w->pid);
	(void)proc_wait(w->pid, &how);
	let_go(w);
}

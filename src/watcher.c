/*
 * watcher.c - starting the monitor, and being it.
 */
#include "watcher.h"

#include <stdlib.h>

#include "chan.h"
#include "confine.h"
#include "log.h"
#include "monitor.h"
#include "os.h"

enum { END_MS = 500 };		/* for the last answers */

static struct watcher {
	struct child	child;
	const struct start *of;		/* whose backends and relays it means */
	uint32_t	token;
	uint32_t	asked;		/* the last reload that was ordered of it */
	uint32_t	reads;		/* the same when reading began */
} watchers[WATCHERS], *watcher = watchers;

/*
 * In the monitor: what a relay gives up, this one does too.
 */
static bool
become(const struct start *start, int channel)
{
	static struct os_addr	bound[LIMIT_LISTENERS + 1];
	const int		fds[MONITOR_FDS] = {
		[MONITOR_CONTROL] = start->doors[DOOR_CONTROL].fd,
		[MONITOR_STATUS] = start->doors[DOOR_STATUS].fd,
		[MONITOR_CHANNEL] = channel
	};
	int			error;

	for (unsigned i = 0; i <= start->setup->nlisteners; i++)
		if (i == start->setup->nlisteners ||
		    os_sockname(start->listeners[i], &bound[i]) != 0)
			bound[i] = start->setup->listeners[i].addr;
	if (!confine_enter(start, fds, MONITOR_CHANNEL, channel))
		return false;
	if ((error = monitor_open(start->setup, bound, fds)) != 0)
		return start_fail("the monitor cannot start", error);
	return confine_seal(start, CONFINE_MONITOR, false);
}

static void
run(const struct start *start, int channel)
{
	log_name("monitor");
	log_echo(false);
	if (!become(start, channel))
		proc_exit(EXIT_FAILURE);
	while (monitor_turn())
		continue;
	log_flush(os_now_ms());
	proc_exit(EXIT_SUCCESS);
}

void
watcher_open(uint32_t token)
{
	for (uint32_t i = 0; i < WATCHERS; i++)
		watchers[i] = (struct watcher){ .token = token + i, .child = {
		    .name = "the monitor", .channel = -1 } };
}

static void
spawn(const struct start *start, uint64_t now)
{
	struct watcher	*w = watcher;
	int		 pid;

	w->of = start;
	w->asked = w->reads = 0;
	if ((pid = child_fork(&w->child, w->token, now)) == 0)
		run(start, w->child.channel);
	if (pid < 0)
		child_failed(&w->child, pid);
}

void
watcher_change(const struct start *start)
{
	watcher_dismiss();
	watcher = &watchers[watcher == watchers];
	/* it does not hear the end any more that others are told of after this */
	child_tell(&watcher->child, CHANNEL_RELOADED, watcher->reads, -1);
	child_let_go(&watcher->child);
	watcher->child.start_ms = 0;
	watcher->of = start;
}

uint64_t
watcher_respawn(const struct start *start, uint64_t now)
{
	if (!monitor_wanted(start->setup))
		return UINT64_MAX;
	if (child_due(&watcher->child) <= now)
		spawn(start, now);
	return child_due(&watcher->child);
}

void
watcher_reads(void)
{
	for (struct watcher *w = watchers; w < watchers + WATCHERS; w++)
		w->reads = w->asked;
}

void
watcher_say(const char *line)
{
	/* one that hangs would have all else wait, for each of the lines */
	for (struct watcher *w = watchers; w < watchers + WATCHERS; w++)
		if (w->child.pid != 0)
			(void)channel_send_text(w->child.channel, CHANNEL_SAID,
			    w->reads, line, false);
}

void
watcher_over(bool good)
{
	for (struct watcher *w = watchers; w < watchers + WATCHERS; w++)
		child_tell(&w->child, good ? CHANNEL_RELOADED :
		    CHANNEL_REFUSED, w->reads, -1);
}

bool
watcher_hear(uint32_t token, struct channel_note *note)
{
	struct watcher	*w = &watchers[token - watchers[0].token];

	if (!child_hear(&w->child, note))
		return false;
	if (note->order == CHANNEL_RELOAD)
		w->asked = note->value;
	/* one of another generation means relays that are no more */
	else if (w->of != watcher->of)
		note->order = CHANNEL_NONE;
	return true;
}

bool
watcher_has(int pid)
{
	return pid == watchers[0].child.pid || pid == watchers[1].child.pid;
}

bool
watcher_bury(int pid, const struct proc_exit *how, bool tell, uint64_t now)
{
	for (struct watcher *w = watchers; w < watchers + WATCHERS; w++) {
		if (w->child.pid != pid)
			continue;
		if (tell && (w == watcher || how->signal != 0))
			child_report(&w->child, how, "", now);
		child_let_go(&w->child);
		return true;
	}
	return false;
}

void
watcher_dismiss(void)
{
	child_tell(&watcher->child, CHANNEL_DRAIN, 0, -1);
}

void
watcher_end(void)
{
	watcher_dismiss();
	for (struct watcher *w = watchers; w < watchers + WATCHERS; w++) {
		if (w->child.pid != 0)
			(void)chan_finish(w->child.channel, END_MS);
		child_end(&w->child);
	}
}

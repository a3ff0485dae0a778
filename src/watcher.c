/*
 * watcher.c - starting the monitor, and being it.
 */
#include "watcher.h"

#include <stdlib.h>

#include "confine.h"
#include "log.h"
#include "monitor.h"
#include "os.h"

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
	log_echo(false);
	if (!become(start, channel))
		proc_exit(EXIT_FAILURE);
	while (monitor_turn())
		continue;
	monitor_close();
	log_flush(os_now_ms());
	proc_exit(EXIT_SUCCESS);
}

void
watcher_spawn(struct child *w, const struct start *start, uint32_t token,
    uint64_t now)
{
	int	pid;

	if (!monitor_wanted(start->setup))
		return;
	if ((pid = child_fork(w, token, now)) == 0)
		run(start, w->channel);
	if (pid < 0)
		log_error("the monitor cannot be started: %s",
		    log_errno(pid));
}

void
watcher_say(const struct child *w, const char *line)
{
	if (w->pid != 0)
		(void)channel_send_text(w->channel, CHANNEL_SAID, line);
}

void
watcher_dismiss(struct child *w)
{
	struct channel_note	note;

	if (w->pid == 0)
		return;
	child_tell(w, CHANNEL_DRAIN, 0, -1);
	/* what was not heard would come before the order, as an error */
	while (child_hear(w, &note))
		continue;
	child_let_go(w);
}

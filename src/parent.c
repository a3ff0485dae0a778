/*
 * parent.c - keeps the relays running, and listens to signals.
 *
 * Reads no byte from the network.  It is in one phase at a time: it starts (until
 * every relay serves), runs, drains (no new clients), stops (all sessions are being
 * reset) or kills.  A relay that dies is replaced, at most once a second, as long
 * as the phase is run.
 */
#include "parent.h"

#include <errno.h>
#include <stdlib.h>

#include "chan.h"
#include "channel.h"
#include "conf.h"
#include "limits.h"
#include "log.h"
#include "os.h"
#include "proc.h"
#include "relay.h"
#include "start.h"
#include "stat.h"
#include "wait.h"

enum phase { STARTS, RUNS, DRAINS, STOPS, KILLS };

enum {
	SIGNALS_TOKEN = 0,	/* relay i has token i + 1 */
	RESPAWN_MS = 1000,	/* between two starts of a relay */
	DRAIN_MORE_MS = LIMIT_SHUTDOWN_LAST_MS + 200,	/* over the graceful time */
	STOP_MS = 500,		/* for a relay to obey CHANNEL_STOP */
	OTHER_FDS = 64
};

struct relay {
	int		pid;		/* 0: there is none */
	int		channel;	/* -1 as long as pid is 0 */
	bool		ready;
	uint64_t	start_ms;	/* last fork, or try */
};

static struct start	start;
static struct relay	relays[LIMIT_RELAYS];
static enum phase	phase;
static uint64_t		phase_due;	/* when a phase that ends is over */
static uint64_t		log_due;
static bool		failed;		/* the start has failed */

static unsigned
alive(void)
{
	unsigned	n = 0;

	for (unsigned i = 0; i < start.relays; i++)
		n += relays[i].pid != 0;
	return n;
}

static bool
all_ready(void)
{
	for (unsigned i = 0; i < start.relays; i++)
		if (!relays[i].ready)
			return false;
	return true;
}

/*
 * Tell every relay.  One that does not listen is killed when its time is up.
 */
static void
tell(enum channel_order order, uint32_t value, int fd)
{
	int	error;

	for (unsigned i = 0; i < start.relays; i++) {
		if (relays[i].pid == 0)
			continue;
		error = channel_send(relays[i].channel, order, value, fd);
		/* One that has just ended is found by reap. */
		if (error != 0 && error != -EPIPE)
			log_warn("relay %u (process %d) cannot be told: %s",
			    i + 1, relays[i].pid, log_errno(error));
	}
}

static void
phase_to(enum phase to, uint64_t due)
{
	phase = to;
	phase_due = due;
}

static void
drain(uint64_t now)
{
	const uint32_t	graceful = start.setup->server.graceful_ms.v;

	start_close_listeners(&start);
	tell(CHANNEL_DRAIN, graceful, -1);
	phase_to(DRAINS, now + graceful + DRAIN_MORE_MS);
}

static void
stop(uint64_t now)
{
	start_close_listeners(&start);
	tell(CHANNEL_STOP, 0, -1);
	phase_to(STOPS, now + STOP_MS);
}

static void
kill_all(void)
{
	for (unsigned i = 0; i < start.relays; i++) {
		if (relays[i].pid == 0)
			continue;
		log_error("relay %u (process %d) does not end and is killed",
		    i + 1, relays[i].pid);
		proc_kill(relays[i].pid);
	}
	phase_to(KILLS, UINT64_MAX);
}

/*
 * Start a relay in its place.  Returns 0 or an error.
 */
static int
spawn(unsigned i, uint64_t now)
{
	struct relay	*relay = &relays[i];
	int		 pair[2], error, pid;

	relay->start_ms = now;
	relay->ready = false;
	if ((error = chan_pair(pair)) != 0)
		return error;
	if ((error = wait_add(pair[0], WAIT_LEVEL, i + 1)) != 0) {
		os_drop(pair[0]);
		os_drop(pair[1]);
		return error;
	}
	if ((pid = proc_fork()) == 0)
		relay_run(&start, i, pair[1]);
	os_drop(pair[1]);
	if (pid < 0) {
		wait_del(pair[0]);
		os_drop(pair[0]);
		return pid;
	}
	wait_want(pair[0], WAIT_READ);
	relay->pid = pid;
	relay->channel = pair[0];
	return 0;
}

static void
report_death(unsigned i, const struct proc_exit *how, uint64_t lived)
{
	const int	pid = relays[i].pid;

	if (how->signal != 0)
		log_error("relay %u (process %d) was killed by signal %d%s "
		    "after %llu s: its sessions are lost", i + 1, pid,
		    how->signal, how->core ? " (core file written)" : "",
		    (unsigned long long)lived / 1000);
	else
		log_error("relay %u (process %d) ended by itself with status "
		    "%d after %llu s", i + 1, pid, how->status,
		    (unsigned long long)lived / 1000);
}

static void
bury(unsigned i, const struct proc_exit *how, uint64_t now)
{
	struct relay	*relay = &relays[i];

	if (phase <= RUNS || how->signal != 0)
		report_death(i, how, now - relay->start_ms);
	stat_bury(i);
	wait_del(relay->channel);
	os_drop(relay->channel);
	relay->channel = -1;
	relay->pid = 0;
	relay->ready = false;
	if (phase != STARTS)
		return;
	failed = true;
	stop(now);
}

static void
reap(uint64_t now)
{
	struct proc_exit	how;
	int			pid;

	while ((pid = proc_reap(&how)) > 0)
		for (unsigned i = 0; i < start.relays; i++)
			if (relays[i].pid == pid)
				bury(i, &how, now);
}

static void
respawn(uint64_t now)
{
	int	error;

	for (unsigned i = 0; i < start.relays; i++) {
		if (relays[i].pid != 0 ||
		    now - relays[i].start_ms < RESPAWN_MS)
			continue;
		if ((error = spawn(i, now)) == 0)
			log_notice("relay %u started again as process %d",
			    i + 1, relays[i].pid);
		else
			log_error("relay %u cannot be started again: %s",
			    i + 1, log_errno(error));
	}
}

/*
 * SIGHUP and SIGUSR1.
 */
static void
reload(void)
{
	if (start_reopen_log(&start))
		tell(CHANNEL_LOG, 0, start.log_fd);
}

static void
hear(unsigned i)
{
	struct channel_note	note;

	do {
		channel_take(relays[i].channel, &note);
		if (note.fd != -1)
			os_drop(note.fd);
		if (note.order == CHANNEL_READY)
			relays[i].ready = true;
	} while (note.order != CHANNEL_NONE && note.order != CHANNEL_GONE);
	/* Its end is learnt from proc_reap; until then it would be reported. */
	if (note.order == CHANNEL_GONE)
		wait_want(relays[i].channel, 0);
}

static void
announce(uint64_t now)
{
	if (start_ready(&start)) {
		phase_to(RUNS, UINT64_MAX);
		log_notice("sockproxy " VERSION " started, process %d",
		    proc_pid());
		return;
	}
	failed = true;
	stop(now);
}

static void
signals(uint64_t now)
{
	const unsigned	got = proc_signals_take();

	if (proc_signals_stops() >= 2 && phase < STOPS) {
		log_notice("told to stop again: sessions are reset now");
		stop(now);
	} else if (proc_signals_stops() >= 1 && phase < DRAINS) {
		log_notice("told to stop");
		drain(now);
	}
	if ((got & (PROC_HUP | PROC_USR1)) != 0 && phase == RUNS)
		reload();
}

static void
times(uint64_t now)
{
	if (phase == RUNS)
		respawn(now);
	if (phase == DRAINS && phase_due <= now)
		stop(now);
	else if (phase == STOPS && phase_due <= now)
		kill_all();
	log_due = log_tick(now);
}

static int
timeout(uint64_t now)
{
	uint64_t	due = phase_due < log_due ? phase_due : log_due;
	uint64_t	one;

	for (unsigned i = 0; i < start.relays && phase == RUNS; i++) {
		one = relays[i].start_ms + RESPAWN_MS;
		if (relays[i].pid == 0 && one < due)
			due = one;
	}
	if (due == UINT64_MAX)
		return -1;
	if (due <= now)
		return 0;
	return due - now > INT32_MAX ? INT32_MAX : (int)(due - now);
}

static bool
turn(void)
{
	struct wait_event	events[16];
	uint64_t		now;
	int			n;

	n = wait_turn(events, 16, timeout(os_now_ms()));
	now = os_now_ms();
	if (n < 0 && n != -ENOMEM) {
		log_error("waiting for events failed: %s: ending, the relays "
		    "drain", log_errno(n));
		failed = true;
		return false;
	}
	for (int i = 0; i < n; i++)
		if (events[i].token != SIGNALS_TOKEN &&
		    relays[events[i].token - 1].channel != -1)
			hear(events[i].token - 1);
	signals(now);
	reap(now);
	if (phase == STARTS && all_ready())
		announce(now);
	times(now);
	return phase < DRAINS || alive() > 0;
}

static void
put_statistics(void *arg, const char *line)
{
	(void)arg;
	log_info("%s", line);
}

static bool
open_waiter(void)
{
	const int	most = OTHER_FDS + (int)start.setup->nlisteners +
			    2 * LIMIT_RELAYS;
	int		fd, error;

	if ((error = wait_open("poll", most)) == 0 &&
	    (error = fd = proc_signals_open()) >= 0 &&
	    (error = wait_add(fd, WAIT_LEVEL, SIGNALS_TOKEN)) == 0) {
		wait_want(fd, WAIT_READ);
		return true;
	}
	log_fatal("cannot wait for signals: %s", log_errno(error));
	return false;
}

static bool
open_relays(void)
{
	uint64_t	now = os_now_ms();
	int		error;

	for (unsigned i = 0; i < start.relays; i++) {
		if ((error = spawn(i, now)) == 0)
			continue;
		log_fatal("cannot start relay %u: %s", i + 1,
		    log_errno(error));
		return false;
	}
	return true;
}

int
parent_run(struct setup *setup, bool foreground, int ready_fd)
{
	start = (struct start){ .setup = setup, .foreground = foreground,
	    .ready_fd = ready_fd };
	for (int i = 0; i < LIMIT_RELAYS; i++)
		relays[i].channel = -1;
	if (!start_open(&start))
		return EXIT_FAILURE;
	phase_to(STARTS, UINT64_MAX);
	log_due = UINT64_MAX;
	if (!open_waiter()) {
		start_close(&start);
		return EXIT_FAILURE;
	}
	if (!open_relays()) {
		failed = true;
		stop(os_now_ms());
	}
	while (alive() > 0 || phase == RUNS)
		if (!turn())
			break;
	if (!failed) {
		stat_print(setup, put_statistics, NULL);
		log_notice("sockproxy stopped");
	}
	start_close(&start);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

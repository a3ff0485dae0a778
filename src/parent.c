/*
 * parent.c - keeps the relays running, and listens to signals.
 *
 * Reads no byte from the network.  It is in one phase at a time: it starts (until
 * every relay serves), runs, drains (no new clients), stops (all sessions are being
 * reset) or kills.  A relay that dies is replaced, at most once a second, as long
 * as the phase is run.
 *
 * There are two crews.  One serves.  The other is nobody, or the next one, which
 * begins (a reload), or the former one, which hands over its sessions and ends.
 */
#include "parent.h"

#include <errno.h>
#include <stdlib.h>

#include "conf.h"
#include "crew.h"
#include "file.h"
#include "limits.h"
#include "listen.h"
#include "log.h"
#include "monitor.h"
#include "notify.h"
#include "os.h"
#include "stat.h"
#include "upgrade.h"
#include "wait.h"
#include "watcher.h"

enum phase { STARTS, RUNS, DRAINS, STOPS, KILLS };

enum other { NOBODY, NEXT, FORMER };

enum {
	SIGNALS_TOKEN,
	WATCHER_TOKEN,
	CREW_TOKEN,		/* two crews */
	RESPAWN_MS = 1000,	/* between two starts of a relay */
	DRAIN_MORE_MS = LIMIT_SHUTDOWN_LAST_MS + 200,	/* over the graceful time */
	STOP_MS = 500,		/* for a relay to obey CHANNEL_STOP */
	CHANGE_MS = 10000,	/* for a next crew to serve, a former one to end */
	OTHER_FDS = 64
};

static const struct parent_job *job;
static struct crew	crews[2];
static struct crew	*crew = &crews[0];	/* the one that serves */
static struct crew	*second = &crews[1];	/* the other one */
static enum other	other;
static bool		again;		/* asked to reload meanwhile */
static bool		upgrade;	/* asked to upgrade meanwhile */
static uint64_t		again_ms = UINT64_MAX;	/* reload then */
static int		try_pid;	/* a new program tries itself; 0: none */
static bool		foreign;	/* crew is an old program's: no setup */
static uint64_t		other_due;	/* NEXT, FORMER: patience ends */
static enum phase	phase;
static uint64_t		phase_due;	/* when a phase that ends is over */
static uint64_t		log_due;
static bool		failed;		/* the start has failed */
static struct child	watcher = { .name = "the monitor", .channel = -1 };
static struct child	left[LIMIT_RELAYS];	/* go on with their sessions */

static unsigned
alive(void)
{
	return crew_alive(crew) + (other != NOBODY ? crew_alive(second) : 0);
}

/*
 * Nothing is going on that a reload or an upgrade would have to wait for.
 */
static bool
settled(void)
{
	return phase == RUNS && other == NOBODY && try_pid == 0;
}

static void
tell_all(enum channel_order order, uint32_t value)
{
	crew_tell(crew, order, value, -1);
	if (other != NOBODY)
		crew_tell(second, order, value, -1);
}

static void
phase_to(enum phase to, uint64_t due)
{
	phase = to;
	phase_due = due;
}

/*
 * Tell the service manager, for whom nothing is done that could fail.
 */
static void
notify(enum notify state, const char *text)
{
	int	error = notify_send(state, text);

	if (error != 0)
		log_warn("the service manager cannot be told: %s",
		    log_errno(error));
}

/*
 * How a reload has ended, to all who want to know.
 */
static void
reload_over(bool good)
{
	child_tell(&watcher, CHANNEL_RELOADED, good ? 0 : 1, -1);
	notify(NOTIFY_READY, good ? "serving, with a new configuration" :
	    "serving, with the configuration from before");
}

/*
 * A next crew is given up; the one that serves goes on as if nothing had been.
 */
static void
give_up(const char *why)
{
	log_error("the configuration is not changed: %s", why);
	watcher_say(&watcher, why);
	for (unsigned i = 0; i < second->start.relays; i++)
		child_end(&second->relays[i].child);
	start_forget(&second->start, &crew->start);
	start_close(&second->start, &crew->start);
	other = NOBODY;
	reload_over(false);
	if (foreign)
		again_ms = os_now_ms() + RESPAWN_MS;
}

static void
drain(uint64_t now)
{
	const uint32_t	graceful = crew->start.setup->server.graceful_ms.v;

	if (other == NEXT)
		give_up("sockproxy stops");
	notify(NOTIFY_STOPPING, "no new clients");
	listen_close(&crew->start, NULL);
	tell_all(CHANNEL_DRAIN, graceful);
	phase_to(DRAINS, now + graceful + DRAIN_MORE_MS);
}

static void
stop(uint64_t now)
{
	if (other == NEXT)
		give_up("sockproxy stops");
	listen_close(&crew->start, NULL);
	tell_all(CHANNEL_STOP, 0);
	phase_to(STOPS, now + STOP_MS);
}

static void
kill_all(void)
{
	crew_kill(crew);
	if (other != NOBODY)
		crew_kill(second);
	phase_to(KILLS, UINT64_MAX);
}

static bool
spawn_all(struct crew *one, uint64_t now)
{
	unsigned	i;
	int		error = 0;

	start_use(&one->start);
	for (i = 0; i < one->start.relays && error == 0; i++)
		error = crew_spawn(one, i, now);
	start_use(&crew->start);
	if (error != 0)
		log_fatal("cannot start relay %u: %s", i, log_errno(error));
	return error == 0;
}

/*
 * Reload.
 */

static void
put_error(void *arg, const char *line)
{
	(void)arg;
	log_error("%s", line);
	watcher_say(&watcher, line);
}

/*
 * Read the configuration into the setup that is not in use, from where the program
 * was started.
 */
static bool
read_again(struct setup *setup)
{
	bool	good;

	if (job->file == NULL && job->nwords == 0) {
		put_error(NULL, "standard input cannot be read again");
		return false;
	}
	(void)file_enter(job->dir);
	if (job->file != NULL)
		good = conf_file(setup, job->file, put_error, NULL);
	else
		good = conf_words(setup, job->words[0], job->nwords - 1,
		    job->words + 1, put_error, NULL);
	if (good && !(good = start_again(&second->start, &crew->start)))
		watcher_say(&watcher, log_last());
	if (!crew->start.foreground)
		(void)file_enter("/");
	return good;
}

static void
reload(uint64_t now)
{
	if (!settled()) {
		again = true;
		return;
	}
	again = false;
	again_ms = UINT64_MAX;
	log_notice("reading the configuration again");
	notify(NOTIFY_RELOADING, "reading the configuration again");
	if (!read_again(second->start.setup)) {
		log_error("the configuration is not changed");
		if (foreign)
			again_ms = now + RESPAWN_MS;
		else if (start_reopen_log(&crew->start)) {
			crew_tell(crew, CHANNEL_LOG, 0, crew->start.log_fd);
			child_tell(&watcher, CHANNEL_LOG, 0,
			    crew->start.log_fd);
		}
		reload_over(false);
		return;
	}
	other = NEXT;
	other_due = now + CHANGE_MS;
	if (!spawn_all(second, now))
		give_up("a relay cannot be started");
}

static void
spawn_monitor(uint64_t now)
{
	int	error;

	if ((error = watcher_spawn(&watcher, &crew->start,
	    WATCHER_TOKEN, now)) != 0)
		log_error("the monitor cannot be started: %s",
		    log_errno(error));
}

/*
 * The monitor answers those who asked it, and another one takes its place.
 */
static void
change_monitor(uint64_t now)
{
	reload_over(true);
	watcher_dismiss(&watcher);
	spawn_monitor(now);
}

/*
 * The next crew is ready: it serves from now on.
 */
static void
change(uint64_t now)
{
	struct crew		*former = crew;
	const struct setup	*setup = second->start.setup;

	crew = second;
	second = former;
	foreign = false;
	other = FORMER;
	other_due = now + CHANGE_MS;
	start_take_over(&crew->start);
	upgrade_orders(setup);
	crew_hand_over(former, crew);
	change_monitor(now);
	start_close(&former->start, &crew->start);
	log_notice("the configuration is in effect: %u listeners, %u backends, "
	    "%u relays", setup->nlisteners, setup->nbackends,
	    crew->start.relays);
}

/*
 * The former crew has ended, and what it sent has arrived; or it is left to itself: what it counts from now on is
 * not seen any more.
 */
static void
forget_former(void)
{
	start_carry();
	start_forget(&second->start, &crew->start);
	other = NOBODY;
}

/*
 * The channel of a relay that is left to itself stays open as long as it lives,
 * for the end of the parent is the end of its patience.  With too many of them it
 * has to end in its graceful time.
 */
static void
leave_relay(struct child *relay)
{
	unsigned	i;

	log_warn("process %d of the configuration before goes on with its "
	    "sessions", relay->pid);
	wait_want(relay->channel, 0);
	for (i = 0; i < LIMIT_RELAYS && left[i].pid != 0; i++)
		continue;
	if (i == LIMIT_RELAYS) {
		child_let_go(relay);
		return;
	}
	left[i] = *relay;
	relay->pid = 0;
	relay->channel = -1;
}

static void
bury_left(int pid)
{
	for (unsigned i = 0; i < LIMIT_RELAYS; i++)
		if (left[i].pid == pid)
			child_let_go(&left[i]);
}

/*
 * A former relay that still has sessions could not hand them over; it goes on
 * with them for as long as they last.
 */
static void
leave_former(void)
{
	crew_tell(crew, CHANNEL_ADOPT, 0, -1);
	for (unsigned i = 0; i < crew->start.relays; i++)
		crew->relays[i].settled = true;
	for (unsigned i = 0; i < second->start.relays; i++)
		if (second->relays[i].child.pid != 0)
			leave_relay(&second->relays[i].child);
	forget_former();
}

/*
 * Upgrade.
 */

static void
upgrade_begin(void)
{
	int	pid;

	if (!settled() || foreign) {
		upgrade = true;
		return;
	}
	upgrade = false;
	if ((pid = upgrade_try(job)) > 0)
		try_pid = pid;
	else
		log_error("%s cannot be tried: %s; this program goes on",
		    job->program, log_errno(pid));
}

static void
upgrade_go(const struct proc_exit *how)
{
	try_pid = 0;
	if (phase != RUNS)
		return;
	if (how->signal != 0 || how->status != 0) {
		log_error("%s is not taken as the new program: %s; this program "
		    "goes on", job->program, upgrade_status(how));
		return;
	}
	log_notice("becoming the new program %s", job->program);
	watcher_dismiss(&watcher);
	log_error("cannot become %s: %s; this program goes on", job->program,
	    log_errno(upgrade_exec(job, crew)));
}

/*
 * This is the new program.  What the old one has left is the crew that serves;
 * ours is the next one.  Returns whether there was one.
 */
static bool
upgrade_adopt(void)
{
	struct crew	*ours = crew;
	struct start	*old = &second->start;

	if (!upgrade_take(second))
		return false;
	old->foreground = job->foreground;
	old->ready_fd = -1;
	old->setup->server.graceful_ms = ours->start.setup->server.graceful_ms;
	old->setup->server.syslog_facility =
	    ours->start.setup->server.syslog_facility;
	crew = second;
	second = ours;
	foreign = true;
	start_use(old);
	(void)stat_open(old->relays, old->setup->nlisteners + 1, 1);
	return true;
}

/*
 * The ends of relays.
 */

static void
bury_counters(struct crew *whose, unsigned i)
{
	start_use(&whose->start);
	stat_bury(i);
	start_use(&crew->start);
}

static void
bury_ours(unsigned i, const struct proc_exit *how, uint64_t now)
{
	/* One that fails at the start has said why. */
	crew_bury(crew, i, how, phase == RUNS, now);
	bury_counters(crew, i);
	if (phase != STARTS)
		return;
	failed = true;
	stop(now);
}

static void
bury_other(unsigned i, const struct proc_exit *how, uint64_t now)
{
	crew_bury(second, i, how, other == NEXT || how->status != 0, now);
	if (other == NEXT)
		give_up("a relay did not start");
	else
		bury_counters(second, i);
}

static void
bury_watcher(const struct proc_exit *how, uint64_t now)
{
	if (phase == RUNS)
		child_report(&watcher, how, "", now);
	child_let_go(&watcher);
}

static void
reap(uint64_t now)
{
	struct proc_exit	how;
	int			i, pid;

	while ((pid = proc_reap(&how)) > 0) {
		if (pid == watcher.pid)
			bury_watcher(&how, now);
		else if (pid == try_pid)
			upgrade_go(&how);
		else if ((i = crew_find(crew, pid)) != -1)
			bury_ours((unsigned)i, &how, now);
		else if (other != NOBODY &&
		    (i = crew_find(second, pid)) != -1)
			bury_other((unsigned)i, &how, now);
		else
			bury_left(pid);
	}
}

static bool
may_respawn(void)
{
	return phase == RUNS && !foreign;
}

static void
respawn(uint64_t now)
{
	const struct child	*relay;
	int			 error;

	for (unsigned i = 0; i < crew->start.relays; i++) {
		relay = &crew->relays[i].child;
		if (relay->pid != 0 || now - relay->start_ms < RESPAWN_MS)
			continue;
		crew->start.room.hold = false;	/* nobody comes any more */
		if ((error = crew_spawn(crew, i, now)) == 0)
			log_notice("%s started again as process %d",
			    relay->name, relay->pid);
		else
			log_error("%s cannot be started again: %s",
			    relay->name, log_errno(error));
	}
}

static bool
lacks_monitor(void)
{
	return watcher.pid == 0 && monitor_wanted(crew->start.setup);
}

/*
 * The turn.
 */

static void
announce(uint64_t now)
{
	if (start_ready(&crew->start)) {
		phase_to(RUNS, UINT64_MAX);
		notify(NOTIFY_READY, "serving");
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
	if ((got & (PROC_HUP | PROC_USR1)) != 0)
		reload(now);
	if ((got & PROC_USR2) != 0)
		upgrade_begin();
}

static void
times(uint64_t now)
{
	if (phase == STARTS && crew_ready(crew))
		announce(now);
	if (phase == RUNS && other == NEXT && crew_ready(second))
		change(now);
	if (other == FORMER && crew_alive(second) == 0 && crew_settled(crew))
		forget_former();
	if (phase == RUNS && other != NOBODY && other_due <= now) {
		if (other == NEXT)
			give_up("the relays take too long to start");
		else
			leave_former();
	}
	if (settled() && (again || again_ms <= now))
		reload(now);
	if (upgrade && settled() && !foreign)
		upgrade_begin();
	if (may_respawn())
		respawn(now);
	if (phase == RUNS && lacks_monitor() &&
	    now - watcher.start_ms >= RESPAWN_MS)
		spawn_monitor(now);
	if (phase == DRAINS && phase_due <= now)
		stop(now);
	else if (phase == STOPS && phase_due <= now)
		kill_all();
	log_due = log_tick(now);
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int
timeout(uint64_t now)
{
	uint64_t	due = sooner(phase_due, log_due);

	for (unsigned i = 0; i < crew->start.relays && may_respawn(); i++)
		if (crew->relays[i].child.pid == 0)
			due = sooner(due, crew->relays[i].child.start_ms +
			    RESPAWN_MS);
	if (phase == RUNS) {
		due = sooner(due, again_ms);
		if (lacks_monitor())
			due = sooner(due, watcher.start_ms + RESPAWN_MS);
		if (other != NOBODY)
			due = sooner(due, other_due);
	}
	if (due == UINT64_MAX)
		return -1;
	if (due <= now)
		return 0;
	return due - now > INT32_MAX ? INT32_MAX : (int)(due - now);
}

/*
 * What the operator wants.
 */
static void
hear_monitor(uint64_t now)
{
	struct channel_note	note;

	while (child_hear(&watcher, &note)) {
		if (note.order == CHANNEL_KILL &&
		    note.relay < crew->start.relays)
			crew_kill_session(crew, &note);
		else if (note.order == CHANNEL_EMPTY)
			crew_tell(crew, CHANNEL_EMPTY, note.value, -1);
		else if (note.order == CHANNEL_RELOAD && phase == RUNS)
			reload(now);
		else if (note.order == CHANNEL_RELOAD)
			child_tell(&watcher, CHANNEL_RELOADED, 1, -1);
	}
}

static void
hear(uint32_t token, uint64_t now)
{
	if (token == WATCHER_TOKEN) {
		hear_monitor(now);
		return;
	}
	for (int c = 0; c < 2; c++)
		if (token >= crews[c].token &&
		    token - crews[c].token < LIMIT_RELAYS)
			crew_hear(&crews[c], token - crews[c].token);
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
		if (events[i].token != SIGNALS_TOKEN)
			hear(events[i].token, now);
	signals(now);
	reap(now);
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
	const int	most = OTHER_FDS + 4 * LIMIT_LISTENERS +
			    4 * LIMIT_RELAYS;
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

/*
 * An ordinary start.
 */
static bool
begin(void)
{
	if (!start_open(&crew->start))
		return false;
	phase_to(STARTS, UINT64_MAX);
	if (!open_waiter()) {
		start_close(&crew->start, NULL);
		return false;
	}
	if (!spawn_all(crew, os_now_ms())) {
		failed = true;
		stop(os_now_ms());
	} else
		spawn_monitor(os_now_ms());
	return true;
}

/*
 * After an upgrade.  That the new program takes the configuration was tried before;
 * if it cannot start all the same, the old relays serve on and it is tried again.
 */
static bool
begin_next(void)
{
	phase_to(RUNS, UINT64_MAX);
	if (!open_waiter() || !crew_watch(crew))
		return false;
	log_notice("sockproxy " VERSION " took over, process %d", proc_pid());
	if (!start_again(&second->start, &crew->start)) {
		again_ms = os_now_ms() + RESPAWN_MS;
		return true;
	}
	other = NEXT;
	other_due = os_now_ms() + CHANGE_MS;
	if (!spawn_all(second, os_now_ms()))
		give_up("a relay cannot be started");
	return true;
}

int
parent_run(const struct parent_job *what)
{
	job = what;
	for (unsigned c = 0; c < 2; c++)
		crew_open(&crews[c], CREW_TOKEN + c * LIMIT_RELAYS,
		    job->setups[c]);
	crew->start.foreground = job->foreground;
	crew->start.ready_fd = job->ready_fd;
	log_due = UINT64_MAX;
	if (!(upgrade_adopt() ? begin_next() : begin()))
		return EXIT_FAILURE;
	while (alive() > 0 || phase == RUNS)
		if (!turn())
			break;
	child_end(&watcher);
	if (!failed) {
		if (other == FORMER)
			start_carry();
		stat_print(crew->start.setup, put_statistics, NULL);
		log_notice("sockproxy stopped");
	}
	start_close(&crew->start, NULL);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

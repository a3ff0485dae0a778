/*
 * parent.c - keeps the relays running, and listens to signals.
 *
 * Reads no byte from the network.  It is in one phase at a time: it starts (until
 * every relay serves), runs, drains (no new clients), stops (all sessions are being
 * reset) or kills.  A relay that dies is replaced, at most once a second, as long
 * as the phase is run.
 *
 * There are two crews.  One serves.  The other is nobody (it has no relays), or the
 * next one, which begins (a reload; first its configuration is read), or the former
 * one, which hands over its sessions and ends.
 */
#include "parent.h"

#include <errno.h>
#include <stdlib.h>

#include "conf.h"
#include "crew.h"
#include "limits.h"
#include "listen.h"
#include "log.h"
#include "manager.h"
#include "monitor.h"
#include "os.h"
#include "reader.h"
#include "resolve.h"
#include "stat.h"
#include "table.h"
#include "text.h"
#include "upgrade.h"
#include "wait.h"
#include "watcher.h"

enum phase { STARTS, RUNS, DRAINS, STOPS, KILLS };

enum other { NOBODY, READS, NEXT, FORMER };

enum {
	SIGNALS_TOKEN,
	READER_TOKEN,
	WATCHER_TOKEN,
	CREW_TOKEN = WATCHER_TOKEN + WATCHERS,	/* two crews */
	DRAIN_MORE_MS = LIMIT_SHUTDOWN_LAST_MS + 200,	/* over the graceful time */
	HEAR_MS = 100,		/* for orders of the operator, in a turn */
	STOP_MS = 1000,		/* for a relay to obey CHANNEL_STOP */
	CHANGE_MS = 10000,	/* for a next crew to serve, a former one to end,
				   a new program to try itself */
	READ_MS = 10000,	/* more is worth a line */
	OTHER_FDS = 64
};

static const struct parent_job *job;
static struct crew	crews[2];
static struct crew	*crew = &crews[0];	/* the one that serves */
static struct crew	*second = &crews[1];	/* the other one */
static enum other	other;
static uint64_t		reload_ms = UINT64_MAX;	/* then; 0: as soon as settled */
static bool		upgrade;	/* the same */
static int		try_pid;	/* a new program tries itself; 0: none */
static uint64_t		try_due;	/* its patience ends; UINT64_MAX: it did */
static bool		foreign;	/* crew is an old program's: no setup */
static uint64_t		other_due;	/* NEXT, FORMER: patience ends */
static enum phase	phase;
static uint64_t		phase_due;	/* when a phase that ends is over */
static uint64_t		next_due;	/* something may have to be done then */
static bool		failed;		/* the start has failed */
static struct child	reader = { .name = "the reader", .channel = -1 };
static bool		only_names;	/* which it looks up, and reads nothing */

static unsigned
alive(void)
{
	return crew_alive(crew) + crew_alive(second);
}

/*
 * Nothing is going on that a reload or an upgrade would have to wait for.
 */
static bool
settled(void)
{
	return phase == RUNS && other == NOBODY && try_pid == 0;
}

/*
 * How a reload has ended, to all who want to know.  Without a setup there is no
 * staying as it was.
 */
static void
reload_over(bool good)
{
	if (!good && foreign)
		reload_ms = os_now_ms() + CHILD_RESPAWN_MS;
	watcher_over(good);
	manager_tell(NOTIFY_READY, good ? "serving, with a new configuration" :
	    "serving, with the configuration from before");
}

/*
 * A next crew is given up; the one that serves goes on as if nothing had been.
 */
static void
give_up(const char *why)
{
	log_error("the configuration is not changed: %s", why);
	watcher_say(why);
	reader_end(&reader);
	if (other == NEXT) {
		for (unsigned i = 0; i < second->start.relays; i++)
			child_end(&second->relays[i].child);
		start_forget(&second->start, &crew->start);
		start_close(&second->start, &crew->start);
		listen_over(false);
		crew_let_log(second);
	}
	other = NOBODY;
	reload_over(false);
}

/*
 * When others have had so much time.  It does not begin with the turn: what the
 * parent did in this one may have taken long.
 */
static uint64_t
from_now(uint64_t ms)
{
	return os_now_ms() + ms;
}

/*
 * Nothing else waits for names that had no address.
 */
static void
drop_names(void)
{
	if (other != READS || !only_names)
		return;
	reader_end(&reader);
	other = NOBODY;
}

static void
phase_to(enum phase to, uint64_t due)
{
	phase = to;
	phase_due = due;
}

/*
 * There will be no reload any more.
 */
static void
refuse_all(void)
{
	watcher_reads();
	watcher_over(false);
}

/*
 * No new clients; and for those who are here, an order to all relays.
 */
static void
end(enum channel_order order, uint32_t value)
{
	drop_names();
	if (other == READS || other == NEXT)
		give_up("sockproxy stops");
	refuse_all();
	crew_tell(crew, order, value, -1);
	crew_tell(second, order, value, -1);
	listen_close(&crew->start, NULL);
	listen_over(crew_has_left());
}

static void
drain(void)
{
	const uint32_t	graceful = crew->start.setup->server.graceful_ms.v;

	end(CHANNEL_DRAIN, graceful);
	manager_tell(NOTIFY_STOPPING, "no new clients");
	phase_to(DRAINS, graceful == 0 ? UINT64_MAX :
	    from_now((uint64_t)graceful + DRAIN_MORE_MS));
}

static void
stop(void)
{
	end(CHANNEL_STOP, 0);
	phase_to(STOPS, from_now(STOP_MS));
}

static void
kill_all(void)
{
	crew_kill(crew);
	crew_kill(second);
	phase_to(KILLS, UINT64_MAX);
}

static void
fail(void)
{
	failed = true;
	stop();
}

static bool
spawn_all(struct crew *one, uint64_t now)
{
	bool	good;

	start_use(&one->start);
	good = crew_start(one, now);
	start_use(&crew->start);
	return good;
}

/*
 * Reload.
 */

/*
 * The configuration was not taken.  The log is opened anew all the same.
 */
static void
refuse(void)
{
	log_error("the configuration is not changed");
	crew_log_again(crew);
	reload_over(false);
}

static void
reload(uint64_t now)
{
	int	error;

	reload_ms = UINT64_MAX;
	log_notice("reading the configuration again");
	manager_tell(NOTIFY_RELOADING, "reading the configuration again");
	watcher_reads();
	only_names = false;
	error = reader_start(&reader, job, NULL, READER_TOKEN, now);
	if (error != 0) {
		(void)start_fail("it cannot be read", error);
		watcher_say(log_last());
		refuse();
		return;
	}
	other = READS;
	other_due = from_now(READ_MS);
}

static void
look_up(uint64_t now)
{
	int	error;

	resolve_later(now);
	error = reader_start(&reader, job, crew->start.setup, READER_TOKEN,
	    now);
	if (error != 0) {
		log_error("names cannot be looked up: %s", log_errno(error));
		return;
	}
	only_names = true;
	other = READS;
	other_due = UINT64_MAX;
}

static void
hear_reader(void)
{
	struct channel_note	note;

	while (child_hear(&reader, &note))
		watcher_say(note.text);
}

/*
 * The configuration has been read, into the setup that is not in use.
 */
static void
have_read(const struct proc_exit *how, uint64_t now)
{
	bool	good;

	hear_reader();
	other = NOBODY;
	good = reader_take(&reader, how, second->start.setup, now);
	if (!good && only_names)
		return;
	if (how->signal != 0)
		watcher_say("the process that reads it was killed, see the log");
	if (good && !(good = start_again(&second->start, &crew->start)))
		watcher_say(log_last());
	if (!good) {
		refuse();
		return;
	}
	other = NEXT;
	if (!spawn_all(second, now))
		give_up(log_last());
	other_due = from_now(CHANGE_MS);
}

/*
 * The next crew is ready: it serves from now on.
 */
static void
change(void)
{
	struct crew		*former = crew;
	const struct setup	*setup = second->start.setup;

	crew = second;
	second = former;
	foreign = false;
	other = FORMER;
	start_take_over(&crew->start, &former->start);
	upgrade_orders(setup);
	if (!only_names)
		resolve_await(setup, os_now_ms());
	crew_hand_over(former, crew);
	watcher_change(&crew->start);
	reload_over(true);	/* what follows it is for the new monitor */
	start_close(&former->start, &crew->start);
	crew_let_log(former);
	log_notice("the configuration is in effect: %u listener%s, %u backend%s, "
	    "%u relay%s", setup->nlisteners, text_s(setup->nlisteners),
	    setup->nbackends, text_s(setup->nbackends), crew->start.relays,
	    text_s(crew->start.relays));
	other_due = from_now(CHANGE_MS);
}

/*
 * The former crew has ended, and what it sent has arrived; or it is left to
 * itself: what it counts from now on is not seen any more.
 */
static void
forget_former(void)
{
	start_carry();
	start_forget(&second->start, &crew->start);
	listen_over(crew_has_left());
	other = NOBODY;
}

/*
 * The new program has tried itself.
 */
static void
upgrade_go(const struct proc_exit *how)
{
	try_pid = 0;
	if (phase != RUNS || !upgrade_good(job, how, try_due == UINT64_MAX))
		return;
	watcher_dismiss();
	upgrade_exec(job, crew);
	watcher_change(&crew->start);
}

/*
 * What the operator wants.
 */
static void
hear_monitor(uint32_t token)
{
	const uint64_t		now = os_now_ms();
	struct channel_note	note;

	/* a relay that hangs makes each of them take its time */
	while (os_now_ms() - now < HEAR_MS && watcher_hear(token, &note)) {
		if (note.order == CHANNEL_KILL &&
		    note.relay < crew->start.relays)
			crew_kill_session(crew, &note);
		else if (note.order == CHANNEL_EMPTY)
			crew_tell(crew, CHANNEL_EMPTY, note.value, -1);
		else if (note.order == CHANNEL_RELOAD && phase == RUNS)
			reload_ms = 0;
		else if (note.order == CHANNEL_RELOAD)
			refuse_all();
	}
}

/*
 * One of them has ended: what it said before is as good as ever.
 */
static void
hear_monitors(void)
{
	for (uint32_t i = 0; i < WATCHERS; i++)
		hear_monitor(WATCHER_TOKEN + i);
}

/*
 * The ends of processes, and when they are stopped.
 */

static void
bury_shared(struct crew *whose, unsigned i)
{
	start_use(&whose->start);
	stat_bury(i);
	table_bury(i);
	start_use(&crew->start);
}

static void
bury_ours(unsigned i, const struct proc_exit *how, uint64_t now)
{
	/* One that fails at the start has said why. */
	crew_bury(crew, i, how, phase == RUNS, now);
	bury_shared(crew, i);
	if (phase == STARTS)
		fail();
}

static void
bury_other(unsigned i, const struct proc_exit *how, uint64_t now)
{
	const char	*log = second->start.log_path;
	char		 why[300];

	crew_bury(second, i, how, other == NEXT || how->status != 0, now);
	if (other == NEXT) {
		text_format(why, sizeof(why), "a relay did not start, see "
		    "%.250s", *log != '\0' ? log : "the log");
		give_up(why);
	} else
		bury_shared(second, i);
}

static const char *
name_of(int pid)
{
	int	i;

	if (pid == reader.pid)
		return reader.name;
	if (pid == try_pid)
		return "the new program";
	if ((i = crew_find(crew, pid)) != -1)
		return crew->relays[i].child.name;
	if ((i = crew_find(second, pid)) != -1)
		return second->relays[i].child.name;
	if (pid == crew->writer.pid || pid == second->writer.pid)
		return crew->writer.name;
	return watcher_has(pid) ? "the monitor" : "one of a former configuration";
}

static void
tell_change(int pid, const struct proc_exit *how)
{
	if (how->change == PROC_STOPPED)
		log_warn("%s (process %d) was stopped by signal %d: all it has "
		    "to do waits until it is continued", name_of(pid), pid,
		    how->signal);
	else
		log_notice("%s (process %d) was continued", name_of(pid), pid);
}

static void
reap(uint64_t now)
{
	struct proc_exit	how;
	int			i, pid;

	while ((pid = proc_reap(&how)) > 0) {
		if (how.change != PROC_ENDED) {
			tell_change(pid, &how);
			continue;
		}
		if (watcher_has(pid))
			hear_monitors();
		if (watcher_bury(pid, &how, phase == RUNS, now) ||
		    crew_bury_writer(crew, pid, &how, now) ||
		    crew_bury_writer(second, pid, &how, now))
			continue;
		if (pid == reader.pid)
			have_read(&how, now);
		else if (pid == try_pid)
			upgrade_go(&how);
		else if ((i = crew_find(crew, pid)) != -1)
			bury_ours((unsigned)i, &how, now);
		else if ((i = crew_find(second, pid)) != -1)
			bury_other((unsigned)i, &how, now);
		else
			crew_bury_left(pid);
	}
}

/*
 * The turn.
 */

static void
announce(void)
{
	if (!start_ready(&crew->start)) {
		fail();
		return;
	}
	phase_to(RUNS, UINT64_MAX);
	manager_tell(NOTIFY_READY, "serving");
	log_notice("sockproxy " VERSION " started, process %d", proc_pid());
	resolve_await(crew->start.setup, os_now_ms());
}

static void
signals(void)
{
	const unsigned	got = proc_signals_take();

	if (proc_signals_stops() >= 2 && phase < STOPS) {
		log_notice("told to stop again: sessions are reset now");
		stop();
	} else if (proc_signals_stops() >= 1 && phase < DRAINS) {
		log_notice("told to stop");
		drain();
	}
	if ((got & (PROC_HUP | PROC_USR1)) != 0)
		reload_ms = 0;
	if ((got & PROC_USR2) != 0)
		upgrade = true;
}

/*
 * The loop wakes at that time at the latest.
 */
static void
wake(uint64_t when)
{
	if (when < next_due)
		next_due = when;
}

/*
 * Whether something is to be done now; if not, the loop wakes when it is.  What
 * is done changes what is to be waited for: another turn comes right after it.
 */
static bool
is_due(uint64_t when, uint64_t now)
{
	wake(when);
	return when <= now;
}

static void
times(uint64_t now)
{
	static const char	*const slow = "reading the configuration takes "
				    "long: a command in it, or a name server";

	next_due = log_tick(now);
	if (phase == STARTS && crew_ready(crew))
		announce();
	if (phase == RUNS && other == NEXT && crew_ready(second))
		change();
	if (other == FORMER && crew_alive(second) == 0 && crew_settled(crew))
		forget_former();
	if (phase == RUNS && other != NOBODY && is_due(other_due, now)) {
		if (other == READS) {
			log_warn("%s", slow);
			watcher_say(slow);
			other_due = now + READ_MS;
		} else if (other == NEXT)
			give_up("the relays take too long to start");
		else {
			crew_leave(second, crew);
			forget_former();
		}
	}
	if (reload_ms <= now || upgrade)
		drop_names();
	if (settled() && is_due(reload_ms, now))
		reload(now);
	if (settled() && upgrade && !foreign) {
		upgrade = false;
		try_pid = upgrade_try(job);
		try_due = from_now(CHANGE_MS);
	}
	if (settled() && is_due(resolve_due(crew->start.setup), now))
		look_up(now);
	if (try_pid != 0 && is_due(try_due, now)) {
		proc_kill_group(try_pid);
		try_due = UINT64_MAX;
	}
	if (phase == RUNS && !foreign) {
		wake(crew_respawn(crew, now));
		wake(watcher_respawn(&crew->start, now));
	}
	if (phase == DRAINS && is_due(phase_due, now))
		stop();
	else if (phase == STOPS && is_due(phase_due, now))
		kill_all();
	wake(manager_turn(now));
}

static int
timeout(uint64_t now)
{
	if (next_due == UINT64_MAX)
		return -1;
	if (next_due <= now)
		return 0;
	return next_due - now > INT32_MAX ? INT32_MAX : (int)(next_due - now);
}

static void
hear(uint32_t token)
{
	if (token == READER_TOKEN)
		hear_reader();
	if (token - WATCHER_TOKEN < WATCHERS)
		hear_monitor(token);
	for (int c = 0; c < 2; c++)
		if (token - crews[c].token < CREW_TOKENS)
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
	if (n < 0) {
		log_error("waiting for events failed: %s: ending, the relays "
		    "drain", log_errno(n));
		failed = true;
		return false;
	}
	for (int i = 0; i < n; i++)
		hear(events[i].token);
	signals();
	reap(now);
	times(now);
	return true;
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
	    (error = wait_add(fd, WAIT_LEVEL, SIGNALS_TOKEN)) == 0)
		return true;
	return start_fail("cannot wait for signals", error);
}

/*
 * An ordinary start.
 */
static bool
begin(void)
{
	if (!start_open(&crew->start) || !open_waiter())
		return false;
	phase_to(STARTS, UINT64_MAX);
	if (!spawn_all(crew, os_now_ms()))
		fail();
	return true;
}

/*
 * This is the new program.  What the old one has left is the crew that serves,
 * and there is a reload right away.  That this program takes the configuration was
 * tried before; if it cannot start, the old relays serve on and it is tried again.
 */
static bool
begin_next(void)
{
	struct crew	*ours = crew;

	crew = second;
	second = ours;
	foreign = true;
	phase_to(RUNS, UINT64_MAX);
	if (!open_waiter() || !crew_watch(crew))
		return false;
	log_notice("sockproxy " VERSION " took over, process %d", proc_pid());
	reload_ms = 0;
	return true;
}

int
parent_run(const struct parent_job *what)
{
	bool	next;

	job = what;
	log_share();
	watcher_open(WATCHER_TOKEN);
	for (unsigned c = 0; c < 2; c++)
		crew_open(&crews[c], CREW_TOKEN + c * CREW_TOKENS,
		    job->setups[c]);
	crew->start.foreground = job->foreground;
	crew->start.ready_fd = job->ready_fd;
	next = upgrade_begins();
	if (next && !upgrade_take(second, job->foreground))
		return EXIT_FAILURE;
	if (next ? begin_next() : begin()) {
		while ((alive() > 0 || phase == RUNS) && turn())
			continue;
	} else
		failed = true;
	watcher_end();
	proc_kill_group(try_pid);
	if (!failed) {
		if (other == FORMER)
			start_carry();
		log_patient();
		stat_print(crew->start.setup, put_statistics, NULL);
		log_notice("sockproxy stopped");
	}
	start_close(&crew->start, NULL);
	crew_finish_log(crew);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

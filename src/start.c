/*
 * start.c - the steps of a start, in order, each with its sentence for when it
 * fails; and undoing them.
 *
 * Owns the listeners, the log's descriptor and the pid file as long as the parent
 * lives.  A start that fails leaves no file, no socket and no process.
 */
#include "start.h"

#include <errno.h>
#include <string.h>

#include "bound.h"
#include "conf.h"
#include "doors.h"
#include "former.h"
#include "limits.h"
#include "listen.h"
#include "log.h"
#include "logio.h"
#include "loop.h"
#include "os.h"
#include "place.h"
#include "resolve.h"
#include "stat.h"
#include "table.h"
#include "text.h"

enum { STDERR = 2 };

static const char *
string(const struct start *start, const struct setting *setting)
{
	return conf_string(start->setup, setting->v);
}

/*
 * Sockets from the service manager.  Asked for before the process forks, since
 * they are meant for this process number, and even when they are not wanted, so
 * that nobody else takes them for his.
 */
static bool
take_activation(struct start *start, int *count)
{
	const struct setting	*setting = &start->setup->server.systemd;

	*count = proc_listen_fds();
	if (setting->v == 0)
		*count = 0;
	if (*count < 0) {
		log_fatal("the sockets of the service manager cannot be used: "
		    "LISTEN_FDS and LISTEN_PID %s", *count == -EBADF ?
		    "name a descriptor that is not open" : "make no sense");
		return false;
	}
	if (*count > LIMIT_LISTENERS) {
		log_fatal("LISTEN_FDS is %d, more than LIMIT_LISTENERS = %d",
		    *count, LIMIT_LISTENERS);
		return false;
	}
	return true;
}

/*
 * A descriptor that is not open now would be one of ours later.
 */
static bool
check_ready_fd(const struct start *start)
{
	struct os_addr	addr;

	if (start->ready_fd == -1 ||
	    os_sockname(start->ready_fd, &addr) != -EBADF)
		return true;
	log_fatal("-R %d: that descriptor is not open", start->ready_fd);
	return false;
}

static void
close_inherited(const struct start *start, int activated)
{
	static int	keep[LIMIT_LISTENERS + 1];

	for (int i = 0; i < activated; i++)
		keep[i] = PROC_LISTEN_FIRST + i;
	keep[activated] = start->ready_fd;
	proc_close_others(keep, (unsigned)activated + 1);
}

static bool
background(const struct start *start)
{
	int	error;

	if (start->foreground || (error = proc_daemon()) == 0)
		return true;
	log_fatal("cannot go to the background: %s", log_errno(error));
	return false;
}

/*
 * The absolute form of a path in the configuration, which outlives chdir.
 */
static bool
settle_path(const struct start *start, const struct setting *setting,
    const char *key, char *to)
{
	const char	*path = string(start, setting);
	int		 error;

	to[0] = '\0';
	if (path[0] == '\0' ||
	    (error = file_absolute(path, to, START_PATH)) == 0)
		return true;
	log_fatal("%s: %s: \"%.200s\": %s", place(start->setup, setting->at),
	    key, path, log_errno(error));
	return false;
}

static bool
settle_paths(struct start *start)
{
	const struct setup_server	*server = &start->setup->server;

	return settle_path(start, &server->chroot, "server.chroot",
	    start->chroot) &&
	    settle_path(start, &server->pid_file, "server.pid-file",
	    start->pid_path) &&
	    settle_path(start, &server->errorlog, "server.errorlog",
	    start->log_path) &&
	    settle_path(start, &server->control, "sockproxy.control",
	    start->control_path);
}

static bool
open_log_file(struct start *start)
{
	const struct setting	*setting = &start->setup->server.errorlog;

	start->log_fd = logio_open(start->log_path);
	if (start->log_fd >= 0) {
		log_open(start->log_fd, true, 0);
		log_echo(true);
		return true;
	}
	log_fatal("%s: server.errorlog: cannot open %.200s: %s",
	    place(start->setup, setting->at), start->log_path,
	    log_errno(start->log_fd));
	start->log_fd = -1;
	return false;
}

/*
 * A logger that is not there yet is no reason not to start.
 */
static void
open_syslog(const struct start *start)
{
	int	error;

	if ((error = logio_syslog_open()) != 0)
		log_warn("the system's logger cannot be reached: %s; log lines "
		    "are lost until it can", log_errno(error));
	log_open(-1, false, (int)start->setup->server.syslog_facility.v);
	log_echo(true);
}

/*
 * Without a place for the log, a daemon has only the system's logger: standard
 * error ends with the terminal.
 */
static bool
open_log(struct start *start)
{
	if (start->setup->server.use_syslog.v != 0)
		start->log_path[0] = '\0';
	else if (start->log_path[0] != '\0')
		return open_log_file(start);
	else if (start->foreground) {
		start->log_fd = logio_own(STDERR);
		if (start->log_fd < 0)
			start->log_fd = -1;
		log_open(start->log_fd < 0 ? STDERR : start->log_fd, true, 0);
		return true;
	}
	open_syslog(start);
	return true;
}

/*
 * Who the relays become.  As in lighttpd, only the superuser's start looks at it.
 */
static bool
find_user(struct start *start)
{
	const struct setup_server	*server = &start->setup->server;
	const char			*user = string(start, &server->username);
	const char			*group = string(start, &server->groupname);
	const struct setting		*bad = &server->username;
	const char			*at;
	int				 error;

	if (*user == '\0' && *group == '\0')
		return true;
	if (*user == '\0')
		user = NULL;
	if (*group == '\0')
		group = NULL;
	error = proc_user(user, group, &start->user);
	start->drop = error == 0 && proc_is_root();
	if (error == 0)
		return true;
	if (user == NULL || error == -ESRCH)
		bad = &server->groupname;
	at = place(start->setup, bad->at);
	if (error == -ESRCH || error == -ENOENT)
		log_fatal("%s: there is no %s \"%.200s\"", at,
		    error == -ESRCH ? "group" : "user", string(start, bad));
	else
		log_fatal("%s: cannot look up \"%.200s\": %s", at,
		    string(start, bad), log_errno(error));
	return false;
}

static void
warn_of_privileges(const struct start *start)
{
	const struct setup_server	*server = &start->setup->server;

	if (proc_is_root()) {
		if (server->username.v == 0)
			log_warn("started by root without server.username: "
			    "the relays stay root");
		return;
	}
	if (server->username.v != 0 || server->groupname.v != 0)
		log_warn("%s: not started by root: the relays stay who we are",
		    place(start->setup, server->username.v != 0 ?
		    server->username.at : server->groupname.at));
}

static bool
open_pid_file(struct start *start)
{
	const struct setting	*setting = &start->setup->server.pid_file;
	const char		*at;
	int			 error;

	if (start->pid_path[0] == '\0')
		return true;
	error = start->pid_fd = file_pid_open(start->pid_path);
	if (error < 0)
		start->pid_fd = -1;
	else if ((error = file_pid_write(start->pid_fd)) == 0)
		return true;
	at = place(start->setup, setting->at);
	if (error == -EBUSY)
		log_fatal("%s: server.pid-file %.200s is locked: sockproxy "
		    "runs already", at, start->pid_path);
	else
		log_fatal("%s: cannot write server.pid-file %.200s: %s", at,
		    start->pid_path, log_errno(error));
	return false;
}

/*
 * What all processes see: counters, and the tables of the sessions.
 */
static bool
open_tables(const struct start *start)
{
	const struct setup	*setup = start->setup;
	unsigned		 sessions = loop_sessions(setup);
	size_t			 needed;
	char			 size[32];

	if (start->room.rows > sessions)
		sessions = start->room.rows;
	if (stat_open(start->relays, setup->nlisteners + 1,
	    setup->nbackends + 1) &&
	    table_map(start->relays, sessions) && monitor_map(setup))
		return true;
	needed = stat_memory(start->relays, setup->nlisteners,
	    setup->nbackends) + start->relays * table_memory(setup, sessions) +
	    monitor_memory(setup);
	log_fatal("out of memory: %s are needed for the tables of sessions and "
	    "counters; lower server.max-connections = %u",
	    text_bytes(size, sizeof(size), needed),
	    setup->server.max_connections.v);
	return false;
}

static bool
check_relays(struct start *start)
{
	const struct setting	*setting = &start->setup->server.max_worker;

	start->relays = loop_relays(start->setup);
	if (start->relays <= LIMIT_RELAYS)
		return true;
	log_fatal("%s: server.max-worker = %u is more than LIMIT_RELAYS = %d",
	    place(start->setup, setting->at), setting->v,
	    LIMIT_RELAYS);
	return false;
}

/*
 * From here on a signal is an order to the parent's loop and does not end the
 * process: there will be files to remove.  Until here, with names being looked up,
 * it may.
 */
static bool
catch_signals(void)
{
	int	fd;

	if ((fd = proc_signals_open()) >= 0)
		return true;
	log_fatal("cannot catch signals: %s", log_errno(fd));
	return false;
}

/*
 * All after the process is the one that stays.
 */
static bool
open_parts(struct start *start, int activated)
{
	char	bound[256];

	if (!settle_paths(start) || !open_log(start) || !find_user(start) ||
	    !check_relays(start))
		return false;
	warn_of_privileges(start);
	resolve_backends(start->setup);
	if (!resolve_listeners(start->setup) || !bound_settle(start->setup))
		return false;
	former_entries(start->setup);
	log_info("%s", bound_text(start->setup, start->relays, bound,
	    sizeof(bound)));
	return catch_signals() && listen_open(start, activated) &&
	    open_pid_file(start) && doors_open(start, NULL) &&
	    open_tables(start);
}

static void
open_nothing(struct start *start)
{
	start->log_fd = start->pid_fd = -1;
	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		start->listeners[i] = -1;
	for (int i = 0; i < DOORS; i++)
		start->doors[i].fd = -1;
}

bool
start_open(struct start *start)
{
	int	activated;

	open_nothing(start);
	start->any_port = start->ready_fd != -1;
	if (!check_ready_fd(start) || !take_activation(start, &activated))
		return false;
	close_inherited(start, activated);
	if (!background(start))
		return false;
	if (open_parts(start, activated))
		return true;
	start_close(start);
	return false;
}

/*
 * Names that cannot be resolved now keep the addresses they had.
 */
static void
keep_addresses(struct setup *next, const struct setup *now)
{
	static uint16_t	listeners[LIMIT_LISTENERS + 1];
	static uint16_t	backends[LIMIT_BACKENDS + 1];
	struct setup_backend	*to;

	former_map(now, next, listeners, backends);
	for (unsigned i = 0; i < now->nbackends; i++) {
		to = &next->backends[backends[i]];
		if (backends[i] < next->nbackends &&
		    to->addr.family == OS_NONE)
			to->addr = now->backends[i].addr;
	}
}

/*
 * A relay can get all that the relays before it have.
 */
static void
size_room(struct start *next, const struct start *now)
{
	struct stat_global	sum;
	const uint64_t		relays = now->relays;
	uint64_t		sessions = relays * loop_sessions(now->setup);
	uint64_t		buffers = relays * loop_buffers(now->setup);

	stat_sum_global(&sum);
	if (sum.active > sessions)
		sessions = sum.active;
	if (sum.buffers_used > buffers)
		buffers = sum.buffers_used;
	next->room = (struct loop_room){ .rows = (unsigned)sessions,
	    .buffers = (unsigned)buffers, .hold = true };
	/* If it cannot be had, the relays have what bound_settle has got. */
	(void)proc_set_nofile(loop_descriptors(next->setup) +
	    loop_room_descriptors(&next->room));
}

void
start_use_log(const struct start *start)
{
	if (start->log_fd != -1)
		log_open(start->log_fd, true, 0);
	else
		log_open(-1, false,
		    (int)start->setup->server.syslog_facility.v);
}

static bool
log_again(struct start *next, const struct start *now)
{
	if (next->setup->server.use_syslog.v != 0)
		next->log_path[0] = '\0';
	else if (next->log_path[0] != '\0') {
		next->log_fd = logio_open(next->log_path);
		if (next->log_fd >= 0)
			return true;
		log_fatal("server.errorlog: cannot open %.200s: %s",
		    next->log_path, log_errno(next->log_fd));
		next->log_fd = -1;
		return false;
	} else if (next->foreground && now->log_path[0] == '\0') {
		next->log_fd = now->log_fd;
		if (next->log_fd != -1)
			return true;
	}
	(void)logio_syslog_open();
	return true;
}

/*
 * The same file must not be opened twice: closing one would end the lock.
 */
static bool
pid_again(struct start *next, const struct start *now)
{
	if (now->pid_fd == -1 || !file_pid_is(now->pid_fd, next->pid_path))
		return open_pid_file(next);
	next->pid_fd = now->pid_fd;
	return true;
}

static bool
parts_again(struct start *next, struct start *now)
{
	if (!settle_paths(next) || !log_again(next, now) || !find_user(next) ||
	    !check_relays(next))
		return false;
	resolve_backends(next->setup);
	keep_addresses(next->setup, now->setup);
	if (!resolve_listeners(next->setup) || !bound_settle(next->setup))
		return false;
	former_entries(next->setup);
	size_room(next, now);
	return listen_again(next, now) && doors_open(next, now) &&
	    pid_again(next, now);
}

/*
 * Let go of what only this generation has; of its counters and tables only when
 * they are in use.
 */
static void
close_own(struct start *start, const struct start *other)
{
	if (start->pid_fd != -1 && start->pid_fd != other->pid_fd)
		file_pid_remove(start->pid_fd, start->pid_path);
	start->pid_fd = -1;
	if (start->log_fd != -1 && start->log_fd != other->log_fd)
		os_drop(start->log_fd);
	start->log_fd = -1;
}

/*
 * Counters and tables: those in use against those that lie aside in a start.
 */
static void
swap_areas(struct start *start)
{
	stat_swap(&start->stats);
	table_swap(&start->tables);
	monitor_swap(&start->board);
}

static void
unmap_areas(void)
{
	stat_close();
	table_unmap();
	monitor_unmap();
}

bool
start_again(struct start *next, struct start *now)
{
	struct setup	*setup = next->setup;

	*next = (struct start){ .setup = setup, .ready_fd = -1,
	    .foreground = now->foreground, .any_port = now->any_port };
	open_nothing(next);
	if (!parts_again(next, now)) {
		listen_revert(next);
		doors_revert(next);
		close_own(next, now);
		return false;
	}
	swap_areas(now);
	start_use_log(next);
	if (open_tables(next))
		return true;
	start_revert(next, now);
	return false;
}

void
start_settle(struct start *former, const struct start *now)
{
	listen_close(former, now);
	doors_close(former, now);
	close_own(former, now);
}

void
start_forget(struct start *former)
{
	swap_areas(former);
	unmap_areas();
	swap_areas(former);
}

void
start_revert(struct start *next, struct start *now)
{
	unmap_areas();
	swap_areas(now);
	start_use_log(now);
	listen_revert(next);
	doors_revert(next);
	close_own(next, now);
}

bool
start_ready(struct start *start)
{
	int	error;

	if (!listen_tell(start) || !doors_tell(start))
		return false;
	if (start->ready_fd != -1) {
		os_drop(start->ready_fd);
		start->ready_fd = -1;
	}
	if (!start->foreground && (error = proc_daemon_ready(false)) != 0) {
		log_fatal("cannot leave the terminal: %s", log_errno(error));
		return false;
	}
	log_echo(false);
	return true;
}

void
start_close(struct start *start)
{
	listen_close(start, NULL);
	if (start->pid_fd != -1)
		file_pid_remove(start->pid_fd, start->pid_path);
	start->pid_fd = -1;
	doors_close(start, NULL);
	unmap_areas();
	/* The log stays open: the last lines are still to come. */
}

bool
start_reopen_log(struct start *start)
{
	int	fd;

	if (start->log_path[0] == '\0')
		return false;
	if ((fd = logio_open(start->log_path)) < 0) {
		log_error("cannot open the log %.200s again, the old file is "
		    "kept: %s", start->log_path, log_errno(fd));
		return false;
	}
	os_drop(log_move(fd));
	start->log_fd = fd;
	log_notice("log file opened anew");
	return true;
}

/*
 * start.c - the steps of a start, in order, each with its sentence for when it
 * fails; and undoing them.
 *
 * Owns the listeners, the log's descriptor and the pid file as long as the parent
 * lives.  A start that fails leaves no file, no socket and no process.
 */
#include "start.h"

#include <errno.h>

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
#include "share.h"
#include "stat.h"
#include "table.h"
#include "text.h"

enum { STDERR = 2 };

static const struct start *used;	/* its counters, tables, log are in use */
static struct {
	struct stat_area stats;
	struct table_area tables;
	struct monitor_area board;
} aside;				/* those of the other generation */

/* The numbers that listeners and backends of a former generation have now. */
static uint16_t	listener_now[LIMIT_LISTENERS + 1];
static uint16_t	backend_now[LIMIT_BACKENDS + 1];
static uint16_t	backend_was[LIMIT_BACKENDS + 1];	/* the other way round */

static const char *
string(const struct start *start, const struct setting *setting)
{
	return conf_string(start->setup, setting->v);
}

bool
start_fail(const char *what, int error)
{
	log_fatal("%s: %s", what, log_errno(error));
	return false;
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
	int	keep[LIMIT_LISTENERS + 1];

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
	return start_fail("cannot go to the background", error);
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
	return place_fatal(start->setup, setting->at, "%s: \"%.200s\": %s",
	    key, path, log_errno(error));
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

/*
 * A pid file is removed with all that is in it, and to open ours once more and close
 * it would end its lock.
 */
static bool
log_is_apart(const struct start *start, int pid_fd)
{
	if (pid_fd == -1 || start->log_path[0] == '\0' ||
	    !file_pid_is(pid_fd, start->log_path))
		return true;
	return place_fatal(start->setup, start->setup->server.errorlog.at,
	    "server.errorlog: %.200s is the pid file", start->log_path);
}

/*
 * Without a place for the log, a daemon has only the system's logger: standard
 * error ends with the terminal.  A logger that is not there yet is no reason not to
 * start.
 */
static bool
open_log(struct start *start, const struct start *former)
{
	const struct setup_server	*server = &start->setup->server;
	int				 error, fd = -1;

	if (server->use_syslog.v != 0)
		start->log_path[0] = '\0';
	else if (former != NULL && !log_is_apart(start, former->pid_fd))
		return false;
	else if (start->log_path[0] != '\0')
		fd = logio_open(start->log_path);
	else if (start->foreground)
		fd = logio_own(STDERR);
	if (fd >= 0) {
		start->log_fd = fd;
		return true;
	}
	if (start->log_path[0] != '\0')
		return place_fatal(start->setup, server->errorlog.at,
		    "server.errorlog: cannot open %.200s: %s",
		    start->log_path, log_errno(fd));
	if ((error = logio_syslog_open()) != 0)
		log_warn("the system's logger (/dev/log, or in /var/run) cannot "
		    "be reached: %s; log lines are lost until it can",
		    log_errno(error));
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
	const char			*why;
	int				 error;

	if (*user == '\0' && *group == '\0')
		return true;
	error = proc_user(*user == '\0' ? NULL : user,
	    *group == '\0' ? NULL : group, &start->user);
	if (error == 0) {
		start->drop = proc_is_root();
		return true;
	}
	why = log_errno(error);
	if (error == -ENOENT)
		why = "there is no such user";
	else if (error == -ESRCH && *group == '\0')
		why = "this user has no group: server.groupname is needed";
	else if (error == -ESRCH)
		why = "there is no such group";
	if (*user == '\0' || (error == -ESRCH && *group != '\0'))
		bad = &server->groupname;
	return place_fatal(start->setup, bad->at,
	    "cannot become \"%.200s\": %s", string(start, bad), why);
}

static void
warn_of_privileges(const struct start *start)
{
	const struct setup_server	*server = &start->setup->server;
	const struct setting		*wanted = server->username.v != 0 ?
	    &server->username : server->groupname.v != 0 ?
	    &server->groupname : &server->chroot;

	if (proc_is_root()) {
		if (server->username.v == 0)
			log_warn("started by root without server.username: "
			    "the relays stay root");
		return;
	}
	if (wanted->v != 0)
		place_warn(start->setup, wanted->at, "not started by root: "
		    "user, group and chroot have no effect");
}

/*
 * The same file must not be opened twice: closing one would end the lock.
 */
static bool
open_pid_file(struct start *start, const struct start *former)
{
	const struct setting	*setting = &start->setup->server.pid_file;
	int			 error;

	if (start->pid_path[0] == '\0')
		return true;
	if (former != NULL && former->pid_fd != -1 &&
	    file_pid_is(former->pid_fd, start->pid_path)) {
		start->pid_fd = former->pid_fd;
		return true;
	}
	error = start->pid_fd = file_pid_open(start->pid_path);
	if (error < 0)
		start->pid_fd = -1;
	else if ((error = file_pid_write(start->pid_fd)) == 0)
		return true;
	return place_fatal(start->setup, setting->at,
	    "cannot take server.pid-file %.200s: %s", start->pid_path,
	    error == -EBUSY ? "it is locked: sockproxy runs already" :
	    error == -EEXIST ? "it holds more than a number" :
	    log_errno(error));
}

/*
 * Counters and tables: what all processes see.
 */
static bool
open_tables(const struct start *start, const struct start *former)
{
	const struct setup	*setup = start->setup;
	unsigned		 sessions = share_sessions(setup, 0);
	uint64_t		 needed;
	char			 size[TEXT_SHORT];
	bool			 good;

	/* those of a relay that hangs may come when there are new ones */
	sessions += start->room.rows;
	start_use(start);
	good = stat_open(start->relays, setup->nlisteners + 1,
	    setup->nbackends + 1) &&
	    table_map(start->relays, sessions) && monitor_map(setup);
	if (former != NULL)
		start_use(former);
	if (good)
		return true;
	if (former != NULL)
		start_forget(start, former);
	needed = stat_memory(start->relays, setup->nlisteners,
	    setup->nbackends) + start->relays * table_memory(setup, sessions) +
	    monitor_memory(setup);
	log_fatal("out of memory: %s are needed for the tables of sessions and "
	    "counters; lower server.max-connections = %u",
	    text_bytes(size, needed),
	    setup->server.max_connections.v);
	return false;
}

/*
 * From here on a signal is an order to the parent's loop and does not end the
 * process: there will be files to remove.  Until here, with names being looked up,
 * one to stop may, and others wait.
 */
static bool
catch_signals(void)
{
	int	fd;

	if ((fd = proc_signals_open()) >= 0)
		return true;
	return start_fail("cannot catch signals", fd);
}

/*
 * More than its setup allows a generation can only have from the one before: what
 * relays say is believed up to that.
 */
static uint64_t
most_of(uint64_t allowed, uint64_t room, uint64_t said)
{
	const uint64_t	most = allowed + room;

	return said > most ? most : said > allowed ? said : allowed;
}

void
start_has(const struct start *start, uint64_t *sessions, uint64_t *buffers)
{
	struct stat_global	sum;

	stat_sum_global(&sum);
	*sessions = most_of((uint64_t)start->relays *
	    share_sessions(start->setup, 0), start->room.rows, sum.active);
	*buffers = most_of((uint64_t)start->relays *
	    loop_buffers(start->setup), start->room.buffers, sum.buffers_used);
}

/*
 * A relay can get all that the relays before it have.  The parent has the listeners
 * of both generations for a while.
 */
static void
size_room(struct start *next, const struct start *now)
{
	uint64_t	sessions, buffers, need, limit, most;

	start_has(now, &sessions, &buffers);
	next->room = (struct loop_room){ .rows = (unsigned)sessions,
	    .buffers = (unsigned)buffers, .hold = true };
	need = loop_descriptors(next->setup) +
	    loop_room_descriptors(&next->room) + now->setup->nlisteners;
	proc_nofile(&limit, &most);
	/* If it cannot be had, as much as there is. */
	if (need > limit && proc_set_nofile(need) != 0)
		(void)proc_set_nofile(most);
}

static void
follow(struct start *next, const struct start *former)
{
	former_map(former->setup, next->setup, listener_now, backend_now,
	    backend_was);
	former_addresses(former->setup, next->setup, backend_was);
	size_room(next, former);
}

/*
 * The first one has to say what goes wrong where somebody sees it, too.
 */
static void
say_first(struct start *start)
{
	start_use(start);
	log_echo(!start->foreground || start->log_path[0] != '\0' ||
	    start->setup->server.use_syslog.v != 0);
}

/*
 * All after the process is the one that stays.
 */
static bool
open_parts(struct start *start, const struct start *former, int activated)
{
	char	bound[256];

	if (!settle_paths(start) || !open_log(start, former))
		return false;
	if (former == NULL)
		say_first(start);
	if (!find_user(start))
		return false;
	warn_of_privileges(start);
	start->relays = share_relays(start->setup);
	/* names of a next generation are addresses already */
	if ((former == NULL && !resolve_names(start->setup, true)) ||
	    !bound_settle(start->setup))
		return false;
	former_entries(start->setup);
	if (former != NULL)
		follow(start, former);
	log_info("%s", bound_text(start->setup, start->relays, bound,
	    sizeof(bound)));
	return catch_signals() && listen_open(start, former, activated) &&
	    open_pid_file(start, former) &&
	    log_is_apart(start, start->pid_fd) &&
	    doors_open(start, former) &&
	    open_tables(start, former);
}

static bool
open_all(struct start *start, const struct start *former, int activated)
{
	if (open_parts(start, former, activated))
		return true;
	start_close(start, former);
	listen_over(false);
	return false;
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
	if (!check_ready_fd(start) || !take_activation(start, &activated))
		return false;
	close_inherited(start, activated);
	return background(start) && open_all(start, NULL, activated);
}

bool
start_again(struct start *next, const struct start *former)
{
	struct setup	*setup = next->setup;

	*next = (struct start){ .setup = setup, .ready_fd = -1,
	    .foreground = former->foreground };
	open_nothing(next);
	return open_all(next, former, 0);
}

static void
swap(void)
{
	stat_swap(&aside.stats);
	table_swap(&aside.tables);
	monitor_swap(&aside.board);
}

void
start_use(const struct start *start)
{
	if (used != NULL && used != start)
		swap();
	used = start;
	if (start->log_fd != -1)
		log_open(start->log_fd, true, 0);
	else
		log_open(-1, false,
		    (int)start->setup->server.syslog_facility.v);
	log_piped(start->log_piped);
}

void
start_let_other(void)
{
	swap();
	start_let_tables();
	swap();
}

void
start_let_tables(void)
{
	stat_close();
	table_unmap();
	monitor_unmap();
}

void
start_carry(void)
{
	stat_carry(&aside.stats, listener_now, backend_now);
}

void
start_take_over(const struct start *next, const struct start *former)
{
	listen_change(next, former);
	doors_change(next);
	start_use(next);
	start_carry();
	monitor_carry(&aside.board, backend_now, backend_was);
}

void
start_forget(const struct start *start, const struct start *other)
{
	start_use(start);
	start_let_tables();
	start_use(other);
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
		/* that may have been standard output */
		if ((error = proc_standard()) != 0)
			return start_fail("cannot open /dev/null", error);
	}
	if (!start->foreground && (error = proc_daemon_ready()) != 0)
		return start_fail("cannot leave the terminal", error);
	log_echo(false);
	return true;
}

void
start_close(struct start *start, const struct start *other)
{
	listen_close(start, other);
	doors_close(start, other);
	if (start->pid_fd != -1 &&
	    (other == NULL || start->pid_fd != other->pid_fd))
		file_pid_remove(start->pid_fd, start->pid_path);
	start->pid_fd = -1;
	/* Without another one the last lines are still to come. */
	if (start->log_fd != -1 && other != NULL)
		os_drop(start->log_fd);
	start->log_fd = -1;
}

int
start_log_again(const struct start *start)
{
	int	fd;

	if (start->log_path[0] == '\0')
		return -1;
	if ((fd = logio_open(start->log_path)) >= 0)
		return fd;
	log_error("cannot open the log %.200s again: %s", start->log_path,
	    log_errno(fd));
	return -1;
}

void
start_log_piped(struct start *start, int fd)
{
	os_drop(start->log_fd);
	start->log_fd = fd;
	start->log_piped = true;
	start_use(start);
}

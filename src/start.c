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

#include "addr.h"
#include "bound.h"
#include "conf.h"
#include "limits.h"
#include "log.h"
#include "logio.h"
#include "loop.h"
#include "os.h"
#include "resolve.h"
#include "stat.h"
#include "table.h"
#include "text.h"

enum {
	PLACE = 256,		/* "file:line" */
	STDERR = 2,
	SHOWN = 200		/* bytes of a name in a message */
};

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
	char		 at[PLACE];
	int		 error;

	to[0] = '\0';
	if (path[0] == '\0' ||
	    (error = file_absolute(path, to, START_PATH)) == 0)
		return true;
	log_fatal("%s: %s: \"%.*s\": %s", conf_at(start->setup, setting->at,
	    at, sizeof(at)), key, SHOWN, path, log_errno(error));
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
	    start->log_path);
}

static bool
open_log_file(struct start *start)
{
	const struct setting	*setting = &start->setup->server.errorlog;
	char			 at[PLACE];

	start->log_fd = logio_open(start->log_path);
	if (start->log_fd >= 0) {
		log_open(start->log_fd, true, 0);
		log_echo(true);
		return true;
	}
	log_fatal("%s: server.errorlog: cannot open %.*s: %s",
	    conf_at(start->setup, setting->at, at, sizeof(at)), SHOWN,
	    start->log_path, log_errno(start->log_fd));
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
	char				 at[PLACE];
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
	conf_at(start->setup, bad->at, at, sizeof(at));
	if (error == -ESRCH || error == -ENOENT)
		log_fatal("%s: there is no %s \"%.*s\"", at,
		    error == -ESRCH ? "group" : "user", SHOWN,
		    string(start, bad));
	else
		log_fatal("%s: cannot look up \"%.*s\": %s", at, SHOWN,
		    string(start, bad), log_errno(error));
	return false;
}

static void
warn_of_privileges(const struct start *start)
{
	const struct setup_server	*server = &start->setup->server;
	char				 at[PLACE];

	if (proc_is_root()) {
		if (server->username.v == 0)
			log_warn("started by root without server.username: "
			    "the relays stay root");
		return;
	}
	if (server->username.v != 0 || server->groupname.v != 0)
		log_warn("%s: not started by root: the relays stay who we are",
		    conf_at(start->setup, server->username.v != 0 ?
		    server->username.at : server->groupname.at, at,
		    sizeof(at)));
}

/*
 * Ports of 0 are for tests, which ask with -R what came of them.
 */
static bool
check_ports(const struct start *start)
{
	const struct setup_listener	*l;
	char				 at[PLACE];

	if (start->ready_fd != -1)
		return true;
	for (unsigned i = 0; i < start->setup->nlisteners; i++) {
		l = &start->setup->listeners[i];
		if (l->addr.family == OS_UNIX || l->addr.port != 0)
			continue;
		log_fatal("%s: cannot listen on \"%.*s\": a port is from 1 to "
		    "65535", conf_at(start->setup, l->at, at, sizeof(at)),
		    SHOWN, conf_string(start->setup, l->name));
		return false;
	}
	return true;
}

static void
listen_options(const struct start *start, const struct setup_listener *l,
    struct os_listen *options)
{
	const char	*filter = string(start, &l->accept_filter);

	*options = (struct os_listen){
		.backlog = (int)l->backlog.v,
		.v6only = l->v6only.v != 0,
		.transparent = l->transparent.v != 0,
		.defer_accept = l->defer_accept.v,
		.accept_filter = *filter == '\0' ? NULL : filter,
		.mode = l->perms.v == UINT32_MAX ? -1 : (int)l->perms.v
	};
}

static const char *
listen_error(const struct setup_listener *l, int error)
{
	switch (error) {
	case -EEXIST:
		return "a file that is not a socket is in the way";
	case -EACCES:
		return l->addr.family != OS_UNIX && l->addr.port < 1024 ?
		    "permission denied (ports below 1024 are the superuser's)" :
		    "permission denied";
	case -ENOENT:
		return "the directory does not exist";
	case -ENAMETOOLONG:
		return "the path is too long for a socket";
	default:
		return log_errno(error);
	}
}

/*
 * A listener of the setup that has this address and no socket yet; -1: none.
 */
static int
listener_with(const struct start *start, const struct os_addr *addr)
{
	const struct setup	*setup = start->setup;

	for (unsigned i = 0; i < setup->nlisteners; i++)
		if (start->listeners[i] == -1 &&
		    addr_equal(&setup->listeners[i].addr, addr))
			return (int)i;
	return -1;
}

static const char *
adopt_error(int error)
{
	switch (error) {
	case -ENOTSOCK:
		return "it is not a socket";
	case -EPROTOTYPE:
		return "it is not a stream socket";
	case -EAFNOSUPPORT:
		return "it is neither TCP nor a Unix socket";
	case -EINVAL:
		return "it does not listen";
	default:
		return log_errno(error);
	}
}

static bool
adopt(struct start *start, int fd)
{
	struct os_listen	options;
	struct os_addr		addr;
	char			text[ADDR_TEXT];
	int			error, i;

	if ((error = os_sockname(fd, &addr)) == 0) {
		if ((i = listener_with(start, &addr)) == -1) {
			log_fatal("descriptor %d of the service manager "
			    "listens on %s, which the configuration does not",
			    fd, addr_text(text, sizeof(text), &addr));
			return false;
		}
		listen_options(start, &start->setup->listeners[i], &options);
		if ((error = os_listen_adopt(fd, &options)) == 0) {
			start->listeners[i] = fd;
			return true;
		}
	}
	log_fatal("descriptor %d of the service manager cannot be used: %s", fd,
	    adopt_error(error));
	return false;
}

static bool
listen_on(struct start *start, unsigned i)
{
	const struct setup_listener	*l = &start->setup->listeners[i];
	struct os_listen		 options;
	char				 at[PLACE];
	int				 fd;

	if (start->listeners[i] != -1)
		return true;
	listen_options(start, l, &options);
	if ((fd = os_listen(&l->addr, &options)) < 0) {
		log_fatal("%s: cannot listen on \"%.*s\": %s",
		    conf_at(start->setup, l->at, at, sizeof(at)), SHOWN,
		    conf_string(start->setup, l->name), listen_error(l, fd));
		return false;
	}
	start->listeners[i] = fd;
	start->made[i] = l->addr.family == OS_UNIX &&
	    l->addr.u.path[0] != '\0' &&
	    file_socket_id(l->addr.u.path, &start->files[i]) == 0;
	return true;
}

static bool
listen_all(struct start *start, int activated)
{
	for (int i = 0; i < activated; i++)
		if (!adopt(start, PROC_LISTEN_FIRST + i))
			return false;
	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		if (!listen_on(start, i))
			return false;
	return true;
}

static bool
open_pid_file(struct start *start)
{
	const struct setting	*setting = &start->setup->server.pid_file;
	char			 at[PLACE];
	int			 error;

	if (start->pid_path[0] == '\0')
		return true;
	error = start->pid_fd = file_pid_open(start->pid_path);
	if (error < 0)
		start->pid_fd = -1;
	else if ((error = file_pid_write(start->pid_fd)) == 0)
		return true;
	conf_at(start->setup, setting->at, at, sizeof(at));
	if (error == -EBUSY)
		log_fatal("%s: server.pid-file %.*s is locked: sockproxy runs "
		    "already", at, SHOWN, start->pid_path);
	else
		log_fatal("%s: cannot write server.pid-file %.*s: %s", at,
		    SHOWN, start->pid_path, log_errno(error));
	return false;
}

/*
 * What all processes see: counters, and the tables of the sessions.
 */
static bool
open_tables(const struct start *start)
{
	const struct setup	*setup = start->setup;
	const unsigned		 sessions = loop_sessions(setup);
	size_t			 needed;
	char			 size[32];

	if (stat_open(start->relays, setup->nlisteners, setup->nbackends) &&
	    table_map(start->relays, sessions))
		return true;
	needed = stat_memory(start->relays, setup->nlisteners,
	    setup->nbackends) + start->relays * table_memory(setup, sessions);
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
	char			 at[PLACE];

	start->relays = loop_relays(start->setup);
	if (start->relays <= LIMIT_RELAYS)
		return true;
	log_fatal("%s: server.max-worker = %u is more than LIMIT_RELAYS = %d",
	    conf_at(start->setup, setting->at, at, sizeof(at)), setting->v,
	    LIMIT_RELAYS);
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
	if (!resolve_listeners(start->setup) || !check_ports(start) ||
	    !bound_settle(start->setup))
		return false;
	log_info("%s", bound_text(start->setup, start->relays, bound,
	    sizeof(bound)));
	return listen_all(start, activated) && open_pid_file(start) &&
	    open_tables(start);
}

bool
start_open(struct start *start)
{
	int	activated;

	start->log_fd = start->pid_fd = -1;
	for (int i = 0; i < LIMIT_LISTENERS; i++)
		start->listeners[i] = -1;
	if (!take_activation(start, &activated))
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
 * Where each listener really is, which matters when its port was 0.
 */
static bool
tell_listeners(const struct start *start)
{
	struct os_addr	addr;
	char		text[ADDR_TEXT], line[ADDR_TEXT + 16], at[PLACE];
	const struct setup	*setup = start->setup;
	size_t		len;
	int		error = 0;

	for (unsigned i = 0; i < setup->nlisteners; i++) {
		if (os_sockname(start->listeners[i], &addr) != 0)
			addr = setup->listeners[i].addr;
		addr_text(text, sizeof(text), &addr);
		log_info("listening on %s (%s)", text,
		    conf_at(setup, setup->listeners[i].at, at, sizeof(at)));
		len = text_format(line, sizeof(line), "%u %s\n", i, text);
		if (start->ready_fd != -1 && error == 0)
			error = logio_write(start->ready_fd, line, len);
	}
	if (error != 0)
		log_fatal("-R %d: cannot write to that descriptor: %s",
		    start->ready_fd, log_errno(error));
	return error == 0;
}

bool
start_ready(struct start *start)
{
	int	error;

	if (!tell_listeners(start))
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
start_close_listeners(struct start *start)
{
	for (unsigned i = 0; i < start->setup->nlisteners; i++) {
		if (start->made[i])
			(void)file_socket_remove(
			    start->setup->listeners[i].addr.u.path,
			    &start->files[i]);
		start->made[i] = false;
		if (start->listeners[i] != -1)
			os_drop(start->listeners[i]);
		start->listeners[i] = -1;
	}
}

void
start_close(struct start *start)
{
	start_close_listeners(start);
	if (start->pid_fd != -1)
		file_pid_remove(start->pid_fd, start->pid_path);
	start->pid_fd = -1;
	stat_close();
	table_unmap();
	/* The log stays open: the last lines are still to come. */
}

bool
start_reopen_log(struct start *start)
{
	int	fd;

	if (start->log_path[0] == '\0')
		return false;
	if ((fd = logio_open(start->log_path)) < 0) {
		log_error("cannot open the log %.*s again, the old file is "
		    "kept: %s", SHOWN, start->log_path, log_errno(fd));
		return false;
	}
	os_drop(log_move(fd));
	start->log_fd = fd;
	log_notice("log file opened anew");
	return true;
}

/*
 * upgrade.c - what the old program tells the new one:
 *
 *	pid sessions buffers log-fd pid-fd { l fd made } { d which fd made }
 *	{ r pid fd } { o order high middle low } .
 *
 * l is a listening socket (made: it is ours to end, with its file; 2: but that is
 * gone), d one of the monitor's, r a relay and its channel, o what the operator wants
 * of a backend, which is known by its id for handover.  Numbers in decimal, blanks
 * between.  The process number keeps a child that inherits the variable from
 * believing it.
 */
#include "upgrade.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "board.h"
#include "file.h"
#include "handover.h"
#include "ids.h"
#include "listen.h"
#include "log.h"
#include "os.h"
#include "out.h"
#include "stat.h"
#include "text.h"

#define VARIABLE	"SOCKPROXY_UPGRADE"
#define SETTINGS	"SOCKPROXY_SETTINGS"	/* until there is a setup again */

enum {
	STATE_BYTES = 32000,	/* 28,000 at most: listeners, orders, relays */
	ARGS = 8,		/* besides the backends */
	TRY_USAGE = 2,
	TRY_ENTER = 125,
	TRY_EXEC = 127,
	ORDERS = 512,		/* of the operator, that an upgrade keeps */
	ID_BITS = 22		/* of an id, in one number */
};

/* What the operator wanted, until there is a setup again. */
static struct {
	uint64_t	id;
	int		order;
} orders[ORDERS];
static unsigned	norders;
static uint64_t	ids_listeners[LIMIT_LISTENERS + 1];
static uint64_t	ids_backends[LIMIT_BACKENDS + 1];

/*
 * The command line again, with file names that do not depend on a directory.
 */
static char *const *
arguments(const struct parent_job *job, const char *try_version)
{
	static const char	*args[ARGS + LIMIT_BACKENDS];
	unsigned		 n = 0;

	args[n++] = job->program;
	if (job->foreground)
		args[n++] = "-D";
	if (try_version != NULL) {
		args[n++] = "-H";
		args[n++] = try_version;
	}
	if (job->file != NULL) {
		args[n++] = "-f";
		args[n++] = job->file;
	} else
		for (int i = 0; i < job->nwords; i++)
			args[n++] = job->words[i];
	args[n] = NULL;
	return (char *const *)(uintptr_t)args;
}

static void
refuse(const struct parent_job *job, const char *why)
{
	log_error("%s is not taken as the new program: %s; this program goes "
	    "on", job->program, why);
}

int
upgrade_try(const struct parent_job *job)
{
	char	version[16];
	int	pid;

	if (job->file == NULL && job->nwords == 0) {
		refuse(job, "standard input cannot be read again");
		return 0;
	}
	text_format(version, sizeof(version), "%d", HANDOVER_VERSION);
	if ((pid = proc_fork()) == 0) {
		proc_group();
		if (file_enter(job->dir) != 0)
			proc_exit(TRY_ENTER);
		(void)proc_exec(job->program, arguments(job, version));
		proc_exit(TRY_EXEC);
	}
	if (pid > 0)
		return pid;
	refuse(job, log_errno(pid));
	return 0;
}

static const char *
fault(const struct proc_exit *how, bool late)
{
	if (late)
		return "it took too long when it was tried";
	if (how->signal != 0)
		return "it crashed when it was tried";
	switch (how->status) {
	case EXIT_FAILURE:
		return "it does not take the configuration";
	case TRY_USAGE:
		return "it does not know how to take over";
	case TRY_ENTER:
		return "the directory where this one was started is gone, and "
		    "relative paths would begin elsewhere";
	case TRY_EXEC:
		return "it cannot be executed";
	default:
		return "it ended in an unknown way when it was tried";
	}
}

bool
upgrade_good(const struct parent_job *job, const struct proc_exit *how,
    bool late)
{
	if (how->signal == 0 && how->status == EXIT_SUCCESS)
		return true;
	refuse(job, fault(how, late));
	return false;
}

static void
tell_listeners(const struct start *start, struct out *out)
{
	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		out_format(out, "l %d %d ", start->listeners[i],
		    !start->made[i] ? 0 : listen_in_place(start, i) ? 1 : 2);
}

static void
tell_doors(const struct start *start, struct out *out)
{
	const struct door_socket	*door;
	bool				 made;

	for (int i = 0; i < DOORS; i++) {
		door = &start->doors[i];
		if (door->fd == -1)
			continue;
		/* what is in its place by now is not ours to remove */
		made = door->made && file_socket_check(door->addr.u.path,
		    &door->file) != -ESTALE;
		out_format(out, "d %d %d %d ", i, door->fd, made);
	}
}

static void
tell_relays(const struct crew *crew, struct out *out)
{
	const struct child	*relay;

	for (unsigned i = 0; i < crew->start.relays; i++) {
		relay = &crew->relays[i].child;
		if (relay->pid != 0)
			out_format(out, "r %d %d ", relay->pid, relay->channel);
	}
}

static void
tell_orders(const struct setup *setup, struct out *out)
{
	const uint64_t	mask = (1 << ID_BITS) - 1;
	unsigned	n = 0;
	uint64_t	id;

	ids_each(setup, ids_listeners, ids_backends);
	for (unsigned b = 0; b < setup->nbackends; b++) {
		if (board_order(b) == BOARD_NORMAL)
			continue;
		if (n++ == ORDERS) {
			log_warn("the orders for some backends are lost: there "
			    "are more than %d", ORDERS);
			break;
		}
		id = ids_backends[b];
		out_format(out, "o %d %d %d %d ", (int)board_order(b),
		    (int)(id >> 2 * ID_BITS), (int)(id >> ID_BITS & mask),
		    (int)(id & mask));
	}
}

/* Of each of so many relays, if they had equal parts of all. */
static int
share(uint64_t all, unsigned relays)
{
	return (int)((all + relays - 1) / relays);
}

/*
 * The state as the variable, or NULL when it is too long.
 */
static char *
tell(const struct crew *crew)
{
	static char		 text[STATE_BYTES];
	const struct start	*start = &crew->start;
	struct out		 out = { .buf = text, .size = sizeof(text) };
	uint64_t		 sessions, buffers;

	start_has(start, &sessions, &buffers);
	out_format(&out, VARIABLE "=%d %d %d %d %d ", proc_pid(),
	    share(sessions, start->relays), share(buffers, start->relays),
	    start->log_fd, start->pid_fd);
	tell_listeners(start, &out);
	tell_doors(start, &out);
	tell_relays(crew, &out);
	tell_orders(start->setup, &out);
	out_bytes(&out, "", 1);
	return out.over ? NULL : text;
}

/* In a variable of its own, which may stay: older programs do not look at it. */
static int
tell_settings(const struct setup_server *server)
{
	static char	text[48];

	text_format(text, sizeof(text), SETTINGS "=%u %u",
	    server->syslog_facility.v, server->graceful_ms.v);
	return proc_putenv(text);
}

static void
take_settings(struct setup_server *server)
{
	const char	*text = getenv(SETTINGS);
	char		*end;

	server->syslog_facility.v = LOG_DAEMON;
	if (text == NULL)
		return;
	server->syslog_facility.v = (uint32_t)strtoul(text, &end, 10);
	server->graceful_ms.v = (uint32_t)strtoul(end, NULL, 10);
}

/*
 * Whether the descriptors in the state stay open in the next program, and those of
 * relays that are left to themselves.
 */
static void
mark(const struct crew *crew, bool on)
{
	const struct start	*start = &crew->start;

	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		(void)proc_inherit(start->listeners[i], on);
	for (int i = 0; i < DOORS; i++)
		(void)proc_inherit(start->doors[i].fd, on);
	for (unsigned i = 0; i < start->relays; i++)
		(void)proc_inherit(crew->relays[i].child.channel, on);
	crew_inherit_left(on);
	(void)proc_inherit(start->log_fd, on);
	(void)proc_inherit(start->pid_fd, on);
}

void
upgrade_exec(const struct parent_job *job, struct crew *crew)
{
	char	*state;
	int	 error = -E2BIG;

	board_takes_orders(false);
	state = tell(crew);
	log_notice("becoming the new program %s", job->program);
	mark(crew, true);
	if (state != NULL && (error = proc_putenv(state)) == 0 &&
	    (error = tell_settings(&crew->start.setup->server)) == 0 &&
	    (error = file_enter(job->dir)) == 0) {
		error = proc_exec(job->program, arguments(job, NULL));
		if (!job->foreground)
			(void)file_enter("/");
	}
	mark(crew, false);
	proc_unsetenv(VARIABLE);
	board_takes_orders(true);
	refuse(job, log_errno(error));
}

/*
 * The new program.
 */

bool
upgrade_begins(void)
{
	const char	*state = getenv(VARIABLE);

	return state != NULL && (int)strtoul(state, NULL, 10) == proc_pid();
}

/*
 * The next numbers of the state, each -1 or more.  False when there are not so many.
 */
static bool
take(const char **p, unsigned n, int *numbers)
{
	char	*end;
	long	 v;

	for (unsigned i = 0; i < n; i++) {
		v = (long)strtoul(*p, &end, 10);	/* "-1" is -1 here, too */
		if (end == *p || *end != ' ' || v < -1 || v > INT32_MAX)
			return false;
		numbers[i] = (int)v;
		*p = end + 1;
	}
	return true;
}

/*
 * A listening socket of the old program: its address, and whether it is ours to
 * end, and its file to remove.
 */
static bool
adopt_socket(int fd, int made, struct os_addr *addr, bool *is_made,
    struct file_id *file)
{
	if (proc_inherit(fd, false) != 0 || os_sockname(fd, addr) != 0)
		return false;
	*is_made = made > 0;
	if (addr->family == OS_UNIX && made != 2)
		(void)file_socket_id(addr->u.path, file);
	return true;
}

static bool
take_listener(struct start *start, const int *v)
{
	const unsigned	i = start->setup->nlisteners;

	if (i == LIMIT_LISTENERS || !adopt_socket(v[0], v[1],
	    &start->setup->listeners[i].addr, &start->made[i],
	    &start->files[i]))
		return false;
	start->listeners[i] = v[0];
	start->setup->nlisteners++;
	return true;
}

static bool
take_door(struct start *start, const int *v)
{
	struct door_socket	*door;

	if (v[0] < 0 || v[0] >= DOORS)
		return false;
	door = &start->doors[v[0]];
	door->fd = v[1];
	return adopt_socket(v[1], v[2], &door->addr, &door->made, &door->file);
}

static bool
take_relay(struct crew *crew, const int *v)
{
	struct crew_relay	*relay = &crew->relays[crew->start.relays];

	if (crew->start.relays == LIMIT_RELAYS ||
	    proc_inherit(v[1], false) != 0)
		return false;
	relay->child.pid = v[0];
	relay->child.channel = v[1];
	relay->child.start_ms = os_now_ms();	/* what this program knows of it */
	relay->ready = relay->settled = true;
	crew->start.relays++;
	return true;
}

static bool
take_order(const int *v)
{
	if (norders == ORDERS || v[1] < 0 || v[2] < 0 || v[3] < 0 ||
	    (v[0] != BOARD_DRAIN && v[0] != BOARD_DISABLED))
		return false;
	orders[norders].id = (uint64_t)v[1] << 2 * ID_BITS |
	    (uint64_t)v[2] << ID_BITS | (uint64_t)v[3];
	orders[norders++].order = v[0];
	return true;
}

void
upgrade_orders(const struct setup *setup)
{
	unsigned	b;

	if (norders > 0)
		ids_each(setup, ids_listeners, ids_backends);
	for (; norders > 0; norders--) {
		b = ids_find(ids_backends, setup->nbackends,
		    orders[norders - 1].id);
		if (b < setup->nbackends && monitor_wanted(setup))
			(void)board_give_order(b, orders[norders - 1].order);
	}
}

static bool
take_part(struct crew *crew, const char **p)
{
	const char	kind = **p;
	int		v[4];

	if (kind == '\0' || (*p)[1] != ' ')
		return false;
	*p += 2;
	switch (kind) {
	case 'l':
		return take(p, 2, v) && take_listener(&crew->start, v);
	case 'd':
		return take(p, 3, v) && take_door(&crew->start, v);
	case 'r':
		return take(p, 2, v) && take_relay(crew, v);
	case 'o':
		return take(p, 4, v) && take_order(v);
	default:
		return false;
	}
}

static bool
take_all(struct crew *crew, const char *p)
{
	struct start		*start = &crew->start;
	struct setup_server	*server = &start->setup->server;
	int			 v[5];	/* pid sessions buffers log-fd pid-fd */

	if (!take(&p, 5, v))
		return false;
	start->log_fd = v[3];
	start->pid_fd = v[4];
	while (*p != '\0')
		if (!take_part(crew, &p))
			return false;
	(void)proc_inherit(start->log_fd, false);
	(void)proc_inherit(start->pid_fd, false);
	server->buffers.v = (uint32_t)v[2];
	server->max_worker.v = start->relays;
	server->max_connections.v = (uint32_t)v[1] * start->relays;
	return start->setup->nlisteners > 0;
}

bool
upgrade_take(struct crew *crew, bool foreground)
{
	struct start	*start = &crew->start;
	bool		 good;

	if (!foreground)
		(void)file_enter("/");	/* as proc_daemon_ready does */
	start->foreground = foreground;
	start->ready_fd = start->log_fd = start->pid_fd = -1;
	for (int i = 0; i < DOORS; i++)
		start->doors[i].fd = -1;
	good = take_all(crew, getenv(VARIABLE));
	proc_unsetenv(VARIABLE);
	take_settings(&start->setup->server);
	start_use(start);
	/* all relays may be dead just now: there are rows all the same */
	if (good && stat_open(start->relays > 0 ? start->relays : 1,
	    start->setup->nlisteners + 1, 1))
		return true;
	log_fatal("what the program before has left cannot be taken over: %s: "
	    "ending, the relays drain", good ? log_errno(-ENOMEM) :
	    "it makes no sense");
	return false;
}

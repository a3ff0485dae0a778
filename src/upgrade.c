/*
 * upgrade.c - what the old program tells the new one:
 *
 *	pid sessions buffers log-fd pid-fd { l fd made } { d which fd made }
 *	{ r pid fd } { o order high middle low } .
 *
 * l is a listening socket (made: its file is ours to remove), d one of the
 * monitor's, r a relay and its channel, o what the operator wants of a backend,
 * which is known by its id for handover.  Numbers in decimal, blanks between.  The process number keeps a
 * child that inherits the variable from believing it.
 */
#include "upgrade.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "file.h"
#include "handover.h"
#include "log.h"
#include "loop.h"
#include "os.h"
#include "stat.h"
#include "text.h"

#define VARIABLE	"SOCKPROXY_UPGRADE"

enum {
	STATE_BYTES = 32768,
	ARGS = 8,		/* besides the words */
	TRY_USAGE = 2,
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
	static const char	*args[ARGS + 1 + LIMIT_BACKENDS];
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
		for (int i = 0; i < job->nwords && i < LIMIT_BACKENDS; i++)
			args[n++] = job->words[i];
	args[n] = NULL;
	return (char *const *)(uintptr_t)args;
}

int
upgrade_try(const struct parent_job *job)
{
	char	version[16];
	int	pid;

	text_format(version, sizeof(version), "%d", HANDOVER_VERSION);
	if ((pid = proc_fork()) != 0)
		return pid;
	(void)file_enter(job->dir);
	(void)proc_exec(job->program, arguments(job, version));
	proc_exit(TRY_EXEC);
	return 0;
}

const char *
upgrade_status(const struct proc_exit *how)
{
	if (how->signal != 0)
		return "it crashed when it was tried";
	switch (how->status) {
	case EXIT_FAILURE:
		return "it does not take the configuration";
	case TRY_USAGE:
		return "it does not know how to take over";
	case TRY_EXEC:
		return "it cannot be executed";
	default:
		return "it ended in an unknown way when it was tried";
	}
}

static bool
add(char *state, size_t *len, const char *word, int number)
{
	*len += text_format(state + *len, STATE_BYTES - *len, "%s%d ", word,
	    number);
	return *len < STATE_BYTES;
}

static bool
tell_listeners(const struct start *start, char *state, size_t *len)
{
	for (unsigned i = 0; i < start->setup->nlisteners; i++) {
		if (!add(state, len, "l ", start->listeners[i]) ||
		    !add(state, len, "", start->made[i]))
			return false;
		(void)proc_inherit(start->listeners[i], true);
	}
	return true;
}

static bool
tell_doors(const struct start *start, char *state, size_t *len)
{
	for (int i = 0; i < DOORS; i++) {
		if (start->doors[i].fd == -1)
			continue;
		if (!add(state, len, "d ", i) ||
		    !add(state, len, "", start->doors[i].fd) ||
		    !add(state, len, "", start->doors[i].made))
			return false;
		(void)proc_inherit(start->doors[i].fd, true);
	}
	return true;
}

static bool
tell_orders(const struct setup *setup, char *state, size_t *len)
{
	const uint64_t	mask = (1 << ID_BITS) - 1;
	unsigned	n = 0;

	handover_ids(setup, ids_listeners, ids_backends);
	for (unsigned b = 0; b < setup->nbackends; b++) {
		if (board_order(b) == BOARD_NORMAL)
			continue;
		if (n++ == ORDERS) {
			log_warn("the orders for some backends are lost: there "
			    "are more than %d", ORDERS);
			break;
		}
		if (!add(state, len, "o ", (int)board_order(b)) ||
		    !add(state, len, "", (int)(ids_backends[b] >>
		    2 * ID_BITS)) ||
		    !add(state, len, "", (int)(ids_backends[b] >> ID_BITS &
		    mask)) ||
		    !add(state, len, "", (int)(ids_backends[b] & mask)))
			return false;
	}
	return true;
}

static bool
tell_relays(const struct crew *crew, char *state, size_t *len)
{
	const struct crew_relay	*relay;

	for (unsigned i = 0; i < crew->start.relays; i++) {
		relay = &crew->relays[i];
		if (relay->pid == 0)
			continue;
		if (!add(state, len, "r ", relay->pid) ||
		    !add(state, len, "", relay->channel))
			return false;
		(void)proc_inherit(relay->channel, true);
	}
	return true;
}

/*
 * Take back what tell_* and upgrade_exec have marked.
 */
static void
unmark(const struct crew *crew)
{
	const struct start	*start = &crew->start;

	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		(void)proc_inherit(start->listeners[i], false);
	for (int i = 0; i < DOORS; i++)
		if (start->doors[i].fd != -1)
			(void)proc_inherit(start->doors[i].fd, false);
	for (unsigned i = 0; i < start->relays; i++)
		if (crew->relays[i].pid != 0)
			(void)proc_inherit(crew->relays[i].channel, false);
	if (start->log_fd != -1)
		(void)proc_inherit(start->log_fd, false);
	if (start->pid_fd != -1)
		(void)proc_inherit(start->pid_fd, false);
	(void)proc_setenv(VARIABLE, NULL);
}

/* After a reload there may be more than the setup allows. */
static int
most_of(unsigned most, uint64_t now)
{
	return (int)(now > most ? now : most);
}

int
upgrade_exec(const struct parent_job *job, struct crew *crew)
{
	static char		 state[STATE_BYTES];
	const struct start	*start = &crew->start;
	size_t			 len = 0;
	int			 error = -E2BIG;
	struct stat_global	 sum;

	stat_sum_global(&sum);
	if (start->log_fd != -1)
		(void)proc_inherit(start->log_fd, true);
	if (start->pid_fd != -1)
		(void)proc_inherit(start->pid_fd, true);
	if (add(state, &len, "", proc_pid()) &&
	    add(state, &len, "", most_of(loop_sessions(start->setup),
	    sum.active)) &&
	    add(state, &len, "", most_of(loop_buffers(start->setup),
	    sum.buffers_used)) &&
	    add(state, &len, "", start->log_fd) &&
	    add(state, &len, "", start->pid_fd) &&
	    tell_listeners(start, state, &len) &&
	    tell_doors(start, state, &len) &&
	    tell_relays(crew, state, &len) &&
	    tell_orders(start->setup, state, &len) &&
	    (error = proc_setenv(VARIABLE, state)) == 0) {
		(void)file_enter(job->dir);
		error = proc_exec(job->program, arguments(job, NULL));
		if (!job->foreground)
			(void)file_enter("/");
	}
	unmark(crew);
	return error;
}

/*
 * The new program.
 */

/* The next number of the state; false when there is none. */
static bool
take_number(const char **p, int *number)
{
	char		*end;
	const long	 n = strtol(*p, &end, 10);

	if (end == *p || *end != ' ' || n < -1 || n > INT32_MAX)
		return false;
	*number = (int)n;
	*p = end + 1;
	return true;
}

static bool
take_listener(struct start *start, const char **p)
{
	struct setup		*setup = start->setup;
	const unsigned		 i = setup->nlisteners;
	struct setup_listener	*l = &setup->listeners[i];
	int			 made;

	if (i == LIMIT_LISTENERS || !take_number(p, &start->listeners[i]) ||
	    !take_number(p, &made) ||
	    proc_inherit(start->listeners[i], false) != 0 ||
	    os_sockname(start->listeners[i], &l->addr) != 0)
		return false;
	start->made[i] = made == 1 && l->addr.family == OS_UNIX &&
	    file_socket_id(l->addr.u.path, &start->files[i]) == 0;
	setup->nlisteners++;
	return true;
}

static bool
take_door(struct start *start, const char **p)
{
	struct door_socket	*door;
	int			 which, made;

	if (!take_number(p, &which) || which < 0 || which >= DOORS)
		return false;
	door = &start->doors[which];
	if (!take_number(p, &door->fd) || !take_number(p, &made) ||
	    proc_inherit(door->fd, false) != 0 ||
	    os_sockname(door->fd, &door->addr) != 0)
		return false;
	door->made = made == 1 && door->addr.family == OS_UNIX &&
	    file_socket_id(door->addr.u.path, &door->file) == 0;
	return true;
}

static bool
take_relay(struct crew *crew, const char **p)
{
	struct crew_relay	*relay = &crew->relays[crew->start.relays];

	if (crew->start.relays == LIMIT_RELAYS ||
	    !take_number(p, &relay->pid) || !take_number(p, &relay->channel) ||
	    proc_inherit(relay->channel, false) != 0)
		return false;
	relay->ready = relay->settled = true;
	crew->start.relays++;
	return true;
}

static bool
take_order(const char **p)
{
	int	order, high, middle, low;

	if (norders == ORDERS || !take_number(p, &order) ||
	    !take_number(p, &high) || !take_number(p, &middle) ||
	    !take_number(p, &low) || high < 0 || middle < 0 || low < 0 ||
	    (order != BOARD_DRAIN && order != BOARD_DISABLED))
		return false;
	orders[norders].id = (uint64_t)high << 2 * ID_BITS |
	    (uint64_t)middle << ID_BITS | (uint64_t)low;
	orders[norders++].order = order;
	return true;
}

void
upgrade_orders(const struct setup *setup)
{
	unsigned	b;

	if (norders == 0 || !monitor_wanted(setup))
		return;
	handover_ids(setup, ids_listeners, ids_backends);
	for (; norders > 0; norders--) {
		b = handover_find(ids_backends, setup->nbackends,
		    orders[norders - 1].id);
		if (b < setup->nbackends)
			board_give_order(b, orders[norders - 1].order);
	}
}

static bool
take_all(struct crew *crew, const char *p)
{
	struct start	*start = &crew->start;
	int		 pid, sessions, buffers;

	if (!take_number(&p, &pid) || pid != proc_pid() ||
	    !take_number(&p, &sessions) || !take_number(&p, &buffers) ||
	    !take_number(&p, &start->log_fd) ||
	    !take_number(&p, &start->pid_fd))
		return false;
	start->setup->server.buffers.v = (uint32_t)buffers;
	while (*p != '\0') {
		if (strncmp(p, "l ", 2) == 0) {
			p += 2;
			if (!take_listener(start, &p))
				return false;
		} else if (strncmp(p, "d ", 2) == 0) {
			p += 2;
			if (!take_door(start, &p))
				return false;
		} else if (strncmp(p, "o ", 2) == 0) {
			p += 2;
			if (!take_order(&p))
				return false;
		} else if (strncmp(p, "r ", 2) == 0) {
			p += 2;
			if (!take_relay(crew, &p))
				return false;
		} else
			return false;
	}
	start->setup->server.max_worker.v = start->relays;
	start->setup->server.max_connections.v = (uint32_t)sessions *
	    start->relays;
	return start->relays > 0;
}

bool
upgrade_take(struct crew *crew)
{
	const char	*state = getenv(VARIABLE);
	bool		 good;

	if (state == NULL)
		return false;
	crew->start.relays = 0;
	crew->start.setup->nlisteners = 0;
	for (int i = 0; i < DOORS; i++)
		crew->start.doors[i].fd = -1;
	good = take_all(crew, state);
	(void)proc_setenv(VARIABLE, NULL);
	if (good && crew->start.log_fd != -1)
		(void)proc_inherit(crew->start.log_fd, false);
	if (good && crew->start.pid_fd != -1)
		(void)proc_inherit(crew->start.pid_fd, false);
	return good;
}

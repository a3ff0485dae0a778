/*
 * child.c - forking, telling, hearing and ending one process.
 *
 * Owns the parent's end of the channel, which the waiter has as long as the
 * child is ours.
 */
#include "child.h"

#include <errno.h>

#include "chan.h"
#include "log.h"
#include "os.h"
#include "wait.h"

int
child_fork(struct child *c, uint32_t token, uint64_t now)
{
	int	pair[2], error, pid;

	c->start_ms = now;
	if ((error = chan_pair(pair)) != 0)
		return error;
	c->channel = pair[0];
	chan_bare(c->channel);	/* one that is not taken may hold up who closes */
	if ((pid = wait_add(c->channel, WAIT_LEVEL, token)) == 0 &&
	    (pid = proc_fork()) == 0) {
		/* The parent's waiter, of which a fork has a copy. */
		wait_close();
		c->channel = pair[1];
		return 0;
	}
	os_drop(pair[1]);
	if (pid > 0)
		c->pid = pid;
	else
		child_let_go(c);
	return pid;
}

bool
child_hear(const struct child *c, struct channel_note *note)
{
	if (c->channel == -1)
		return false;
	channel_take(c->channel, note, 0);
	/* Its end is learnt from proc_reap; until then it would be reported. */
	if (note->order == CHANNEL_GONE)
		wait_want(c->channel, 0);
	return note->order != CHANNEL_NONE && note->order != CHANNEL_GONE;
}

void
child_tell(const struct child *c, enum channel_order order, uint32_t value,
    int fd)
{
	int	error;

	if (c->pid == 0)
		return;
	error = channel_send(c->channel, order, value, fd);
	if (error != 0 && error != -EPIPE)
		log_warn("%s (process %d) cannot be told: %s", c->name,
		    c->pid, log_errno(error));
}

uint64_t
child_due(const struct child *c)
{
	if (c->pid != 0)
		return UINT64_MAX;
	return c->start_ms == 0 ? 0 : c->start_ms + CHILD_RESPAWN_MS;
}

void
child_failed(const struct child *c, int error)
{
	log_fatal("cannot start %s: %s", c->name, log_errno(error));
}

void
child_again(const struct child *c, int error)
{
	if (error == 0)
		log_notice("%s started again as process %d", c->name, c->pid);
	else
		child_failed(c, error);
}

void
child_report(const struct child *c, const struct proc_exit *how,
    const char *lost, uint64_t now)
{
	const unsigned long long	lived = (now - c->start_ms) / 1000;

	if (how->signal != 0)
		log_error("%s (process %d) was killed by signal %d%s after "
		    "%llu s%s", c->name, c->pid, how->signal,
		    how->core ? " (core file written)" : "", lived, lost);
	else
		log_error("%s (process %d) ended by itself with status %d "
		    "after %llu s", c->name, c->pid, how->status, lived);
}

void
child_let_go(struct child *c)
{
	wait_del(c->channel);
	os_drop(c->channel);
	c->channel = -1;
	c->pid = 0;
}

void
child_end(struct child *c)
{
	struct proc_exit	how;

	if (c->pid == 0)
		return;
	proc_kill(c->pid);
	(void)proc_wait(c->pid, &how);
	child_let_go(c);
}

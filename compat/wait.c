/*
 * wait.c - which waiter is in use.  One for the process; poll(2) or the kernel
 * queue of this system.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "wait.h"
#include "wait_kind.h"

enum { SHORT_MS = 10 };	/* rest when there is no memory to wait with */

static bool	queue;		/* the kernel queue is in use, not poll */
static int	limit;		/* descriptors are below it; 0: not open */

/*
 * Which one a name means: 1 the queue, 0 poll, -EINVAL neither.
 */
static int
kind_of(const char *kind)
{
	const char	*name = wait_queue_name();

	if (kind == NULL)
		return name != NULL;
	if (strcmp(kind, "poll") == 0)
		return 0;
	if (name != NULL && strcmp(kind, name) == 0)
		return 1;
	return -EINVAL;
}

static bool
fits(int fd)
{
	return fd >= 0 && fd < limit;
}

int
wait_open(const char *kind, int maxfd)
{
	const int	k = kind_of(kind);
	int		error;

	if (k < 0 || maxfd <= 0)
		return -EINVAL;
	queue = k == 1;
	error = queue ? wait_queue_open(maxfd) : wait_poll_open(maxfd);
	limit = error == 0 ? maxfd : 0;
	return error;
}

void
wait_close(void)
{
	limit = 0;
	if (queue)
		wait_queue_close();
	else
		wait_poll_close();
}

const char *
wait_kinds(void)
{
	static char	 kinds[32];
	const char	*name = wait_queue_name();
	size_t		 n;

	if (name == NULL)
		return "poll";
	n = strnlen(name, sizeof(kinds) - sizeof(" poll"));
	memcpy(kinds, name, n);
	memcpy(kinds + n, " poll", sizeof(" poll"));
	return kinds;
}

const char *
wait_kind(void)
{
	return queue ? wait_queue_name() : "poll";
}

size_t
wait_memory(const char *kind, int maxfd)
{
	return kind_of(kind) == 1 ? wait_queue_memory(maxfd) :
	    wait_poll_memory(maxfd);
}

int
wait_add(int fd, enum wait_how how, uint32_t token)
{
	if (!fits(fd))
		return -EMFILE;
	return queue ? wait_queue_add(fd, how, token) :
	    wait_poll_add(fd, how, token);
}

void
wait_del(int fd)
{
	if (!fits(fd))
		return;
	if (queue)
		wait_queue_del(fd);
	else
		wait_poll_del(fd);
}

void
wait_want(int fd, uint32_t bits)
{
	if (!fits(fd))
		return;
	if (queue)
		wait_queue_want(fd, bits);
	else
		wait_poll_want(fd, bits);
}

/* poll(2) cannot wait for less than a millisecond. */
int
wait_gather(int fd, size_t bytes)
{
	return queue ? wait_queue_gather(fd, bytes) : -ENOTSUP;
}

int
wait_turn(struct wait_event *ev, int max, int timeout_ms)
{
	const int	n = queue ? wait_queue_turn(ev, max, timeout_ms) :
			    wait_poll_turn(ev, max, timeout_ms);

	/* macOS says EAGAIN. */
	if (n != -ENOMEM && n != -EAGAIN)
		return n;
	(void)poll(NULL, 0, timeout_ms >= 0 && timeout_ms < SHORT_MS ?
	    timeout_ms : SHORT_MS);
	return 0;
}

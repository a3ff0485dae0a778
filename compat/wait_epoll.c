/*
 * wait_epoll.c - waiting with epoll(7).
 *
 * A WAIT_EDGE descriptor is registered once, for everything, and never touched
 * again: its last close takes it out.  So it must have no copies in other
 * processes that live on; should an event come from one all the same, its token
 * is not the slot's any more, or it is spurious, which the owner must bear.
 *
 * A WAIT_LEVEL descriptor is in the queue only while something is wanted of it,
 * and is woken for exclusively: of several relays that share a listener, one.
 * (An exclusive registration cannot be changed: it is removed and made anew.)
 */
#include <sys/epoll.h>

#include <errno.h>
#include <unistd.h>

#include "mem.h"
#include "wait_kind.h"

enum {
	BATCH = 256,		/* events of one system call */
	RETRY_MS = 100		/* a registration failed: try again so often */
};

/* What we know of a descriptor. */
struct slot {
	uint32_t	token;
	uint8_t		added;
	uint8_t		how;		/* enum wait_how */
	uint8_t		want;		/* WAIT_LEVEL: WAIT_* */
	uint8_t		armed;		/* WAIT_LEVEL: what is registered */
};

static struct slot	*slots;		/* by descriptor */
static int		 nslots;
static int		 queue = -1;
static int		 unarmed;	/* level slots that could not be armed */

const char *
wait_queue_name(void)
{
	return "epoll";
}

int
wait_queue_open(int maxfd)
{
	int	error;

	if (maxfd <= 0)
		return -EINVAL;
	slots = mem_private((size_t)maxfd * sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	nslots = maxfd;
	unarmed = 0;
	if ((queue = epoll_create1(EPOLL_CLOEXEC)) != -1)
		return 0;
	error = -errno;
	wait_queue_close();
	return error;
}

void
wait_queue_close(void)
{
	if (queue != -1)
		(void)close(queue);
	queue = -1;
	mem_unmap(slots, (size_t)nslots * sizeof(*slots));
	slots = NULL;
	nslots = 0;
}

size_t
wait_queue_memory(int maxfd)
{
	return mem_size((size_t)maxfd * sizeof(*slots));
}

static int
control(int op, int fd, uint32_t events)
{
	struct epoll_event	e;

	e.events = events;
	e.data.u64 = (uint64_t)(uint32_t)fd << 32 | slots[fd].token;
	return epoll_ctl(queue, op, fd, &e) == -1 ? -errno : 0;
}

/* Register a level descriptor for bits, which are not 0. */
static int
arm(int fd, uint32_t bits)
{
	uint32_t	events = 0;
	int		error;

	if (bits & WAIT_READ)
		events |= EPOLLIN;
	if (bits & WAIT_WRITE)
		events |= EPOLLOUT;
	error = control(EPOLL_CTL_ADD, fd, events | EPOLLEXCLUSIVE);
	if (error == -EINVAL)		/* before Linux 4.5 */
		error = control(EPOLL_CTL_ADD, fd, events);
	if (error == 0)
		slots[fd].armed = (uint8_t)bits;
	return error;
}

static void
disarm(int fd)
{
	if (slots[fd].armed != 0)
		(void)control(EPOLL_CTL_DEL, fd, 0);
	slots[fd].armed = 0;
}

/*
 * A level descriptor is armed once, so that its owner hears if it cannot be, and
 * disarmed again: a process that does not want a connection must not be the one
 * that is woken for it.
 */
int
wait_queue_add(int fd, enum wait_how how, uint32_t token)
{
	struct slot	*s;
	int		 error;

	if (fd < 0 || fd >= nslots)
		return -EMFILE;
	s = &slots[fd];
	if (s->added)
		return -EEXIST;
	s->token = token;
	s->how = (uint8_t)how;
	s->want = s->armed = 0;
	if (how == WAIT_LEVEL) {
		error = arm(fd, WAIT_READ);
		disarm(fd);
	} else
		error = control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT |
		    EPOLLRDHUP | EPOLLPRI | EPOLLET);
	if (error != 0)
		return error;
	s->added = 1;
	return 0;
}

void
wait_queue_del(int fd)
{
	if (fd < 0 || fd >= nslots || !slots[fd].added)
		return;
	if (slots[fd].how == WAIT_LEVEL)
		disarm(fd);
	slots[fd].added = 0;
	slots[fd].want = 0;
}

void
wait_queue_want(int fd, uint32_t bits)
{
	struct slot	*s;

	if (fd < 0 || fd >= nslots)
		return;
	s = &slots[fd];
	if (s->how == WAIT_EDGE || !s->added || bits == s->want)
		return;
	s->want = (uint8_t)bits;
	if (bits == s->armed)
		return;
	disarm(fd);
	if (bits != 0 && arm(fd, bits) != 0)
		unarmed++;
}

/* Out of memory when something was wanted: try again. */
static void
rearm(void)
{
	struct slot	*s;
	int		 fd;

	unarmed = 0;
	for (fd = 0; fd < nslots; fd++) {
		s = &slots[fd];
		if (!s->added || s->how != WAIT_LEVEL || s->want == s->armed)
			continue;
		if (arm(fd, s->want) != 0)
			unarmed++;
	}
}

static uint32_t
got_of(uint32_t events)
{
	uint32_t	got = 0;

	if (events & EPOLLIN)
		got |= WAIT_READ;
	if (events & EPOLLOUT)
		got |= WAIT_WRITE;
	if (events & (EPOLLRDHUP | EPOLLPRI))
		got |= WAIT_READ | WAIT_END;
	if (events & EPOLLHUP)
		got |= WAIT_READ | WAIT_WRITE | WAIT_END;
	if (events & EPOLLERR)
		got |= WAIT_READ | WAIT_WRITE | WAIT_ERROR | WAIT_END;
	return got;
}

/* Whether e becomes an event for the owner; fills *ev. */
static int
accept_event(const struct epoll_event *e, struct wait_event *ev)
{
	int		 fd = (int)(e->data.u64 >> 32);
	struct slot	*s = &slots[fd];

	ev->token = (uint32_t)e->data.u64;
	ev->got = got_of(e->events);
	if (!s->added || s->token != ev->token || ev->got == 0)
		return 0;
	if (s->how == WAIT_EDGE)
		return 1;
	if (s->want == 0) {
		disarm(fd);
		return 0;
	}
	return 1;
}

int
wait_queue_turn(struct wait_event *ev, int max, int timeout_ms)
{
	struct epoll_event	batch[BATCH];
	int			i, n, got = 0;

	if (unarmed != 0) {
		rearm();
		if (unarmed != 0 &&
		    (timeout_ms == -1 || timeout_ms > RETRY_MS))
			timeout_ms = RETRY_MS;
	}
	n = epoll_wait(queue, batch, max < BATCH ? max : BATCH, timeout_ms);
	if (n == -1)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < n; i++)
		got += accept_event(&batch[i], &ev[got]);
	return got;
}

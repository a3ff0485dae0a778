/*
 * wait_epoll.c - waiting with epoll(7).
 *
 * A WAIT_EDGE descriptor is registered once, for everything, and its last close
 * takes it out.  So it must have no copies in other processes that live on; should
 * an event come from one all the same, its token is not the slot's any more, or it
 * is spurious, which the owner must bear.  Only one that has waked us several times
 * with what nobody wanted (a sender that goes on while its receiver does not) is
 * registered anew, for what is wanted of it alone.
 *
 * A WAIT_LEVEL descriptor is in the queue only while something is wanted of it,
 * and is woken for exclusively: of several relays that share a listener, one.
 * (An exclusive registration cannot be changed: it is removed and made anew.)
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "os_sys.h"
#include "wait_kind.h"

enum {
	BATCH = 256,		/* events of one system call */
	RETRY_MS = 100,		/* a registration failed: try again so often */
	GATHERINGS = 32,	/* descriptors that gather at once */
	REMARK = 64,		/* a mark is for so many pieces */
	SLOT_US = WAIT_GATHER_US / 2,	/* what is due at about the same time is
				   reported at the same time */
	VAIN = 3		/* that many events in vain, and from then on each one,
				   and it is registered anew */
};

/* What a slot has. */
enum { NONE, LEVEL, EDGE };

#define NEVER	UINT64_MAX

/* What we know of a descriptor. */
struct slot {
	uint32_t	token;
	uint8_t		kind;
	uint8_t		want;		/* WAIT_* */
	uint8_t		armed;		/* what is registered */
	uint8_t		vain;		/* EDGE: events with nothing wanted */
};

static struct slot	*slots;		/* by descriptor */
static int		 nslots;
static int		 queue = -1;
static int		 unarmed;	/* level slots that could not be armed */

/* Descriptors that gather. */
static struct gathering {
	int		fd;
	int		mark;		/* bytes */
	unsigned	age;
	uint64_t	due_us;		/* to be reported then, NEVER: it was */
} gatherings[GATHERINGS];
static int		 ngatherings;

const char *
wait_queue_name(void)
{
	return "epoll";
}

int
wait_queue_open(int maxfd)
{
	int	error;

	slots = mem_private((size_t)maxfd * sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	nslots = maxfd;
	unarmed = 0;
	ngatherings = 0;
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

static uint32_t
events_of(uint32_t bits)
{
	uint32_t	events = 0;

	if (bits & WAIT_READ)
		events |= EPOLLIN;
	if (bits & WAIT_WRITE)
		events |= EPOLLOUT;
	return events;
}

/*
 * Register an edge descriptor for bits, and for ends and errors.  EPOLLPRI goes with
 * reading: every segment wakes those who ask for it, urgent or not.
 */
static int
watch(int op, int fd, uint32_t bits)
{
	slots[fd].armed = (uint8_t)bits;
	return control(op, fd, events_of(bits) | EPOLLRDHUP | EPOLLET |
	    (bits & WAIT_READ ? EPOLLPRI : 0));
}

/* Register a level descriptor for bits, which are not 0. */
static int
arm(int fd, uint32_t bits)
{
	int		error;

	error = control(EPOLL_CTL_ADD, fd, events_of(bits) | EPOLLEXCLUSIVE);
	if (error == -EINVAL)		/* before Linux 4.5 */
		error = control(EPOLL_CTL_ADD, fd, events_of(bits));
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

int
wait_queue_add(int fd, enum wait_how how, uint32_t token)
{
	struct slot	*s = &slots[fd];
	int		 error;

	if (s->kind != NONE)
		return -EEXIST;
	s->token = token;
	s->want = how == WAIT_LEVEL ? WAIT_READ : 0;
	s->armed = s->vain = 0;
	error = how == WAIT_LEVEL ? arm(fd, WAIT_READ) :
	    watch(EPOLL_CTL_ADD, fd, WAIT_READ | WAIT_WRITE);
	if (error == 0)
		s->kind = how == WAIT_LEVEL ? LEVEL : EDGE;
	return error;
}

void
wait_queue_del(int fd)
{
	if (slots[fd].kind == NONE)
		return;
	if (slots[fd].kind == LEVEL)
		disarm(fd);
	else if (ngatherings > 0)
		(void)wait_queue_gather(fd, 0);
	slots[fd].kind = NONE;
	slots[fd].want = 0;
}

void
wait_queue_want(int fd, uint32_t bits)
{
	struct slot	*s = &slots[fd];

	if (s->kind == NONE || bits == s->want)
		return;
	s->want = (uint8_t)bits;
	if (s->kind == EDGE) {
		/* what is there already is reported anew */
		bits &= WAIT_READ | WAIT_WRITE;
		if (bits & ~s->armed)
			(void)watch(EPOLL_CTL_MOD, fd, s->armed | bits);
		return;
	}
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
		if (s->kind != LEVEL || s->want == s->armed)
			continue;
		if (arm(fd, s->want) != 0)
			unarmed++;
	}
}

/*
 * Gathering.
 */

static uint64_t
now_us(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* epoll_wait(2) that can wait for less than a millisecond; Linux 5.11. */
static int
wait_us(struct epoll_event *batch, int max, uint64_t us)
{
#ifdef SYS_epoll_pwait2
	struct { int64_t sec, nsec; } ts;

	ts.sec = (int64_t)(us / 1000000);
	ts.nsec = (int64_t)(us % 1000000 * 1000);
	return (int)syscall(SYS_epoll_pwait2, queue, batch, max, &ts, NULL, 0);
#else
	(void)batch;
	(void)max;
	(void)us;
	errno = ENOSYS;
	return -1;
#endif
}

static bool
can_gather(void)
{
	static enum { UNKNOWN, NO, YES } can;
	struct epoll_event	e;

	/* with room for nothing: no event gets lost here */
	if (can == UNKNOWN)
		can = wait_us(&e, 0, 0) == -1 && errno == EINVAL ? YES : NO;
	return can == YES;
}

/*
 * A mark too near to the window would stop the sender in front of it: a quarter of
 * the buffer, half of which is window, is the most.
 */
static int
mark(int fd, size_t bytes)
{
	int	error, n;

	if ((error = os_option_get(fd, SO_RCVBUF, &n)) != 0)
		return error;
	n = (size_t)n / 4 < bytes ? n / 4 + 1 : (int)bytes;
	error = os_option(fd, SOL_SOCKET, SO_RCVLOWAT, n);
	return error != 0 ? error : n;
}

static struct gathering *
gathering_of(int fd)
{
	int	i;

	for (i = 0; i < ngatherings; i++)
		if (gatherings[i].fd == fd)
			return &gatherings[i];
	return NULL;
}

int
wait_queue_gather(int fd, size_t bytes)
{
	struct gathering	*g = gathering_of(fd);

	if (bytes == 0) {
		if (g == NULL)
			return 0;
		*g = gatherings[--ngatherings];
		return os_option(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
	}
	if (g == NULL) {
		if (!can_gather())
			return -ENOTSUP;
		if (ngatherings == GATHERINGS)
			return -ENOBUFS;
		g = &gatherings[ngatherings];
		g->fd = fd;
		g->age = 0;
	}
	/* the buffer grows: look again at times */
	if (g->age++ % REMARK == 0 && (g->mark = mark(fd, bytes)) < 0)
		return g->mark;
	if (g == &gatherings[ngatherings])
		ngatherings++;
	g->due_us = (now_us() + WAIT_GATHER_US) / SLOT_US * SLOT_US;
	return g->mark;
}

/* When the first of them must be reported. */
static uint64_t
gathering_due(void)
{
	uint64_t	due = NEVER;
	int		i;

	for (i = 0; i < ngatherings; i++)
		if (gatherings[i].due_us < due)
			due = gatherings[i].due_us;
	return due;
}

static int
gathered(struct wait_event *ev, int max)
{
	uint64_t	now = now_us();
	int		i, n = 0;

	for (i = 0; i < ngatherings && n < max; i++) {
		if (gatherings[i].due_us > now)
			continue;
		gatherings[i].due_us = NEVER;
		ev[n].token = slots[gatherings[i].fd].token;
		ev[n++].got = WAIT_READ;
	}
	return n;
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
	if (s->kind == NONE || s->token != ev->token || ev->got == 0)
		return 0;
	if (s->kind == EDGE) {
		if ((ev->got & (s->want | WAIT_END)) == 0 &&
		    ++s->vain == VAIN) {
			s->vain--;	/* from now on at once */
			(void)watch(EPOLL_CTL_MOD, fd, s->want &
			    (WAIT_READ | WAIT_WRITE));
		}
		return 1;
	}
	if (s->want == 0) {
		disarm(fd);
		return 0;
	}
	return 1;
}

static int
wait_batch(struct epoll_event *batch, int max, int timeout_ms)
{
	uint64_t	due = gathering_due(), now;

	if (due == NEVER || timeout_ms == 0)
		return epoll_wait(queue, batch, max, timeout_ms);
	now = now_us();
	due = due > now ? due - now : 0;
	if (timeout_ms > 0 && due > (uint64_t)timeout_ms * 1000)
		due = (uint64_t)timeout_ms * 1000;
	return wait_us(batch, max, due);
}

int
wait_queue_turn(struct wait_event *ev, int max, int timeout_ms)
{
	struct epoll_event	batch[BATCH];
	int			i, n, room, got = 0;

	if (unarmed != 0) {
		rearm();
		if (unarmed != 0 &&
		    (timeout_ms == -1 || timeout_ms > RETRY_MS))
			timeout_ms = RETRY_MS;
	}
	/* what is due has its place, however much else there is */
	room = max / 2 < ngatherings ? max / 2 : ngatherings;
	n = wait_batch(batch, max - room < BATCH ? max - room : BATCH,
	    timeout_ms);
	if (n == -1)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < n; i++)
		got += accept_event(&batch[i], &ev[got]);
	if (ngatherings > 0)
		got += gathered(&ev[got], max - got);
	return got;
}

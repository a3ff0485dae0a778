/*
 * wait_poll.c - waiting with poll(2): the reference, and on every system.
 *
 * poll gets a dense array of those descriptors of which something is wanted, and
 * nothing else: what nothing is wanted of cannot wake us.  Since it reports what
 * is, and not what changed, both kinds of descriptors are served alike.
 */
#include <errno.h>
#include <poll.h>

#include "mem.h"
#include "wait_kind.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0		/* a hint only: saves a turn before an end */
#endif

/* poll(2) passes over negative descriptors; the same takes it back. */
#define MUTED(fd)	(-1 - (fd))

/* What we know of a descriptor. */
struct slot {
	uint32_t	token;
	uint32_t	place;		/* in polled, plus one; 0: not polled */
	uint8_t		added;
	uint8_t		want;		/* WAIT_* */
};

static struct slot	*slots;		/* by descriptor */
static struct pollfd	*polled;
static uint32_t		 npolled;
static uint32_t		 next;		/* where to look first next time */
static int		 nslots;

int
wait_poll_open(int maxfd)
{
	slots = mem_private((size_t)maxfd * sizeof(*slots));
	polled = mem_private((size_t)maxfd * sizeof(*polled));
	nslots = maxfd;
	npolled = next = 0;
	if (slots != NULL && polled != NULL)
		return 0;
	wait_poll_close();
	return -ENOMEM;
}

void
wait_poll_close(void)
{
	mem_unmap(slots, (size_t)nslots * sizeof(*slots));
	mem_unmap(polled, (size_t)nslots * sizeof(*polled));
	slots = NULL;
	polled = NULL;
}

size_t
wait_poll_memory(int maxfd)
{
	return mem_size((size_t)maxfd * sizeof(*slots)) +
	    mem_size((size_t)maxfd * sizeof(*polled));
}

int
wait_poll_add(int fd, enum wait_how how, uint32_t token)
{
	if (slots[fd].added)
		return -EEXIST;
	slots[fd].token = token;
	slots[fd].added = 1;
	slots[fd].want = 0;
	slots[fd].place = 0;
	if (how == WAIT_LEVEL)
		wait_poll_want(fd, WAIT_READ);
	return 0;
}

/* Take a descriptor out of the array; the last one fills the gap. */
static void
unpoll(int fd)
{
	uint32_t	place = slots[fd].place;
	int		moved;

	if (place == 0)
		return;
	npolled--;
	if (place - 1 != npolled) {
		polled[place - 1] = polled[npolled];
		moved = polled[npolled].fd;
		slots[moved < 0 ? MUTED(moved) : moved].place = place;
	}
	slots[fd].place = 0;
}

void
wait_poll_del(int fd)
{
	unpoll(fd);
	slots[fd].added = 0;
	slots[fd].want = 0;
}

void
wait_poll_want(int fd, uint32_t bits)
{
	struct slot	*s = &slots[fd];
	struct pollfd	*p;

	bits &= WAIT_READ | WAIT_WRITE | WAIT_ERROR;
	if (!s->added || bits == s->want)
		return;
	s->want = (uint8_t)bits;
	if (bits == 0) {
		unpoll(fd);
		return;
	}
	if (s->place == 0)
		s->place = ++npolled;
	p = &polled[s->place - 1];
	p->fd = fd;
	p->events = 0;		/* errors are reported unasked */
	/*
	 * But the BSDs wake nobody who asks for nothing.  An urgent byte is what
	 * comes least often.
	 */
	if (bits == WAIT_ERROR)
		p->events = POLLPRI;
	p->revents = 0;
	if (bits & WAIT_READ)
		p->events |= POLLIN | POLLRDHUP;
	if (bits & WAIT_WRITE)
		p->events |= POLLOUT;
}

static uint32_t
got_of(int revents, uint32_t want)
{
	uint32_t	got = 0;

	if (revents & POLLPRI)
		got |= WAIT_END;
	/* The BSDs have no other word for a reset; two good ends say it too. */
	if (revents & POLLHUP && want == WAIT_ERROR)
		got |= WAIT_ERROR;
	if (revents & POLLIN)
		got |= WAIT_READ;
	if (revents & POLLOUT)
		got |= WAIT_WRITE;
	if (revents & POLLRDHUP)
		got |= WAIT_READ | WAIT_END;
	if (revents & POLLHUP)
		got |= WAIT_READ | WAIT_WRITE | WAIT_END;
	if (revents & (POLLERR | POLLNVAL))
		got |= WAIT_READ | WAIT_WRITE | WAIT_ERROR | WAIT_END;
	return got;
}

/*
 * Turn what poll found into events, beginning behind the last one of the turn
 * before, so that a full array of events leaves nobody out for ever.
 */
static int
collect(struct wait_event *ev, int max, int ready)
{
	struct pollfd	*p;
	struct slot	*s;
	uint32_t	 i, at;
	int		 n = 0;

	if (next >= npolled)
		next = 0;
	for (i = 0; i < npolled && ready > 0 && n < max; i++) {
		at = next + i < npolled ? next + i : next + i - npolled;
		p = &polled[at];
		if (p->fd < 0 || p->revents == 0)
			continue;
		ready--;
		s = &slots[p->fd];
		ev[n].token = s->token;
		ev[n++].got = got_of(p->revents, s->want);
		/*
		 * Nothing but an error was waited for.  It, or the end of both
		 * directions, or an urgent byte is there to stay: say so once.
		 */
		if (s->want == WAIT_ERROR && p->revents == POLLPRI)
			p->events = 0;
		else if (s->want == WAIT_ERROR)
			p->fd = MUTED(p->fd);
	}
	next += i;
	if (next >= npolled)
		next -= npolled;
	return n;
}

int
wait_poll_turn(struct wait_event *ev, int max, int timeout_ms)
{
	int	n;

	if ((n = poll(polled, npolled, timeout_ms)) == -1)
		return errno == EINTR ? 0 : -errno;
	return n == 0 ? 0 : collect(ev, max, n);
}

/*
 * wait_kqueue.c - waiting with kqueue(2), on the BSDs and macOS.
 *
 * A WAIT_EDGE descriptor has a read and a write filter with EV_CLEAR, registered
 * once; closing it takes them out.  A WAIT_LEVEL descriptor has them without,
 * as they are wanted (a listener has no write filter on some systems).  The two
 * filters' events of a turn are folded into one.
 *
 * A read event always carries WAIT_END: the filter does not tell of an urgent
 * byte, and reading stops short in front of one.
 *
 * An end is an event for writing, too: FreeBSD 15 tells only who reads that the
 * other end of a Unix socket is closed.
 */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mem.h"
#include "wait_kind.h"

enum { BATCH = 256 };		/* events of one system call */

/* What we know of a descriptor. */
struct slot {
	uint32_t	token;
	uint32_t	turn;		/* in which it was last reported */
	uint16_t	place;		/* where in that turn's events */
	uint8_t		added;
	uint8_t		how;		/* enum wait_how */
	uint8_t		want;		/* WAIT_LEVEL: WAIT_* */
};

static struct slot	*slots;		/* by descriptor */
static int		 nslots;
static int		 queue = -1;
static uint32_t		 turn;

const char *
wait_queue_name(void)
{
	return "kqueue";
}

int
wait_queue_open(int maxfd)
{
	int	error;

	slots = mem_private((size_t)maxfd * sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	nslots = maxfd;
	if ((queue = kqueue()) != -1 &&
	    fcntl(queue, F_SETFD, FD_CLOEXEC) != -1)
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
change(int fd, int filter, int flags)
{
	const struct kevent	k = { .ident = (unsigned)fd,
				    .filter = (short)filter,
				    .flags = (unsigned short)flags };

	return kevent(queue, &k, 1, NULL, 0, NULL) == -1 ? -errno : 0;
}

/* Both filters in one system call. */
static int
add_edge(int fd)
{
	const struct kevent	k[2] = {
		{ .ident = (unsigned)fd, .filter = EVFILT_READ,
		    .flags = EV_ADD | EV_CLEAR },
		{ .ident = (unsigned)fd, .filter = EVFILT_WRITE,
		    .flags = EV_ADD | EV_CLEAR }
	};

	return kevent(queue, k, 2, NULL, 0, NULL) == -1 ? -errno : 0;
}

int
wait_queue_add(int fd, enum wait_how how, uint32_t token)
{
	struct slot	*s = &slots[fd];
	int		 error;

	if (s->added)
		return -EEXIST;
	if (how == WAIT_EDGE)
		error = add_edge(fd);
	else
		error = change(fd, EVFILT_READ, EV_ADD);
	if (error != 0)
		return error;
	s->token = token;
	s->how = (uint8_t)how;
	s->want = how == WAIT_LEVEL ? WAIT_READ : 0;
	s->turn = turn - 1;
	s->added = 1;
	return 0;
}

void
wait_queue_del(int fd)
{
	if (!slots[fd].added)
		return;
	if (slots[fd].how == WAIT_LEVEL) {
		wait_queue_want(fd, 0);
		(void)change(fd, EVFILT_READ, EV_DELETE);
	}
	slots[fd].added = 0;
	slots[fd].want = 0;
}

void
wait_queue_want(int fd, uint32_t bits)
{
	struct slot	*s = &slots[fd];
	uint32_t	 changed;

	if (s->how == WAIT_EDGE || !s->added || bits == s->want)
		return;
	changed = s->want ^ bits;
	s->want = (uint8_t)bits;
	if (changed & WAIT_READ)
		(void)change(fd, EVFILT_READ,
		    bits & WAIT_READ ? EV_ENABLE : EV_DISABLE);
	if (changed & WAIT_WRITE)
		(void)change(fd, EVFILT_WRITE,
		    bits & WAIT_WRITE ? EV_ADD : EV_DELETE);
}

/* Not needed: sockets splice on their own here (splice_bsd.c). */
int
wait_queue_gather(int fd, size_t bytes)
{
	(void)fd;
	(void)bytes;
	return -ENOTSUP;
}

static uint32_t
got_of(const struct kevent *k)
{
	uint32_t	got;

	if (k->filter == EVFILT_READ)
		got = WAIT_READ | WAIT_END;
	else
		got = WAIT_WRITE;
	if (k->flags & EV_EOF) {
		got |= WAIT_WRITE | WAIT_END;
		if (k->fflags != 0)
			got |= WAIT_READ | WAIT_ERROR;
	}
	return got;
}

int
wait_queue_turn(struct wait_event *ev, int max, int timeout_ms)
{
	struct kevent	 batch[BATCH];
	struct timespec	 ts;
	struct slot	*s;
	int		 i, n, got = 0;

	ts.tv_sec = timeout_ms / 1000;
	ts.tv_nsec = timeout_ms % 1000 * 1000000L;
	n = kevent(queue, NULL, 0, batch, max < BATCH ? max : BATCH,
	    timeout_ms < 0 ? NULL : &ts);
	if (n == -1)
		return errno == EINTR ? 0 : -errno;
	turn++;
	for (i = 0; i < n; i++) {
		s = &slots[batch[i].ident];
		if (!s->added || batch[i].flags & EV_ERROR)
			continue;
		if (s->turn != turn) {
			s->turn = turn;
			s->place = (uint16_t)got++;
			ev[s->place].token = s->token;
			ev[s->place].got = 0;
		}
		ev[s->place].got |= got_of(&batch[i]);
	}
	return got;
}

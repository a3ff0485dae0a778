/*
 * splice_linux.c - splice(2) through a pipe for each lane.
 *
 * The pipe is filled only when it is empty.  So when filling would block, the
 * source has no more (and it is not that the pipe is full, which splice(2)
 * tells in the same words); when emptying would block, the sink is full.
 *
 * splice(2) has no MSG_NOSIGNAL: SIGPIPE must be ignored.
 *
 * Pipes are made when needed and kept, the last used first, for it is the one
 * whose pages are still in the cache.  A pipe is kept only when it is empty, and of
 * those that came from another process only as many as there are lanes.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "os.h"
#include "splice.h"

enum {
	PIPE_BEST = 1024 * 1024,	/* bytes; more gains nothing */
	PIPE_PLAIN = 64 * 1024,		/* what pipe(2) gives */
	PIPE_WORST = 32 * 1024,		/* with less, copying is better */
	SLOW_MS = 10			/* a sink that is full for so long */
};

struct pipe {
	int		in;		/* we write, -1: none */
	int		out;		/* we read */
	uint32_t	size;
};

struct lane {
	struct pipe	pipe;
	uint32_t	held;		/* bytes in the pipe */
	uint32_t	take;		/* as many are put into it, at most */
	uint64_t	full_ms;	/* the sink had no more room then */
	int32_t		next;		/* free lanes: the next one, -1 is none */
	bool		used;
};

static struct lane	*lanes;
static struct pipe	*kept;		/* a stack of empty pipes */
static unsigned		 nlanes;
static unsigned		 nkept;
static unsigned		 npipes;	/* open: in lanes and kept */
static int		 free_lane;	/* -1: none */
static unsigned		 fresh;		/* lanes from here on were never used */
static uint32_t		 best = PIPE_BEST;	/* what was granted last */
static bool		 unable;	/* this kernel cannot splice sockets */

enum splice_kind
splice_open(unsigned n)
{
	if (n == 0 || n > INT32_MAX)
		return SPLICE_NONE;
	lanes = mem_private((size_t)n * sizeof(*lanes));
	kept = mem_private((size_t)n * sizeof(*kept));
	nlanes = n;
	if (lanes == NULL || kept == NULL) {
		splice_close();
		return SPLICE_NONE;
	}
	free_lane = -1;
	fresh = 0;
	unable = false;
	return SPLICE_PUMPED;
}

void
splice_close(void)
{
	unsigned	i;

	for (i = 0; lanes != NULL && i < fresh; i++)
		if (lanes[i].used)
			splice_end((int)i, -1, NULL);
	splice_trim();
	mem_unmap(lanes, (size_t)nlanes * sizeof(*lanes));
	mem_unmap(kept, (size_t)nlanes * sizeof(*kept));
	lanes = NULL;
	kept = NULL;
}

enum splice_kind
splice_kind(void)
{
	return lanes == NULL || unable ? SPLICE_NONE : SPLICE_PUMPED;
}

/*
 * An unprivileged user has 64 MiB for all pipes together by default (pipe(7),
 * pipe-user-pages-soft), and past that his pipes hold next to nothing.  So the
 * more pipes there are, the smaller are the next ones: 16 MiB for each size.
 */
static uint32_t
wanted(void)
{
	static const struct {
		unsigned	below;
		uint32_t	size;
	} sizes[] = {
		{ 16, PIPE_BEST },
		{ 16 + 32, PIPE_BEST / 2 },
		{ 16 + 32 + 64, PIPE_BEST / 4 }
	};
	size_t	i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (npipes < sizes[i].below)
			return sizes[i].size;
	return PIPE_PLAIN;
}

/*
 * Enlarge a pipe as far as allowed.  What was refused once is not asked for
 * again before the next trim.
 */
static uint32_t
enlarge(int fd)
{
	uint32_t	size = wanted();
	int		n;

	if (size > best)
		size = best;
	for (; size > PIPE_PLAIN; size = best) {
		if ((n = fcntl(fd, F_SETPIPE_SZ, (int)size)) > 0)
			return (uint32_t)n;
		best = size / 2;
	}
	n = fcntl(fd, F_GETPIPE_SZ);
	return n > 0 ? (uint32_t)n : 0;
}

static void
close_pipe(const struct pipe *p)
{
	(void)close(p->in);
	(void)close(p->out);
	npipes--;
}

/* A lane that is free, or -1; and taking it. */
static int
next_lane(void)
{
	if (free_lane != -1)
		return free_lane;
	return fresh < nlanes ? (int)fresh : -1;
}

static void
use_lane(int lane)
{
	if (lane == free_lane)
		free_lane = lanes[lane].next;
	else
		fresh++;
}

static int
get_pipe(struct pipe *p)
{
	int	fd[2];

	if (nkept > 0) {
		*p = kept[--nkept];
		return 0;
	}
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1)
		return errno == EMFILE || errno == ENFILE ? -errno : -ENOBUFS;
	p->out = fd[0];
	p->in = fd[1];
	p->size = enlarge(p->in);
	npipes++;
	if (p->size >= PIPE_WORST)
		return 0;
	close_pipe(p);
	return -ENOBUFS;
}

int
splice_begin(int from, int to)
{
	struct lane	*l;
	int		 error, lane = next_lane();

	(void)from;
	(void)to;
	if (lanes == NULL || unable)
		return -ENOTSUP;
	if (lane == -1)
		return -ENOBUFS;
	l = &lanes[lane];
	if ((error = get_pipe(&l->pipe)) != 0)
		return error;
	use_lane(lane);
	l->held = 0;
	l->take = PIPE_WORST;
	l->used = true;
	return lane;
}

static long
move(int in, int out, size_t size)
{
	ssize_t	n;

	do
		n = splice(in, NULL, out, NULL, size,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

/*
 * splice(2) stops in front of an urgent byte for ever, reading does not.
 */
static bool
at_mark(int fd)
{
	return sockatmark(fd) == 1;
}

/*
 * Why the source gave nothing.  Errors that are not the source's own are left to
 * the read that follows.
 */
static enum splice_result
stopped(int from, long n, struct splice_moved *moved)
{
	switch (n) {
	case 0:
		return SPLICE_ENDED;
	case -EAGAIN:
		return at_mark(from) ? SPLICE_ENDED : SPLICE_SOURCE;
	case -ENOSYS:
		unable = true;
		return SPLICE_ENDED;
	case -EINVAL:	/* a Unix socket before Linux 4.2; TCP goes on */
	case -ENOMEM:
	case -ENOBUFS:
		return SPLICE_ENDED;
	default:
		moved->error = (int)n;
		return SPLICE_ENDED;
	}
}

/*
 * Empty the pipe into the sink: SPLICE_MORE when it is empty.
 */
static enum splice_result
empty(struct lane *l, int to, struct splice_moved *moved)
{
	long	n;

	while (l->held > 0) {
		n = move(l->pipe.out, to, l->held);
		if (n > 0) {
			l->held -= (uint32_t)n;
			moved->out += (uint64_t)n;
			continue;
		}
		switch (n) {
		case -EAGAIN:
			return SPLICE_SINK;
		case 0:
		case -EINVAL:
			unable = true;
			return SPLICE_ENDED;
		case -ENOMEM:
		case -ENOBUFS:
			/* Writing by hand goes on or finds out. */
			return SPLICE_ENDED;
		default:
			moved->error = (int)n;
			return SPLICE_BROKEN;
		}
	}
	return SPLICE_MORE;
}

/*
 * A piece that came short has emptied the source, or all places of the pipe were
 * taken: ask, which costs less than trying.
 */
static bool
waiting(int fd, size_t least)
{
	int	n;

	return ioctl(fd, FIONREAD, &n) == -1 || n < 0 || (size_t)n >= least;
}

/*
 * The more is taken at once, the larger a window the kernel offers to the source, and
 * fills it: with a slow sink all of that waits here, as much as tcp_rmem allows.  So
 * it is more only as long as the sink has room, and less when it takes long until it
 * has room again.
 */
static void
adapt(struct lane *l)
{
	uint32_t	most = l->pipe.size;

	if (l->held > 0 && most > SPLICE_LITTLE)
		most = SPLICE_LITTLE;
	if (l->take < most)
		l->take *= 2;
	else if (l->take > most && os_now_ms() >= l->full_ms + SLOW_MS)
		l->take /= 2;
}

enum splice_result
splice_step(int lane, int from, int to, size_t budget, size_t least,
    struct splice_moved *moved)
{
	struct lane		*l = &lanes[lane];
	enum splice_result	 r;
	size_t			 size;
	long			 n;
	bool			 piece = false;

	memset(moved, 0, sizeof(*moved));
	adapt(l);
	for (;;) {
		if ((r = empty(l, to, moved)) != SPLICE_MORE) {
			if (r == SPLICE_SINK)
				l->full_ms = os_now_ms();
			return r;
		}
		if (moved->in >= budget)
			return SPLICE_MORE;
		if (piece && least > 0 && !waiting(from, least))
			return SPLICE_SOURCE;
		size = budget - (size_t)moved->in;
		if (size > l->take)
			size = l->take;
		if ((n = move(from, l->pipe.in, size)) <= 0)
			return stopped(from, n, moved);
		piece = (size_t)n < size;
		l->held = (uint32_t)n;
		moved->in += (uint64_t)n;
	}
}

size_t
splice_held(int lane)
{
	return lanes[lane].held;
}

long
splice_take(int lane, void *buf, size_t size)
{
	struct lane	*l = &lanes[lane];
	ssize_t		 n;

	if (l->held == 0)
		return 0;
	do
		n = read(l->pipe.out, buf, size < l->held ? size : l->held);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	l->held -= (uint32_t)n;
	return n;
}

void
splice_end(int lane, int from, struct splice_moved *moved)
{
	struct lane	*l = &lanes[lane];

	(void)from;
	if (moved != NULL)
		memset(moved, 0, sizeof(*moved));
	if (l->held == 0 && nkept < nlanes)
		kept[nkept++] = l->pipe;
	else
		close_pipe(&l->pipe);
	l->used = false;
	l->held = 0;
	l->next = free_lane;
	free_lane = lane;
}

unsigned
splice_export(int lane, int fd[2])
{
	const struct lane	*l = &lanes[lane];

	fd[0] = fd[1] = -1;
	if (l->held == 0)
		return 0;
	fd[0] = l->pipe.in;
	fd[1] = l->pipe.out;
	return 2;
}

int
splice_import(const int fd[2], size_t held)
{
	struct lane	*l;
	int		 n, lane = next_lane();

	/* bytes of a lane can be taken out of it where splice(2) fails, too */
	if (lanes == NULL)
		return -ENOTSUP;
	if (lane == -1)
		return -ENOBUFS;
	if (ioctl(fd[1], FIONREAD, &n) == -1)
		return -errno;
	if (held == 0 || n < 0 || (size_t)n != held)
		return -EINVAL;
	if ((n = fcntl(fd[0], F_GETPIPE_SZ)) == -1)
		return -errno;
	l = &lanes[lane];
	use_lane(lane);
	l->pipe.in = fd[0];
	l->pipe.out = fd[1];
	l->pipe.size = (uint32_t)n;
	npipes++;
	l->held = (uint32_t)held;
	l->take = PIPE_WORST;
	l->used = true;
	return lane;
}

void
splice_trim(void)
{
	while (nkept > 0)
		close_pipe(&kept[--nkept]);
	best = PIPE_BEST;
}

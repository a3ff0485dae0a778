/*
 * splice_bsd.c - SO_SPLICE of OpenBSD and FreeBSD: the kernel moves bytes on its
 * own until an end, an error, or splice_end.  The source is not reported readable
 * before that.
 *
 * When moving failed because of the sink, OpenBSD's kernel leaves the sink's error
 * on the source.  So an error found there is compared with the sink's own: reading
 * the source would otherwise blame the wrong side.  FreeBSD's leaves nothing there
 * (sys/kern/uipc_socket.c, so_splice_xfer): the source is an ordinary socket again,
 * reported when it has more, and writing that finds the sink broken.
 *
 * FreeBSD's also forgets, now and then, an end that comes while it moves bytes
 * (15.0: so_splice_xfer looks for more bytes afterwards, not for the end), and
 * kqueue(2) says nothing of a source that is spliced.  So a lane is lent for a
 * second there: then the source is an ordinary socket, and reported if it has more.
 *
 * FreeBSD has had it for a short time only: older headers do not know SO_SPLICE,
 * and older kernels say so when it is first tried.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "mem.h"
#include "os.h"
#include "splice.h"

struct lane {
	uint64_t	seen;		/* bytes reported so far */
	int32_t		next;		/* free lanes: the next one, -1 is none */
};

static struct lane	*lanes;
static unsigned		 nlanes;
static int		 free_lane = -1;
static bool		 unable;	/* this kernel has no SO_SPLICE */

#ifdef SO_SPLICE
enum { KNOWN = 1 };

/* Let bytes go from one socket to another, or (-1) no more. */
static int
join(int from, int to)
{
	struct splice	sp;

	memset(&sp, 0, sizeof(sp));
	sp.sp_fd = to;
#ifdef __FreeBSD__
	sp.sp_idle.tv_sec = 1;	/* since now; OpenBSD's is since the last byte */
#endif
	if (setsockopt(from, SOL_SOCKET, SO_SPLICE, &sp, sizeof(sp)) == -1)
		return -errno;
	return 0;
}

/* How many bytes went, since they were joined; -1: that is not known. */
static off_t
passed(int from)
{
	off_t		total = 0;
	socklen_t	len = sizeof(total);

	if (getsockopt(from, SOL_SOCKET, SO_SPLICE, &total, &len) == -1)
		return -1;
	return total;
}
#else
enum { KNOWN = 0 };

static int
join(int from, int to)
{
	(void)from;
	(void)to;
	return -ENOPROTOOPT;
}

static off_t
passed(int from)
{
	(void)from;
	return -1;
}
#endif

enum splice_kind
splice_open(unsigned n)
{
	unsigned	i;

	if (!KNOWN || n == 0 || n > INT32_MAX)
		return SPLICE_NONE;
	if ((lanes = mem_private((size_t)n * sizeof(*lanes))) == NULL)
		return SPLICE_NONE;
	nlanes = n;
	for (i = 0; i < n; i++)
		lanes[i].next = i + 1 < n ? (int32_t)i + 1 : -1;
	free_lane = 0;
	unable = false;
	return SPLICE_DETACHED;
}

void
splice_close(void)
{
	mem_unmap(lanes, (size_t)nlanes * sizeof(*lanes));
	lanes = NULL;
	nlanes = 0;
	free_lane = -1;
}

enum splice_kind
splice_kind(void)
{
	return lanes == NULL || unable ? SPLICE_NONE : SPLICE_DETACHED;
}

int
splice_begin(int from, int to)
{
	int	error, lane = free_lane;

	if (lanes == NULL || unable)
		return -ENOTSUP;
	if (lane == -1)
		return -ENOBUFS;
	switch (error = join(from, to)) {
	case 0:
		break;
	case -ENOPROTOOPT:
		unable = true;
		return -ENOTSUP;
	case -ENOBUFS:
	case -ENOMEM:
		return -ENOBUFS;
	default:
		return -ENOTSUP;	/* not both TCP, or one has ended */
	}
	free_lane = lanes[lane].next;
	lanes[lane].seen = 0;
	return lane;
}

/* Report what went through since the last time. */
static void
count(int lane, int from, struct splice_moved *moved)
{
	off_t	total = passed(from);

	memset(moved, 0, sizeof(*moved));
	if (total == -1)
		return;
	moved->in = moved->out = (uint64_t)total - lanes[lane].seen;
	lanes[lane].seen = (uint64_t)total;
}

enum splice_result
splice_step(int lane, int from, int to, size_t budget,
    size_t least, struct splice_moved *moved)
{
	struct pollfd	p = { .fd = from, .events = POLLIN };
	int		error, sink;

	(void)budget;
	(void)least;
	if (poll(&p, 1, 0) <= 0) {
		count(lane, from, moved);
		return SPLICE_SOURCE;
	}
	count(lane, from, moved);
	if ((error = os_error(from)) == 0)
		return SPLICE_ENDED;
	moved->error = error;
	if ((sink = os_error(to)) != 0)
		moved->error = sink;
	/* A source does not break its own pipe. */
	return sink != 0 || error == -EPIPE ? SPLICE_BROKEN : SPLICE_ENDED;
}

void
splice_end(int lane, int from, struct splice_moved *moved)
{
	struct splice_moved	last;

	(void)join(from, -1);
	count(lane, from, &last);
	if (moved != NULL)
		*moved = last;
	lanes[lane].next = free_lane;
	free_lane = lane;
}

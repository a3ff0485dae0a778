/*
 * wait.h - wait for descriptors.  poll(2) is the reference, epoll and kqueue
 * are the same few functions over a kernel queue.
 *
 * A WAIT_EDGE descriptor is registered once for its life.  Its owner keeps ready
 * bits: set by an event, cleared by would-block.  wait_want tells what the owner
 * lacks; a kernel queue needs no system call for that (it reports every change
 * anyway), poll(2) asks for exactly these.  Events may be spurious.  A WAIT_LEVEL
 * descriptor (listeners, channels) is reported as long as it is ready and wanted.
 */
#ifndef WAIT_H
#define WAIT_H

#include <stddef.h>
#include <stdint.h>

enum {
	WAIT_READ = 1,		/* reading does not block (bytes, end, error) */
	WAIT_WRITE = 2,		/* writing does not block (space, error) */
	WAIT_ERROR = 4,		/* an error is pending: the peer reset, or worse.
				   Wanted alone it watches for just that, as far
				   as the system can. */
	WAIT_END = 8		/* got only: an end, error or urgent byte is in the
				   queue, so a short read does not mean empty */
};

enum { WAIT_GATHER_US = 200 };

enum wait_how { WAIT_EDGE, WAIT_LEVEL };

struct wait_event {
	uint32_t	token;
	uint32_t	got;		/* WAIT_* bits; never 0 */
};

/*
 * Make the waiter, for descriptors below maxfd.  kind: "poll", "epoll", "kqueue"
 * or NULL for the best one here.  Memory is mapped, touched as used.  Returns 0,
 * -EINVAL when that kind is not built in, or another error.
 */
int	wait_open(const char *kind, int maxfd);
void	wait_close(void);

/*
 * The kinds that are built in, best first: "epoll poll".  And the one in use.
 */
const char *wait_kinds(void);
const char *wait_kind(void);

/*
 * Bytes that wait_open(kind, maxfd) maps.
 */
size_t	wait_memory(const char *kind, int maxfd);

/*
 * Watch fd; events carry token.  Of WAIT_EDGE nothing is wanted yet, of WAIT_LEVEL
 * reading.  0 or an error, after which fd is not watched.  wait_del before every
 * close.
 */
int	wait_add(int fd, enum wait_how, uint32_t token);
void	wait_del(int fd);

/*
 * Say which of WAIT_READ, WAIT_WRITE, WAIT_ERROR is waited for; 0 is nothing.
 * Cheap when nothing changes.  An edge waiter may report more than is wanted.
 */
void	wait_want(int fd, uint32_t bits);

/*
 * Much is coming on this TCP socket (WAIT_EDGE), which has just been read empty:
 * let it gather.  Reading is reported when so many bytes are there, at an end or an
 * error as ever, and once in any case, WAIT_GATHER_US after this call at the
 * latest.  To be called again each time it has been read empty; with 0 bytes it is
 * over, and reading must be tried once more.  Returns the mark, in bytes, which is
 * lower where the socket does not hold as much; or why not: -ENOTSUP this waiter
 * cannot, -ENOBUFS too many gather.
 */
int	wait_gather(int fd, size_t bytes);

/*
 * Wait at most timeout_ms (-1: for ever, 0: look).  Returns the number of
 * events, 0 on timeout or signal, or an error.  When the system is short of memory
 * for it, that is 0 after a moment.  With a full array the rest comes next time, and
 * nobody starves.
 */
int	wait_turn(struct wait_event *, int max, int timeout_ms);

#endif

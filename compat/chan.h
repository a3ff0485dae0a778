/*
 * chan.h - messages with descriptors, between our own processes.
 *
 * A message arrives whole or not at all, in order.  The end of the other process
 * is seen as the end of the channel.  Descriptors are close-on-exec on arrival.
 */
#ifndef CHAN_H
#define CHAN_H

#include <stddef.h>

enum {
	CHAN_BYTES = 4096,	/* one message at most, wherever we run */
	CHAN_FDS = 120		/* descriptors with one message at most; OpenBSD's
				   kernel has room for 127 */
};

/*
 * Make the two ends, both close-on-exec and non-blocking.  0 or an error.
 */
int	chan_pair(int fd[2]);

/*
 * No descriptors come in at this end: where the system can refuse them, who sends
 * some gets -EPERM.
 */
void	chan_bare(int fd);

/*
 * Send a message of 1 to CHAN_BYTES bytes, with nfds descriptors (the sender's
 * stay open), waiting at most timeout_ms for room (-1: for ever).  0, -EAGAIN no
 * room in time and nothing was sent, -EPIPE the other side is gone, -EMSGSIZE
 * too large, ...
 */
int	chan_send(int fd, const void *, size_t, const int *fds, unsigned nfds,
	    int timeout_ms);

/*
 * Take the next message.  *nfds is the room in fds, and then how many came.
 * Returns its length, 0 when the other side is gone, -EAGAIN none is waiting,
 * -EMSGSIZE when the message or its descriptors did not fit or could not be
 * opened here (those that were are closed; the next message can be read).
 */
long	chan_recv(int fd, void *, size_t, int *fds, unsigned *nfds);

/*
 * The last message is sent: tell the other side, and wait at most timeout_ms until
 * it has taken all of them and closed its end.  0, or -EAGAIN: it has not.
 *
 * Who sends descriptors keeps its own open until then.  On FreeBSD (10.4) a Unix
 * socket that is nowhere but in a message may be taken for garbage while that is
 * being sent: what waits in it is thrown away, and its end made up.
 */
int	chan_finish(int fd, int timeout_ms);

/*
 * Close an end for good: the other side is told, whoever else has it open.
 */
void	chan_end(int fd);

/*
 * Wait until chan_recv has something, at most timeout_ms.  1, 0 on timeout (or
 * signal), or an error.  For processes that have no waiter.
 */
int	chan_wait(int fd, int timeout_ms);

#endif

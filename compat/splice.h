/*
 * splice.h - let the kernel move bytes from one socket to another.
 *
 * Two kinds.  Pumped (Linux): splice_step moves bytes through a pipe and says
 * what it waits for.  Detached (SO_SPLICE on OpenBSD and FreeBSD): the kernel
 * moves on its own, the source is reported readable when it has stopped.  A lane
 * is one direction of one session.  A pipe that still holds bytes is closed
 * when its lane ends, never used again.
 */
#ifndef SPLICE_H
#define SPLICE_H

#include <stddef.h>
#include <stdint.h>

enum { SPLICE_LITTLE = 128 * 1024 };	/* bytes */

enum splice_kind { SPLICE_NONE, SPLICE_PUMPED, SPLICE_DETACHED };

enum splice_result {
	SPLICE_SOURCE,		/* nothing held; wait until the source is readable */
	SPLICE_SINK,		/* bytes held; wait until the sink is writable */
	SPLICE_MORE,		/* budget used up */
	SPLICE_ENDED,		/* the source has stopped: held bytes first (splice_take),
				   then an ordinary read tells why, unless error */
	SPLICE_BROKEN		/* the sink failed, with error; held bytes are lost */
};

struct splice_moved {
	uint64_t	in;		/* bytes taken from the source */
	uint64_t	out;		/* bytes given to the sink */
	int		error;		/* negated; ENDED: the source's (reading took it
					   away from the socket, so it must be believed
					   here), BROKEN: the sink's; else 0 */
};

/*
 * Make ready for so many lanes at once (memory for the table only; pipes are
 * made when first used and kept).  Returns the kind.
 */
enum splice_kind splice_open(unsigned lanes);
void	splice_close(void);
enum splice_kind splice_kind(void);

/*
 * Begin to move from one socket to another.  Returns a lane, or an error:
 * -ENOTSUP these sockets cannot, -ENOBUFS no lane is free, -EMFILE, -ENFILE.
 * Nothing has moved yet when it fails.
 */
int	splice_begin(int from, int to);

/*
 * Move up to budget bytes.  Fills *moved for this step.  What has come since is only
 * fetched when it is so much at least: with less, it is SPLICE_SOURCE.  With 0 it
 * goes on until the source says that there is no more, or why.  A pumped lane whose
 * sink is full for long, again and again, holds SPLICE_LITTLE at the most.
 */
enum splice_result splice_step(int lane, int from, int to, size_t budget,
    size_t least, struct splice_moved *moved);

/*
 * Bytes that left the source and have not reached the sink.  A detached lane
 * holds none that anyone can see.
 */
size_t	splice_held(int lane);

/*
 * Take held bytes back, for delivering them by hand.  Returns how many, 0 when
 * none is left, or an error.
 */
long	splice_take(int lane, void *, size_t);

/*
 * Stop, and forget the lane.  Detached: *moved (may be NULL) gets what went
 * through since the last step.
 */
void	splice_end(int lane, int from, struct splice_moved *moved);

/*
 * Give a lane to another process: what describes it is put into fd (close nothing;
 * splice_end here once they are sent).  Returns how many descriptors that are, 0
 * when the lane has nothing that could be carried (no pipe, no bytes held).
 */
unsigned splice_export(int lane, int fd[2]);

/*
 * Take over such a lane, with the bytes held in it; the descriptors are the lane's
 * from now on.  Returns the lane or an error (then they are still the caller's).
 */
int	splice_import(const int fd[2], size_t held);

/*
 * Close pipes kept for later use, give memory back (after a peak).
 */
void	splice_trim(void);

#endif

/*
 * chan_fds.h - descriptors in messages, and waiting: what the two kinds of
 * channels share.
 */
#ifndef CHAN_FDS_H
#define CHAN_FDS_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "chan.h"

/*
 * Room for the ancillary data of a message, aligned as it must be.  For all that
 * anybody can send: what has no room here is closed by the kernel, with us waiting,
 * see chan_fds_take.
 */
enum { CHAN_FDS_ROOM = 256 };
union chan_space {
	struct cmsghdr	align;
	char		space[CMSG_SPACE(CHAN_FDS_ROOM * sizeof(int))];
};

/* Put descriptors into a message that is to be sent. */
void	chan_fds_put(struct msghdr *, union chan_space *, const int *, unsigned);

/*
 * Take descriptors out of a message that came.  *nfds is the room, and then how
 * many there are.  Returns false when they did not all fit or come: those that
 * came are closed.
 */
bool	chan_fds_take(struct msghdr *, int *, unsigned *nfds);

/*
 * Close them again, however long their last close may be told to wait.
 */
void	chan_fds_drop(int *, unsigned *nfds);

/*
 * When a wait of timeout_ms (-1: for ever) that begins now is over.
 */
uint64_t chan_until(int timeout_ms);

/*
 * Wait until a channel takes or has something, up to a point in time (UINT64_MAX:
 * for ever); for no events, a moment.  Returns false when it is over.
 */
bool	chan_wait_until(int fd, short events, uint64_t until);

/*
 * A send has failed with that errno.  0: try again, there may be room now; else an
 * error in the words of chan.h.
 */
int	chan_again(int fd, int error, uint64_t until);

#endif

/*
 * handover.h - sessions from a relay to its successor, without a cut.
 *
 * One message carries a session: its row in a form with a version, its
 * descriptors, and behind it the bytes it holds.  Backends and listeners are
 * named by hashes of what they are, for the successor may have another
 * configuration, or be another program.  What the successor's configuration
 * does not have any more goes on under the name of its "removed" entry.
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdint.h>

#include "session.h"
#include "setup.h"

enum { HANDOVER_VERSION = 1 };	/* of the row; any change of it counts up */

/*
 * A relay with a setup of its own begins.
 */
void	handover_open(void);

/*
 * Send all sessions (and what is known of backends), waiting for the receiver,
 * which closes the channel when it has all.  0, or an error: the sessions that
 * are left are still ours, and whole.
 */
int	handover_send(const struct setup *, int channel);

enum handover_got {
	HANDOVER_NONE,		/* nothing is waiting */
	HANDOVER_SESSION,	/* one was taken over, in part or whole */
	HANDOVER_END		/* the sender has ended */
};

/* What a receiver knows of one sender between messages; zeroes at first. */
struct handover_in {
	struct session	*arriving;	/* bytes that it holds are still to come */
	uint32_t	missing[2];
};

/*
 * Take the next message.  A session that cannot be taken over (no row, a message
 * that makes no sense) is reset and counted, never half there.
 */
enum handover_got handover_take(const struct setup *, struct handover_in *,
    int channel, uint64_t now);

/*
 * No more is taken from that sender: a session that is here in part is forgotten;
 * it is whole there, if the sender lives.
 */
void	handover_drop(struct handover_in *);

#endif

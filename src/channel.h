/*
 * channel.h - what the parent tells a relay or the monitor, over a socketpair
 * (chan.h), and what they tell it.
 *
 * One message is one order.  The end of the channel is the end of the other process.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

enum channel_order {
	CHANNEL_NONE,		/* nothing is waiting */
	CHANNEL_DRAIN,		/* accept no more, end when all sessions have;
				   value: ms until those left are reset */
	CHANNEL_STOP,		/* reset all sessions and end now */
	CHANNEL_LOG,		/* to the log writer, fd: the file, opened anew */
	CHANNEL_READY,		/* from a relay: it serves */
	CHANNEL_HANDOVER,	/* fd: give all sessions to who reads there, end;
				   -1: that is not to be, end with the last one */
	CHANNEL_ADOPT,		/* fd: sessions come from there, of one of value
				   predecessors; -1: of that one none */
	CHANNEL_ADOPTED,	/* from a relay: no predecessor has any more for it */
	CHANNEL_KILL,		/* end a session by reset: of the monitor to the
				   parent, and on to the relay; value: its row */
	CHANNEL_EMPTY,		/* the same for all of a backend; value: which */
	CHANNEL_RELOAD,		/* from the monitor: as SIGHUP; value counts these */
	CHANNEL_SAID,		/* to the monitor, text: a line about the reload
				   that obeys all of these up to value */
	CHANNEL_RELOADED,	/* to the monitor: that one is done */
	CHANNEL_REFUSED,	/* to the monitor: that one is refused */
	CHANNEL_GONE		/* the other end has ended */
};

enum { CHANNEL_TEXT = 1023 };	/* bytes of a line; a longer one is cut */

struct channel_note {
	uint32_t	order;		/* enum channel_order */
	uint32_t	value;
	uint32_t	relay;		/* KILL: the session's */
	uint32_t	number;		/* KILL: the session that is to be in the row */
	char		text[CHANNEL_TEXT + 1];	/* SAID */
	int		fd;		/* the receiver's from now on, or -1 */
};

/*
 * Send an order; fd -1: none goes along.  0 or an error, waits no longer than a
 * second.
 */
int	channel_send(int channel, enum channel_order, uint32_t value, int fd);

/*
 * The same for the orders that say more.
 */
int	channel_send_kill(int channel, uint32_t relay, uint32_t row,
	    uint32_t number);
int	channel_send_text(int channel, enum channel_order, uint32_t value,
	    const char *, bool patient);	/* false: does not wait */

/*
 * Take the next order.  nfds: 1 when a descriptor may come along; where none may, one
 * that has some is no order.
 */
void	channel_take(int channel, struct channel_note *, unsigned nfds);

#endif

/*
 * channel.h - what the parent tells a relay, over a socketpair (chan.h), and the
 * one thing that a relay answers.
 *
 * One message is one order.  The end of the channel is the end of the other process.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdint.h>

enum channel_order {
	CHANNEL_NONE,		/* nothing is waiting */
	CHANNEL_DRAIN,		/* accept no more, end when all sessions have;
				   value: ms until those left are reset */
	CHANNEL_STOP,		/* reset all sessions and end now */
	CHANNEL_LOG,		/* fd: the log file, opened anew */
	CHANNEL_READY,		/* from a relay: it serves */
	CHANNEL_HANDOVER,	/* fd: give all sessions to who reads there, end */
	CHANNEL_ADOPT,		/* fd: a predecessor's sessions come from there */
	CHANNEL_GONE		/* the other end has ended */
};

struct channel_note {
	uint32_t	order;		/* enum channel_order */
	uint32_t	value;
	int		fd;		/* the receiver's from now on, or -1 */
};

/*
 * Send an order; fd -1: none goes along.  0 or an error, waits no longer than a
 * second.
 */
int	channel_send(int channel, enum channel_order, uint32_t value, int fd);

/*
 * Take the next order.
 */
void	channel_take(int channel, struct channel_note *);

#endif

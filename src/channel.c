/*
 * channel.c - orders as fixed messages of two words; both ends are the same
 * program on the same machine.
 */
#include <errno.h>

#include "chan.h"
#include "channel.h"

enum { CHANNEL_WAIT_MS = 1000 };

int
channel_send(int channel, enum channel_order order, uint32_t value, int fd)
{
	uint32_t words[2] = { order, value };

	return chan_send(channel, words, sizeof(words), &fd, fd == -1 ? 0 : 1,
	    CHANNEL_WAIT_MS);
}

void
channel_take(int channel, struct channel_note *note)
{
	uint32_t words[2];
	unsigned nfds = 1;
	long n;

	*note = (struct channel_note){ .order = CHANNEL_NONE, .fd = -1 };
	n = chan_recv(channel, words, sizeof(words), &note->fd, &nfds);
	if (nfds == 0 || n <= 0)
		note->fd = -1;
	if (n == -EAGAIN || n == -EMSGSIZE)
		return;
	if (n <= 0) {
		note->order = CHANNEL_GONE;
		return;
	}
	note->order = words[0];
	note->value = n == sizeof(words) ? words[1] : 0;
}

/*
 * channel.c - orders as short messages: the four words of a note, and its text when
 * it has one; both ends are the same program on the same machine.
 */
#include <errno.h>
#include <string.h>

#include "chan.h"
#include "channel.h"
#include "text.h"

enum {
	BARE = offsetof(struct channel_note, text),
	CHANNEL_WAIT_MS = 1000
};

static int
send(int channel, const struct channel_note *m, int fd)
{
	return chan_send(channel, m, BARE, &fd, fd == -1 ? 0 : 1,
	    CHANNEL_WAIT_MS);
}

int
channel_send(int channel, enum channel_order order, uint32_t value, int fd)
{
	const struct channel_note m = { .order = order, .value = value };

	return send(channel, &m, fd);
}

int
channel_send_kill(int channel, uint32_t relay, uint32_t row, uint32_t number)
{
	const struct channel_note m = { .order = CHANNEL_KILL, .value = row,
	    .relay = relay, .number = number };

	return send(channel, &m, -1);
}

int
channel_send_text(int channel, enum channel_order order, uint32_t value,
    const char *text, bool patient)
{
	struct channel_note m = { .order = order, .value = value };

	(void)text_format(m.text, sizeof(m.text), "%s", text);
	return chan_send(channel, &m, BARE + strlen(m.text), NULL, 0,
	    patient ? CHANNEL_WAIT_MS : 0);
}

void
channel_take(int channel, struct channel_note *note, unsigned nfds)
{
	long n;

	*note = (struct channel_note){ .order = CHANNEL_NONE };
	n = chan_recv(channel, note, BARE + CHANNEL_TEXT, &note->fd, &nfds);
	if (nfds == 0 || n <= 0)
		note->fd = -1;
	if (n <= 0)
		note->order = n == -EAGAIN || n == -EMSGSIZE ? CHANNEL_NONE :
		    CHANNEL_GONE;
}

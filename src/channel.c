/*
 * channel.c - orders as short messages: four words, and a text for those that have
 * one; both ends are the same program on the same machine.
 */
#include <errno.h>
#include <string.h>

#include "chan.h"
#include "channel.h"
#include "text.h"

enum { CHANNEL_WAIT_MS = 1000 };

struct message {
	uint32_t	order, value;
	uint32_t	relay, number;
	char		text[CHANNEL_TEXT + 1];
};

enum { BARE = offsetof(struct message, text) };

static int
send(int channel, const struct message *m, size_t len, int fd)
{
	return chan_send(channel, m, len, &fd, fd == -1 ? 0 : 1,
	    CHANNEL_WAIT_MS);
}

int
channel_send(int channel, enum channel_order order, uint32_t value, int fd)
{
	const struct message m = { .order = order, .value = value };

	return send(channel, &m, BARE, fd);
}

int
channel_send_kill(int channel, uint32_t relay, uint32_t row, uint32_t number)
{
	const struct message m = { .order = CHANNEL_KILL, .value = row,
	    .relay = relay, .number = number };

	return send(channel, &m, BARE, -1);
}

int
channel_send_text(int channel, enum channel_order order, uint32_t value,
    const char *text, bool patient)
{
	struct message m = { .order = order, .value = value };

	(void)text_format(m.text, sizeof(m.text), "%s", text);
	return chan_send(channel, &m, BARE + strlen(m.text), NULL, 0,
	    patient ? CHANNEL_WAIT_MS : 0);
}

void
channel_take(int channel, struct channel_note *note)
{
	struct message m = { .order = CHANNEL_NONE };
	unsigned nfds = 1;
	long n;

	*note = (struct channel_note){ .order = CHANNEL_NONE, .fd = -1 };
	n = chan_recv(channel, &m, BARE + CHANNEL_TEXT, &note->fd, &nfds);
	if (nfds == 0 || n <= 0)
		note->fd = -1;
	if (n == -EAGAIN || n == -EMSGSIZE)
		return;
	if (n <= 0) {
		note->order = CHANNEL_GONE;
		return;
	}
	note->order = m.order;
	note->value = m.value;
	note->relay = m.relay;
	note->number = m.number;
	if (n > BARE)
		memcpy(note->text, m.text, (size_t)n - BARE);
}

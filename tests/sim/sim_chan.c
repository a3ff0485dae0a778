/*
 * sim_chan.c - chan.h: messages with descriptors between simulated processes.
 *
 * Only one of those runs at a time, so a descriptor that is under way belongs to
 * the message alone as soon as its sender has dropped it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "sim.h"

enum { MESSAGES = 4096, FDS = SIM_CHAN_FDS, DEATHS = 8 };

struct message {
	struct sock	*to;
	size_t		len;
	unsigned	nfds;
	struct desc	fds[FDS];
	uint8_t		*data;
};

static struct message messages[MESSAGES];	/* in order, of all channels */
static unsigned	first, last;

void
chan_reset_world(void)
{
	for (; first != last; first = (first + 1) % MESSAGES)
		free(messages[first].data);
	first = last = 0;
}

struct sock *
chan_make(void)
{
	struct sock *s = net_pair(true);

	if (s == NULL)
		sim_fail("simulator", -1, "no sockets left");
	s->state = s->peer->state = SOCK_OPEN;
	s->chan = s->peer->chan = true;
	return s;
}

int
chan_send(int fd, const void *data, size_t len, const int *fds, unsigned nfds,
    int timeout_ms)
{
	struct sock *s = desc_sock(fd, "chan_send");
	struct message *m = &messages[last];
	unsigned i;

	(void)timeout_ms;
	/* of those that die in a handover, most die here */
	for (i = 0; i < DEATHS; i++)
		may_die();
	if (s->peer->gone)
		return -EPIPE;
	if ((last + 1) % MESSAGES == first || nfds > FDS)
		sim_fail("simulator", -1, "too many messages");
	m->to = s->peer;
	m->len = len;
	m->nfds = nfds;
	if ((m->data = malloc(len)) == NULL)
		sim_fail("simulator", -1, "no memory");
	memcpy(m->data, data, len);
	for (i = 0; i < nfds; i++) {
		if (fds[i] < 0 || descs[fds[i]].kind == DESC_FREE)
			sim_fail("descriptor", -1, "sends %d, which is not "
			    "open", fds[i]);
		m->fds[i] = descs[fds[i]];
	}
	last = (last + 1) % MESSAGES;
	m->to->rx_total++;
	W.progress++;
	net_wake(m->to, 1);
	return 0;
}

/* Only one process runs at a time: nobody could take anything meanwhile. */
int
chan_finish(int fd, int timeout_ms)
{
	struct sock *s = desc_sock(fd, "chan_finish");

	(void)timeout_ms;
	return s->peer->gone ? 0 : -EAGAIN;
}

void
chan_end(int fd)
{
	os_drop(fd);
}

/* Nor does anything come while somebody waits. */
int
chan_wait(int fd, int timeout_ms)
{
	struct sock *s = desc_sock(fd, "chan_wait");
	unsigned i;

	(void)timeout_ms;
	for (i = first; i != last && messages[i].to != s;
	    i = (i + 1) % MESSAGES)
		;
	return i != last || s->rx_fin;
}

/* The first message for s goes from the queue into *m. */
static bool
take(const struct sock *s, struct message *m)
{
	unsigned i, k;

	for (i = first; i != last && messages[i].to != s;
	    i = (i + 1) % MESSAGES)
		;
	if (i == last)
		return false;
	*m = messages[i];
	for (; i != first; i = k) {	/* the earlier ones move up */
		k = (i + MESSAGES - 1) % MESSAGES;
		messages[i] = messages[k];
	}
	first = (first + 1) % MESSAGES;
	return true;
}

long
chan_recv(int fd, void *to, size_t size, int *fds, unsigned *nfds)
{
	struct sock *s = desc_sock(fd, "chan_recv");
	struct message m;
	unsigned i;

	if (!take(s, &m)) {
		*nfds = 0;
		return s->rx_fin ? 0 : -EAGAIN;
	}
	s->rx_taken++;
	W.progress++;
	if (m.len > size || m.nfds > *nfds)
		sim_fail("order", -1, "a message of %zu bytes and %u "
		    "descriptors for %zu and %u", m.len, m.nfds, size, *nfds);
	memcpy(to, m.data, m.len);
	free(m.data);
	for (i = 0; i < m.nfds; i++) {
		fds[i] = desc_new(m.fds[i].kind, m.fds[i].s);
		if (fds[i] < 0)
			sim_fail("simulator", -1, "no descriptors left");
		descs[fds[i]].pipe = m.fds[i].pipe;
		if (m.fds[i].s != NULL)
			m.fds[i].s->row = -1;
	}
	*nfds = m.nfds;
	trace("message", fd, (int64_t)m.len, m.nfds);
	return (long)m.len;
}

bool
chan_holds(const struct sock *s)
{
	unsigned i, k;

	for (i = first; i != last; i = (i + 1) % MESSAGES)
		for (k = 0; k < messages[i].nfds; k++)
			if (messages[i].fds[k].s == s)
				return true;
	return false;
}

bool
chan_lose(const struct sock *s, struct sock **who, unsigned *n)
{
	struct message m;

	if (!take(s, &m))
		return false;
	free(m.data);
	for (*n = 0; *n < m.nfds; (*n)++)
		who[*n] = m.fds[*n].s;
	return true;
}

/* The last descriptor of this end is closed. */
void
chan_gone(struct sock *s)
{
	s->gone = true;
	s->peer->rx_fin = true;
	net_wake(s->peer, 1);
}

/*
 * peer_load.c - many connections of the scripted peer.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

void
peer_tally(uint64_t count, const char *text)
{
	static char chunk[PEER_CHUNK];
	struct peer s;
	char from[32];
	ssize_t n;
	uint64_t i;
	int error;

	for (i = 0; i < count; i++) {
		snprintf(from, sizeof(from), "127.1.%u.%u",
		    (unsigned)(i / 250), (unsigned)(i % 250 + 1));
		if ((error = peer_connect(&s, text, from)) != 0)
			peer_die(text, strerror(error));
		printf("%llu ", (unsigned long long)i);
		while ((n = recv(s.fd, chunk, PEER_CHUNK, 0)) > 0)
			(void)fwrite(chunk, 1, (size_t)n, stdout);
		printf(n == 0 && !s.reset ? "\n" : " reset\n");
		(void)close(s.fd);
	}
}

struct load {
	uint64_t	bytes;		/* each way and connection */
	unsigned	ok, lost, refused;
};

/* One turn of one connection of a load: send, half close, take the echo. */
static bool
load_turn(struct load *l, struct peer *s, short got)
{
	static char chunk[PEER_CHUNK];
	size_t n;
	ssize_t r;

	if ((got & (POLLIN | POLLHUP | POLLERR)) != 0) {
		r = recv(s->fd, chunk, PEER_CHUNK, 0);
		if (r > 0) {
			peer_check(chunk, (size_t)r, s->rxseed, s->rx);
			s->rx += (uint64_t)r;
		} else if (r == 0 || errno != EAGAIN) {
			if (r == 0 && s->rx == l->bytes)
				l->ok++;
			else
				l->lost++;
			return false;
		}
	}
	if ((got & POLLOUT) == 0 || s->tx >= l->bytes)
		return true;
	n = l->bytes - s->tx < PEER_CHUNK ? (size_t)(l->bytes - s->tx) : PEER_CHUNK;
	peer_fill(chunk, n, s->txseed, s->tx);
	r = send(s->fd, chunk, n, MSG_NOSIGNAL);
	if (r > 0 && (s->tx += (uint64_t)r) == l->bytes)
		(void)shutdown(s->fd, SHUT_WR);
	return true;
}

void
peer_load(unsigned atonce, uint64_t count, uint64_t bytes, const char *text)
{
	static struct pollfd p[PEER_SLOTS];
	static struct peer slots[PEER_SLOTS];
	struct load l = { bytes, 0, 0, 0 };
	unsigned i, open = 0;

	if (atonce > PEER_SLOTS || bytes == 0)
		peer_die("load", "is out of range");
	for (i = 0; i < atonce; i++)
		slots[i].fd = -1;
	while (count > 0 || open > 0) {
		for (i = 0; i < atonce; i++) {
			if (slots[i].fd == -1 && count > 0) {
				count--;
				if (peer_connect(&slots[i], text, NULL) != 0) {
					l.refused++;
					continue;
				}
				peer_waits(slots[i].fd, false);
				slots[i].rxseed = slots[i].txseed;
				open++;
			}
			p[i].fd = slots[i].fd;
			p[i].events = (short)(POLLIN |
			    (slots[i].tx < bytes ? POLLOUT : 0));
		}
		(void)poll(p, atonce, -1);
		for (i = 0; i < atonce; i++) {
			if (p[i].fd == -1 || p[i].revents == 0 ||
			    load_turn(&l, &slots[i], p[i].revents))
				continue;
			(void)close(slots[i].fd);
			slots[i].fd = -1;
			open--;
		}
	}
	printf("ok %u lost %u refused %u\n", l.ok, l.lost, l.refused);
	if (l.lost + l.refused > 0)
		peer_die("load", "connections were lost");
}

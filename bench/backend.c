/*
 * backend.c - the far end: processes of its own, one for each address, that
 * serve every connection as its header asks, and check each byte.
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

struct conn {
	struct header	head;
	uint64_t	in, out;	/* payload bytes */
	unsigned	head_got;
	bool		waits;		/* for room to write */
};

static struct conn *conns;		/* by descriptor */
static size_t nconns;
static int queue = -1;
static char buf[CHUNK];

/*
 * Bytes of the answer that may be sent by now, from the start of the stream.
 */
static uint64_t
conn_due(const struct conn *c)
{
	if (c->head_got < sizeof(c->head))
		return 0;
	if (c->head.kind == KIND_ROUNDS)
		return c->in / ROUND * c->head.down;
	return c->head.down + (c->in == c->head.up ? ACK : 0);
}

static void
conn_end(int fd, bool reset)
{
	if (reset)
		atomic_fetch_add(&shared->resets, 1);
	atomic_fetch_sub(&shared->active, 1);
	close(fd);
}

static void
conn_watch(int fd, struct conn *c, bool room)
{
	struct epoll_event ev = { .events = EPOLLIN | (room ? EPOLLOUT : 0),
	    .data.fd = fd };

	if (c->waits == room)
		return;
	c->waits = room;
	epoll_ctl(queue, EPOLL_CTL_MOD, fd, &ev);
}

static bool
conn_write(int fd, struct conn *c)
{
	uint64_t left;
	ssize_t n;

	while ((left = conn_due(c) - c->out) > 0) {
		if (left > CHUNK)
			left = CHUNK;
		n = send(fd, pattern_at(answer_seed(c->head.seed) + c->out),
		    left, MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN) {
			conn_watch(fd, c, true);
			return true;
		}
		if (n == -1) {
			conn_end(fd, true);
			return false;
		}
		c->out += n;
	}
	conn_watch(fd, c, false);
	return true;
}

/*
 * Take n received bytes at p: first the header, then payload.
 */
static void
conn_take(struct conn *c, const char *p, size_t n)
{
	size_t part = sizeof(c->head) - c->head_got;

	if (part > 0) {
		if (part > n)
			part = n;
		memcpy((char *)&c->head + c->head_got, p, part);
		c->head_got += part;
		p += part;
		n -= part;
		if (c->head_got == sizeof(c->head) &&
		    c->head.magic != MAGIC)
			fail("backend: broken header");
	}
	if (n == 0)
		return;
	if (memcmp(p, pattern_at(c->head.seed + c->in), n) != 0)
		fail("backend: wrong bytes after %llu",
		    (unsigned long long)c->in);
	c->in += n;
	if (c->head.kind == KIND_XFER && c->in > c->head.up)
		fail("backend: too many bytes");
}

static bool
conn_read(int fd, struct conn *c)
{
	ssize_t n;

	n = recv(fd, buf, sizeof(buf), 0);
	if (n == -1 && errno == EAGAIN)
		return true;
	if (n <= 0) {
		conn_end(fd, n == -1);
		return false;
	}
	conn_take(c, buf, n);
	return true;
}

static void
conn_event(int fd, uint32_t events)
{
	struct conn *c = &conns[fd];

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !conn_read(fd, c))
		return;
	conn_write(fd, c);
}

static void
backend_accept(int listener)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd;

	while ((fd = accept4(listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		if ((size_t)fd >= nconns)
			fail("backend: out of descriptors");
		memset(&conns[fd], 0, sizeof(conns[fd]));
		atomic_fetch_add(&shared->accepted, 1);
		atomic_fetch_add(&shared->active, 1);
		ev.data.fd = fd;
		epoll_ctl(queue, EPOLL_CTL_ADD, fd, &ev);
	}
	if (errno != EAGAIN && errno != ECONNABORTED)
		fail("backend: accept: %s", strerror(errno));
}

static void
backend_loop(int listener)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };
	struct epoll_event got[256];
	int i, n;

	nconns = sysconf(_SC_OPEN_MAX);
	if ((conns = calloc(nconns, sizeof(*conns))) == NULL ||
	    (queue = epoll_create1(EPOLL_CLOEXEC)) == -1)
		fail("backend: no memory");
	epoll_ctl(queue, EPOLL_CTL_ADD, listener, &ev);
	for (;;) {
		n = epoll_wait(queue, got, 256, -1);
		for (i = 0; i < n; i++) {
			if (got[i].data.fd == listener)
				backend_accept(listener);
			else
				conn_event(got[i].data.fd, got[i].events);
		}
	}
}

/*
 * A listener at this host, number 0 is 127.0.0.1; port 0 is replaced by a free
 * one.  -1 when the port is taken.
 */
static int
backend_listen(unsigned host, uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(*port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host) };
	socklen_t len = sizeof(sin);
	int fd, one = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sin, len) == 0 &&
	    listen(fd, 65535) == 0 &&
	    getsockname(fd, (struct sockaddr *)&sin, &len) == 0) {
		*port = ntohs(sin.sin_port);
		return fd;
	}
	if (errno != EADDRINUSE)
		fail("backend: %s", strerror(errno));
	close(fd);
	return -1;
}

/*
 * Start the backend: a process for each host, all at one free port, which end
 * with this one.
 */
void
backend_start(int cpu, unsigned hosts, uint16_t *port)
{
	int fds[MAX_HOSTS];
	unsigned n, tries = 0;
	pid_t pid;

	do {
		*port = 0;
		for (n = 0; n < hosts; n++)
			if ((fds[n] = backend_listen(n, port)) == -1)
				break;
		if (n == hosts)
			break;
		while (n > 0)
			close(fds[--n]);
	} while (++tries < 20);
	if (n < hosts)
		fail("backend: no port is free at %u addresses", hosts);
	while (n > 0) {
		if ((pid = fork()) == -1)
			fail("fork: %s", strerror(errno));
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pin(cpu);
			backend_loop(fds[n - 1]);
		}
		helper_add(pid);
		close(fds[--n]);
	}
}

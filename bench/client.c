/*
 * client.c - the near end: opens the sessions of a scenario, drives them and
 * takes the times.
 *
 * A session is a slot of one table; its index is what epoll gives back.
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum state { CLOSED, CONNECTING, IDLE, BUSY, STALLED };

struct conn {
	struct header	head;
	uint64_t	in, out;	/* payload bytes */
	uint64_t	since;		/* when the round trip began, ns */
	int		fd;
	uint32_t	watch;		/* events registered */
	enum state	state;
};

static struct {
	struct conn	*conns;
	unsigned	max, open;	/* slots; slots that were ever used */
	unsigned	busy;		/* sessions with something under way */
	uint16_t	port;
	unsigned	hosts;		/* addresses there */
	int		queue;
	uint64_t	finished;	/* round trips, or transfers */
	uint64_t	todo;		/* round trips still to be begun */
	uint64_t	answer;		/* bytes of one */
	bool		churn;		/* a finished round trip ends the session */
	bool		holding;	/* one is told to the main process */
	uint64_t	seed;
	uint32_t	*times;		/* ns, NULL: not taken */
	size_t		ntimes, maxtimes;
} client = { .queue = -1, .answer = ROUND };

static pid_t holders[MAX_HELPERS];	/* processes with idle sessions */
static unsigned nholders;
static char buf[CHUNK];

static void
times_begin(size_t max)
{
	client.times = calloc(max, sizeof(*client.times));
	client.maxtimes = max;
	client.ntimes = 0;
	if (client.times == NULL)
		fail("client: no memory");
}

static void
times_add(uint64_t ns)
{
	if (client.times == NULL || client.ntimes == client.maxtimes)
		return;
	client.times[client.ntimes++] = ns > UINT32_MAX ? UINT32_MAX : ns;
}

static int
times_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
times_end(struct numbers *r)
{
	size_t n = client.ntimes;

	if (n > 0) {
		qsort(client.times, n, sizeof(*client.times), times_compare);
		r->p50 = client.times[n / 2] / 1e3;
		r->p99 = client.times[n - 1 - n / 100] / 1e3;
		r->max = client.times[n - 1] / 1e3;
	}
	free(client.times);
	client.times = NULL;
}

static void
conn_watch(struct conn *c, uint32_t events)
{
	struct epoll_event ev = { .events = events,
	    .data.u32 = (uint32_t)(c - client.conns) };

	if (c->watch == events)
		return;
	if (epoll_ctl(client.queue, c->watch == 0 ? EPOLL_CTL_ADD :
	    EPOLL_CTL_MOD, c->fd, &ev) == -1)
		fail("client: epoll_ctl: %s", strerror(errno));
	c->watch = events;
}

/*
 * Connect slot c.  Sources are spread over 127.0.0.0/8, so that ports suffice.
 */
static void
conn_start(struct conn *c, enum kind kind, uint64_t up, uint64_t down)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	unsigned number = client.seed++ % 200;
	int one = 1;

	memset(c, 0, sizeof(*c));
	c->head = (struct header){ MAGIC, kind, client.seed * 7919, up, down };
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		fail("client: socket: %s", strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
	    sizeof(one));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number);
	if (bind(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		fail("client: bind: %s", strerror(errno));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK +
	    client.seed % client.hosts);
	sin.sin_port = htons(client.port);
	c->since = now_ns();
	if (connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	    errno != EINPROGRESS)
		fail("client: connect: %s", strerror(errno));
	c->state = CONNECTING;
	client.busy++;
	conn_watch(c, EPOLLIN | EPOLLOUT);
}

static void
conn_close(struct conn *c)
{
	close(c->fd);
	c->state = CLOSED;
	c->watch = 0;
}

static void
round_begin(struct conn *c, uint64_t since)
{
	ssize_t n;

	c->since = since;
	c->state = BUSY;
	client.busy++;
	n = send(c->fd, pattern_at(c->head.seed + c->out), ROUND, MSG_NOSIGNAL);
	if (n != ROUND)
		fail("client: send: %s", n == -1 ? strerror(errno) : "short");
	c->out += n;
}

/*
 * The connection is there: send the header, and with it the first request.
 */
static void
conn_greet(struct conn *c)
{
	char first[sizeof(c->head) + ROUND];
	size_t len = sizeof(c->head);
	ssize_t n;

	memcpy(first, &c->head, len);
	if (c->head.kind == KIND_ROUNDS) {
		memcpy(first + len, pattern_at(c->head.seed), ROUND);
		len += ROUND;
		c->out = ROUND;
	}
	n = send(c->fd, first, len, MSG_NOSIGNAL);
	if (n == -1 && errno == EAGAIN)
		return;			/* not connected yet */
	if (n != (ssize_t)len)
		fail("client: connect: %s", n == -1 ? strerror(errno) : "short");
	c->state = BUSY;
	conn_watch(c, EPOLLIN | (c->head.up > 0 ? EPOLLOUT : 0));
}

static void
conn_write(struct conn *c)
{
	uint64_t left;
	ssize_t n;

	while ((left = c->head.up - c->out) > 0) {
		if (left > CHUNK)
			left = CHUNK;
		n = send(c->fd, pattern_at(c->head.seed + c->out), left,
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN)
			return;
		if (n == -1)
			fail("client: send after %llu bytes: %s",
			    (unsigned long long)c->out, strerror(errno));
		c->out += n;
		if ((uint64_t)n < left)
			return;
	}
	conn_watch(c, EPOLLIN);
}

static void
round_done(struct conn *c)
{
	uint64_t now = now_ns();

	times_add(now - c->since);
	client.busy--;
	client.finished++;
	c->state = IDLE;
	if (client.holding)
		atomic_fetch_add(&shared->held, 1);
	if (client.churn) {
		conn_close(c);
		if (client.todo > 0) {
			client.todo--;
			conn_start(c, KIND_ROUNDS, 0, client.answer);
		}
	} else if (client.todo > 0) {
		client.todo--;
		round_begin(c, now);
	}
}

static void
conn_read(struct conn *c)
{
	uint64_t want;
	ssize_t n;

	n = recv(c->fd, buf, sizeof(buf), 0);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		fail("client: session ended after %llu bytes: %s",
		    (unsigned long long)c->in,
		    n == 0 ? "end of file" : strerror(errno));
	if (memcmp(buf, pattern_at(answer_seed(c->head.seed) + c->in), n) != 0)
		fail("client: wrong bytes after %llu",
		    (unsigned long long)c->in);
	c->in += n;
	want = c->head.kind == KIND_ROUNDS ?
	    c->out / ROUND * c->head.down : c->head.down + ACK;
	if (c->in > want)
		fail("client: too many bytes");
	if (c->in < want)
		return;
	if (c->head.kind == KIND_ROUNDS) {
		round_done(c);
		return;
	}
	client.busy--;
	client.finished++;
	c->state = IDLE;
}

static void
conn_event(struct conn *c, uint32_t events)
{
	if (c->state == CLOSED || c->state == STALLED)
		return;
	if (c->state == CONNECTING) {
		conn_greet(c);
		return;
	}
	if (events & EPOLLOUT && c->head.kind == KIND_XFER)
		conn_write(c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		conn_read(c);
}

/*
 * Wait for events and serve them.  The event of slot UINT32_MAX is the clock:
 * returns true when it was among them.
 */
static bool
client_turn(int timeout)
{
	struct epoll_event got[256];
	bool clock = false;
	int i, n;

	n = epoll_wait(client.queue, got, 256, timeout);
	for (i = 0; i < n; i++) {
		if (got[i].data.u32 == UINT32_MAX)
			clock = true;
		else
			conn_event(&client.conns[got[i].data.u32],
			    got[i].events);
	}
	if (now_ns() > deadline_ns)
		fail("out of time after %llu round trips or transfers, "
		    "%u under way", (unsigned long long)client.finished,
		    client.busy);
	if (n <= 0)
		proxy_check();
	return clock;
}

void
client_open(uint16_t port, unsigned hosts, unsigned max)
{
	client.conns = calloc(max, sizeof(*client.conns));
	client.queue = epoll_create1(EPOLL_CLOEXEC);
	if (client.conns == NULL || client.queue == -1)
		fail("client: no memory");
	client.port = port;
	client.hosts = hosts;
	client.max = max;
}


static struct conn *
client_slot(void)
{
	if (client.open == client.max)
		fail("client: table full");
	return &client.conns[client.open++];
}

void
client_connect(unsigned n)
{
	unsigned begun;

	for (begun = 0; begun < n || client.busy > 0; ) {
		for (; begun < n && client.busy < 64; begun++)
			conn_start(client_slot(), KIND_ROUNDS, 0, client.answer);
		client_turn(100);
	}
}

/*
 * So many sessions whose client asks for bytes and never reads them.
 */
void
client_stall(unsigned n, uint64_t bytes)
{
	struct conn *c;

	while (n-- > 0) {
		c = client_slot();
		conn_start(c, KIND_XFER, 0, bytes);
		while (c->state == CONNECTING)
			client_turn(100);
		c->state = STALLED;
		client.busy--;
		epoll_ctl(client.queue, EPOLL_CTL_DEL, c->fd, NULL);
	}
}

/*
 * Transfer on n sessions at once.  With n > 1, up and down, every other session
 * goes one way only.
 */
void
client_bulk(struct numbers *r, unsigned n, uint64_t up, uint64_t down)
{
	uint64_t start = now_ns();
	unsigned i;

	for (i = 0; i < n; i++) {
		if (n > 1 && up > 0 && down > 0)
			conn_start(client_slot(), KIND_XFER,
			    i % 2 == 0 ? up : 0, i % 2 == 0 ? 0 : down);
		else
			conn_start(client_slot(), KIND_XFER, up, down);
	}
	while (client.busy > 0)
		client_turn(100);
	r->seconds = (now_ns() - start) / 1e9;
	r->done = (double)n * (up + down) / (1024 * 1024 * 1024);
	if (n > 1 && up > 0 && down > 0)
		r->done /= 2;
}

/*
 * Round trips on the first sessions, one under way on each, until there were
 * so many or the time is over.
 */
void
client_rounds(struct numbers *r, unsigned active, uint64_t total,
    double seconds)
{
	uint64_t start, end, was = client.finished;
	unsigned i;

	times_begin(total);
	start = now_ns();
	end = start + (uint64_t)(seconds * 1e9);
	client.todo = total - active;
	for (i = 0; i < active; i++)
		round_begin(&client.conns[i], now_ns());
	while (client.busy > 0) {
		client_turn(100);
		if (client.todo > 0 && now_ns() > end)
			client.todo = 0;
	}
	r->seconds = (now_ns() - start) / 1e9;
	r->done = client.finished - was;
	times_end(r);
}

/*
 * Round trips at a steady pace, the sessions in turn.  Times count from the
 * moment at which a round trip was due, so that a stall shows in all of them.
 */
void
client_paced(struct numbers *r, unsigned active, unsigned per_second,
    double seconds)
{
	uint64_t total = per_second * seconds, was = client.finished;
	uint64_t step = 1000000000 / per_second, begun = 0, start, due;
	struct itimerspec its = { { 0, step }, { 0, step } };
	struct epoll_event ev = { .events = EPOLLIN,
	    .data.u32 = UINT32_MAX };
	unsigned next = 0, tried;
	uint64_t ticks;
	int fd;

	if ((fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)) == -1)
		fail("timerfd: %s", strerror(errno));
	epoll_ctl(client.queue, EPOLL_CTL_ADD, fd, &ev);
	times_begin(total);
	start = now_ns();
	timerfd_settime(fd, 0, &its, NULL);
	while (begun < total || client.busy > 0) {
		if (client_turn(100) && read(fd, &ticks, sizeof(ticks)) < 0)
			continue;
		while (begun < total &&
		    (due = start + (begun + 1) * step) <= now_ns()) {
			for (tried = 0; tried < active &&
			    client.conns[next].state != IDLE; tried++)
				next = (next + 1) % active;
			if (tried == active) {
				r->late++;
				break;
			}
			round_begin(&client.conns[next], due);
			next = (next + 1) % active;
			begun++;
		}
	}
	r->seconds = (now_ns() - start) / 1e9;
	r->done = client.finished - was;
	times_end(r);
	close(fd);
}

/*
 * Wait until the backend has so many sessions left.
 */
static void
client_ended(unsigned left)
{
	struct timespec ms = { 0, 1000000 };
	uint64_t active;

	while ((active = atomic_load(&shared->active)) > left) {
		if (now_ns() > deadline_ns)
			fail("client: %llu sessions never ended at the backend",
			    (unsigned long long)(active - left));
		nanosleep(&ms, NULL);
	}
}

/*
 * Connect, one request, close; so many at once.  Ends when the backend has seen
 * the end of each.
 */
void
client_churn(struct numbers *r, unsigned width, uint64_t total)
{
	uint64_t start = now_ns(), was = client.finished;
	unsigned i;

	times_begin(total);
	client.churn = true;
	client.todo = total - width;
	for (i = 0; i < width; i++)
		conn_start(client_slot(), KIND_ROUNDS, 0, client.answer);
	while (client.busy > 0)
		client_turn(100);
	client.churn = false;
	r->seconds = (now_ns() - start) / 1e9;
	r->done = client.finished - was;
	times_end(r);
	client_ended(0);
}

void
client_answers(uint64_t bytes)
{
	client.answer = bytes;
}

void
client_close(unsigned first)
{
	unsigned i;

	for (i = first; i < client.open; i++)
		if (client.conns[i].state != CLOSED)
			conn_close(&client.conns[i]);
	client.open = first;
	client.busy = 0;
}

/*
 * In a new process: begin anew, with no session.
 */
static void
client_again(unsigned max)
{
	client_close(0);
	close(client.queue);
	free(client.conns);
	client_open(client.port, client.hosts, max);
}

/*
 * One process that opens so many sessions and keeps them until it is killed.
 */
static void
holder_start(unsigned n)
{
	pid_t pid;

	if ((pid = fork()) == -1)
		fail("fork: %s", strerror(errno));
	if (pid > 0) {
		helper_add(pid);
		holders[nholders++] = pid;
		return;
	}
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	client_again(n);
	client.holding = true;
	client_connect(n);
	for (;;)
		pause();
}

/*
 * Idle sessions, in processes that hold so many at the most.  Meanwhile this
 * process opens sessions of its own, spread evenly among them.
 */
void
client_hold(unsigned idle, unsigned most, unsigned own)
{
	unsigned n = (idle + most - 1) / most, i, held, begun = 0, due = 0;

	atomic_store(&shared->held, 0);
	for (i = 0; i < n; i++) {
		due += idle / n + (i < idle % n);
		holder_start(idle / n + (i < idle % n));
		while ((held = atomic_load(&shared->held)) < due) {
			for (; begun < own && begun <
			    (uint64_t)held * own / idle; begun++)
				conn_start(client_slot(), KIND_ROUNDS, 0,
				    client.answer);
			client_turn(1);
		}
	}
	if (own > begun)
		client_connect(own - begun);
}

/*
 * End what client_hold has opened, and the sessions of this process from the
 * first one on; return when the backend has seen the end of each.
 */
void
client_let_go(unsigned first)
{
	while (nholders > 0)
		helper_end(holders[--nholders]);
	client_close(first);
	client_ended(first);
}

/*
 * One round trip on a socket that waits; false when nobody answers there.
 */
bool
client_probe(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct header head = { MAGIC, KIND_ROUNDS, 0, 0, ROUND };
	char first[sizeof(head) + ROUND], reply[ROUND];
	struct timeval limit = { 5, 0 };
	bool ok = false;
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		fail("client: socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	memcpy(first, &head, sizeof(head));
	memcpy(first + sizeof(head), pattern_at(0), ROUND);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
	    send(fd, first, sizeof(first), MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(first) &&
	    recv(fd, reply, ROUND, MSG_WAITALL) == ROUND)
		ok = memcmp(reply, pattern_at(answer_seed(0)), ROUND) == 0;
	close(fd);
	return ok;
}

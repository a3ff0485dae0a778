/*
 * ends.c - random sessions that end in every way, on the real kernel.
 *
 *	ends -r fifo [-n sessions] [-s seed] [-t seconds] [-u path] targets
 *
 * Client and backend in one process, as in churn.c; but here either of them may
 * reset, or close with bytes unread or under way, at any moment.  It listens (TCP
 * over IPv4 and, where there is one, IPv6; the Unix socket -u), writes the addresses
 * to the fifo, one a line, and reads those of the proxy from targets, a file or another
 * fifo, in the same way.  Then it keeps so many sessions for so long.
 *
 * Each end of a session has a script of its own, made from the seed, whose last
 * step is to read to the end and close, or to close, or to reset.  What the other
 * end may see of it:
 *
 *	bytes		those that were sent, in order, and no others
 *	an end		when one was sent, and behind all bytes
 *	an error	when this end was reset, or closed while bytes came for it
 *
 * A close with bytes unread is a reset on Linux; elsewhere it is an end, and who goes
 * on sending is reset.
 * A Unix socket cannot be reset: a reset is an end to who reads from one.  Nobody
 * waits for ever: a script that waits for bytes goes on after a while, so a session
 * in which nothing happens for STILL_MS hangs.  Prints the seed, what happened, and
 * of each session that went wrong its scripts.  Exit status 0 when none did.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

enum {
	FLOWS = 1024,
	STEPS = 10,
	SHARE = 8,		/* chunks of an end in a turn */
	TARGETS = 16,
	HEAD = 8,		/* flow, its serial number */
	WAIT_MS = 60,		/* a step that waits for bytes, or for room */
	LEAVE_MS = 300,		/* a client that left may never get to a backend */
	STILL_MS = 15000
};

enum step { SEND, URGENT, RECV, PAUSE, FIN, READ, CLOSE, RESET };

#ifdef __linux__
static const bool	unread_resets = true;
#else
static const bool	unread_resets = false;
#endif

static const char *const	names[] = { "send", "urgent", "recv", "pause",
				    "fin", "read", "close", "reset" };

struct end {
	int		fd;		/* -1: not yet, or no more */
	bool		local;		/* a Unix socket */
	bool		over;
	bool		fin;		/* has sent its end */
	bool		unkind;		/* was reset, or closed with bytes unread */
	bool		closed;		/* by the script */
	bool		got_end;
	int		error;		/* that ended it */
	uint64_t	tx, rx;		/* bytes of the pattern */
	unsigned	at, nsteps;
	uint32_t	left;		/* of the step: bytes */
	uint64_t	since_ms;	/* the step began, or went on; 0: not yet */
	struct {
		enum step	what;
		uint32_t	n;	/* bytes or ms */
	} steps[STEPS];
};

struct flow {
	bool		used;
	bool		linked;		/* the backend has it */
	unsigned	head;		/* bytes of it that were sent */
	uint32_t	serial;
	uint64_t	start_ms, last_ms;
	struct end	end[2];		/* client, backend */
};

static struct flow	flows[FLOWS];
static int		guests[FLOWS];	/* connections whose flow is not known */
static int		doors[3];
static unsigned		ndoors;
static union peer_address targets[TARGETS];
static socklen_t	target_len[TARGETS];
static unsigned		ntargets;
static char		chunk[PEER_CHUNK], wanted[PEER_CHUNK];
static uint64_t		now, random_state;
static uint32_t		serial;
static struct {
	uint64_t	sessions, bytes, ends, errors, wrong;
} sum;

static uint32_t
chance(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 20) % n);
}

static uint64_t
stream(const struct flow *f, unsigned from)
{
	return (uint64_t)f->serial * 2 + from;
}

/* ---- scripts ---- */

static uint32_t
size(void)
{
	static const uint32_t	most[] = { 100, 5000, 20000, 300000, 2000000 };
	const uint32_t		i = chance(6);

	return i < 5 ? 1 + chance(most[i]) : 65532 + chance(8);
}

static void
add(struct end *e, enum step what, uint32_t n)
{
	e->steps[e->nsteps].what = what;
	e->steps[e->nsteps++].n = n;
}

static void
write_script(struct end *e, bool local)
{
	unsigned	n = chance(STEPS - 3), way = chance(10);
	bool		fin = false;
	uint32_t	c;

	*e = (struct end){ .fd = -1, .local = local };
	while (n-- > 0) {
		if ((c = chance(100)) < 35 && !fin)
			add(e, SEND, size());
		else if (c < 65)
			add(e, RECV, size());
		else if (c < 70 && !fin)
			add(e, FIN, fin = true);
		else if (c < 75 && !fin && !local)
			add(e, URGENT, 1);
		else
			add(e, PAUSE, chance(c < 98 ? 30 : 400));
	}
	if (way == 0)
		add(e, RESET, 0);
	else if (way > 1) {
		if (!fin)
			add(e, FIN, 0);
		add(e, READ, 0);
	}
	add(e, CLOSE, 0);
}

/* ---- verdicts ---- */

static void
hang_up(struct end *e)
{
	if (e->fd != -1)
		(void)close(e->fd);
	e->fd = -1;
	e->over = true;
}

static void
show(const struct flow *f, const char *name, const struct end *e)
{
	printf("\t%s, %s:", name, e->local ? "unix" : "tcp");
	for (unsigned i = 0; i < e->nsteps; i++)
		printf("%s %s %u", i == e->at ? " HERE" : "",
		    names[e->steps[i].what], e->steps[i].n);
	printf("; sent %llu%s, got %llu%s, %s; %llu ms old\n",
	    (unsigned long long)e->tx, e->fin ? " FIN" : "",
	    (unsigned long long)e->rx, e->got_end ? " END" : "",
	    e->error != 0 ? strerror(e->error) : "no error",
	    (unsigned long long)(now - f->start_ms));
}

static void
wrong(struct flow *f, const char *what)
{
	printf("session %u: %s\n", f->serial, what);
	show(f, "client", &f->end[0]);
	show(f, "backend", &f->end[1]);
	hang_up(&f->end[0]);
	hang_up(&f->end[1]);
	f->used = false;
	sum.wrong++;
}

/* What this end saw of the other one; NULL when it was right. */
static const char *
judge(const struct end *e, const struct end *o)
{
	const bool	left = o->unkind || (o->closed && !o->got_end);

	if (e->rx > o->tx)
		return "more bytes than were sent";
	if (e->error != 0)
		return left ? NULL : "an error for nothing";
	if (!e->got_end || (e->local && (left || o->error != 0)))
		return NULL;
	if (!o->fin)
		return "an end that nobody sent";
	return e->rx == o->tx ? NULL : "an end, and bytes are missing";
}

static void
settle(struct flow *f)
{
	struct end	*c = &f->end[0], *b = &f->end[1];
	const char	*what;

	if (!c->over || (f->linked && !b->over))
		return;
	if (!f->linked) {
		if (!c->closed)
			wrong(f, "never got to a backend");
		else if (now >= f->last_ms + LEAVE_MS)
			f->used = false;
		return;
	}
	if ((what = judge(c, b)) != NULL || (what = judge(b, c)) != NULL) {
		wrong(f, what);
		return;
	}
	sum.sessions++;
	sum.bytes += c->rx + b->rx;
	sum.ends += c->got_end + b->got_end;
	sum.errors += (c->error != 0) + (b->error != 0);
	f->used = false;
}

/* ---- steps ---- */

static void
next(struct end *e)
{
	e->at++;
	e->since_ms = 0;
}

static bool
blocked(struct end *e, ssize_t n, bool patient)
{
	if (n >= 0)
		return false;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
		if (!patient && now >= e->since_ms + WAIT_MS)
			next(e);
		return true;
	}
	e->error = errno;
	hang_up(e);
	return true;
}

static bool
give(struct flow *f, unsigned i, struct end *e, bool urgent)
{
	const size_t	most = e->left < PEER_CHUNK ? e->left : PEER_CHUNK;
	ssize_t		n;

	peer_fill(chunk, most, stream(f, i), e->tx);
	n = send(e->fd, chunk, most, MSG_NOSIGNAL | (urgent ? MSG_OOB : 0));
	if (blocked(e, n, false))
		return false;
	e->tx += (uint64_t)n;
	if ((e->left -= (uint32_t)n) == 0)
		next(e);
	return true;
}

static bool
take(struct flow *f, unsigned i, struct end *e, bool all)
{
	const size_t	most = !all && e->left < PEER_CHUNK ? e->left :
			    1 + chance(PEER_CHUNK);
	const ssize_t	n = recv(e->fd, chunk, most, 0);

	if (blocked(e, n, all))
		return false;
	if (n == 0) {
		e->got_end = true;
		next(e);
		return true;
	}
	peer_fill(wanted, (size_t)n, stream(f, !i), e->rx);
	if (memcmp(chunk, wanted, (size_t)n) != 0) {
		wrong(f, "other bytes than were sent");
		return false;
	}
	e->rx += (uint64_t)n;
	if (!all && (size_t)n >= e->left)
		next(e);
	else if (!all)
		e->left -= (uint32_t)n;
	return true;
}

static void
leave(struct end *e, bool reset)
{
	const struct linger	hard = { 1, 0 };
	int			unread = 0;

	(void)ioctl(e->fd, FIONREAD, &unread);
	if (reset && !e->local)
		(void)setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &hard,
		    sizeof(hard));
	reset = reset && !e->local;
	e->unkind = unread > 0 || reset;
	e->fin = e->fin || !(unread_resets ? e->unkind : reset);
	e->closed = true;
	hang_up(e);
}

/* One step, or a part of it.  False when it has to wait. */
static bool
step(struct flow *f, unsigned i)
{
	struct end	*e = &f->end[i];
	const enum step	 what = e->steps[e->at].what;

	if (e->since_ms == 0) {
		e->since_ms = now;
		e->left = e->steps[e->at].n;
	}
	switch (what) {
	case SEND:
	case URGENT:
		return give(f, i, e, what == URGENT);
	case RECV:
	case READ:
		return take(f, i, e, what == READ);
	case PAUSE:
		if (now < e->since_ms + e->left)
			return false;
		break;
	case FIN:
		if (blocked(e, shutdown(e->fd, SHUT_WR), true))
			return false;
		e->fin = true;
		break;
	case CLOSE:
	case RESET:
		leave(e, what == RESET);
		return false;
	}
	next(e);
	return true;
}

static void
run(struct flow *f, unsigned i)
{
	struct end	*e = &f->end[i];

	for (int k = 0; k < SHARE && e->fd != -1; k++) {
		if (!step(f, i))
			break;
		f->last_ms = now;
		if (e->since_ms != 0)
			e->since_ms = now;
	}
	if (f->used && e->over)
		f->last_ms = now;
}

/* ---- beginnings ---- */

static void
prepare(int fd, bool local)
{
	const int	one = 1, room = 16000 + (int)chance(40000);

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (chance(4) == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (chance(4) == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (!local)
		(void)setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
}

static void
begin(struct flow *f)
{
	const unsigned	t = chance(ntargets);
	const bool	local = targets[t].any.sa_family == AF_UNIX;
	const int	fd = socket(targets[t].any.sa_family, SOCK_STREAM, 0);

	if (fd == -1)
		peer_die("socket", strerror(errno));
	*f = (struct flow){ .used = true, .serial = ++serial, .start_ms = now,
	    .last_ms = now };
	write_script(&f->end[0], local);
	f->end[1].fd = -1;
	/* blocking: a listen queue that is full makes us wait, as it should */
	if (connect(fd, &targets[t].any, target_len[t]) == -1)
		peer_die("connect", strerror(errno));
	prepare(fd, local);
	f->end[0].fd = fd;
}

/* The first bytes of a client say which flow it is. */
static void
introduce(struct flow *f)
{
	char		head[HEAD];
	const uint32_t	i = (uint32_t)(f - flows);
	ssize_t		n;

	memcpy(head, &i, sizeof(i));
	memcpy(head + 4, &f->serial, sizeof(f->serial));
	n = send(f->end[0].fd, head + f->head, HEAD - f->head, MSG_NOSIGNAL);
	if (n > 0)
		f->head += (unsigned)n;
	else if (errno != EAGAIN)
		wrong(f, strerror(errno));
}

static void
admit(int door)
{
	unsigned	i;
	int		fd;

	while ((fd = peer_admit(door)) != -1) {
		for (i = 0; i < FLOWS && guests[i] != -1; i++)
			continue;
		if (i == FLOWS)
			peer_die("guests", "too many");
		guests[i] = fd;
	}
}

static void
greet(int *guest)
{
	union peer_address	 a;
	socklen_t		 len = sizeof(a);
	char			 head[HEAD];
	struct flow		*f = NULL;
	uint32_t		 i, number;
	const ssize_t		 n = recv(*guest, head, HEAD, MSG_PEEK);

	if ((n == -1 && errno == EAGAIN) || (n > 0 && n < HEAD))
		return;
	memcpy(&i, head, sizeof(i));
	memcpy(&number, head + 4, sizeof(number));
	if (n == HEAD && i < FLOWS && recv(*guest, head, HEAD, 0) == HEAD)
		f = &flows[i];
	if (f == NULL || !f->used || f->serial != number || f->linked) {
		(void)close(*guest);
		*guest = -1;
		return;
	}
	(void)getsockname(*guest, &a.any, &len);
	write_script(&f->end[1], a.any.sa_family == AF_UNIX);
	f->end[1].fd = *guest;
	prepare(*guest, f->end[1].local);
	f->linked = true;
	*guest = -1;
}

/* ---- all of it ---- */

static short
events_of(const struct flow *f, unsigned i)
{
	const struct end	*e = &f->end[i];

	if (i == 0 && f->head < HEAD)
		return POLLOUT;
	switch (e->steps[e->at].what) {
	case SEND:
	case URGENT:
		return POLLOUT;
	case RECV:
	case READ:
		return POLLIN;
	default:
		return 0;
	}
}

static void
look_after(struct flow *f)
{
	for (unsigned i = 0; i < 2; i++)
		if (f->used && f->end[i].fd != -1 && (i == 1 || f->head == HEAD))
			run(f, i);
	if (f->used)
		settle(f);
	if (f->used && now >= f->last_ms + STILL_MS)
		wrong(f, "nothing happens any more");
}

/* One turn; false when it is over. */
static bool
turn(unsigned sessions, bool stopping)
{
	static struct pollfd	polled[4 * FLOWS];
	nfds_t			n = 0;
	unsigned		live = 0;

	for (unsigned d = 0; d < ndoors; d++)
		polled[n++] = (struct pollfd){ doors[d], POLLIN, 0 };
	for (unsigned g = 0; g < FLOWS; g++)
		if (guests[g] != -1)
			polled[n++] = (struct pollfd){ guests[g], POLLIN, 0 };
	for (unsigned k = 0; k < sessions; k++) {
		if (!flows[k].used && !stopping)
			begin(&flows[k]);
		live += flows[k].used;
		for (unsigned i = 0; flows[k].used && i < 2; i++)
			if (flows[k].end[i].fd != -1)
				polled[n++] = (struct pollfd){
				    flows[k].end[i].fd,
				    events_of(&flows[k], i), 0 };
	}
	(void)poll(polled, n, 5);
	now = peer_now();
	for (unsigned d = 0; d < ndoors; d++)
		admit(doors[d]);
	for (unsigned g = 0; g < FLOWS; g++)
		if (guests[g] != -1)
			greet(&guests[g]);
	for (unsigned k = 0; k < sessions; k++) {
		if (flows[k].used && flows[k].head < HEAD)
			introduce(&flows[k]);
		if (flows[k].used)
			look_after(&flows[k]);
	}
	return !stopping || live > 0;
}

static void
open_door(FILE *ready, const char *where)
{
	if ((doors[ndoors] = peer_door(where, ready)) != -1)
		ndoors++;
}

int
main(int argc, char *argv[])
{
	uint64_t	seconds = 10, seed = (uint64_t)time(NULL), end;
	unsigned	sessions = 100;
	const char	*path = NULL;
	FILE		*ready = stdout, *given;
	char		line[256];
	int		c;

	peer_command = "ends";
	while ((c = getopt(argc, argv, "n:r:s:t:u:")) != -1) {
		if (c == 'n')
			sessions = (unsigned)peer_number(optarg);
		else if (c == 's')
			seed = peer_number(optarg);
		else if (c == 't')
			seconds = peer_number(optarg);
		else if (c == 'u')
			path = optarg;
		else if (c != 'r' || (ready = fopen(optarg, "w")) == NULL)
			optind = argc;
	}
	if (optind != argc - 1)
		peer_die("usage", "ends -r fifo [-n sessions] [-s seed] "
		    "[-t seconds] [-u path] targets");
	if (sessions > FLOWS)
		peer_die("-n", "too many");
	for (unsigned i = 0; i < FLOWS; i++)
		guests[i] = -1;
	open_door(ready, "127.0.0.1:0");
	open_door(ready, "[::1]:0");
	if (path != NULL)
		open_door(ready, path);
	if (fclose(ready) != 0)
		peer_die("-r", strerror(errno));
	if ((given = fopen(argv[optind], "r")) == NULL)
		peer_die(argv[optind], strerror(errno));
	while (ntargets < TARGETS && fgets(line, sizeof(line), given) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		target_len[ntargets] = peer_address(&targets[ntargets], line);
		ntargets++;
	}
	if (fclose(given) != 0 || ntargets == 0)
		peer_die(argv[optind], "no address");
	printf("seed %llu\n", (unsigned long long)seed);
	random_state = seed * 2654435761U + 88172645463325252U;
	now = peer_now();
	end = now + seconds * 1000;
	while (turn(sessions, now >= end))
		continue;
	printf("sessions %llu, bytes %llu, ends %llu, errors %llu, wrong %llu\n",
	    (unsigned long long)sum.sessions, (unsigned long long)sum.bytes,
	    (unsigned long long)sum.ends, (unsigned long long)sum.errors,
	    (unsigned long long)sum.wrong);
	return sum.wrong == 0 && sum.sessions > 0 && fflush(stdout) == 0 ? 0 : 1;
}

/*
 * churn.c - load that never ends, for what must not cut it: reload, upgrade, crash.
 *
 *	churn [-c] [-n new] [-r fifo] [-s sessions] [-t seconds] [-u path] [-x]
 *
 * Client and backend in one process, so each end knows what the other one has
 * sent, and whether its end of stream is a true one.  It listens (two TCP ports, and
 * the Unix socket -u), writes these addresses to the fifo, one a line, and obeys
 * standard input:
 *
 *	go ADDRESS ...	keep -s sessions through these addresses, in turns, and make
 *			-n new connections a second, each with an exchange of its own
 *	tell FIFO	write the report to a fifo
 *	rest N		hold the bytes of all long sessions back (1) or not (0)
 *	stop		every sender ends with a FIN; when all is over: report, exit
 *
 * The end of standard input is "stop".  Every byte is a function of its position
 * and its stream, and is compared.  -x: sessions may be reset (their relay is
 * killed); then they are counted and others take their place, but an end of stream
 * that nobody sent is an error all the same.  -c: new connections that are refused
 * or reset are counted only (there are moments without a proxy).  Exit status 0 when nothing
 * went wrong, 1 else, 3 when it takes longer than -t after "stop", or when a
 * connection does not come to its end in that time.
 */
#include <sys/types.h>
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
#include <unistd.h>

#include "peer.h"

enum {
	FLOWS = 4096,
	PERIOD = 65521,		/* of the pattern: a prime, so no shift hides */
	CHUNK = 65536,
	HEAD = 8,		/* flow, its serial number */
	FDS = 2 * FLOWS + 64,
	TICK_MS = 10,
	TARGETS = 16,
	SHARE = 8		/* chunks of an end in a turn */
};

enum kind {
	ECHO,			/* small messages there and back */
	BULK,			/* bursts in both directions */
	UP,			/* bursts to the backend, an answer at the end */
	DOWN,			/* half closed by the client at once */
	REVERSE,		/* half closed by the backend at once */
	STALL,			/* both send all the time and read now and then */
	LONG_KINDS,
	ONCE = LONG_KINDS	/* a short exchange */
};

struct end {
	int		fd;		/* -1: none (any more) */
	bool		known;		/* backend: its header has come */
	bool		sent_end, got_end;
	uint64_t	tx, rx;		/* pattern bytes */
	uint64_t	goal;		/* end after so many; UINT64_MAX: not yet */
	uint64_t	burst;		/* may send up to here now */
	uint64_t	next_ms;	/* next burst, or change of mind */
	bool		deaf;		/* STALL: does not read now */
};

struct flow {
	bool		used;
	bool		connected;
	enum kind	kind;
	uint32_t	serial;
	struct end	end[2];		/* client, backend */
	uint64_t	start_ms;
};

static struct flow	flows[FLOWS];
static char		pattern[PERIOD + CHUNK], chunk[CHUNK];
static struct {
	uint64_t	bytes, sessions, ended, made, done, refused, reset, forged,
			corrupt, lost, slow, slowest, failed;
} sum;
static struct pollfd	polled[FDS];	/* by descriptor */
static uint64_t		about[FDS];
static nfds_t		npolled;
static int		doors[3];
static unsigned		ndoors;
static union peer_address targets[TARGETS];
static socklen_t	target_len[TARGETS];
static unsigned		ntargets, turn;
static unsigned		sessions = 200, rate = 50, patience = 60;
static bool		losses, gaps, stopping, resting;
static uint64_t		now, owed_ms, stop_ms;
static uint32_t		serial, seed = 1;

static uint32_t
chance(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* The stream that an end sends, at a position. */
static const char *
stream(const struct flow *f, unsigned from, uint64_t at)
{
	return pattern + (at + f->serial * 7919ULL + from * 31337) % PERIOD;
}

static void
watch(int fd, int events, uint64_t what)
{
	if (fd >= FDS)
		peer_die("watch", "too many descriptors");
	for (; npolled <= (nfds_t)fd; npolled++)
		polled[npolled].fd = -1;
	if (polled[fd].fd == -1)
		polled[fd].revents = 0;	/* of a life before */
	polled[fd].fd = fd;
	polled[fd].events = (short)events;
	about[fd] = what;
}

static void
watch_end(const struct end *e, const struct flow *f, int events)
{
	watch(e->fd, events, (uint64_t)(f - flows) << 1 | (unsigned)(e - f->end));
}

static void
unwatch(int fd)
{
	if ((nfds_t)fd < npolled)
		polled[fd].fd = -1;
}

static void
shut(int fd)
{
	unwatch(fd);
	close(fd);
}

/* ---- ends ---- */

static void
hang_up(struct flow *f)
{
	for (int i = 0; i < 2; i++) {
		if (f->end[i].fd != -1)
			shut(f->end[i].fd);
		f->end[i].fd = -1;
	}
	f->used = false;
}

static void
wrong(struct flow *f, uint64_t *counter, const char *what, unsigned at)
{
	const struct end	*c = &f->end[0], *b = &f->end[1];

	++*counter;
	if (counter != &sum.reset || !losses)
		fprintf(stderr, "churn: flow %u kind %d, %s: %s; client sent %llu "
		    "got %llu%s%s, backend sent %llu got %llu%s%s, %llu ms old\n",
		    f->serial, f->kind, at == 0 ? "client" : "backend", what,
		    (unsigned long long)c->tx, (unsigned long long)c->rx,
		    c->sent_end ? " FIN" : "", c->got_end ? " END" : "",
		    (unsigned long long)b->tx, (unsigned long long)b->rx,
		    b->sent_end ? " FIN" : "", b->got_end ? " END" : "",
		    (unsigned long long)(now - f->start_ms));
	if (f->kind == ONCE)
		sum.failed++;
	hang_up(f);
}

static void
settle(struct flow *f)
{
	struct end	*c = &f->end[0], *b = &f->end[1];

	for (int i = 0; i < 2; i++) {
		if (!f->end[i].sent_end || !f->end[i].got_end ||
		    f->end[i].fd == -1)
			continue;
		shut(f->end[i].fd);
		f->end[i].fd = -1;
	}
	if (c->fd != -1 || b->fd != -1 || !b->known)
		return;
	if (c->rx != b->tx || b->rx != c->tx) {
		wrong(f, &sum.lost, "bytes are missing", 0);
		return;
	}
	if (f->kind == ONCE) {
		sum.done++;
		if (now - f->start_ms > sum.slowest)
			sum.slowest = now - f->start_ms;
	} else
		sum.ended++;
	f->used = false;
}

/* How much an end may have sent by now, and when it is to end. */
static void
plan(struct flow *f, unsigned i)
{
	struct end		*e = &f->end[i];
	const struct end	*o = &f->end[!i];

	if (f->kind == ECHO && i == 1)
		e->burst = e->rx;
	else if (f->kind == UP && i == 1)
		e->burst = e->got_end ? 100 : 0;
	if (e->goal == UINT64_MAX && (f->kind == ECHO || f->kind == UP) &&
	    i == 1 && e->got_end)
		e->goal = e->burst;
	if (e->goal == UINT64_MAX && stopping && !(i == 1 &&
	    (f->kind == ECHO || f->kind == UP)))
		e->goal = e->tx;
	if (e->next_ms > now || stopping)
		return;
	switch (f->kind) {
	case ECHO:
		if (i == 0 && e->burst - e->rx < CHUNK)
			e->burst += 1 + chance(2000);
		e->next_ms = now + 10 + chance(90);
		break;
	case STALL:
		e->deaf = !e->deaf;
		e->next_ms = now + (e->deaf ? 500 + chance(2500) :
		    100 + chance(200));
		e->burst = o->rx + 16 * 1024 * 1024;
		break;
	default:
		if (e->burst - o->rx < 1024 * 1024)
			e->burst = e->tx + (chance(4) == 0 ? chance(3000) :
			    chance(1024 * 1024));
		e->next_ms = now + 100 + chance(900);
		break;
	}
}

static bool
push(struct flow *f, unsigned i)
{
	struct end	*e = &f->end[i];
	uint64_t	 most;
	ssize_t		 n;

	plan(f, i);
	if (e->sent_end || (i == 1 && !e->known))
		return true;
	for (int k = 0; k < SHARE; k++) {
		most = e->burst < e->goal ? e->burst : e->goal;
		if (most <= e->tx || (resting && f->kind != ONCE && !stopping))
			break;
		most -= e->tx;
		n = send(e->fd, stream(f, i, e->tx), most < CHUNK ?
		    (size_t)most : CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n == -1) {
			wrong(f, &sum.reset, strerror(errno), i);
			return false;
		}
		e->tx += (uint64_t)n;
	}
	if (e->tx >= e->goal) {
		e->sent_end = true;
		(void)shutdown(e->fd, SHUT_WR);
	}
	return true;
}

static bool
pull(struct flow *f, unsigned i)
{
	struct end		*e = &f->end[i];
	const struct end	*o = &f->end[!i];
	ssize_t			 n;

	for (int k = 0; k < SHARE && !e->got_end; k++) {
		if (e->deaf && !stopping)
			break;
		n = recv(e->fd, chunk, CHUNK, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n == -1) {
			wrong(f, &sum.reset, strerror(errno), i);
			return false;
		}
		if (n == 0) {
			e->got_end = true;
			if (o->sent_end && e->rx == o->tx)
				break;
			wrong(f, &sum.forged, "an end that nobody sent", i);
			return false;
		}
		if (memcmp(chunk, stream(f, !i, e->rx), (size_t)n) != 0) {
			wrong(f, &sum.corrupt, "other bytes", i);
			return false;
		}
		e->rx += (uint64_t)n;
		sum.bytes += (uint64_t)n;
	}
	return true;
}

static void
serve(struct flow *f, unsigned i)
{
	struct end	*e = &f->end[i];
	int		 events = 0;

	if (!pull(f, i) || !push(f, i))
		return;
	if (!e->got_end && (!e->deaf || stopping))
		events |= POLLIN;
	if (!e->sent_end && e->tx < e->burst && e->tx < e->goal &&
	    (!resting || stopping || f->kind == ONCE))
		events |= POLLOUT;
	watch_end(e, f, events);
	settle(f);
}

/* ---- beginnings ---- */

static void
begin(struct flow *f, unsigned i, int fd)
{
	struct end	*e = &f->end[i];

	*e = (struct end){ .fd = fd, .known = true, .goal = UINT64_MAX,
	    .next_ms = now };
	if (f->kind == ONCE) {
		e->goal = e->burst = chance(2) == 0 ? chance(200) :
		    chance(50000);
		e->next_ms = UINT64_MAX;
	} else if ((f->kind == DOWN && i == 0) || (f->kind == REVERSE && i == 1))
		e->goal = 0;
}

/* Connect, and send the header when that is done: in the first turn of the end. */
static bool
start(enum kind kind)
{
	char		 head[HEAD];
	struct flow	*f;
	uint32_t	 i;
	unsigned	 t = turn++ % ntargets;
	int		 fd;

	for (i = 0; i < FLOWS && flows[i].used; i++)
		continue;
	if (i == FLOWS)
		return false;
	f = &flows[i];
	*f = (struct flow){ .used = true, .kind = kind, .serial = ++serial,
	    .start_ms = now, .end = { { .fd = -1 }, { .fd = -1 } } };
	fd = socket(targets[t].any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		peer_die("socket", strerror(errno));
	if (kind == ONCE)
		sum.made++;
	else
		sum.sessions++;
	/* blocking: a listen queue that is full makes us wait, as it should */
	if (connect(fd, &targets[t].any, target_len[t]) == -1) {
		f->end[0].fd = fd;
		wrong(f, &sum.refused, strerror(errno), 0);
		return true;
	}
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	begin(f, 0, fd);
	memcpy(head, &i, sizeof(i));
	memcpy(head + 4, &f->serial, sizeof(f->serial));
	if (send(fd, head, HEAD, MSG_NOSIGNAL) != HEAD) {
		wrong(f, &sum.reset, "the header was not taken", 0);
		return true;
	}
	watch_end(&f->end[0], f, POLLIN | POLLOUT);
	return true;
}

/*
 * A backend connection: whose, says its header, which a stalled proxy may bring
 * late; so it waits aside, as the backend end of nobody.
 */
static struct {
	int	fd;
	char	head[HEAD];
	size_t	len;
} guests[FLOWS];

enum { GUEST = 1U << 31, DOOR = 1U << 30, INPUT = 1U << 29 };

static void
admit(int door)
{
	unsigned	i;
	int		fd;

	while ((fd = peer_admit(door)) != -1) {
		for (i = 0; i < FLOWS && guests[i].fd != -1; i++)
			continue;
		if (i == FLOWS)
			peer_die("guests", "too many");
		guests[i].fd = fd;
		guests[i].len = 0;
		watch(fd, POLLIN, (uint64_t)GUEST | i);
	}
}

static void
greet(unsigned g)
{
	struct flow	*f;
	uint32_t	 i, serial_number;
	const int	 fd = guests[g].fd;
	const ssize_t	 n = recv(fd, guests[g].head + guests[g].len,
			     HEAD - guests[g].len, 0);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n > 0 && (guests[g].len += (size_t)n) < HEAD)
		return;
	guests[g].fd = -1;
	memcpy(&i, guests[g].head, sizeof(i));
	memcpy(&serial_number, guests[g].head + 4, sizeof(serial_number));
	if (n <= 0 || i >= FLOWS || !flows[i].used ||
	    flows[i].serial != serial_number || flows[i].end[1].known) {
		/* its client is gone, or its relay before the header came */
		if (!losses && !gaps) {
			sum.lost++;
			fprintf(stderr, "churn: a connection without a client\n");
		}
		shut(fd);
		return;
	}
	f = &flows[i];
	begin(f, 1, fd);
	watch_end(&f->end[1], f, POLLIN | POLLOUT);
}

/* ---- all of it ---- */

static void
report(FILE *to)
{
	unsigned	live = 0;

	for (unsigned i = 0; i < FLOWS; i++)
		live += flows[i].used && flows[i].kind != ONCE;
	fprintf(to, "live: %u\nsessions: %llu\nended: %llu\nbytes: %llu\n"
	    "new: %llu\nnew-done: %llu\nnew-failed: %llu\nnew-slowest-ms: %llu\n"
	    "refused: %llu\nreset: %llu\nforged: %llu\ncorrupt: %llu\n"
	    "lost: %llu\nslow: %llu\n", live, (unsigned long long)sum.sessions,
	    (unsigned long long)sum.ended, (unsigned long long)sum.bytes,
	    (unsigned long long)sum.made, (unsigned long long)sum.done,
	    (unsigned long long)sum.failed, (unsigned long long)sum.slowest,
	    (unsigned long long)sum.refused, (unsigned long long)sum.reset,
	    (unsigned long long)sum.forged, (unsigned long long)sum.corrupt,
	    (unsigned long long)sum.lost, (unsigned long long)sum.slow);
}

static void
obey(char *line)
{
	FILE	*f;
	char	*word = strtok(line, " \n");

	if (word == NULL)
		return;
	if (strcmp(word, "go") == 0) {
		while ((word = strtok(NULL, " \n")) != NULL && ntargets < TARGETS) {
			target_len[ntargets] = peer_address(&targets[ntargets],
			    word);
			ntargets++;
		}
		owed_ms = now;
	} else if (strcmp(word, "tell") == 0) {
		word = strtok(NULL, " \n");
		if (word == NULL || (f = fopen(word, "w")) == NULL)
			peer_die("tell", strerror(errno));
		report(f);
		fclose(f);
	} else if (strcmp(word, "rest") == 0) {
		word = strtok(NULL, " \n");
		resting = word != NULL && *word == '1';
	} else if (strcmp(word, "stop") == 0) {
		stopping = true;
		stop_ms = now;
	} else
		peer_die(word, "no such command");
}

static void
hear(void)
{
	static char	buf[1024];
	static size_t	len;
	char		*end;
	ssize_t		 n = read(0, buf + len, sizeof(buf) - 1 - len);

	if (n <= 0) {
		unwatch(0);
		if (!stopping)
			obey((char[]){ "stop" });
		return;
	}
	len += (size_t)n;
	buf[len] = '\0';
	while ((end = strchr(buf, '\n')) != NULL) {
		*end = '\0';
		obey(buf);
		len -= (size_t)(end + 1 - buf);
		memmove(buf, end + 1, len + 1);
	}
}

/* Keep the number of sessions, make new connections, look after the time. */
static bool
tick(void)
{
	struct flow	*f;
	unsigned	 live = 0, any = 0;

	for (unsigned i = 0; i < FLOWS; i++) {
		f = &flows[i];
		if (!f->used)
			continue;
		any++;
		live += f->kind != ONCE;
		for (unsigned k = 0; k < 2 && f->used; k++)
			if (f->end[k].fd != -1 && (stopping ||
			    f->end[k].next_ms <= now))
				serve(f, k);
		if (f->used && now - (f->kind == ONCE || !stopping ?
		    f->start_ms : stop_ms) > patience * 1000ULL &&
		    (f->kind == ONCE || stopping))
			wrong(f, &sum.slow, "does not come to its end", 0);
	}
	if (stopping)
		return any > 0;
	if (ntargets == 0)
		return true;
	for (; live < sessions; live++)
		if (!start((enum kind)(live % LONG_KINDS)))
			break;
	for (; rate > 0 && owed_ms <= now; owed_ms += 1000 / rate)
		if (!start(ONCE))
			break;
	return true;
}

static void
event(uint64_t what)
{
	struct flow	*f;

	if (what & GUEST)
		greet((unsigned)(what & ~(uint64_t)GUEST));
	else if (what & DOOR)
		admit(doors[what & ~(uint64_t)DOOR]);
	else if (what & INPUT)
		hear();
	else {
		f = &flows[what >> 1];
		if (f->used && f->end[what & 1].fd != -1)
			serve(f, what & 1);
	}
}

static void
open_door(FILE *ready, const char *where)
{
	doors[ndoors] = peer_door(where, ready);
	watch(doors[ndoors], POLLIN, (uint64_t)DOOR | ndoors);
	ndoors++;
}

static void
setup(int argc, char **argv)
{
	const char	*path = NULL;
	FILE		*ready = stdout;
	int		 c;

	peer_command = "churn";
	while ((c = getopt(argc, argv, "cn:r:s:t:u:x")) != -1) {
		if (c == 'c')
			gaps = true;
		else if (c == 'n')
			rate = (unsigned)peer_number(optarg);
		else if (c == 's')
			sessions = (unsigned)peer_number(optarg);
		else if (c == 't')
			patience = (unsigned)peer_number(optarg);
		else if (c == 'x')
			losses = true;
		else if (c == 'u')
			path = optarg;
		else if (c != 'r' || (ready = fopen(optarg, "w")) == NULL)
			peer_die("usage", "churn [-cx] [-n new] [-r fifo] "
			    "[-s sessions] [-t seconds] [-u path]");
	}
	for (int i = 0; i < PERIOD; i++)
		pattern[i] = (char)(chance(65536) >> 5);
	for (int i = 0; i < CHUNK; i++)
		pattern[PERIOD + i] = pattern[i];
	for (int i = 0; i < FLOWS; i++)
		guests[i].fd = -1;
	watch(0, POLLIN, INPUT);
	open_door(ready, "127.0.0.1:0");
	open_door(ready, "127.0.0.1:0");
	if (path != NULL)
		open_door(ready, path);
	if (fclose(ready) != 0)
		peer_die("-r", strerror(errno));
}

int
main(int argc, char *argv[])
{
	uint64_t	next = 0;
	nfds_t		i, n;
	int		timeout;
	bool		good;

	setup(argc, argv);
	for (;;) {
		now = peer_now();
		if (now >= next) {
			if (!tick())
				break;
			next = now + TICK_MS;
		}
		timeout = next > now ? (int)(next - now) : 0;
		n = npolled;
		if (poll(polled, n, timeout) <= 0)
			continue;
		now = peer_now();
		for (i = 0; i < n; i++)
			if (polled[i].fd != -1 && polled[i].revents != 0)
				event(about[i]);
	}
	report(stdout);
	good = sum.forged == 0 && sum.corrupt == 0 && sum.lost == 0 &&
	    (gaps || sum.refused == 0) && (losses || gaps || sum.reset == 0);
	return sum.slow > 0 ? 3 : good && fflush(stdout) == 0 ? 0 : 1;
}

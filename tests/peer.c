/*
 * peer.c - one end of a connection, by script.
 *
 *	peer [-r fifo] [-t seconds] command [argument] ...
 *
 * Runs the commands in the order given, on blocking sockets, and stops at the
 * first that does not come out as said: message to stderr, exit status 1.  Every
 * byte sent is a function of its position and a seed, and every byte received is
 * checked against it.  Nothing here sleeps or uses a fixed port: -r names a fifo
 * that gets the bound port (or path) of each "listen".  A watchdog (-t, default
 * 30 seconds) ends the process with status 3.
 *
 * Addresses: 127.0.0.1:80  [::1]:80  /path  ./path  @abstract
 *
 *	listen A	bind, listen, report the port; backlog as set before
 *	bind A		the same without listening: connecting is refused
 *	backlog N	for the next listen
 *	rcvbuf N, sndbuf N	for sockets made from here on
 *	source IP	bind the next connects to this address
 *	connect A	connect the current slot
 *	accept		accept into the current slot
 *	use K		make slot K (0 to 10239) the current one
 *	many N A	connect slots 0 to N - 1
 *	many-accept N	accept into slots 0 to N - 1
 *	txseed N, rxseed N	(connecting: 1 and 2, accepting: 2 and 1)
 *	send N		N bytes of the pattern; 10k, 4m
 *	offer N		the same as long as they are taken: an error ends it quietly
 *	trickle N C	N bytes of the pattern, C with each call, without Nagle
 *	text T		these bytes as they are; not part of the pattern
 *	oob C		one urgent byte
 *	fill		send the pattern until nothing moves for 300 ms; prints how much
 *	send-until-error	send the pattern until the socket fails
 *	recv N		N bytes of the pattern
 *	recv-text T	exactly these bytes
 *	recv-print	everything up to the end, to standard output
 *	pairs N		N times a byte, 2 ms, a byte; then two come back
 *	ping N		N times a byte of the pattern there and back
 *	slow-send N C M, slow-recv N C M
 *			N bytes of the pattern, C with each call, M ms apart
 *	expect-fin, expect-reset, expect-end	pattern up to the end, which is a FIN,
 *			a reset, or either
 *	got N, got-least N	so many bytes of the pattern came in all
 *	sent-all	wait until the other side acknowledged what was sent
 *	unconnectable A	connecting must fail or be reset before a byte came
 *	within MS	the next command must end in that time
 *	longer MS	and the next must take at least that long
 *	fin, close, reset	shut down writing; close; close with SO_LINGER 0
 *	deaf		shut down reading
 *	echo		send back what comes, to its end, then FIN
 *	discard		read to the end without looking
 *	say WORD	print a line
 *	tell FIFO, wait FIFO	write a line to a fifo; wait for one
 *	park		stay as it is until killed
 *	times N		do the rest N times
 *	forever		for each connection accepted: do the rest in a child
 *	tally N A	connect N times, each from its own address in 127.1.0.0/16,
 *			and print the number and what came up to the end
 *	load C N B A	N connections, C at once, each sends B bytes and a FIN and
 *			expects them back with a FIN; prints what became of them
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

enum { QUIET_MS = 300 };	/* of a socket that takes no more */

static struct peer slots[PEER_SLOTS], *cur = &slots[0];
static char chunk[PEER_CHUNK];
static const char *ready, *source;
static int listener = -1, backlog = 4096;
static uint64_t within, longer;	/* ms, for the next command; 0: no */
static unsigned watch = 30;		/* seconds */

static void
watchdog(int sig)
{
	static const char text[] = "peer: the watchdog barked at: ";

	(void)sig;
	(void)!write(2, text, sizeof(text) - 1);
	(void)!write(2, peer_command, strlen(peer_command));
	(void)!write(2, "\n", 1);
	_exit(3);
}

/* ---- connections --------------------------------------------------------------- */

static void
tell(const char *fifo, const char *line)
{
	FILE *f;

	if ((f = fopen(fifo, "w")) == NULL)
		peer_die(fifo, strerror(errno));
	fprintf(f, "%s\n", line);
	if (fclose(f) != 0)
		peer_die(fifo, strerror(errno));
}

/*
 * A bound port that is connected elsewhere refuses everybody; what comes for one that
 * is only bound, NetBSD drops without a word.
 */
static void
occupy(int fd, union peer_address a, socklen_t len)
{
	int to;

	to = peer_socket(a.any.sa_family);
	if (a.any.sa_family == AF_INET)
		a.in.sin_port = 0;
	else
		a.in6.sin6_port = 0;
	if (bind(to, &a.any, len) == -1 || listen(to, 1) == -1 ||
	    getsockname(to, &a.any, &len) == -1 ||
	    connect(fd, &a.any, len) == -1)
		peer_die("bind", strerror(errno));
}

static void
do_listen(const char *text, bool deaf)
{
	union peer_address a;
	socklen_t len = peer_address(&a, text);
	char port[16];
	int fd, on = 1;

	fd = peer_socket(a.any.sa_family);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a.any.sa_family == AF_UNIX && *text != '@')
		(void)unlink(text);
	if (bind(fd, &a.any, len) == -1 ||
	    (!deaf && listen(fd, backlog) == -1))
		peer_die(text, strerror(errno));
	if (deaf && a.any.sa_family != AF_UNIX)
		occupy(fd, a, len);
	listener = fd;
	if (a.any.sa_family != AF_UNIX) {
		len = (socklen_t)sizeof(a);
		if (getsockname(fd, &a.any, &len) == -1)
			peer_die("getsockname", strerror(errno));
		snprintf(port, sizeof(port), "%u", ntohs(
		    a.any.sa_family == AF_INET ? a.in.sin_port :
		    a.in6.sin6_port));
		text = port;
	}
	if (ready != NULL)
		tell(ready, text);
}

static void
reset_fd(int fd)
{
	struct linger now = { 1, 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(fd);
}

static void
do_connect(struct peer *s, const char *text)
{
	int error;

	if ((error = peer_connect(s, text, source)) != 0)
		peer_die(text, strerror(error));
}

/*
 * Who was reset while he waited is not accepted on the BSDs; where it does not
 * matter who comes, the next one is.
 */
static void
do_accept(struct peer *s, bool any)
{
	int fd;

	do
		fd = accept(listener, NULL, NULL);
	while (fd == -1 && errno == ECONNABORTED && any);
	if (fd == -1)
		peer_die("accept", strerror(errno));
	peer_begin(s, fd, 2, 1);
}

/* ---- bytes ------------------------------------------------------------------ */

static int
send_some(const char *buf, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = send(cur->fd, buf, len, MSG_NOSIGNAL)) == -1)
			return errno;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static void
do_send(uint64_t len, size_t step, int pause_ms)
{
	size_t n;
	int error;

	for (; len > 0; len -= n) {
		if (pause_ms != 0)
			(void)poll(NULL, 0, pause_ms);
		n = len < step ? (size_t)len : step;
		peer_fill(chunk, n, cur->txseed, cur->tx);
		if ((error = send_some(chunk, n)) != 0)
			peer_die("send", strerror(error));
		cur->tx += n;
	}
}

static void
do_trickle(uint64_t len, size_t step, int pause_ms)
{
	int on = 1;

	(void)setsockopt(cur->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	do_send(len, step, pause_ms);
}

/* Send until the socket takes nothing for a while. */
static void
do_fill(void)
{
	struct pollfd p = { cur->fd, POLLOUT, 0 };
	ssize_t n;

	peer_waits(cur->fd, false);
	while (poll(&p, 1, QUIET_MS) == 1 && (p.revents & POLLERR) == 0) {
		peer_fill(chunk, PEER_CHUNK, cur->txseed, cur->tx);
		n = send(cur->fd, chunk, PEER_CHUNK, MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN)
			peer_die("send", strerror(errno));
		if (n > 0)
			cur->tx += (uint64_t)n;
	}
	peer_waits(cur->fd, true);
	printf("filled %llu\n", (unsigned long long)cur->tx);
}

/* Send as long as the socket takes it. */
static void
offer(uint64_t len)
{
	size_t n;

	for (; len > 0; len -= n) {
		n = len < PEER_CHUNK ? (size_t)len : PEER_CHUNK;
		peer_fill(chunk, n, cur->txseed, cur->tx);
		if (send_some(chunk, n) != 0)
			return;
		cur->tx += n;
	}
}

/* Receive and check; returns bytes, 0 at FIN, -1 at a reset. */
static ssize_t
recv_some(size_t max)
{
	ssize_t n;

	if (cur->reset)
		return -1;
	if ((n = recv(cur->fd, chunk, max < PEER_CHUNK ? max : PEER_CHUNK, 0)) == -1) {
		if (errno != ECONNRESET)
			peer_die("recv", strerror(errno));
		return -1;
	}
	peer_check(chunk, (size_t)n, cur->rxseed, cur->rx);
	cur->rx += (uint64_t)n;
	return n;
}

static void
do_recv(uint64_t len, size_t step, int pause_ms)
{
	char why[96];
	ssize_t n;

	for (; len > 0; len -= (uint64_t)n) {
		if (pause_ms != 0)
			(void)poll(NULL, 0, pause_ms);
		n = recv_some(len < step ? (size_t)len : step);
		if (n > 0)
			continue;
		snprintf(why, sizeof(why), "%s after %llu, %llu are missing",
		    n == 0 ? "FIN" : "reset", (unsigned long long)cur->rx,
		    (unsigned long long)len);
		peer_die("recv", why);
	}
}

static void
ping(uint64_t times)
{
	for (; times > 0; times--) {
		do_send(1, 1, 0);
		do_recv(1, 1, 0);
	}
}

/* What Nagle's algorithm in between would make slow. */
static void
pairs(uint64_t times)
{
	for (; times > 0; times--) {
		do_trickle(2, 1, 2);
		do_recv(2, 2, 0);
	}
}

static void
send_oob(const char *text)
{
	if (send(cur->fd, text, 1, MSG_OOB | MSG_NOSIGNAL) == -1 &&
	    errno == EOPNOTSUPP)
		peer_die("oob", strerror(errno));
}

static void
recv_text(const char *text)
{
	size_t len = strlen(text);

	if (recv(cur->fd, chunk, len, MSG_WAITALL) != (ssize_t)len ||
	    memcmp(chunk, text, len) != 0)
		peer_die(text, "did not come");
}

/* Read to the end; mode 'f' FIN, 'r' reset, 'e' either. */
static void
expect_end(char mode)
{
	char why[96];
	ssize_t n;

	while ((n = recv_some(PEER_CHUNK)) > 0)
		;
	snprintf(why, sizeof(why), "%s after %llu bytes",
	    n == 0 ? "FIN" : "reset", (unsigned long long)cur->rx);
	printf("%s\n", why);
	if ((mode == 'f' && n != 0) || (mode == 'r' && n != -1))
		peer_die("got", why);
}

/* Anything up to the end, to stdout (when print) or nowhere. */
static void
drain(bool print)
{
	ssize_t n;

	while ((n = recv(cur->fd, chunk, PEER_CHUNK, 0)) > 0)
		if (print)
			(void)fwrite(chunk, 1, (size_t)n, stdout);
	if (n == -1 && print)
		peer_die("recv", strerror(errno));
}

static void
do_echo(void)
{
	ssize_t n;
	int error;

	while ((n = recv(cur->fd, chunk, PEER_CHUNK, 0)) > 0)
		if ((error = send_some(chunk, (size_t)n)) != 0)
			peer_die("echo", strerror(error));
	if (n == -1)
		peer_die("echo", strerror(errno));
	(void)shutdown(cur->fd, SHUT_WR);
}

static void
check_count(const char *want, bool least)
{
	char why[96];
	uint64_t n = peer_number(want);

	if (least ? cur->rx >= n : cur->rx == n)
		return;
	snprintf(why, sizeof(why), "%llu came", (unsigned long long)cur->rx);
	peer_die(want, why);
}

static void
sent_all(void)
{
#if defined(__OpenBSD__)
	struct tcp_info info = { .tcpi_so_snd_sb_cc = 1 };
	socklen_t len = sizeof(info);

	while (getsockopt(cur->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_so_snd_sb_cc > 0)
		(void)poll(NULL, 0, 1);
#else
#ifdef FIONWRITE		/* FreeBSD, NetBSD: TIOCOUTQ is a terminal's */
	const unsigned long left_in = FIONWRITE;
#else
	const unsigned long left_in = TIOCOUTQ;
#endif
	int left = 1;

	while (ioctl(cur->fd, left_in, &left) == 0 && left > 0)
		(void)poll(NULL, 0, 1);
#endif
}

static void
unconnectable(const char *text)
{
	struct peer s;
	char c;

	if (peer_connect(&s, text, source) != 0)
		return;
	if (!s.reset && recv(s.fd, &c, 1, 0) != -1)
		peer_die(text, "is served");
	(void)close(s.fd);
}

/* ---- the script --------------------------------------------------------------- */

struct word {
	const char	*name;
	int		nargs;
};

static const struct word words[] = {
	{ "accept", 0 }, { "backlog", 1 }, { "bind", 1 }, { "close", 0 },
	{ "connect", 1 }, { "deaf", 0 }, { "discard", 0 }, { "echo", 0 }, { "expect-end", 0 },
	{ "expect-fin", 0 }, { "expect-reset", 0 }, { "fill", 0 },
	{ "fin", 0 }, { "forever", 0 }, { "got", 1 }, { "got-least", 1 },
	{ "listen", 1 }, { "load", 4 }, { "longer", 1 }, { "many", 2 },
	{ "many-accept", 1 }, { "offer", 1 }, { "oob", 1 }, { "pairs", 1 }, { "park", 0 }, { "ping", 1 },
	{ "rcvbuf", 1 }, { "recv", 1 },
	{ "recv-print", 0 }, { "recv-text", 1 }, { "reset", 0 },
	{ "rxseed", 1 }, { "say", 1 }, { "send", 1 },
	{ "send-until-error", 0 }, { "sent-all", 0 }, { "slow-recv", 3 },
	{ "slow-send", 3 },
	{ "sndbuf", 1 }, { "source", 1 }, { "tally", 2 }, { "tell", 1 },
	{ "text", 1 }, { "times", 1 }, { "trickle", 2 }, { "txseed", 1 },
	{ "unconnectable", 1 }, { "use", 1 }, { "wait", 1 }, { "within", 1 },
};

static int
word_args(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].nargs;
	peer_die("there is no such command", name);
	return 0;
}

static void
wait_for(const char *fifo)
{
	FILE *f;

	if ((f = fopen(fifo, "r")) == NULL)
		peer_die(fifo, strerror(errno));
	while (fgetc(f) != EOF)
		;
	(void)fclose(f);
}

static struct peer *
slot(uint64_t k)
{
	if (k >= PEER_SLOTS)
		peer_die("slot", "there are 10240");
	return &slots[k];
}

static void
park(void)
{
	(void)alarm(0);
	for (;;)
		(void)pause();
}

/* Words that make and set up connections.  True when it was one of them. */
static bool
run_socket(const char *w, char **a)
{
	uint64_t i;

	if (strcmp(w, "listen") == 0)
		do_listen(a[0], false);
	else if (strcmp(w, "bind") == 0)
		do_listen(a[0], true);
	else if (strcmp(w, "backlog") == 0)
		backlog = (int)peer_number(a[0]);
	else if (strcmp(w, "rcvbuf") == 0)
		peer_rcvbuf = (int)peer_number(a[0]);
	else if (strcmp(w, "sndbuf") == 0)
		peer_sndbuf = (int)peer_number(a[0]);
	else if (strcmp(w, "source") == 0)
		source = a[0];
	else if (strcmp(w, "connect") == 0)
		do_connect(cur, a[0]);
	else if (strcmp(w, "accept") == 0)
		do_accept(cur, false);
	else if (strcmp(w, "use") == 0)
		cur = slot(peer_number(a[0]));
	else if (strcmp(w, "many") == 0)
		for (i = 0; i < peer_number(a[0]); i++)
			do_connect(slot(i), a[1]);
	else if (strcmp(w, "many-accept") == 0)
		for (i = 0; i < peer_number(a[0]); i++)
			do_accept(slot(i), false);
	else if (strcmp(w, "txseed") == 0)
		cur->txseed = peer_number(a[0]);
	else if (strcmp(w, "rxseed") == 0)
		cur->rxseed = peer_number(a[0]);
	else if (strcmp(w, "fin") == 0)
		(void)shutdown(cur->fd, SHUT_WR);
	else if (strcmp(w, "deaf") == 0)
		(void)shutdown(cur->fd, SHUT_RD);
	else if (strcmp(w, "close") == 0)
		(void)close(cur->fd);
	else if (strcmp(w, "reset") == 0)
		reset_fd(cur->fd);
	else if (strcmp(w, "unconnectable") == 0)
		unconnectable(a[0]);
	else
		return false;
	return true;
}

/* Words that move bytes. */
static bool
run_bytes(const char *w, char **a)
{
	if (strcmp(w, "send") == 0)
		do_send(peer_number(a[0]), PEER_CHUNK, 0);
	else if (strcmp(w, "offer") == 0)
		offer(peer_number(a[0]));
	else if (strcmp(w, "trickle") == 0)
		do_trickle(peer_number(a[0]), (size_t)peer_number(a[1]), 0);
	else if (strcmp(w, "text") == 0)
		(void)send_some(a[0], strlen(a[0]));
	else if (strcmp(w, "oob") == 0)
		send_oob(a[0]);
	else if (strcmp(w, "fill") == 0)
		do_fill();
	else if (strcmp(w, "send-until-error") == 0)
		offer(UINT64_MAX);
	else if (strcmp(w, "recv") == 0)
		do_recv(peer_number(a[0]), PEER_CHUNK, 0);
	else if (strcmp(w, "recv-text") == 0)
		recv_text(a[0]);
	else if (strcmp(w, "slow-send") == 0)
		do_send(peer_number(a[0]), (size_t)peer_number(a[1]),
		    (int)peer_number(a[2]));
	else if (strcmp(w, "slow-recv") == 0)
		do_recv(peer_number(a[0]), (size_t)peer_number(a[1]),
		    (int)peer_number(a[2]));
	else if (strncmp(w, "expect-", 7) == 0)
		expect_end(w[7]);
	else if (strcmp(w, "recv-print") == 0)
		drain(true);
	else if (strcmp(w, "discard") == 0)
		drain(false);
	else if (strcmp(w, "echo") == 0)
		do_echo();
	else if (strcmp(w, "pairs") == 0)
		pairs(peer_number(a[0]));
	else if (strcmp(w, "ping") == 0)
		ping(peer_number(a[0]));
	else if (strncmp(w, "got", 3) == 0)
		check_count(a[0], w[3] != '\0');
	else if (strcmp(w, "sent-all") == 0)
		sent_all();
	else
		return false;
	return true;
}

static void
run_word(const char *w, char **a)
{
	if (run_socket(w, a) || run_bytes(w, a))
		return;
	if (strcmp(w, "say") == 0)
		printf("%s\n", a[0]);
	else if (strcmp(w, "tell") == 0)
		tell(a[0], "told");
	else if (strcmp(w, "wait") == 0)
		wait_for(a[0]);
	else if (strcmp(w, "park") == 0)
		park();
	else if (strcmp(w, "within") == 0)
		within = peer_number(a[0]);
	else if (strcmp(w, "longer") == 0)
		longer = peer_number(a[0]);
	else if (strcmp(w, "tally") == 0)
		peer_tally(peer_number(a[0]), a[1]);
	else if (strcmp(w, "load") == 0)
		peer_load((unsigned)peer_number(a[0]), peer_number(a[1]), peer_number(a[2]),
		    a[3]);
}

/* Accept for ever; the children return, to do the rest of the script. */
static void
become_child(void)
{
	pid_t pid;

	(void)signal(SIGCHLD, SIG_IGN);
	(void)alarm(0);
	do {
		do_accept(cur, true);
		if ((pid = fork()) == -1)
			peer_die("fork", strerror(errno));
		(void)close(pid == 0 ? listener : cur->fd);
	} while (pid != 0);
	(void)alarm(watch);
}

/* One word, held to the times that "within" and "longer" before it said. */
static void
run_timed(const char *w, char **a)
{
	uint64_t start = peer_now(), took, max = within, min = longer;
	char why[64];

	run_word(w, a);
	(void)fflush(stdout);
	if (strcmp(w, "within") == 0 || strcmp(w, "longer") == 0)
		return;
	within = longer = 0;
	took = peer_now() - start;
	snprintf(why, sizeof(why), "%llu ms", (unsigned long long)took);
	if (max != 0 && took > max)
		peer_die("it took too long", why);
	if (took < min)
		peer_die("it was too quick", why);
}

static void
run(char **argv)
{
	const char *w;
	uint64_t n;
	int nargs, i;

	while (*argv != NULL) {
		peer_command = w = *argv++;
		nargs = word_args(w);
		for (i = 0; i < nargs; i++)
			if (argv[i] == NULL)
				peer_die(w, "lacks an argument");
		if (strcmp(w, "times") == 0) {
			for (n = peer_number(argv[0]); n > 0; n--)
				run(argv + 1);
			return;
		}
		if (strcmp(w, "forever") == 0)
			become_child();
		else
			run_timed(w, argv);
		argv += nargs;
	}
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+r:t:")) != -1) {
		if (c == 'r')
			ready = optarg;
		else if (c == 't')
			watch = (unsigned)peer_number(optarg);
		else
			return 2;
	}
	(void)signal(SIGALRM, watchdog);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(watch);
	run(argv + optind);
	return 0;
}

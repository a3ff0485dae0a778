/*
 * ask.c - a client of the control socket or the status page, well behaved or not.
 *
 *	ask [-1] [-f] [-g bytes] [-h] [-n clients] [-w] address text
 *
 * Connects to a path or host:port, sends the text (\r \n \t \0 are understood), prints
 * what comes until the end; exit status 0 for an end, 3 for a reset.
 *	-1	send byte by byte, each on its own
 *	-f	send no end of stream, and go when the answer has ended
 *	-g n	send n bytes of nonsense in front
 *	-h	read nothing until the other side has let go; print nothing
 *	-n n	before that, open n connections that never say anything, and keep
 *		them until the answer is there (those that are let go do not matter)
 *	-w	after the text, wait for the answer for ever (a slow asker; else it is
 *		an error when nothing comes for 20 s)
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef POLLRDHUP		/* OpenBSD, NetBSD */
#define POLLRDHUP	0
#endif

enum { EXIT_RESET = 3, PATIENCE_MS = 20000, CLIENTS_MAX = 1000 };

static bool	single, keep_open, hold, forever;
static long	nonsense, others;

static void
die(const char *what)
{
	fprintf(stderr, "ask: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
reach(const char *where)
{
	struct sockaddr_storage	 ss;
	struct sockaddr_un	*sun = (struct sockaddr_un *)&ss;
	struct sockaddr_in	*sin = (struct sockaddr_in *)&ss;
	const char		*colon = strrchr(where, ':');
	socklen_t		 len;
	char			 host[64];
	int			 fd;

	memset(&ss, 0, sizeof(ss));
	if (colon == NULL || where[0] == '/' || where[0] == '.') {
		sun->sun_family = AF_UNIX;
		snprintf(sun->sun_path, sizeof(sun->sun_path), "%s", where);
		len = sizeof(*sun);
	} else {
		snprintf(host, sizeof(host), "%.*s", (int)(colon - where),
		    where);
		sin->sin_family = AF_INET;
		sin->sin_port = htons((uint16_t)atoi(colon + 1));
		if (inet_pton(AF_INET, host, &sin->sin_addr) != 1)
			die(host);
		len = sizeof(*sin);
	}
	if ((fd = socket(ss.ss_family, SOCK_STREAM, 0)) == -1)
		die("socket");
	if (connect(fd, (struct sockaddr *)&ss, len) == -1)
		die(where);
	return fd;
}

/* The other side may have said no and gone: what it said is still to be read. */
static bool
give(int fd, const char *s, size_t len)
{
	ssize_t	n;

	while (len > 0) {
		n = send(fd, s, single ? 1 : len, MSG_NOSIGNAL);
		if (n == -1 && (errno == EPIPE || errno == ECONNRESET))
			return false;
		if (n == -1)
			die("send");
		s += n;
		len -= (size_t)n;
	}
	return true;
}

static size_t
unescape(char *s)
{
	char	*to = s, *from = s;

	for (; *from != '\0'; from++, to++) {
		*to = *from;
		if (*from != '\\' || from[1] == '\0')
			continue;
		from++;
		*to = *from == 'n' ? '\n' : *from == 'r' ? '\r' :
		    *from == 't' ? '\t' : *from == '0' ? '\0' : *from;
	}
	return (size_t)(to - s);
}

static void
await(int fd, short events)
{
	struct pollfd	pfd = { .fd = fd, .events = events };
	int		n;

	if ((n = poll(&pfd, 1, forever ? -1 : PATIENCE_MS)) == -1)
		die("poll");
	if (n == 0) {
		fprintf(stderr, "ask: nothing came\n");
		exit(1);
	}
}

static int
take(int fd)
{
	char	buf[65536];
	ssize_t	n;

	for (;;) {
		await(fd, POLLIN);
		n = recv(fd, buf, sizeof(buf), 0);
		if (n == 0)
			return 0;
		if (n == -1 && errno == ECONNRESET)
			return EXIT_RESET;
		if (n == -1)
			die("recv");
		if (!hold)
			fwrite(buf, 1, (size_t)n, stdout);
	}
}

static void
nonsense_first(int fd)
{
	char	buf[4096];
	size_t	n;

	memset(buf, 'x', sizeof(buf));
	for (; nonsense > 0; nonsense -= (long)n) {
		n = nonsense < (long)sizeof(buf) ? (size_t)nonsense :
		    sizeof(buf);
		if (!give(fd, buf, n))
			return;
	}
}

int
main(int argc, char *argv[])
{
	int	c, fd;
	size_t	len;

	while ((c = getopt(argc, argv, "1fg:hn:w")) != -1) {
		switch (c) {
		case '1':
			single = true;
			break;
		case 'f':
			keep_open = true;
			break;
		case 'g':
			nonsense = atol(optarg);
			break;
		case 'h':
			hold = true;
			break;
		case 'n':
			others = atol(optarg);
			break;
		case 'w':
			forever = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2 || others > CLIENTS_MAX)
		return 2;
	while (others-- > 0)
		(void)reach(argv[optind]);
	fd = reach(argv[optind]);
	nonsense_first(fd);
	len = unescape(argv[optind + 1]);
	(void)give(fd, argv[optind + 1], len);
	if (!keep_open)
		(void)shutdown(fd, SHUT_WR);
	if (hold)
		/* or POLLHUP, POLLERR, which alone wake nobody on FreeBSD 15 */
		await(fd, POLLRDHUP);
	return take(fd);
}

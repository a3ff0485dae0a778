/*
 * demo.c - both ends of "make demo": a small server, and a client.
 *
 *	demo backend NAME PORT	serve on 127.0.0.1, port 0 is the system's choice;
 *				prints "PORT"
 *	demo names PORT COUNT	ask so many times who serves, and count
 *	demo copy PORT BYTES	send a stream, take it back, compare every byte
 *	demo half PORT		send a request and FIN, then take the answer
 *
 * The server looks at the first line: "GET ..." gets a small page, "WHO" its
 * name, "ECHO" gets back everything up to the end.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NetBSD heeds MSG_DONTWAIT when receiving only (7.99.34), and this always. */
#ifndef MSG_NBIO
#define MSG_NBIO 0
#endif

enum { BUFFER = 65536 };

static char buf[BUFFER], expected[BUFFER];

static void
die(const char *what)
{
	fprintf(stderr, "demo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(fd, p, len)) == -1)
			die("write");
}

static struct sockaddr_in
loopback(const char *port)
{
	struct sockaddr_in sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)atoi(port));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

/* ---- the server ---------------------------------------------------------------- */

static void
serve(int fd, const char *name)
{
	size_t have = 0, line;
	char *end = NULL;
	ssize_t n;

	while (end == NULL && have < BUFFER - 1) {
		if ((n = read(fd, buf + have, BUFFER - 1 - have)) <= 0)
			return;
		have += (size_t)n;
		end = memchr(buf, '\n', have);
	}
	if (end == NULL)
		return;
	line = (size_t)(end - buf) + 1;
	if (strncmp(buf, "ECHO", 4) == 0) {
		write_all(fd, buf + line, have - line);
		while ((n = read(fd, buf, BUFFER)) > 0)
			write_all(fd, buf, (size_t)n);
	} else if (strncmp(buf, "WHO", 3) == 0) {
		write_all(fd, name, strlen(name));
	} else {
		n = snprintf(buf, BUFFER, "HTTP/1.0 200 OK\r\n"
		    "Content-Type: text/plain\r\nConnection: close\r\n\r\n"
		    "Hello, this is backend %s.\n", name);
		write_all(fd, buf, (size_t)n);
	}
	(void)shutdown(fd, SHUT_WR);
	while (read(fd, buf, BUFFER) > 0)	/* its end, not a reset */
		;
}

static int
backend(const char *name, const char *port)
{
	struct sockaddr_in sin = loopback(port);
	socklen_t len = (socklen_t)sizeof(sin);
	int fd, client, on = 1;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		die("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    listen(fd, 128) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		die("listen");
	printf("%u\n", ntohs(sin.sin_port));
	(void)fflush(stdout);
	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if ((client = accept(fd, NULL, NULL)) == -1)
			continue;
		if (fork() == 0) {
			(void)close(fd);
			serve(client, name);
			_exit(0);
		}
		(void)close(client);
	}
}

/* ---- the client ---------------------------------------------------------------- */

static int
dial(const char *port)
{
	struct sockaddr_in sin = loopback(port);
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		die("connect");
	return fd;
}

static int
names(const char *port, int count)
{
	unsigned one = 0, two = 0, lost = 0;
	ssize_t n;
	int fd;

	while (count-- > 0) {
		fd = dial(port);
		write_all(fd, "WHO\n", 4);
		n = read(fd, buf, 3);
		if (n == 3 && memcmp(buf, "one", 3) == 0)
			one++;
		else if (n == 3 && memcmp(buf, "two", 3) == 0)
			two++;
		else
			lost++;
		(void)close(fd);
	}
	printf("%u answered by one, %u by two, %u lost\n", one, two, lost);
	return lost != 0;
}

/* A stream whose every byte tells its place. */
static void
pattern(char *p, size_t len, uint64_t at)
{
	for (; len > 0; len--, at++)
		*p++ = (char)((at * 0x9e3779b97f4a7c15u) >> 40);
}

static int
copy(const char *port, uint64_t bytes)
{
	uint64_t sent = 0, got = 0;
	struct pollfd p;
	size_t len;
	ssize_t n;

	p.fd = dial(port);
	write_all(p.fd, "ECHO\n", 5);
	(void)fcntl(p.fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		p.events = (short)(sent < bytes ? POLLIN | POLLOUT : POLLIN);
		if (poll(&p, 1, -1) == -1)
			die("poll");
		if ((p.revents & POLLOUT) != 0 && sent < bytes) {
			len = bytes - sent < BUFFER ? (size_t)(bytes - sent) :
			    BUFFER;
			pattern(buf, len, sent);
			n = write(p.fd, buf, len);
			sent += n > 0 ? (uint64_t)n : 0;
			if (sent == bytes)
				(void)shutdown(p.fd, SHUT_WR);
		}
		if ((p.revents & (POLLIN | POLLHUP | POLLERR)) == 0)
			continue;
		if ((n = read(p.fd, buf, BUFFER)) == -1 && errno == EAGAIN)
			continue;
		if (n == -1)
			die("read");
		if (n == 0)
			break;
		pattern(expected, (size_t)n, got);
		if (memcmp(buf, expected, (size_t)n) != 0) {
			printf("wrong byte after %llu\n",
			    (unsigned long long)got);
			return 1;
		}
		got += (uint64_t)n;
	}
	printf("%llu bytes there, %llu back, each as it was\n",
	    (unsigned long long)sent, (unsigned long long)got);
	return got != bytes;
}

static int
half(const char *port)
{
	static const char request[] = "ECHO\nthe last words of the client";
	size_t have = 0;
	ssize_t n;
	int fd;

	fd = dial(port);
	write_all(fd, request, sizeof(request) - 1);
	(void)shutdown(fd, SHUT_WR);
	while ((n = read(fd, buf + have, BUFFER - have)) > 0)
		have += (size_t)n;
	printf("after its FIN the client heard: \"%.*s\", then %s\n",
	    (int)have, buf, n == 0 ? "the server's FIN" : "an error");
	return n != 0 || have != sizeof(request) - 6;
}

int
main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "backend") == 0)
		return backend(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "names") == 0)
		return names(argv[2], atoi(argv[3]));
	if (argc == 4 && strcmp(argv[1], "copy") == 0)
		return copy(argv[2], (uint64_t)atoll(argv[3]));
	if (argc == 3 && strcmp(argv[1], "half") == 0)
		return half(argv[2]);
	fprintf(stderr, "usage: see the head of demo.c\n");
	return 2;
}

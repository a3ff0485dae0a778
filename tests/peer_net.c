/*
 * peer_net.c - addresses, sockets and the pattern of bytes of the scripted peer.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

const char *peer_command = "";
int peer_rcvbuf, peer_sndbuf;

void
peer_die(const char *what, const char *why)
{
	fprintf(stderr, "peer: %s: %s: %s\n", peer_command, what, why);
	exit(1);
}

uint64_t
peer_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
peer_number(const char *s)
{
	char *end;
	uint64_t n;

	n = strtoull(s, &end, 10);
	if (strcmp(end, "k") == 0)
		n *= 1024;
	else if (strcmp(end, "m") == 0)
		n *= 1024 * 1024;
	else if (*end != '\0' || end == s)
		peer_die(s, "is no number");
	return n;
}

/* Bytes at, at + 1 ... of a stream: splitmix64 of every eighth position. */
void
peer_fill(char *buf, size_t len, uint64_t seed, uint64_t at)
{
	uint64_t z = 0;
	size_t i;

	for (i = 0; i < len; i++, at++) {
		if (i == 0 || at % 8 == 0) {
			z = (at / 8 + seed * 0x10000000000u) *
			    0x9e3779b97f4a7c15u;
			z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
			z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
			z ^= z >> 31;
		}
		buf[i] = (char)(z >> at % 8 * 8);
	}
}

void
peer_check(const char *buf, size_t len, uint64_t seed, uint64_t at)
{
	static char pattern[PEER_CHUNK];
	char why[80];
	size_t i, n;

	while (len > 0) {
		n = len < PEER_CHUNK ? len : PEER_CHUNK;
		peer_fill(pattern, n, seed, at);
		for (i = 0; i < n && buf[i] == pattern[i]; i++)
			;
		if (i < n) {
			snprintf(why, sizeof(why), "wrong byte at %llu",
			    (unsigned long long)(at + i));
			peer_die("recv", why);
		}
		buf += n, at += n, len -= n;
	}
}

/* ---- addresses and sockets ------------------------------------------------- */

socklen_t
peer_address(union peer_address *a, const char *text)
{
	char host[64], *zone;
	const char *colon;
	size_t n;

	memset(a, 0, sizeof(*a));
	if (*text == '/' || *text == '.' || *text == '@') {
		n = strlen(text);
		if (n >= sizeof(a->un.sun_path))
			peer_die(text, "is too long");
		a->un.sun_family = AF_UNIX;
		memcpy(a->un.sun_path, text, n);
		if (*text != '@')
			return (socklen_t)sizeof(a->un);
		a->un.sun_path[0] = '\0';
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	}
	if ((colon = strrchr(text, ':')) == NULL ||
	    (n = (size_t)(colon - text)) >= sizeof(host))
		peer_die(text, "is no address");
	memcpy(host, text, n);
	host[n] = '\0';
	if (*host == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons((uint16_t)peer_number(colon + 1));
		if ((zone = strchr(host, '%')) != NULL) {
			*zone++ = '\0';
			if ((a->in6.sin6_scope_id = if_nametoindex(zone)) == 0)
				a->in6.sin6_scope_id =
				    (uint32_t)peer_number(zone);
		}
		if (inet_pton(AF_INET6, host + 1, &a->in6.sin6_addr) != 1)
			peer_die(text, "is no address");
		return (socklen_t)sizeof(a->in6);
	}
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons((uint16_t)peer_number(colon + 1));
	if (inet_pton(AF_INET, host, &a->in.sin_addr) != 1)
		peer_die(text, "is no address");
	return (socklen_t)sizeof(a->in);
}

int
peer_socket(int family)
{
	int fd;

	if ((fd = socket(family, SOCK_STREAM, 0)) == -1)
		peer_die("socket", strerror(errno));
	if ((peer_rcvbuf != 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &peer_rcvbuf,
	    sizeof(peer_rcvbuf)) == -1) || (peer_sndbuf != 0 && setsockopt(fd,
	    SOL_SOCKET, SO_SNDBUF, &peer_sndbuf, sizeof(peer_sndbuf)) == -1))
		peer_die("setsockopt", strerror(errno));
	return fd;
}

void
peer_waits(int fd, bool on)
{
	(void)fcntl(fd, F_SETFL, on ? 0 : O_NONBLOCK);
}

void
peer_begin(struct peer *s, int fd, uint64_t txseed, uint64_t rxseed)
{
	s->fd = fd;
	s->tx = s->rx = 0;
	s->txseed = txseed;
	s->rxseed = rxseed;
	s->reset = false;
}

/* Returns 0 or an error number. */
int
peer_connect(struct peer *s, const char *text, const char *from)
{
	union peer_address a, b;
	socklen_t len = peer_address(&a, text), blen;
	char any[64];
	int fd, error;

	fd = peer_socket(a.any.sa_family);
	if (from != NULL) {
		snprintf(any, sizeof(any), "%s:0", from);
		blen = peer_address(&b, any);
		if (bind(fd, &b.any, blen) == -1)
			peer_die(from, strerror(errno));
	}
	error = connect(fd, &a.any, len) == -1 ? errno : 0;
	if (error != 0 && error != ECONNRESET) {
		(void)close(fd);
		return error;
	}
	peer_begin(s, fd, 1, 2);
	s->reset = error != 0;
	return 0;
}

static int
at_once(int fd)
{
	if (fd != -1) {
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	return fd;
}

int
peer_door(const char *where, FILE *ready)
{
	union peer_address a;
	socklen_t len = peer_address(&a, where);
	int fd = socket(a.any.sa_family, SOCK_STREAM, 0);

	if (fd == -1 || bind(fd, &a.any, len) == -1) {
		if (a.any.sa_family != AF_INET6)
			peer_die(where, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (listen(fd, 4096) == -1 || getsockname(fd, &a.any, &len) == -1)
		peer_die(where, strerror(errno));
	if (a.any.sa_family == AF_INET)
		fprintf(ready, "127.0.0.1:%u\n", ntohs(a.in.sin_port));
	else if (a.any.sa_family == AF_INET6)
		fprintf(ready, "[::1]:%u\n", ntohs(a.in6.sin6_port));
	else
		fprintf(ready, "%s\n", where);
	return at_once(fd);
}

int
peer_admit(int door)
{
	return at_once(accept(door, NULL, NULL));
}

/*
 * peer.h - what the files of the scripted peer share: connections, addresses and
 * the pattern of bytes.
 */
#ifndef PEER_H
#define PEER_H

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "attr.h"

/* NetBSD heeds MSG_DONTWAIT when receiving only (7.99.34), and this always. */
#ifndef MSG_NBIO
#define MSG_NBIO 0
#endif
#define PEER_AT_ONCE (MSG_DONTWAIT | MSG_NBIO | MSG_NOSIGNAL)

enum { PEER_SLOTS = 10240, PEER_CHUNK = 65536 };

/* One connection. */
struct peer {
	int		fd;
	uint64_t	txseed, rxseed;
	uint64_t	tx, rx;		/* pattern bytes so far */
	bool		reset;		/* before connect(2) came back (BSDs) */
};

union peer_address {
	struct sockaddr		any;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
	struct sockaddr_un	un;
};

extern const char *peer_command;	/* under way, for messages */
extern int peer_rcvbuf, peer_sndbuf;	/* for new sockets; 0: the system's */

ATTR_NORETURN void peer_die(const char *what, const char *why);

/* ms; the clock that nobody sets. */
uint64_t peer_now(void);

/* "10", "10k", "10m". */
uint64_t peer_number(const char *);

/* Bytes at, at + 1 ... of the stream of a seed; and whether they are that. */
void	peer_fill(char *, size_t, uint64_t seed, uint64_t at);
void	peer_check(const char *, size_t, uint64_t seed, uint64_t at);

socklen_t peer_address(union peer_address *, const char *);
int	peer_socket(int family);
/* MSG_DONTWAIT does not keep the BSDs from waiting when they send. */
void	peer_waits(int fd, bool);

/*
 * Listen, without waiting, and write the address as a line; -1 where there is no
 * IPv6.  And who has come there, without waiting for him either; -1: nobody.
 */
int	peer_door(const char *where, FILE *ready);
int	peer_admit(int door);

void	peer_begin(struct peer *, int fd, uint64_t txseed, uint64_t rxseed);

/*
 * Connect, from a source address unless NULL.  0 or an error number; who was
 * accepted and reset at once was connected.
 */
int	peer_connect(struct peer *, const char *to, const char *from);

void	peer_tally(uint64_t count, const char *to);
void	peer_load(unsigned atonce, uint64_t count, uint64_t bytes,
	    const char *to);

#endif

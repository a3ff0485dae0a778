/*
 * os.h - stream sockets and the clock, as the relay sees them.
 *
 * Everything here has two implementations: os_sock.c, the real system, and
 * tests/sim, the simulated one.  tests/contract.c holds one to the other.
 *
 * Errors: a call that can fail returns the negated error number (-ECONNRESET),
 * so nothing is read from errno after the fact.  EINTR never gets out.  Every
 * descriptor returned is close-on-exec, and non-blocking unless said otherwise.
 * A callee never closes a descriptor that its caller holds.
 */
#ifndef OS_H
#define OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum os_family {
	OS_NONE,		/* no address (not resolved, or nameless peer) */
	OS_IPV4,
	OS_IPV6,
	OS_UNIX
};

/* One address to listen on or to connect to. */
struct os_addr {
	uint8_t		family;		/* enum os_family */
	uint8_t		pathlen;	/* OS_UNIX: bytes in path; an abstract
					   name starts with a NUL byte */
	uint16_t	port;		/* host byte order */
	uint32_t	scope;		/* OS_IPV6: interface, 0 is none */
	union {
		uint8_t	ip[16];		/* OS_IPV4 uses the first four */
		char	path[108];	/* NUL ended unless full or abstract */
	} u;
};

/* Who connected to us.  Small: it lives in every session. */
struct os_peer {
	uint8_t		ip[16];		/* v4-mapped peers arrive as OS_IPV4 */
	uint16_t	port;		/* host byte order */
	uint8_t		family;		/* OS_UNIX peers have no address */
	uint8_t		reserved;
};

/* How a listening socket is to be made.  Zeroes are sensible. */
struct os_listen {
	int		backlog;	/* adopted, 0: as it is */
	bool		v6only;		/* OS_IPV6: refuse v4-mapped peers */
	bool		transparent;	/* bind to foreign addresses */
	int		defer_accept;	/* seconds, 0 is off, -1 as it is; Linux */
	const char	*accept_filter;	/* FreeBSD, NetBSD; NULL is off */
	int		mode;		/* OS_UNIX: permissions, -1 is umask's */
};

/*
 * Bytes a Unix path may have here (103 or 107).
 */
size_t	os_path_max(void);

/*
 * Make a listening socket.  Options that accepted sockets inherit are set here:
 * TCP_NODELAY, keepalive (60 s idle, 20 s apart, 4 probes), and SO_LINGER (1, 0),
 * so that a process that dies resets its peers instead of forging an end.  A stale
 * Unix socket file is taken over after a failed connect; a live one gives
 * -EADDRINUSE, a file that is no socket -EEXIST.  Returns the descriptor or an
 * error.
 */
int	os_listen(const struct os_addr *, const struct os_listen *);

/*
 * Make a listening socket that another program opened (a service manager), or we
 * with other options, like one of ours, as far as it is not settled since it was
 * bound; the caller keeps the descriptor whatever happens.  0, -ENOTSOCK,
 * -EPROTOTYPE not a stream socket, -EAFNOSUPPORT not of a family we know,
 * -EINVAL not listening.
 */
int	os_listen_adopt(int, const struct os_listen *);

/*
 * Whether somebody waits at a listening socket to be accepted.
 */
bool	os_listen_waits(int);

/*
 * Whether a socket still listens: whoever has it can end that by shutdown(2).
 */
bool	os_listens(int);

/*
 * Nobody can connect to a listening socket any more, and os_accept says -EINVAL, in
 * whatever process has it; who waits at a TCP socket is reset.  (Elsewhere than on
 * Linux who comes later still waits for the other processes.)
 */
void	os_listen_shut(int);

/*
 * The same, and close it: a process that hangs keeps neither its address nor those
 * who wait.  At a Unix socket who has sent nothing sees an end, where the last close
 * of the listening socket would have been an error.
 */
void	os_listen_end(int);

/*
 * Take one connection from a listening socket.  Returns the descriptor (set up
 * as os_listen says, on every system) or an error: -EAGAIN none is waiting;
 * -ECONNABORTED that one is gone, go on; -EMFILE -ENFILE -ENOBUFS -ENOMEM the
 * system is out of something, come back later.  Every error that only concerns
 * the one connection (EPROTO, EPERM, EOPNOTSUPP, ENETDOWN ...: accept(2) on
 * Linux passes on pending network errors) is -ECONNABORTED.
 */
int	os_accept(int, struct os_peer *);

/*
 * Make a socket and begin to connect it.  Returns the descriptor; *pending says
 * whether the connection is still under way (then writable means: ask
 * os_connected).  Errors: -EMFILE -ENFILE -ENOBUFS -ENOMEM -EADDRNOTAVAIL are
 * ours, everything else is the other side's.  -EAGAIN is a Unix socket with a
 * full backlog: nothing is under way.  Same socket options as os_accept, but for
 * what os_keep does.
 */
int	os_connect(const struct os_addr *, bool *pending);

/*
 * Find out when the peer of a TCP connection is gone: keepalive as os_listen
 * says.  Apart from os_connect, as only a connection that lasts needs it.
 */
void	os_keep(int);

/*
 * After os_connect was pending and the socket became writable: 0 connected,
 * -EINPROGRESS not yet (a spurious wake-up), else why it failed.  A TCP socket
 * that connected to itself is -ECONNREFUSED.  -ECONNRESET and -EPIPE say that the
 * connection was made and then reset: bytes may be waiting to be read.
 */
int	os_connected(int, const struct os_addr *);

/*
 * The error that waits at a socket (its peer has reset it, or worse), whatever can
 * still be read in front of it; it is gone then.  Negated, or 0: none.  -EPIPE is
 * a reset behind the end of the stream, where the system knows the difference.
 */
int	os_error(int);

/*
 * Move bytes.  Return how many, 0 for end of stream (never from os_write), or an
 * error; -EAGAIN would block.  os_peek reads without taking.
 */
long	os_read(int, void *, size_t);
long	os_peek(int, void *, size_t);
long	os_write(int, const void *, size_t);

/*
 * Send the end of our stream.  0 or an error, -ENOTCONN when the socket is dead;
 * what can still be read from it, and the error that waits there, stay.
 */
int	os_shutdown(int);

/*
 * Nothing more is read from a Unix socket: its peer cannot send (EPIPE), as if there
 * were nobody in between.  What was sent and not read stays unread.
 */
void	os_deafen(int);

/*
 * Bytes accepted by os_write that the other side has not acknowledged (TCP) or
 * read (Unix); 0 when the socket is dead.  -ENOTSUP where the system cannot say.
 */
long	os_unsent(int);

/*
 * Close in order: what was written is still delivered.
 */
void	os_close(int);

/*
 * Close with a reset (TCP), destroying what was not delivered.  A Unix socket
 * has no reset: on Linux its peer sees ECONNRESET when it sent bytes that nobody
 * read, on FreeBSD (10.4) it sees an end in any case.
 */
void	os_reset(int);

/*
 * Close this process's copy of a socket that another process has too.  Nothing
 * happens to the connection.
 */
void	os_drop(int);

/*
 * The address a socket is bound to.  0 or an error.
 */
int	os_sockname(int, struct os_addr *);

/*
 * Milliseconds of a clock that never goes back.
 */
uint64_t os_now_ms(void);

#endif

/*
 * os_sys.h - what os_sock.c and os_listen.c need from the files that differ
 * between systems (os_linux.c, os_freebsd.c ... os_generic.c).  Nobody else
 * includes it but those who deal in socket addresses and options.
 */
#ifndef OS_SYS_H
#define OS_SYS_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "os.h"

/* Keepalive: seconds idle, seconds apart, probes. */
enum {
	OS_KEEP_IDLE = 60,
	OS_KEEP_APART = 20,
	OS_KEEP_PROBES = 4
};

/* ---- os_addr.c: the same on all systems ---- */

/*
 * Between our addresses and the system's.  os_addr_to returns the length, 0 when
 * the address has no family that can be bound or connected to.
 */
socklen_t os_addr_to(const struct os_addr *, struct sockaddr_storage *);
void	os_addr_from(struct os_addr *, const struct sockaddr *, socklen_t);
void	os_addr_peer(struct os_peer *, const struct sockaddr *, socklen_t);

/*
 * Set an option that is a number; 0 or an error, which often does no harm.
 * os_option_get: what one of SOL_SOCKET is.
 */
int	os_option(int fd, int level, int name, int value);
int	os_option_get(int fd, int name, int *value);

/*
 * Options that a TCP socket of a session is born with.  SO_LINGER (1, 0): its end,
 * however it comes, is a reset.  SO_OOBINLINE: an urgent byte is a byte of the
 * stream like any other.
 */
void	os_born(int fd);

/* SO_LINGER (1, 0) alone, or (0, 0): its close is an end. */
void	os_linger(int fd, int on);

/* ---- os_accept4.c or os_accept.c ---- */

/* A stream socket, non-blocking and close-on-exec, or an error. */
int	os_sys_socket(int domain);

/* accept(2), non-blocking and close-on-exec; -1 and errno. */
int	os_sys_accept(int fd, struct sockaddr *, socklen_t *);

/* ---- one file per system; os_bsd.c, os_none.c: of several ---- */

/*
 * Give a listening TCP socket what those that are accepted inherit, beside
 * os_born; and an accepted one the options that it did not inherit.
 */
void	os_sys_pass_on(int fd);
void	os_sys_accepted(int fd);

/*
 * A Unix socket, listening or not, that takes no descriptors: who sends one is told.
 * The last close of a socket that came so may wait for as long as its SO_LINGER says,
 * and it is whoever reads or closes here who would wait.  What is accepted inherits
 * it.  Linux since 6.16.
 */
void	os_sys_no_fds(int fd);

/* What a listener only has on some systems; called after listen(2). */
void	os_sys_defer(int fd, const struct os_listen *);

/* Binding to addresses that are not ours.  0 or an error. */
int	os_sys_transparent(int fd, int domain);

/* As os_unsent, but for a socket that may be dead. */
long	os_sys_unsent(int fd);

#endif

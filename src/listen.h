/*
 * listen.h - the parent's side of listening sockets (listener.h is the relay's).
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "start.h"

/*
 * Open all listeners of a start, with so many descriptors of the service
 * manager.  Those that a former generation (NULL: there is none) has at the same
 * address are taken over.  False: log_fatal has said why.
 */
bool	listen_open(struct start *, const struct start *former, int activated);

/*
 * This generation is in use for good: those that it has from the former one get the
 * options that it wants for them.
 */
void	listen_change(const struct start *, const struct start *former);

/*
 * Why listening there failed, for a message.
 */
const char *listen_error(const struct os_addr *, int error);

/*
 * Warn that a socket that was taken over does not change as that key wants it.
 */
void	listen_keeps(const struct start *, uint32_t at, const char *name,
	    const char *key);

/*
 * Whether its file, if it is a Unix socket of ours with one, is still the one that we
 * made: somebody may have removed or replaced it.
 */
bool	listen_in_place(const struct start *, unsigned listener);

/*
 * Log where each listener really is, and write it to ready_fd (-1: none).  Or
 * write only this.  False: log_fatal has said why.
 */
bool	listen_tell(const struct start *);
bool	listen_say(const struct start *, const char *name, const char *address);

/*
 * Close the listeners and remove their files, but those that another generation
 * (or NULL) has too.  The last of it, for Unix sockets, is listen_over.
 */
void	listen_close(struct start *, const struct start *other);

/*
 * After listen_close: no process has those listeners any more, or will soon have
 * none; unless one hangs, which shall not keep who waits at a Unix socket.
 */
void	listen_over(bool hangs);

#endif

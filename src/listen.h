/*
 * listen.h - the parent's side of listening sockets (listener.h is the relay's).
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "start.h"

/*
 * Open all listeners of a start, with so many descriptors of the service manager.
 * False: log_fatal has said why.
 */
bool	listen_open(struct start *, int activated);

/*
 * The same for a next generation, which takes over those of the former one that
 * have the same address.  listen_revert gives up what it opened for itself.
 */
bool	listen_again(struct start *next, const struct start *former);
void	listen_revert(struct start *next);

/*
 * Log where each listener really is, and write it to ready_fd (-1: none).
 */
bool	listen_tell(const struct start *);

/*
 * Close the listeners and remove their files, but those that a next generation
 * (or NULL) has taken over.
 */
void	listen_close(struct start *, const struct start *next);

#endif

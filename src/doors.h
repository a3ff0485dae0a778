/*
 * doors.h - the parent's side of the monitor's two listening sockets: the control
 * socket and the status page's.
 */
#ifndef DOORS_H
#define DOORS_H

#include "start.h"

/*
 * Open what the setup asks for.  A next generation takes over those of the former
 * one (NULL: there is none) that have the same address.  False: log_fatal has said
 * why.
 */
bool	doors_open(struct start *, const struct start *former);

/*
 * This generation is in use for good: the control socket gets the owner that it
 * wants for it.
 */
void	doors_change(const struct start *);

/*
 * Log where they are; the status page's address also goes to ready_fd (-1: none),
 * as "status ADDRESS".
 */
bool	doors_tell(const struct start *);

/*
 * Close them and remove the control socket's file, but those that another
 * generation (or NULL) has too.
 */
void	doors_close(struct start *, const struct start *other);

#endif

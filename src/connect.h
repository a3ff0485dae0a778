/*
 * connect.h - the CONNECT state of a session.
 */
#ifndef CONNECT_H
#define CONNECT_H

#include <stdint.h>

#include "setup.h"

struct session;

void	connect_open(const struct setup *);

/*
 * Choose a backend and begin; the next one and so on when that fails at once.
 * Afterwards the session is connecting, relays, or has ended.
 */
void	connect_next(struct session *, uint64_t now);

/*
 * Something happened while connecting.
 */
void	connect_step(struct session *, uint64_t now);

/*
 * The backend took longer than its connect-timeout.
 */
void	connect_expire(struct session *, uint64_t now);

#endif

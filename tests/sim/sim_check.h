/*
 * sim_check.h - what the two files of invariants share.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "session.h"
#include "sim.h"

enum { ROWS = 64 };

/* The socket of a side; NULL when it has none. */
struct sock *check_side(const struct session *, unsigned which);

/* Two sockets belong together from now on. */
void	check_marry(struct session *, unsigned row);

/*
 * Since when a row is in LAST, as first seen (the relay's clock, ms).
 * check_forget: rows mean other sessions now.
 */
uint64_t check_last(unsigned row);
void	check_forget(void);

#endif

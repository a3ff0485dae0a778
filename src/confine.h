/*
 * confine.h - how a fork of the parent becomes less than the parent: descriptors,
 * root directory, user, limits, sandbox.  The steps in this order; what cannot be
 * given up is an error, and the process ends.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>

#include "start.h"

/*
 * Close all descriptors but these (LIMIT_LISTENERS at most), the channel, the log
 * and standard error; let go of the other generation's tables; be the first to go
 * when memory is short; become the user in the root directory of the setup; make no
 * core file but as told, and no process.  False: log_fatal has said why.
 */
bool	confine_enter(const struct start *, const int *fds, unsigned n,
	    int channel);

/*
 * When all is open and mapped: let go of standard error (in the background), and
 * enter the sandbox, for one who connects to the backends, or to nobody.  A kernel
 * that cannot do all of it is a warning, from the process that says so.
 */
enum confine_who { CONFINE_RELAY, CONFINE_MONITOR };
bool	confine_seal(const struct start *, enum confine_who, bool says);

/*
 * What the SANDBOX_* bits are, with commas.  Returns buf.
 */
enum { CONFINE_WORDS = 128 };
const char *confine_words(int bits, char buf[CONFINE_WORDS]);

#endif

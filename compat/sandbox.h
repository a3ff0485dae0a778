/*
 * sandbox.h - give up what a process will never need again.
 *
 * Called once, when everything is open and mapped, after chroot and the change of
 * user.  What the system cannot do is not an error: the result says what holds.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>

#include "os.h"

/* What the process goes on to do besides moving bytes on its descriptors. */
struct sandbox_need {
	const struct os_addr *targets;	/* connects to these: of those that are
					   not OS_UNIX the port counts alone */
	unsigned	 ntargets;	/* 0: to none */
	bool		 logger;	/* may have to reach the system's logger again */
	bool		 kill;		/* a forbidden call ends the process; else it
					   fails, mostly with EPERM */
	bool		 core;		/* the system may write its core file */
};

enum {
	SANDBOX_PRIVS = 1,	/* no program it could run gives privileges */
	SANDBOX_CALLS = 2,	/* only the system calls that it needs */
	SANDBOX_FILES = 4,	/* no file can be opened (but sockets) */
	SANDBOX_PORTS = 8,	/* TCP connects to ports alone, binds to none */
	SANDBOX_ALL = 15	/* what sandbox_enter gives here at the best may be
				   less: see sandbox_most */
};

/*
 * From now on and for good.  Returns the SANDBOX_* bits of what holds now, or an
 * error when the system took part of it and refused the rest in a way that it
 * should not (-EINVAL, -ENOMEM ...): do not go on then.
 */
int	sandbox_enter(const struct sandbox_need *);

/*
 * The bits that this program can have on this kind of system, given a new enough
 * kernel.
 */
int	sandbox_most(void);

#endif

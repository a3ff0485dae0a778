/*
 * sandbox_openbsd.c - pledge(2) and unveil(2).
 *
 * A forbidden call always ends the process here (SIGABRT, and a line in the
 * system's log), except opening files: those that are not unveiled do not exist.
 * pledge cannot tell ports apart.  "stdio" includes moving bytes with SO_SPLICE,
 * "sendfd" and "recvfd" are the channel's; "unix" is for Unix backends, and
 * sendsyslog(2), which is in "stdio", needs no socket.
 */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "sandbox.h"

int
sandbox_most(void)
{
	return SANDBOX_PRIVS | SANDBOX_CALLS | SANDBOX_FILES;
}

/* Connecting to a Unix socket is reading and writing its file. */
static int
unveil_dirs(const struct sandbox_need *need)
{
	unsigned i;

	/* With no path at all unveiled, everything would still be seen. */
	if (need->ndirs == 0 && unveil("/", "") == -1)
		return -errno;
	for (i = 0; i < need->ndirs; i++) {
		/* a directory that is not there yet stays hidden */
		if (unveil(need->dirs[i], "rw") == -1 && errno != ENOENT)
			return -errno;
	}
	return unveil(NULL, NULL) == -1 ? -errno : 0;
}

int
sandbox_enter(const struct sandbox_need *need)
{
	const char *promises = "stdio inet recvfd sendfd";
	int error;

	if (need->ndirs > 0)
		promises = "stdio inet unix recvfd sendfd";
	if ((error = unveil_dirs(need)) != 0)
		return error;
	/* No execpromises are needed: without "exec" nothing is executed. */
	if (pledge(promises, NULL) == -1)
		return -errno;
	return sandbox_most();
}

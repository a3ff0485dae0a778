/*
 * sandbox_openbsd.c - pledge(2) and unveil(2).
 *
 * A forbidden call always ends the process here (SIGABRT, and a line on its
 * terminal, which a daemon has not), except opening files: those that are not
 * unveiled do not exist.  pledge cannot tell ports apart.  "stdio" includes moving
 * bytes with SO_SPLICE, "sendfd" and "recvfd" are the channel's; "unix" is for Unix
 * backends, and sendsyslog(2) (logio_sendsyslog.c), which is always allowed, needs
 * no socket.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

enum { DIRS = 64 };	/* of Unix backends; with more, none is hidden */

int
sandbox_most(void)
{
	return SANDBOX_PRIVS | SANDBOX_CALLS | SANDBOX_FILES;
}

/* The bytes of a path that name its directory, with the slash; 0: no path. */
static size_t
directory(const struct os_addr *a)
{
	size_t	n = a->family == OS_UNIX ? a->pathlen : 0;

	while (n > 0 && a->u.path[n - 1] != '/')
		n--;
	return n;
}

static bool
is_new(const struct sandbox_need *need, unsigned i)
{
	const struct os_addr	*a = &need->targets[i];
	const size_t		 n = directory(a);

	while (i-- > 0)
		if (directory(&need->targets[i]) == n &&
		    memcmp(need->targets[i].u.path, a->u.path, n) == 0)
			return false;
	return n > 0;
}

/*
 * Connecting to a Unix socket is reading and writing its file.  Returns how many
 * directories, or an error.
 */
static int
unveil_dirs(const struct sandbox_need *need)
{
	char		dir[sizeof(need->targets->u.path) + 1];
	unsigned	i;
	size_t		len;
	int		n = 0;

	for (i = 0; i < need->ntargets; i++) {
		if (!is_new(need, i))
			continue;
		/* too many to name: their common root */
		len = n++ < DIRS ? directory(&need->targets[i]) : 1;
		memcpy(dir, len > 1 ? need->targets[i].u.path : "/", len);
		dir[len] = '\0';
		/* a directory that is not there yet stays hidden */
		if (unveil(dir, "rw") == -1 && errno != ENOENT)
			return -errno;
	}
	/* With no path at all unveiled, everything would still be seen. */
	if (n == 0 && unveil("/", "") == -1)
		return -errno;
	return unveil(NULL, NULL) == -1 ? -errno : n;
}

int
sandbox_enter(const struct sandbox_need *need)
{
	const char *promises = "stdio inet recvfd sendfd";
	int dirs;

	if ((dirs = unveil_dirs(need)) < 0)
		return dirs;
	if (dirs > 0)
		promises = "stdio inet unix recvfd sendfd";
	/* No execpromises are needed: without "exec" nothing is executed. */
	if (pledge(promises, NULL) == -1)
		return -errno;
	return sandbox_most();
}

/*
 * sandbox_linux.c - no_new_privs, no capabilities and Landlock, made by hand;
 * sandbox_filter.c has the filter of system calls.
 *
 * The kernel's structures and numbers are written down here, as static builds
 * with musl have no kernel headers: prctl(2), landlock(7).  Landlock takes the file
 * system away, whatever the filter lets through, and confines TCP to the backends'
 * ports.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "sandbox.h"
#include "sandbox_filter.h"

#ifndef PR_SET_NO_NEW_PRIVS
#define PR_SET_NO_NEW_PRIVS	38
#endif

bool
sandbox_has(const struct sandbox_need *need, enum sandbox_target what)
{
	const struct os_addr	*a = need->targets;
	unsigned		 i;

	for (i = 0; i < need->ntargets; i++, a++)
		if (what == SANDBOX_TCP ? a->family != OS_UNIX :
		    a->family == OS_UNIX &&
		    (what == SANDBOX_UNIX || a->u.path[0] == '\0'))
			return true;
	return false;
}

/* ---- capabilities ---- */

enum {
	CAP_VERSION_3 = 0x20080522,
	CAP_DAC_OVERRIDE = 1 << 1
};

/*
 * A superuser who stays one, and whom a service manager gave some, needs none any
 * more but to reach the sockets of other users' backends.
 */
static int
drop_capabilities(void)
{
	struct { uint32_t version; int32_t pid; } who = { CAP_VERSION_3, 0 };
	struct { uint32_t effective, permitted, inheritable; } caps[2];

	if (syscall(SYS_capget, &who, caps) == -1)
		return errno == ENOSYS ? 0 : -errno;
	/* as a rule there are none, and whoever filters our calls may refuse this */
	if (((caps[0].permitted | caps[0].inheritable) & ~CAP_DAC_OVERRIDE) == 0 &&
	    (caps[1].permitted | caps[1].inheritable) == 0)
		return 0;
	caps[0].effective &= CAP_DAC_OVERRIDE;
	caps[0].permitted &= CAP_DAC_OVERRIDE;
	caps[1].effective = caps[1].permitted = 0;
	caps[0].inheritable = caps[1].inheritable = 0;
	return syscall(SYS_capset, &who, caps) == -1 ? -errno : 0;
}

/* ---- Landlock ---- */

#ifndef SYS_landlock_create_ruleset
#ifdef SYS_pidfd_open		/* since this one, all machines count alike */
#define SYS_landlock_create_ruleset	(SYS_pidfd_open + 10)
#define SYS_landlock_add_rule		(SYS_pidfd_open + 11)
#define SYS_landlock_restrict_self	(SYS_pidfd_open + 12)
#endif
#endif

enum {
	LANDLOCK_VERSION = 1,		/* flag: which ABI is this? */
	LANDLOCK_RULE_PORT = 2,
	LANDLOCK_EXECUTE = 1,
	LANDLOCK_BIND = 1,
	LANDLOCK_CONNECT = 2,
	LANDLOCK_SCOPE_ABSTRACT = 1,
	LANDLOCK_SCOPE_SIGNAL = 2
};

struct landlock_attr {
	uint64_t	files;		/* ABI 1 */
	uint64_t	net;		/* ABI 4 */
	uint64_t	scoped;		/* ABI 6 */
};

struct landlock_port {
	uint64_t	access;
	uint64_t	port;
};

#ifdef SYS_landlock_create_ruleset

/* Every right over files that this ABI knows. */
static uint64_t
landlock_files(long abi)
{
	return (1 << (abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13)) - 1;
}

static int
landlock_ports(int fd, const struct sandbox_need *need)
{
	struct landlock_port	rule = { .access = LANDLOCK_CONNECT };
	unsigned		i;

	for (i = 0; i < need->ntargets; i++) {
		if (need->targets[i].family == OS_UNIX)
			continue;
		rule.port = need->targets[i].port;
		if (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PORT,
		    &rule, 0) == -1)
			return -errno;
	}
	return 0;
}

/*
 * Connecting to the path of a Unix socket is no access to a file for Landlock,
 * so paths want no rule.  A core file is one, though it is the kernel that writes
 * it: then the filter alone keeps files from being opened.
 */
static int
landlock_enter(const struct sandbox_need *need)
{
	struct landlock_attr	attr;
	size_t			size;		/* the part that this ABI knows */
	long			abi;
	int			error = 0, fd, have = SANDBOX_FILES;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	if (abi < 1)
		return 0;	/* an older kernel, or switched off at boot */
	attr.files = need->core ? LANDLOCK_EXECUTE : landlock_files(abi);
	attr.net = LANDLOCK_CONNECT | LANDLOCK_BIND;
	attr.scoped = LANDLOCK_SCOPE_SIGNAL |
	    (sandbox_has(need, SANDBOX_ABSTRACT) ? 0 :
	    LANDLOCK_SCOPE_ABSTRACT);
	size = abi >= 6 ? sizeof(attr) : abi >= 4 ?
	    offsetof(struct landlock_attr, scoped) :
	    offsetof(struct landlock_attr, net);
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd == -1)
		return -errno;
	if (abi >= 4) {
		error = landlock_ports(fd, need);
		have |= SANDBOX_PORTS;
	}
	if (error == 0 && syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		error = -errno;
	(void)close(fd);
	return error != 0 ? error : have;
}

#else

static int
landlock_enter(const struct sandbox_need *need)
{
	(void)need;
	return 0;
}

#endif

int
sandbox_most(void)
{
	return SANDBOX_ALL;
}

int
sandbox_enter(const struct sandbox_need *need)
{
	int	calls_have, have;

	if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return 0;	/* before 3.5: the others need it */
	if ((have = drop_capabilities()) < 0)
		return have;
	if ((have = landlock_enter(need)) < 0)
		return have;
	if ((calls_have = sandbox_filter(need)) < 0)
		return calls_have;
	return SANDBOX_PRIVS | have | calls_have;
}

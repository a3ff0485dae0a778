/*
 * proc_user.c - becoming somebody else, for good.
 */
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are so wide");

bool
proc_is_root(void)
{
	return geteuid() == 0;
}

/* A user or group given by number.  The largest is "no change" to the system. */
static bool
number(const char *s, uint32_t *n)
{
	return proc_number(s, UINT32_MAX - 1, n);
}

/*
 * After a look-up that found nothing: what to say.  One that was short of something
 * does not show that there is none.
 */
static int
not_found(int error)
{
	switch (errno) {
	case EINTR:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return -errno;
	default:
		return error;
	}
}

static int
find_group(const char *name, uint32_t *gid)
{
	struct group	*gr;

	errno = 0;
	if ((gr = getgrnam(name)) != NULL) {
		*gid = (uint32_t)gr->gr_gid;
		return 0;
	}
	return number(name, gid) ? 0 : not_found(-ESRCH);
}

/* The group, and every other one that names the user as a member. */
static int
find_groups(const char *user, struct proc_user *u)
{
	int	n = PROC_GROUPS;

	errno = 0;
	/* (void *): an array of int on macOS. */
	if (getgrouplist(user, (gid_t)u->gid, (void *)u->groups, &n) == -1)
		return n < PROC_GROUPS ? not_found(-EIO) : -E2BIG;
	u->ngroups = (unsigned)n;
	return 0;
}

int
proc_user(const char *user, const char *group, struct proc_user *u)
{
	struct passwd	*pw = NULL;
	int		 error;

	memset(u, 0, sizeof(*u));
	u->uid = (uint32_t)geteuid();
	u->gid = (uint32_t)getegid();
	if (user != NULL) {
		errno = 0;
		if ((pw = getpwnam(user)) == NULL && !number(user, &u->uid))
			return not_found(-ENOENT);
		if (pw == NULL)
			pw = getpwuid((uid_t)u->uid);
		/* A number that is nobody's has no group to fall back on. */
		if (pw == NULL && group == NULL)
			return -ESRCH;
	}
	if (pw != NULL) {
		u->uid = (uint32_t)pw->pw_uid;
		u->gid = (uint32_t)pw->pw_gid;
	}
	if (group != NULL && (error = find_group(group, &u->gid)) != 0)
		return error;
	if (pw != NULL)
		return find_groups(pw->pw_name, u);
	u->groups[0] = u->gid;
	u->ngroups = 1;
	return 0;
}

/* Nothing of what we were may be left, nor come back. */
static int
prove(const struct proc_user *u)
{
	if ((uint32_t)getuid() != u->uid || (uint32_t)geteuid() != u->uid ||
	    (uint32_t)getgid() != u->gid || (uint32_t)getegid() != u->gid)
		return -EPERM;
	if (u->uid == 0)
		return 0;	/* asked to stay the superuser */
	/* these do what was kept for later, if nothing more is allowed */
	if (setuid(0) != -1 || (u->gid != 0 && setgid(0) != -1))
		return -EPERM;
	return 0;
}

int
proc_drop(const struct proc_user *u)
{
	if (setgroups((int)u->ngroups, (const gid_t *)u->groups) == -1 ||
	    setgid((gid_t)u->gid) == -1 || setuid((uid_t)u->uid) == -1)
		return -errno;
	return prove(u);
}

/*
 * small_proc.c - who a process is and what it may use, for the small static
 * program: with one thread there are no others to be stopped and changed
 * alongside.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <grp.h>
#include <unistd.h>

/* Where the old calls have 16 bits the new ones have names of their own. */
#ifdef SYS_setuid32
enum {
	SETGID = SYS_setgid32,
	SETGROUPS = SYS_setgroups32,
	SETRESUID = SYS_setresuid32,
	SETUID = SYS_setuid32
};
#else
enum {
	SETGID = SYS_setgid,
	SETGROUPS = SYS_setgroups,
	SETRESUID = SYS_setresuid,
	SETUID = SYS_setuid
};
#endif

int
setuid(uid_t uid)
{
	return (int)syscall(SETUID, uid);
}

int
setgid(gid_t gid)
{
	return (int)syscall(SETGID, gid);
}

int
seteuid(uid_t uid)
{
	return (int)syscall(SETRESUID, -1, uid, -1);
}

int
setgroups(size_t n, const gid_t *list)
{
	return (int)syscall(SETGROUPS, n, list);
}

int
setrlimit(int what, const struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0, what, limit, NULL);
}

int
getrlimit(int what, struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0, what, NULL, limit);
}

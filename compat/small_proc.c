/*
 * small_proc.c - system calls for the small static program, without what the C
 * library puts around them: with one thread there are no others to be stopped
 * and changed alongside, and no kernel is so old that it lacks them.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <unistd.h>

/* Where the old calls have fewer bits the new ones have names of their own. */
#ifdef SYS_fcntl64
enum { FCNTL = SYS_fcntl64 };
#else
enum { FCNTL = SYS_fcntl };
#endif
#ifdef SYS_setuid32
enum {
	SETGID = SYS_setgid32,
	SETGROUPS = SYS_setgroups32,
	SETUID = SYS_setuid32
};
#else
enum {
	SETGID = SYS_setgid,
	SETGROUPS = SYS_setgroups,
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

/* An argument is a number or a pointer; to the system it is a long. */
int
fcntl(int fd, int what, ...)
{
	va_list	ap;
	long	arg;

	va_start(ap, what);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)syscall(FCNTL, fd, what, arg);
}

int
pipe2(int fd[2], int flags)
{
	return (int)syscall(SYS_pipe2, fd, flags);
}

int
epoll_create1(int flags)
{
	return (int)syscall(SYS_epoll_create1, flags);
}

int
epoll_ctl(int queue, int what, int fd, struct epoll_event *e)
{
	return (int)syscall(SYS_epoll_ctl, queue, what, fd, e);
}

int
epoll_wait(int queue, struct epoll_event *e, int n, int timeout_ms)
{
	return (int)syscall(SYS_epoll_pwait, queue, e, n, timeout_ms, NULL, 0);
}

/* Into a buffer of the caller's only. */
char *
getcwd(char *buf, size_t size)
{
	if (syscall(SYS_getcwd, buf, size) < 0)
		return NULL;
	if (buf[0] == '/')
		return buf;
	errno = ENOENT;			/* we are outside of our root */
	return NULL;
}

/*
 * Where each of these is a call of its own.  What the C library calls padding in a
 * message belongs to a number in the system's eyes: callers start from zeroes.
 */
#ifndef SYS_socketcall

int
socket(int domain, int type, int protocol)
{
	return (int)syscall(SYS_socket, domain, type, protocol);
}

int
socketpair(int domain, int type, int protocol, int fd[2])
{
	return (int)syscall(SYS_socketpair, domain, type, protocol, fd);
}

int
accept4(int fd, struct sockaddr *restrict sa, socklen_t *restrict len,
    int flags)
{
	return (int)syscall(SYS_accept4, fd, sa, len, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	return syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	return syscall(SYS_recvmsg, fd, m, flags);
}

#endif

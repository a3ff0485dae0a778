/*
 * small_fork.c - fork(2), exit(3) and abort(3) for the small static program: with
 * one thread there are no locks to be put in order, nobody has asked to be called
 * or for the number of the thread, nothing waits in a buffer, and SIGABRT is
 * neither caught nor blocked.
 */
#include <sys/types.h>
#include <sys/syscall.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

pid_t
fork(void)
{
#ifdef SYS_fork
	return (pid_t)syscall(SYS_fork);
#else
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0);
#endif
}

void
exit(int status)
{
	_exit(status);
}

void
abort(void)
{
	(void)syscall(SYS_tkill, getpid(), SIGABRT);
	_exit(127);
}

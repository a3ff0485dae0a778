/*
 * file_run.c - the output of a command, as if it were a file (include_shell).
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "file.h"
#include "proc_signal.h"

/* What the child does: never returns. */
static void
run(const char *dir, const char *command, int out)
{
	const char *const	args[] = { "sh", "-c", command, NULL };
	int			null;

	(void)setpgid(0, 0);
	if ((null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(126);
	if (dir != NULL && chdir(dir) == -1)
		_exit(126);
	proc_signals_default();
	(void)execv("/bin/sh", (char *const *)(uintptr_t)args);
	_exit(127);
}

static long
collect(int fd, char *buf, size_t size)
{
	size_t	used = 0;
	ssize_t	n;
	char	more;

	for (;;) {
		if (used < size)
			n = read(fd, buf + used, size - used);
		else
			n = read(fd, &more, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == -1 ? -errno : (long)used;
		if (used == size)
			return -EFBIG;
		used += (size_t)n;
	}
}

static int
reap(pid_t pid)
{
	int	status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* fork with all signals blocked: none must reach our handlers in the child. */
static pid_t
fork_quietly(void)
{
	sigset_t	all, before;
	pid_t		pid;
	int		error;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	error = errno;
	if (pid != 0)
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

long
file_shell(const char *dir, const char *command, char *buf, size_t size,
    int *status)
{
	int	fd[2], error;
	pid_t	pid;
	long	n;

	*status = 0;
	if (pipe(fd) == -1)
		return -errno;
	(void)fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	if ((pid = fork_quietly()) == -1) {
		error = -errno;
		(void)close(fd[0]);
		(void)close(fd[1]);
		return error;
	}
	if (pid == 0)
		run(dir, command, fd[1]);
	(void)close(fd[1]);
	if ((n = collect(fd[0], buf, size)) < 0) {
		(void)setpgid(pid, pid);	/* if it has not yet */
		(void)kill(-pid, SIGKILL);
	}
	(void)close(fd[0]);
	*status = reap(pid);
	if (n < 0)
		return n;
	return *status == 0 ? n : -ECHILD;
}

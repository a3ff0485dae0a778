/*
 * file_run.c - the output of a command, as if it were a file (include_shell).
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "file.h"
#include "proc.h"
#include "proc_signal.h"

/* What the child does: never returns. */
static void
run(const char *dir, const char *command, int out)
{
	const char *const	args[] = { "sh", "-c", command, NULL };
	int			null;

	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(126);
	if (dir != NULL && chdir(dir) == -1)
		_exit(126);
	proc_signals_default();
	(void)execv("/bin/sh", (char *const *)(uintptr_t)args);
	_exit(127);
}

long
file_shell(const char *dir, const char *command, char *buf, size_t size,
    int *status)
{
	struct proc_exit	how;
	int			fd[2], pid;
	long			n;

	*status = 0;
	if (pipe(fd) == -1)
		return -errno;
	(void)fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	if ((pid = proc_fork()) < 0) {
		(void)close(fd[0]);
		(void)close(fd[1]);
		return pid;
	}
	if (pid == 0)
		run(dir, command, fd[1]);
	(void)close(fd[1]);
	if ((n = file_rest(fd[0], buf, size)) < 0)
		proc_kill(pid);
	(void)close(fd[0]);	/* which ends those that it has started */
	*status = 127;
	if (proc_wait(pid, &how) >= 0)
		*status = how.signal != 0 ? 128 + how.signal : how.status;
	if (n < 0)
		return n;
	return *status == 0 ? n : -ECHILD;
}

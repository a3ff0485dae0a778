/*
 * proc.c - a process in order: how it starts, goes to the background, becomes
 * another program, what it may use, what it inherited.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"
#include "proc_signal.h"

static int	ready_fd = -1;	/* tells the first process that we are up */

/*
 * Where there are no devices a pipe whose writer is gone does: nothing is there to
 * be read, and writing fails.  A descriptor or an error.
 */
static int
open_null(void)
{
	int	fd, pair[2];

	if ((fd = open("/dev/null", O_RDWR)) != -1)
		return fd;
	if (pipe(pair) == -1)
		return -errno;
	(void)close(pair[1]);
	return pair[0];
}

int
proc_standard(void)
{
	int	fd;

	do
		if ((fd = open_null()) < 0)
			return fd;
	while (fd <= 2);
	(void)close(fd);
	return 0;
}

int
proc_start(void)
{
	int	error;

	if ((error = proc_standard()) != 0)
		return error;
	proc_signals_reset();
	proc_small_pages();
	(void)umask((umask(022) & 077) | 022);
	tzset();
	return 0;
}

/*
 * The first process: wait for the word of the daemon, or for its end.
 */
static void
attend(int fd, pid_t child)
{
	struct proc_exit	how;
	unsigned char		word;
	ssize_t			n;

	do
		n = read(fd, &word, 1);
	while (n == -1 && errno == EINTR);
	if (n == 1)
		_exit(word);
	if (proc_wait((int)child, &how) > 0 && how.status != 0)
		_exit(how.status);
	_exit(1);	/* it ended, so there is no daemon */
}

int
proc_daemon(void)
{
	int	fd[2], error;
	pid_t	child;

	if (pipe(fd) == -1)
		return -errno;
	if ((child = fork()) == -1) {
		error = errno == EAGAIN ? -EUSERS : -errno;
		(void)close(fd[0]);
		(void)close(fd[1]);
		return error;
	}
	if (child != 0) {
		(void)close(fd[1]);
		attend(fd[0], child);
	}
	(void)close(fd[0]);
	ready_fd = fd[1];
	if (fcntl(ready_fd, F_SETFD, FD_CLOEXEC) == -1 || setsid() == -1)
		return -errno;
	return 0;
}

int
proc_daemon_ready(void)
{
	const unsigned char	word = 0;
	int			error;
	ssize_t			n;

	if (ready_fd == -1)
		return 0;
	if (chdir("/") == -1)
		return -errno;
	if ((error = proc_null()) != 0 || (error = proc_quiet()) != 0)
		return error;
	do
		n = write(ready_fd, &word, 1);
	while (n == -1 && errno == EINTR);
	(void)close(ready_fd);
	ready_fd = -1;
	return 0;
}

int
proc_null(void)
{
	int	fd, i, error = 0;

	if ((fd = open_null()) < 0)
		return fd;
	for (i = 0; i <= 1; i++)
		if (fd != i && dup2(fd, i) == -1)
			error = -errno;
	if (fd > 2)
		(void)close(fd);
	return error;
}

int
proc_quiet(void)
{
	return dup2(0, 2) == -1 ? -errno : 0;
}

int
proc_pid(void)
{
	return (int)getpid();
}

void
proc_exit(int status)
{
	_exit(status);
}

int
proc_inherit(int fd, bool on)
{
	int	flags;

	if ((flags = fcntl(fd, F_GETFD)) == -1)
		return -errno;
	flags = on ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
	return fcntl(fd, F_SETFD, flags) == -1 ? -errno : 0;
}

int
proc_putenv(char *assignment)
{
	return putenv(assignment) != 0 ? -errno : 0;
}

void
proc_unsetenv(const char *name)
{
	(void)unsetenv(name);
}

int
proc_exec(const char *path, char *const argv[])
{
	sigset_t	before;
	int		error;

	proc_signals_hold(&before);
	(void)execv(path, argv);
	error = -errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

int
proc_chroot(const char *path)
{
	if (chroot(path) == -1 || chdir("/") == -1)
		return -errno;
	return 0;
}

/* ---- limits ---- */

static uint64_t
limit_of(rlim_t n)
{
	return n == RLIM_INFINITY || (uint64_t)n > INT32_MAX ?
	    INT32_MAX : (uint64_t)n;
}

void
proc_nofile(uint64_t *now, uint64_t *most)
{
	struct rlimit	l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		l.rlim_cur = l.rlim_max = 64;
	*now = limit_of(l.rlim_cur);
	*most = limit_of(l.rlim_max);
}

int
proc_set_nofile(uint64_t n)
{
	struct rlimit	l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return -errno;
	l.rlim_cur = (rlim_t)n;
	if (l.rlim_max != RLIM_INFINITY && l.rlim_max < l.rlim_cur)
		l.rlim_max = l.rlim_cur;
	return setrlimit(RLIMIT_NOFILE, &l) == -1 ? -errno : 0;
}

int
proc_set_core(bool on)
{
	struct rlimit	l;

	if (getrlimit(RLIMIT_CORE, &l) == -1)
		return -errno;
	l.rlim_cur = on ? l.rlim_max : 0;
	if (on)
		proc_dumpable();
	return setrlimit(RLIMIT_CORE, &l) == -1 ? -errno : 0;
}

int
proc_no_fork(void)
{
	struct rlimit	l;

	l.rlim_cur = l.rlim_max = 0;
	return setrlimit(RLIMIT_NPROC, &l) == -1 ? -errno : 0;
}

/* ---- service managers ---- */

bool
proc_number(const char *s, uint32_t most, uint32_t *n)
{
	uint64_t	v = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > most)
			return false;
	}
	*n = (uint32_t)v;
	return true;
}

/* A number in the environment: 0 when unset, -1 when it is none. */
static int64_t
environment_number(const char *name)
{
	const char	*s = getenv(name);
	uint32_t	 n;

	if (s == NULL)
		return 0;
	return proc_number(s, INT32_MAX, &n) ? (int64_t)n : -1;
}

int
proc_listen_fds(void)
{
	int64_t	pid, n;
	int	i;

	pid = environment_number("LISTEN_PID");
	n = environment_number("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	if (pid == -1 || n == -1 || n > INT32_MAX - PROC_LISTEN_FIRST)
		return -EINVAL;
	if (pid != (int64_t)getpid())
		return 0;	/* meant for somebody before us */
	for (i = 0; i < n; i++)
		if (fcntl(PROC_LISTEN_FIRST + i, F_SETFD, FD_CLOEXEC) == -1)
			return -EBADF;
	return (int)n;
}

/*
 * proc_signal.c - signals and children.
 *
 * A handler only notes that its signal came and writes a byte into a pipe, whose
 * other end is waited for like any descriptor: so no signal can come at a wrong
 * moment, and none is lost between looking and waiting.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "proc.h"
#include "proc_signal.h"

static const struct {
	int		signal;
	unsigned	bit;
} table[] = {
	{ SIGHUP, PROC_HUP },
	{ SIGTERM, PROC_TERM },
	{ SIGINT, PROC_INT },
	{ SIGQUIT, PROC_INT },
	{ SIGUSR1, PROC_USR1 },
	{ SIGUSR2, PROC_USR2 },
	{ SIGCHLD, PROC_CHLD }
};
enum { NTABLE = sizeof(table) / sizeof(table[0]) };

#ifndef WCONTINUED
#define WCONTINUED 0
#endif

static volatile sig_atomic_t	came[NTABLE];
static volatile sig_atomic_t	stops;
static int			bell[2] = { -1, -1 };	/* the pipe */

static void
handler(int signal)
{
	int	i, error = errno;

	for (i = 0; i < NTABLE; i++) {
		if (table[i].signal != signal)
			continue;
		came[i] = 1;
		if (table[i].bit & (PROC_TERM | PROC_INT))
			stops++;
	}
	/* A full pipe rings already. */
	if (write(bell[1], "", 1) == -1)
		errno = error;
	errno = error;
}

static void
set(int signal, void (*how)(int))
{
	struct sigaction	sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = how;
	sa.sa_flags = SA_RESTART;
	(void)sigfillset(&sa.sa_mask);
	(void)sigaction(signal, &sa, NULL);
}

void
proc_signals_hold(sigset_t *before)
{
	sigset_t	ours;
	int		i;

	(void)sigemptyset(&ours);
	for (i = 0; i < NTABLE; i++)
		(void)sigaddset(&ours, table[i].signal);
	(void)sigprocmask(SIG_BLOCK, &ours, before);
}

/* Of all signals; SIGKILL and SIGSTOP never have another one. */
static void
set_defaults(void)
{
	int	i;

	for (i = 1; i < 32; i++)
		set(i, SIG_DFL);
}

void
proc_signals_reset(void)
{
	sigset_t	keep, now;
	int		i;

	set_defaults();
	set(SIGPIPE, SIG_IGN);
	set(SIGXFSZ, SIG_IGN);
	(void)sigemptyset(&keep);
	(void)sigprocmask(SIG_BLOCK, NULL, &now);
	for (i = 0; i < NTABLE; i++)
		if (sigismember(&now, table[i].signal))
			(void)sigaddset(&keep, table[i].signal);
	(void)sigprocmask(SIG_SETMASK, &keep, NULL);
}

void
proc_signals_default(void)
{
	sigset_t	none;

	set_defaults();
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void
proc_signals_await(void)
{
	sigset_t	s;

	(void)sigemptyset(&s);
	(void)sigaddset(&s, SIGHUP);
	(void)sigaddset(&s, SIGUSR1);
	(void)sigaddset(&s, SIGUSR2);
	(void)sigprocmask(SIG_BLOCK, &s, NULL);
}

int
proc_signals_open(void)
{
	sigset_t	none;
	int		i, error;

	if (bell[0] == -1 && pipe(bell) == -1)
		return -errno;
	for (i = 0; i < 2; i++)
		if ((error = fd_dress(bell[i])) != 0)
			return error;
	for (i = 0; i < NTABLE; i++)
		set(table[i].signal, handler);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return bell[0];
}

unsigned
proc_signals_take(void)
{
	char		buf[64];
	unsigned	bits = 0;
	int		i;

	while (read(bell[0], buf, sizeof(buf)) > 0)
		continue;
	for (i = 0; i < NTABLE; i++) {
		if (!came[i])
			continue;
		/* One that comes now is taken with the one before. */
		came[i] = 0;
		bits |= table[i].bit;
	}
	return bits;
}

unsigned
proc_signals_stops(void)
{
	return (unsigned)stops;
}

/* The child's part of a fork, before its signals are let in. */
static void
deaf(void)
{
	int	i;

	for (i = 0; i < NTABLE; i++) {
		set(table[i].signal,
		    table[i].signal == SIGCHLD ? SIG_DFL : SIG_IGN);
		came[i] = 0;
	}
	set(SIGALRM, SIG_IGN);
	stops = 0;
	for (i = 0; i < 2; i++) {
		if (bell[i] != -1)
			(void)close(bell[i]);
		bell[i] = -1;
	}
}

int
proc_fork(void)
{
	sigset_t	all, before;
	pid_t		pid;
	int		error;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	error = errno == EAGAIN ? -EUSERS : -errno;
	if (pid == 0) {
		deaf();
		(void)sigemptyset(&before);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return pid == -1 ? error : (int)pid;
}

static void
explain(int status, struct proc_exit *e)
{
	memset(e, 0, sizeof(*e));
	if (WIFSTOPPED(status)) {
		e->change = PROC_STOPPED;
		e->signal = WSTOPSIG(status);
	}
#ifdef WIFCONTINUED		/* NetBSD before 8 has none */
	if (WIFCONTINUED(status))
		e->change = PROC_CONTINUED;
#endif
	if (WIFEXITED(status))
		e->status = WEXITSTATUS(status);
	if (!WIFSIGNALED(status))
		return;
	e->signal = WTERMSIG(status);
#ifdef WCOREDUMP		/* not of POSIX before 2024 */
	e->core = WCOREDUMP(status);
#endif
}

static int
wait_for(int pid, int flags, struct proc_exit *e)
{
	int	status;
	pid_t	got;

	do
		got = waitpid((pid_t)pid, &status, flags);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return -errno;
	if (got > 0)
		explain(status, e);
	return (int)got;
}

int
proc_reap(struct proc_exit *e)
{
	return wait_for(-1, WNOHANG | WUNTRACED | WCONTINUED, e);
}

int
proc_wait(int pid, struct proc_exit *e)
{
	return wait_for(pid, 0, e);
}

void
proc_kill(int pid)
{
	if (pid > 0)
		(void)kill((pid_t)pid, SIGKILL);
}

void
proc_group(void)
{
	(void)setpgid(0, 0);
	set(SIGTTOU, SIG_IGN);	/* who is behind a terminal may write there */
}

void
proc_kill_group(int pid)
{
	if (pid <= 0)
		return;
	(void)setpgid((pid_t)pid, (pid_t)pid);	/* if it has not yet */
	(void)kill(-(pid_t)pid, SIGKILL);
}

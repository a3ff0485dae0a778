/*
 * proc.h - processes: start, signals, children, privileges, limits.
 *
 * The parent's and a starting relay's; nothing here is simulated.  Its
 * neighbours are file.h (configuration, pid file, socket files), logio.h (log
 * lines), chan.h (messages and descriptors), mem.h (mappings), name.h (host
 * names).  Errors are negated error numbers; EINTR never gets out.
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"

/*
 * Descriptors 0 to 2 that are closed are opened on /dev/null (where there is none, on
 * a pipe that nobody writes to).  They would become sockets, and be written to as
 * standard error.  0 or an error.
 */
int	proc_standard(void);

/*
 * The first call of main: proc_standard; SIGPIPE and SIGXFSZ are ignored, all others
 * have their defaults and are unblocked, whatever was inherited (but those of
 * proc_signals_open stay blocked if they are: see proc_exec); the umask gets 022 and
 * no owner's bit; the time zone is read.  0 or an error.
 */
int	proc_start(void);

/* ---- going to the background ---- */

/*
 * Fork; the child returns 0 with a session of its own, standard error still
 * where it was.  The first process stays until proc_daemon_ready or the child's
 * end and exits with the child's status.  It never returns from here but with an
 * error when there can be no child.
 */
int	proc_daemon(void);

/*
 * Let the first process exit with status 0, go to "/", and put 0 to 2 on
 * /dev/null.  Does nothing when proc_daemon was not called.  0 or an error.
 */
int	proc_daemon_ready(void);

/* ---- signals ---- */

enum {
	PROC_HUP = 1,
	PROC_TERM = 2,		/* SIGTERM */
	PROC_INT = 4,		/* SIGINT, SIGQUIT */
	PROC_USR1 = 8,
	PROC_USR2 = 16,
	PROC_CHLD = 32
};

/*
 * SIGHUP, SIGUSR1 and SIGUSR2 wait for proc_signals_open, so that none of them ends
 * a start.
 */
void	proc_signals_await(void);

/*
 * Catch these signals from now on.  Returns a descriptor that is readable when
 * one came (for wait_add, WAIT_LEVEL), or an error.
 */
int	proc_signals_open(void);

/*
 * The PROC_* bits of what came since the last call, how often does not matter.
 */
unsigned proc_signals_take(void);

/*
 * How many SIGTERM and SIGINT came so far: the second one means now.
 */
unsigned proc_signals_stops(void);

/* ---- children ---- */

/*
 * Fork.  The child ignores all of the signals above but SIGCHLD, which has its
 * default, and SIGALRM: its parent tells it what to do, over a channel, so a
 * signal for the whole process group does no harm.  It has no signals descriptor.
 * Returns the child's number, 0 in the child, or an error; -EUSERS is a limit of
 * processes, of the user or of the control group.
 */
int	proc_fork(void);

/*
 * Take one child that ended, or was stopped or continued by a signal, without
 * waiting (or waiting for its end: proc_wait, which takes just this one).  Returns
 * its number, 0 when there is no such news, -ECHILD when there are no children.
 */
enum proc_change { PROC_ENDED, PROC_STOPPED, PROC_CONTINUED };
struct proc_exit {
	enum proc_change change;
	int	status;		/* exit status, when signal is 0 */
	int	signal;		/* what killed or stopped it */
	bool	core;		/* left a core file */
};
int	proc_reap(struct proc_exit *);
int	proc_wait(int pid, struct proc_exit *);

/*
 * Kill a child.  What does not exist any more is no error.
 */
void	proc_kill(int pid);

/*
 * Begin a group of processes, to which all belong that this one starts; and kill a
 * child with its group, if it is to have one.
 */
void	proc_group(void);
void	proc_kill_group(int pid);

/* This process's number. */
int	proc_pid(void);

/*
 * Leave at once, without flushing or running anything (children after fork).
 */
ATTR_NORETURN void proc_exit(int status);

/*
 * Become another program in this process: descriptors that were marked with
 * proc_inherit stay.  Signals that come while it starts wait for its own
 * proc_signals_open.  Returns only an error, and then nothing has changed.
 */
int	proc_exec(const char *path, char *const argv[]);

/*
 * Put "name=value" into the environment, which is the string from then on; 0 or
 * an error.  Or take a variable away.
 */
int	proc_putenv(char *);
void	proc_unsetenv(const char *name);

/*
 * Mark a descriptor to stay open (or not) over proc_exec.  0 or an error.
 */
int	proc_inherit(int fd, bool);

/* ---- privileges ---- */

enum { PROC_GROUPS = 64 };

struct proc_user {
	uint32_t	uid;
	uint32_t	gid;
	uint32_t	groups[PROC_GROUPS];	/* gid is the first */
	unsigned	ngroups;
};

/* Whether this process may become somebody else. */
bool	proc_is_root(void);

/*
 * Look a user and a group up, each by name or number, NULL: the user's own
 * group; user NULL: stay who we are, but in that group.  0, -ENOENT no such user,
 * -ESRCH no such group, -E2BIG member of more than PROC_GROUPS groups, or
 * another error.
 */
int	proc_user(const char *user, const char *group, struct proc_user *);

/*
 * Become that user for good, and prove that there is no way back.  0 or an error;
 * after an error end the process.
 */
int	proc_drop(const struct proc_user *);

/*
 * Change the root directory and go there.  0 or an error.
 */
int	proc_chroot(const char *path);

/* ---- descriptors and limits ---- */

/*
 * Close every descriptor above 2 but these.  keep is sorted by the call; entries
 * below 3 (-1 for none) are fine.  The parent calls it before proc_daemon (whose
 * pipe it would close).
 */
void	proc_close_others(int *keep, unsigned n);

/*
 * Put 0 and 1 on /dev/null.  0 or an error.
 */
int	proc_null(void);

/*
 * Put 2 where 0 is.  For after chroot, where there is no /dev/null to open.
 */
int	proc_quiet(void);

/*
 * The limit of open descriptors: now, and as far as it may be raised.
 */
void	proc_nofile(uint64_t *now, uint64_t *most);

/*
 * Set the limit (raising it as far as n; the superuser may go over the hard
 * limit).  0 or an error.
 */
int	proc_set_nofile(uint64_t n);

/*
 * Core files: none, or as large as allowed.  0 or an error.
 */
int	proc_set_core(bool);

/*
 * That it has changed its user does not keep this process from leaving one (Linux;
 * elsewhere that is for a sysctl to say).
 */
void	proc_dumpable(void);

/*
 * This process can have no children from now on.  0 or an error.
 */
int	proc_no_fork(void);

/*
 * A number that is nothing but decimal digits, and not more than most.
 */
bool	proc_number(const char *, uint32_t most, uint32_t *);

/* ---- memory ---- */

/*
 * No page is larger than the smallest, in this process and those it forks: of
 * large tables, few pages are ever used.  Called by proc_start.
 */
void	proc_small_pages(void);

/*
 * When memory is short this process goes before its parent, which is as large.
 * Before proc_chroot.
 */
void	proc_expendable(void);

/* ---- service managers ---- */

/*
 * Listening sockets handed over by the service manager (LISTEN_FDS, LISTEN_PID):
 * how many; they are descriptors PROC_LISTEN_FIRST and up, checked to be open
 * and made close-on-exec.  0 when none are meant for this process, -EINVAL when
 * the variables make no sense, -EBADF when one is not open.  The variables are
 * taken out of the environment.  os_listen_adopt checks each.
 */
enum { PROC_LISTEN_FIRST = 3 };
int	proc_listen_fds(void);

#endif

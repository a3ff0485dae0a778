/*
 * t_proc.c - processes: start, background, signals, children, privileges.  What
 * changes a process for good is done in a child, which answers by its exit status:
 * 0 is good, else the number of the line that was not.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "name.h"
#include "proc.h"

/* In a child: the line where it went wrong, told through a pipe. */
static int	told = -1;
#define GOOD(x)	do {							\
	int line_ = __LINE__;						\
	if (!(x)) {							\
		(void)!write(told, &line_, sizeof(line_));		\
		_exit(1);						\
	}								\
} while (0)

static void
in_child(void (*f)(void))
{
	int	p[2], line = 0, status;
	pid_t	pid;

	ATF_REQUIRE_EQ(pipe(p), 0);
	/* Out of the way of what children close and open. */
	ATF_REQUIRE((told = fcntl(p[1], F_DUPFD_CLOEXEC, 100)) >= 100);
	(void)close(p[1]);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		f();
		_exit(0);
	}
	(void)close(told);
	if (read(p[0], &line, sizeof(line)) == (ssize_t)sizeof(line))
		atf_tc_fail_nonfatal("in the child: line %d", line);
	(void)close(p[0]);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
}

static int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* Wait for a signal's arrival; the bits, 0 when none comes. */
static unsigned
signals_wait(int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	int		n;

	do
		n = poll(&p, 1, 5000);
	while (n == -1 && errno == EINTR);
	return n == 1 ? proc_signals_take() : 0;
}

/* ---- start ---- */

static void
start_in_disorder(void)
{
	struct sigaction	sa;
	sigset_t		all, now;
	int			fd, before = 0, after = 0;

	for (fd = 3; fd < 50; fd++)
		before += is_open(fd);
	(void)close(0);
	(void)close(1);
	(void)close(2);
	(void)umask(0777);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	GOOD(proc_start() == 0);
	GOOD(is_open(0) && is_open(1) && is_open(2));
	for (fd = 3; fd < 50; fd++)
		after += is_open(fd);
	GOOD(before == after);
	GOOD(umask(0) == 077);
	GOOD(sigaction(SIGCHLD, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
	GOOD(sigaction(SIGUSR1, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
	GOOD(sigaction(SIGPIPE, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN);
	GOOD(sigaction(SIGXFSZ, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN);
	GOOD(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
	GOOD(!sigismember(&now, SIGALRM) && !sigismember(&now, SIGSEGV));
	GOOD(proc_signals_open() >= 0);
	GOOD(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
	GOOD(!sigismember(&now, SIGHUP) && !sigismember(&now, SIGCHLD));
}

ATF_TC_WITHOUT_HEAD(a_disorderly_environment_is_put_in_order);
ATF_TC_BODY(a_disorderly_environment_is_put_in_order, tc)
{
	in_child(start_in_disorder);
}

/*
 * The umask that was asked for by whoever starts us is kept where it is
 * stricter than ours.
 */
static void
start_with_umask(void)
{
	(void)umask(0);
	GOOD(proc_start() == 0);
	GOOD(umask(0) == 022);
	(void)umask(027);
	GOOD(proc_start() == 0);
	GOOD(umask(0) == 027);
}

ATF_TC_WITHOUT_HEAD(a_stricter_umask_is_kept);
ATF_TC_BODY(a_stricter_umask_is_kept, tc)
{
	in_child(start_with_umask);
}

/* ---- background ---- */

static void
stay(void)
{
	char	byte;

	GOOD(proc_daemon() == 0);
	GOOD(getsid(0) == getpid());
	GOOD(proc_daemon_ready() == 0);
	GOOD(is_open(0) && is_open(1) && is_open(2));
	byte = 'y';
	GOOD(write(told, &byte, 1) == 1);
	_exit(7);
}

static int
status_of(void (*f)(void), char *said)
{
	int	p[2], status;
	pid_t	pid;

	ATF_REQUIRE_EQ(pipe(p), 0);
	told = p[1];
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		f();
		_exit(9);
	}
	(void)close(p[1]);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	/* The daemon is no child of ours: its end of the pipe tells. */
	if (read(p[0], said, 1) != 1)
		*said = '-';
	(void)close(p[0]);
	ATF_REQUIRE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
fail(void)
{
	GOOD(proc_daemon() == 0);
	_exit(5);
}

static void
vanish(void)
{
	GOOD(proc_daemon() == 0);
	(void)raise(SIGKILL);
}

static void
end_well_too_early(void)
{
	GOOD(proc_daemon() == 0);
	_exit(0);
}

ATF_TC_WITHOUT_HEAD(the_first_process_exits_as_the_daemon_does);
ATF_TC_BODY(the_first_process_exits_as_the_daemon_does, tc)
{
	char	said;

	ATF_CHECK_EQ(status_of(stay, &said), 0);
	ATF_CHECK_EQ(said, 'y');
	ATF_CHECK_EQ(status_of(fail, &said), 5);
	ATF_CHECK_EQ(status_of(vanish, &said), 1);
	ATF_CHECK_EQ(status_of(end_well_too_early, &said), 1);
}

ATF_TC_WITHOUT_HEAD(ready_without_a_daemon_changes_nothing);
ATF_TC_BODY(ready_without_a_daemon_changes_nothing, tc)
{
	char	before[4096], after[4096];

	ATF_REQUIRE(getcwd(before, sizeof(before)) != NULL);
	ATF_CHECK_EQ(proc_daemon_ready(), 0);
	ATF_REQUIRE(getcwd(after, sizeof(after)) != NULL);
	ATF_CHECK_STREQ(before, after);
}

/* ---- signals ---- */

static void
catch_all(void)
{
	int	fd;

	GOOD((fd = proc_signals_open()) >= 0);
	GOOD(proc_signals_take() == 0);
	GOOD(raise(SIGHUP) == 0);
	GOOD(raise(SIGHUP) == 0);
	GOOD(raise(SIGUSR1) == 0);
	GOOD(signals_wait(fd) == (PROC_HUP | PROC_USR1));
	GOOD(proc_signals_take() == 0);
	GOOD(proc_signals_stops() == 0);
	GOOD(raise(SIGTERM) == 0);
	GOOD(signals_wait(fd) == PROC_TERM);
	GOOD(raise(SIGINT) == 0);
	GOOD(raise(SIGQUIT) == 0);
	GOOD(signals_wait(fd) == PROC_INT);
	GOOD(proc_signals_stops() == 3);
	GOOD(raise(SIGUSR2) == 0);
	GOOD(signals_wait(fd) == PROC_USR2);
}

ATF_TC_WITHOUT_HEAD(signals_are_caught_and_counted_once);
ATF_TC_BODY(signals_are_caught_and_counted_once, tc)
{
	in_child(catch_all);
}

/* More signals than a pipe holds bytes must not block the handler. */
static void
storm(void)
{
	int	fd, i;

	GOOD((fd = proc_signals_open()) >= 0);
	for (i = 0; i < 70000; i++)
		GOOD(raise(SIGHUP) == 0);
	GOOD(signals_wait(fd) == PROC_HUP);
	GOOD(proc_signals_take() == 0);
	GOOD(raise(SIGHUP) == 0);
	GOOD(signals_wait(fd) == PROC_HUP);
}

ATF_TC_WITHOUT_HEAD(a_storm_of_signals_is_one);
ATF_TC_BODY(a_storm_of_signals_is_one, tc)
{
	in_child(storm);
}

/* ---- children ---- */

static void
deaf_child(void)
{
	static const int	list[] = { SIGHUP, SIGTERM, SIGINT, SIGQUIT,
	    SIGUSR1, SIGUSR2, SIGALRM };
	struct proc_exit	e;
	size_t			i;
	int			fd, pid;

	GOOD((fd = proc_signals_open()) >= 0);
	GOOD((pid = proc_fork()) >= 0);
	if (pid == 0) {
		for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
			(void)raise(list[i]);
		proc_exit(is_open(fd) ? 1 : 42);
	}
	GOOD(signals_wait(fd) == PROC_CHLD);
	GOOD(proc_reap(&e) == pid);
	GOOD(e.status == 42 && e.signal == 0);
	GOOD(proc_reap(&e) == -ECHILD);
	GOOD(raise(SIGHUP) == 0);
	GOOD(signals_wait(fd) == PROC_HUP);	/* the parent's still works */
}

ATF_TC_WITHOUT_HEAD(a_child_hears_only_its_parent);
ATF_TC_BODY(a_child_hears_only_its_parent, tc)
{
	in_child(deaf_child);
}

static void
killed_child(void)
{
	struct proc_exit	e;
	int			a, b;

	GOOD((a = proc_fork()) >= 0);
	if (a == 0)
		for (;;)
			(void)pause();
	GOOD((b = proc_fork()) >= 0);
	if (b == 0)
		proc_exit(3);
	GOOD(proc_wait(b, &e) == b);
	GOOD(e.status == 3);
	GOOD(proc_reap(&e) == 0);
	proc_kill(a);
	GOOD(proc_wait(a, &e) == a);
	GOOD(e.signal == SIGKILL);
	proc_kill(a);
	proc_kill(0);
	proc_kill(-1);
}

/* The next news of a child. */
static int
news(int fd, struct proc_exit *e)
{
	int	pid;

	while ((pid = proc_reap(e)) == 0)
		GOOD(signals_wait(fd) == PROC_CHLD);
	return pid;
}

static void
stopped_child(void)
{
	struct proc_exit	e;
	int			fd, pid;

	GOOD((fd = proc_signals_open()) >= 0);
	GOOD((pid = proc_fork()) >= 0);
	if (pid == 0) {
		(void)raise(SIGSTOP);
		proc_exit(7);
	}
	GOOD(news(fd, &e) == pid);
	GOOD(e.change == PROC_STOPPED && e.signal == SIGSTOP);
	GOOD(kill(pid, SIGCONT) == 0);
	GOOD(news(fd, &e) == pid);
	if (e.change == PROC_CONTINUED)	/* unless it has ended by now */
		GOOD(news(fd, &e) == pid);
	GOOD(e.change == PROC_ENDED && e.status == 7 && e.signal == 0);
	GOOD(proc_reap(&e) == -ECHILD);
}

ATF_TC_WITHOUT_HEAD(a_child_that_is_stopped_is_told_of);
ATF_TC_BODY(a_child_that_is_stopped_is_told_of, tc)
{
	in_child(stopped_child);
}

ATF_TC_WITHOUT_HEAD(children_are_reaped_one_by_one);
ATF_TC_BODY(children_are_reaped_one_by_one, tc)
{
	in_child(killed_child);
}

/*
 * A signal that comes while one program becomes another is not lost and kills
 * nobody: it is pending until the new one asks.  sleep(1) never does; sh(1) is no
 * such program everywhere, NetBSD's takes what it finds blocked.
 */
static void
become(void)
{
	char	*argv[] = { (char *)(uintptr_t)"sleep",
	    (char *)(uintptr_t)"1", NULL };
	char	*none[] = { (char *)(uintptr_t)"none", NULL };
	const pid_t self = getpid();
	sigset_t now;
	pid_t	 pid;
	int	 i;

	GOOD(proc_signals_open() >= 0);
	GOOD(proc_exec("/no/such", none) == -ENOENT);
	GOOD(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
	GOOD(!sigismember(&now, SIGHUP));
	GOOD((pid = fork()) != -1);
	if (pid == 0) {
		for (i = 0; i < 50; i++) {
			(void)usleep(10000);
			(void)kill(self, SIGHUP);
			(void)kill(self, SIGUSR1);
		}
		_exit(0);
	}
	GOOD(proc_exec("/bin/sleep", argv) == 0);
}

ATF_TC_WITHOUT_HEAD(signals_wait_while_a_program_becomes_another);
ATF_TC_BODY(signals_wait_while_a_program_becomes_another, tc)
{
	in_child(become);
}

ATF_TC_WITHOUT_HEAD(a_descriptor_is_inherited_when_told);
ATF_TC_BODY(a_descriptor_is_inherited_when_told, tc)
{
	int	fd;

	ATF_REQUIRE((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
	ATF_CHECK_EQ(proc_inherit(fd, true), 0);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ATF_CHECK_EQ(proc_inherit(fd, false), 0);
	ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ATF_CHECK_EQ(proc_inherit(1000, true), -EBADF);
}

/* ---- privileges ---- */

static void
drop(void)
{
	struct proc_user	u;
	gid_t			groups[PROC_GROUPS];
	int			n;

	GOOD(proc_is_root());
	GOOD(proc_user("nobody", NULL, &u) == 0);
	GOOD(u.uid != 0 && u.ngroups >= 1 && u.groups[0] == u.gid);
	GOOD(proc_drop(&u) == 0);
	GOOD(getuid() == u.uid && geteuid() == u.uid);
	GOOD(getgid() == u.gid && getegid() == u.gid);
	GOOD((n = getgroups(PROC_GROUPS, groups)) == (int)u.ngroups);
	GOOD(setuid(0) == -1 && seteuid(0) == -1 && setgid(0) == -1);
	GOOD(!proc_is_root());
	GOOD(proc_user("root", NULL, &u) == 0);
	GOOD(proc_drop(&u) == -EPERM);
}

ATF_TC(privileges_are_gone_for_good);
ATF_TC_HEAD(privileges_are_gone_for_good, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(privileges_are_gone_for_good, tc)
{
	in_child(drop);
}

ATF_TC_WITHOUT_HEAD(users_and_groups_by_name_and_number);
ATF_TC_BODY(users_and_groups_by_name_and_number, tc)
{
	struct proc_user	 u;
	struct group		*gr;

	ATF_CHECK_EQ(proc_user("no such user", NULL, &u), -ENOENT);
	ATF_CHECK_EQ(proc_user(NULL, "no such group", &u), -ESRCH);
	ATF_CHECK_EQ(proc_user("root", "no such group", &u), -ESRCH);
	ATF_REQUIRE_EQ(proc_user("root", NULL, &u), 0);
	ATF_CHECK_EQ(u.uid, 0);
	ATF_REQUIRE_EQ(proc_user("54321", "12345", &u), 0);
	ATF_CHECK_EQ(u.uid, 54321);
	ATF_CHECK_EQ(u.gid, 12345);
	ATF_CHECK_EQ(u.ngroups, 1);
	/* a group that every system has, under another name */
	ATF_REQUIRE((gr = getgrgid(0)) != NULL);
	ATF_REQUIRE_EQ(proc_user("54321", gr->gr_name, &u), 0);
	ATF_CHECK_EQ(u.gid, 0);
	ATF_CHECK_EQ(proc_user("54321", NULL, &u), -ESRCH);
	ATF_CHECK_EQ(proc_user("4294967295", "0", &u), -ENOENT);
	ATF_REQUIRE_EQ(proc_user(NULL, NULL, &u), 0);
	ATF_CHECK_EQ(u.uid, geteuid());
}

static void
confine(void)
{
	GOOD(mkdir("jail", 0755) == 0);
	GOOD(proc_chroot("no") == -ENOENT);
	GOOD(proc_chroot("jail") == 0);
	GOOD(access("/etc", F_OK) == -1);
	GOOD(access("../../../etc", F_OK) == -1);
}

ATF_TC(the_root_directory_is_left);
ATF_TC_HEAD(the_root_directory_is_left, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(the_root_directory_is_left, tc)
{
	in_child(confine);
}

/* ---- descriptors and limits ---- */

static void
close_all_but(void)
{
	int	keep[] = { 40, -1, 1, 11, 40, 12, 100 }, fd;

	for (fd = 3; fd < 60; fd++)
		GOOD(fd == told || dup2(0, fd) == fd);
	proc_close_others(keep, 7);
	for (fd = 0; fd < 100; fd++)
		GOOD(is_open(fd) ==
		    (fd < 3 || fd == 11 || fd == 12 || fd == 40));
	GOOD(told == 100);
}

ATF_TC_WITHOUT_HEAD(descriptors_are_closed_but_those_to_keep);
ATF_TC_BODY(descriptors_are_closed_but_those_to_keep, tc)
{
	in_child(close_all_but);
}

static void
limits(void)
{
	struct rlimit	l;
	uint64_t	now, most;

	proc_nofile(&now, &most);
	GOOD(now > 0 && most >= now);
	GOOD(proc_set_nofile(200) == 0);
	proc_nofile(&now, &most);
	GOOD(now == 200 && most >= 200);
	GOOD(proc_set_core(false) == 0);
	GOOD(getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_cur == 0);
	GOOD(proc_set_core(true) == 0);
	GOOD(getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_cur == l.rlim_max);
	GOOD(proc_no_fork() == 0);
	/* no less than one on FreeBSD: ourselves */
	GOOD(getrlimit(RLIMIT_NPROC, &l) == 0 && l.rlim_max <= 1);
}

ATF_TC_WITHOUT_HEAD(limits_are_set);
ATF_TC_BODY(limits_are_set, tc)
{
	in_child(limits);
}

static void
quiet(void)
{
	struct stat	a, b;

	GOOD(proc_null() == 0);
	GOOD(stat("/dev/null", &a) == 0);
	GOOD(fstat(0, &b) == 0 && a.st_rdev == b.st_rdev);
	GOOD(fstat(1, &b) == 0 && a.st_rdev == b.st_rdev);
	GOOD(proc_quiet() == 0);
	GOOD(fstat(2, &b) == 0 && a.st_rdev == b.st_rdev);
}

ATF_TC_WITHOUT_HEAD(standard_descriptors_go_nowhere);
ATF_TC_BODY(standard_descriptors_go_nowhere, tc)
{
	in_child(quiet);
}

/* ---- service managers ---- */

static void
environment(const char *pid, const char *fds)
{
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", fds, 1);
}

static void
inherit(void)
{
	char	me[24];
	int	fd;

	(void)snprintf(me, sizeof(me), "%ld", (long)getpid());
	for (fd = 3; fd < 6; fd++)
		GOOD(dup2(0, fd) == fd);
	(void)close(6);
	GOOD(proc_listen_fds() == 0);
	environment(me, "3");
	GOOD(proc_listen_fds() == 3);
	GOOD(fcntl(3, F_GETFD) & FD_CLOEXEC && fcntl(5, F_GETFD) & FD_CLOEXEC);
	GOOD(getenv("LISTEN_FDS") == NULL && getenv("LISTEN_PID") == NULL);
	GOOD(proc_listen_fds() == 0);
	environment("1", "3");
	GOOD(proc_listen_fds() == 0);
	environment(me, "4");
	GOOD(proc_listen_fds() == -EBADF);
	environment(me, "-1");
	GOOD(proc_listen_fds() == -EINVAL);
	environment(me, "3x");
	GOOD(proc_listen_fds() == -EINVAL);
	environment("", "3");
	GOOD(proc_listen_fds() == -EINVAL);
	environment(me, "99999999999999999999");
	GOOD(proc_listen_fds() == -EINVAL);
}

ATF_TC_WITHOUT_HEAD(inherited_listeners_are_counted_and_lies_refused);
ATF_TC_BODY(inherited_listeners_are_counted_and_lies_refused, tc)
{
	in_child(inherit);
}

/* ---- memory and names, the small neighbours ---- */

ATF_TC_WITHOUT_HEAD(shared_memory_is_shared_and_private_is_not);
ATF_TC_BODY(shared_memory_is_shared_and_private_is_not, tc)
{
	struct proc_exit	e;
	char			*s, *p;
	size_t			 page = mem_size(0);
	int			 pid;

	ATF_REQUIRE((s = mem_shared(10)) != NULL);
	ATF_REQUIRE((p = mem_private(4 * page)) != NULL);
	ATF_CHECK_EQ(mem_size(1), page);
	ATF_CHECK_EQ(mem_size(page + 1), 2 * page);
	ATF_CHECK_EQ(s[9], 0);
	ATF_REQUIRE((pid = proc_fork()) >= 0);
	if (pid == 0) {
		s[0] = p[0] = 1;
		proc_exit(0);
	}
	ATF_REQUIRE_EQ(proc_wait(pid, &e), pid);
	ATF_CHECK_EQ(s[0], 1);
	ATF_CHECK_EQ(p[0], 0);
	memset(p, 7, 4 * page);
	mem_give_back(p + 1, 3 * page - 1);	/* whole pages: 1 and 2 */
	ATF_CHECK_EQ(p[page - 1], 7);
	ATF_CHECK_EQ(p[3 * page], 7);
	mem_unmap(p, 4 * page);
	mem_unmap(s, 10);
	mem_unmap(NULL, 10);
	ATF_CHECK(mem_private(SIZE_MAX / 2) == NULL);
	ATF_CHECK(mem_shared((UINT64_C(1) << 63) + 1) == NULL);
	ATF_CHECK(mem_shared(UINT64_MAX) == NULL);
}

ATF_TC_WITHOUT_HEAD(names_become_addresses_each_once);
ATF_TC_BODY(names_become_addresses_each_once, tc)
{
	struct os_addr	a[4];
	int		i, n;

	ATF_REQUIRE_EQ(name_resolve("127.0.0.9", 80, a, 4), 1);
	ATF_CHECK_EQ(a[0].family, OS_IPV4);
	ATF_CHECK_EQ(a[0].port, 80);
	ATF_CHECK_EQ(a[0].u.ip[3], 9);
	ATF_REQUIRE_EQ(name_resolve("::1", 8080, a, 4), 1);
	ATF_CHECK_EQ(a[0].family, OS_IPV6);
	ATF_CHECK_EQ(a[0].u.ip[15], 1);
	n = name_resolve("localhost", 1, a, 4);
	ATF_REQUIRE(n >= 1);
	for (i = 1; i < n; i++)
		ATF_CHECK(memcmp(&a[0], &a[i], sizeof(a[0])) != 0);
	ATF_CHECK_EQ(name_resolve("localhost", 1, a, 1), 1);
	ATF_CHECK_EQ(name_resolve("", 1, a, 4), -EINVAL);
	n = name_resolve("no.such.name.invalid", 1, a, 4);	/* RFC 2606 */
	ATF_CHECK(n == -ENOENT || n == -EAGAIN);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_disorderly_environment_is_put_in_order);
	ATF_TP_ADD_TC(tp, a_stricter_umask_is_kept);
	ATF_TP_ADD_TC(tp, the_first_process_exits_as_the_daemon_does);
	ATF_TP_ADD_TC(tp, ready_without_a_daemon_changes_nothing);
	ATF_TP_ADD_TC(tp, signals_are_caught_and_counted_once);
	ATF_TP_ADD_TC(tp, a_storm_of_signals_is_one);
	ATF_TP_ADD_TC(tp, a_child_hears_only_its_parent);
	ATF_TP_ADD_TC(tp, a_child_that_is_stopped_is_told_of);
	ATF_TP_ADD_TC(tp, children_are_reaped_one_by_one);
	ATF_TP_ADD_TC(tp, signals_wait_while_a_program_becomes_another);
	ATF_TP_ADD_TC(tp, a_descriptor_is_inherited_when_told);
	ATF_TP_ADD_TC(tp, privileges_are_gone_for_good);
	ATF_TP_ADD_TC(tp, users_and_groups_by_name_and_number);
	ATF_TP_ADD_TC(tp, the_root_directory_is_left);
	ATF_TP_ADD_TC(tp, descriptors_are_closed_but_those_to_keep);
	ATF_TP_ADD_TC(tp, limits_are_set);
	ATF_TP_ADD_TC(tp, standard_descriptors_go_nowhere);
	ATF_TP_ADD_TC(tp, inherited_listeners_are_counted_and_lies_refused);
	ATF_TP_ADD_TC(tp, shared_memory_is_shared_and_private_is_not);
	ATF_TP_ADD_TC(tp, names_become_addresses_each_once);
	return atf_no_error();
}

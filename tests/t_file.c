/*
 * t_file.c - files that a daemon reads, owns and leaves behind; log output.
 */
#include <sys/types.h>
#ifdef __linux__
#include <sys/mount.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "logio.h"
#include "unit.h"

static char	buf[4096];

static void
make(const char *path, const char *text)
{
	int	fd;

	ATF_REQUIRE((fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644)) >= 0);
	ATF_REQUIRE_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

ATF_TC_WITHOUT_HEAD(a_file_is_read_whole);
ATF_TC_BODY(a_file_is_read_whole, tc)
{
	make("f", "hello");
	ATF_CHECK_EQ(file_read("f", buf, sizeof(buf)), 5);
	ATF_CHECK_EQ(memcmp(buf, "hello", 5), 0);
	ATF_CHECK_EQ(file_read("f", buf, 5), 5);
	ATF_CHECK_EQ(file_read("f", buf, 4), -EFBIG);
	make("f", "");
	ATF_CHECK_EQ(file_read("f", buf, 0), 0);
	ATF_REQUIRE_EQ(symlink("f", "link"), 0);
	ATF_CHECK_EQ(file_read("link", buf, sizeof(buf)), 0);
}

ATF_TC_WITHOUT_HEAD(what_is_no_file_is_refused_and_does_not_hang);
ATF_TC_BODY(what_is_no_file_is_refused_and_does_not_hang, tc)
{
	ATF_CHECK_EQ(file_read("no", buf, sizeof(buf)), -ENOENT);
	ATF_CHECK_EQ(file_read(".", buf, sizeof(buf)), -EISDIR);
	ATF_REQUIRE_EQ(mkfifo("fifo", 0600), 0);
	ATF_CHECK_EQ(file_read("fifo", buf, sizeof(buf)), -EINVAL);
	ATF_CHECK_EQ(file_read("/dev/null", buf, sizeof(buf)), -EINVAL);
	ATF_REQUIRE_EQ(symlink("loop", "loop"), 0);
	ATF_CHECK_EQ(file_read("loop", buf, sizeof(buf)), -ELOOP);
}

ATF_TC_WITHOUT_HEAD(standard_input_is_read_to_its_end);
ATF_TC_BODY(standard_input_is_read_to_its_end, tc)
{
	int	p[2];

	ATF_REQUIRE_EQ(pipe(p), 0);
	ATF_REQUIRE_EQ(dup2(p[0], 0), 0);
	ATF_REQUIRE_EQ(write(p[1], "in", 2), 2);
	(void)close(p[1]);
	ATF_CHECK_EQ(file_read("-", buf, sizeof(buf)), 2);
}

/* As it is when somebody who shares it does not want to wait. */
ATF_TC_WITHOUT_HEAD(standard_input_is_waited_for);
ATF_TC_BODY(standard_input_is_waited_for, tc)
{
	int	p[2];

	ATF_REQUIRE_EQ(pipe(p), 0);
	ATF_REQUIRE_EQ(dup2(p[0], 0), 0);
	ATF_REQUIRE_EQ(fcntl(0, F_SETFL, O_NONBLOCK), 0);
	if (fork() == 0) {
		(void)poll(NULL, 0, 50);
		_exit(write(p[1], "in", 2) == 2 ? 0 : 1);
	}
	(void)close(p[1]);
	ATF_CHECK_EQ(file_read("-", buf, sizeof(buf)), 2);
}

ATF_TC_WITHOUT_HEAD(globs_are_sorted);
ATF_TC_BODY(globs_are_sorted, tc)
{
	make("b.conf", "");
	make("a.conf", "");
	ATF_CHECK_EQ(file_glob("*.conf", buf, sizeof(buf)), 2);
	ATF_CHECK_EQ(memcmp(buf, "a.conf\0b.conf", 14), 0);
	ATF_CHECK_EQ(file_glob("*.conf", buf, 13), -E2BIG);
	ATF_CHECK_EQ(file_glob("*.conf", buf, 14), 2);
	ATF_CHECK_EQ(file_glob("*.none", buf, sizeof(buf)), 0);
	ATF_CHECK_EQ(file_glob("none/*", buf, sizeof(buf)), 0);
}

/* What a pattern finds, with a blank behind each. */
static const char *
found(const char *pattern)
{
	static char	all[4096];
	char		*p = all;
	int		 i, n;

	if ((n = file_glob(pattern, all, sizeof(all))) < 0)
		return "error";
	for (i = 0; i < n; i++) {
		p += strlen(p) + 1;
		p[-1] = ' ';
	}
	*p = '\0';
	return all;
}

ATF_TC_WITHOUT_HEAD(globs_match_like_a_shell);
ATF_TC_BODY(globs_match_like_a_shell, tc)
{
	static const struct {
		const char	*pattern, *found;
	} cases[] = {
		{ "*", "[]x [x a-b ab abcab b d e " },
		{ "a*", "a-b ab abcab " },
		{ "a*b", "a-b ab abcab " },
		{ "a*c*b", "abcab " },
		{ "*a*b*c", "" },
		{ "?", "b d e " },
		{ "a?b", "a-b " },
		{ "[a-c]", "b " },
		{ "[!a-c]", "d e " },
		{ "[^a-c]", "d e " },
		{ "[]e]", "e " },
		{ "a[b-]*", "a-b ab abcab " },
		{ "a[a\\-c]b", "a-b " },
		{ "[z-a]", "" },
		{ "[x", "[x " },
		{ "[*", "[]x [x " },
		{ "[]*", "[]x " },
		{ "[!]*", "" },
		{ "[\\]x", "[]x " },
		{ "\\[x", "[x " },
		{ "[[]?", "[x " },
		{ "\\b", "b " },
		{ "b", "b " },
		{ "no", "" },
		{ "b/", "" },
		{ "b/*", "" },
		{ ".h*", ".h " },
		{ "[.]h", "" },
		{ "?h", "" },
		{ "*/f", "d/f e/f " },
		{ "*/", "d/ e/ " },
		{ "[de]//?", "d//f d//g e//f " },
		{ "d/[!f]", "d/g " },
		{ "./*/g", "./d/g " },
		{ "", "" }
	};
	static const char	*files[] = { "[]x", "[x", "a-b", "ab", "abcab",
				    "b", ".h", "d/f", "d/g", "e/f" };
	char			 long_one[5000];
	size_t			 i;

	ATF_REQUIRE(mkdir("d", 0755) == 0 && mkdir("e", 0755) == 0);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		make(files[i], "");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ATF_CHECK_STREQ_MSG(found(cases[i].pattern), cases[i].found,
		    "%s: \"%s\" and not \"%s\"", cases[i].pattern,
		    found(cases[i].pattern), cases[i].found);
	memset(long_one, '/', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	ATF_CHECK_STREQ(found(long_one), "");
	memset(long_one, 'a', sizeof(long_one) - 1);
	ATF_CHECK_STREQ(found(long_one), "");
	long_one[0] = '*';
	ATF_CHECK_STREQ(found(long_one), "");
}

/* To the superuser nothing is closed: be somebody else, who is in here already. */
ATF_TC_WITHOUT_HEAD(a_directory_that_is_closed_is_told);
ATF_TC_BODY(a_directory_that_is_closed_is_told, tc)
{
	const uid_t	we = geteuid();
	int		inside, beside;

	ATF_REQUIRE(mkdir("d", 0) == 0);
	if (we == 0)
		ATF_REQUIRE(chmod(".", 0755) == 0 && seteuid(65534) == 0);
	inside = file_glob("d/*", buf, sizeof(buf));
	beside = file_glob("*/x", buf, sizeof(buf));
	ATF_REQUIRE_EQ(0, seteuid(we));
	ATF_CHECK_EQ(-EACCES, inside);
	ATF_CHECK_EQ(0, beside);
}

ATF_TC_WITHOUT_HEAD(a_command_is_read_like_a_file);
ATF_TC_BODY(a_command_is_read_like_a_file, tc)
{
	int	status;

	ATF_CHECK_EQ(file_shell(NULL, "printf abc", buf, 3, &status), 3);
	ATF_CHECK_EQ(memcmp(buf, "abc", 3), 0);
	ATF_CHECK_EQ(status, 0);
	ATF_CHECK_EQ(file_shell("/", "pwd", buf, sizeof(buf), &status), 2);
	ATF_CHECK_EQ(memcmp(buf, "/\n", 2), 0);
	ATF_CHECK_EQ(file_shell(NULL, "cat", buf, sizeof(buf), &status), 0);
	ATF_CHECK_EQ(file_shell(NULL, "echo x; exit 3", buf, sizeof(buf),
	    &status), -ECHILD);
	ATF_CHECK_EQ(status, 3);
	ATF_CHECK_EQ(file_shell(NULL, "kill -9 $$", buf, sizeof(buf),
	    &status), -ECHILD);
	ATF_CHECK_EQ(status, 128 + 9);
	ATF_CHECK_EQ(file_shell("/no/such", ":", buf, sizeof(buf), &status),
	    -ECHILD);
}

ATF_TC_WITHOUT_HEAD(a_command_that_never_stops_is_killed);
ATF_TC_BODY(a_command_that_never_stops_is_killed, tc)
{
	int	status;

	ATF_CHECK_EQ(file_shell(NULL, "while :; do echo endless; done", buf,
	    sizeof(buf), &status), -EFBIG);
	ATF_CHECK_EQ(status, 128 + 9);
}

/* A command starts with signals as they were at boot, whatever ours are. */
ATF_TC_WITHOUT_HEAD(a_command_has_default_signals);
ATF_TC_BODY(a_command_has_default_signals, tc)
{
	sigset_t	all;
	int		status;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	ATF_CHECK_EQ(file_shell(NULL, "kill -PIPE $$; echo no", buf,
	    sizeof(buf), &status), -ECHILD);
	ATF_CHECK_EQ(status, 128 + SIGPIPE);
}

ATF_TC_WITHOUT_HEAD(paths_become_absolute);
ATF_TC_BODY(paths_become_absolute, tc)
{
	ATF_REQUIRE_EQ(chdir("/"), 0);
	ATF_CHECK_EQ(file_absolute("a/b", buf, sizeof(buf)), 0);
	ATF_CHECK_STREQ(buf, "/a/b");
	ATF_REQUIRE_EQ(chdir("/usr"), 0);
	ATF_CHECK_EQ(file_absolute("a", buf, sizeof(buf)), 0);
	ATF_CHECK_STREQ(buf, "/usr/a");
	ATF_CHECK_EQ(file_absolute("a", buf, 7), 0);
	ATF_CHECK_EQ(file_absolute("a", buf, 6), -ENAMETOOLONG);
	ATF_CHECK_EQ(file_absolute("/x", buf, 3), 0);
	ATF_CHECK_STREQ(buf, "/x");
	ATF_CHECK_EQ(file_absolute("/x", buf, 2), -ENAMETOOLONG);
	/* Wherever we go, and gone or not. */
	file_begin_at("/nowhere/");
	ATF_CHECK_EQ(file_absolute("a", buf, sizeof(buf)), 0);
	ATF_CHECK_STREQ(buf, "/nowhere/a");
	ATF_CHECK_EQ(file_absolute("", buf, sizeof(buf)), 0);
	ATF_CHECK_STREQ(buf, "/nowhere/");
	ATF_CHECK_EQ(file_absolute("a", buf, 11), 0);
	ATF_CHECK_EQ(file_absolute("a", buf, 10), -ENAMETOOLONG);
	ATF_CHECK_EQ(file_absolute("/x", buf, sizeof(buf)), 0);
	ATF_CHECK_STREQ(buf, "/x");
}

/* ---- the pid file ---- */

/* What another process gets when it opens the pid file. */
static int
open_in_child(const char *path)
{
	int	status;
	pid_t	pid;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0)
		_exit(file_pid_open(path) == -EBUSY ? 1 : 2);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE(WIFEXITED(status));
	return WEXITSTATUS(status) == 1 ? -EBUSY : 0;
}

ATF_TC_WITHOUT_HEAD(a_program_is_found_as_the_shell_found_it);
ATF_TC_BODY(a_program_is_found_as_the_shell_found_it, tc)
{
	static const char *const	paths[][2] = { { "/none:d:x", "d/p" },
	    { "no:x:d", "x/p" }, { ":x", "p" }, { "/none:", "p" },
	    { "of:d", "d/p" },
	    { "/none::x", "p" }, { "no:/none", NULL }, { NULL, NULL } };
	char				found[256], dir[200];

	ATF_REQUIRE(mkdir("d", 0755) == 0 && mkdir("x", 0755) == 0 &&
	    mkdir("no", 0755) == 0 && mkdir("of", 0755) == 0);
	make("no/p", "");		/* may not be executed */
	ATF_REQUIRE_EQ(mkdir("of/p", 0755), 0);
	make("d/p", "");
	make("x/p", "");
	make("p", "");
	ATF_REQUIRE(chmod("d/p", 0755) == 0 && chmod("x/p", 0755) == 0 &&
	    chmod("p", 0755) == 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (paths[i][0] != NULL)
			ATF_REQUIRE_EQ(setenv("PATH", paths[i][0], 1), 0);
		else
			ATF_REQUIRE_EQ(unsetenv("PATH"), 0);
		if (paths[i][1] == NULL) {
			ATF_CHECK_EQ(file_program("p", found, sizeof(found)),
			    -ENOENT);
			continue;
		}
		ATF_CHECK_EQ(file_program("p", found, sizeof(found)), 0);
		ATF_CHECK_STREQ(paths[i][1], found);
	}
	ATF_REQUIRE_EQ(setenv("PATH", "/none:x", 1), 0);
	ATF_CHECK_EQ(file_program("p", found, 8), 0);
	ATF_CHECK_EQ(file_program("p", found, 7), -ENAMETOOLONG);
	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	ATF_CHECK_EQ(file_program("./p", found, sizeof(found)), 0);
	ATF_CHECK_STREQ(strcat(dir, "/./p"), found);
}

ATF_TC_WITHOUT_HEAD(the_lock_decides_and_not_the_number);
ATF_TC_BODY(the_lock_decides_and_not_the_number, tc)
{
	int	fd;

	make("pid", "1\n");		/* alive, but has no lock */
	ATF_REQUIRE((fd = file_pid_open("pid")) >= 0);
	ATF_CHECK_EQ(file_pid_write(fd), 0);
	ATF_CHECK_EQ(open_in_child("pid"), -EBUSY);
	memset(buf, 0, sizeof(buf));
	file_pid_remove(fd, "pid");
	ATF_CHECK_EQ(access("pid", F_OK), -1);
	ATF_CHECK_EQ(open_in_child("pid"), 0);
}

ATF_TC_WITHOUT_HEAD(the_number_is_ours_and_alone);
ATF_TC_BODY(the_number_is_ours_and_alone, tc)
{
	int	fd;

	make("pid", "99999999999999\n");
	ATF_REQUIRE((fd = file_pid_open("pid")) >= 0);
	ATF_REQUIRE_EQ(file_pid_write(fd), 0);
	memset(buf, 0, sizeof(buf));
	ATF_REQUIRE(pread(fd, buf, sizeof(buf) - 1, 0) > 0);
	ATF_CHECK_EQ(strtol(buf, NULL, 10), (long)getpid());
	ATF_CHECK_EQ(buf[strlen(buf) - 1], '\n');
	ATF_CHECK_EQ(strchr(buf, '\n'), buf + strlen(buf) - 1);
}

ATF_TC_WITHOUT_HEAD(a_pid_file_that_is_none_is_left_alone);
ATF_TC_BODY(a_pid_file_that_is_none_is_left_alone, tc)
{
	int	fd;

	make("precious", "data");
	ATF_REQUIRE_EQ(symlink("precious", "pid"), 0);
	ATF_CHECK(file_pid_open("pid") < 0);
	/* where there is none yet, and nothing but a number, too */
	ATF_REQUIRE_EQ(symlink("elsewhere", "made"), 0);
	ATF_CHECK(file_pid_open("made") < 0);
	ATF_CHECK_EQ(access("elsewhere", F_OK), -1);
	make("number", "1\n");
	ATF_REQUIRE_EQ(symlink("number", "linked"), 0);
	ATF_CHECK(file_pid_open("linked") < 0);
	ATF_CHECK_EQ(file_pid_open("precious"), -EEXIST);
	ATF_CHECK_EQ(file_read("precious", buf, sizeof(buf)), 4);
	make("log", "2026-11-29 12:00:00 sockproxy 0.1 started\n");
	ATF_CHECK_EQ(file_pid_open("log"), -EEXIST);
	make("digits", "31415926535897932384626433832795");
	ATF_CHECK_EQ(file_pid_open("digits"), -EEXIST);
	ATF_CHECK_EQ(file_pid_open("."), -EINVAL);
	ATF_REQUIRE_EQ(mkfifo("fifo", 0600), 0);
	ATF_CHECK_EQ(file_pid_open("fifo"), -EINVAL);
	ATF_CHECK_EQ(file_pid_open("no/pid"), -ENOENT);
	ATF_REQUIRE((fd = file_pid_open("mine")) >= 0);
	ATF_REQUIRE_EQ(unlink("mine"), 0);
	make("mine", "of somebody else");
	file_pid_remove(fd, "mine");
	ATF_CHECK_EQ(access("mine", F_OK), 0);
}

ATF_TC_WITHOUT_HEAD(a_pid_file_of_another_name_loses_its_number);
ATF_TC_BODY(a_pid_file_of_another_name_loses_its_number, tc)
{
	int	fd;

	ATF_REQUIRE((fd = file_pid_open("pid")) >= 0);
	ATF_REQUIRE_EQ(file_pid_write(fd), 0);
	file_pid_remove(fd, "");
	ATF_CHECK_EQ(file_read("pid", buf, sizeof(buf)), 0);
}

/* ---- socket files ---- */

static int
bind_socket(const char *path)
{
	struct sockaddr_un	sun;
	int			fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strcpy(sun.sun_path, path);
	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

ATF_TC_WITHOUT_HEAD(only_our_own_socket_file_is_removed);
ATF_TC_BODY(only_our_own_socket_file_is_removed, tc)
{
	struct file_id	id, other;

	(void)bind_socket("s");
	ATF_REQUIRE_EQ(file_socket_id("s", &id), 0);
	ATF_REQUIRE_EQ(rename("s", "kept"), 0);	/* or the number comes again */
	(void)bind_socket("s");
	ATF_CHECK_EQ(file_socket_remove("s", &id), -ESTALE);
	ATF_CHECK_EQ(access("s", F_OK), 0);
	ATF_REQUIRE_EQ(file_socket_id("s", &other), 0);
	ATF_CHECK_EQ(file_socket_remove("s", &other), 0);
	ATF_CHECK_EQ(access("s", F_OK), -1);
	ATF_CHECK_EQ(file_socket_remove("s", &other), -ENOENT);
	make("s", "a file");
	ATF_CHECK_EQ(file_socket_remove("s", &other), -ESTALE);
	ATF_CHECK_EQ(file_socket_id("s", &id), -EINVAL);
}

/* ---- log output ---- */

ATF_TC_WITHOUT_HEAD(lines_are_appended);
ATF_TC_BODY(lines_are_appended, tc)
{
	int	a, b;

	make("log", "old\n");
	ATF_REQUIRE((a = logio_open("log")) >= 0);
	ATF_REQUIRE((b = logio_open("log")) >= 0);
	ATF_CHECK_EQ(logio_write(a, "one\n", 4), 0);
	ATF_CHECK_EQ(logio_write(b, "two\n", 4), 0);
	ATF_CHECK_EQ(logio_write(a, "three\n", 6), 0);
	ATF_CHECK_EQ(file_read("log", buf, sizeof(buf)), 18);
	ATF_CHECK_EQ(memcmp(buf, "old\none\ntwo\nthree\n", 18), 0);
}

ATF_TC_WITHOUT_HEAD(a_log_link_is_followed_only_where_it_is_safe);
ATF_TC_BODY(a_log_link_is_followed_only_where_it_is_safe, tc)
{
	struct stat	st;
	int		fd;

	make("target", "");
	ATF_REQUIRE_EQ(mkdir("open", 0700), 0);
	ATF_REQUIRE_EQ(symlink("../target", "open/log"), 0);
	ATF_REQUIRE((fd = logio_open("open/log")) >= 0);
	ATF_CHECK_EQ(0, logio_write(fd, "line\n", 5));
	ATF_REQUIRE_EQ(0, stat("target", &st));
	ATF_CHECK_EQ(5, st.st_size);
	ATF_REQUIRE_EQ(chmod("open", 0777), 0);
	ATF_CHECK_EQ(logio_open("open/log"), -ELOOP);
	ATF_REQUIRE_EQ(chmod("open", 01777), 0);
	ATF_CHECK_EQ(logio_open("open/log"), -ELOOP);
	ATF_CHECK_EQ(logio_open("."), -EISDIR);
	ATF_CHECK_EQ(logio_open("no/log"), -ENOENT);
}

/* Log and pid file: another's file where he could put it is not ours to fill. */
ATF_TC(anothers_file_is_not_taken);
ATF_TC_HEAD(anothers_file_is_not_taken, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(anothers_file_is_not_taken, tc)
{
	int	error, fd;

	ATF_REQUIRE_EQ(mkdir("shared", 0777), 0);
	make("shared/log", "");
	make("shared/pid", "");
	ATF_REQUIRE_EQ(chown("shared/log", 65534, 65534), 0);
	ATF_REQUIRE_EQ(chown("shared/pid", 65534, 65534), 0);
	/* not everybody can write there: somebody has meant it so */
	ATF_REQUIRE_EQ(chmod("shared", 0775), 0);
	ATF_CHECK((fd = logio_open("shared/log")) >= 0);
	(void)close(fd);
	ATF_CHECK((fd = file_pid_open("shared/pid")) >= 0);
	(void)close(fd);
	ATF_REQUIRE_EQ(chmod("shared", 01777), 0);
	/* Linux may refuse it by itself (fs.protected_regular) */
	error = logio_open("shared/log");
	ATF_CHECK(error == -EPERM || error == -EACCES);
	error = file_pid_open("shared/pid");
	ATF_CHECK(error == -EPERM || error == -EACCES);
	/* another name of something that is ours */
	make("ours", "");
	ATF_REQUIRE_EQ(link("ours", "shared/linked"), 0);
	ATF_CHECK_EQ(logio_open("shared/linked"), -EPERM);
	ATF_CHECK_EQ(file_pid_open("shared/linked"), -EPERM);
	/* a link of somebody who may not even be there */
	ATF_REQUIRE_EQ(mkdir("closed", 0700), 0);
	ATF_REQUIRE_EQ(symlink("../ours", "closed/log"), 0);
	ATF_CHECK(logio_open("closed/log") >= 0);
	ATF_REQUIRE_EQ(lchown("closed/log", 65534, 65534), 0);
	ATF_CHECK_EQ(logio_open("closed/log"), -ELOOP);
	/* and ones that are */
	ATF_CHECK(logio_open("shared/new") >= 0);
	ATF_CHECK(logio_open("shared/new") >= 0);
	ATF_CHECK((fd = file_pid_open("shared/mine")) >= 0);
	(void)close(fd);
	ATF_CHECK(file_pid_open("shared/mine") >= 0);
}

ATF_TC_WITHOUT_HEAD(a_log_that_may_not_be_made_is_not_said_to_be_missing);
ATF_TC_BODY(a_log_that_may_not_be_made_is_not_said_to_be_missing, tc)
{
	int	status;
	pid_t	pid;

	ATF_REQUIRE_EQ(chmod(".", 0755), 0);
	ATF_REQUIRE_EQ(mkdir("closed", 0555), 0);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) == -1)
			_exit(2);
		_exit(logio_open("closed/log") == -EACCES ? 0 : 1);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
}

ATF_TC_WITHOUT_HEAD(a_fifo_never_hangs);
ATF_TC_BODY(a_fifo_never_hangs, tc)
{
	char	line[512];
	int	r, w, i, error = 0;

	memset(line, 'x', sizeof(line));
	ATF_REQUIRE_EQ(mkfifo("fifo", 0600), 0);
	ATF_CHECK_EQ(logio_open("fifo"), -ENXIO);
	ATF_REQUIRE((r = open("fifo", O_RDONLY | O_NONBLOCK)) >= 0);
	ATF_REQUIRE((w = logio_open("fifo")) >= 0);
	for (i = 0; i < 100000 && error == 0; i++)
		error = logio_write(w, line, sizeof(line));
	ATF_CHECK_EQ(error, -EAGAIN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(r);
	ATF_CHECK_EQ(logio_write(w, line, sizeof(line)), -EPIPE);
}

ATF_TC_WITHOUT_HEAD(a_pipe_for_lines_never_hangs);
ATF_TC_BODY(a_pipe_for_lines_never_hangs, tc)
{
	char	line[512], got[600];
	int	p[2], i, error = 0, left_ms = 300;
	long	n;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	ATF_REQUIRE_EQ(logio_pipe(p), 0);
	for (i = 0; i < 2; i++)
		ATF_CHECK(fcntl(p[i], F_GETFD) & FD_CLOEXEC);
	ATF_CHECK_EQ(logio_take(p[0], got, sizeof(got)), -EAGAIN);
	for (i = 0; error == 0; i++)
		error = logio_write(p[1], line, sizeof(line));
	ATF_CHECK_EQ(error, -EAGAIN);
	ATF_CHECK(i > 16);
	logio_await(p[1], &left_ms);
	ATF_CHECK_EQ(left_ms, 0);
	ATF_CHECK_EQ(logio_take(p[0], got, sizeof(line)), sizeof(line));
	ATF_CHECK_EQ(memcmp(line, got, sizeof(line)), 0);
	(void)close(p[1]);
	while ((n = logio_take(p[0], got, sizeof(got))) > 0)
		continue;
	ATF_CHECK_EQ(n, 0);
}

/* Signals that come faster than the time is over; at last, there is room. */
static int		reader_of;
static volatile int	ticks;

static void
tick(int sig)
{
	char	got[8192];

	(void)sig;
	if (++ticks == 300)
		while (read(reader_of, got, sizeof(got)) > 0)
			continue;
}

ATF_TC_WITHOUT_HEAD(signals_make_no_wait_longer);
ATF_TC_BODY(signals_make_no_wait_longer, tc)
{
	const struct itimerval	 often = { { 0, 10000 }, { 0, 10000 } };
	struct sigaction	 sa = { .sa_handler = tick };
	char			 line[512];
	int			 p[2], error = 0, left_ms = 300;

	memset(line, 'x', sizeof(line));
	ATF_REQUIRE_EQ(logio_pipe(p), 0);
	reader_of = p[0];
	while (error == 0)
		error = logio_write(p[1], line, sizeof(line));
	ATF_REQUIRE_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	ATF_REQUIRE_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	logio_await(p[1], &left_ms);
	ATF_CHECK(ticks > 0 && ticks < 300);
	ATF_CHECK_EQ(left_ms, 0);
}

/* Standard error is a full pipe: for us alone it does not block. */
static void
check_full(int fd, int shared)
{
	char	line[512];
	int	i, error = 0;

	memset(line, 'x', sizeof(line));
	for (i = 0; i < 100000 && error == 0; i++)
		error = logio_write(fd, line, sizeof(line));
	ATF_CHECK_EQ(error, -EAGAIN);
	ATF_CHECK(i > 5);
	ATF_CHECK_EQ(fcntl(shared, F_GETFL) & O_NONBLOCK, 0);
}

ATF_TC_WITHOUT_HEAD(a_shared_pipe_stays_blocking_for_others);
ATF_TC_BODY(a_shared_pipe_stays_blocking_for_others, tc)
{
	int	p[2], own;

	ATF_REQUIRE_EQ(pipe(p), 0);
	ATF_REQUIRE((own = logio_own(p[1])) >= 0);
	ATF_CHECK(fcntl(own, F_GETFD) & FD_CLOEXEC);
	check_full(own, p[1]);
	ATF_REQUIRE_EQ(pipe(p), 0);
	check_full(p[1], p[1]);		/* not even ours */
}

ATF_TC_WITHOUT_HEAD(a_shared_socket_stays_blocking_for_others);
ATF_TC_BODY(a_shared_socket_stays_blocking_for_others, tc)
{
	int	s[2], own;

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	ATF_REQUIRE((own = logio_own(s[1])) >= 0);
	check_full(own, s[1]);
}

ATF_TC_WITHOUT_HEAD(a_shared_file_keeps_its_place);
ATF_TC_BODY(a_shared_file_keeps_its_place, tc)
{
	int	fd, own;

	ATF_REQUIRE((fd = open("log", O_CREAT | O_RDWR, 0600)) >= 0);
	ATF_REQUIRE_EQ(write(fd, "theirs\n", 7), 7);
	ATF_REQUIRE((own = logio_own(fd)) >= 0);
	ATF_CHECK_EQ(logio_write(own, "ours\n", 5), 0);
	ATF_REQUIRE_EQ(write(fd, "theirs\n", 7), 7);
	ATF_CHECK_EQ(file_read("log", buf, sizeof(buf)), 19);
	ATF_CHECK_EQ(memcmp(buf, "theirs\nours\ntheirs\n", 19), 0);
	ATF_CHECK_EQ(logio_own(1000), -EBADF);
}

ATF_TC(a_full_disk_is_told);
ATF_TC_HEAD(a_full_disk_is_told, tc)
{
	atf_tc_set_md_var(tc, "descr", "/dev/full gives ENOSPC");
}
ATF_TC_BODY(a_full_disk_is_told, tc)
{
	struct stat	st;
	int		fd;

	if (stat("/dev/full", &st) == -1 || !S_ISCHR(st.st_mode))
		atf_tc_skip("no /dev/full here");
	ATF_REQUIRE((fd = logio_open("/dev/full")) >= 0);
	ATF_CHECK_EQ(logio_write(fd, "x\n", 2), -ENOSPC);
}

/* A limit for files is a disk that is full and then is not. */
static void
limit_files(rlim_t n)
{
	struct rlimit	l;

	ATF_REQUIRE_EQ(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = n;
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_FSIZE, &l), 0);
}

ATF_TC_WITHOUT_HEAD(a_piece_of_a_line_stays_alone);
ATF_TC_BODY(a_piece_of_a_line_stays_alone, tc)
{
	char	text[64];
	ssize_t	n;
	int	error, fd, there;

	(void)signal(SIGXFSZ, SIG_IGN);
	ATF_REQUIRE((fd = logio_open("log")) >= 0);
	limit_files(8);
	ATF_CHECK_EQ(logio_write(fd, "first\n", 6), 0);
	/* FreeBSD and NetBSD have no pieces: nothing is written then */
	error = logio_write(fd, "second\n", 7);
	ATF_CHECK(error == -ENOSPC || error == -EFBIG);
	ATF_CHECK_EQ(logio_write(fd, "third\n", 6), -EFBIG);
	limit_files(RLIM_INFINITY);
	ATF_CHECK_EQ(logio_write(fd, "fourth\n", 7), 0);
	ATF_CHECK_EQ(logio_write(fd, "fifth\n", 6), 0);
	ATF_REQUIRE((there = open("log", O_RDONLY)) != -1);
	ATF_REQUIRE((n = read(there, text, sizeof(text) - 1)) >= 0);
	text[n] = '\0';
	ATF_CHECK_STREQ(text, error == -EFBIG ? "first\nfourth\nfifth\n" :
	    "first\nse\nfourth\nfifth\n");
}

/* The log writer is given its files, which have the same numbers in turns. */
ATF_TC_WITHOUT_HEAD(a_new_file_has_no_piece_of_a_line);
ATF_TC_BODY(a_new_file_has_no_piece_of_a_line, tc)
{
	int	fd, next, third;

	(void)signal(SIGXFSZ, SIG_IGN);
	ATF_REQUIRE((fd = logio_open("log")) >= 0);
	ATF_REQUIRE((next = open("next", O_CREAT | O_WRONLY, 0600)) >= 0);
	limit_files(3);
	ATF_CHECK(logio_write(fd, "first\n", 6) != 0);
	limit_files(RLIM_INFINITY);
	ATF_CHECK_EQ(logio_write(next, "next\n", 5), 0);
	(void)close(fd);
	ATF_REQUIRE((third = open("third", O_CREAT | O_WRONLY, 0600)) >= 0);
	ATF_REQUIRE_EQ(fd, third);
	ATF_CHECK_EQ(logio_write(third, "third\n", 6), 0);
	ATF_CHECK_EQ(file_read("third", buf, sizeof(buf)), 6);
}

/* Where a C library has two sizes of files, ours are the larger ones. */
ATF_TC_WITHOUT_HEAD(a_log_may_be_larger_than_two_gib);
ATF_TC_BODY(a_log_may_be_larger_than_two_gib, tc)
{
	struct stat	st;
	int		fd, own;

	make("log", "");
	ATF_REQUIRE_EQ(truncate("log", (off_t)1 << 31), 0);	/* a hole */
	ATF_REQUIRE((fd = logio_open("log")) >= 0);
	ATF_CHECK_EQ(logio_write(fd, "ours\n", 5), 0);
	ATF_REQUIRE((own = logio_own(fd)) >= 0);
	ATF_CHECK_EQ(logio_write(own, "ours\n", 5), 0);
	ATF_REQUIRE_EQ(fstat(own, &st), 0);
	ATF_CHECK_EQ(st.st_size - 10, (off_t)1 << 31);
}

ATF_TC_WITHOUT_HEAD(nothing_is_left_open);
ATF_TC_BODY(nothing_is_left_open, tc)
{
	int	before = unit_free_fd(), fd, status;

	make("f", "hello");
	make("g", "hello");
	ATF_REQUIRE_EQ(symlink("f", "link"), 0);
	ATF_REQUIRE_EQ(mkfifo("fifo", 0600), 0);
	ATF_CHECK_EQ(file_read("f", buf, sizeof(buf)), 5);
	ATF_CHECK_EQ(file_read("f", buf, 4), -EFBIG);
	ATF_CHECK_EQ(file_read(".", buf, sizeof(buf)), -EISDIR);
	ATF_CHECK_EQ(file_read("fifo", buf, sizeof(buf)), -EINVAL);
	ATF_CHECK_EQ(unit_free_fd(), before);
	ATF_CHECK_EQ(file_glob("?", buf, sizeof(buf)), 2);
	ATF_CHECK_EQ(file_glob("?", buf, 1), -E2BIG);
	ATF_CHECK_EQ(unit_free_fd(), before);
	ATF_CHECK_EQ(file_shell(NULL, "printf abc", buf, 3, &status), 3);
	ATF_CHECK_EQ(file_shell(NULL, "exit 3", buf, 3, &status), -ECHILD);
	ATF_CHECK_EQ(file_shell(NULL, "printf abcd", buf, 3, &status), -EFBIG);
	ATF_CHECK_EQ(unit_free_fd(), before);
	ATF_CHECK_EQ(file_pid_open("f"), -EEXIST);
	ATF_CHECK_EQ(file_pid_open("fifo"), -EINVAL);
	ATF_CHECK(file_pid_open("link") < 0);
	ATF_REQUIRE((fd = file_pid_open("pid")) >= 0);
	file_pid_remove(fd, "pid");
	ATF_CHECK_EQ(unit_free_fd(), before);
	ATF_CHECK_EQ(access("pid", F_OK), -1);
	ATF_CHECK(logio_open(".") < 0);
	ATF_CHECK(logio_open("no/log") < 0);
	ATF_CHECK_EQ(unit_free_fd(), before);
}

ATF_TC_WITHOUT_HEAD(a_stamp_is_a_date_and_a_time);
ATF_TC_BODY(a_stamp_is_a_date_and_a_time, tc)
{
	char		stamp[LOGIO_STAMP], other[LOGIO_STAMP], text[LOGIO_STAMP];
	const char	*syslog;
	time_t		now;

	do {	/* until all are of one second */
		now = time(NULL);
		(void)logio_stamp(stamp);
		syslog = logio_syslog_stamp(other);
	} while (now != time(NULL));
	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S",
	    localtime(&now));
	ATF_CHECK_STREQ(text, stamp);
	(void)strftime(text, sizeof(text), "%b %e %H:%M:%S ", localtime(&now));
#ifdef __OpenBSD__
	text[0] = '\0';		/* the system puts the time there */
#endif
	ATF_CHECK_STREQ(text, syslog);
}

#ifdef __linux__
/* In the place of the system's own. */
static int
logger(void)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX,
	    .sun_path = "/dev/log" };
	int			fd;

	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) != -1);
	(void)unlink(sun.sun_path);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

ATF_TC(a_logger_that_was_restarted_is_found);
ATF_TC_HEAD(a_logger_that_was_restarted_is_found, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(a_logger_that_was_restarted_is_found, tc)
{
	char	line[1100];
	int	fd, was, i, error = 0;

	if (unshare(CLONE_NEWNS) == -1)
		atf_tc_skip("no /dev of its own here");
	ATF_REQUIRE_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ATF_REQUIRE_EQ(mount("none", "/dev", "tmpfs", 0, NULL), 0);
	memset(line, 'x', sizeof(line));
	fd = logger();
	/* once for who had none before, once for who had that one */
	for (i = 0; i < 2; i++) {
		ATF_CHECK_EQ(logio_syslog(line, sizeof(line)), 0);
		ATF_CHECK_EQ(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 1024);
		(void)close(fd);
		if (i == 0)
			fd = logger();
	}
	for (i = 0; i < 2; i++)
		ATF_CHECK_EQ(logio_syslog(line, 1), -ECONNREFUSED);
	ATF_CHECK_EQ(unit_free_fd(), fd);
	fd = logger();
	ATF_CHECK_EQ(logio_syslog(line, 1), 0);
	/* one that is only busy is not left */
	was = logio_syslog_fd();
	for (i = 0; i < 100000 && error == 0; i++)
		error = logio_syslog(line, 1);
	ATF_CHECK_EQ(error, -EAGAIN);
	ATF_CHECK_EQ(logio_syslog_fd(), was);
	ATF_CHECK_EQ(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 1);
	ATF_CHECK_EQ(logio_syslog(line, 1), 0);
}
#endif

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_file_is_read_whole);
	ATF_TP_ADD_TC(tp, what_is_no_file_is_refused_and_does_not_hang);
	ATF_TP_ADD_TC(tp, standard_input_is_read_to_its_end);
	ATF_TP_ADD_TC(tp, standard_input_is_waited_for);
	ATF_TP_ADD_TC(tp, globs_are_sorted);
	ATF_TP_ADD_TC(tp, globs_match_like_a_shell);
	ATF_TP_ADD_TC(tp, a_directory_that_is_closed_is_told);
	ATF_TP_ADD_TC(tp, a_command_is_read_like_a_file);
	ATF_TP_ADD_TC(tp, a_command_that_never_stops_is_killed);
	ATF_TP_ADD_TC(tp, a_command_has_default_signals);
	ATF_TP_ADD_TC(tp, paths_become_absolute);
	ATF_TP_ADD_TC(tp, a_program_is_found_as_the_shell_found_it);
	ATF_TP_ADD_TC(tp, the_lock_decides_and_not_the_number);
	ATF_TP_ADD_TC(tp, the_number_is_ours_and_alone);
	ATF_TP_ADD_TC(tp, a_pid_file_that_is_none_is_left_alone);
	ATF_TP_ADD_TC(tp, a_pid_file_of_another_name_loses_its_number);
	ATF_TP_ADD_TC(tp, only_our_own_socket_file_is_removed);
	ATF_TP_ADD_TC(tp, lines_are_appended);
	ATF_TP_ADD_TC(tp, a_log_link_is_followed_only_where_it_is_safe);
	ATF_TP_ADD_TC(tp, anothers_file_is_not_taken);
	ATF_TP_ADD_TC(tp, a_log_that_may_not_be_made_is_not_said_to_be_missing);
	ATF_TP_ADD_TC(tp, a_fifo_never_hangs);
	ATF_TP_ADD_TC(tp, a_pipe_for_lines_never_hangs);
	ATF_TP_ADD_TC(tp, signals_make_no_wait_longer);
	ATF_TP_ADD_TC(tp, a_shared_pipe_stays_blocking_for_others);
	ATF_TP_ADD_TC(tp, a_shared_socket_stays_blocking_for_others);
	ATF_TP_ADD_TC(tp, a_shared_file_keeps_its_place);
	ATF_TP_ADD_TC(tp, a_full_disk_is_told);
	ATF_TP_ADD_TC(tp, a_piece_of_a_line_stays_alone);
	ATF_TP_ADD_TC(tp, a_new_file_has_no_piece_of_a_line);
	ATF_TP_ADD_TC(tp, a_log_may_be_larger_than_two_gib);
	ATF_TP_ADD_TC(tp, nothing_is_left_open);
	ATF_TP_ADD_TC(tp, a_stamp_is_a_date_and_a_time);
#ifdef __linux__
	ATF_TP_ADD_TC(tp, a_logger_that_was_restarted_is_found);
#endif
	return atf_no_error();
}

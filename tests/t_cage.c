/*
 * t_cage.c - sandbox.h: what is given up is gone, and what a relay does goes on.
 *
 * Each attempt runs in a child of its own, as there is no way back.  Where the
 * system has no such means the case is skipped, as sandbox_enter said so.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "chan.h"
#include "logio.h"
#include "mem.h"
#include "os.h"
#include "os_sys.h"
#include "sandbox.h"
#include "splice.h"
#include "wait.h"

enum { NOT_HERE = 77 };

static const char	*waiter;	/* opened in each child; NULL: none */

/* A child that enters with need and then does one thing: its wait status. */
static int
in_cage(const struct sandbox_need *need, int bits, int (*what)(void *),
    void *arg)
{
	int	have, status;
	pid_t	pid;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		/* a kqueue(2) is not inherited */
		if (waiter != NULL && wait_open(waiter, 256) != 0)
			_exit(79);
		have = sandbox_enter(need);
		if (have < 0)
			_exit(78);
		if ((have & bits) != bits)
			_exit(NOT_HERE);
		_exit(what(arg));
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
		atf_tc_skip("this system has no such means");
	return status;
}

#define ATTEMPT_IS(expected, need, bits, what, arg) do {		\
	int st_ = in_cage(need, bits, what, arg);			\
	ATF_CHECK_MSG(WIFEXITED(st_) && WEXITSTATUS(st_) == (expected),	\
	    #what ": wait status %#x, expected exit %d", st_, expected);\
} while (0)

/*
 * A call that is forbidden.  pledge(2) knows nothing but to kill.
 */
#ifdef __OpenBSD__
enum { KILLS = SIGABRT };
#define ATTEMPT_FAILS(need, what, arg) do {				\
	int st_ = in_cage(need, SANDBOX_CALLS, what, arg);		\
	ATF_CHECK_MSG(WIFSIGNALED(st_) && WTERMSIG(st_) == KILLS,	\
	    #what ": wait status %#x, expected SIGABRT", st_);		\
} while (0)
#else
enum { KILLS = SIGSYS };
#define ATTEMPT_FAILS(need, what, arg)					\
	ATTEMPT_IS(EPERM, need, SANDBOX_CALLS, what, arg)
#endif

static int
listen_tcp(uint16_t *port)
{
	struct os_addr	 a = { .family = OS_IPV4, .u.ip = { 127, 0, 0, 1 } };
	struct os_listen how = { .backlog = 8, .mode = -1 };
	int		 fd;

	ATF_REQUIRE((fd = os_listen(&a, &how)) >= 0);
	ATF_REQUIRE_EQ(0, os_sockname(fd, &a));
	*port = a.port;
	return fd;
}

/* ---- attempts: the exit status is an errno, or 0 ---- */

static int
try_open(void *path)
{
	return open(path, O_RDONLY) == -1 ? errno : 0;
}

static int
try_make(void *path)
{
	return open(path, O_WRONLY | O_CREAT, 0600) == -1 ? errno : 0;
}

static int
try_fork(void *arg)
{
	pid_t	pid = fork();

	(void)arg;
	if (pid == 0)
		_exit(0);
	return pid == -1 ? errno : 0;
}

static int
try_exec(void *arg)
{
	char	*argv[] = { arg, NULL };

	execv(arg, argv);
	return errno;
}

static int
try_kill(void *arg)
{
	(void)arg;
	return kill(getppid(), SIGTERM) == -1 ? errno : 0;
}

static int
try_code(void *arg)
{
	(void)arg;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANON,
	    -1, 0) != MAP_FAILED)
		return 0;
	return errno == ENOMEM ? EPERM : errno;	/* musl's word for it */
}

static int
try_bind(void *arg)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	if (fd == -1)
		return errno;
	return bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ? errno : 0;
}

static int
try_raw(void *arg)
{
	(void)arg;
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) == -1 ? errno : 0;
}

/*
 * Calls whose arguments lie in memory, where a filter does not look: on machines
 * that had them first, and the C library may not use them.
 */
#ifdef SYS_socketcall
static int
try_socketcall(void *arg)
{
	enum { SOCKET = 1, BIND = 2 };
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	long			of_socket[] = { AF_INET, SOCK_RAW, 1 },
				of_bind[] = { 0, (long)&sin, sizeof(sin) };

	(void)arg;
	if (syscall(SYS_socketcall, SOCKET, of_socket) != -1 || errno != EPERM)
		return 1000;
	return syscall(SYS_socketcall, BIND, of_bind) == -1 ? errno : 0;
}
#endif

#ifdef __i386__
static int
try_old_mmap(void *arg)
{
	unsigned long	how[] = { 0, 4096, PROT_READ | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANON, (unsigned long)-1, 0 };

	(void)arg;
	return syscall(SYS_mmap, how, 0, 0) == -1 ? errno : 0;
}
#endif

/* Calls of the other kind that this machine may have, by the same numbers. */
#if defined(__x86_64__) && defined(__linux__)
static int
try_x32(void *arg)
{
	(void)arg;
	return syscall(0x40000000L | SYS_getpid) == -1 ? errno : 0;
}
#endif

static int
try_connect(void *arg)
{
	struct os_addr	a = { .family = OS_IPV4, .u.ip = { 127, 0, 0, 1 } };
	bool		pending;
	int		fd;

	a.port = *(uint16_t *)arg;
	fd = os_connect(&a, &pending);
	return fd < 0 ? -fd : 0;
}

static int
try_unix(void *arg)
{
	bool	pending;
	int	fd = os_connect(arg, &pending);

	return fd < 0 ? -fd : 0;
}

/*
 * Ways around the ports of the backends that Landlock does not see: datagrams, a
 * connection that begins with its first bytes, and one of another protocol that
 * falls back to TCP.
 */
#ifdef __linux__
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN	0x20000000
#endif

static struct sockaddr_in
loopback(const uint16_t *port)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_port = htons(*port) };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

static int
try_datagram(void *arg)
{
	struct sockaddr_in	sin = loopback(arg);
	int			fd = socket(AF_INET, SOCK_DGRAM |
				    SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd == -1 || sendto(fd, "x", 1, 0, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 ? errno : 0;
}

static int
try_mptcp(void *arg)
{
	struct sockaddr_in	sin = loopback(arg);
	int			fd = socket(AF_INET, SOCK_STREAM |
				    SOCK_NONBLOCK | SOCK_CLOEXEC,
				    IPPROTO_MPTCP);

	return fd == -1 || (connect(fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 && errno != EINPROGRESS) ? errno : 0;
}

/* The arguments of socketcall(2) are out of the filter's sight. */
#ifndef SYS_socketcall
static int
try_first_bytes(void *arg)
{
	struct sockaddr_in	sin = loopback(arg);
	int			fd = os_sys_socket(AF_INET);

	if (fd < 0)
		return 1000;
	return sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 && errno != EINPROGRESS ? errno : 0;
}

static int
try_first_message(void *arg)
{
	struct sockaddr_in	sin = loopback(arg);
	struct iovec		iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr		m = { .msg_iov = &iov, .msg_iovlen = 1,
				    .msg_name = &sin,
				    .msg_namelen = sizeof(sin) };
	int			fd = os_sys_socket(AF_INET);

	if (fd < 0)
		return 1000;
	return sendmsg(fd, &m, MSG_FASTOPEN) == -1 && errno != EINPROGRESS ?
	    errno : 0;
}
#endif

/* A signal that a descriptor sends when something comes. */
static int
try_signal_by_descriptor(void *arg)
{
	(void)arg;
	return fcntl(0, F_SETOWN, getppid()) == -1 ? errno : 0;
}

/* Whoever shares the description would wait with us. */
static int
try_blocking(void *arg)
{
	const int	fd = *(int *)arg, flags = fcntl(fd, F_GETFL);

	return flags == -1 ? 1000 :
	    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == -1 ? errno : 0;
}

/* What takes CAP_NET_ADMIN, as changing the rules of a firewall does. */
static int
try_mark(void *arg)
{
	const int	one = 1;

	(void)arg;
	return setsockopt(os_sys_socket(AF_INET), SOL_SOCKET, SO_MARK, &one,
	    sizeof(one)) == -1 ? errno : 0;
}

static int
try_any_unix(void *arg)
{
	struct os_addr	*a = arg;
	int		 error = try_unix(a);

	if (error != EPERM)
		return error;
	return socket(AF_UNIX, SOCK_DGRAM, 0) == -1 ? errno : 0;
}
#endif

/* ---- what is gone ---- */

static void
needs(struct sandbox_need *need, uint16_t *port)
{
	static struct os_addr targets[] = { { .family = OS_IPV4 },
	    { .family = OS_UNIX, .pathlen = 8, .u.path = "./b.sock" } };

	targets[0].port = *port;
	memset(need, 0, sizeof(*need));
	need->targets = targets;
	need->ntargets = 2;
}

ATF_TC_WITHOUT_HEAD(forbidden_calls_fail);
ATF_TC_BODY(forbidden_calls_fail, tc)
{
	struct sandbox_need	need;
	uint16_t		port = 9;

	needs(&need, &port);
	ATTEMPT_FAILS(&need, try_open, "/etc/passwd");
	ATTEMPT_FAILS(&need, try_make, "new-file");
	ATTEMPT_FAILS(&need, try_fork, NULL);
	ATTEMPT_FAILS(&need, try_exec, "/bin/sh");
	ATTEMPT_FAILS(&need, try_kill, NULL);
#ifdef __OpenBSD__	/* "inet" has bind(2), static programs may map code */
	(void)try_code;
	(void)try_bind;
#else
	ATTEMPT_FAILS(&need, try_code, NULL);
	ATTEMPT_FAILS(&need, try_bind, NULL);
#endif
#ifdef SYS_socketcall
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_socketcall, NULL);
#endif
#ifdef __i386__
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_old_mmap, NULL);
#endif
#if defined(__x86_64__) && defined(__linux__)
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_x32, NULL);
#endif
	ATF_CHECK_EQ(-1, access("new-file", F_OK));
}

ATF_TC_WITHOUT_HEAD(a_forbidden_call_kills_when_asked_to);
ATF_TC_BODY(a_forbidden_call_kills_when_asked_to, tc)
{
	struct sandbox_need	need;
	uint16_t		port = 9;
	int			status;

	needs(&need, &port);
	need.kill = true;
	status = in_cage(&need, SANDBOX_CALLS, try_open, "/etc/passwd");
	ATF_CHECK(WIFSIGNALED(status));
	ATF_CHECK_EQ(KILLS, WTERMSIG(status));
	status = in_cage(&need, SANDBOX_CALLS, try_exec, "/bin/sh");
	ATF_CHECK(WIFSIGNALED(status));
}

ATF_TC_WITHOUT_HEAD(only_the_ports_of_backends_can_be_reached);
ATF_TC_BODY(only_the_ports_of_backends_can_be_reached, tc)
{
	struct sandbox_need	need;
	uint16_t		port, other;
	int			fd, fd2;

	fd = listen_tcp(&port);
	fd2 = listen_tcp(&other);
	needs(&need, &port);
	ATTEMPT_IS(0, &need, SANDBOX_PORTS, try_connect, &port);
	ATTEMPT_IS(EACCES, &need, SANDBOX_PORTS, try_connect, &other);
	close(fd);
	close(fd2);
}

ATF_TC_WITHOUT_HEAD(there_is_no_way_around_the_ports);
ATF_TC_BODY(there_is_no_way_around_the_ports, tc)
{
#ifndef __linux__
	atf_tc_skip("no ports are allowed one by one");
#else
	struct sandbox_need	need;
	uint16_t		port, other;

	(void)listen_tcp(&port);
	(void)listen_tcp(&other);
	needs(&need, &port);
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_datagram, &other);
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_mptcp, &other);
#ifndef SYS_socketcall
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_first_bytes, &other);
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_first_message, &other);
#endif
#endif
}

ATF_TC_WITHOUT_HEAD(descriptors_signal_nobody_and_do_not_wait);
ATF_TC_BODY(descriptors_signal_nobody_and_do_not_wait, tc)
{
#ifndef __linux__
	atf_tc_skip("fcntl(2) is all or nothing");
#else
	struct sandbox_need	need;
	uint16_t		port;
	int			fd = listen_tcp(&port);

	needs(&need, &port);
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_signal_by_descriptor,
	    NULL);
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_blocking, &fd);
#endif
}

ATF_TC(the_superuser_is_one_no_more);
ATF_TC_HEAD(the_superuser_is_one_no_more, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(the_superuser_is_one_no_more, tc)
{
#ifndef __linux__
	atf_tc_skip("no capabilities here");
#else
	struct os_addr		 a = { .family = OS_UNIX, .pathlen = 6,
				    .u.path = "b.sock" };
	struct os_listen	 how = { .backlog = 8, .mode = 0600 };
	struct sandbox_need	 need;
	uint16_t		 port = 9;

	if (try_mark(NULL) != 0)
		atf_tc_skip("this superuser has none either");
	needs(&need, &port);
	ATTEMPT_IS(EPERM, &need, SANDBOX_PRIVS, try_mark, NULL);
	/* but reaches backends of any user, as before */
	ATF_REQUIRE(os_listen(&a, &how) >= 0);
	ATF_REQUIRE_EQ(0, chown("b.sock", 65534, 65534));
	ATTEMPT_IS(0, &need, SANDBOX_PRIVS, try_unix, &a);
#endif
}

ATF_TC_WITHOUT_HEAD(who_needs_no_unix_sockets_has_none);
ATF_TC_BODY(who_needs_no_unix_sockets_has_none, tc)
{
#ifndef __linux__
	atf_tc_skip("the system's own rules hold");
#else
	struct os_addr		 a = { .family = OS_UNIX, .pathlen = 6,
				    .u.path = "b.sock" };
	struct os_listen	 how = { .backlog = 8, .mode = 0600 };
	struct sandbox_need	 need;
	uint16_t		 port = 9;

	ATF_REQUIRE(os_listen(&a, &how) >= 0);
	needs(&need, &port);
	need.ntargets = 1;
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_any_unix, &a);
	need.ntargets = 0;
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_any_unix, &a);
#endif
}

ATF_TC_WITHOUT_HEAD(without_tcp_backends_there_are_no_tcp_sockets);
ATF_TC_BODY(without_tcp_backends_there_are_no_tcp_sockets, tc)
{
	struct sandbox_need	need;
	uint16_t		port;

	(void)listen_tcp(&port);
	memset(&need, 0, sizeof(need));
#if defined(__OpenBSD__)	/* TCP takes "inet", which has all of them */
	(void)need;
	(void)try_raw;
	atf_tc_skip("pledge(2) cannot tell them apart");
#elif defined(ECAPMODE)		/* capsicum(4): there may be, but to no avail */
	(void)try_raw;
	ATTEMPT_IS(ECAPMODE, &need, SANDBOX_CALLS, try_connect, &port);
	ATTEMPT_IS(ECAPMODE, &need, SANDBOX_CALLS, try_open, "/etc/passwd");
#else
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_connect, &port);
	ATTEMPT_IS(EPERM, &need, SANDBOX_CALLS, try_raw, NULL);
#endif
}

ATF_TC_WITHOUT_HEAD(unix_backends_are_reached);
ATF_TC_BODY(unix_backends_are_reached, tc)
{
	struct os_addr		 a = { .family = OS_UNIX, .pathlen = 6,
				    .u.path = "b.sock" };
	struct os_listen	 how = { .backlog = 8, .mode = 0600 };
	struct sandbox_need	 need;
	uint16_t		 port = 9;

	ATF_REQUIRE(os_listen(&a, &how) >= 0);
	needs(&need, &port);
	ATTEMPT_IS(0, &need, SANDBOX_PRIVS, try_unix, &a);
}

ATF_TC_WITHOUT_HEAD(abstract_names_are_reached_when_a_backend_has_one);
ATF_TC_BODY(abstract_names_are_reached_when_a_backend_has_one, tc)
{
#ifndef __linux__
	atf_tc_skip("only Linux has names that are in no file");
#else
	struct os_addr		 a = { .family = OS_UNIX, .pathlen = 16 };
	struct os_listen	 how = { .backlog = 8, .mode = -1 };
	struct sandbox_need	 need = { .targets = &a, .ntargets = 1 };
	uint16_t		 port = 9;
	int			 status;

	(void)snprintf(a.u.path + 1, 16, "t_cage %08d", (int)getpid());
	ATF_REQUIRE(os_listen(&a, &how) >= 0);
	ATTEMPT_IS(0, &need, SANDBOX_PORTS, try_unix, &a);
	/* before Landlock's sixth version all are */
	needs(&need, &port);
	status = in_cage(&need, SANDBOX_PORTS, try_unix, &a);
	ATF_CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == EPERM ||
	    WEXITSTATUS(status) == 0));
#endif
}

/* The superuser too: the test runs as root in most places. */
ATF_TC_WITHOUT_HEAD(a_file_cannot_be_opened_even_where_open_is_allowed);
ATF_TC_BODY(a_file_cannot_be_opened_even_where_open_is_allowed, tc)
{
	struct sandbox_need	need;
	uint16_t		port = 9;
	int			status;

	/* Landlock answers EACCES, the filter EPERM: both are a refusal. */
	needs(&need, &port);
	status = in_cage(&need, SANDBOX_FILES, try_open, "/etc/passwd");
	if (WIFSIGNALED(status) && WTERMSIG(status) == KILLS)
		return;
	ATF_CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == EPERM ||
	    WEXITSTATUS(status) == EACCES || WEXITSTATUS(status) == ENOENT));
}

/* ---- what goes on ---- */

struct work {
	int		 lfd;		/* a listener */
	uint16_t	 port;
};

/* What a relay does, all of it, with a filter that kills. */
static int
relay_work(void *arg)
{
	struct work		*w = arg;
	struct os_addr		 a = { .family = OS_IPV4,
				    .u.ip = { 127, 0, 0, 1 } }, name;
	struct splice_moved	 moved;
	struct wait_event	 events[8];
	struct os_peer		 peer;
	char			 buf[64];
	bool			 pending;
	int			 c, s, lane;

	if (wait_add(w->lfd, WAIT_LEVEL, 1) != 0)
		return 10;
	a.port = w->port;
	if ((c = os_connect(&a, &pending)) < 0)
		return 11;
	if (wait_turn(events, 8, 5000) != 1)
		return 12;
	if ((s = os_accept(w->lfd, &peer)) < 0)
		return 13;
	if (os_connected(c, &a) != 0 || os_sockname(c, &name) != 0)
		return 14;
	if (os_write(c, "hello", 5) != 5 || os_unsent(c) < 0)
		return 15;
	if (wait_add(s, WAIT_EDGE, 2) != 0)
		return 16;
	wait_want(s, WAIT_READ);
	while (os_peek(s, buf, sizeof(buf)) == -EAGAIN)
		(void)wait_turn(events, 8, 1000);
	if (splice_kind() == SPLICE_PUMPED) {
		if ((lane = splice_begin(s, c)) < 0)
			return 17;
		(void)splice_step(lane, s, c, 5, 0, &moved);
		if (moved.out != 5)
			return 18;
		splice_end(lane, s, &moved);
	}
	if (os_shutdown(c) != 0)
		return 19;
	wait_del(s);
	os_close(s);
	os_reset(c);
	return 0;
}

static int
relay_messages(void *arg)
{
	int		*pair = arg, got = -1;
	char		 buf[8];
	unsigned	 nfds = 1;
	void		*p;

	if (chan_send(pair[0], "x", 1, &pair[0], 1, 1000) != 0)
		return 30;
	if (chan_wait(pair[1], 1000) != 1)
		return 31;
	if (chan_recv(pair[1], buf, sizeof(buf), &got, &nfds) != 1 || nfds != 1)
		return 32;
	os_reset(got);
	if ((p = mem_private(1 << 20)) == NULL)
		return 33;
	memset(p, 1, 1 << 20);
	mem_give_back(p, 1 << 20);
	mem_unmap(p, 1 << 20);
	if (os_now_ms() == 0)
		return 34;
	if ((p = malloc(1 << 20)) == NULL)	/* what a C library may do */
		return 35;
	free(p);
	return 0;
}

/* The system's logger was ended: what is said then is lost, or not. */
static int
relay_logs(void *arg)
{
	static const char	line[] = "<31>t_cage: from a sandbox";
	char			stamp[LOGIO_STAMP];

	(void)arg;
	(void)logio_syslog_stamp(stamp);
	(void)logio_syslog(line, sizeof(line) - 1);
	return 0;
}

/*
 * What a C library does on a kernel before 5.1, in which no vdso(7) has the time: the
 * older call, under whatever name this one gives it.
 */
#ifdef SYS_clock_gettime32
static int
older_time(void *arg)
{
	struct { int32_t sec, nsec; } ts;

	(void)arg;
	return syscall(SYS_clock_gettime32, 1, &ts) == -1 ? errno : 0;
}
#endif

static int
abort_work(void *arg)
{
	(void)arg;
	abort();
}

static void
works_with(const char *kind)
{
	struct sandbox_need	need;
	struct work		w;

	w.lfd = listen_tcp(&w.port);
	needs(&need, &w.port);
	need.kill = true;
	waiter = kind;
	(void)splice_open(4);
	ATTEMPT_IS(0, &need, SANDBOX_PRIVS, relay_work, &w);
}

ATF_TC_WITHOUT_HEAD(all_that_a_relay_does_goes_on);
ATF_TC_BODY(all_that_a_relay_does_goes_on, tc)
{
	char	 kinds[64], *kind, *at = kinds;

	ATF_REQUIRE(strlen(wait_kinds()) < sizeof(kinds));
	strcpy(kinds, wait_kinds());
	while ((kind = strtok(at, " ")) != NULL) {
		at = NULL;
		printf("waiter %s\n", kind);
		fflush(stdout);
		works_with(kind);
	}
}

ATF_TC_WITHOUT_HEAD(messages_and_memory_go_on);
ATF_TC_BODY(messages_and_memory_go_on, tc)
{
	struct sandbox_need	need;
	uint16_t		port = 9;
	int			pair[2];

	needs(&need, &port);
	need.kill = true;
	ATF_REQUIRE_EQ(0, chan_pair(pair));
	ATTEMPT_IS(0, &need, SANDBOX_PRIVS, relay_messages, pair);
#ifdef SYS_clock_gettime32
	ATTEMPT_IS(0, &need, SANDBOX_PRIVS, older_time, NULL);
#endif
}

ATF_TC_WITHOUT_HEAD(a_logger_that_is_gone_does_no_harm);
ATF_TC_BODY(a_logger_that_is_gone_does_no_harm, tc)
{
	struct sandbox_need	need;
	uint16_t		port = 9;

	needs(&need, &port);
	need.kill = need.logger = true;
	tzset();		/* as proc_start does */
	ATTEMPT_IS(0, &need, SANDBOX_PRIVS, relay_logs, NULL);
	need.ntargets = 1;	/* no Unix sockets */
	ATTEMPT_IS(0, &need, SANDBOX_PRIVS, relay_logs, NULL);
}

ATF_TC_WITHOUT_HEAD(an_assertion_still_ends_by_sigabrt);
ATF_TC_BODY(an_assertion_still_ends_by_sigabrt, tc)
{
	struct sandbox_need	need;
	uint16_t		port = 9;
	int			status;

	needs(&need, &port);
	status = in_cage(&need, SANDBOX_PRIVS, abort_work, NULL);
	ATF_CHECK(WIFSIGNALED(status));
	ATF_CHECK_EQ(SIGABRT, WTERMSIG(status));
}

ATF_TC_WITHOUT_HEAD(what_is_said_is_not_more_than_possible);
ATF_TC_BODY(what_is_said_is_not_more_than_possible, tc)
{
	struct sandbox_need	need;
	uint16_t		port = 9;
	int			have, status;
	pid_t			pid;

	needs(&need, &port);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		have = sandbox_enter(&need);
		_exit(have < 0 || (have & ~sandbox_most()) != 0);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK_EQ(0, status);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, forbidden_calls_fail);
	ATF_TP_ADD_TC(tp, a_forbidden_call_kills_when_asked_to);
	ATF_TP_ADD_TC(tp, only_the_ports_of_backends_can_be_reached);
	ATF_TP_ADD_TC(tp, there_is_no_way_around_the_ports);
	ATF_TP_ADD_TC(tp, descriptors_signal_nobody_and_do_not_wait);
	ATF_TP_ADD_TC(tp, the_superuser_is_one_no_more);
	ATF_TP_ADD_TC(tp, who_needs_no_unix_sockets_has_none);
	ATF_TP_ADD_TC(tp, without_tcp_backends_there_are_no_tcp_sockets);
	ATF_TP_ADD_TC(tp, unix_backends_are_reached);
	ATF_TP_ADD_TC(tp, abstract_names_are_reached_when_a_backend_has_one);
	ATF_TP_ADD_TC(tp, a_file_cannot_be_opened_even_where_open_is_allowed);
	ATF_TP_ADD_TC(tp, all_that_a_relay_does_goes_on);
	ATF_TP_ADD_TC(tp, messages_and_memory_go_on);
	ATF_TP_ADD_TC(tp, a_logger_that_is_gone_does_no_harm);
	ATF_TP_ADD_TC(tp, an_assertion_still_ends_by_sigabrt);
	ATF_TP_ADD_TC(tp, what_is_said_is_not_more_than_possible);
	return atf_no_error();
}

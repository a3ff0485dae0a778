/*
 * t_wait.c - what the contract cannot ask of every system: descriptors that others
 * have too, pipes, and a waiter that is out of memory for one more.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "os.h"
#include "wait.h"

static const char *
best(void)
{
	ATF_REQUIRE_EQ(wait_open(NULL, 64), 0);
	return wait_kind();
}

/*
 * A copy of a descriptor lives on (in a process that took the session over): its
 * events must not reach the one that has the number now.
 */
ATF_TC_WITHOUT_HEAD(events_of_a_former_descriptor_are_dropped);
ATF_TC_BODY(events_of_a_former_descriptor_are_dropped, tc)
{
	struct wait_event	ev[4];
	int			a[2], b[2], copy, fd, i, n;

	(void)best();
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	fd = a[0];
	ATF_REQUIRE_EQ(wait_add(fd, WAIT_EDGE, 1), 0);
	ATF_REQUIRE((copy = dup(fd)) >= 0);
	while (wait_turn(ev, 4, 0) > 0)
		continue;
	wait_del(fd);
	(void)close(fd);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	ATF_REQUIRE_EQ(b[0], fd);
	ATF_REQUIRE_EQ(write(a[1], "x", 1), 1);
	ATF_CHECK_EQ(wait_turn(ev, 4, 0), 0);	/* nobody's at all */
	ATF_REQUIRE_EQ(wait_add(fd, WAIT_EDGE, 2), 0);
	ATF_REQUIRE_EQ(write(a[1], "x", 1), 1);
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE((n = wait_turn(ev, 4, 0)) >= 0);
		while (n-- > 0)
			ATF_CHECK_EQ(ev[n].token, 2);
	}
	wait_close();
	(void)copy;
}

/* Nothing wakes us, nor calls itself nothing and wakes us all the same. */
static void
sleeps(int ms)
{
	struct wait_event	ev[4];
	uint64_t		since = os_now_ms();

	ATF_CHECK_EQ(wait_turn(ev, 4, ms), 0);
	ATF_CHECK(os_now_ms() + 1 >= since + (unsigned)ms);
}

static void
pipe_with(const char *kind)
{
	struct wait_event	ev[4];
	int			p[2];

	ATF_REQUIRE_EQ(pipe(p), 0);
	ATF_REQUIRE_EQ(wait_open(kind, 64), 0);
	ATF_REQUIRE_EQ(wait_add(p[0], WAIT_LEVEL, 7), 0);
	ATF_CHECK_EQ(wait_turn(ev, 4, 0), 0);
	ATF_REQUIRE_EQ(write(p[1], "x", 1), 1);
	ATF_CHECK_EQ(wait_turn(ev, 4, 0), 1);
	ATF_CHECK_EQ(ev[0].token, 7);
	ATF_CHECK(ev[0].got & WAIT_READ);
	ATF_CHECK_EQ(wait_turn(ev, 4, 0), 1);
	wait_want(p[0], 0);
	sleeps(20);
	(void)close(p[1]);
	ATF_CHECK_EQ(wait_turn(ev, 4, 0), 0);
	wait_want(p[0], WAIT_READ);
	ATF_CHECK_EQ(wait_turn(ev, 4, 0), 1);
	wait_del(p[0]);
	sleeps(20);
	(void)close(p[0]);
	wait_close();
}

/* The pipe that signals ring through is watched like a listener. */
ATF_TC_WITHOUT_HEAD(a_pipe_can_be_watched);
ATF_TC_BODY(a_pipe_can_be_watched, tc)
{
	pipe_with(NULL);
	pipe_with("poll");
}

ATF_TC_WITHOUT_HEAD(kinds_are_named);
ATF_TC_BODY(kinds_are_named, tc)
{
	const char	*kinds = wait_kinds(), *first = best();

	ATF_CHECK_EQ(strncmp(kinds, first, strlen(first)), 0);
	ATF_CHECK(strstr(kinds, "poll") != NULL);
	ATF_CHECK(wait_memory(NULL, 1000) > 0);
	ATF_CHECK(wait_memory("poll", 100000) > wait_memory("poll", 1000));
	wait_close();
	ATF_CHECK_EQ(wait_open("select", 64), -EINVAL);
	ATF_CHECK_EQ(wait_open("", 64), -EINVAL);
	ATF_CHECK_EQ(wait_open("poll", 0), -EINVAL);
	ATF_CHECK_EQ(wait_open(NULL, 0), -EINVAL);
}

ATF_TC_WITHOUT_HEAD(what_cannot_be_watched_says_so);
ATF_TC_BODY(what_cannot_be_watched_says_so, tc)
{
	int	fd;

	if (strcmp(best(), "epoll") != 0)
		atf_tc_skip("poll(2) takes anything");
	ATF_REQUIRE((fd = open("file", O_CREAT | O_RDWR, 0600)) >= 0);
	ATF_CHECK_EQ(wait_add(fd, WAIT_EDGE, 0), -EPERM);
	ATF_CHECK_EQ(wait_add(fd, WAIT_LEVEL, 0), -EPERM);
	ATF_CHECK_EQ(wait_add(63, WAIT_EDGE, 0), -EBADF);
	wait_want(fd, WAIT_READ);
	wait_del(fd);
	wait_close();
}

/*
 * Memory comes back: until then it is asked for again, however long we would wait.
 * What epoll(7) never takes stands in for what it cannot take now.
 */
ATF_TC_WITHOUT_HEAD(what_cannot_be_watched_now_is_tried_again);
ATF_TC_BODY(what_cannot_be_watched_now_is_tried_again, tc)
{
	struct wait_event	ev[4];
	int			file, same, other[2], p[2];

	if (strcmp(best(), "epoll") != 0)
		atf_tc_skip("only epoll(7) is asked for each one");
	ATF_REQUIRE((file = open("file", O_CREAT | O_RDWR, 0600)) >= 0);
	ATF_REQUIRE_EQ(pipe(p), 0);
	ATF_REQUIRE_EQ(pipe(other), 0);
	ATF_REQUIRE_EQ(wait_add(other[0], WAIT_LEVEL, 8), 0);
	ATF_REQUIRE((same = dup(p[0])) >= 0);
	ATF_REQUIRE_EQ(wait_add(p[0], WAIT_LEVEL, 7), 0);
	wait_want(p[0], 0);
	ATF_REQUIRE_EQ(dup2(file, p[0]), p[0]);
	wait_want(p[0], WAIT_READ);
	(void)alarm(30);
	ATF_CHECK_EQ(wait_turn(ev, 4, -1), 0);
	ATF_CHECK_EQ(wait_turn(ev, 4, 1000000), 0);
	ATF_REQUIRE_EQ(dup2(same, p[0]), p[0]);
	ATF_REQUIRE_EQ(write(p[1], "x", 1), 1);
	ATF_CHECK_EQ(wait_turn(ev, 4, -1), 1);
	ATF_CHECK_EQ(ev[0].token, 7);
	ATF_CHECK_EQ(ev[0].got, WAIT_READ);
	ATF_REQUIRE_EQ(read(p[0], ev, 1), 1);
	sleeps(250);		/* and nothing is tried any more */
	wait_close();
}

/* A TCP connection; p[0] is not blocking and watched with token 0. */
static void
tcp_pair(int *p)
{
	struct sockaddr_in	a;
	socklen_t		len = sizeof(a);
	int			l;

	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((l = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(bind(l, (struct sockaddr *)&a, sizeof(a)), 0);
	ATF_REQUIRE_EQ(listen(l, 1), 0);
	ATF_REQUIRE_EQ(getsockname(l, (struct sockaddr *)&a, &len), 0);
	ATF_REQUIRE((p[1] = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(connect(p[1], (struct sockaddr *)&a, len), 0);
	ATF_REQUIRE((p[0] = accept(l, NULL, NULL)) >= 0);
	ATF_REQUIRE_EQ(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	ATF_REQUIRE_EQ(close(l), 0);
	ATF_REQUIRE_EQ(wait_add(p[0], WAIT_EDGE, 0), 0);
}

/* What a sender sends that nobody reads must not wake us each time. */
ATF_TC_WITHOUT_HEAD(events_in_vain_come_to_an_end);
ATF_TC_BODY(events_in_vain_come_to_an_end, tc)
{
	struct wait_event	ev[4];
	int			i, n = 0, p[2];

	if (strcmp(best(), "kqueue") == 0)
		atf_tc_skip("kqueue(2) tells each time");
	tcp_pair(p);
	wait_want(p[0], 0);
	for (i = 0; i < 50; i++) {
		ATF_REQUIRE_EQ(write(p[1], "x", 1), 1);
		n += wait_turn(ev, 4, 1);
	}
	ATF_CHECK_MSG(n <= 10, "%d events of 50 bytes", n);
	wait_want(p[0], WAIT_READ);
	ATF_CHECK_EQ(wait_turn(ev, 4, 1000), 1);
	ATF_CHECK(ev[0].got & WAIT_READ);
	wait_close();
}

static int
low_water(int fd)
{
	socklen_t	len = sizeof(int);
	int		n;

	ATF_REQUIRE_EQ(getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &n, &len), 0);
	return n;
}

/* The mark goes with the socket to other processes: it must not stay there. */
ATF_TC_WITHOUT_HEAD(gathering_leaves_no_mark);
ATF_TC_BODY(gathering_leaves_no_mark, tc)
{
	int	error, p[2], q[40][2];
	int	i;

	ATF_REQUIRE_EQ(wait_open(NULL, 256), 0);
	tcp_pair(p);
	error = wait_gather(p[0], 10000);
	if (error == -ENOTSUP)
		atf_tc_skip("this waiter cannot gather");
	ATF_REQUIRE(error > 0);
	ATF_CHECK_EQ(low_water(p[0]), 10000);
	ATF_CHECK(wait_gather(p[0], 10000) > 0);
	ATF_CHECK_EQ(wait_gather(p[0], 0), 0);
	ATF_CHECK_EQ(low_water(p[0]), 1);
	ATF_CHECK(wait_gather(p[0], 10000) > 0);
	wait_del(p[0]);
	ATF_CHECK_EQ(low_water(p[0]), 1);
	for (i = 0, error = 0; i < 40 && error >= 0; i++) {
		tcp_pair(q[i]);
		error = wait_gather(q[i][0], 10000);
	}
	ATF_CHECK_EQ(error, -ENOBUFS);
	ATF_CHECK_EQ(low_water(q[i - 1][0]), 1);
	wait_del(q[0][0]);
	ATF_CHECK(wait_gather(q[i - 1][0], 10000) > 0);
	wait_close();
	ATF_REQUIRE_EQ(wait_open("poll", 256), 0);
	ATF_CHECK_EQ(wait_gather(p[0], 10000), -ENOTSUP);
	wait_close();
}

/* Others that fill the array of events each time do not keep it from us. */
ATF_TC_WITHOUT_HEAD(what_gathers_is_told_among_many_events);
ATF_TC_BODY(what_gathers_is_told_among_many_events, tc)
{
	struct wait_event	ev[4];
	int			i, k, n, p[2], told = 0;

	ATF_REQUIRE_EQ(wait_open(NULL, 256), 0);
	tcp_pair(p);
	for (i = 1; i <= 8; i++) {
		ATF_REQUIRE((n = dup(p[1])) >= 0);
		ATF_REQUIRE_EQ(wait_add(n, WAIT_LEVEL, (uint32_t)i), 0);
		wait_want(n, WAIT_WRITE);	/* there always is room */
	}
	wait_want(p[0], WAIT_READ);
	(void)wait_turn(ev, 4, 0);
	if (wait_gather(p[0], 10000) == -ENOTSUP)
		atf_tc_skip("this waiter cannot gather");
	ATF_REQUIRE_EQ(write(p[1], "x", 1), 1);
	ATF_REQUIRE_EQ(usleep(10 * WAIT_GATHER_US), 0);
	for (i = 0; i < 10; i++) {
		n = wait_turn(ev, 4, 0);
		for (k = 0; k < n; k++)
			told += ev[k].token == 0 && (ev[k].got & WAIT_READ);
	}
	ATF_CHECK_EQ(told, 1);
	wait_close();
}

ATF_TC_WITHOUT_HEAD(no_descriptor_for_the_queue_says_so);
ATF_TC_BODY(no_descriptor_for_the_queue_says_so, tc)
{
	struct rlimit	l, none;

	if (strcmp(best(), "poll") == 0)
		atf_tc_skip("poll(2) needs none");
	wait_close();
	ATF_REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &l), 0);
	none = l;
	none.rlim_cur = 3;
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
	ATF_CHECK_EQ(wait_open(NULL, 64), -EMFILE);
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
}

/*
 * A reload: the next relay has the listener but does not want it yet.  A connection
 * that comes now is for the relay that does; and if that one ends without having
 * taken it, the next one hears of it as soon as it wants to.
 */
static void
share(const char *kind)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };
	socklen_t		len = sizeof(in);
	struct wait_event	ev[4];
	int			fd, client, status, ready[2];
	pid_t			former;
	char			c;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&in, len), 0);
	ATF_REQUIRE_EQ(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	ATF_REQUIRE_EQ(listen(fd, 8), 0);
	ATF_REQUIRE_EQ(pipe(ready), 0);
	if ((former = fork()) == 0) {
		if (wait_open(kind, 64) != 0 ||
		    wait_add(fd, WAIT_LEVEL, 1) != 0)
			_exit(9);
		(void)!write(ready[1], "r", 1);
		_exit(wait_turn(ev, 4, 10000) == 1 ? 0 : 1);
	}
	ATF_REQUIRE(former > 0);
	ATF_REQUIRE_EQ(read(ready[0], &c, 1), 1);
	ATF_REQUIRE_EQ(wait_open(kind, 64), 0);
	ATF_REQUIRE_EQ(wait_add(fd, WAIT_LEVEL, 1), 0);
	wait_want(fd, 0);
	/* Nothing is here yet; the former one falls asleep meanwhile. */
	ATF_REQUIRE_EQ(wait_turn(ev, 4, 200), 0);
	ATF_REQUIRE((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(connect(client, (struct sockaddr *)&in, len), 0);
	ATF_CHECK_EQ(wait_turn(ev, 4, 0), 0);
	ATF_REQUIRE_EQ(waitpid(former, &status, 0), former);
	ATF_CHECK_EQ(status, 0);
	wait_want(fd, WAIT_READ);
	ATF_CHECK_EQ(wait_turn(ev, 4, 5000), 1);
	wait_close();
	(void)close(client);
	(void)close(fd);
}

ATF_TC_WITHOUT_HEAD(who_wants_a_connection_is_woken);
ATF_TC_BODY(who_wants_a_connection_is_woken, tc)
{
	const char	*kind = best();

	wait_close();
	share(kind);
	share("poll");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, events_of_a_former_descriptor_are_dropped);
	ATF_TP_ADD_TC(tp, a_pipe_can_be_watched);
	ATF_TP_ADD_TC(tp, kinds_are_named);
	ATF_TP_ADD_TC(tp, what_cannot_be_watched_says_so);
	ATF_TP_ADD_TC(tp, what_cannot_be_watched_now_is_tried_again);
	ATF_TP_ADD_TC(tp, events_in_vain_come_to_an_end);
	ATF_TP_ADD_TC(tp, gathering_leaves_no_mark);
	ATF_TP_ADD_TC(tp, what_gathers_is_told_among_many_events);
	ATF_TP_ADD_TC(tp, no_descriptor_for_the_queue_says_so);
	ATF_TP_ADD_TC(tp, who_wants_a_connection_is_woken);
	return atf_no_error();
}

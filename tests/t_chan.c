/*
 * t_chan.c - messages and descriptors between processes.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "chan_fds.h"

static char	buf[CHAN_BYTES];

static long
take(int fd)
{
	unsigned	n = 0;

	return chan_recv(fd, buf, sizeof(buf), NULL, &n);
}

static int
open_descriptors(void)
{
	int	fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

ATF_TC_WITHOUT_HEAD(messages_stay_whole_and_in_order);
ATF_TC_BODY(messages_stay_whole_and_in_order, tc)
{
	char	m[CHAN_BYTES];
	int	fd[2], i;

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	ATF_CHECK(fcntl(fd[0], F_GETFD) & FD_CLOEXEC);
	ATF_CHECK_EQ(take(fd[0]), -EAGAIN);
	ATF_CHECK_EQ(chan_wait(fd[0], 0), 0);
	for (i = 1; i <= 3; i++) {
		memset(m, i, sizeof(m));
		ATF_REQUIRE_EQ(chan_send(fd[1], m, (size_t)i, NULL, 0, 0), 0);
	}
	memset(m, 9, sizeof(m));
	ATF_REQUIRE_EQ(chan_send(fd[1], m, CHAN_BYTES, NULL, 0, 0), 0);
	ATF_CHECK_EQ(chan_wait(fd[0], 5000), 1);
	for (i = 1; i <= 3; i++) {
		ATF_REQUIRE_EQ(take(fd[0]), i);
		ATF_CHECK_EQ(buf[0], i);
	}
	ATF_REQUIRE_EQ(take(fd[0]), CHAN_BYTES);
	ATF_CHECK_EQ(buf[CHAN_BYTES - 1], 9);
	ATF_CHECK_EQ(take(fd[0]), -EAGAIN);
}

ATF_TC_WITHOUT_HEAD(nothing_and_too_much_are_refused);
ATF_TC_BODY(nothing_and_too_much_are_refused, tc)
{
	char	m[CHAN_BYTES + 1];
	int	fds[CHAN_FDS + 1], fd[2];

	memset(m, 0, sizeof(m));
	memset(fds, 0, sizeof(fds));
	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	ATF_CHECK_EQ(chan_send(fd[0], m, 0, NULL, 0, 0), -EMSGSIZE);
	ATF_CHECK_EQ(chan_send(fd[0], m, sizeof(m), NULL, 0, 0), -EMSGSIZE);
	ATF_CHECK_EQ(chan_send(fd[0], m, 1, fds, CHAN_FDS + 1, 0), -EMSGSIZE);
	ATF_CHECK_EQ(take(fd[1]), -EAGAIN);
}

ATF_TC_WITHOUT_HEAD(the_end_comes_behind_the_last_message);
ATF_TC_BODY(the_end_comes_behind_the_last_message, tc)
{
	int	fd[2];

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	ATF_REQUIRE_EQ(chan_send(fd[0], "x", 1, NULL, 0, 0), 0);
	ATF_REQUIRE_EQ(chan_send(fd[1], "abc", 3, NULL, 0, 0), 0);
	(void)close(fd[1]);	/* with a message that it never took */
	ATF_CHECK_EQ(take(fd[0]), 3);
	ATF_CHECK_EQ(take(fd[0]), 0);
	ATF_CHECK_EQ(take(fd[0]), 0);
	ATF_CHECK_EQ(chan_send(fd[0], "x", 1, NULL, 0, 0), -EPIPE);
}

/* Who sent descriptors has to know when it may close its own. */
ATF_TC_WITHOUT_HEAD(the_other_side_has_taken_all_when_it_closes);
ATF_TC_BODY(the_other_side_has_taken_all_when_it_closes, tc)
{
	int	fd[2], i;
	pid_t	pid;

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	for (i = 0; i < 3; i++)
		ATF_REQUIRE_EQ(chan_send(fd[0], "abc", 3, NULL, 0, 0), 0);
	ATF_CHECK_EQ(chan_finish(fd[0], 20), -EAGAIN);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		(void)close(fd[0]);
		(void)poll(NULL, 0, 50);
		for (i = 0; take(fd[1]) == 3; i++)
			continue;
		/* what ended it was the end */
		_exit(i == 3 && take(fd[1]) == 0 ? 0 : 1);
	}
	(void)close(fd[1]);
	ATF_CHECK_EQ(chan_finish(fd[0], 5000), 0);
	ATF_REQUIRE_EQ(waitpid(pid, &i, 0), pid);
	ATF_CHECK_EQ(i, 0);
}

ATF_TC_WITHOUT_HEAD(a_full_channel_takes_nothing_in_part);
ATF_TC_BODY(a_full_channel_takes_nothing_in_part, tc)
{
	char	m[CHAN_BYTES];
	int	fd[2], i, error, sent = 0;

	memset(m, 7, sizeof(m));
	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	for (;;) {
		/* In a stream the last one may be begun: then it is finished
		 * by somebody who reads, so messages are small here. */
		if ((error = chan_send(fd[0], m, 1, NULL, 0, 0)) != 0)
			break;
		sent++;
	}
	ATF_CHECK_EQ(error, -EAGAIN);
	ATF_CHECK_EQ(chan_send(fd[0], m, 1, NULL, 0, 20), -EAGAIN);
	for (i = 0; i < sent; i++)
		ATF_REQUIRE_EQ(take(fd[1]), 1);
	ATF_CHECK_EQ(take(fd[1]), -EAGAIN);
	ATF_CHECK_EQ(chan_send(fd[0], m, 1, NULL, 0, 0), 0);
}

ATF_TC_WITHOUT_HEAD(a_sender_waits_for_a_reader);
ATF_TC_BODY(a_sender_waits_for_a_reader, tc)
{
	enum { COUNT = 2000 };
	char	m[CHAN_BYTES];
	int	fd[2], i, status;
	long	n;
	pid_t	pid;

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		(void)close(fd[1]);
		for (i = 0; i < COUNT; i++) {
			memset(m, i, sizeof(m));
			if (chan_send(fd[0], m, (size_t)(i % CHAN_BYTES) + 1,
			    NULL, 0, -1) != 0)
				_exit(1);
		}
		_exit(0);
	}
	(void)close(fd[0]);
	for (i = 0; i < COUNT; i++) {
		while ((n = take(fd[1])) == -EAGAIN)
			ATF_REQUIRE(chan_wait(fd[1], 10000) > 0);
		ATF_REQUIRE_EQ(n, i % CHAN_BYTES + 1);
		ATF_REQUIRE_EQ(buf[n - 1], (char)i);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
	ATF_CHECK_EQ(take(fd[1]), 0);
}

ATF_TC_WITHOUT_HEAD(descriptors_arrive_with_their_message);
ATF_TC_BODY(descriptors_arrive_with_their_message, tc)
{
	int		fd[2], p[2], fds[CHAN_FDS], got[CHAN_FDS];
	unsigned	n;
	int		i;
	char		c;

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	ATF_REQUIRE_EQ(pipe(p), 0);
	for (i = 0; i < CHAN_FDS; i++)
		fds[i] = p[1];
	ATF_REQUIRE_EQ(chan_send(fd[0], "none", 4, NULL, 0, 0), 0);
	ATF_REQUIRE_EQ(chan_send(fd[0], "many", 4, fds, CHAN_FDS, 0), 0);
	ATF_REQUIRE_EQ(chan_send(fd[0], "one", 3, &p[1], 1, 0), 0);
	n = CHAN_FDS;
	ATF_CHECK_EQ(chan_recv(fd[1], buf, sizeof(buf), got, &n), 4);
	ATF_CHECK_EQ(n, 0);
	n = CHAN_FDS;
	ATF_CHECK_EQ(chan_recv(fd[1], buf, sizeof(buf), got, &n), 4);
	ATF_REQUIRE_EQ(n, CHAN_FDS);
	for (i = 0; i < CHAN_FDS; i++) {
		ATF_CHECK(fcntl(got[i], F_GETFD) & FD_CLOEXEC);
		ATF_CHECK_EQ(write(got[i], "x", 1), 1);
		ATF_CHECK_EQ(read(p[0], &c, 1), 1);
		(void)close(got[i]);
	}
	n = 1;
	ATF_CHECK_EQ(chan_recv(fd[1], buf, sizeof(buf), got, &n), 3);
	ATF_CHECK_EQ(n, 1);
}

ATF_TC_WITHOUT_HEAD(what_does_not_fit_leaks_nothing);
ATF_TC_BODY(what_does_not_fit_leaks_nothing, tc)
{
	int		fd[2], fds[3], got[3], before;
	unsigned	n;
	char		small[2];

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	fds[0] = fds[1] = fds[2] = fd[0];
	for (n = 0; n < 3; n++)
		ATF_REQUIRE_EQ(chan_send(fd[0], "abc", 3, fds, 3, 0), 0);
	ATF_REQUIRE_EQ(chan_send(fd[0], "ok", 2, NULL, 0, 0), 0);
	before = open_descriptors();
	n = 2;			/* too few places */
	ATF_CHECK_EQ(chan_recv(fd[1], buf, sizeof(buf), got, &n), -EMSGSIZE);
	ATF_CHECK_EQ(n, 0);
	ATF_CHECK_EQ(open_descriptors(), before);
	n = 3;			/* too few bytes */
	ATF_CHECK_EQ(chan_recv(fd[1], small, 2, got, &n), -EMSGSIZE);
	ATF_CHECK_EQ(n, 0);
	ATF_CHECK_EQ(open_descriptors(), before);
	n = 3;
	ATF_CHECK_EQ(chan_recv(fd[1], buf, sizeof(buf), got, &n), 3);
	ATF_CHECK_EQ(n, 3);
	ATF_CHECK_EQ(take(fd[1]), 2);
}

/* There is room for one of three: they are not taken for all. */
ATF_TC_WITHOUT_HEAD(descriptors_without_a_place_are_none);
ATF_TC_BODY(descriptors_without_a_place_are_none, tc)
{
#ifdef __FreeBSD__
	atf_tc_skip("15.0 never comes back from there");
#else
	struct rlimit	few, most;
	int		fd[2], fds[3], got[3], before;
	unsigned	n = 3;

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	fds[0] = fds[1] = fds[2] = fd[0];
	ATF_REQUIRE_EQ(chan_send(fd[0], "abc", 3, fds, 3, 0), 0);
	ATF_REQUIRE_EQ(chan_send(fd[0], "ok", 2, NULL, 0, 0), 0);
	before = open_descriptors();
	ATF_REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &most), 0);
	ATF_REQUIRE((got[0] = dup(fd[0])) >= 0);
	(void)close(got[0]);
	few = most;
	few.rlim_cur = (rlim_t)got[0] + 1;
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	ATF_CHECK(chan_recv(fd[1], buf, sizeof(buf), got, &n) < 0);
	ATF_CHECK_EQ(n, 0);
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &most), 0);
	ATF_CHECK_EQ(open_descriptors(), before);
	ATF_CHECK_EQ(take(fd[1]), 2);
#endif
}

/* A TCP connection that is full, and waits for an hour when it is closed. */
static int
lingering(void)
{
	const struct linger	 l = { .l_onoff = 1, .l_linger = 3600 };
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	int			 fd, lfd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((lfd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(bind(lfd, (struct sockaddr *)&sin, len), 0);
	ATF_REQUIRE_EQ(listen(lfd, 1), 0);
	ATF_REQUIRE_EQ(getsockname(lfd, (struct sockaddr *)&sin, &len), 0);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(connect(fd, (struct sockaddr *)&sin, len), 0);
	while (send(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		continue;
	ATF_REQUIRE_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	return fd;
}

/* Who sends what nobody asked for cannot make the receiver wait for it. */
ATF_TC_WITHOUT_HEAD(what_is_thrown_away_is_not_waited_for);
ATF_TC_BODY(what_is_thrown_away_is_not_waited_for, tc)
{
	const unsigned	 counts[] = { 1, CHAN_FDS + 1, 0 };
	union chan_space space;
	struct iovec	 iov = { .iov_base = buf, .iov_len = 1 };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int		 fd[2], fds[CHAN_FDS + 1], before;
	unsigned	 n;

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	for (unsigned i = 0; counts[i] != 0; i++) {
		for (n = 0; n < counts[i]; n++)
			fds[n] = fd[0];
		fds[n - 1] = lingering();
		chan_fds_put(&m, &space, fds, n);
		if (sendmsg(fd[0], &m, 0) == -1)
			continue;	/* more than this system lets anybody */
		before = open_descriptors();
		(void)close(fds[n - 1]);
		n = 0;
		(void)alarm(10);
		ATF_CHECK_EQ(chan_recv(fd[1], buf, 2, NULL, &n), -EMSGSIZE);
		(void)alarm(0);
		ATF_CHECK_EQ(open_descriptors(), before - 1);
	}
	/* the message is too long, its descriptor is not one too many */
	fds[0] = lingering();
	before = open_descriptors();
	ATF_REQUIRE_EQ(chan_send(fd[0], buf, 2, fds, 1, 0), 0);
	(void)close(fds[0]);
	n = 1;
	(void)alarm(10);
	ATF_CHECK_EQ(chan_recv(fd[1], buf, 1, fds, &n), -EMSGSIZE);
	(void)alarm(0);
	ATF_CHECK_EQ(n, 0);
	ATF_CHECK_EQ(open_descriptors(), before - 1);
}

/* One that has not been taken is closed with the channel, and waited for. */
ATF_TC_WITHOUT_HEAD(who_takes_no_descriptors_is_sent_none);
ATF_TC_BODY(who_takes_no_descriptors_is_sent_none, tc)
{
	int	fd[2], one, got;
	unsigned n = 1;
#ifdef __linux__
	socklen_t len = sizeof(got);
#endif

	ATF_REQUIRE_EQ(chan_pair(fd), 0);
#ifdef __linux__
	/* SO_PASSRIGHTS, Linux 6.16 */
	if (getsockopt(fd[1], SOL_SOCKET, 83, &got, &len) == -1)
#endif
		atf_tc_skip("this kernel cannot refuse them");
	chan_bare(fd[1]);
	one = lingering();
	ATF_CHECK_EQ(chan_send(fd[0], "x", 1, &one, 1, 0), -EPERM);
	ATF_CHECK_EQ(chan_send(fd[0], "x", 1, NULL, 0, 0), 0);
	ATF_CHECK_EQ(chan_send(fd[1], "x", 1, &fd[1], 1, 0), 0);
	ATF_CHECK_EQ(chan_recv(fd[0], buf, sizeof(buf), &got, &n), 1);
	ATF_CHECK_EQ(n, 1);
}

/*
 * The largest message with the most descriptors, behind others and more than once:
 * it has room, or has to wait for it, but is neither too long nor lost.
 */
ATF_TC_WITHOUT_HEAD(the_largest_message_has_room);
ATF_TC_BODY(the_largest_message_has_room, tc)
{
	char		m[CHAN_BYTES];
	int		fd[2], fds[CHAN_FDS], got[CHAN_FDS];
	int		error, i, sent = 0, taken = 0;
	unsigned	n;
	long		len;

	memset(m, 5, sizeof(m));
	ATF_REQUIRE_EQ(chan_pair(fd), 0);
	for (i = 0; i < CHAN_FDS; i++)
		fds[i] = fd[0];
	ATF_REQUIRE_EQ(chan_send(fd[0], m, 1, NULL, 0, 0), 0);
	/* so many descriptors may be under way anywhere */
	while (sent < 3 && (error = chan_send(fd[0], m, sizeof(m), fds,
	    CHAN_FDS, 0)) == 0)
		sent++;
	ATF_CHECK(sent >= 1);
	for (; sent > 2 && taken < 1000; taken++)
		if ((error = chan_send(fd[0], m, sizeof(m), NULL, 0, 0)) != 0)
			break;
	ATF_CHECK_EQ(error, -EAGAIN);
	sent += taken;
	ATF_CHECK_EQ(take(fd[1]), 1);
	for (taken = 0; taken < sent; taken++) {
		n = CHAN_FDS;
		len = chan_recv(fd[1], buf, sizeof(buf), got, &n);
		ATF_REQUIRE_EQ(len, CHAN_BYTES);
		ATF_CHECK_EQ(buf[CHAN_BYTES - 1], 5);
		ATF_REQUIRE_EQ(n, taken < 3 ? CHAN_FDS : 0);
		while (n > 0)
			(void)close(got[--n]);
	}
	ATF_CHECK_EQ(take(fd[1]), -EAGAIN);
}

/*
 * Linux counts the descriptors of a user that are under way, in all his channels
 * together, against the limit of the process that sends; OpenBSD lets a tenth of
 * kern.maxfiles be under way.  Elsewhere, and before Linux 4.5, the channel is full at
 * some time, and one message less need not be room for another.
 */
ATF_TC_WITHOUT_HEAD(descriptors_under_way_are_waited_for);
ATF_TC_BODY(descriptors_under_way_are_waited_for, tc)
{
	enum { EACH = 8 };
	const struct rlimit	few = { 32, 32 };
	unsigned		nfds;
	int			error, fd[2], fds[EACH], got[EACH], i, status;
	pid_t			pid;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (getuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(1);
		if (setrlimit(RLIMIT_NOFILE, &few) == -1 || chan_pair(fd) != 0)
			_exit(2);
		/* not of the channel itself: that is too deep before Linux 4.5 */
		for (i = 0; i < EACH; i++)
			fds[i] = STDERR_FILENO;
		while ((error = chan_send(fd[1], "x", 1, fds, EACH, 0)) == 0)
			continue;
		while (error == -EAGAIN) {
			nfds = EACH;
			if (chan_recv(fd[0], buf, sizeof(buf), got, &nfds) != 1 ||
			    nfds != EACH)
				_exit(4);
			for (i = 0; i < EACH; i++)
				(void)close(got[i]);
			error = chan_send(fd[1], "x", 1, fds, 1, 0);
		}
		_exit(error == 0 ? 0 : 5);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_MSG(status == 0, "ended with %#x", (unsigned)status);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, messages_stay_whole_and_in_order);
	ATF_TP_ADD_TC(tp, nothing_and_too_much_are_refused);
	ATF_TP_ADD_TC(tp, the_end_comes_behind_the_last_message);
	ATF_TP_ADD_TC(tp, the_other_side_has_taken_all_when_it_closes);
	ATF_TP_ADD_TC(tp, a_full_channel_takes_nothing_in_part);
	ATF_TP_ADD_TC(tp, a_sender_waits_for_a_reader);
	ATF_TP_ADD_TC(tp, descriptors_arrive_with_their_message);
	ATF_TP_ADD_TC(tp, who_takes_no_descriptors_is_sent_none);
	ATF_TP_ADD_TC(tp, the_largest_message_has_room);
	ATF_TP_ADD_TC(tp, what_does_not_fit_leaks_nothing);
	ATF_TP_ADD_TC(tp, descriptors_without_a_place_are_none);
	ATF_TP_ADD_TC(tp, what_is_thrown_away_is_not_waited_for);
	ATF_TP_ADD_TC(tp, descriptors_under_way_are_waited_for);
	return atf_no_error();
}

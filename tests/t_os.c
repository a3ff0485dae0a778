/*
 * t_os.c - sockets of the real system, beyond what the contract says: options,
 * socket files, sockets of others, and what only the kernel can show.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "os.h"
#include "proc.h"
#include "splice.h"
#include "unit.h"

static const struct os_listen how = { .backlog = 8, .mode = -1 };

static struct os_addr
loopback(uint16_t port)
{
	struct os_addr	a;

	memset(&a, 0, sizeof(a));
	a.family = OS_IPV4;
	a.port = port;
	a.u.ip[0] = 127;
	a.u.ip[3] = 1;
	return a;
}

static struct os_addr
unix_path(const char *path)
{
	struct os_addr	a;

	memset(&a, 0, sizeof(a));
	a.family = OS_UNIX;
	a.pathlen = (uint8_t)strlen(path);
	memcpy(a.u.path, path, a.pathlen);
	return a;
}

static int
listen_at(struct os_addr *a)
{
	int	fd;

	ATF_REQUIRE((fd = os_listen(a, &how)) >= 0);
	if (a->family != OS_UNIX)
		ATF_REQUIRE_EQ(os_sockname(fd, a), 0);
	return fd;
}

static int
accept_from(int l, struct os_peer *peer)
{
	struct pollfd	p = { .fd = l, .events = POLLIN };
	int		fd;

	ATF_REQUIRE_EQ(poll(&p, 1, 5000), 1);
	ATF_REQUIRE((fd = os_accept(l, peer)) >= 0);
	return fd;
}

/* Connect and accept; every test's first step. */
static void
pair(int *c, int *s)
{
	struct os_addr	a = loopback(0);
	struct os_peer	peer;
	struct pollfd	p;
	bool		pending;
	int		l = listen_at(&a);

	ATF_REQUIRE((*c = os_connect(&a, &pending)) >= 0);
	*s = accept_from(l, &peer);
	p.fd = *c;
	p.events = POLLOUT;
	ATF_REQUIRE_EQ(poll(&p, 1, 5000), 1);
	ATF_REQUIRE_EQ(os_connected(*c, &a), 0);
	(void)close(l);
}

static int
option(int fd, int level, int name)
{
	int		v = -1;
	socklen_t	len = sizeof(v);

	ATF_REQUIRE_EQ(getsockopt(fd, level, name, &v, &len), 0);
	return v;
}

static void
check_options(int fd)
{
	struct linger	l;
	socklen_t	len = sizeof(l);

	ATF_CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ATF_REQUIRE_EQ(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len), 0);
	ATF_CHECK_EQ(l.l_onoff != 0, 1);
	ATF_CHECK_EQ(l.l_linger, 0);
	ATF_CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
	ATF_CHECK(option(fd, SOL_SOCKET, SO_OOBINLINE) != 0);
}

static void
check_kept(int fd)
{
	ATF_CHECK(option(fd, SOL_SOCKET, SO_KEEPALIVE) != 0);
#ifdef TCP_USER_TIMEOUT
	if (os_unsent(fd) == -ENOTSUP)
		return;		/* the fallback leaves times alone */
	ATF_CHECK_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
	ATF_CHECK_EQ(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 20);
	ATF_CHECK_EQ(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
	/* it would end a connection whose peer only takes its time to read */
	ATF_CHECK_EQ(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
#endif
}

ATF_TC_WITHOUT_HEAD(both_sides_have_all_options);
ATF_TC_BODY(both_sides_have_all_options, tc)
{
	int	c, s;

	pair(&c, &s);
	check_options(c);
	check_options(s);
	check_kept(s);
	os_keep(c);
	check_kept(c);
}

/* How the child of the next case does: 0 when all is as it must be. */
static int
tell_unsent(int c, int s)
{
	static char		buf[16384];
	struct proc_user	user;
	struct pollfd		in = { .fd = s, .events = POLLIN };
	struct pollfd		out = { .fd = c, .events = POLLOUT };
	long			n;

	if (proc_is_root() && (proc_user("nobody", NULL, &user) != 0 ||
	    proc_drop(&user) != 0))
		return 1;
	if ((n = os_unsent(c)) != 0)
		return n == -ENOTSUP ? 0 : 2;
	/* full is when there is no room a while later, either */
	do
		while (os_write(c, buf, sizeof(buf)) > 0)
			continue;
	while (poll(&out, 1, 200) == 1);
	if (os_unsent(c) <= 0)
		return 3;
	while (poll(&in, 1, 1000) == 1 && os_read(s, buf, sizeof(buf)) > 0)
		continue;
	return os_unsent(c) == 0 ? 0 : 4;
}

/* OpenBSD's TCP_INFO tells it to the superuser only. */
ATF_TC_WITHOUT_HEAD(a_relay_is_told_what_is_unsent);
ATF_TC_BODY(a_relay_is_told_what_is_unsent, tc)
{
	pid_t	pid;
	int	c, s, status;

	pair(&c, &s);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0)
		_exit(tell_unsent(c, s));
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE(WIFEXITED(status));
	ATF_CHECK_EQ(WEXITSTATUS(status), 0);
}

/* The kernel of NetBSD ends a listener that has it. */
ATF_TC_WITHOUT_HEAD(listeners_have_no_keepalive_where_it_ends_them);
ATF_TC_BODY(listeners_have_no_keepalive_where_it_ends_them, tc)
{
	struct os_addr	a = loopback(0);
	int		fd = listen_at(&a);

	ATF_REQUIRE_EQ(os_listen_adopt(fd, &how), 0);
#ifdef __NetBSD__
	ATF_CHECK_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
#endif
	os_close(fd);
}

ATF_TC_WITHOUT_HEAD(a_v4_client_of_a_v6_listener_is_a_v4_client);
ATF_TC_BODY(a_v4_client_of_a_v6_listener_is_a_v4_client, tc)
{
	struct os_addr	a, to;
	struct os_peer	peer;
	bool		pending;
	int		l, c;

	memset(&a, 0, sizeof(a));
	a.family = OS_IPV6;
	if (os_listen(&a, &how) == -EINVAL)
		atf_tc_skip("IPv6 takes no IPv4 here");
	l = listen_at(&a);
	to = loopback(a.port);
	ATF_REQUIRE((c = os_connect(&to, &pending)) >= 0);
	(void)accept_from(l, &peer);
	ATF_CHECK_EQ(peer.family, OS_IPV4);
	ATF_CHECK_EQ(memcmp(peer.ip, to.u.ip, 4), 0);
	ATF_REQUIRE_EQ(os_sockname(c, &a), 0);
	ATF_CHECK_EQ(peer.port, a.port);
}

ATF_TC_WITHOUT_HEAD(v6only_leaves_v4_alone);
ATF_TC_BODY(v6only_leaves_v4_alone, tc)
{
	struct os_listen	h = how;
	struct os_addr		a, b;
	int			l, l4;

	memset(&a, 0, sizeof(a));
	a.family = OS_IPV6;
	h.v6only = true;
	ATF_REQUIRE((l = os_listen(&a, &h)) >= 0);
	ATF_REQUIRE_EQ(os_sockname(l, &a), 0);
	b = loopback(a.port);
	ATF_REQUIRE((l4 = os_listen(&b, &how)) >= 0);
}

ATF_TC(a_transparent_listener_may_have_any_address);
ATF_TC_HEAD(a_transparent_listener_may_have_any_address, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(a_transparent_listener_may_have_any_address, tc)
{
	struct os_listen	h = how;
	struct os_addr		v4 = { .family = OS_IPV4,
				    .u.ip = { 192, 0, 2, 1 } };
	struct os_addr		v6 = { .family = OS_IPV6,
				    .u.ip = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	int			fd;

	h.transparent = true;
	fd = os_listen(&v4, &h);
	if (fd == -ENOTSUP || fd == -EPERM)
		atf_tc_skip("not here, or not for us");
	ATF_CHECK(fd > 2);
	if (os_listen(&(struct os_addr){ .family = OS_IPV6 }, &how) < 0)
		atf_tc_skip("no IPv6");
	ATF_CHECK(os_listen(&v6, &h) > fd);
}

/*
 * A source address and port that are the target's: TCP connects to itself.
 */
ATF_TC_WITHOUT_HEAD(a_connection_to_itself_is_refused);
ATF_TC_BODY(a_connection_to_itself_is_refused, tc)
{
	struct os_addr		a = loopback(0);
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);
	int			fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	memcpy(&sin.sin_addr, a.u.ip, 4);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE(bind(fd, (struct sockaddr *)&sin, len) == 0);
	ATF_REQUIRE(getsockname(fd, (struct sockaddr *)&sin, &len) == 0);
	if (connect(fd, (struct sockaddr *)&sin, len) == -1) {
		ATF_CHECK_EQ(errno, ECONNREFUSED);	/* OpenBSD 7.8 */
		return;
	}
	a.port = ntohs(sin.sin_port);
	ATF_CHECK_EQ(os_connected(fd, &a), -ECONNREFUSED);
}

ATF_TC_WITHOUT_HEAD(no_address_is_an_error);
ATF_TC_BODY(no_address_is_an_error, tc)
{
	struct os_addr	a;
	bool		pending;

	memset(&a, 0, sizeof(a));
	ATF_CHECK_EQ(os_connect(&a, &pending), -EINVAL);
	ATF_CHECK_EQ(os_listen(&a, &how), -EINVAL);
	a.family = OS_UNIX;
	ATF_CHECK_EQ(os_connect(&a, &pending), -EINVAL);
}

/* ---- Unix sockets ---- */

ATF_TC_WITHOUT_HEAD(a_stale_socket_file_is_taken_over);
ATF_TC_BODY(a_stale_socket_file_is_taken_over, tc)
{
	struct os_addr	a = unix_path("stale");
	bool		pending;
	int		fd;

	os_close(listen_at(&a));
	ATF_REQUIRE_EQ(access("stale", F_OK), 0);
	fd = listen_at(&a);
	ATF_CHECK(os_connect(&a, &pending) >= 0);
	os_close(fd);
}

ATF_TC_WITHOUT_HEAD(a_live_socket_is_left_alone);
ATF_TC_BODY(a_live_socket_is_left_alone, tc)
{
	struct os_listen	one = { .backlog = 0, .mode = -1 };
	struct os_addr		a = unix_path("live");
	bool			pending;
	int			fd, i;

	ATF_REQUIRE((fd = os_listen(&a, &one)) >= 0);
	ATF_CHECK_EQ(os_listen(&a, &how), -EADDRINUSE);
	for (i = 0; i < 16; i++)
		if (os_connect(&a, &pending) < 0)
			break;
	ATF_CHECK_EQ(os_listen(&a, &how), -EADDRINUSE);	/* full */
	ATF_CHECK_EQ(access("live", F_OK), 0);
}

ATF_TC_WITHOUT_HEAD(what_is_no_socket_is_left_alone);
ATF_TC_BODY(what_is_no_socket_is_left_alone, tc)
{
	struct os_addr		a = unix_path("file"), b = unix_path("link");
	struct os_addr		d = unix_path("dgram"), n = unix_path("no/x");
	struct sockaddr_un	sun;
	int			fd;

	ATF_REQUIRE((fd = open("file", O_CREAT | O_WRONLY, 0600)) >= 0);
	(void)close(fd);
	ATF_CHECK_EQ(os_listen(&a, &how), -EEXIST);
	ATF_REQUIRE_EQ(symlink("elsewhere", "link"), 0);
	ATF_CHECK_EQ(os_listen(&b, &how), -EEXIST);
	ATF_CHECK_EQ(access("file", F_OK), 0);
	ATF_CHECK_EQ(access("elsewhere", F_OK), -1);

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strcpy(sun.sun_path, "dgram");
	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ATF_CHECK_EQ(os_listen(&d, &how), -EADDRINUSE);
	ATF_CHECK_EQ(os_listen(&n, &how), -ENOENT);
}

ATF_TC_WITHOUT_HEAD(permissions_are_there_from_the_start);
ATF_TC_BODY(permissions_are_there_from_the_start, tc)
{
	struct os_listen	h = { .backlog = 8, .mode = 0660 };
	struct os_addr		a = unix_path("mode"), b = unix_path("umask");
	struct stat		st;

	(void)umask(027);
	ATF_REQUIRE(os_listen(&a, &h) >= 0);
	ATF_REQUIRE_EQ(stat("mode", &st), 0);
	ATF_CHECK_EQ(st.st_mode & 0777, 0660);
	ATF_CHECK_EQ(umask(027), 027);
	ATF_REQUIRE(os_listen(&b, &how) >= 0);
	ATF_REQUIRE_EQ(stat("umask", &st), 0);
	ATF_CHECK_EQ(st.st_mode & 0777, 0750);
}

ATF_TC_WITHOUT_HEAD(paths_as_long_as_they_may_be);
ATF_TC_BODY(paths_as_long_as_they_may_be, tc)
{
	struct os_addr	a, b;
	bool		pending;
	size_t		max = os_path_max();
	int		fd;

	ATF_REQUIRE(max == 103 || max == 107);
	memset(&a, 0, sizeof(a));
	a.family = OS_UNIX;
	a.pathlen = (uint8_t)max;
	memset(a.u.path, 'a', max);
	fd = listen_at(&a);
	ATF_CHECK(os_connect(&a, &pending) >= 0);
	ATF_REQUIRE_EQ(os_sockname(fd, &b), 0);
	ATF_CHECK_EQ(b.pathlen, max);
	ATF_CHECK_EQ(memcmp(b.u.path, a.u.path, max), 0);
	a.pathlen++;
	a.u.path[max] = 'a';
	ATF_CHECK_EQ(os_listen(&a, &how), -ENAMETOOLONG);
}

/* Another process has the socket, and hangs: its copy is never closed. */
ATF_TC_WITHOUT_HEAD(all_who_wait_see_the_end_of_a_listener);
ATF_TC_BODY(all_who_wait_see_the_end_of_a_listener, tc)
{
	enum { CLIENTS = 200 };
	const struct os_listen	many = { .backlog = CLIENTS, .mode = -1 };
	struct os_addr		a = unix_path("s");
	struct pollfd		p[CLIENTS];
	bool			pending;
	char			byte;
	int			fd, i, n = 0;

	ATF_REQUIRE((fd = os_listen(&a, &many)) >= 0);
	ATF_REQUIRE(dup(fd) != -1);
	for (; n < CLIENTS; n++) {
		p[n].events = POLLIN;
		if ((p[n].fd = os_connect(&a, &pending)) < 0)
			break;		/* the system allows no more */
	}
	ATF_REQUIRE(n > 0);
	os_listen_end(fd);
	for (i = 0; i < n; i++)
		if (poll(&p[i], 1, 5000) != 1 || os_read(p[i].fd, &byte, 1) > 0)
			atf_tc_fail("%d of %d", i, n);
}

ATF_TC_WITHOUT_HEAD(abstract_names_have_no_file);
ATF_TC_BODY(abstract_names_have_no_file, tc)
{
#ifndef __linux__
	atf_tc_skip("only Linux has them");
#else
	struct os_addr	a, b;
	struct os_peer	peer;
	bool		pending;
	int		fd;

	memset(&a, 0, sizeof(a));
	a.family = OS_UNIX;
	a.pathlen = 20;
	memcpy(a.u.path, "\0sockproxy test ", 16);
	memcpy(a.u.path + 16, &(pid_t){ getpid() }, 4);
	fd = listen_at(&a);
	ATF_CHECK(os_connect(&a, &pending) >= 0);
	(void)accept_from(fd, &peer);
	ATF_CHECK_EQ(peer.family, OS_UNIX);
	ATF_REQUIRE_EQ(os_sockname(fd, &b), 0);
	ATF_CHECK_EQ(b.pathlen, 20);
	ATF_CHECK_EQ(memcmp(a.u.path, b.u.path, 20), 0);
	ATF_CHECK_EQ(os_listen(&a, &how), -EADDRINUSE);
#endif
}

/* ---- descriptors that come with bytes ---- */

#ifdef __linux__
/* Send a byte and a descriptor.  0, or why not. */
static int
lend(int to, int fd)
{
	union {
		struct cmsghdr	head;
		char		space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec	iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr	m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = sizeof(control) };

	memset(&control, 0, sizeof(control));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(to, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}
#endif

/* The last close of one, which is the reader's, may last for its SO_LINGER. */
ATF_TC_WITHOUT_HEAD(unix_sockets_take_no_descriptors);
ATF_TC_BODY(unix_sockets_take_no_descriptors, tc)
{
#ifndef __linux__
	atf_tc_skip("only Linux can refuse them");
#else
	struct os_addr	a = unix_path("sock");
	struct os_peer	peer;
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "adopt" };
	bool		pending;
	int		v, l = listen_at(&a), c, s;
	socklen_t	len = sizeof(v);

	/* SO_PASSRIGHTS, Linux 6.16 */
	if (getsockopt(l, SOL_SOCKET, 83, &v, &len) == -1)
		atf_tc_skip("this kernel cannot refuse them");
	ATF_REQUIRE((c = os_connect(&a, &pending)) >= 0);
	ATF_CHECK_EQ(lend(c, 0), -EPERM);	/* not accepted yet */
	s = accept_from(l, &peer);
	ATF_CHECK_EQ(lend(c, 0), -EPERM);	/* of a client */
	ATF_CHECK_EQ(lend(s, 0), -EPERM);	/* of a backend */
	ATF_CHECK_EQ(os_write(c, "ab", 2), 2);	/* bytes are not concerned */

	ATF_REQUIRE((l = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(bind(l, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ATF_REQUIRE_EQ(listen(l, 8), 0);
	ATF_REQUIRE_EQ(os_listen_adopt(l, &how), 0);
	ATF_REQUIRE((c = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(connect(c, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ATF_CHECK_EQ(lend(c, 0), -EPERM);
#endif
}

/* ---- sockets of others ---- */

ATF_TC_WITHOUT_HEAD(an_adopted_listener_is_like_ours);
ATF_TC_BODY(an_adopted_listener_is_like_ours, tc)
{
	struct sockaddr_in	sin;
	struct os_addr		a;
	struct os_peer		peer;
	bool			pending;
	int			l, c;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((l = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	ATF_REQUIRE_EQ(bind(l, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ATF_CHECK_EQ(os_listen_adopt(l, &how), -EINVAL);
	ATF_REQUIRE_EQ(listen(l, 8), 0);
	ATF_REQUIRE_EQ(os_listen_adopt(l, &how), 0);
	ATF_REQUIRE_EQ(os_sockname(l, &a), 0);
	ATF_REQUIRE(os_connect(&a, &pending) >= 0);
	c = accept_from(l, &peer);
	check_options(c);
	ATF_CHECK_EQ(os_accept(l, &peer), -EAGAIN);
}

ATF_TC_WITHOUT_HEAD(what_is_no_listener_is_not_adopted);
ATF_TC_BODY(what_is_no_listener_is_not_adopted, tc)
{
	int	fd;

	ATF_REQUIRE((fd = open("file", O_CREAT | O_RDWR, 0600)) >= 0);
	ATF_CHECK_EQ(os_listen_adopt(fd, &how), -ENOTSOCK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
	ATF_CHECK_EQ(os_listen_adopt(fd, &how), -EPROTOTYPE);
	ATF_CHECK_EQ(os_listen_adopt(1000, &how), -EBADF);
}

ATF_TC_WITHOUT_HEAD(accept_on_what_does_not_listen_is_no_lost_connection);
ATF_TC_BODY(accept_on_what_does_not_listen_is_no_lost_connection, tc)
{
	struct os_peer	peer;
	int		fd;

	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	ATF_CHECK_EQ(os_accept(fd, &peer), -EINVAL);
	ATF_CHECK_EQ(os_accept(1000, &peer), -EBADF);
}

/* No more descriptors from here (or again). */
static void
exhaust(bool on)
{
	static struct rlimit	before;
	struct rlimit		l;
	int			fd;

	if (!on) {
		ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
		return;
	}
	ATF_REQUIRE_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	ATF_REQUIRE((fd = dup(0)) >= 0);
	(void)close(fd);
	l = before;
	l.rlim_cur = (rlim_t)fd;
	ATF_REQUIRE_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
}

ATF_TC_WITHOUT_HEAD(out_of_descriptors_says_so);
ATF_TC_BODY(out_of_descriptors_says_so, tc)
{
	struct os_addr	a = loopback(0);
	struct os_peer	peer;
	bool		pending;
	int		l = listen_at(&a);

	ATF_REQUIRE(os_connect(&a, &pending) >= 0);
	exhaust(true);
	ATF_CHECK_EQ(os_accept(l, &peer), -EMFILE);
	ATF_CHECK_EQ(os_connect(&a, &pending), -EMFILE);
	ATF_CHECK_EQ(os_listen(&a, &how), -EMFILE);
	exhaust(false);
	(void)accept_from(l, &peer);
}

/* ---- urgent bytes ---- */

static long
read_some(int fd, char *buf, size_t size)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };

	ATF_REQUIRE_EQ(poll(&p, 1, 5000), 1);
	return os_read(fd, buf, size);
}

ATF_TC_WITHOUT_HEAD(an_urgent_byte_is_a_byte);
ATF_TC_BODY(an_urgent_byte_is_a_byte, tc)
{
	char	buf[8];
	size_t	n = 0;
	int	c, s;

	pair(&c, &s);
	ATF_REQUIRE_EQ(os_write(c, "ab", 2), 2);
	ATF_REQUIRE_EQ(send(c, "!", 1, MSG_OOB), 1);
	ATF_REQUIRE_EQ(os_write(c, "cd", 2), 2);
	while (n < 5)
		n += (size_t)read_some(s, buf + n, sizeof(buf) - n);
	ATF_CHECK_EQ(memcmp(buf, "ab!cd", 5), 0);
}

/* splice(2) stops in front of it: the lane must end, and reading goes on. */
ATF_TC_WITHOUT_HEAD(an_urgent_byte_does_not_strand_a_lane);
ATF_TC_BODY(an_urgent_byte_does_not_strand_a_lane, tc)
{
	struct splice_moved	m;
	enum splice_result	r;
	struct pollfd		p;
	char			buf[8];
	int			a, b, c, d, lane, i;

	if (splice_open(1) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	(void)signal(SIGPIPE, SIG_IGN);
	pair(&a, &b);
	pair(&c, &d);
	ATF_REQUIRE_EQ(os_write(a, "ab", 2), 2);
	ATF_REQUIRE_EQ(send(a, "!", 1, MSG_OOB), 1);
	p.fd = b;
	p.events = POLLIN;
	ATF_REQUIRE_EQ(poll(&p, 1, 5000), 1);
	ATF_REQUIRE((lane = splice_begin(b, c)) >= 0);
	for (i = 0; i < 100; i++)
		if ((r = splice_step(lane, b, c, 100, 0, &m)) != SPLICE_SOURCE)
			break;
	ATF_CHECK_EQ(r, SPLICE_ENDED);
	ATF_CHECK_EQ(m.error, 0);
	splice_end(lane, b, NULL);
	ATF_CHECK_EQ(read_some(d, buf, sizeof(buf)), 2);
	ATF_CHECK_EQ(read_some(b, buf, sizeof(buf)), 1);
	ATF_CHECK_EQ(buf[0], '!');
}

/* ---- pipes of lanes ---- */

static int
open_descriptors(void)
{
	int	fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

ATF_TC_WITHOUT_HEAD(pipes_are_kept_until_trimmed);
ATF_TC_BODY(pipes_are_kept_until_trimmed, tc)
{
	int	c, s, l1, l2, before;

	if (splice_open(4) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	pair(&c, &s);
	before = open_descriptors();
	ATF_REQUIRE((l1 = splice_begin(c, s)) >= 0);
	ATF_REQUIRE((l2 = splice_begin(s, c)) >= 0);
	ATF_CHECK_EQ(open_descriptors(), before + 4);
	splice_end(l1, c, NULL);
	ATF_CHECK_EQ(open_descriptors(), before + 4);
	ATF_REQUIRE((l1 = splice_begin(c, s)) >= 0);
	ATF_CHECK_EQ(open_descriptors(), before + 4);
	splice_end(l1, c, NULL);
	splice_end(l2, s, NULL);
	splice_trim();
	ATF_CHECK_EQ(open_descriptors(), before);
	splice_close();
}

ATF_TC_WITHOUT_HEAD(a_pipe_with_bytes_is_not_used_again);
ATF_TC_BODY(a_pipe_with_bytes_is_not_used_again, tc)
{
	static char		fill[65536];
	struct splice_moved	m;
	int			a, b, c, d, lane, before, i;

	if (splice_open(4) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	pair(&a, &b);
	pair(&c, &d);
	before = open_descriptors();
	ATF_REQUIRE((lane = splice_begin(b, c)) >= 0);
	for (i = 0; i < 1000 && splice_held(lane) == 0; i++) {
		(void)os_write(a, fill, sizeof(fill));
		(void)splice_step(lane, b, c, 1 << 20, 0, &m);
	}
	ATF_REQUIRE(splice_held(lane) > 0);
	splice_end(lane, b, NULL);
	ATF_CHECK_EQ(open_descriptors(), before);
	splice_close();
}

ATF_TC_WITHOUT_HEAD(a_lane_can_be_given_away);
ATF_TC_BODY(a_lane_can_be_given_away, tc)
{
	static char		fill[65536], back[2 << 20];
	struct splice_moved	m;
	size_t			held;
	int			a, b, c, d, fd[2], copy[2], lane, other, i;

	if (splice_open(4) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	pair(&a, &b);
	pair(&c, &d);
	ATF_REQUIRE((lane = splice_begin(b, c)) >= 0);
	ATF_CHECK_EQ(splice_export(lane, fd), 0);
	memset(fill, 'x', sizeof(fill));
	for (i = 0; i < 1000 && splice_held(lane) == 0; i++) {
		(void)os_write(a, fill, sizeof(fill));
		(void)splice_step(lane, b, c, 1 << 20, 0, &m);
	}
	ATF_REQUIRE((held = splice_held(lane)) > 0);
	ATF_REQUIRE_EQ(splice_export(lane, fd), 2);
	copy[0] = dup(fd[0]);
	copy[1] = dup(fd[1]);
	splice_end(lane, b, NULL);
	ATF_CHECK_EQ(splice_import(copy, held + 1), -EINVAL);
	ATF_REQUIRE((other = splice_import(copy, held)) >= 0);
	ATF_CHECK_EQ(splice_held(other), held);
	ATF_REQUIRE_EQ((size_t)splice_take(other, back, sizeof(back)), held);
	ATF_CHECK(back[0] == 'x' && back[held - 1] == 'x');
	splice_end(other, b, NULL);
	splice_close();
}

/* To a file that is appended to, splice(2) moves nothing. */
ATF_TC_WITHOUT_HEAD(what_a_lane_holds_comes_where_none_can_begin);
ATF_TC_BODY(what_a_lane_holds_comes_where_none_can_begin, tc)
{
	struct splice_moved	m;
	char			buf[8];
	int			a, b, file, lane, p[2];

	if (splice_open(2) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	pair(&a, &b);
	ATF_REQUIRE((file = open("f", O_CREAT | O_WRONLY | O_APPEND, 0600)) !=
	    -1);
	ATF_REQUIRE((lane = splice_begin(b, file)) >= 0);
	ATF_REQUIRE_EQ(3, os_write(a, "abc", 3));
	ATF_CHECK_EQ(SPLICE_ENDED, splice_step(lane, b, file, 100, 0, &m));
	ATF_REQUIRE_EQ(3, splice_take(lane, buf, sizeof(buf)));
	splice_end(lane, b, NULL);
	ATF_CHECK_EQ(-ENOTSUP, splice_begin(b, file));
	ATF_REQUIRE(pipe(p) == 0 && write(p[1], "abc", 3) == 3);
	ATF_REQUIRE((lane = splice_import((int[]){ p[1], p[0] }, 3)) >= 0);
	ATF_CHECK_EQ(3, splice_take(lane, buf, sizeof(buf)));
	splice_end(lane, -1, NULL);
	splice_close();
}

/* They come beside those that are made here: more than there are lanes. */
ATF_TC_WITHOUT_HEAD(no_more_pipes_are_kept_than_lanes);
ATF_TC_BODY(no_more_pipes_are_kept_than_lanes, tc)
{
	char	byte;
	int	i, before, lane, p[2];

	if (splice_open(1) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	before = unit_free_fd();
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE(pipe(p) == 0 && write(p[1], "x", 1) == 1);
		ATF_REQUIRE((lane = splice_import((int[]){ p[1], p[0] }, 1)) >=
		    0);
		ATF_REQUIRE_EQ(1, splice_take(lane, &byte, 1));
		splice_end(lane, -1, NULL);
	}
	ATF_CHECK_EQ(unit_free_fd(), before + 2);
	splice_trim();
	ATF_CHECK_EQ(unit_free_fd(), before);
	splice_close();
}

ATF_TC_WITHOUT_HEAD(no_descriptor_for_a_pipe_says_so);
ATF_TC_BODY(no_descriptor_for_a_pipe_says_so, tc)
{
	int	c, s;

	if (splice_open(4) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	pair(&c, &s);
	exhaust(true);
	ATF_CHECK_EQ(splice_begin(c, s), -EMFILE);
	exhaust(false);
	ATF_CHECK(splice_begin(c, s) >= 0);
	splice_close();
}

/*
 * An unprivileged user's pipes get smaller and then useless (pipe(7),
 * pipe-user-pages-soft): the lanes that are there go on, and no more begin.
 */
ATF_TC(pipes_run_short_of_pages);
ATF_TC_HEAD(pipes_run_short_of_pages, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(pipes_run_short_of_pages, tc)
{
	enum { LANES = 2000 };
	struct splice_moved	m;
	char			buf[8];
	int			a, b, c, d, lane = 0, last = -1, n, status;
	pid_t			pid;

	if (splice_open(LANES) != SPLICE_PUMPED)
		atf_tc_skip("no lanes that we pump");
	memset(buf, 0, sizeof(buf));
	n = open("/proc/sys/fs/pipe-user-pages-soft", O_RDONLY);
	if (n == -1)
		atf_tc_skip("this kernel has no such limit");
	if (read(n, buf, sizeof(buf) - 1) != 6 || strcmp(buf, "16384\n") != 0)
		atf_tc_skip("the limit is not the default");
	pair(&a, &b);
	pair(&c, &d);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		/* A number that has no other pipes. */
		if (setuid(54321) == -1)
			_exit(1);
		for (n = 0; n < LANES; n++, last = lane)
			if ((lane = splice_begin(b, c)) < 0)
				break;
		if (lane != -ENOBUFS || n < 300)
			_exit(2);
		if (os_write(a, "abc", 3) != 3 ||
		    splice_step(last, b, c, 100, 0, &m) != SPLICE_SOURCE ||
		    m.out != 3 || read_some(d, buf, sizeof(buf)) != 3)
			_exit(3);
		/* With pipes given back there is room again. */
		splice_end(last, b, NULL);
		_exit(splice_begin(b, c) >= 0 ? 0 : 4);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK(WIFEXITED(status));
	if (WEXITSTATUS(status) == 1)
		atf_tc_skip("no such user can be");
	ATF_CHECK_EQ(WEXITSTATUS(status), 0);
	splice_close();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, both_sides_have_all_options);
	ATF_TP_ADD_TC(tp, a_relay_is_told_what_is_unsent);
	ATF_TP_ADD_TC(tp, listeners_have_no_keepalive_where_it_ends_them);
	ATF_TP_ADD_TC(tp, a_v4_client_of_a_v6_listener_is_a_v4_client);
	ATF_TP_ADD_TC(tp, v6only_leaves_v4_alone);
	ATF_TP_ADD_TC(tp, a_transparent_listener_may_have_any_address);
	ATF_TP_ADD_TC(tp, a_connection_to_itself_is_refused);
	ATF_TP_ADD_TC(tp, no_address_is_an_error);
	ATF_TP_ADD_TC(tp, a_stale_socket_file_is_taken_over);
	ATF_TP_ADD_TC(tp, a_live_socket_is_left_alone);
	ATF_TP_ADD_TC(tp, what_is_no_socket_is_left_alone);
	ATF_TP_ADD_TC(tp, permissions_are_there_from_the_start);
	ATF_TP_ADD_TC(tp, paths_as_long_as_they_may_be);
	ATF_TP_ADD_TC(tp, all_who_wait_see_the_end_of_a_listener);
	ATF_TP_ADD_TC(tp, abstract_names_have_no_file);
	ATF_TP_ADD_TC(tp, unix_sockets_take_no_descriptors);
	ATF_TP_ADD_TC(tp, an_adopted_listener_is_like_ours);
	ATF_TP_ADD_TC(tp, what_is_no_listener_is_not_adopted);
	ATF_TP_ADD_TC(tp, accept_on_what_does_not_listen_is_no_lost_connection);
	ATF_TP_ADD_TC(tp, out_of_descriptors_says_so);
	ATF_TP_ADD_TC(tp, an_urgent_byte_is_a_byte);
	ATF_TP_ADD_TC(tp, an_urgent_byte_does_not_strand_a_lane);
	ATF_TP_ADD_TC(tp, pipes_are_kept_until_trimmed);
	ATF_TP_ADD_TC(tp, a_pipe_with_bytes_is_not_used_again);
	ATF_TP_ADD_TC(tp, a_lane_can_be_given_away);
	ATF_TP_ADD_TC(tp, what_a_lane_holds_comes_where_none_can_begin);
	ATF_TP_ADD_TC(tp, no_more_pipes_are_kept_than_lanes);
	ATF_TP_ADD_TC(tp, no_descriptor_for_a_pipe_says_so);
	ATF_TP_ADD_TC(tp, pipes_run_short_of_pages);
	return atf_no_error();
}

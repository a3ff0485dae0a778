/*
 * t_notify.c - what a service manager gets to read from notify.h.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atf-c.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"

static char	got[1024];

static int
manager(const char *name)
{
	struct sockaddr_un	sun;
	socklen_t		len;
	int			fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strcpy(sun.sun_path, name);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(name) + (name[0] != '@'));
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sun, len));
	ATF_REQUIRE_EQ(0, setenv("NOTIFY_SOCKET", name, 1));
	return fd;
}

static const char *
take(int fd)
{
	ssize_t	n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	ATF_REQUIRE_MSG(n >= 0, "no message");
	got[n] = '\0';
	return got;
}

ATF_TC_WITHOUT_HEAD(without_a_manager_nothing_happens);
ATF_TC_BODY(without_a_manager_nothing_happens, tc)
{
	unsetenv("NOTIFY_SOCKET");
	ATF_CHECK_EQ(0, notify_send(NOTIFY_READY, "x"));
	setenv("NOTIFY_SOCKET", "", 1);
	ATF_CHECK_EQ(0, notify_send(NOTIFY_READY, "x"));
}

ATF_TC_WITHOUT_HEAD(states_and_status_arrive);
ATF_TC_BODY(states_and_status_arrive, tc)
{
	struct timespec	before, after;
	char		expected[128];
	long long	usec = -1;
	int		fd = manager("n.sock");

	/* a relative path is none of the forms that there are */
	ATF_CHECK_EQ(-EINVAL, notify_send(NOTIFY_READY, "x"));
	close(fd);
	ATF_REQUIRE(getcwd(got, 60) != NULL);
	strcat(got, "/n");
	fd = manager(strdup(got));
	ATF_CHECK_EQ(0, notify_send(NOTIFY_READY, "2 listeners"));
	snprintf(expected, sizeof(expected),
	    "READY=1\nMAINPID=%ld\nSTATUS=2 listeners", (long)getpid());
	ATF_CHECK_STREQ(expected, take(fd));
	ATF_REQUIRE_EQ(0, clock_gettime(CLOCK_MONOTONIC, &before));
	ATF_CHECK_EQ(0, notify_send(NOTIFY_RELOADING, "again"));
	ATF_REQUIRE_EQ(0, clock_gettime(CLOCK_MONOTONIC, &after));
	ATF_CHECK_EQ(1, sscanf(take(fd), "RELOADING=1\nMONOTONIC_USEC=%lld\n"
	    "STATUS=again", &usec));
	ATF_CHECK(usec >= before.tv_sec * 1000000LL + before.tv_nsec / 1000);
	ATF_CHECK(usec <= after.tv_sec * 1000000LL + after.tv_nsec / 1000);
	ATF_CHECK_EQ(0, notify_send(NOTIFY_STOPPING, "fine"));
	ATF_CHECK_STREQ("STOPPING=1\nSTATUS=fine", take(fd));
}

ATF_TC_WITHOUT_HEAD(abstract_names_work);
ATF_TC_BODY(abstract_names_work, tc)
{
	char	name[64];
	int	fd;

#ifndef __linux__
	atf_tc_skip("abstract names are Linux's");
#endif
	snprintf(name, sizeof(name), "@t_notify.%ld", (long)getpid());
	fd = manager(name);
	ATF_CHECK_EQ(0, notify_send(NOTIFY_STOPPING, "here"));
	ATF_CHECK_STREQ("STOPPING=1\nSTATUS=here", take(fd));
}

ATF_TC_WITHOUT_HEAD(a_manager_that_is_gone_or_full_costs_nothing);
ATF_TC_BODY(a_manager_that_is_gone_or_full_costs_nothing, tc)
{
	char	path[128], longest[200];
	int	fd, i, error = 0;

	ATF_REQUIRE(getcwd(path, 60) != NULL);
	strcat(path, "/n");
	fd = manager(path);
	for (i = 0; i < 10000 && error == 0; i++)
		error = notify_send(NOTIFY_STOPPING, "more");
	ATF_CHECK_EQ(-EAGAIN, error);
	close(fd);
	ATF_CHECK_EQ(-ECONNREFUSED, notify_send(NOTIFY_READY, "x"));
	unlink(path);
	ATF_CHECK_EQ(-ENOENT, notify_send(NOTIFY_READY, "x"));
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	ATF_CHECK_EQ(-ENAMETOOLONG, notify_send(NOTIFY_READY, "x"));
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	ATF_CHECK_EQ(-EINVAL, notify_send(NOTIFY_READY, "x"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, without_a_manager_nothing_happens);
	ATF_TP_ADD_TC(tp, states_and_status_arrive);
	ATF_TP_ADD_TC(tp, abstract_names_work);
	ATF_TP_ADD_TC(tp, a_manager_that_is_gone_or_full_costs_nothing);
	return atf_no_error();
}

/*
 * notify.c - one datagram for each message, to the socket that NOTIFY_SOCKET
 * names; sd_notify(3) has the protocol.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC	0	/* closed again before anything is executed */
#endif

enum { MESSAGE = 512 };

/* "/path", or "@name" for an abstract name. */
static int
manager_address(const char *name, struct sockaddr_un *sun, socklen_t *len)
{
	size_t	n = strlen(name);

	if (name[0] != '/' && name[0] != '@')
		return -EINVAL;
	memset(sun, 0, sizeof(*sun));
	if (n >= sizeof(sun->sun_path))
		return -ENAMETOOLONG;
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, name, n);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	if (name[0] == '@')
		sun->sun_path[0] = '\0';
	else
		++*len;
	return 0;
}

/* A reload is told with its time, so that its READY is not taken for another's. */
static void
state_text(char *buf, size_t size, enum notify state)
{
	struct timespec	ts;

	switch (state) {
	case NOTIFY_READY:
		(void)snprintf(buf, size, "READY=1\nMAINPID=%ld\n",
		    (long)getpid());
		break;
	case NOTIFY_RELOADING:
		(void)clock_gettime(CLOCK_MONOTONIC, &ts);
		(void)snprintf(buf, size,
		    "RELOADING=1\nMONOTONIC_USEC=%lld%06ld\n",
		    (long long)ts.tv_sec, ts.tv_nsec / 1000);
		break;
	case NOTIFY_STOPPING:
		(void)snprintf(buf, size, "STOPPING=1\n");
		break;
	case NOTIFY_STATUS:
		buf[0] = '\0';
		break;
	}
}

static void
add_status(char *buf, size_t size, const char *text)
{
	size_t	used = strlen(buf);
	char	*p = buf + used;

	(void)snprintf(p, size - used, "STATUS=%s", text);
	/* a line end would begin an assignment of its own */
	for (; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}

int
notify_send(enum notify state, const char *text)
{
	const char		*name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un	 sun;
	socklen_t		 len;
	char			 message[MESSAGE];
	int			 error, fd;

	if (name == NULL || *name == '\0')
		return 0;
	if ((error = manager_address(name, &sun, &len)) != 0)
		return error;
	state_text(message, sizeof(message), state);
	if (text != NULL)
		add_status(message, sizeof(message), text);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	if (sendto(fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&sun, len) == -1)
		error = -errno;
	(void)close(fd);
	return error;
}

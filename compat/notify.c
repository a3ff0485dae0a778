/*
 * notify.c - one datagram for each message, to the socket that NOTIFY_SOCKET
 * names; sd_notify(3) has the protocol.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "line.h"
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
put_state(struct line *m, enum notify state)
{
	struct timespec	ts;

	switch (state) {
	case NOTIFY_READY:
		line_text(m, "READY=1\nMAINPID=");
		line_number(m, (uint64_t)getpid());
		break;
	case NOTIFY_RELOADING:
		(void)clock_gettime(CLOCK_MONOTONIC, &ts);
		line_text(m, "RELOADING=1\nMONOTONIC_USEC=");
		line_number(m, (uint64_t)ts.tv_sec * 1000000 +
		    (uint64_t)ts.tv_nsec / 1000);
		break;
	case NOTIFY_STOPPING:
		line_text(m, "STOPPING=1");
		break;
	}
}

int
notify_send(enum notify state, const char *text)
{
	const char		*name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un	 sun;
	socklen_t		 len;
	char			 message[MESSAGE];
	struct line		 m = { message, sizeof(message), 0 };
	int			 error, fd;

	if (name == NULL || *name == '\0')
		return 0;
	if ((error = manager_address(name, &sun, &len)) != 0)
		return error;
	put_state(&m, state);
	line_text(&m, "\nSTATUS=");
	line_text(&m, text);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	if (sendto(fd, m.text, m.len, MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&sun, len) == -1)
		error = errno == ENOBUFS ? -EAGAIN : -errno;
	(void)close(fd);
	return error;
}

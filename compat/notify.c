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

/* A message in the making; what does not fit is cut. */
struct message {
	char	text[MESSAGE];
	size_t	len;
};

static void
put(struct message *m, const char *s)
{
	for (; *s != '\0' && m->len < sizeof(m->text); s++)
		m->text[m->len++] = *s;
}

static void
put_number(struct message *m, uint64_t v)
{
	char	digits[24], *p = digits + sizeof(digits);

	*--p = '\0';
	do {
		*--p = (char)('0' + v % 10);
	} while ((v /= 10) != 0);
	put(m, p);
}

/* A reload is told with its time, so that its READY is not taken for another's. */
static void
put_state(struct message *m, enum notify state)
{
	struct timespec	ts;

	switch (state) {
	case NOTIFY_READY:
		put(m, "READY=1\nMAINPID=");
		put_number(m, (uint64_t)getpid());
		put(m, "\n");
		break;
	case NOTIFY_RELOADING:
		(void)clock_gettime(CLOCK_MONOTONIC, &ts);
		put(m, "RELOADING=1\nMONOTONIC_USEC=");
		put_number(m, (uint64_t)ts.tv_sec * 1000000 +
		    (uint64_t)ts.tv_nsec / 1000);
		put(m, "\n");
		break;
	case NOTIFY_STOPPING:
		put(m, "STOPPING=1\n");
		break;
	case NOTIFY_STATUS:
		break;
	}
}

/* A line end in it would begin an assignment of its own. */
static void
put_status(struct message *m, const char *text)
{
	size_t	i;

	put(m, "STATUS=");
	i = m->len;
	put(m, text);
	for (; i < m->len; i++)
		if (m->text[i] == '\n')
			m->text[i] = ' ';
}

int
notify_send(enum notify state, const char *text)
{
	const char		*name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un	 sun;
	socklen_t		 len;
	struct message		 m;
	int			 error, fd;

	if (name == NULL || *name == '\0')
		return 0;
	if ((error = manager_address(name, &sun, &len)) != 0)
		return error;
	m.len = 0;
	put_state(&m, state);
	if (text != NULL)
		put_status(&m, text);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	if (sendto(fd, m.text, m.len, MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&sun, len) == -1)
		error = -errno;
	(void)close(fd);
	return error;
}

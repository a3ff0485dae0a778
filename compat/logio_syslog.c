/*
 * logio_syslog.c - lines for the system's logger, over its datagram socket.
 *
 * syslog(3) waits when the logger is slow, and cannot say that a line was lost:
 * so this is done by hand, in the form that syslog(3) uses (RFC 3164, 4.1).
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "logio.h"

enum { MESSAGE = 1024 };	/* RFC 3164, 4.1: bytes at most */

static int	logger = -1;

static int
connect_to(const char *path)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd, error;

	strncpy(sun.sun_path, path, sizeof(sun.sun_path) - 1);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1)
		return -errno;
	if ((error = fd_dress(fd)) == 0 &&
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		error = -errno;
	if (error == 0)
		return fd;
	(void)close(fd);
	return error;
}

int
logio_syslog_open(void)
{
	static const char *const paths[] =
	    { "/dev/log", "/var/run/log", "/var/run/syslog" };
	size_t	i;
	int	fd = -ENOENT, first = 0;

	if (logger != -1)
		return 0;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if ((fd = connect_to(paths[i])) >= 0) {
			logger = fd;
			return 0;
		}
		if (first == 0 || first == -ENOENT)
			first = fd;
	}
	return first;
}

int
logio_syslog_fd(void)
{
	return logger;
}

const char *
logio_syslog_stamp(char buf[LOGIO_STAMP])
{
	static const char	months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (*logio_stamp(buf) == '\0')
		return buf;		/* nobody knows the time */
	memcpy(buf + 4, months + 3 * ((buf[5] - '0') * 10 + buf[6] - '1'), 3);
	buf[7] = ' ';
	if (buf[8] == '0')
		buf[8] = ' ';
	memcpy(buf + 19, " ", 2);
	return buf + 4;
}

static int
put(const char *message, size_t len)
{
	ssize_t	n;

	if (logger == -1)
		return -ENOTCONN;
	do
		n = send(logger, message, len < MESSAGE ? len : MESSAGE,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : 0;
}

/* Errors that say that the logger itself is gone, not that it is busy. */
static bool
is_gone(int error)
{
	return error == -ENOTCONN || error == -ECONNREFUSED ||
	    error == -ECONNRESET || error == -EPIPE || error == -EDESTADDRREQ;
}

int
logio_syslog(const char *message, size_t len)
{
	int	error = put(message, len);

	if (!is_gone(error))
		return error;
	if (logger != -1)
		(void)close(logger);
	logger = -1;
	if ((error = logio_syslog_open()) != 0)
		return error;
	return put(message, len);
}

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
#include "line.h"
#include "logio.h"

enum { LINE = 1024 };		/* RFC 3164, 4.1: at most */

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

/* "2024-05-01 12:34:56" as "May  1 12:34:56 ". */
static void
put_stamp(struct line *line)
{
	static const char	months[12][4] = { "Jan", "Feb", "Mar", "Apr",
				    "May", "Jun", "Jul", "Aug", "Sep", "Oct",
				    "Nov", "Dec" };
	char			stamp[LOGIO_STAMP];

	if (*logio_stamp(stamp) == '\0')
		return;		/* nobody knows the time */
	line_text(line, months[(stamp[5] - '0') * 10 + stamp[6] - '1']);
	stamp[7] = ' ';
	if (stamp[8] == '0')
		stamp[8] = ' ';
	line_text(line, stamp + 7);
	line_text(line, " ");
}

/* "<30>May  1 12:34:56 name[123]: " */
static void
put_head(struct line *line, int priority, const char *name)
{
	line_text(line, "<");
	line_number(line, (uint64_t)priority);
	line_text(line, ">");
	put_stamp(line);
	line_text(line, name);
	line_text(line, "[");
	line_number(line, (uint64_t)getpid());
	line_text(line, "]: ");
}

static int
put(const struct line *line)
{
	ssize_t	n;

	if (logger == -1)
		return -ENOTCONN;
	do
		n = send(logger, line->text, line->len,
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
logio_syslog(int priority, const char *name, const char *text)
{
	char		message[LINE];
	struct line	line = { message, sizeof(message), 0 };
	int		error;

	put_head(&line, priority, name);
	line_text(&line, text);
	error = put(&line);
	if (!is_gone(error))
		return error;
	if (logger != -1)
		(void)close(logger);
	logger = -1;
	if ((error = logio_syslog_open()) != 0)
		return error;
	return put(&line);
}

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
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "logio.h"

enum { LINE = 1024 };		/* RFC 3164, 4.1: at most */

static int	logger = -1;

static int
connect_to(const char *path)
{
	struct sockaddr_un	sun;
	int			fd, error;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strncpy(sun.sun_path, path, sizeof(sun.sun_path) - 1);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != -1 &&
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != -1)
		return fd;
	error = -errno;
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

void
logio_syslog_close(void)
{
	if (logger != -1)
		(void)close(logger);
	logger = -1;
}

int
logio_syslog_fd(void)
{
	return logger;
}

/* Append to a line of LINE bytes, cutting what is too long. */
static size_t
add(char *line, size_t at, const char *s)
{
	while (*s != '\0' && at < LINE)
		line[at++] = *s++;
	return at;
}

static size_t
add_number(char *line, size_t at, unsigned long n)
{
	char	digits[24];
	size_t	i = sizeof(digits);

	digits[--i] = '\0';
	do
		digits[--i] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return add(line, at, digits + i);
}

/* "2024-05-01 12:34:56" as "May  1 12:34:56 ". */
static size_t
add_stamp(char *line, size_t at)
{
	static const char	months[12][4] = { "Jan", "Feb", "Mar", "Apr",
				    "May", "Jun", "Jul", "Aug", "Sep", "Oct",
				    "Nov", "Dec" };
	char			stamp[LOGIO_STAMP];

	if (*logio_stamp(stamp) == '\0')
		return at;	/* nobody knows the time */
	at = add(line, at, months[(stamp[5] - '0') * 10 + stamp[6] - '1']);
	stamp[7] = ' ';
	if (stamp[8] == '0')
		stamp[8] = ' ';
	at = add(line, at, stamp + 7);
	return add(line, at, " ");
}

/* "<30>May  1 12:34:56 name[123]: " */
static size_t
head(char *line, int priority, const char *name)
{
	size_t	at = 0;

	at = add(line, at, "<");
	at = add_number(line, at, (unsigned long)priority);
	at = add(line, at, ">");
	at = add_stamp(line, at);
	at = add(line, at, name);
	at = add(line, at, "[");
	at = add_number(line, at, (unsigned long)getpid());
	return add(line, at, "]: ");
}

static int
put(const char *line, size_t len)
{
	ssize_t	n;

	if (logger == -1)
		return -ENOTCONN;
	do
		n = send(logger, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
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
	char	line[LINE];
	size_t	len;
	int	error;

	len = add(line, head(line, priority, name), text);
	error = put(line, len);
	if (!is_gone(error))
		return error;
	logio_syslog_close();
	if ((error = logio_syslog_open()) != 0)
		return error;
	return put(line, len);
}

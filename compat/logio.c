/*
 * logio.c - log files and borrowed descriptors.  (logio_syslog.c has syslog.)
 *
 * A write to the log never waits: a description of our own is non-blocking, one
 * that others share is asked first whether it takes anything.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "line.h"
#include "logio.h"
#include "os.h"
#include "owner.h"

enum kind {
	SHARED,			/* ask first */
	OWN,			/* does not block */
	SOCKET			/* the same, and told not to wait: the BSDs send
				   on a stream as if they had not heard */
};

/* NetBSD heeds MSG_DONTWAIT when receiving only (7.99.34), and this always. */
#ifndef MSG_NBIO
#define MSG_NBIO 0
#endif

enum {
	FD_PATH = 40,
	PIPE_BYTES = 1024 * 1024,	/* /proc/sys/fs/pipe-max-size, Linux */
	AT_ONCE = MSG_DONTWAIT | MSG_NBIO | MSG_NOSIGNAL
};

/* The descriptors we know; one log at a time, and one being reopened. */
static struct {
	int		fd;
	enum kind	kind;
} known[2] = { { -1, SHARED }, { -1, SHARED } };

static int	torn = -1;	/* has a piece of a line for its end */

static int
know(int fd, enum kind kind)
{
	if (torn == fd)
		torn = -1;
	if (known[0].fd != fd)
		known[1] = known[0];
	known[0].fd = fd;
	known[0].kind = kind;
	return fd;
}

static enum kind
kind_of(int fd)
{
	int	i;

	for (i = 0; i < 2; i++)
		if (known[i].fd == fd)
			return known[i].kind;
	return SHARED;
}

/*
 * Whether this symbolic link was put there by somebody who may: in a directory
 * that others can write to, it could be changed behind our back.
 */
static bool
may_follow(const char *path, uid_t owner)
{
	unsigned	mode;

	return owner_directory(path, &mode) == 0 && !(mode & S_IWOTH) &&
	    (owner == 0 || owner == geteuid());
}

int
logio_open(const char *path)
{
	const int	flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK |
			    O_NOCTTY | O_CLOEXEC;
	struct stat	st;
	int		fd, error;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
		if (!may_follow(path, st.st_uid))
			return -ELOOP;
		fd = open(path, flags, 0640);
	} else
		fd = open(path, flags | O_NOFOLLOW, 0640);
	if (fd == -1)
		return -errno;
	if ((error = owner_file(fd, path)) == 0)
		return know(fd, OWN);
	(void)close(fd);
	return error;
}

/* "/proc/self/fd/12": opens what fd has open, on Linux. */
static void
proc_path(char *path, int fd)
{
	struct line	line = { path, FD_PATH - 1, 0 };

	line_text(&line, "/proc/self/fd/");
	line_number(&line, (uint64_t)fd);
	path[line.len] = '\0';
}

static int
copy(int fd, enum kind kind)
{
	int	new;

	new = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return new == -1 ? -errno : know(new, kind);
}

int
logio_own(int fd)
{
	struct stat	st, there;
	char		path[FD_PATH];
	int		new, flags;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (S_ISREG(st.st_mode))
		return copy(fd, OWN);
	if (S_ISSOCK(st.st_mode))
		return copy(fd, SOCKET);
	proc_path(path, fd);
	new = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	/* Elsewhere it may be a copy, or not there at all. */
	if (new == -1)
		return copy(fd, SHARED);
	/* NetBSD's is a file of its own, and writes to it wait. */
	if (fstat(new, &there) == -1 || there.st_dev != st.st_dev ||
	    there.st_ino != st.st_ino) {
		(void)close(new);
		return copy(fd, SHARED);
	}
	flags = fcntl(new, F_GETFL);
	if (flags != -1 && flags & O_NONBLOCK)
		return know(new, OWN);
	return know(new, SHARED);
}

int
logio_pipe(int fd[2])
{
	int	i, error;

	if (pipe(fd) == -1)
		return -errno;
	for (i = 0; i < 2; i++) {
		if ((error = fd_dress(fd[i])) == 0)
			continue;
		(void)close(fd[0]);
		(void)close(fd[1]);
		return error;
	}
#ifdef F_SETPIPE_SZ
	/* as much as anybody may have: many lines may come at once */
	(void)fcntl(fd[0], F_SETPIPE_SZ, PIPE_BYTES);
#endif
	(void)know(fd[1], OWN);
	return 0;
}

long
logio_take(int fd, char *buf, size_t size)
{
	ssize_t	n;

	do
		n = read(fd, buf, size);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

static ssize_t
put(int fd, enum kind kind, const char *line, size_t len)
{
	ssize_t	n;

	do
		n = kind == SOCKET ?
		    send(fd, line, len, AT_ONCE) :
		    write(fd, line, len);
	while (n == -1 && errno == EINTR);
	return n;
}

static void
spend(uint64_t begin, int *left_ms)
{
	uint64_t	spent = os_now_ms() - begin;

	*left_ms = spent < (unsigned)*left_ms ? *left_ms - (int)spent : 0;
}

/* Whether it takes anything, in the time that is left, whatever signals come. */
static int
ask(int fd, int *left_ms)
{
	struct pollfd	p = { .fd = fd, .events = POLLOUT };
	uint64_t	begin;
	int		n, error;

	do {
		begin = os_now_ms();
		n = poll(&p, 1, *left_ms);
		error = errno;
		spend(begin, left_ms);
	} while (n == -1 && error == EINTR);
	if (n == 1 && p.revents & POLLOUT)
		return 0;
	return p.revents == 0 ? -EAGAIN : -EPIPE;
}

int
logio_write(int fd, const char *line, size_t len)
{
	enum kind	kind = kind_of(fd);
	ssize_t		n;
	int		error, no_time = 0;

	if (kind != OWN && (error = ask(fd, &no_time)) != 0)
		return error;
	/* its number may be another file's when it comes again */
	if (fd != torn || put(fd, kind, "\n", 1) == 1)
		torn = -1;
	if (fd == torn || (n = put(fd, kind, line, len)) == -1)
		return -errno;
	if ((size_t)n == len)
		return 0;
	torn = fd;
	return -ENOSPC;
}

void
logio_await(int fd, int *left_ms)
{
	(void)ask(fd, left_ms);
}

void
logio_pause(int *left_ms)
{
	uint64_t	begin = os_now_ms();

	(void)poll(NULL, 0, 1);
	spend(begin, left_ms);
}

/* As many digits, and what follows them. */
static char *
put_digits(char *p, int n, int digits, char after)
{
	int	i;

	for (i = digits; i-- > 0; n /= 10)
		p[i] = (char)('0' + n % 10);
	p[digits] = after;
	return p + digits + 1;
}

const char *
logio_stamp(char buf[LOGIO_STAMP])
{
	static time_t	 last = -1;
	static char	 text[LOGIO_STAMP];
	char		*p = text;
	struct tm	 tm;
	time_t		 now = time(NULL);

	/* A burst of lines has one time. */
	if (now != last && localtime_r(&now, &tm) != NULL) {
		p = put_digits(p, tm.tm_year + 1900, 4, '-');
		p = put_digits(p, tm.tm_mon + 1, 2, '-');
		p = put_digits(p, tm.tm_mday, 2, ' ');
		p = put_digits(p, tm.tm_hour, 2, ':');
		p = put_digits(p, tm.tm_min, 2, ':');
		(void)put_digits(p, tm.tm_sec, 2, '\0');
		last = now;
	}
	memcpy(buf, text, LOGIO_STAMP);
	return buf;
}

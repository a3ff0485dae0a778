/*
 * console.c - standard output and standard error of a program that is called.
 *
 * Waits for whoever reads: never for the relay, whose lines go through logio.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "console.h"

static int	failed;		/* the first error of standard output */

static int
write_all(int fd, const char *p, size_t len)
{
	struct pollfd	ready = { .fd = fd, .events = POLLOUT };
	ssize_t		n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			/* somebody who shares it does not want to wait */
			(void)poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int
console_failed(void)
{
	return failed;
}

void
console_bytes(const char *p, size_t len)
{
	int	error = write_all(STDOUT_FILENO, p, len);

	if (failed == 0)
		failed = error;
}

bool
console_terminal(void)
{
	return isatty(STDOUT_FILENO) == 1;
}

void
console_put(const char *text)
{
	console_bytes(text, strlen(text));
}

void
console_error(const char *text)
{
	(void)write_all(STDERR_FILENO, text, strlen(text));
}

void
console_complain(const char *who, const char *what, const char *about)
{
	console_error(who);
	console_error(what);
	console_error(about);
	console_error("\n");
}

void
console_error_line(void *arg, const char *line)
{
	(void)arg;
	console_complain(line, "", "");
}

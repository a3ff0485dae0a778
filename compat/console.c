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

static struct {
	char	buf[1024];
	size_t	len;
	int	error;		/* the first one, negated */
} out;

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
console_flush(void)
{
	int	error = write_all(STDOUT_FILENO, out.buf, out.len);

	out.len = 0;
	if (out.error == 0)
		out.error = error;
	return out.error;
}

void
console_bytes(const char *p, size_t len)
{
	size_t	n;

	for (; len > 0; p += n, len -= n) {
		if (out.len == sizeof(out.buf))
			(void)console_flush();
		n = sizeof(out.buf) - out.len < len ?
		    sizeof(out.buf) - out.len : len;
		memcpy(out.buf + out.len, p, n);
		out.len += n;
	}
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

/*
 * log.c - one line for everything that an admin has to know.
 *
 * Owns no descriptor: who opened it closes it.  Never waits and never fails for
 * its callers: what could not be written is counted, by all processes in one place,
 * and the count is the first line that gets through again, whoever writes it: one
 * that has lost lines may end before that.  A line is one line whatever is in its
 * text.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "logio.h"
#include "mem.h"
#include "proc.h"
#include "text.h"

enum {
	STDERR = 2,
	TEXT_BYTES = 960,	/* one message */
	NAME_BYTES = 24,
	FRONT_BYTES = LOGIO_STAMP + 32,
	LINE_BYTES = TEXT_BYTES + FRONT_BYTES + NAME_BYTES + 16,
	CLASS_BURST = 100,	/* lines in a window that are written */
	CLASS_WINDOW_MS = 1000,
	LOST_RETRY_MS = 1000,	/* at first, then longer and longer */
	LOST_RETRY_MOST_MS = 60000,
	PATIENCE_MS = 5000	/* service managers have no more */
};

static struct {
	int		 fd;		/* -1: syslog */
	bool		 stamped;
	bool		 echo;
	bool		 piped;
	int		 patience_ms;	/* is left */
	int		 facility;
	char		 name[NAME_BYTES];
} out = { .fd = STDERR };

static _Atomic uint32_t	 lost_here;
static _Atomic uint32_t	*lost = &lost_here;	/* lines nobody was told of */

static char	last[TEXT_BYTES];	/* of log_fatal */
static bool	behind;			/* something was held back or lost */

static struct flood {
	uint64_t	since_ms;	/* start of the window */
	unsigned	lines;		/* in it; those over CLASS_BURST are held back */
} floods[LOG_CLASSES];

/* In the order of enum log_class. */
static const char	*const flood_names =
    "session ends\0failed sessions\0backend up or down\0listener paused";

void
log_open(int fd, bool stamped, int facility)
{
	out.fd = fd;
	out.stamped = stamped;
	out.facility = facility;
	out.piped = false;
}

void
log_piped(bool piped)
{
	out.piped = piped;
}

void
log_patient(void)
{
	out.patience_ms = PATIENCE_MS;
}

int
log_move(int fd)
{
	int	before = out.fd;

	out.fd = fd;
	return before;
}

int
log_fd(void)
{
	return out.fd;
}

void
log_name(const char *name)
{
	text_format(out.name, sizeof(out.name), "%s", name);
}

void
log_share(void)
{
	void	*mem = mem_shared(sizeof(*lost));

	if (mem == NULL)
		return;
	lost = mem;
	*lost = lost_here;
}

/*
 * Returns 0, or why the line is lost.
 */
static int
send(int to, int level, const char *text)
{
	char		 line[LINE_BYTES], buf[FRONT_BYTES], stamp[LOGIO_STAMP];
	const char	*front = "sockproxy:";
	const int	 fd = to != -1 ? to : logio_syslog_fd();
	size_t		 len;
	int		 error;

	if (out.patience_ms > 0 && fd != -1)
		logio_await(fd, &out.patience_ms);
	if (to == -1) {
		text_format(buf, sizeof(buf), "<%d>%ssockproxy[%d]:",
		    out.facility | level, logio_syslog_stamp(stamp), proc_pid());
		front = buf;
	} else if (out.stamped && to == out.fd)
		front = logio_stamp(stamp);
	len = text_format(line, sizeof(line), "%s %s%s%s%s\n", front, out.name,
	    out.name[0] == '\0' ? "" : ": ", level == LOG_LEVEL_ERROR ?
	    "error: " : level == LOG_LEVEL_WARNING ? "warning: " : "", text);
	if (to != -1)
		return logio_write(to, line, len);
	while ((error = logio_syslog(line, len - 1)) == -ENOBUFS &&
	    out.patience_ms > 0)
		logio_pause(&out.patience_ms);
	if (error != -EINPROGRESS)
		return error;
	if (out.patience_ms > 0)
		logio_pause(&out.patience_ms);
	return 0;
}

/*
 * Returns whether nothing is left to be told.
 */
static bool
tell_lost(int to)
{
	char		 text[64];
	uint32_t	 n;

	/* taken first, or two would tell of the same */
	if (out.piped || *lost == 0 || (n = atomic_exchange(lost, 0)) == 0)
		return true;
	text_format(text, sizeof(text), "%u log line%s lost", n,
	    n == 1 ? " was" : "s were");
	if (send(to, LOG_LEVEL_WARNING, text) == 0)
		return true;
	*lost += n;
	return false;
}

static void
lose(void)
{
	++*lost;
	behind = true;
}

static void
put(int to, int level, const char *text)
{
	if (!tell_lost(to) || send(to, level, text) != 0)
		lose();
}

void
log_copy(const char *line, size_t len)
{
	if (!tell_lost(out.fd) || logio_write(out.fd, line, len) != 0)
		lose();
}

void
log_echo(bool echo)
{
	out.echo = echo;
}

const char *
log_last(void)
{
	return last;
}

void
log_line(const char *fmt, ...)
{
	char	text[TEXT_BYTES];
	va_list	ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt + 1, ap);
	va_end(ap);
	text_plain(text);
	if (*fmt != LOG_LEVEL_FATAL) {
		put(out.fd, *fmt, text);
		return;
	}
	put(out.fd, LOG_LEVEL_ERROR, text);
	memcpy(last, text, sizeof(last));
	if (out.echo)
		put(STDERR, LOG_LEVEL_ERROR, text);
}

/*
 * Report what a window held back, and begin a new one.
 */
static void
flood_turn(enum log_class class, uint64_t now_ms)
{
	struct flood	*flood = &floods[class];
	char		 span[TEXT_SHORT];

	if (flood->lines > CLASS_BURST)
		log_notice("%u more lines like this in the last %s: %s",
		    flood->lines - CLASS_BURST,
		    text_span(span, now_ms - flood->since_ms),
		    text_nth(flood_names, class));
	flood->since_ms = now_ms;
	flood->lines = 0;
}

bool
log_may(enum log_class class, uint64_t now_ms)
{
	struct flood	*flood = &floods[class];

	if (now_ms - flood->since_ms >= CLASS_WINDOW_MS)
		flood_turn(class, now_ms);
	if (flood->lines++ < CLASS_BURST)
		return true;
	behind = true;
	return false;
}

uint64_t
log_tick(uint64_t now_ms)
{
	static uint64_t	retry_ms, pause_ms;
	uint64_t	next = UINT64_MAX, due;

	if (!behind)
		return next;
	for (int i = 0; i < LOG_CLASSES; i++) {
		if (floods[i].lines <= CLASS_BURST)
			continue;
		due = floods[i].since_ms + CLASS_WINDOW_MS;
		if (due <= now_ms)
			flood_turn(i, now_ms);
		else if (due < next)
			next = due;
	}
	/* a logger that is away costs a dozen system calls each time */
	if (retry_ms <= now_ms) {
		if (tell_lost(out.fd))
			pause_ms = 0;
		else if (pause_ms < LOST_RETRY_MOST_MS)
			pause_ms = 2 * pause_ms + LOST_RETRY_MS;
		retry_ms = now_ms + pause_ms;
	}
	if (pause_ms != 0 && retry_ms < next)
		next = retry_ms;
	behind = next != UINT64_MAX;
	return next;
}

void
log_flush(uint64_t now_ms)
{
	for (int i = 0; i < LOG_CLASSES; i++)
		flood_turn(i, now_ms);
	(void)tell_lost(out.fd);
}

uint32_t
log_lost(void)
{
	return *lost;
}

static const uint16_t	errors[] = {
	ECONNREFUSED, ECONNRESET, ECONNABORTED, EPIPE, ETIMEDOUT,
	EHOSTUNREACH, EHOSTDOWN, ENETUNREACH, ENETDOWN, EADDRINUSE, EADDRNOTAVAIL,
	EAFNOSUPPORT, EACCES, EPERM, EMFILE, ENFILE, ENOBUFS, ENOMEM,
	ENOENT, EINTR, EIO, EBADF, EAGAIN, EBUSY, EEXIST, ENOTDIR,
	EISDIR, EINVAL, EFBIG, ENOSPC, EDQUOT, EROFS, ENAMETOOLONG, ELOOP,
	ENXIO, ENODEV, ENOSYS, EOPNOTSUPP, EMSGSIZE, EPROTOTYPE,
	EPROTO, ENOPROTOOPT, ENOTSOCK, ENOTCONN, ENOEXEC, ETXTBSY, ENOLCK,
	EUSERS
};

/* In the same order. */
static const char	*const words =
    "connection refused\0connection reset\0connection aborted here\0"
    "the other side closed\0timed out\0no route to host\0"
    "host is down\0network unreachable\0network down\0address in use\0"
    "address not available\0"
    "address family not supported by the kernel\0permission denied\0"
    "not permitted\0out of descriptors (RLIMIT_NOFILE)\0"
    "the system is out of descriptors\0out of network buffers\0"
    "out of memory\0no such file\0interrupted\0input or output failed\0"
    "not an open descriptor\0not now; it would have to wait\0in use\0"
    "it exists already\0not a directory\0it is a directory\0"
    "invalid argument\0file too large\0no space left\0"
    "quota used up\0read-only file system\0name too long\0too many symbolic links\0"
    "nobody there, or no such device\0no such device\0"
    "not in this kernel\0not supported\0message too long\0"
    "wrong type of socket\0protocol error\0protocol not there\0not a socket\0"
    "not connected\0not a program\0program in use\0"
    "no lock to be had\0too many processes (RLIMIT_NPROC, pids.max)";

const char *
log_errno(int error)
{
	static char	other[24];
	unsigned	i;

	if (error < 0)
		error = -error;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i] == error)
			return text_nth(words, i);
	text_format(other, sizeof(other), "error %d", error);
	return other;
}

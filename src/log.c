/*
 * log.c - one line for everything that an admin has to know.
 *
 * Owns no descriptor: who opened it closes it.  Never waits and never fails for
 * its callers: what could not be written is counted, and the count is the first
 * line that gets through again.  A line is one line whatever is in its text.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "logio.h"
#include "text.h"

enum {
	STDERR = 2,
	TEXT_BYTES = 960,	/* one message */
	NAME_BYTES = 24,
	LINE_BYTES = TEXT_BYTES + LOGIO_STAMP + NAME_BYTES + 16,
	CLASS_BURST = 100,	/* lines in a window before they are held back */
	CLASS_WINDOW_MS = 1000,
	LOST_RETRY_MS = 1000
};

static struct {
	int		 fd;		/* -1: syslog */
	bool		 stamped;
	bool		 echo;
	int		 facility;
	char		 name[NAME_BYTES];
	uint64_t	 lost;		/* since the start */
	uint64_t	 lost_told;	/* of these, reported */
} out = { .fd = STDERR };

static char	last[TEXT_BYTES];	/* of log_fatal */

static struct flood {
	uint64_t	since_ms;	/* start of the window */
	uint64_t	written;
	uint64_t	held;
} floods[LOG_CLASSES];

static const char *const flood_names[LOG_CLASSES] = {
	[LOG_CLASS_SESSION] = "session ends",
	[LOG_CLASS_BACKEND] = "backend up or down",
	[LOG_CLASS_LISTENER] = "listener paused"
};

void
log_open(int fd, bool stamped, int facility)
{
	out.fd = fd;
	out.stamped = stamped;
	out.facility = facility;
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
	text_format(out.name, sizeof(out.name), "%s",
	    name == NULL ? "" : name);
}

static const char *
level_word(int level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error: ";
	case LOG_LEVEL_WARNING:
		return "warning: ";
	default:
		return "";
	}
}

/*
 * Bytes that could end a line or steer a terminal.
 */
static void
make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/*
 * Returns 0, or why the line is lost.
 */
static int
send(int level, const char *text)
{
	char		 line[LINE_BYTES], stamp[LOGIO_STAMP];
	const char	*colon = out.name[0] == '\0' ? "" : ": ";
	size_t		 len;

	if (out.fd == -1) {
		text_format(line, sizeof(line), "%s%s%s%s", out.name, colon,
		    level_word(level), text);
		return logio_syslog(out.facility | level, "sockproxy", line);
	}
	if (out.stamped)
		len = text_format(line, sizeof(line), "%s %s%s%s%s\n",
		    logio_stamp(stamp), out.name, colon, level_word(level),
		    text);
	else
		len = text_format(line, sizeof(line), "sockproxy: %s%s%s%s\n",
		    out.name, colon, level_word(level), text);
	return logio_write(out.fd, line, len);
}

/*
 * Returns whether nothing is left to be told.
 */
static bool
tell_lost(void)
{
	char		 text[64];
	uint64_t	 lost = out.lost - out.lost_told;

	if (lost == 0)
		return true;
	text_format(text, sizeof(text), "%llu log line%s lost",
	    (unsigned long long)lost, lost == 1 ? " was" : "s were");
	if (send(LOG_LEVEL_WARNING, text) != 0)
		return false;
	out.lost_told += lost;
	return true;
}

static void
put(int level, const char *fmt, va_list ap)
{
	char	text[TEXT_BYTES];

	text_vformat(text, sizeof(text), fmt, ap);
	make_plain(text);
	if (!tell_lost() || send(level, text) != 0)
		out.lost++;
}

void
log_error(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_WARNING, fmt, ap);
	va_end(ap);
}

void
log_notice(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_NOTICE, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
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
log_fatal(const char *fmt, ...)
{
	const int	fd = out.fd;
	const bool	stamped = out.stamped;
	va_list		ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	(void)text_vformat(last, sizeof(last), fmt, ap);
	va_end(ap);
	if (!out.echo)
		return;
	out.fd = STDERR;
	out.stamped = false;
	va_start(ap, fmt);
	put(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	out.fd = fd;
	out.stamped = stamped;
}

/*
 * Report what a window held back, and begin a new one.
 */
static void
flood_turn(enum log_class class, uint64_t now_ms)
{
	struct flood	*flood = &floods[class];
	char		 span[32];

	if (flood->held > 0)
		log_notice("%llu more lines like this in the last %s: %s",
		    (unsigned long long)flood->held,
		    text_span(span, sizeof(span), now_ms - flood->since_ms),
		    flood_names[class]);
	flood->since_ms = now_ms;
	flood->written = 0;
	flood->held = 0;
}

bool
log_may(enum log_class class, uint64_t now_ms)
{
	struct flood	*flood = &floods[class];

	if (now_ms - flood->since_ms >= CLASS_WINDOW_MS)
		flood_turn(class, now_ms);
	if (flood->written >= CLASS_BURST) {
		flood->held++;
		return false;
	}
	flood->written++;
	return true;
}

uint64_t
log_tick(uint64_t now_ms)
{
	uint64_t	next = UINT64_MAX, due;

	for (int i = 0; i < LOG_CLASSES; i++) {
		if (floods[i].held == 0)
			continue;
		due = floods[i].since_ms + CLASS_WINDOW_MS;
		if (due <= now_ms)
			flood_turn(i, now_ms);
		else if (due < next)
			next = due;
	}
	if (!tell_lost() && now_ms + LOST_RETRY_MS < next)
		next = now_ms + LOST_RETRY_MS;
	return next;
}

void
log_flush(uint64_t now_ms)
{
	for (int i = 0; i < LOG_CLASSES; i++)
		flood_turn(i, now_ms);
	(void)tell_lost();
}

uint64_t
log_lost(void)
{
	return out.lost;
}

const char *
log_errno(int error)
{
	switch (error < 0 ? -error : error) {
	case ECONNREFUSED:
		return "connection refused";
	case ECONNRESET:
		return "connection reset";
	case ECONNABORTED:
		return "connection aborted here";
	case EPIPE:
		return "the other side closed";
	case ETIMEDOUT:
		return "timed out";
	case EHOSTUNREACH:
		return "no route to host";
	case ENETUNREACH:
		return "network unreachable";
	case ENETDOWN:
		return "network down";
	case EADDRINUSE:
		return "address in use";
	case EADDRNOTAVAIL:
		return "address not available";
	case EAFNOSUPPORT:
		return "address family not supported by the kernel";
	case EACCES:
		return "permission denied";
	case EPERM:
		return "not permitted";
	case EMFILE:
		return "out of descriptors (RLIMIT_NOFILE)";
	case ENFILE:
		return "the system is out of descriptors";
	case ENOBUFS:
		return "out of network buffers";
	case ENOMEM:
		return "out of memory";
	case ENOENT:
		return "no such file";
	default:
		return strerror(error < 0 ? -error : error);
	}
}

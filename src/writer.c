/*
 * writer.c - copies lines from a pipe to the log file, and tells which were lost.
 */
#include "writer.h"

#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "channel.h"
#include "confine.h"
#include "log.h"
#include "logio.h"
#include "os.h"
#include "text.h"
#include "wait.h"

enum {
	PIPE_TOKEN,
	CHANNEL_TOKEN,
	CHUNK = 16384,		/* more than a line has */
	CHUNKS = 80,		/* at a time: more than a pipe holds */
	RETRY_MS = 1000		/* when lines were lost */
};

static int	lines = -1;	/* the pipe */
static int	channel = -1;

static bool
become(const struct start *start)
{
	int	error;

	if (!confine_enter(start, &lines, 1, channel))
		return false;
	start_let_tables();
	if ((error = wait_open("poll", (lines > channel ? lines : channel) +
	    1)) != 0 ||
	    (error = wait_add(lines, WAIT_LEVEL, PIPE_TOKEN)) != 0 ||
	    (error = wait_add(channel, WAIT_LEVEL, CHANNEL_TOKEN)) != 0)
		return start_fail("the log writer cannot start", error);
	return confine_seal(start, CONFINE_MONITOR, false);
}

/*
 * Write the whole lines in buf.  Returns how many bytes are left, moved to its front.
 */
static size_t
put_lines(char *buf, size_t len)
{
	char	*line = buf, *end;

	while ((end = memchr(line, '\n', len)) != NULL) {
		/* as those of ours are made; others may write here, too */
		text_tame(line, (size_t)(end - line), "");
		end++;
		log_copy(line, (size_t)(end - line));
		len -= (size_t)(end - line);
		line = end;
	}
	memmove(buf, line, len);
	return len;
}

/*
 * Write what is in the pipe.  False: nobody can write to it any more.
 */
static bool
copy(void)
{
	static char	buf[CHUNK];
	static size_t	len;
	long		n = 1;

	for (int i = 0; i < CHUNKS; i++) {
		n = logio_take(lines, buf + len, sizeof(buf) - len);
		if (n <= 0)
			break;
		len = put_lines(buf, len + (size_t)n);
		if (len == sizeof(buf))
			len = 0;	/* no line of ours */
	}
	/* told by others: there are lost ones only when the pipe was full */
	if (log_lost() > 0)
		log_flush(os_now_ms());
	return n != 0;
}

static void
hear(void)
{
	struct channel_note	note;

	do {
		channel_take(channel, &note, 1);
		if (note.order != CHANNEL_LOG && note.order != CHANNEL_GONE)
			continue;
		(void)copy();
		if (note.order == CHANNEL_GONE) {
			wait_del(channel);
			chan_end(channel);
			channel = -1;
			return;
		}
		if (note.fd == -1)
			continue;
		os_drop(log_move(note.fd));
		log_notice("log file opened anew");
	} while (note.order != CHANNEL_NONE);
}

static bool
turn(void)
{
	struct wait_event	events[2];
	bool			more = true;
	int			n;

	n = wait_turn(events, 2, log_lost() > 0 ? RETRY_MS : -1);
	if (n < 0) {
		log_error("waiting for lines failed: %s", log_errno(n));
		return false;	/* another one takes over */
	}
	if (n == 0 && log_lost() > 0)
		log_flush(os_now_ms());
	for (int i = 0; i < n; i++)
		if (events[i].token == CHANNEL_TOKEN)
			hear();
		else
			more = copy();
	return more;
}

void
writer_run(const struct start *start, int pipe, int file, int chan)
{
	lines = pipe;
	channel = chan;
	log_open(file, true, 0);
	log_echo(false);
	if (!become(start))
		proc_exit(EXIT_FAILURE);
	while (turn())
		continue;
	proc_exit(EXIT_SUCCESS);
}

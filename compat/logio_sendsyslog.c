/*
 * logio_sendsyslog.c - lines for the system's logger, with OpenBSD's sendsyslog(2).
 *
 * It needs neither a socket nor a path, so that it works in a chroot and under
 * pledge(2), where connecting again to a logger that was restarted would end the
 * process.  Nothing is lost for that time: the kernel keeps 100 lines, and tells
 * the logger how many more there were (sys/kern/subr_log.c).  So it does with what
 * a logger that hangs has no room for, after 1 MB, and does not wait: a datagram
 * goes into the receiver's buffer or fails (uipc_dgram_send in uipc_usrreq.c), so
 * that sosend in uipc_socket.c, which can wait, always finds the sender's empty.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <syslog.h>
#include <unistd.h>

#include "line.h"
#include "logio.h"

enum { LINE = 1024 };		/* as in logio_syslog.c */

int
logio_syslog_open(void)
{
	return 0;
}

int
logio_syslog_fd(void)
{
	return -1;
}

/* "<30>name[123]: text": syslogd(8) adds the time. */
int
logio_syslog(int priority, const char *name, const char *text)
{
	char		message[LINE];
	struct line	line = { message, sizeof(message), 0 };

	line_text(&line, "<");
	line_number(&line, (uint64_t)priority);
	line_text(&line, ">");
	line_text(&line, name);
	line_text(&line, "[");
	line_number(&line, (uint64_t)getpid());
	line_text(&line, "]: ");
	line_text(&line, text);
	/* any other error is told to the logger */
	return sendsyslog(message, line.len, 0) == -1 && errno == EFAULT ?
	    -errno : 0;
}

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
#include <syslog.h>

#include "logio.h"

enum { MESSAGE = 1024 };	/* as in logio_syslog.c */

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

/* syslogd(8) adds the time. */
const char *
logio_syslog_stamp(char buf[LOGIO_STAMP])
{
	buf[0] = '\0';
	return buf;
}

/* What has no room is one of the 100; any other error is told to the logger. */
int
logio_syslog(const char *message, size_t len)
{
	if (sendsyslog(message, len < MESSAGE ? len : MESSAGE, 0) == 0)
		return 0;
	if (errno == ENOBUFS)
		return -EINPROGRESS;
	return errno == EFAULT ? -EFAULT : 0;
}

/*
 * logio.h - where lines go, those of the log without ever waiting.  src/log.c
 * decides what is written and counts what could not be.
 */
#ifndef LOGIO_H
#define LOGIO_H

#include <stddef.h>

/*
 * Open a log file for appending, made with mode 0640 when it is not there.  A
 * FIFO must have a reader (else -ENXIO).  A symbolic link is followed only in a
 * directory that others cannot write to, and only if it is root's or ours
 * (else -ELOOP); what owner_file refuses is -EPERM.  -EISDIR; otherwise open(2)'s
 * errors.  Returns a descriptor.
 */
int	logio_open(const char *path);

/*
 * A descriptor of our own for one that others share (standard error), so that it
 * may be non-blocking here without being so for them.  Returns it or an error.
 */
int	logio_own(int fd);

/*
 * A pipe for lines: fd[0] to take them out, fd[1] to write to as to a log.  Both
 * are close-on-exec and non-blocking.  0 or an error.
 */
int	logio_pipe(int fd[2]);

/*
 * Take what is in it.  Returns the number of bytes, 0 when nobody can write to it
 * any more, -EAGAIN when it is empty, or another error.
 */
long	logio_take(int fd, char *, size_t);

/*
 * Write a line (its line end included; at most 512 bytes pass a pipe in one
 * piece everywhere, 4096 on Linux).  0, or an error when the line is lost:
 * -EAGAIN nobody takes it now, -ENOSPC not all of it could be written, ...
 */
int	logio_write(int fd, const char *line, size_t len);

/*
 * Wait for room, at most so long; the time that it took is taken from there.
 */
void	logio_await(int fd, int *left_ms);

/*
 * The same for what was -ENOBUFS (BSD's word for a logger that has no room, which
 * nobody can wait for) or -EINPROGRESS: a moment.
 */
void	logio_pause(int *left_ms);

/*
 * Connect to the system's logger.  Before chroot: afterwards it cannot be found
 * again if it goes away.  0 or an error.
 */
int	logio_syslog_open(void);

/*
 * The descriptor that is connected to the system's logger, to be kept when the
 * others are closed; -1 for none.
 */
int	logio_syslog_fd(void);

/*
 * Send one message, "<30>May  1 12:34:56 sockproxy[123]: text" without a line end:
 * 1024 bytes of it.  Connects again when the logger was restarted.  0, -EINPROGRESS
 * when the system keeps it for a logger that has no room, as it does a few, or an
 * error when it is lost.
 */
int	logio_syslog(const char *, size_t);

/*
 * The wall-clock time for a log line, "2024-05-01 12:34:56", local time (the zone
 * is read before chroot, by proc_start); and for the system's logger, "May  1
 * 12:34:56 ", or "" where it adds the time itself.  In buf.
 */
enum { LOGIO_STAMP = 24 };
const char *logio_stamp(char buf[LOGIO_STAMP]);
const char *logio_syslog_stamp(char buf[LOGIO_STAMP]);

#endif

/*
 * log.h - one line for everything that an admin has to know.
 *
 * Lines go to stderr, a file, or syslog.  Nothing here waits: a line that cannot
 * be written is counted, and the count is written when it can be.  Levels are
 * syslog's.  A message that repeats too fast is summarised.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"

enum log_level {	/* the numbers of syslog(3), but for the first */
	LOG_LEVEL_FATAL = 2,
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/*
 * Where lines go.  fd -1: syslog with that facility; else to fd, with the wall
 * time in front when stamped.  name is what the process is called in the lines
 * ("relay 1"); "" is the parent.
 */
void	log_open(int fd, bool stamped, int facility);
void	log_name(const char *);

/*
 * The log that is open is a pipe, and who reads it (log_copy) tells of lost lines.
 */
void	log_piped(bool);

/*
 * Wait for room, five seconds for all lines together.  For who has nothing else to
 * do.
 */
void	log_patient(void);

/*
 * Write a whole line that somebody else has made.
 */
void	log_copy(const char *line, size_t len);

/*
 * Count lost lines together with all processes that are forked from now on.
 */
void	log_share(void);

/*
 * Go on in another descriptor (a log file that was opened anew).  Returns the
 * one before, which the caller closes.
 */
int	log_move(int fd);

/*
 * The descriptor that lines go to, -1 for syslog.
 */
int	log_fd(void);

/*
 * Write a line.  Its level is the first byte of the format, so that a call has
 * nothing more to hand over; callers use the macros.  log_fatal says why the
 * program does not start: an error for the log, and with log_echo for standard error
 * too (when the log is somewhere else).
 */
void	log_line(const char *, ...) ATTR_PRINTF(1, 2);
#define log_fatal(...)	log_line("\2" __VA_ARGS__)
#define log_error(...)	log_line("\3" __VA_ARGS__)
#define log_warn(...)	log_line("\4" __VA_ARGS__)
#define log_notice(...)	log_line("\5" __VA_ARGS__)
#define log_info(...)	log_line("\6" __VA_ARGS__)
#define log_debug(...)	log_line("\7" __VA_ARGS__)
void	log_echo(bool);

/*
 * The text of the last log_fatal, "" when there was none.
 */
const char *log_last(void);

/*
 * Whether a line of this flood class may be written now: at most burst in a
 * second for each class.  What is held back is counted and reported by log_tick
 * ("1234 more lines like this in the last 1.0 s: session ends").
 */
enum log_class { LOG_CLASS_SESSION, LOG_CLASS_FAILED, LOG_CLASS_BACKEND,
	LOG_CLASS_LISTENER, LOG_CLASSES };
bool	log_may(enum log_class, uint64_t now_ms);

/*
 * Report what was held back or lost.  Returns when it wants to be called again
 * (monotonic ms), or UINT64_MAX when it has nothing to report.
 */
uint64_t log_tick(uint64_t now_ms);

/*
 * The same for a process that ends: all that is held back, at once.
 */
void	log_flush(uint64_t now_ms);

/*
 * Lines that could not be written, and nobody was told of yet.
 */
uint32_t log_lost(void);

/*
 * What an error number means, in words; "error 71" for what a proxy hardly meets.
 * Takes either sign.
 */
const char *log_errno(int);

#endif

/*
 * console.h - what a program says to the one who called it: standard output and
 * standard error, without all of stdio.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

/*
 * Standard output; collected, until there is much of it or console_flush.
 */
void	console_bytes(const char *, size_t);
void	console_put(const char *);

/*
 * Write what is collected.  0, or the first error since the start: then
 * something that was put is lost.
 */
int	console_flush(void);

/*
 * Standard error, at once.
 */
void	console_error(const char *);

#endif

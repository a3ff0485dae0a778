/*
 * console.h - what a program says to the one who called it: standard output and
 * standard error, at once and without all of stdio.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Standard output, and whether all that was put is there: 0, or the first error.
 */
void	console_bytes(const char *, size_t);
void	console_put(const char *);
int	console_failed(void);

/*
 * Whether it is a terminal, which bytes may steer.
 */
bool	console_terminal(void);

/*
 * Standard error: as it is, as one line of three pieces, or as a line; arg means
 * nothing.
 */
void	console_error(const char *);
void	console_complain(const char *who, const char *what, const char *about);
void	console_error_line(void *arg, const char *);

#endif

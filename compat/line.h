/*
 * line.h - a short text in the making, for compat's own messages.
 */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <stdint.h>

/* What does not fit is cut. */
struct line {
	char	*text;		/* not ended by a NUL */
	size_t	 size;
	size_t	 len;
};

void	line_text(struct line *, const char *);
void	line_number(struct line *, uint64_t);

#endif

/*
 * line.c - a short text in the making, without all of printf.
 */
#include "line.h"

void
line_text(struct line *line, const char *s)
{
	while (*s != '\0' && line->len < line->size)
		line->text[line->len++] = *s++;
}

void
line_number(struct line *line, uint64_t n)
{
	char	digits[24], *p = digits + sizeof(digits);

	*--p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	line_text(line, p);
}

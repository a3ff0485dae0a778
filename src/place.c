/*
 * place.c - "file:line" in front of a message.
 */
#include "place.h"

#include "conf.h"
#include "text.h"

bool
place_line(const struct setup *setup, uint32_t at, const char *f, ...)
{
	char	text[1024];
	/* its level is written over below */
	char	line[] = "?%s%s%s";
	va_list	ap;

	va_start(ap, f);
	(void)text_vformat(text, sizeof(text), f + 1, ap);
	va_end(ap);
	line[0] = *f;
	log_line(line, at == 0 ? "" : conf_at(setup, at), at == 0 ? "" : ": ",
	    text);
	return false;
}

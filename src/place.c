/*
 * place.c - "file:line" for a message, and in front of one.
 */
#include "place.h"

#include "conf.h"
#include "text.h"

const char *
place(const struct setup *setup, uint32_t at)
{
	static char	text[256];

	return conf_at(setup, at, text, sizeof(text));
}

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
	log_line(line, at == 0 ? "" : place(setup, at), at == 0 ? "" : ": ",
	    text);
	return false;
}

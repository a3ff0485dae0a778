/*
 * place.c - "file:line" for a message, and in front of one.
 */
#include "place.h"

#include "conf.h"
#include "log.h"
#include "text.h"

const char *
place(const struct setup *setup, uint32_t at)
{
	static char	text[256];

	return conf_at(setup, at, text, sizeof(text));
}

bool
place_fatal(const struct setup *setup, uint32_t at, const char *f, ...)
{
	char	text[1024];
	va_list	ap;

	va_start(ap, f);
	(void)text_vformat(text, sizeof(text), f, ap);
	va_end(ap);
	if (at == 0)
		log_fatal("%s", text);
	else
		log_fatal("%s: %s", place(setup, at), text);
	return false;
}

/*
 * place.c - "file:line" for a message.
 */
#include "place.h"

#include "conf.h"

const char *
place(const struct setup *setup, uint32_t at)
{
	static char	text[256];

	return conf_at(setup, at, text, sizeof(text));
}

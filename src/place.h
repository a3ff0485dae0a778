/*
 * place.h - where in the configuration a message belongs.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>

#include "attr.h"
#include "log.h"
#include "setup.h"

/*
 * log_line with "file:line" in front (0: nowhere, a default).  Always false.
 */
bool	place_line(const struct setup *, uint32_t at, const char *, ...)
	    ATTR_PRINTF(3, 4);
#define place_fatal(s, at, ...)		place_line(s, at, "\2" __VA_ARGS__)
#define place_warn(s, at, ...)		place_line(s, at, "\4" __VA_ARGS__)
#define place_notice(s, at, ...)	place_line(s, at, "\5" __VA_ARGS__)

#endif

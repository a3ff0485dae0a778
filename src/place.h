/*
 * place.h - where in the configuration, for messages.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>

#include "attr.h"
#include "setup.h"

/*
 * conf_at in a buffer of its own, which holds until the next call.
 */
const char *place(const struct setup *, uint32_t at);

/*
 * log_fatal about what is set there (0: nowhere, a default).  Always false.
 */
bool	place_fatal(const struct setup *, uint32_t at, const char *, ...)
	    ATTR_PRINTF(3, 4);

#endif

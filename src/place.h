/*
 * place.h - where in the configuration, for messages.
 */
#ifndef PLACE_H
#define PLACE_H

#include "setup.h"

/*
 * conf_at in a buffer of its own, which holds until the next call.
 */
const char *place(const struct setup *, uint32_t at);

#endif

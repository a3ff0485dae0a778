/*
 * place.h - where in the configuration, for messages before and at the start.
 */
#ifndef PLACE_H
#define PLACE_H

#include "setup.h"

/*
 * conf_at in a buffer of its own, which holds until the next call.
 */
const char *place(const struct setup *, uint32_t at);

#endif

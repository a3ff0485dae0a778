/*
 * unit.h - what several unit tests need.
 */
#ifndef UNIT_H
#define UNIT_H

#include <atf-c.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"

/*
 * Put a text into a setup, which has room for it.
 */
static inline uint32_t
unit_string(struct setup *set, const char *text)
{
	const uint32_t	at = set->nstrings;

	strcpy(set->strings + at, text);
	set->nstrings += (uint32_t)strlen(text) + 1;
	return at;
}

/*
 * The lowest descriptor that is free: one that is left somewhere changes it.
 */
static inline int
unit_free_fd(void)
{
	int	fd;

	ATF_REQUIRE((fd = dup(0)) != -1);
	(void)close(fd);
	return fd;
}

#endif

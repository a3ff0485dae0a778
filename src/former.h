/*
 * former.h - from one configuration to the next: what became of its listeners and
 * backends.
 */
#ifndef FORMER_H
#define FORMER_H

#include <stdint.h>

#include "setup.h"

/*
 * Fill the "removed" entries of a setup (listeners[nlisteners] and so on), which
 * sessions of an earlier configuration get when theirs are not in it any more.
 */
void	former_entries(struct setup *);

/*
 * For each listener and backend of a former setup (and its "removed" entries): its
 * number in the next one, which has these entries too.  A backend has the same label,
 * host and port; one that is in several lists is looked for where its list's clients
 * are now, and then in any other.  origins: for each backend of the next one, whose
 * place it takes, or else one that is the same in another list; nbackends: none.
 */
void	former_map(const struct setup *former, const struct setup *next,
    uint16_t *listeners, uint16_t *backends, uint16_t *origins);

/*
 * Backends of the next setup whose names have no address now keep those that their
 * origins had, and the log says so.
 */
void	former_addresses(const struct setup *former, struct setup *next,
    const uint16_t *origins);

#endif

/*
 * manager.c - a queue of what the service manager has not taken.
 *
 * It may be busy, but has to hear it: it would end us if it did not.
 */
#include "manager.h"

#include <errno.h>

#include "log.h"

enum {
	AGAIN_MS = 100,
	UNTOLD = 2
};

static struct {
	enum notify	 state;
	const char	*text;
} untold[UNTOLD];
static unsigned	nuntold;
static uint64_t	due;		/* 0: it has taken everything so far */

uint64_t
manager_turn(uint64_t now)
{
	int	error;

	while (nuntold > 0 && due <= now) {
		error = notify_send(untold[0].state, untold[0].text);
		if (error != 0 && (error != -EAGAIN || due == 0))
			log_warn("the service manager cannot be told: %s",
			    log_errno(error));
		if (error == -EAGAIN)
			due = now + AGAIN_MS;
		else
			untold[0] = untold[--nuntold];
	}
	if (nuntold > 0)
		return due;
	due = 0;
	return UINT64_MAX;
}

void
manager_tell(enum notify state, const char *text)
{
	if (nuntold == UNTOLD)
		untold[0] = untold[--nuntold];
	untold[nuntold].state = state;
	untold[nuntold++].text = text;
}

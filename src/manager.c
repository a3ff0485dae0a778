/*
 * manager.c - a queue of what the service manager has not taken.
 *
 * It may be busy, but has to hear it: it would end us if it did not.
 */
#include "manager.h"

#include <errno.h>

#include "log.h"
#include "os.h"

enum {
	AGAIN_MS = 100,
	UNTOLD = 2
};

static struct {
	enum notify	 state;
	const char	*text;
} untold[UNTOLD];
static unsigned	nuntold;
static uint64_t	due = UINT64_MAX;

uint64_t
manager_due(void)
{
	return due;
}

void
manager_turn(uint64_t now)
{
	int	error = 0;

	while (nuntold > 0 && error != -EAGAIN) {
		error = notify_send(untold[0].state, untold[0].text);
		if (error != 0 && (error != -EAGAIN || due == UINT64_MAX))
			log_warn("the service manager cannot be told: %s",
			    log_errno(error));
		if (error != -EAGAIN)
			untold[0] = untold[--nuntold];
	}
	due = nuntold > 0 ? now + AGAIN_MS : UINT64_MAX;
}

void
manager_tell(enum notify state, const char *text)
{
	if (nuntold == UNTOLD)
		untold[0] = untold[--nuntold];
	untold[nuntold].state = state;
	untold[nuntold++].text = text;
	if (due == UINT64_MAX)
		manager_turn(os_now_ms());
}

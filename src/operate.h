/*
 * operate.h - the commands of the control socket that do something.
 *
 * Orders about backends are written to the board, which relays read; what takes a
 * session or another configuration is asked of the parent and waited for.
 */
#ifndef OPERATE_H
#define OPERATE_H

#include <stdbool.h>
#include <stddef.h>

#include "channel.h"
#include "ctl.h"
#include "out.h"
#include "status.h"

enum operate {
	OPERATE_DONE,		/* what there is to say has been written */
	OPERATE_FAILED,		/* why: in the error text */
	OPERATE_KILLING,	/* wait for operate_killed */
	OPERATE_RELOADING	/* wait for operate_reloaded */
};

enum { OPERATE_ERROR = 256 };

/*
 * The channel to the parent.
 */
void	operate_open(int channel);

/*
 * Another monitor has taken over: what is ordered here would not be heard.
 */
void	operate_end(void);

/*
 * Do it.  out gets what there is to say, error why not.  victim is set for
 * OPERATE_KILLING.
 */
enum operate operate_start(const struct ctl_request *, struct out *,
    struct status_place *victim, char error[OPERATE_ERROR]);

/*
 * Whether the session is being ended or gone by now.
 */
bool	operate_killed(const struct status_place *victim);

/*
 * A note of the parent about a reload.  True when it was the last one: *good says
 * what came of it.  operate_line: write the line that a note carries, if any.
 */
bool	operate_reloaded(const struct channel_note *, bool *good);
void	operate_line(const struct channel_note *, bool json, bool first,
	    struct out *);

#endif

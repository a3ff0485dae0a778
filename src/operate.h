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
 * Do it.  NULL, or why not, in buf maybe.  CTL_KILL: wait until the victim does not
 * live any more.  CTL_RELOAD: wait for what the parent says; the victim's number is
 * that of the order.  All others are done, and out has what there is to say.
 */
const char *operate_start(const struct ctl_request *, struct out *,
    struct status_place *victim, char buf[OPERATE_ERROR]);

/*
 * A line that the parent says about a reload.
 */
void	operate_line(const char *, bool json, bool first, struct out *);

#endif

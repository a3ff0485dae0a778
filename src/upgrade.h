/*
 * upgrade.h - to another program in the same process: its number, listeners,
 * relays and their sessions stay.
 *
 * The old program first lets the new one try itself (-H: does it know the form
 * in which sessions are handed over, and take the configuration?), and only
 * then becomes it.  What it has is told in an environment variable.
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include <stdbool.h>

#include "crew.h"
#include "parent.h"

/*
 * Start the new program's try.  Returns its process number, or 0: the log says
 * why not.
 */
int	upgrade_try(const struct parent_job *);

/*
 * Whether the try has ended well; if not, the log says how.  late: it was killed,
 * for it took too long.
 */
bool	upgrade_good(const struct parent_job *, const struct proc_exit *,
	    bool late);

/*
 * Become the new program.  Returns only when that fails, and the log says why.
 */
void	upgrade_exec(const struct parent_job *, struct crew *);

/*
 * Whether this is the new program.  It reads no configuration by itself: what is bad
 * by now, or hangs, is so for the reload that follows.
 */
bool	upgrade_begins(void);

/*
 * For the new program: what the old one has left, as a crew that serves without
 * a setup of its own (start.setup is filled with its listeners), but for what the
 * old one said about the log and the end.  Its counters are in use then.  False:
 * log_fatal has said that it makes no sense.
 */
bool	upgrade_take(struct crew *, bool foreground);

/*
 * When the new program has a setup in use: what the operator wanted of its
 * backends.  Without a board it ends here.
 */
void	upgrade_orders(const struct setup *);

#endif

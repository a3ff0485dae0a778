/*
 * monitor.h - the process that shows how things are and takes the operator's
 * commands.  It touches no session; what it wants done it asks the parent for.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "os.h"
#include "setup.h"

/*
 * Whether a setup wants a monitor.
 */
bool	monitor_wanted(const struct setup *);

/*
 * Map what the monitor shares with the relays (nothing when none is wanted), before
 * any of them is forked.  False when there is no memory.
 */
bool	monitor_map(const struct setup *);
void	monitor_unmap(void);
size_t	monitor_memory(const struct setup *);

/*
 * For relays: they only read that.  0 or an error.
 */
int	monitor_look_only(void);

/*
 * What is shared in a generation.  monitor_swap exchanges what is in use for
 * another's (zeroes: nothing); monitor_carry takes over what a former one knows,
 * with the number that each of its backends has now, and that each had there.
 */
struct monitor_area {
	void		*mem;		/* history, then board */
	unsigned	 nbackends;
};
void	monitor_swap(struct monitor_area *);
void	monitor_carry(const struct monitor_area *former,
	    const uint16_t *backends, const uint16_t *origins);

/* What the monitor has open: listening sockets (-1: none), and the parent. */
enum { MONITOR_CONTROL, MONITOR_STATUS, MONITOR_CHANNEL, MONITOR_FDS };

/*
 * Make ready; bound has the addresses of the setup's listeners.  0 or an error.
 * Then monitor_turn until it returns false: the parent has ended or said so, and
 * all who were being answered have their answers.
 */
int	monitor_open(const struct setup *, const struct os_addr *bound,
	    const int fds[MONITOR_FDS]);
bool	monitor_turn(void);

#endif

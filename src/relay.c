/*
 * relay.c - how a fork of the parent becomes a relay.
 *
 * It keeps the listeners, the channel to the parent and the log, and closes every
 * other descriptor; it opens no file afterwards.  What cannot be given up ends the
 * process: a relay never runs with more rights than it was meant to have.
 */
#include "relay.h"

#include <errno.h>
#include <stdlib.h>

#include "channel.h"
#include "conf.h"
#include "confine.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "os.h"
#include "place.h"
#include "stat.h"
#include "table.h"
#include "text.h"
#include "wait.h"

static bool
open_loop(const struct start *start, unsigned index, int channel)
{
	const struct setting	*kind = &start->setup->server.event_handler;
	char			 size[TEXT_SHORT];
	int			 error;

	error = loop_open(start->setup, index, start->listeners, channel,
	    &start->room);
	if (error == 0)
		return true;
	if (error == -EINVAL && kind->v != 0)
		place_fatal(start->setup, kind->at, "server.event-handler = "
		    "\"%.200s\" is not built in; there is: %s",
		    conf_string(start->setup, kind->v), wait_kinds());
	else if (error == -ENOMEM)
		log_fatal("out of memory: a relay needs %s; lower "
		    "server.max-connections = %u or server.buffers",
		    text_bytes(size, loop_memory(start->setup)),
		    start->setup->server.max_connections.v);
	else
		(void)start_fail("a relay cannot start", error);
	return false;
}

/* Untold, the parent would wait for ever. */
static bool
tell_ready(int channel)
{
	const int	error = channel_send(channel, CHANNEL_READY, 0, -1);

	return error == 0 ||
	    start_fail("the parent process cannot be told", error);
}

/* What others count and order is there to be read. */
static bool
look_only(unsigned index)
{
	int	error;

	if ((error = stat_look_only(index)) == 0 &&
	    (error = table_look_only(index)) == 0 &&
	    (error = monitor_look_only()) == 0)
		return true;
	return start_fail("a relay cannot start", error);
}

static bool
become(const struct start *start, unsigned index, int channel)
{
	if (!confine_enter(start, start->listeners, start->setup->nlisteners,
	    channel))
		return false;
	stat_self(index);
	return look_only(index) && open_loop(start, index, channel) &&
	    confine_seal(start, CONFINE_RELAY, index == 0) &&
	    tell_ready(channel);
}

void
relay_run(const struct start *start, unsigned index, int channel)
{
	int	error;

	if (!become(start, index, channel))
		proc_exit(EXIT_FAILURE);
	log_echo(false);
	while (loop_turn())
		continue;
	error = loop_error();
	loop_close();
	log_flush(os_now_ms());
	proc_exit(error == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

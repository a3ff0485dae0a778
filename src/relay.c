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
#include "limits.h"
#include "log.h"
#include "logio.h"
#include "loop.h"
#include "stat.h"
#include "text.h"
#include "wait.h"

enum { PLACE = 256, SHOWN = 200 };

static void
keep_descriptors(const struct start *start, int channel)
{
	static int	keep[LIMIT_LISTENERS + 3];
	unsigned	n = 0;

	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		keep[n++] = start->listeners[i];
	keep[n++] = channel;
	keep[n++] = log_fd();
	keep[n++] = logio_syslog_fd();
	proc_close_others(keep, n);
}

static bool
change_root(const struct start *start)
{
	const struct setting	*setting = &start->setup->server.chroot;
	char			 at[PLACE];
	int			 error;

	if (start->chroot[0] == '\0' || !proc_is_root())
		return true;
	if ((error = proc_chroot(start->chroot)) == 0)
		return true;
	log_fatal("%s: cannot change the root directory to server.chroot "
	    "%.*s: %s", conf_at(start->setup, setting->at, at, sizeof(at)),
	    SHOWN, start->chroot, log_errno(error));
	return false;
}

static bool
change_user(const struct start *start)
{
	const struct setup_server	*server = &start->setup->server;
	const struct setting		*setting = &server->username;
	char				 at[PLACE];
	int				 error;

	if (!start->drop || (error = proc_drop(&start->user)) == 0)
		return true;
	if (setting->v == 0)
		setting = &server->groupname;
	log_fatal("%s: cannot become \"%.*s\": %s", conf_at(start->setup,
	    setting->at, at, sizeof(at)), SHOWN,
	    conf_string(start->setup, setting->v), log_errno(error));
	return false;
}

static bool
limit(const struct start *start)
{
	int	error;

	if ((error = proc_set_core(start->setup->server.core_files.v != 0)) != 0)
		log_warn("cannot set the limit of core files: %s",
		    log_errno(error));
	if ((error = proc_no_fork()) == 0)
		return true;
	log_fatal("cannot give up making processes: %s", log_errno(error));
	return false;
}

static bool
open_loop(const struct start *start, unsigned index, int channel)
{
	const struct setting	*kind = &start->setup->server.event_handler;
	char			 at[PLACE], size[32];
	int			 error;

	error = loop_open(start->setup, index, start->listeners, channel,
	    &start->room);
	if (error == 0)
		return true;
	if (error == -EINVAL && kind->v != 0)
		log_fatal("%s: server.event-handler = \"%.*s\" is not built "
		    "in; there is: %s", conf_at(start->setup, kind->at, at,
		    sizeof(at)), SHOWN, conf_string(start->setup, kind->v),
		    wait_kinds());
	else if (error == -ENOMEM)
		log_fatal("out of memory: a relay needs %s; lower "
		    "server.max-connections = %u or server.buffers",
		    text_bytes(size, sizeof(size), loop_memory(start->setup)),
		    start->setup->server.max_connections.v);
	else
		log_fatal("a relay cannot start: %s", log_errno(error));
	return false;
}

static bool
become(const struct start *start, unsigned index, int channel)
{
	int	error;

	keep_descriptors(start, channel);
	if ((error = proc_null(false)) != 0) {
		log_fatal("cannot open /dev/null: %s", log_errno(error));
		return false;
	}
	if (!change_root(start) || !change_user(start) || !limit(start))
		return false;
	stat_self(index);
	if (!open_loop(start, index, channel))
		return false;
	if (start->foreground || (error = proc_quiet()) == 0)
		return true;
	log_fatal("cannot leave standard error: %s", log_errno(error));
	return false;
}

void
relay_run(const struct start *start, unsigned index, int channel)
{
	char	name[16];
	int	error;

	text_format(name, sizeof(name), "relay %u", index + 1);
	log_name(name);
	/* The parent's waiter, of which a fork has a copy. */
	wait_close();
	if (!become(start, index, channel))
		proc_exit(EXIT_FAILURE);
	log_echo(false);
	(void)channel_send(channel, CHANNEL_READY, 0, -1);
	while (loop_turn())
		continue;
	error = loop_error();
	loop_close();
	stat_end();
	(void)log_tick(UINT64_MAX);
	proc_exit(error == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/*
 * confine.c - giving things up, each step with its sentence for when it fails.
 */
#include "confine.h"

#include <string.h>

#include "conf.h"
#include "limits.h"
#include "log.h"
#include "logio.h"
#include "place.h"
#include "sandbox.h"
#include "text.h"

static bool
change_root(const struct start *start)
{
	const struct setting	*setting = &start->setup->server.chroot;
	int			 error;

	if (start->chroot[0] == '\0' || !proc_is_root()) {
		/* who is forked at the start is where that was, yet */
		if (!start->foreground)
			(void)file_enter("/");
		return true;
	}
	if ((error = proc_chroot(start->chroot)) == 0)
		return true;
	return place_fatal(start->setup, setting->at, "cannot change the root "
	    "directory to server.chroot %.200s: %s", start->chroot,
	    log_errno(error));
}

static bool
change_user(const struct start *start)
{
	const struct setup_server	*server = &start->setup->server;
	const struct setting		*setting = &server->username;
	int				 error;

	if (!start->drop || (error = proc_drop(&start->user)) == 0)
		return true;
	if (setting->v == 0)
		setting = &server->groupname;
	return place_fatal(start->setup, setting->at,
	    "cannot become \"%.200s\": %s",
	    conf_string(start->setup, setting->v), log_errno(error));
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
	return start_fail("cannot give up making processes", error);
}

bool
confine_enter(const struct start *start, const int *fds, unsigned n,
    int channel)
{
	int	keep[LIMIT_LISTENERS + 3], error;

	memcpy(keep, fds, n * sizeof(keep[0]));
	keep[n++] = channel;
	keep[n++] = log_fd();
	keep[n++] = logio_syslog_fd();
	proc_expendable();
	proc_close_others(keep, n);
	start_let_other();
	if ((error = proc_null()) != 0)
		return start_fail("no standard input", error);
	return change_root(start) && change_user(start) && limit(start);
}

/*
 * What a relay connects to: the Unix sockets, and each port once.
 */
static struct os_addr	targets[LIMIT_BACKENDS + LIMIT_ADDRS];
static unsigned		ntargets;

static void
add(const struct os_addr *a)
{
	for (unsigned i = 0; i < ntargets && a->family != OS_UNIX; i++)
		if (targets[i].port == a->port)
			return;
	targets[ntargets++] = *a;
}

/* A name without an address may get one later, with the port that was written. */
static void
find_targets(const struct setup *set)
{
	for (unsigned i = 0; i < set->nbackends; i++)
		add(&set->backends[i].addr);
	for (unsigned i = 0; i < set->naddrs; i++)
		add(&set->addrs[i]);
}

const char *
confine_words(int bits, char buf[CONFINE_WORDS])
{
	/* in the order of the bits */
	static const char	*const names = "no new privileges\0"
	    "only the system calls that are needed\0no files\0"
	    "no ports but the backends'";
	size_t			len = 0;

	(void)text_format(buf, CONFINE_WORDS, "nothing");
	for (unsigned i = 0; 1 << i <= SANDBOX_ALL; i++)
		if ((bits & 1 << i) != 0)
			len += text_format(buf + len, CONFINE_WORDS - len,
			    "%s%s", len > 0 ? ", " : "", text_nth(names, i));
	return buf;
}

static void
report(int have)
{
	char	text[CONFINE_WORDS];
	int	lack = sandbox_most() & ~have;

	log_info("sandbox: %s", confine_words(have, text));
	if (lack != 0)
		log_warn("sandbox: not on this kernel: %s",
		    confine_words(lack, text));
}

static bool
sandbox(const struct start *start, enum confine_who who, bool says)
{
	struct sandbox_need	need = { .targets = targets };
	int			have;

	if (who == CONFINE_RELAY)
		find_targets(start->setup);
	need.ntargets = ntargets;
	need.logger = log_fd() == -1;
	need.kill = start->setup->server.sandbox.v == SANDBOX_KILL;
	need.core = start->setup->server.core_files.v != 0;
	if ((have = sandbox_enter(&need)) < 0) {
		log_fatal("cannot enter the sandbox: %s; sockproxy.sandbox = "
		    "\"disable\" goes on without", log_errno(have));
		return false;
	}
	if (says)
		report(have);
	return true;
}

bool
confine_seal(const struct start *start, enum confine_who who, bool says)
{
	int	error;

	if (!start->foreground && (error = proc_quiet()) != 0)
		return start_fail("cannot leave standard error", error);
	if (start->setup->server.sandbox.v == SANDBOX_OFF)
		return true;
	return sandbox(start, who, says);
}

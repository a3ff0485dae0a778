/*
 * resolve.c - names in the configuration to addresses.
 *
 * A name is looked up once however often it is written, for a resolver that does
 * not answer takes its time for each.
 */
#include "resolve.h"

#include <errno.h>
#include <string.h>

#include "conf.h"
#include "log.h"
#include "name.h"
#include "os.h"
#include "place.h"
#include "text.h"

enum {
	HURRY_MS = 10000,
	AGAIN_MS = 10000,	/* between two tries at first; it doubles */
	AGAIN_MOST_MS = 300000
};

/* What looking a backend's name up came to: addresses, or an error; 0: no name. */
static int	results[LIMIT_BACKENDS];
static bool	named;		/* something was looked up */
static uint64_t	until;		/* no further name is looked up after that */
static uint64_t	due = UINT64_MAX;	/* the next try */
static uint32_t	wait_ms;

static const char *
lookup_text(int error)
{
	switch (error) {
	case -ENOENT:
		return "there is no such name, or it has no address";
	case -EAGAIN:
		return "the name server does not answer";
	case -EINVAL:
		return "it is not a name";
	case -ETIMEDOUT:
		return "the names before it took too long";
	default:
		return log_errno(error);
	}
}

static bool
is_only(const struct setup *setup, unsigned i)
{
	for (unsigned p = 0; p < setup->npools; p++)
		if (setup->pools[p].first_backend == i &&
		    setup->pools[p].nbackends == 1)
			return true;
	return false;
}

static void
report_missing(const struct setup *setup, unsigned i, int error)
{
	const struct setup_backend	*b = &setup->backends[i];
	const char			*host = conf_string(setup, b->host);

	if (is_only(setup, i))
		place_warn(setup, b->at, "no address for the only backend: "
		    "\"%.200s\" does not resolve: %s", host,
		    lookup_text(error));
	else
		place_notice(setup, b->at, "no address for a backend: "
		    "\"%.200s\" does not resolve: %s", host,
		    lookup_text(error));
}

static int
lookup(const struct setup *setup, unsigned i, struct os_addr *to)
{
	const struct setup_backend	*b = &setup->backends[i], *same;
	const char			*host = conf_string(setup, b->host);
	unsigned			 k;

	named = true;
	for (k = 0; k < i; k++)
		if (results[k] != 0 && strcmp(host,
		    conf_string(setup, setup->backends[k].host)) == 0)
			break;
	if (k == i)
		return os_now_ms() > until ? -ETIMEDOUT : name_resolve(host,
		    (uint16_t)b->port.v, to, LIMIT_ADDRS_PER_NAME);
	if (results[k] < 0)
		return results[k];
	same = &setup->backends[k];
	for (unsigned a = 0; a < same->naddrs; a++) {
		to[a] = setup->addrs[same->first_addr + a];
		to[a].port = (uint16_t)b->port.v;
	}
	return same->naddrs;
}

/*
 * The backends after i that have no address are left room for one each.
 */
static void
keep(struct setup *setup, unsigned i, const struct os_addr *addrs, unsigned n)
{
	struct setup_backend	*b = &setup->backends[i];
	unsigned		 room = LIMIT_ADDRS - setup->naddrs;

	for (unsigned k = i + 1; k < setup->nbackends && room > 0; k++)
		room -= setup->backends[k].addr.family == OS_NONE;
	if (n > room) {
		place_warn(setup, b->at, "only %u of the %u addresses of "
		    "\"%.200s\" are kept (LIMIT_ADDRS)", room, n,
		    conf_string(setup, b->host));
		n = room;
	}
	b->addr = addrs[0];
	b->first_addr = (uint16_t)setup->naddrs;
	b->naddrs = (uint16_t)n;
	memcpy(&setup->addrs[setup->naddrs], addrs, n * sizeof(addrs[0]));
	setup->naddrs += n;
}

static bool
lacks(const struct setup *setup, unsigned i)
{
	return setup->backends[i].addr.family == OS_NONE;
}

/*
 * Those that have no address.  Whether one has one now; what is news is in the log.
 */
static bool
resolve_backends(struct setup *setup, bool again)
{
	struct os_addr			 addrs[LIMIT_ADDRS_PER_NAME];
	const struct setup_backend	*b = setup->backends;
	bool				 found = false;
	int				 n;

	for (unsigned i = 0; i < setup->nbackends; i++, b++) {
		results[i] = 0;
		if (!lacks(setup, i))
			continue;
		if ((n = results[i] = lookup(setup, i, addrs)) > 0) {
			keep(setup, i, addrs, (unsigned)n);
			found = true;
			if (again)
				place_notice(setup, b->at, "\"%.200s\" has an "
				    "address now",
				    conf_string(setup, b->host));
		} else if (!again)
			report_missing(setup, i, n);
	}
	return found;
}

/*
 * An address to listen on, as a good configuration has it.  False: log_fatal has
 * said why there is none.
 */
static bool
find(const struct setup *setup, uint32_t at, const char *what, uint32_t where,
    struct os_addr *addr)
{
	const char	*text = conf_string(setup, where);
	char		 name[256];		/* no host is longer */
	size_t		 len;
	int		 n;

	(void)conf_address(text, addr, &len);
	if (addr->family != OS_NONE)
		return true;
	named = true;
	(void)text_format(name, sizeof(name), "%.*s", (int)len,
	    text + (*text == '['));
	if ((n = name_resolve(name, addr->port, addr, 1)) > 0)
		return true;
	return place_fatal(setup, at, "%s \"%.200s\": the name does not "
	    "resolve: %s", what, text, lookup_text(n));
}

static bool
resolve_listeners(struct setup *setup)
{
	struct setup_listener	*l;

	for (unsigned i = 0; i < setup->nlisteners; i++) {
		l = &setup->listeners[i];
		if (l->addr.family == OS_NONE && !find(setup, l->at,
		    "cannot listen on", l->name, &l->addr))
			return false;
	}
	return true;
}

/*
 * What is no name was looked at when the configuration was read.
 */
static bool
check_loops(const struct setup *setup)
{
	const struct setup_listener	*l;
	const struct setup_backend	*b;

	for (unsigned i = 0; i < setup->nbackends; i++) {
		b = &setup->backends[i];
		if ((l = conf_own_listener(setup, b)) == NULL)
			continue;
		return place_fatal(setup, b->at, "the backend \"%.200s\" is our "
		    "own listener \"%.200s\" (%s)",
		    conf_string(setup, b->label), conf_string(setup, l->name),
		    conf_at(setup, l->at));
	}
	return true;
}

static bool
resolve_status(struct setup *setup)
{
	const struct setting	*where = &setup->server.status_listen;

	return where->v == 0 || find(setup, where->at, "status.listen =",
	    where->v, &setup->server.status_addr);
}

bool
resolve_again(struct setup *setup)
{
	until = UINT64_MAX;
	return resolve_backends(setup, true) && check_loops(setup);
}

bool
resolve_names(struct setup *setup, bool hurry)
{
	named = false;
	until = hurry ? os_now_ms() + HURRY_MS : UINT64_MAX;
	(void)resolve_backends(setup, false);
	return resolve_listeners(setup) && resolve_status(setup) &&
	    (!named || check_loops(setup));
}

/*
 * When it is tried again.
 */

static bool
lacks_any(const struct setup *setup)
{
	unsigned	i;

	for (i = 0; i < setup->nbackends && !lacks(setup, i); i++)
		continue;
	return i < setup->nbackends;
}

void
resolve_await(const struct setup *setup, uint64_t now)
{
	wait_ms = AGAIN_MS;
	due = now + wait_ms;
	if (lacks_any(setup))
		log_notice("names without an address are looked up again in "
		    "%d s", AGAIN_MS / 1000);
}

uint64_t
resolve_due(const struct setup *setup)
{
	return lacks_any(setup) ? due : UINT64_MAX;
}

void
resolve_later(uint64_t now)
{
	wait_ms = wait_ms < AGAIN_MOST_MS / 2 ? 2 * wait_ms : AGAIN_MOST_MS;
	due = now + wait_ms;
}

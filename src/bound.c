/*
 * bound.c - adds up what the modules say they take.
 *
 * The sums come from the functions that size the tables, not from numbers of its
 * own, so what is printed is what is mapped.  Asking "and with n sessions?" is
 * done by changing the setup for the question.
 */
#include "bound.h"

#include "conf.h"
#include "limits.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "place.h"
#include "proc.h"
#include "share.h"
#include "stat.h"
#include "text.h"

/*
 * How many sessions so many descriptors are enough for; at most most.
 */
static uint32_t
sessions_for(struct setup *setup, uint64_t fds, uint32_t most)
{
	uint32_t	*tried = &setup->server.max_connections.v;
	const uint32_t	 saved = *tried;
	uint32_t	 low = 0, high = most;

	while (low < high) {
		*tried = low + (high - low + 1) / 2;
		if (loop_descriptors(setup) <= fds)
			low = *tried;
		else
			high = *tried - 1;
	}
	*tried = saved;
	return low;
}

static bool
settle_max_fds(struct setup *setup)
{
	struct setup_server	*server = &setup->server;
	uint32_t		 fits;

	fits = sessions_for(setup, server->max_fds.v,
	    server->max_connections.v);
	if (server->max_connections.at == 0)
		server->max_connections.v = fits > 0 ? fits : 1;
	if (server->max_connections.v <= fits)
		return true;
	return place_fatal(setup, server->max_fds.at, "server.max-fds = %u is "
	    "too low: %llu descriptors are needed for "
	    "server.max-connections = %u", server->max_fds.v,
	    (unsigned long long)loop_descriptors(setup),
	    server->max_connections.v);
}

/*
 * The limit cannot be had: which numbers would do.
 */
static void
report_limit(struct setup *setup, uint64_t need, uint64_t most)
{
	const struct setup_server	*server = &setup->server;
	const bool			 fds = server->max_fds.v != 0;
	const uint64_t			 fits = fds ? most : sessions_for(setup,
					    most, server->max_connections.v);
	char				 less[64] = "";

	if (fits > 0)
		text_format(less, sizeof(less), ", or set it to %llu or less",
		    (unsigned long long)fits);
	place_fatal(setup, fds ? server->max_fds.at :
	    server->max_connections.at, "server.max-%s takes %llu descriptors, "
	    "but the limit of open files (RLIMIT_NOFILE, ulimit -n) is %llu: "
	    "raise that%s", fds ? "fds" : "connections", (unsigned long long)need,
	    (unsigned long long)most, less);
}

bool
bound_settle(struct setup *setup)
{
	uint64_t	now, most, need;

	need = setup->server.max_fds.v;
	if (need != 0 && !settle_max_fds(setup))
		return false;
	if (need == 0)
		need = loop_descriptors(setup);
	/* never lower: on a reload there may be more sessions than that */
	proc_nofile(&now, &most);
	if (need <= now)
		return true;
	if (proc_set_nofile(need) == 0)
		return true;
	report_limit(setup, need, most);
	return false;
}

/*
 * "20 sessions x 344 bytes + 40 buffers x 64.0 KiB", and how much that is.
 */
static uint64_t
relay_text(struct setup *setup, uint64_t *fixed, char *buf, size_t size)
{
	const struct setup_server	saved = setup->server;
	const uint32_t			sessions = share_sessions(setup, 0);
	const uint32_t			buffers = loop_buffers(setup);
	uint64_t			pool, each;
	char				one[TEXT_SHORT];

	pool = (uint64_t)buffers * LIMIT_BUFFER;
	setup->server.buffers.v = buffers;
	*fixed = loop_memory(setup) - pool;
	/* of so many that whole pages do not matter */
	setup->server.max_worker.v = 1;
	setup->server.max_connections.v = LIMIT_SESSIONS;
	each = loop_memory(setup);
	setup->server.max_connections.v = 1;
	each = (each - loop_memory(setup) + LIMIT_SESSIONS / 2) /
	    LIMIT_SESSIONS;
	*fixed -= sessions * each;
	setup->server = saved;
	text_format(buf, size, "%u session%s x %llu bytes + %u buffer%s x %s",
	    sessions, text_s(sessions), (unsigned long long)each, buffers,
	    text_s(buffers), text_bytes(one, LIMIT_BUFFER));
	return sessions * each + pool;
}

const char *
bound_text(struct setup *setup, unsigned relays, char *buf, size_t size)
{
	uint64_t	fixed, each;
	char		total[TEXT_SHORT], base[TEXT_SHORT];
	char		relay[128], times[32] = "";

	each = relay_text(setup, &fixed, relay, sizeof(relay));
	fixed = relays * fixed + sizeof(*setup) + stat_memory(relays,
	    setup->nlisteners, setup->nbackends) + monitor_memory(setup);
	if (relays > 1)
		text_format(times, sizeof(times), "%u relays x ", relays);
	text_format(buf, size, "bound: %s of memory beside the program = "
	    "%s fixed + %s%s%s%s; %llu descriptors%s",
	    text_bytes(total, fixed + relays * each), text_bytes(base, fixed),
	    times, relays > 1 ? "(" : "", relay, relays > 1 ? ")" : "",
	    (unsigned long long)loop_descriptors(setup),
	    relays > 1 ? " in each" : "");
	return buf;
}

/*
 * stat_text.c - counters as lines, and the reasons of ending in words.
 *
 * A name is written by people and can hold anything; a line is one line all the
 * same.  The entries behind the last ones of a setup are for what a configuration
 * has lost, and are shown when they counted something.
 */
#include <string.h>

#include "board.h"
#include "must.h"
#include "stat.h"
#include "text.h"

enum { LABEL_MAX = 900 };	/* bytes of a label that are printed */

/* Every record is nothing but uint64_t counters; their places among these. */
#define AT(record, member)	(offsetof(record, member) / sizeof(uint64_t))
#define BACKEND_AT(member)	AT(struct labelled, member)
#define LISTENER_AT(member)	AT(struct stat_listener, member)
#define GLOBAL_AT(member)	AT(struct stat_global, member)

/* Key and text of each reason, in the order of the enumeration. */
static const char *const reasons =
    "none\0the session goes on\0"
    "done\0both sides sent their end\0"
    "client-reset\0the client reset the connection\0"
    "backend-reset\0the backend reset the connection\0"
    "client-lost\0the connection to the client was lost\0"
    "backend-lost\0the connection to the backend was lost\0"
    "client-deaf\0the client takes no more bytes\0"
    "backend-deaf\0the backend takes no more bytes\0"
    "client-gone\0the client left before a backend answered\0"
    "no-backend\0no backend could be reached\0"
    "no-pool\0no sockproxy.server for this client\0"
    "no-resources\0out of descriptors, memory or ports\0"
    "read-timeout\0the backend was silent for too long\0"
    "write-timeout\0the backend took no bytes for too long\0"
    "read-idle\0both sides were silent for too long\0"
    "write-idle\0neither side took bytes for too long\0"
    "half-close-timeout\0half closed and silent for too long\0"
    "shutdown\0sockproxy stopped\0"
    "killed\0ended by the operator";

const char *
reason_key(enum reason reason)
{
	MUST((unsigned)reason < REASONS);
	return text_nth(reasons, 2 * reason);
}

const char *
reason_text(enum reason reason)
{
	return text_nth(reason_key(reason), 1);
}

/*
 * Lines that are given to put, with a prefix and a name in front; a line end in a
 * name cannot make a line of its own.
 */
struct lines {
	void		(*put)(void *, const char *);
	void		 *arg;
	const char	 *prefix, *name;
	bool		  zeros;	/* those that are 0, too */
};

static void
line_put(const struct lines *lines, const char *key, uint64_t value)
{
	char	line[LABEL_MAX + 128];

	if (value == 0 && !lines->zeros)
		return;
	text_format(line, sizeof(line), "%s%.*s.%s: %llu", lines->prefix,
	    LABEL_MAX, lines->name, key, (unsigned long long)value);
	text_plain(line);
	lines->put(lines->arg, line);
}

/* The members of a record that are at these places, each with its key. */
static void
lines_put(const struct lines *lines, const char *keys, const uint8_t *at,
    const void *record)
{
	for (; *keys != '\0'; keys += strlen(keys) + 1)
		line_put(lines, keys, ((const uint64_t *)record)[*at++]);
}

static const char *
label(const struct setup *setup, unsigned i)
{
	return setup->strings + setup->backends[i].label;
}

static bool
label_same(const struct setup *setup, unsigned i, unsigned k)
{
	return setup->backends[i].label_hash == setup->backends[k].label_hash &&
	    strcmp(label(setup, i), label(setup, k)) == 0;
}

/* Backends with one label are one to the reader, as in lighttpd. */
struct labelled {
	struct stat_backend	sum;	/* died: timeouts included */
	uint64_t		up, disabled;
};

/* Whether it gets new sessions. */
static bool
is_up(const struct setup *setup, unsigned k, const struct stat_backend *one)
{
	return one->down == 0 && board_allows(k) &&
	    setup->backends[k].addr.family != OS_NONE;
}

/*
 * Sum them up from i on.  False when they were summed before.
 */
static bool
label_sum(const struct setup *setup, unsigned i, struct labelled *to)
{
	struct stat_backend	one;
	uint64_t		*sums = (void *)to;
	const uint64_t		*counts = (const void *)&one;
	unsigned		k;

	for (k = 0; k < i; k++)
		if (label_same(setup, i, k))
			return false;
	memset(to, 0, sizeof(*to));
	for (; k < stat_backends(); k++) {
		if (!label_same(setup, i, k))
			continue;
		stat_sum_backend(k, &one);
		for (unsigned n = 0; n < sizeof(one) / sizeof(*counts); n++)
			sums[n] += counts[n];
		++*(is_up(setup, k, &one) ? &to->up : &to->disabled);
	}
	to->sum.died += to->sum.timeouts;
	return true;
}

static void
print_backend(const struct setup *setup, struct lines *lines, unsigned i)
{
	static const uint8_t	at[] = {
		BACKEND_AT(sum.load), BACKEND_AT(sum.load),
		BACKEND_AT(sum.connected), BACKEND_AT(sum.died),
		BACKEND_AT(sum.overloaded), BACKEND_AT(disabled),
		BACKEND_AT(up), BACKEND_AT(sum.chosen),
		BACKEND_AT(sum.timeouts), BACKEND_AT(sum.connect_ms),
		BACKEND_AT(sum.bytes[0]), BACKEND_AT(sum.bytes[1])
	};
	struct labelled		backend;

	if (!label_sum(setup, i, &backend) ||
	    (i >= setup->nbackends && backend.sum.chosen == 0))
		return;
	lines->prefix = "gw.backend.";
	lines->name = label(setup, i);
	lines_put(lines, "load\0" "0.load\0" "0.connected\0" "0.died\0"
	    "0.overloaded\0" "0.disabled\0" "0.up\0" "0.chosen\0"
	    "0.timeouts\0" "0.connect-ms\0" "0.bytes-from-client\0"
	    "0.bytes-from-backend\0", at, &backend);
}

static void
print_listener(const struct setup *setup, struct lines *lines, unsigned i)
{
	static const uint8_t	at[] = {
		LISTENER_AT(accepted), LISTENER_AT(refused),
		LISTENER_AT(active), LISTENER_AT(paused),
		LISTENER_AT(bytes[0]), LISTENER_AT(bytes[1])
	};
	struct stat_listener	sum;

	stat_sum_listener(i, &sum);
	/* of what went with an earlier configuration, only what there was */
	if (i >= setup->nlisteners && sum.accepted == 0)
		return;
	sum.paused = sum.paused != 0;
	lines->prefix = "sockproxy.listener.";
	lines->name = setup->strings + setup->listeners[i].name;
	lines_put(lines, "accepted\0refused\0active\0paused\0"
	    "bytes-from-client\0bytes-from-backend\0", at, &sum);
}

static void
print_global(struct lines *lines)
{
	static const uint8_t	at[] = {
		GLOBAL_AT(accepted), GLOBAL_AT(refused), GLOBAL_AT(bytes[0]),
		GLOBAL_AT(bytes[1]), GLOBAL_AT(spliced),
		GLOBAL_AT(accept_errors), GLOBAL_AT(pauses),
		GLOBAL_AT(buffers_used), GLOBAL_AT(buffers_short)
	};
	struct stat_global	sum;

	stat_sum_global(&sum);
	lines->prefix = "sockproxy";
	lines_put(lines, "accepted\0refused\0bytes-from-client\0"
	    "bytes-from-backend\0bytes-spliced\0accept-errors\0pauses\0"
	    "buffers-used\0buffers-short\0", at, &sum);
	lines->prefix = "sockproxy.ended";
	for (int r = REASON_NONE + 1; r < REASONS; r++)
		line_put(lines, reason_key(r), sum.ended[r]);
}

/*
 * What lighttpd counts as a request: a client that was joined to a backend.
 */
static void
print_first(struct lines *lines)
{
	struct stat_global	sum;
	struct stat_backend	one;
	uint64_t		requests = 0;

	stat_sum_global(&sum);
	for (unsigned i = 0; i < stat_backends(); i++) {
		stat_sum_backend(i, &one);
		requests += one.connected;
	}
	lines->prefix = "gw";
	line_put(lines, "active-requests", sum.active);
	lines->prefix = "sockproxy";
	line_put(lines, "requests", requests);
}

/*
 * The parts: what lighttpd has first, each backend, the totals, each listener.
 */
static bool
print_part(const struct setup *setup, struct lines *lines, unsigned part)
{
	const unsigned	totals = 1 + stat_backends();

	lines->name = "";
	if (part == 0)
		print_first(lines);
	else if (part < totals)
		print_backend(setup, lines, part - 1);
	else if (part == totals)
		print_global(lines);
	else if (part - totals <= stat_listeners())
		print_listener(setup, lines, part - totals - 1);
	else
		return false;
	return true;
}

bool
stat_print_part(const struct setup *setup, unsigned part,
    void (*put)(void *, const char *), void *arg)
{
	struct lines	lines = { .put = put, .arg = arg, .zeros = true };

	return print_part(setup, &lines, part);
}

void
stat_print(const struct setup *setup, void (*put)(void *, const char *),
    void *arg)
{
	struct lines	lines = { .put = put, .arg = arg, .zeros = true };
	unsigned	part = 0;

	while (print_part(setup, &lines, part)) {
		lines.zeros = false;
		part++;
	}
}

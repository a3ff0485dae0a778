/*
 * stat_text.c - counters as lines, and the reasons of ending in words.
 *
 * A name is written by people and can hold anything; a line is one line all the
 * same.  The entries behind the last ones of a setup are for what a configuration
 * has lost, and are shown when they counted something.
 */
#include <string.h>

#include "must.h"
#include "stat.h"
#include "text.h"

enum {
	LABEL_MAX = 900,	/* bytes of a label that are printed */
	LINE_BYTES = 1024
};

static const struct {
	const char	*key;
	const char	*text;
} reasons[REASONS] = {
	[REASON_NONE] = { "none", "the session goes on" },
	[REASON_DONE] = { "done", "both sides sent their end" },
	[REASON_CLIENT_RESET] = { "client-reset",
	    "the client reset the connection" },
	[REASON_BACKEND_RESET] = { "backend-reset",
	    "the backend reset the connection" },
	[REASON_CLIENT_LOST] = { "client-lost",
	    "the connection to the client was lost" },
	[REASON_BACKEND_LOST] = { "backend-lost",
	    "the connection to the backend was lost" },
	[REASON_CLIENT_DEAF] = { "client-deaf",
	    "the client takes no more bytes" },
	[REASON_BACKEND_DEAF] = { "backend-deaf",
	    "the backend takes no more bytes" },
	[REASON_CLIENT_GONE] = { "client-gone",
	    "the client left before a backend answered" },
	[REASON_NO_BACKEND] = { "no-backend", "no backend could be reached" },
	[REASON_NO_POOL] = { "no-pool",
	    "no sockproxy.server for this client" },
	[REASON_NO_RESOURCES] = { "no-resources",
	    "out of descriptors, memory or ports" },
	[REASON_READ_TIMEOUT] = { "read-timeout",
	    "the backend was silent for too long" },
	[REASON_WRITE_TIMEOUT] = { "write-timeout",
	    "the backend took no bytes for too long" },
	[REASON_READ_IDLE] = { "read-idle",
	    "both sides were silent for too long" },
	[REASON_WRITE_IDLE] = { "write-idle",
	    "neither side took bytes for too long" },
	[REASON_HALF_CLOSE_TIMEOUT] = { "half-close-timeout",
	    "half closed and silent for too long" },
	[REASON_SHUTDOWN] = { "shutdown", "sockproxy stopped" },
	[REASON_KILLED] = { "killed", "ended by the operator" }
};

const char *
reason_text(enum reason reason)
{
	MUST((unsigned)reason < REASONS);
	return reasons[reason].text;
}

const char *
reason_key(enum reason reason)
{
	MUST((unsigned)reason < REASONS);
	return reasons[reason].key;
}

struct out {
	void	(*put)(void *, const char *);
	void	 *arg;
};

static void
out_number(const struct out *out, const char *key, uint64_t n)
{
	char	line[LINE_BYTES];

	text_format(line, sizeof(line), "%s: %llu", key,
	    (unsigned long long)n);
	out->put(out->arg, line);
}

/*
 * PREFIX.NAME.KEY: N, where a line end in a name cannot make a line of its own.
 */
static void
out_named(const struct out *out, const char *prefix, const char *name,
    const char *key, uint64_t n)
{
	char	 line[LINE_BYTES];

	text_format(line, sizeof(line), "%s.%.*s.%s: %llu", prefix, LABEL_MAX,
	    name, key, (unsigned long long)n);
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	out->put(out->arg, line);
}

static const char *
label(const struct setup *setup, unsigned i)
{
	return setup->strings + setup->backends[i].label;
}

static bool
label_same(const struct setup *setup, unsigned i, unsigned k)
{
	return setup->backends[i].label == setup->backends[k].label ||
	    strcmp(label(setup, i), label(setup, k)) == 0;
}

/*
 * Backends with one label are one to the reader, as in lighttpd.  Returns how
 * many there are from i on, 0 when they were summed before.  ups: those not
 * left out.
 */
static unsigned
label_sum(const struct setup *setup, unsigned i, struct stat_backend *to,
    unsigned *ups)
{
	struct stat_backend	one;
	unsigned		n = 0;

	for (unsigned k = 0; k < i; k++)
		if (label_same(setup, i, k))
			return 0;
	memset(to, 0, sizeof(*to));
	*ups = 0;
	for (unsigned k = i; k < stat_backends(); k++) {
		if (!label_same(setup, i, k))
			continue;
		stat_sum_backend(k, &one);
		n++;
		if (one.down == 0)
			++*ups;
		to->load += one.load;
		to->chosen += one.chosen;
		to->connected += one.connected;
		to->died += one.died;
		to->timeouts += one.timeouts;
		to->overloaded += one.overloaded;
		to->bytes[0] += one.bytes[0];
		to->bytes[1] += one.bytes[1];
		to->connect_ms += one.connect_ms;
	}
	return n;
}

static void
print_backend(const struct setup *setup, const struct out *out, unsigned i)
{
	static const char	 prefix[] = "gw.backend";
	const char		*name = label(setup, i);
	struct stat_backend	 sum;
	unsigned		 n, ups;

	if ((n = label_sum(setup, i, &sum, &ups)) == 0 ||
	    (i >= setup->nbackends && sum.chosen == 0))
		return;
	out_named(out, prefix, name, "load", sum.load);
	out_named(out, prefix, name, "0.load", sum.load);
	out_named(out, prefix, name, "0.connected", sum.connected);
	out_named(out, prefix, name, "0.died", sum.died + sum.timeouts);
	out_named(out, prefix, name, "0.overloaded", sum.overloaded);
	out_named(out, prefix, name, "0.disabled", n - ups);
	out_named(out, prefix, name, "0.up", ups);
	out_named(out, prefix, name, "0.chosen", sum.chosen);
	out_named(out, prefix, name, "0.timeouts", sum.timeouts);
	out_named(out, prefix, name, "0.connect-ms", sum.connect_ms);
	out_named(out, prefix, name, "0.bytes-from-client", sum.bytes[0]);
	out_named(out, prefix, name, "0.bytes-from-backend", sum.bytes[1]);
}

static void
print_listener(const struct setup *setup, const struct out *out, unsigned i)
{
	static const char	 prefix[] = "sockproxy.listener";
	const char		*name;
	struct stat_listener	 sum;

	name = setup->strings + setup->listeners[i].name;
	stat_sum_listener(i, &sum);
	/* of what went with an earlier configuration, only what there was */
	if (i >= setup->nlisteners && sum.accepted == 0 && sum.active == 0)
		return;
	if (i >= setup->nlisteners && sum.accepted == 0)
		return;
	out_named(out, prefix, name, "accepted", sum.accepted);
	out_named(out, prefix, name, "refused", sum.refused);
	out_named(out, prefix, name, "active", sum.active);
	out_named(out, prefix, name, "paused", sum.paused != 0);
	out_named(out, prefix, name, "bytes-from-client", sum.bytes[0]);
	out_named(out, prefix, name, "bytes-from-backend", sum.bytes[1]);
}

static void
print_global(const struct out *out, const struct stat_global *sum)
{
	char	key[64];

	out_number(out, "sockproxy.accepted", sum->accepted);
	out_number(out, "sockproxy.refused", sum->refused);
	out_number(out, "sockproxy.bytes-from-client", sum->bytes[0]);
	out_number(out, "sockproxy.bytes-from-backend", sum->bytes[1]);
	out_number(out, "sockproxy.bytes-spliced", sum->spliced);
	out_number(out, "sockproxy.accept-errors", sum->accept_errors);
	out_number(out, "sockproxy.pauses", sum->pauses);
	out_number(out, "sockproxy.buffers-used", sum->buffers_used);
	out_number(out, "sockproxy.buffers-short", sum->buffers_short);
	for (int r = REASON_NONE + 1; r < REASONS; r++) {
		text_format(key, sizeof(key), "sockproxy.ended.%s",
		    reason_key(r));
		out_number(out, key, sum->ended[r]);
	}
}

/*
 * What lighttpd counts as a request: a client that was joined to a backend.
 */
static uint64_t
requests(void)
{
	struct stat_backend	one;
	uint64_t		n = 0;

	for (unsigned i = 0; i < stat_backends(); i++) {
		stat_sum_backend(i, &one);
		n += one.connected;
	}
	return n;
}

/*
 * The parts: what lighttpd has first, each backend, the totals, each listener.
 */
bool
stat_print_part(const struct setup *setup, unsigned part,
    void (*put)(void *, const char *), void *arg)
{
	const struct out	out = { put, arg };
	const unsigned		totals = 1 + stat_backends();
	struct stat_global	sum;

	stat_sum_global(&sum);
	if (part == 0) {
		out_number(&out, "gw.active-requests", sum.active);
		out_number(&out, "sockproxy.requests", requests());
	} else if (part < totals)
		print_backend(setup, &out, part - 1);
	else if (part == totals)
		print_global(&out, &sum);
	else if (part - totals <= stat_listeners())
		print_listener(setup, &out, part - totals - 1);
	else
		return false;
	return true;
}

void
stat_print(const struct setup *setup, void (*put)(void *, const char *),
    void *arg)
{
	unsigned	part = 0;

	while (stat_print_part(setup, part, put, arg))
		part++;
}

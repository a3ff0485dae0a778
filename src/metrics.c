/*
 * metrics.c - counters in Prometheus' text format, version 0.0.4.
 *
 * All samples of a metric stand together, so a piece is the heading of a metric or
 * one of its samples.
 */
#include "view.h"

enum source { GLOBAL, REASON, BACKEND, LISTENER };

enum value {
	/* GLOBAL */
	INFO, UPTIME, SESSIONS, SESSIONS_MAX, ACCEPTED, REFUSED, BYTES, SPLICED,
	ACCEPT_ERRORS, PAUSES, BUFFERS_USED, BUFFERS_SHORT,
	ENDED,
	/* BACKEND */
	B_UP, B_STATE, B_SESSIONS, B_CHOSEN, B_CONNECTED, B_FAILED, B_SECONDS,
	B_BYTES,
	/* LISTENER */
	L_SESSIONS, L_ACCEPTED, L_REFUSED, L_PAUSED, L_BYTES
};

static const struct metric {
	const char	*name;
	const char	*type;
	const char	*help;
	enum source	 source;
	enum value	 value;
	unsigned	 labels;	/* samples for each row */
} metrics[] = {
	{ "info", "gauge", "The version that runs.", GLOBAL, INFO, 1 },
	{ "uptime_seconds", "gauge", "Time since the start.",
	    GLOBAL, UPTIME, 1 },
	{ "sessions", "gauge", "Sessions now.", GLOBAL, SESSIONS, 1 },
	{ "sessions_max", "gauge", "Sessions there can be.",
	    GLOBAL, SESSIONS_MAX, 1 },
	{ "accepted_total", "counter", "Connections accepted.",
	    GLOBAL, ACCEPTED, 1 },
	{ "refused_total", "counter", "Connections accepted and reset.",
	    GLOBAL, REFUSED, 1 },
	{ "bytes_total", "counter", "Bytes delivered, by who sent them.",
	    GLOBAL, BYTES, 2 },
	{ "spliced_bytes_total", "counter",
	    "Bytes delivered that the kernel moved.", GLOBAL, SPLICED, 1 },
	{ "accept_errors_total", "counter",
	    "Connections lost before they were accepted.",
	    GLOBAL, ACCEPT_ERRORS, 1 },
	{ "listener_pauses_total", "counter",
	    "Times that a listener had to wait for room.", GLOBAL, PAUSES, 1 },
	{ "buffers_used", "gauge", "Buffers that hold bytes of slow readers.",
	    GLOBAL, BUFFERS_USED, 1 },
	{ "buffers_short_total", "counter", "Times that no buffer was free.",
	    GLOBAL, BUFFERS_SHORT, 1 },
	{ "sessions_ended_total", "counter", "Sessions ended, by reason.",
	    REASON, ENDED, 1 },
	{ "backend_up", "gauge",
	    "1 when the backend gets new sessions from every relay.",
	    BACKEND, B_UP, 1 },
	{ "backend_state", "gauge", "1 for the state that the backend is in.",
	    BACKEND, B_STATE, STATUS_STATES },
	{ "backend_sessions", "gauge", "Sessions of the backend now.",
	    BACKEND, B_SESSIONS, 1 },
	{ "backend_chosen_total", "counter", "Times the backend was chosen.",
	    BACKEND, B_CHOSEN, 1 },
	{ "backend_connected_total", "counter", "Connections made to it.",
	    BACKEND, B_CONNECTED, 1 },
	{ "backend_failed_total", "counter", "Connections that failed.",
	    BACKEND, B_FAILED, 3 },
	{ "backend_connect_seconds_total", "counter",
	    "Time that connecting took, over all connections.",
	    BACKEND, B_SECONDS, 1 },
	{ "backend_bytes_total", "counter",
	    "Bytes delivered, by who sent them.", BACKEND, B_BYTES, 2 },
	{ "listener_sessions", "gauge", "Sessions of the listener now.",
	    LISTENER, L_SESSIONS, 1 },
	{ "listener_accepted_total", "counter", "Connections accepted.",
	    LISTENER, L_ACCEPTED, 1 },
	{ "listener_refused_total", "counter",
	    "Connections accepted and reset.", LISTENER, L_REFUSED, 1 },
	{ "listener_paused", "gauge", "1 while it waits for room.",
	    LISTENER, L_PAUSED, 1 },
	{ "listener_bytes_total", "counter",
	    "Bytes delivered, by who sent them.", LISTENER, L_BYTES, 2 }
};

enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };

static const char *const sides[2] = { "client", "backend" };

static unsigned
rows(enum source source)
{
	switch (source) {
	case GLOBAL:
		return 1;
	case REASON:
		return REASONS - REASON_NONE - 1;
	case BACKEND:
		return status_setup()->nbackends;
	case LISTENER:
		return status_setup()->nlisteners;
	}
	return 0;
}

static void
heading(struct out *out, const struct metric *m)
{
	out_format(out, "# HELP sockproxy_%s %s\n", m->name, m->help);
	out_format(out, "# TYPE sockproxy_%s %s\n", m->name, m->type);
}

/*
 * A label and its value; the first one opens the braces.
 */
static void
label(struct out *out, bool *open, const char *name, const char *value)
{
	out_format(out, "%s%s=", *open ? "," : "{", name);
	out_label(out, value);
	*open = true;
}

static void
finish(struct out *out, bool open, uint64_t v, unsigned decimals)
{
	out_string(out, open ? "} " : " ");
	out_decimal(out, v, decimals);
	out_string(out, "\n");
}

static void
global_sample(struct out *out, enum value value, unsigned l)
{
	struct stat_global	g;
	bool			open = false;
	unsigned		decimals = 0;
	uint64_t		v = 1;

	stat_sum_global(&g);
	switch (value) {
	case INFO:
		label(out, &open, "version", VERSION);
		break;
	case UPTIME:
		v = status_uptime();
		decimals = 3;
		break;
	case SESSIONS:
		v = g.active;
		break;
	case SESSIONS_MAX:
		v = status_sessions_max();
		break;
	case ACCEPTED:
		v = g.accepted;
		break;
	case REFUSED:
		v = g.refused;
		break;
	case BYTES:
		label(out, &open, "from", sides[l]);
		v = g.bytes[l];
		break;
	case SPLICED:
		v = g.spliced;
		break;
	case ACCEPT_ERRORS:
		v = g.accept_errors;
		break;
	case PAUSES:
		v = g.pauses;
		break;
	case BUFFERS_USED:
		v = g.buffers_used;
		break;
	default:
		v = g.buffers_short;
	}
	finish(out, open, v, decimals);
}

static void
reason_sample(struct out *out, enum reason reason)
{
	struct stat_global	g;
	bool			open = false;

	stat_sum_global(&g);
	label(out, &open, "reason", reason_key(reason));
	finish(out, open, g.ended[reason], 0);
}

static uint64_t
failure(struct out *out, bool *open, const struct stat_backend *b,
    unsigned l)
{
	static const char *const causes[] = { "refused", "timeout",
	    "overloaded" };

	label(out, open, "cause", causes[l]);
	return l == 0 ? b->died : l == 1 ? b->timeouts : b->overloaded;
}

static void
backend_sample(struct out *out, enum value value, unsigned i, unsigned l)
{
	struct status_backend	b;
	bool			open = false;
	unsigned		decimals = 0;
	uint64_t		v = 0;
	char			number[16];
	struct out		digits = { .buf = number, .size = 15 };

	status_backend(i, &b);
	out_number(&digits, i);
	number[digits.len] = '\0';
	label(out, &open, "backend", b.label);
	label(out, &open, "address", b.addr);
	label(out, &open, "number", number);
	switch (value) {
	case B_UP:
		v = b.state == STATUS_UP;
		break;
	case B_STATE:
		label(out, &open, "state", status_word(l));
		v = b.state == l;
		break;
	case B_SESSIONS:
		v = b.count.load;
		break;
	case B_CHOSEN:
		v = b.count.chosen;
		break;
	case B_CONNECTED:
		v = b.count.connected;
		break;
	case B_FAILED:
		v = failure(out, &open, &b.count, l);
		break;
	case B_SECONDS:
		v = b.count.connect_ms;
		decimals = 3;
		break;
	default:
		label(out, &open, "from", sides[l]);
		v = b.count.bytes[l];
	}
	finish(out, open, v, decimals);
}

static void
listener_sample(struct out *out, enum value value, unsigned i, unsigned l)
{
	struct status_listener	s;
	bool			open = false;
	uint64_t		v = 0;

	status_listener(i, &s);
	label(out, &open, "listener", s.name);
	label(out, &open, "bound", s.addr);
	switch (value) {
	case L_SESSIONS:
		v = s.count.active;
		break;
	case L_ACCEPTED:
		v = s.count.accepted;
		break;
	case L_REFUSED:
		v = s.count.refused;
		break;
	case L_PAUSED:
		v = s.count.paused != 0;
		break;
	default:
		label(out, &open, "from", sides[l]);
		v = s.count.bytes[l];
	}
	finish(out, open, v, 0);
}

static void
sample(struct out *out, const struct metric *m, unsigned row, unsigned l)
{
	out_format(out, "sockproxy_%s", m->name);
	switch (m->source) {
	case GLOBAL:
		global_sample(out, m->value, l);
		break;
	case REASON:
		reason_sample(out, REASON_NONE + 1 + row);
		break;
	case BACKEND:
		backend_sample(out, m->value, row, l);
		break;
	case LISTENER:
		listener_sample(out, m->value, row, l);
		break;
	}
}

void
metrics_piece(struct view *v, struct out *out)
{
	const struct metric	*m;
	unsigned		 i = v->i++;

	if (v->part >= METRICS) {
		v->over = true;
		return;
	}
	m = &metrics[v->part];
	if (i == 0 && rows(m->source) > 0)
		heading(out, m);
	else if (i > 0 && i <= rows(m->source) * m->labels)
		sample(out, m, (i - 1) / m->labels, (i - 1) % m->labels);
	else if (i > 0) {
		v->part++;
		v->i = 0;
	}
}

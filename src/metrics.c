/*
 * metrics.c - counters in Prometheus' text format, version 0.0.4.
 *
 * All samples of a metric stand together, so a piece is the heading of a metric or
 * one of its samples.
 */
#include <string.h>

#include "text.h"
#include "view.h"

#define AT(member)	STATUS_AT(member)

/* Samples that differ in one more label; their values follow one another. */
enum set { PLAIN, RELEASE, FROM, CAUSE, STATE };

static const struct {
	uint8_t	samples;
	uint8_t	first;		/* value of the label, below */
} sets[] = {
	[PLAIN] = { 1, 0 }, [RELEASE] = { 1, 0 }, [FROM] = { 2, 1 },
	[CAUSE] = { 3, 3 }, [STATE] = { STATUS_STATES, 0 }
};
static const char	*const set_labels = "\0version\0from\0cause\0state";
static const char	*const set_values =
    VERSION "\0client\0backend\0refused\0timeout\0overloaded";

static const struct metric {
	const char	*text;		/* name, a blank, help */
	uint8_t		 kind;		/* enum status_kind */
	uint8_t		 set;		/* enum set */
	uint8_t		 at;		/* of its first value */
	char		 mark;		/* and its form */
} metrics[] = {
	{ "info The version that runs.",
	    STATUS_ALL, RELEASE, AT(all.running), 'n' },
	{ "uptime_seconds Time since the start.",
	    STATUS_ALL, PLAIN, AT(all.uptime_ms), 'm' },
	{ "sessions Sessions now.",
	    STATUS_ALL, PLAIN, AT(all.count.active), 'n' },
	{ "sessions_max Sessions there can be.",
	    STATUS_ALL, PLAIN, AT(all.sessions_max), 'n' },
	{ "accepted_total Connections accepted.",
	    STATUS_ALL, PLAIN, AT(all.count.accepted), 'n' },
	{ "refused_total Connections accepted and reset.",
	    STATUS_ALL, PLAIN, AT(all.count.refused), 'n' },
	{ "bytes_total Bytes delivered, by who sent them.",
	    STATUS_ALL, FROM, AT(all.count.bytes), 'n' },
	{ "spliced_bytes_total Bytes delivered that the kernel moved.",
	    STATUS_ALL, PLAIN, AT(all.count.spliced), 'n' },
	{ "accept_errors_total Connections lost before they were accepted.",
	    STATUS_ALL, PLAIN, AT(all.count.accept_errors), 'n' },
	{ "listener_pauses_total Times that a listener had to wait for room.",
	    STATUS_ALL, PLAIN, AT(all.count.pauses), 'n' },
	{ "buffers_used Buffers that hold bytes of slow readers.",
	    STATUS_ALL, PLAIN, AT(all.count.buffers_used), 'n' },
	{ "buffers_short_total Times that no buffer was free.",
	    STATUS_ALL, PLAIN, AT(all.count.buffers_short), 'n' },
	{ "sessions_ended_total Sessions ended, by reason.",
	    STATUS_REASON, PLAIN, AT(reason.count), 'n' },
	{ "backend_up 1 when the backend gets new sessions from every relay.",
	    STATUS_BACKEND, PLAIN, AT(backend.in[STATUS_UP]), 'n' },
	{ "backend_state 1 for the state that the backend is in.",
	    STATUS_BACKEND, STATE, AT(backend.in), 'n' },
	{ "backend_sessions Sessions of the backend now.",
	    STATUS_BACKEND, PLAIN, AT(backend.count.load), 'n' },
	{ "backend_chosen_total Times the backend was chosen.",
	    STATUS_BACKEND, PLAIN, AT(backend.count.chosen), 'n' },
	{ "backend_connected_total Connections made to it.",
	    STATUS_BACKEND, PLAIN, AT(backend.count.connected), 'n' },
	{ "backend_failed_total Connections that failed.",
	    STATUS_BACKEND, CAUSE, AT(backend.count.died), 'n' },
	{ "backend_connect_seconds_total Time that connecting took, over all "
	    "connections.",
	    STATUS_BACKEND, PLAIN, AT(backend.count.connect_ms), 'm' },
	{ "backend_bytes_total Bytes delivered, by who sent them.",
	    STATUS_BACKEND, FROM, AT(backend.count.bytes), 'n' },
	{ "listener_sessions Sessions of the listener now.",
	    STATUS_LISTENER, PLAIN, AT(listener.count.active), 'n' },
	{ "listener_accepted_total Connections accepted.",
	    STATUS_LISTENER, PLAIN, AT(listener.count.accepted), 'n' },
	{ "listener_refused_total Connections accepted and reset.",
	    STATUS_LISTENER, PLAIN, AT(listener.count.refused), 'n' },
	{ "listener_paused 1 while it waits for room.",
	    STATUS_LISTENER, PLAIN, AT(listener.count.paused), 'n' },
	{ "listener_bytes_total Bytes delivered, by who sent them.",
	    STATUS_LISTENER, FROM, AT(listener.count.bytes), 'n' }
};

enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };

static const uint8_t reason[] = { AT(reason.key) };
static const uint8_t backend[] = {
	AT(backend.label), AT(backend.addr), AT(number)
};
static const uint8_t listener[] = { AT(listener.name), AT(listener.addr) };

static void
heading(struct out *out, const char *text, int n)
{
	out_format(out, "# HELP sockproxy_%s\n# TYPE sockproxy_%.*s %s\n", text,
	    n, text, n > 6 && memcmp(text + n - 6, "_total", 6) == 0 ?
	    "counter" : "gauge");
}

/* The labels of a record, behind an open brace. */
static void
labels(struct out *out, enum status_kind kind, const struct status_record *r)
{
	switch (kind) {
	case STATUS_REASON:
		out_form(out, "{reason=%l", reason, r);
		break;
	case STATUS_BACKEND:
		out_form(out, "{backend=%l,address=%l,number=\"%n\"", backend,
		    r);
		break;
	case STATUS_LISTENER:
		out_form(out, "{listener=%l,bound=%l", listener, r);
		break;
	default:
		break;
	}
}

static void
sample(struct out *out, const struct metric *m, unsigned row, unsigned l, int n)
{
	const char		form[] = { ' ', '%', m->mark, '\n', '\0' };
	const uint8_t		at = (uint8_t)(m->at + l * OUT_AT_NEXT);
	bool			all = m->kind == STATUS_ALL;
	struct status_record	r;

	(void)status_fill(m->kind, row, NULL, &r);
	out_format(out, "sockproxy_%.*s", n, m->text);
	labels(out, m->kind, &r);
	if (m->set != PLAIN)
		out_format(out, "%c%s=\"%s\"", all ? '{' : ',',
		    text_nth(set_labels, m->set), m->set == STATE ?
		    status_word(l) : text_nth(set_values,
		    sets[m->set].first + l));
	out_string(out, all && m->set == PLAIN ? "" : "}");
	out_form(out, form, &at, &r);
}

void
metrics_piece(struct view *v, struct out *out)
{
	const struct metric	*m = &metrics[v->part];
	unsigned		 i = v->i++, rows = status_count(m->kind);
	unsigned		 samples = sets[m->set].samples;
	int			 n = (int)strcspn(m->text, " ");

	if (i == 0 && rows > 0)
		heading(out, m->text, n);
	else if (i > 0 && i <= rows * samples)
		sample(out, m, (i - 1) / samples, (i - 1) % samples, n);
	else if (i > 0) {
		v->i = 0;
		v->over = ++v->part == METRICS;
	}
}

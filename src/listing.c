/*
 * listing.c - text in columns, for people.
 */
#include <string.h>

#include "board.h"
#include "conf.h"
#include "must.h"
#include "text.h"
#include "view.h"

enum {
	LABEL_LEAST = 7,	/* columns of labels and names */
	LABEL_MOST = 32,
	SPAN = 32,
	BYTES = 32
};

/* The widest of the labels (or listeners), as far as columns go. */
static unsigned
width_of(bool listeners)
{
	const struct setup	*set = status_setup();
	unsigned		 i, n, width = LABEL_LEAST;
	size_t			 len;

	n = listeners ? set->nlisteners : set->nbackends;
	for (i = 0; i < n; i++) {
		len = strlen(conf_string(set, listeners ?
		    set->listeners[i].name : set->backends[i].label));
		if (len > width)
			width = len > LABEL_MOST ? LABEL_MOST : (unsigned)len;
	}
	return width;
}

static void
number(struct out *out, uint64_t n, unsigned width)
{
	char	digits[24];

	(void)text_format(digits, sizeof(digits), "%llu",
	    (unsigned long long)n);
	out_string(out, "  ");
	out_right(out, digits, width);
}

static void
bytes(struct out *out, uint64_t n, unsigned width)
{
	char	text[BYTES];

	out_string(out, "  ");
	out_right(out, text_bytes(text, sizeof(text), n), width);
}

static void
span(struct out *out, uint64_t ms, unsigned width)
{
	char	text[SPAN];

	out_string(out, "  ");
	out_right(out, text_span(text, sizeof(text), ms), width);
}

static void
named(struct out *out, const char *name, uint64_t n)
{
	out_left(out, name, 22);
	out_number(out, n);
	out_string(out, "\n");
}

static void
named_bytes(struct out *out, const char *name, uint64_t n, uint64_t rate)
{
	char	all[BYTES], second[BYTES];

	out_left(out, name, 22);
	out_format(out, "%s, %s/s\n", text_bytes(all, sizeof(all), n),
	    text_bytes(second, sizeof(second), rate));
}

/*
 * status: totals, then why sessions ended.
 */

static void
status_totals(struct out *out)
{
	struct stat_global	g;
	struct history_rate	rate;
	char			text[SPAN];

	stat_sum_global(&g);
	history_rate(HISTORY_ALL, &rate);
	out_left(out, "sockproxy", 22);
	out_format(out, VERSION ", up %s, generation %u\n",
	    text_span(text, sizeof(text), status_uptime()),
	    (unsigned)board_generation());
	named(out, "relays", status_relays());
	out_left(out, "sessions", 22);
	out_format(out, "%llu of %llu, ", (unsigned long long)g.active,
	    (unsigned long long)status_sessions_max());
	out_decimal(out, rate.millisessions / 100, 1);
	out_string(out, "/s\n");
	named(out, "accepted", g.accepted);
	named(out, "refused", g.refused);
	named_bytes(out, "bytes from clients", g.bytes[0], rate.bytes[0]);
	named_bytes(out, "bytes from backends", g.bytes[1], rate.bytes[1]);
	out_left(out, "of these spliced", 22);
	out_format(out, "%s\n", text_bytes(text, sizeof(text), g.spliced));
	named(out, "buffers in use", g.buffers_used);
	named(out, "buffers short", g.buffers_short);
	named(out, "accept errors", g.accept_errors);
	named(out, "listener pauses", g.pauses);
}

static void
status_reason(struct out *out, enum reason reason)
{
	struct stat_global	g;

	stat_sum_global(&g);
	if (g.ended[reason] == 0)
		return;
	number(out, g.ended[reason], 10);
	out_format(out, "  %s: %s\n", reason_key(reason),
	    reason_text(reason));
}

static void
status_piece(struct view *v, struct out *out)
{
	unsigned	part = v->part++;

	if (part == 0)
		status_totals(out);
	else if (part == 1)
		out_string(out, "sessions ended\n");
	else if (part - 2 + REASON_NONE + 1 < REASONS)
		status_reason(out, part - 2 + REASON_NONE + 1);
	else
		v->over = true;
}

/*
 * backends
 */

static void
backend_heading(struct out *out, unsigned width)
{
	out_string(out, "   #  ");
	out_left(out, "BACKEND", width);
	out_string(out, "  STATE        LOAD   CONNECTED      FAILED"
	    "  FROM CLIENTS  FROM BACKEND       RATE  ADDRESS\n");
}

static void
backend_row(struct out *out, unsigned i, unsigned width)
{
	struct status_backend	b;
	char			text[BYTES], rate[BYTES + 2];

	status_backend(i, &b);
	out_format(out, "%4u  ", i);
	out_left(out, b.label, width);
	out_string(out, "  ");
	out_left(out, status_word(b.state), 10);
	number(out, b.count.load, 5);
	number(out, b.count.connected, 10);
	number(out, b.count.died + b.count.timeouts + b.count.overloaded, 10);
	bytes(out, b.count.bytes[0], 12);
	bytes(out, b.count.bytes[1], 12);
	(void)text_format(rate, sizeof(rate), "%s/s", text_bytes(text,
	    sizeof(text), b.rate.bytes[0] + b.rate.bytes[1]));
	out_right(out, rate, 13);
	out_string(out, "  ");
	out_left(out, b.addr, 0);
	out_string(out, "\n");
}

static void
backends_piece(struct view *v, struct out *out)
{
	unsigned	width = width_of(false);

	if (v->part++ == 0)
		backend_heading(out, width);
	else if (v->i < status_setup()->nbackends)
		backend_row(out, v->i++, width);
	else
		v->over = true;
}

/*
 * listeners
 */

static void
listener_row(struct out *out, unsigned i, unsigned width)
{
	struct status_listener	l;

	status_listener(i, &l);
	out_left(out, l.name, width);
	number(out, l.count.active, 6);
	number(out, l.count.accepted, 10);
	number(out, l.count.refused, 8);
	bytes(out, l.count.bytes[0], 12);
	bytes(out, l.count.bytes[1], 12);
	out_string(out, l.count.paused != 0 ? "  paused   " : "  open     ");
	out_left(out, l.addr, 0);
	out_string(out, "\n");
}

static void
listeners_piece(struct view *v, struct out *out)
{
	unsigned	width = width_of(true);

	if (width < 8)
		width = 8;
	if (v->part++ == 0) {
		out_left(out, "LISTENER", width);
		out_string(out, "  ACTIVE    ACCEPTED   REFUSED  FROM CLIENTS"
		    "  FROM BACKEND  STATE    BOUND TO\n");
	} else if (v->i < status_setup()->nlisteners)
		listener_row(out, v->i++, width);
	else
		v->over = true;
}

/*
 * sessions
 */

static void
session_row(struct out *out, const struct status_session *s)
{
	out_left(out, s->id, 12);
	out_string(out, "  ");
	out_left(out, s->state, 12);
	span(out, s->age_ms, 12);
	span(out, s->idle_ms, 12);
	bytes(out, s->bytes[0], 12);
	bytes(out, s->bytes[1], 12);
	bytes(out, s->held, 10);
	out_string(out, "  ");
	out_left(out, s->client, 21);
	out_string(out, "  ");
	out_left(out, s->listener, 14);
	out_string(out, "  ");
	out_left(out, s->label, 0);
	out_string(out, "\n");
}

static void
sessions_piece(struct view *v, struct out *out)
{
	struct status_session	s;

	if (v->part++ == 0)
		out_string(out, "SESSION       STATE                AGE"
		    "          IDLE   FROM CLIENT  FROM BACKEND        HELD"
		    "  CLIENT                 LISTENER        BACKEND\n");
	else if (status_session(&v->at, &s))
		session_row(out, &s);
	else
		v->over = true;
}

static const char help[] =
    "status              totals, and why sessions ended\n"
    "backends            state, load and counters of each backend\n"
    "sessions            the sessions there are now\n"
    "listeners           addresses listened on, with their counters\n"
    "kill SESSION        end a session by reset, after what is on its way\n"
    "drain BACKEND       no new sessions for a backend\n"
    "disable BACKEND     the same, and reset the sessions it has\n"
    "enable BACKEND      let it have sessions again\n"
    "reload              read the configuration anew\n"
    "config              the configuration in effect\n"
    "help                this\n"
    "BACKEND is a label or #NUMBER.  With --json in front the answer is JSON.\n";

void
listing_piece(struct view *v, struct out *out)
{
	switch (v->kind) {
	case VIEW_STATUS:
		status_piece(v, out);
		break;
	case VIEW_BACKENDS:
		backends_piece(v, out);
		break;
	case VIEW_SESSIONS:
		sessions_piece(v, out);
		break;
	case VIEW_LISTENERS:
		listeners_piece(v, out);
		break;
	case VIEW_CONFIG:
		v->over = view_config(v, out, false);
		break;
	default:
		MUST(v->kind == VIEW_HELP);
		out_string(out, help);
		v->over = true;
	}
}

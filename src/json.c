/*
 * json.c - the same for programs.  sockproxy(8) says what each member means; they
 * do not change their meaning, and new ones may come.
 */
#include "board.h"
#include "view.h"

enum { HEAD, REASONS_PART, RECENT, BACKENDS, LISTENERS, SESSIONS, CONFIG, TAIL };

static void
member(struct out *out, const char *name, uint64_t n)
{
	out_format(out, "\"%s\":%llu,", name, (unsigned long long)n);
}

/* The last member of an object, which has no comma behind it. */
static void
member_last(struct out *out, const char *name, uint64_t n)
{
	out_format(out, "\"%s\":%llu", name, (unsigned long long)n);
}

static void
member_string(struct out *out, const char *name, const char *value)
{
	out_format(out, "\"%s\":", name);
	out_json(out, value);
	out_string(out, ",");
}

static void
pair(struct out *out, const char *name, const uint64_t n[2])
{
	out_format(out, "\"%s\":{", name);
	member(out, "from_clients", n[0]);
	member_last(out, "from_backends", n[1]);
	out_string(out, "}");
}

static void
rates(struct out *out, const struct history_rate *rate)
{
	out_string(out, "\"per_second\":{\"sessions\":");
	out_decimal(out, rate->millisessions, 3);
	out_string(out, ",");
	pair(out, "bytes", rate->bytes);
	out_string(out, "}");
}

static void
head(struct out *out)
{
	struct stat_global	g;
	struct history_rate	rate;

	stat_sum_global(&g);
	history_rate(HISTORY_ALL, &rate);
	member_string(out, "version", VERSION);
	member(out, "uptime_ms", status_uptime());
	member(out, "generation", board_generation());
	member(out, "relays", status_relays());
	member(out, "sessions", g.active);
	member(out, "sessions_max", status_sessions_max());
	member(out, "accepted", g.accepted);
	member(out, "refused", g.refused);
	pair(out, "bytes", g.bytes);
	out_string(out, ",");
	member(out, "bytes_spliced", g.spliced);
	member(out, "buffers_used", g.buffers_used);
	member(out, "buffers_short", g.buffers_short);
	member(out, "accept_errors", g.accept_errors);
	member(out, "pauses", g.pauses);
	rates(out, &rate);
}

static void
reasons(struct out *out)
{
	struct stat_global	g;
	int			r;

	stat_sum_global(&g);
	out_string(out, ",\"ended\":{");
	for (r = REASON_NONE + 1; r < REASONS; r++)
		out_format(out, "%s\"%s\":%llu", r > REASON_NONE + 1 ? "," : "",
		    reason_key(r), (unsigned long long)g.ended[r]);
	out_string(out, "}");
}

static void
recent(struct out *out)
{
	int	r;

	out_string(out, ",\"recent\":{");
	member(out, "span_ms", history_span());
	member(out, "refused", history_refused());
	out_string(out, "\"ended\":{");
	for (r = REASON_NONE + 1; r < REASONS; r++)
		out_format(out, "%s\"%s\":%llu", r > REASON_NONE + 1 ? "," : "",
		    reason_key(r), (unsigned long long)history_ended(r));
	out_string(out, "}}");
}

static void
backend(struct out *out, unsigned i)
{
	struct status_backend	b;

	status_backend(i, &b);
	out_string(out, "{");
	member(out, "number", i);
	member_string(out, "label", b.label);
	member_string(out, "address", b.addr);
	member(out, "pool", b.pool);
	member_string(out, "state", status_word(b.state));
	member(out, "relays_down", b.count.down);
	member(out, "load", b.count.load);
	member(out, "chosen", b.count.chosen);
	member(out, "connected", b.count.connected);
	member(out, "died", b.count.died);
	member(out, "timeouts", b.count.timeouts);
	member(out, "overloaded", b.count.overloaded);
	member(out, "connect_ms", b.count.connect_ms);
	pair(out, "bytes", b.count.bytes);
	out_string(out, ",");
	rates(out, &b.rate);
	out_string(out, "}");
}

static void
listener(struct out *out, unsigned i)
{
	struct status_listener	l;

	status_listener(i, &l);
	out_string(out, "{");
	member_string(out, "name", l.name);
	member_string(out, "bound", l.addr);
	out_format(out, "\"paused\":%s,", l.count.paused ? "true" : "false");
	member(out, "active", l.count.active);
	member(out, "accepted", l.count.accepted);
	member(out, "refused", l.count.refused);
	pair(out, "bytes", l.count.bytes);
	out_string(out, "}");
}

static void
session(struct out *out, const struct status_session *s)
{
	out_string(out, "{");
	member_string(out, "session", s->id);
	member_string(out, "state", s->state);
	member_string(out, "client", s->client);
	member_string(out, "listener", s->listener);
	if (s->backend == -1)
		out_string(out, "\"backend\":null,\"backend_number\":null,");
	else {
		member_string(out, "backend", s->label);
		member(out, "backend_number", (uint64_t)s->backend);
	}
	member(out, "age_ms", s->age_ms);
	member(out, "idle_ms", s->idle_ms);
	member(out, "held", s->held);
	pair(out, "bytes", s->bytes);
	out_string(out, "}");
}

/*
 * An array: its name, its items, its end.  Each call is one of them; true when it
 * was the end.
 */
static bool
array(struct view *v, struct out *out, const char *name, unsigned n)
{
	unsigned	i = v->i++;

	if (i == 0)
		out_format(out, "%s\"%s\":[",
		    v->kind == VIEW_JSON_STATUS ? "," : "", name);
	else if (i <= n) {
		out_string(out, i > 1 ? ",\n" : "\n");
		if (v->part - 1 == BACKENDS)
			backend(out, i - 1);
		else
			listener(out, i - 1);
	} else {
		out_string(out, "]");
		v->i = 0;
		return true;
	}
	return false;
}

static bool
sessions(struct view *v, struct out *out)
{
	struct status_session	s;

	if (v->i++ == 0)
		out_string(out, "\"sessions\":[");
	else if (status_session(&v->at, &s)) {
		out_string(out, v->i > 2 ? ",\n" : "\n");
		session(out, &s);
	} else {
		out_string(out, "]");
		return true;
	}
	return false;
}

static bool
config(struct view *v, struct out *out)
{
	if (v->i++ == 0) {
		out_string(out, "\"config\":\"");
		return false;
	}
	if (!view_config(v, out, true))
		return false;
	out_string(out, "\"");
	return true;
}

static unsigned
first_part(const struct view *v)
{
	switch (v->kind) {
	case VIEW_JSON_BACKENDS:
		return BACKENDS;
	case VIEW_JSON_LISTENERS:
		return LISTENERS;
	case VIEW_JSON_SESSIONS:
		return SESSIONS;
	case VIEW_JSON_CONFIG:
		return CONFIG;
	default:
		return HEAD;
	}
}

/* What comes after a part that is done. */
static void
next(struct view *v)
{
	bool	all = v->kind == VIEW_JSON_STATUS && v->part - 1 < LISTENERS;

	v->part = all ? v->part + 1 : TAIL + 1;
}

static void
json_part(struct view *v, struct out *out)
{
	bool	done = true;

	switch (v->part - 1) {
	case HEAD:
		head(out);
		break;
	case REASONS_PART:
		reasons(out);
		break;
	case RECENT:
		recent(out);
		break;
	case BACKENDS:
		done = array(v, out, "backends", status_setup()->nbackends);
		break;
	case LISTENERS:
		done = array(v, out, "listeners", status_setup()->nlisteners);
		break;
	case SESSIONS:
		done = sessions(v, out);
		break;
	case CONFIG:
		done = config(v, out);
		break;
	default:
		out_string(out, "}\n");
		v->over = true;
		return;
	}
	if (done)
		next(v);
}

void
json_piece(struct view *v, struct out *out)
{
	if (v->part != 0) {
		json_part(v, out);
		return;
	}
	out_string(out, "{");
	v->part = first_part(v) + 1;
}

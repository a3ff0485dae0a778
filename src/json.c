/*
 * json.c - the same for programs.  sockproxy(8) says what each member means; they
 * do not change their meaning, and new ones may come.
 */
#include "view.h"

#define AT(member)	STATUS_AT(member)
#define WHAT		VIEW_WHAT
#define BYTES		"\"bytes\":%y"
#define RATES		"\"per_second\":{\"sessions\":%m," BYTES "}"

/* These are in two views each. */
static const char backend_form[] = "%s\n{\"number\":%n,\"label\":%j,"
    "\"address\":%j,\"pool\":%n,\"state\":%j,\"relays_down\":%n,"
    "\"load\":%n,\"chosen\":%n,\"connected\":%n,\"died\":%n,"
    "\"timeouts\":%n,\"overloaded\":%n,\"connect_ms\":%n," BYTES ","
    RATES "}";
static const uint8_t backend[] = {
	STATUS_BACKEND, AT(comma), AT(number), AT(backend.label),
	AT(backend.addr), AT(backend.pool), AT(backend.state),
	AT(backend.count.down), AT(backend.count.load),
	AT(backend.count.chosen), AT(backend.count.connected),
	AT(backend.count.died), AT(backend.count.timeouts),
	AT(backend.count.overloaded), AT(backend.count.connect_ms),
	AT(backend.count.bytes), AT(backend.rate.millisessions),
	AT(backend.rate.bytes)
};
static const char listener_form[] = "%s\n{\"name\":%j,\"bound\":%j,"
    "\"paused\":%s,\"active\":%n,\"accepted\":%n,\"refused\":%n,"
    BYTES "}";
static const uint8_t listener[] = {
	STATUS_LISTENER, AT(comma), AT(listener.name), AT(listener.addr),
	AT(listener.paused), AT(listener.count.active),
	AT(listener.count.accepted), AT(listener.count.refused),
	AT(listener.count.bytes)
};

static const struct view_piece pieces[] = {
	/* VIEW_JSON_STATUS */
	{ "{\"version\":\"" VERSION "\",\"uptime_ms\":%n,\"generation\":%n,"
	    "\"relays\":%n,\"sessions\":%n,\"sessions_max\":%n,"
	    "\"accepted\":%n,\"refused\":%n," BYTES ",\"bytes_spliced\":%n,"
	    "\"buffers_used\":%n,\"buffers_short\":%n,"
	    "\"accept_errors\":%n,\"pauses\":%n," RATES ",\"ended\":{",
	    WHAT(STATUS_ALL, AT(all.uptime_ms), AT(all.generation),
	    AT(all.relays), AT(all.count.active), AT(all.sessions_max),
	    AT(all.count.accepted), AT(all.count.refused), AT(all.count.bytes),
	    AT(all.count.spliced), AT(all.count.buffers_used),
	    AT(all.count.buffers_short), AT(all.count.accept_errors),
	    AT(all.count.pauses), AT(all.rate.millisessions),
	    AT(all.rate.bytes)) },
	{ "%s%j:%n",
	    WHAT(STATUS_REASON, AT(comma), AT(reason.key), AT(reason.count)) },
	{ "},\"recent\":{\"span_ms\":%n,\"refused\":%n,\"ended\":{",
	    WHAT(STATUS_ALL, AT(all.span_ms), AT(all.recent_refused)) },
	{ "%s%j:%n",
	    WHAT(STATUS_REASON, AT(comma), AT(reason.key), AT(reason.recent)) },
	{ "}},\"backends\":[", WHAT(STATUS_ALL) },
	{ backend_form, backend },
	{ "],\"listeners\":[", WHAT(STATUS_ALL) },
	{ listener_form, listener },
	{ "]}\n", WHAT(STATUS_ALL | VIEW_LAST) },
	/* VIEW_JSON_BACKENDS */
	{ "{\"backends\":[", WHAT(STATUS_ALL) },
	{ backend_form, backend },
	{ "]}\n", WHAT(STATUS_ALL | VIEW_LAST) },
	/* VIEW_JSON_SESSIONS */
	{ "{\"sessions\":[", WHAT(STATUS_ALL) },
	{ "%s\n{\"session\":%j,\"state\":%j,\"client\":%j,\"listener\":%j,"
	    "\"backend\":%j,\"backend_number\":%s,\"age_ms\":%n,"
	    "\"idle_ms\":%n,\"held\":%n," BYTES "}",
	    WHAT(STATUS_SESSION, AT(comma), AT(session.id), AT(session.state),
	    AT(session.client), AT(session.listener), AT(session.label),
	    AT(session.backend), AT(session.age_ms), AT(session.idle_ms),
	    AT(session.held), AT(session.bytes)) },
	{ "]}\n", WHAT(STATUS_ALL | VIEW_LAST) },
	/* VIEW_JSON_LISTENERS */
	{ "{\"listeners\":[", WHAT(STATUS_ALL) },
	{ listener_form, listener },
	{ "]}\n", WHAT(STATUS_ALL | VIEW_LAST) },
	/* VIEW_JSON_CONFIG */
	{ "{\"config\":\"", WHAT(STATUS_ALL) },
	{ NULL, WHAT(VIEW_LINES) },
	{ "\"}\n", WHAT(STATUS_ALL | VIEW_LAST) }
};

const struct view_piece *
json_pieces(void)
{
	return pieces;
}

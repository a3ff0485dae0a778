/*
 * listing.c - text in columns, for people.
 */
#include "view.h"

#define AT(member)	STATUS_AT(member)
#define WHAT		VIEW_WHAT

static const struct view_piece pieces[] = {
	/* VIEW_STATUS */
	{ "sockproxy             " VERSION ", up %t, generation %n\n"
	    "relays                %n\n"
	    "sessions              %n of %n, %d/s\n"
	    "accepted              %n\n"
	    "refused               %n\n"
	    "bytes from clients    %b, %b/s\n"
	    "bytes from backends   %b, %b/s\n"
	    "of these spliced      %b\n"
	    "buffers in use        %n\n"
	    "buffers short         %n\n"
	    "accept errors         %n\n"
	    "listener pauses       %n\n"
	    "sessions ended\n",
	    WHAT(STATUS_ALL, AT(all.uptime_ms), AT(all.generation),
	    AT(all.relays), AT(all.count.active), AT(all.sessions_max),
	    AT(all.rate.millisessions), AT(all.count.accepted),
	    AT(all.count.refused), AT(all.count.bytes[0]),
	    AT(all.rate.bytes[0]), AT(all.count.bytes[1]),
	    AT(all.rate.bytes[1]), AT(all.count.spliced),
	    AT(all.count.buffers_used), AT(all.count.buffers_short),
	    AT(all.count.accept_errors), AT(all.count.pauses)) },
	{ "  %10n  %s: %s\n",
	    WHAT(STATUS_REASON | VIEW_ENDED | VIEW_LAST, AT(reason.count),
	    AT(reason.key), AT(reason.text)) },
	/* VIEW_BACKENDS */
	{ "   #  %*s  STATE        LOAD   CONNECTED      FAILED  FROM CLIENTS"
	    "  FROM BACKEND       RATE  ADDRESS\n",
	    WHAT(STATUS_ALL, AT(all.backend_width), AT(all.backend_title)) },
	{ "%4n  %*p  %10p  %5n  %10n  %10n  %12b  %12b%11b/s  %p\n",
	    WHAT(STATUS_BACKEND | VIEW_LAST, AT(number), AT(backend.width),
	    AT(backend.label), AT(backend.state), AT(backend.count.load),
	    AT(backend.count.connected), AT(backend.failed),
	    AT(backend.count.bytes[0]), AT(backend.count.bytes[1]),
	    AT(backend.all_rate), AT(backend.addr)) },
	/* VIEW_SESSIONS */
	{ "SESSION       STATE                AGE          IDLE   FROM CLIENT"
	    "  FROM BACKEND        HELD  CLIENT                 LISTENER      "
	    "  BACKEND\n", WHAT(STATUS_ALL) },
	{ "%12p  %12p  %12t  %12t  %12b  %12b  %10b  %21p  %14p  %p\n",
	    WHAT(STATUS_SESSION | VIEW_LAST, AT(session.id), AT(session.state),
	    AT(session.age_ms), AT(session.idle_ms), AT(session.bytes[0]),
	    AT(session.bytes[1]), AT(session.held), AT(session.client),
	    AT(session.listener), AT(session.label)) },
	/* VIEW_LISTENERS */
	{ "%*s  ACTIVE    ACCEPTED   REFUSED  FROM CLIENTS  FROM BACKEND"
	    "  STATE    BOUND TO\n",
	    WHAT(STATUS_ALL, AT(all.listener_width), AT(all.listener_title)) },
	{ "%*p  %6n  %10n  %8n  %12b  %12b  %7s  %p\n",
	    WHAT(STATUS_LISTENER | VIEW_LAST, AT(listener.width),
	    AT(listener.name), AT(listener.count.active),
	    AT(listener.count.accepted), AT(listener.count.refused),
	    AT(listener.count.bytes[0]), AT(listener.count.bytes[1]),
	    AT(listener.state), AT(listener.addr)) },
	/* VIEW_CONFIG */
	{ NULL, WHAT(VIEW_LINES | VIEW_LAST) },
	/* VIEW_HELP */
	{ "status              totals, and why sessions ended\n"
	    "backends            state, load and counters of each backend\n"
	    "sessions            the sessions there are now\n"
	    "listeners           addresses listened on, with their counters\n"
	    "kill SESSION        end a session by reset, after what is on its "
	    "way\n"
	    "drain BACKEND       no new sessions for a backend\n"
	    "disable BACKEND     the same, and reset the sessions it has\n"
	    "enable BACKEND      let it have sessions again\n"
	    "reload              read the configuration anew\n"
	    "config              the configuration in effect\n"
	    "help                this\n"
	    "BACKEND is a label or #NUMBER.  With --json in front the answer "
	    "is JSON.\n", WHAT(STATUS_ALL | VIEW_LAST) }
};

const struct view_piece *
listing_pieces(void)
{
	return pieces;
}

/*
 * report.c - lines of the log about sessions.  Owns nothing and changes nothing.
 *
 * The line of an ended session says who, through what, how it ended and whose
 * doing that was, how long it took and how much went through; where a setting
 * ended it, also which one and where it is written.
 */
#include <errno.h>

#include "addr.h"
#include "backend.h"
#include "conf.h"
#include "log.h"
#include "report.h"
#include "session.h"
#include "text.h"

/* In the order of enum session_state. */
static const char *const state_names = "free\0connect\0relay\0last";

static unsigned
debug_level(const struct setup *set, const struct session *s)
{
	return set->profiles[s->profile].debug.v;
}

static const char *
listener_name(const struct setup *set, unsigned listener)
{
	return conf_string(set, set->listeners[listener].name);
}

static const char *
backend_name(const struct setup *set, const struct session *s)
{
	if (s->backend == BACKEND_NONE)
		return "no backend";
	return conf_string(set, set->backends[s->backend].label);
}

void
report_state(const struct setup *set, const struct session *s, unsigned to)
{
	if (debug_level(set, s) >= 3)
		log_debug("session %u: %s -> %s", (unsigned)s->number,
		    text_nth(state_names, s->state),
		    text_nth(state_names, to));
}

void
report_choice(const struct setup *set, const struct session *s)
{
	char peer[ADDR_TEXT];

	if (debug_level(set, s) >= 1)
		log_debug("session %u: %s on %s goes to %s, which has %llu",
		    (unsigned)s->number,
		    addr_peer_text(peer, sizeof(peer), &s->peer),
		    listener_name(set, s->listener), backend_name(set, s),
		    (unsigned long long)stat_load(s->backend));
}

void
report_failed(const struct setup *set, const struct session *s, int error,
    uint64_t now)
{
	char addr[ADDR_TEXT], span[TEXT_SHORT];

	if (debug_level(set, s) >= 2)
		log_debug("session %u: connecting to %s (%s) failed after %s: "
		    "%s", (unsigned)s->number, backend_name(set, s),
		    addr_text(addr, sizeof(addr),
		    backend_addr(s->backend, s->addr)),
		    text_span(span, now - s->since_ms), backend_errno(error));
}

void
report_connected(const struct setup *set, const struct session *s)
{
	char span[TEXT_SHORT];

	if (debug_level(set, s) >= 2)
		log_debug("session %u: connected to %s in %s",
		    (unsigned)s->number, backend_name(set, s),
		    text_span(span, s->connect_ms));
}

/* The setting that ended a session, as " (half-close-timeout 1 h, file:line)". */
static const char *
because(const struct setup *set, const struct session *s, char *buf,
    size_t size)
{
	/* of the reasons from READ_TIMEOUT on */
	static const char *const names =
	    "read-timeout\0write-timeout\0server.max-read-idle\0"
	    "server.max-write-idle\0sockproxy.half-close-timeout\0"
	    "server.graceful-shutdown-timeout";
	const struct setup_profile *p = &set->profiles[s->profile];
	const struct setting *at = NULL;
	char span[TEXT_SHORT];

	switch (s->reason) {
	case REASON_READ_TIMEOUT:
		at = &set->backends[s->backend].read_timeout;
		break;
	case REASON_WRITE_TIMEOUT:
		at = &set->backends[s->backend].write_timeout;
		break;
	case REASON_READ_IDLE:
		at = &p->max_read_idle;
		break;
	case REASON_WRITE_IDLE:
		at = &p->max_write_idle;
		break;
	case REASON_HALF_CLOSE_TIMEOUT:
		at = &p->half_close_timeout;
		break;
	case REASON_SHUTDOWN:
		if (s->error == 0)
			at = &set->server.graceful_ms;
		break;
	}
	if (at != NULL)
		(void)text_format(buf, size, " (%s %s, %s)",
		    text_nth(names, s->reason - REASON_READ_TIMEOUT),
		    text_span(span, at->v),
		    conf_at(set, at->at));
	else if (s->reason == REASON_NO_BACKEND && s->error == 0)
		return " (all are drained, disabled or without an address)";
	else if (s->reason == REASON_NO_BACKEND ||
	    s->reason == REASON_NO_RESOURCES)
		(void)text_format(buf, size, " (%s)", backend_errno(s->error));
	else if (s->error != 0 && s->error != ECONNRESET)
		(void)text_format(buf, size, " (%s)", log_errno(s->error));
	else
		buf[0] = '\0';
	return buf;
}

void
report_end(const struct setup *set, const struct session *s, uint64_t now)
{
	uint32_t which = set->profiles[s->profile].log_sessions.v;
	char span[TEXT_SHORT], took[TEXT_SHORT];
	char in[TEXT_SHORT], out[TEXT_SHORT], peer[ADDR_TEXT], why[384];
	/* its level is written over below */
	char line[] = "?session %u: %s on %s with %s: %s%s; %s, connect %s, "
	    "%s from the client, %s from the backend";
	bool good = s->reason == REASON_DONE;

	if (which == LOG_SESSIONS_NONE ||
	    (which == LOG_SESSIONS_FAILED && good))
		return;
	if (!log_may(good ? LOG_CLASS_SESSION : LOG_CLASS_FAILED, now))
		return;
	line[0] = good ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE;
	log_line(line, (unsigned)s->number,
	    addr_peer_text(peer, sizeof(peer), &s->peer),
	    listener_name(set, s->listener), backend_name(set, s),
	    reason_text(s->reason), because(set, s, why, sizeof(why)),
	    text_span(span, now - s->start_ms),
	    text_span(took, s->connect_ms),
	    text_bytes(in, s->half[CLIENT].bytes),
	    text_bytes(out, s->half[BACKEND].bytes));
}

void
report_refused(const struct setup *set, const struct os_peer *peer,
    unsigned listener, unsigned profile, enum reason reason, int error,
    uint64_t now)
{
	char addr[ADDR_TEXT];

	if (set->profiles[profile].log_sessions.v == LOG_SESSIONS_NONE ||
	    !log_may(LOG_CLASS_FAILED, now))
		return;
	log_notice("%s on %s refused: %s%s%s",
	    addr_peer_text(addr, sizeof(addr), peer),
	    listener_name(set, listener), reason_text(reason),
	    error != 0 ? ": " : "", error != 0 ? log_errno(error) : "");
}

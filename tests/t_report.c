/*
 * t_report.c - what the log says of sessions: which line, by which setting.
 */
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "log.h"
#include "report.h"
#include "session.h"
#include "unit.h"

enum { NOW = 100000 };		/* ms */

static struct setup	setup;
static struct session	session;
static int		to_log[2];

static void
begin(void)
{
	const struct os_addr	addr = { .family = OS_IPV4, .port = 82,
				    .u.ip = { 127, 0, 0, 3 } };
	struct setup_backend	*b = &setup.backends[0];
	struct setup_profile	*p = &setup.profiles[0];

	setup.nstrings = 1;
	setup.nlisteners = setup.nbackends = setup.npools = 1;
	setup.files[setup.nfiles++] = unit_string(&setup, "conf");
	setup.listeners[0].name = unit_string(&setup, "door");
	b->label = unit_string(&setup, "one");
	b->addr = addr;
	b->read_timeout = (struct setting){ 1000, SETUP_AT(0, 11) };
	b->write_timeout = (struct setting){ 2000, SETUP_AT(0, 12) };
	p->max_read_idle = (struct setting){ 3000, SETUP_AT(0, 13) };
	p->max_write_idle = (struct setting){ 4000, SETUP_AT(0, 14) };
	p->half_close_timeout = (struct setting){ 5000, SETUP_AT(0, 15) };
	p->log_sessions.v = LOG_SESSIONS_ALL;
	setup.server.graceful_ms = (struct setting){ 6000, SETUP_AT(0, 16) };
	session = (struct session){ .number = 7, .start_ms = NOW - 12000,
	    .since_ms = NOW - 500, .connect_ms = 345,
	    .peer = { .family = OS_IPV4, .port = 83, .ip = { 127, 0, 0, 4 } },
	    .half = { { .bytes = 11 }, { .bytes = 22 } } };
	ATF_REQUIRE_EQ(0, pipe(to_log));
	ATF_REQUIRE_EQ(0, fcntl(to_log[0], F_SETFL, O_NONBLOCK));
	log_open(to_log[1], false, 0);
	ATF_REQUIRE(stat_open(1, 1, 1));
	stat_self(0);
	ATF_REQUIRE(backend_open(&setup));
}

static void
end(void)
{
	backend_close();
	stat_close();
	log_open(2, false, 0);
	(void)close(to_log[0]);
	(void)close(to_log[1]);
}

/* The lines that were written since, without the name of the program. */
static const char *
logged(void)
{
	static char	text[2000];
	const ssize_t	n = read(to_log[0], text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	return text + (n > 11 ? 11 : 0);
}

/* How a session that ended like that is told of; NULL: it is not. */
static void
ends(enum reason reason, int error, const char *why)
{
	char	expected[500];

	session.reason = (uint8_t)reason;
	session.error = error;
	report_end(&setup, &session, NOW);
	expected[0] = '\0';
	if (why != NULL)
		snprintf(expected, sizeof(expected), "session 7: 127.0.0.4:83 "
		    "on door with %s: %s%s; 12.0 s, connect 0.345 s, 11 bytes "
		    "from the client, 22 bytes from the backend\n",
		    session.backend == BACKEND_NONE ? "no backend" : "one",
		    reason_text(reason), why);
	ATF_CHECK_STREQ(expected, logged());
}

ATF_TC_WITHOUT_HEAD(the_setting_that_ended_it_is_named);
ATF_TC_BODY(the_setting_that_ended_it_is_named, tc)
{
	begin();
	ends(REASON_READ_TIMEOUT, ETIMEDOUT, " (read-timeout 1.0 s, conf:11)");
	ends(REASON_WRITE_TIMEOUT, ETIMEDOUT,
	    " (write-timeout 2.0 s, conf:12)");
	ends(REASON_READ_IDLE, ETIMEDOUT,
	    " (server.max-read-idle 3.0 s, conf:13)");
	ends(REASON_WRITE_IDLE, ETIMEDOUT,
	    " (server.max-write-idle 4.0 s, conf:14)");
	ends(REASON_HALF_CLOSE_TIMEOUT, ETIMEDOUT,
	    " (sockproxy.half-close-timeout 5.0 s, conf:15)");
	ends(REASON_SHUTDOWN, 0,
	    " (server.graceful-shutdown-timeout 6.0 s, conf:16)");
	end();
}

ATF_TC_WITHOUT_HEAD(an_error_is_named_if_it_says_more);
ATF_TC_BODY(an_error_is_named_if_it_says_more, tc)
{
	begin();
	ends(REASON_DONE, 0, "");
	ends(REASON_KILLED, 0, "");
	ends(REASON_CLIENT_RESET, ECONNRESET, "");
	ends(REASON_CLIENT_LOST, ETIMEDOUT, " (timed out)");
	ends(REASON_SHUTDOWN, EINTR, " (interrupted)");
	ends(REASON_NO_RESOURCES, EADDRNOTAVAIL,
	    " (no local port or address is left for it)");
	session.backend = BACKEND_NONE;
	ends(REASON_NO_BACKEND, 0,
	    " (all are drained, disabled or without an address)");
	ends(REASON_NO_BACKEND, EAGAIN, " (its backlog is full)");
	ends(REASON_NO_BACKEND, ECONNRESET, " (connection reset)");
	end();
}

ATF_TC_WITHOUT_HEAD(only_sessions_that_are_asked_for_have_lines);
ATF_TC_BODY(only_sessions_that_are_asked_for_have_lines, tc)
{
	begin();
	setup.profiles[0].log_sessions.v = LOG_SESSIONS_FAILED;
	ends(REASON_DONE, 0, NULL);
	ends(REASON_KILLED, 0, "");
	report_refused(&setup, &session.peer, 0, 0, REASON_NO_POOL, 0, NOW);
	ATF_CHECK_STREQ("127.0.0.4:83 on door refused: "
	    "no sockproxy.server for this client\n", logged());
	report_refused(&setup, &session.peer, 0, 0, REASON_NO_RESOURCES,
	    EMFILE, NOW);
	ATF_CHECK_STREQ("127.0.0.4:83 on door refused: out of descriptors, "
	    "memory or ports: out of descriptors (RLIMIT_NOFILE)\n", logged());
	setup.profiles[0].log_sessions.v = LOG_SESSIONS_NONE;
	ends(REASON_DONE, 0, NULL);
	ends(REASON_KILLED, 0, NULL);
	report_refused(&setup, &session.peer, 0, 0, REASON_NO_POOL, 0, NOW);
	ATF_CHECK_STREQ("", logged());
	end();
}

/* One that is not written takes no place of those that are. */
ATF_TC_WITHOUT_HEAD(those_that_ended_well_do_not_hide_the_others);
ATF_TC_BODY(those_that_ended_well_do_not_hide_the_others, tc)
{
	int	i;

	begin();
	for (i = 0; i < 1000; i++) {
		session.reason = REASON_DONE;
		report_end(&setup, &session, NOW);
		(void)logged();
	}
	ATF_CHECK_STREQ("", logged());
	ends(REASON_KILLED, 0, "");
	for (i = 0; i < 1000; i++) {
		report_end(&setup, &session, NOW);
		(void)logged();
	}
	report_refused(&setup, &session.peer, 0, 0, REASON_NO_POOL, 0, NOW);
	ATF_CHECK_STREQ("", logged());
	end();
}

ATF_TC_WITHOUT_HEAD(more_is_said_the_more_is_asked_for);
ATF_TC_BODY(more_is_said_the_more_is_asked_for, tc)
{
	static const char *const	state = "session 7: connect -> relay\n";
	static const char *const	choice = "session 7: 127.0.0.4:83 on "
					    "door goes to one, which has 5\n";
	static const char *const	failed = "session 7: connecting to one "
					    "(127.0.0.3:82) failed after "
					    "0.500 s: its backlog is full\n";
	static const char *const	connected = "session 7: connected to "
					    "one in 0.345 s\n";
	uint32_t			level;

	begin();
	session.state = SESSION_CONNECT;
	stat_set(&stat_backend(0)->load, 5);
	for (level = 0; level < 4; level++) {
		setup.profiles[0].debug.v = level;
		report_choice(&setup, &session);
		ATF_CHECK_STREQ(level < 1 ? "" : choice, logged());
		report_failed(&setup, &session, EAGAIN, NOW);
		ATF_CHECK_STREQ(level < 2 ? "" : failed, logged());
		report_connected(&setup, &session);
		ATF_CHECK_STREQ(level < 2 ? "" : connected, logged());
		report_state(&setup, &session, SESSION_RELAY);
		ATF_CHECK_STREQ(level < 3 ? "" : state, logged());
	}
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_setting_that_ended_it_is_named);
	ATF_TP_ADD_TC(tp, an_error_is_named_if_it_says_more);
	ATF_TP_ADD_TC(tp, only_sessions_that_are_asked_for_have_lines);
	ATF_TP_ADD_TC(tp, those_that_ended_well_do_not_hide_the_others);
	ATF_TP_ADD_TC(tp, more_is_said_the_more_is_asked_for);
	return atf_no_error();
}

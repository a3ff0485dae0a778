/*
 * t_view.c - every number in its place: what the views say when no two numbers
 * are alike.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "board.h"
#include "history.h"
#include "os.h"
#include "session.h"
#include "table.h"
#include "unit.h"
#include "view.h"

enum {
	ALL = 100000, ONE = 200000, DOOR = 300000,	/* their first counters */
	STEP = 1000,		/* from one counter to the next */
	BEFORE = 7,		/* each counter, when the history began */
	AGE = 1500, IDLE = 400	/* ms, at the least */
};

static struct setup	setup;
static uint64_t		board[8];
static void		*history;
static char		text[2 * VIEW_BUFFER];

static void
count(const void *row, size_t size, uint64_t first, uint64_t step)
{
	const uint64_t	*counter = row;
	size_t		 i;

	for (i = 0; i < size / sizeof(*counter); i++)
		stat_set(&counter[i], first + i * step);
}

/* One listener, one backend, one session. */
static void
begin(void)
{
	static const struct os_addr	bound = { .family = OS_IPV4, .port = 81,
					    .u.ip = { 127, 0, 0, 2 } };
	static const struct os_addr	addr = { .family = OS_IPV4, .port = 82,
					    .u.ip = { 127, 0, 0, 3 } };

	setup.nstrings = 1;
	setup.nlisteners = setup.nbackends = setup.npools = 1;
	setup.server.max_connections.v = 77;
	setup.listeners[0].name = unit_string(&setup, "door");
	setup.backends[0].label = unit_string(&setup, "one");
	setup.backends[0].addr = addr;
	ATF_REQUIRE(stat_open(1, 1, 1));
	stat_self(0);
	ATF_REQUIRE((history = calloc(1, history_memory(1))) != NULL);
	history_use(history, 1);
	ATF_REQUIRE(board_memory(1) <= sizeof(board));
	board_use(board, 1);
	board_start(os_now_ms() - AGE);
	status_open(&setup, &bound);
	count(stat_global(), sizeof(struct stat_global), BEFORE, 0);
	count(stat_backend(0), sizeof(struct stat_backend), BEFORE, 0);
	(void)history_sample(1000);
	count(stat_global(), sizeof(struct stat_global), ALL, STEP);
	count(stat_backend(0), sizeof(struct stat_backend), ONE, STEP);
	count(stat_listener(0), sizeof(struct stat_listener), DOOR, STEP);
	(void)history_sample(1000 + HISTORY_MS);
}

static void
end(void)
{
	board_use(NULL, 0);
	free(history);
	stat_close();
}

static void
show(enum view_kind kind)
{
	struct out	out = { .buf = text, .size = sizeof(text) - 1 };
	struct view	v;

	view_begin(&v, kind);
	ATF_REQUIRE(!view_more(&v, &out));
	text[out.len] = '\0';
}

static void
says(const char *part)
{
	ATF_CHECK_MSG(strstr(text, part) != NULL, "no %s\nin %s", part, text);
}

/* The number behind this, which is a time: no less than that, and not long. */
static uint64_t
says_time(const char *name, uint64_t least)
{
	const char	*at = strstr(text, name);
	uint64_t	n;

	ATF_REQUIRE(at != NULL);
	n = strtoull(at + strlen(name), NULL, 10);
	ATF_CHECK_MSG(n >= least && n < least + 60000, "%s in %s", name, text);
	return n;
}

/* With what was counted for a reason, and that in percent of all. */
static void
says_reasons(const char *form, uint64_t less)
{
	unsigned long long	n, all = 0;
	char			part[200];
	unsigned		r;

	for (r = REASON_NONE; r < REASONS; r++)
		all += stat_global()->ended[r];
	for (r = REASON_NONE + 1; r < REASONS; r++) {
		n = stat_global()->ended[r];
		snprintf(part, sizeof(part), form, reason_text(r),
		    reason_key(r), n - less, n, n * 100 / all);
		says(part);
	}
}

ATF_TC_WITHOUT_HEAD(each_number_is_in_its_place_in_json);
ATF_TC_BODY(each_number_is_in_its_place_in_json, tc)
{
	static const char	backends[] = "\"backends\":[\n"
	    "{\"number\":0,\"label\":\"one\",\"address\":\"127.0.0.3:82\","
	    "\"pool\":0,\"state\":\"out\",\"relays_down\":201000,"
	    "\"load\":200000,\"chosen\":202000,\"connected\":203000,"
	    "\"died\":204000,\"timeouts\":205000,\"overloaded\":206000,"
	    "\"connect_ms\":209000,\"bytes\":{\"from_clients\":207000,"
	    "\"from_backends\":208000},\"per_second\":{\"sessions\":40598.600,"
	    "\"bytes\":{\"from_clients\":41398,\"from_backends\":41598}}}]";
	static const char	listeners[] = "\"listeners\":[\n"
	    "{\"name\":\"door\",\"bound\":\"127.0.0.2:81\",\"paused\":true,"
	    "\"active\":300000,\"accepted\":302000,\"refused\":303000,"
	    "\"bytes\":{\"from_clients\":304000,\"from_backends\":305000}}]}\n";

	begin();
	show(VIEW_JSON_STATUS);
	(void)says_time("\"uptime_ms\":", AGE);
	says(",\"generation\":1,\"relays\":1,\"sessions\":100000,"
	    "\"sessions_max\":77,\"accepted\":102000,\"refused\":103000,"
	    "\"bytes\":{\"from_clients\":104000,\"from_backends\":105000},"
	    "\"bytes_spliced\":128000,\"buffers_used\":101000,"
	    "\"buffers_short\":127000,\"accept_errors\":125000,"
	    "\"pauses\":126000,\"per_second\":{\"sessions\":20398.600,"
	    "\"bytes\":{\"from_clients\":20798,\"from_backends\":20998}},"
	    "\"ended\":{\"done\":107000,");
	says(",\"killed\":124000},\"recent\":{\"span_ms\":5000,"
	    "\"refused\":102993,\"ended\":{\"done\":106993,");
	says_reasons("%.0s\"%s\":%llu", 0);
	says_reasons("%.0s\"%s\":%llu", BEFORE);
	says(",\"killed\":123993}},\"backends\":[");
	says(backends);
	says(listeners);
	show(VIEW_JSON_BACKENDS);
	says(backends);
	show(VIEW_JSON_LISTENERS);
	says(listeners);
	/* at the edge, too, a relay is not all of them */
	setup.server.max_worker.v = 2;
	stat_set(&stat_backend(0)->down, 1);
	show(VIEW_JSON_BACKENDS);
	says("\"state\":\"partly\",\"relays_down\":1,");
	stat_set(&stat_backend(0)->down, 2);
	show(VIEW_JSON_BACKENDS);
	says("\"state\":\"out\",\"relays_down\":2,");
	setup.server.max_worker.v = 0;
	end();
}

ATF_TC_WITHOUT_HEAD(each_number_is_in_its_place_on_the_page);
ATF_TC_BODY(each_number_is_in_its_place_on_the_page, tc)
{
#define DRAWN(most)	"<svg viewBox=\"0 0 119 32\" preserveAspectRatio=none>" \
			"<title>at most " most "</title></svg>\n"
	begin();
	show(VIEW_PAGE);
	says(", generation 1, relays 1</p><main>\n"
	    "<div><small>sessions now</small><b>100000</b>"
	    "<small>of 77 possible</small>" DRAWN("100000")
	    "</div><div><small>new sessions</small><b>20398.6/s</b>"
	    "<small>102000 accepted, 103000 refused</small>"
	    DRAWN("101993 in 5 s")
	    "</div><div><small>from clients</small><b>20.3 KiB/s</b>"
	    "<small>101.5 KiB in all</small>" DRAWN("20.3 KiB/s")
	    "</div><div><small>from backends</small><b>20.5 KiB/s</b>"
	    "<small>102.5 KiB in all</small>" DRAWN("20.5 KiB/s"));
	says("<tr><td>one <i class=bad>out</i><small>127.0.0.3:82</small>"
	    "<td>200000<td>40598.6/s<td>40.4 KiB/s<td>40.6 KiB/s"
	    "<td>405.2 KiB<td>203000<td>615000<td>1 ms<td>"
	    DRAWN("40.6 KiB/s"));
	says("<tr><td>door <i class=warn>paused</i><small>127.0.0.2:81</small>"
	    "<td>300000<td>302000<td>303000<td>296.8 KiB<td>297.8 KiB\n");
	says("<th>last 5.0 s<th>since the start");
	says_reasons("<tr><td>%s<small>%s</small><td>%llu<td>%llu"
	    "<td><hr style=\"width:%llu%%\">\n", BEFORE);
	says("as lighttpd has it. This page is made anew");
	end();
#undef DRAWN
}

ATF_TC_WITHOUT_HEAD(each_number_is_in_its_place_in_columns);
ATF_TC_BODY(each_number_is_in_its_place_in_columns, tc)
{
	begin();
	show(VIEW_STATUS);
	says(", generation 1\n"
	    "relays                1\n"
	    "sessions              100000 of 77, 20398.6/s\n"
	    "accepted              102000\n"
	    "refused               103000\n"
	    "bytes from clients    101.5 KiB, 20.3 KiB/s\n"
	    "bytes from backends   102.5 KiB, 20.5 KiB/s\n"
	    "of these spliced      125.0 KiB\n"
	    "buffers in use        101000\n"
	    "buffers short         127000\n"
	    "accept errors         125000\n"
	    "listener pauses       126000\n"
	    "sessions ended\n"
	    "      107000  done: both sides sent their end\n");
	says("    124000  killed: ended by the operator\n");
	show(VIEW_BACKENDS);
	says("   0  one      out         200000      203000      615000"
	    "     202.1 KiB     203.1 KiB   81.0 KiB/s  127.0.0.3:82\n");
	show(VIEW_LISTENERS);
	says("door      300000      302000    303000     296.8 KiB"
	    "     297.8 KiB  paused   127.0.0.2:81\n");
	end();
}

ATF_TC_WITHOUT_HEAD(each_number_is_in_its_place_in_metrics);
ATF_TC_BODY(each_number_is_in_its_place_in_metrics, tc)
{
#define ONE_IS	"{backend=\"one\",address=\"127.0.0.3:82\",number=\"0\""
#define DOOR_IS	"{listener=\"door\",bound=\"127.0.0.2:81\""
	begin();
	show(VIEW_METRICS);
	ATF_CHECK(says_time("\nsockproxy_uptime_seconds ", AGE / 1000) < 100);
	says("\n# TYPE sockproxy_sessions gauge\nsockproxy_sessions 100000\n"
	    "# HELP sockproxy_sessions_max ");
	says("\nsockproxy_sessions_max 77\n");
	says("\nsockproxy_accepted_total 102000\n");
	says("\nsockproxy_refused_total 103000\n");
	says("\nsockproxy_bytes_total{from=\"client\"} 104000\n"
	    "sockproxy_bytes_total{from=\"backend\"} 105000\n");
	says("\nsockproxy_spliced_bytes_total 128000\n");
	says("\nsockproxy_accept_errors_total 125000\n");
	says("\nsockproxy_listener_pauses_total 126000\n");
	says("\nsockproxy_buffers_used 101000\n");
	says("\nsockproxy_buffers_short_total 127000\n");
	says_reasons("%.0s\nsockproxy_sessions_ended_total{reason=\"%s\"} "
	    "%llu\n", 0);
	says("\nsockproxy_backend_up" ONE_IS "} 0\n");
	says("sockproxy_backend_state" ONE_IS ",state=\"partly\"} 0\n"
	    "sockproxy_backend_state" ONE_IS ",state=\"out\"} 1\n"
	    "sockproxy_backend_state" ONE_IS ",state=\"drain\"} 0\n");
	says("\nsockproxy_backend_sessions" ONE_IS "} 200000\n");
	says("\nsockproxy_backend_chosen_total" ONE_IS "} 202000\n");
	says("\nsockproxy_backend_connected_total" ONE_IS "} 203000\n");
	says("sockproxy_backend_failed_total" ONE_IS
	    ",cause=\"refused\"} 204000\n"
	    "sockproxy_backend_failed_total" ONE_IS ",cause=\"timeout\"} 205000\n"
	    "sockproxy_backend_failed_total" ONE_IS
	    ",cause=\"overloaded\"} 206000\n");
	says("\nsockproxy_backend_connect_seconds_total" ONE_IS "} 209.000\n");
	says("sockproxy_backend_bytes_total" ONE_IS ",from=\"client\"} 207000\n"
	    "sockproxy_backend_bytes_total" ONE_IS ",from=\"backend\"} 208000\n");
	says("\nsockproxy_listener_sessions" DOOR_IS "} 300000\n");
	says("\nsockproxy_listener_accepted_total" DOOR_IS "} 302000\n");
	says("\nsockproxy_listener_refused_total" DOOR_IS "} 303000\n");
	says("\nsockproxy_listener_paused" DOOR_IS "} 1\n");
	says("sockproxy_listener_bytes_total" DOOR_IS ",from=\"client\"} 304000\n"
	    "sockproxy_listener_bytes_total" DOOR_IS
	    ",from=\"backend\"} 305000\n");
	end();
#undef ONE_IS
#undef DOOR_IS
}

ATF_TC_WITHOUT_HEAD(each_number_of_a_session_is_in_its_place);
ATF_TC_BODY(each_number_of_a_session_is_in_its_place, tc)
{
	const uint64_t	now = os_now_ms();
	struct session	*s;
	uint64_t	age;

	begin();
	ATF_REQUIRE(table_map(1, 1));
	ATF_REQUIRE(table_open(0, 1, 1));
	ATF_REQUIRE((s = table_take()) != NULL);
	*s = (struct session){ .state = SESSION_RELAY, .number = 9,
	    .start_ms = now - AGE,
	    .peer = { .family = OS_IPV4, .port = 83, .ip = { 127, 0, 0, 4 } },
	    .half = { { .bytes = 11000, .len = 500, .state = HALF_DRAIN },
	    { .bytes = 22000, .len = 5, .state = HALF_DRAIN,
	    .moved_ms = now - IDLE } } };
	show(VIEW_JSON_SESSIONS);
	says("{\"sessions\":[\n{\"session\":\"1.0.9\",\"state\":\"relay\","
	    "\"client\":\"127.0.0.4:83\",\"listener\":\"door\","
	    "\"backend\":\"one\",\"backend_number\":0,\"age_ms\":");
	age = says_time("\"age_ms\":", AGE);
	ATF_CHECK_EQ(AGE - IDLE, age - says_time(",\"idle_ms\":", IDLE));
	says(",\"held\":505,\"bytes\":{\"from_clients\":11000,"
	    "\"from_backends\":22000}}]}\n");
	show(VIEW_SESSIONS);
	says("\n1.0.9         relay         ");
	says("      10.7 KiB      21.4 KiB   505 bytes  127.0.0.4:83"
	    "           door            one\n");
	/* who has sent all, and what is not there yet */
	s->half[CLIENT].state = HALF_DONE;
	show(VIEW_JSON_SESSIONS);
	says("\"state\":\"client-done\"");
	s->half[CLIENT].state = HALF_FILL;
	s->half[BACKEND].state = HALF_DONE;
	show(VIEW_JSON_SESSIONS);
	says("\"state\":\"backend-done\"");
	s->half[BACKEND].state = HALF_SPLICE;
	show(VIEW_JSON_SESSIONS);
	says("\"state\":\"splice\"");
	s->state = SESSION_CONNECT;
	s->backend = BACKEND_NONE;
	show(VIEW_JSON_SESSIONS);
	says("\"state\":\"connect\"");
	says("\"backend\":null,\"backend_number\":null,");
	s->state = SESSION_LAST;
	show(VIEW_JSON_SESSIONS);
	says("\"state\":\"last\"");
	table_close();
	table_unmap();
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, each_number_is_in_its_place_in_json);
	ATF_TP_ADD_TC(tp, each_number_is_in_its_place_on_the_page);
	ATF_TP_ADD_TC(tp, each_number_is_in_its_place_in_columns);
	ATF_TP_ADD_TC(tp, each_number_is_in_its_place_in_metrics);
	ATF_TP_ADD_TC(tp, each_number_of_a_session_is_in_its_place);
	return atf_no_error();
}

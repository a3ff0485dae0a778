/*
 * t_http.c - requests of the status page, the bounded text that answers are made
 * of, and the lines of the control socket.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <atf-c.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "client.h"
#include "ctl.h"
#include "history.h"
#include "http.h"
#include "operate.h"
#include "out.h"
#include "stat.h"
#include "view.h"
#include "wait.h"

static int
parse(const char *s, struct http_request *req)
{
	return http_parse(s, strlen(s), req);
}

#define PARSES(expected, text) do {					\
	struct http_request r_;						\
	int n_ = parse(text, &r_);					\
	ATF_CHECK_MSG(n_ == (expected), "%s: %d, expected %d", #text,	\
	    n_, expected);						\
} while (0)

#define HOST	"Host: x\r\n"

ATF_TC_WITHOUT_HEAD(good_requests);
ATF_TC_BODY(good_requests, tc)
{
	struct http_request	req;
	const char		*whole = "GET /metrics?a=b HTTP/1.1\r\n" HOST
				    "Accept: */*\r\n\r\n";

	ATF_CHECK_EQ((int)strlen(whole), parse(whole, &req));
	ATF_CHECK_STREQ("/metrics", req.path);
	ATF_CHECK(req.chunks);
	ATF_CHECK(!req.head);
	ATF_CHECK(parse("\r\n\r\nHEAD / HTTP/1.0\r\n\r\n", &req) > 0);
	ATF_CHECK(req.head);
	ATF_CHECK(!req.chunks);
	ATF_CHECK(parse("GET http://a.b:80/x HTTP/1.1\n" HOST "\n", &req) > 0);
	ATF_CHECK_STREQ("/x", req.path);
	ATF_CHECK(parse("GET http://a.b HTTP/1.1\r\n" HOST "\r\n", &req) > 0);
	ATF_CHECK_STREQ("/", req.path);
	ATF_CHECK(parse("GET /#x HTTP/1.1\r\nhOsT:\r\nX:\r\n\r\n", &req) > 0);
	ATF_CHECK_STREQ("/", req.path);
}

ATF_TC_WITHOUT_HEAD(bad_requests);
ATF_TC_BODY(bad_requests, tc)
{
	PARSES(-400, "GET / HTTP/1.1\r\n\r\n");
	PARSES(-400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n");
	PARSES(-400, "GET  / HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-400, "GET /\r\n\r\n");
	PARSES(-400, "GET / HTTP/1.1 \r\n" HOST "\r\n");
	PARSES(-400, "GET x HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-400, "GET * HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-400, "GET http:///x HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-400, "GET /\x01 HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-400, "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-400, " GET / HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-400, "GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n");
	PARSES(-400, "GET / HTTP/1.1\r\nHost : x\r\n\r\n");
	PARSES(-400, "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n");
	PARSES(-400, "GET / HTTP/1.1\r\n" HOST "X: \x02\r\n\r\n");
	PARSES(-400, "GET / HTTP/x.y\r\n");
	PARSES(-400, "G\xffT / HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-405, "POST / HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-405, "get / HTTP/1.1\r\n" HOST "\r\n");
	PARSES(-505, "GET / HTTP/2.0\r\n" HOST "\r\n");
	PARSES(-505, "GET / HTTP/0.9\r\n\r\n");
	ATF_CHECK_EQ(-400, http_parse("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
	    31, &(struct http_request){ .head = false }));
}

/* Whatever part of a good request has come: wait for more, and never read on. */
ATF_TC_WITHOUT_HEAD(every_part_of_a_request_waits_for_more);
ATF_TC_BODY(every_part_of_a_request_waits_for_more, tc)
{
	const char		*whole = "GET / HTTP/1.1\r\n" HOST "A: b\r\n\r\n";
	struct http_request	 req;
	size_t			 n, len = strlen(whole);
	char			*part;

	for (n = 0; n < len; n++) {
		/* of exactly that size, for who watches memory */
		ATF_REQUIRE((part = malloc(n + 1)) != NULL);
		memcpy(part, whole, n);
		ATF_CHECK_EQ_MSG(0, http_parse(part, n, &req), "%zu", n);
		free(part);
	}
}

ATF_TC_WITHOUT_HEAD(size_is_bounded);
ATF_TC_BODY(size_is_bounded, tc)
{
	struct http_request	req;
	char			big[HTTP_HEAD + 1];
	size_t			n;

	memset(big, 'x', sizeof(big));
	ATF_CHECK_EQ(0, http_parse(big, 2048, &req));
	ATF_CHECK_EQ(-414, http_parse(big, 2049, &req));
	big[2047] = '\n';
	ATF_CHECK_EQ(-400, http_parse(big, 2048, &req));
	big[2047] = 'x';
	big[2048] = '\n';
	ATF_CHECK_EQ(-400, http_parse(big, 2049, &req));
	big[2048] = 'x';
	big[2049] = '\n';
	ATF_CHECK_EQ(-414, http_parse(big, 2050, &req));
	memset(big, '\n', sizeof(big));
	ATF_CHECK_EQ(-431, http_parse(big, HTTP_HEAD, &req));
	n = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\n" HOST "A: ");
	memset(big + n, 'x', sizeof(big) - n);
	ATF_CHECK_EQ(0, http_parse(big, HTTP_HEAD - 1, &req));
	ATF_CHECK_EQ(-431, http_parse(big, HTTP_HEAD, &req));
	/* a path is kept whole or not at all */
	for (int len = HTTP_PATH - 2; len <= HTTP_PATH + 2; len++) {
		n = (size_t)snprintf(big, sizeof(big),
		    "GET /%0*d HTTP/1.0\r\n\r\n", len - 1, 0);
		ATF_CHECK(http_parse(big, n, &req) > 0);
		ATF_CHECK_EQ(len < HTTP_PATH ? (size_t)len : 0,
		    strlen(req.path));
		ATF_CHECK(!req.head);
	}
}

ATF_TC_WITHOUT_HEAD(chunks);
ATF_TC_BODY(chunks, tc)
{
	char	buf[HTTP_CHUNK_HEAD + 70000 + HTTP_CHUNK_TAIL];
	size_t	at;

	memcpy(buf + HTTP_CHUNK_HEAD, "abc", 3);
	at = http_chunk(buf, 3);
	ATF_CHECK(memcmp(buf + at, "3\r\nabc\r\n", 8) == 0);
	at = http_chunk(buf, HTTP_CHUNK_MAX);
	ATF_CHECK_EQ(0, at);
	ATF_CHECK(memcmp(buf, "ffff\r\n", 6) == 0);
	at = http_chunk(buf, 0);
	ATF_CHECK(memcmp(buf + at, "0\r\n\r\n", 5) == 0);
}

/* ---- out.h ---- */

static char	text[256];

static struct out
fresh(size_t size)
{
	memset(text, '~', sizeof(text));
	return (struct out){ .buf = text, .size = size };
}

static const char *
end(const struct out *out)
{
	text[out->len] = '\0';
	return text;
}

ATF_TC_WITHOUT_HEAD(what_does_not_fit_is_not_written);
ATF_TC_BODY(what_does_not_fit_is_not_written, tc)
{
	struct out	out = fresh(5);

	out_string(&out, "abc");
	out_string(&out, "def");
	ATF_CHECK(out.over);
	out_string(&out, "x");
	ATF_CHECK_STREQ("abc", end(&out));
	ATF_CHECK_EQ('~', text[4]);
}

ATF_TC_WITHOUT_HEAD(texts_are_safe_where_they_go);
ATF_TC_BODY(texts_are_safe_where_they_go, tc)
{
	static const char	odd[] = "a\"\\<&>'\n\x1b\xc3\xa4\xff\xed\xa0\x80";
	struct out		out;

	out = fresh(sizeof(text));
	(void)out_text(&out, odd, OUT_JSON);
	ATF_CHECK_STREQ("a\\\"\\\\<&>'\\u000a\\u001b\xc3\xa4\xef\xbf\xbd"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", end(&out));
	out = fresh(sizeof(text));
	(void)out_text(&out, odd, OUT_HTML);
	ATF_CHECK_STREQ("a&#34;\\&#60;&#38;&#62;&#39;\xef\xbf\xbd\xef\xbf\xbd"
	    "\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	    end(&out));
	out = fresh(sizeof(text));
	(void)out_text(&out, "a\"\\\n\xff", OUT_LABEL);
	ATF_CHECK_STREQ("a\\\"\\\\\\n\xef\xbf\xbd", end(&out));
	out = fresh(sizeof(text));
	ATF_CHECK_EQ(8, out_text(&out, "\x1b[31m\xc3\xa4\xc2\x9b\xff",
	    OUT_PLAIN));
	ATF_CHECK_STREQ("?[31m\xc3\xa4??", end(&out));
	out = fresh(sizeof(text));
	(void)out_text(&out, odd, OUT_AS_IS);
	ATF_CHECK_STREQ(odd, end(&out));
}

struct shown {
	const char	*word, *none;
	uint64_t	 n, width;
};

#define AT(member)	OUT_AT(struct shown, member)

static void
shows(const char *form, uint8_t a, uint8_t b, const struct shown *record,
    const char *expected)
{
	const uint8_t	at[] = { a, b };
	struct out	out = fresh(sizeof(text));

	out_form(&out, form, at, record);
	ATF_CHECK_STREQ(expected, end(&out));
}

ATF_TC_WITHOUT_HEAD(forms_show_members_of_records);
ATF_TC_BODY(forms_show_members_of_records, tc)
{
	const struct shown	r = { "\xc3\xa4\"", NULL, 1234, 6 };
	struct shown		small = { .n = 7 };
	struct out		out = fresh(3);
	const uint8_t		at = AT(n);

	shows("100%% (%n) %m", AT(n), AT(n), &r, "100% (1234) 1.234");
	shows("%d %6n|", AT(n), AT(n), &r, "1.2   1234|");
	shows("%m %d", AT(n), AT(n), &small, "0.007 0.0");
	shows("%b, %t", AT(n), AT(n), &r, "1.2 KiB, 1.2 s");
	shows("%10b|%t", AT(n), AT(n), &small, "   7 bytes|0.007 s");
	shows("%4p|%2n", AT(word), AT(n), &r, "\xc3\xa4\"  |1234");
	shows("%*s|", AT(width), AT(word), &r, "\xc3\xa4\"    |");
	shows("%j:%s", AT(word), AT(none), &r, "\"\xc3\xa4\\\"\":null");
	shows("%l %h", AT(word), AT(none), &r, "\"\xc3\xa4\\\"\" -");
	out_form(&out, "%n", &at, &r);
	ATF_CHECK(out.over && out.len == 0);
}

/* ---- ctl.h ---- */

static const char *
line(const char *s, struct ctl_request *req)
{
	static char	text_of[100], buf[100];

	strcpy(text_of, s);
	return ctl_parse(text_of, strlen(s), req, buf, sizeof(buf));
}

ATF_TC_WITHOUT_HEAD(control_lines);
ATF_TC_BODY(control_lines, tc)
{
	struct ctl_request	req;
	enum view_kind		kind;
	char			longest[CTL_LINE + 10], buf[100];
	char			odd[] = "sta\0tus";

	ATF_CHECK_EQ(NULL, line("status\n", &req));
	ATF_CHECK_EQ(CTL_STATUS, req.command);
	ATF_CHECK(ctl_view(&req, &kind) && kind == VIEW_STATUS);
	ATF_CHECK_EQ(NULL, line(" --json\tsessions \r\n", &req));
	ATF_CHECK(ctl_view(&req, &kind) && kind == VIEW_JSON_SESSIONS);
	ATF_CHECK_EQ(NULL, line("drain  a b \xff ", &req));
	ATF_CHECK_STREQ("a b \xff", req.word);
	ATF_CHECK(!ctl_view(&req, &kind));
	ATF_CHECK_STREQ("no command; try help", line("", &req));
	ATF_CHECK_STREQ("no command; try help", line("\r\n", &req));
	ATF_CHECK_STREQ("no command; try help", line("--json", &req));
	ATF_CHECK(line("statu", &req) != NULL);
	ATF_CHECK(line("STATUS", &req) != NULL);
	ATF_CHECK(line("status x", &req) != NULL);
	ATF_CHECK(line("kill", &req) != NULL);
	ATF_CHECK(line("kill \n\n", &req) != NULL);
	ATF_CHECK(ctl_parse(odd, 7, &req, buf, sizeof(buf)) != NULL);
	memset(longest, 'x', sizeof(longest));
	ATF_CHECK(ctl_parse(longest, sizeof(longest), &req, buf,
	    sizeof(buf)) != NULL);
	memcpy(longest, "drain ", 6);
	ATF_CHECK(ctl_parse(longest, CTL_LINE, &req, buf, sizeof(buf)) != NULL);
	ATF_CHECK_EQ(NULL, ctl_parse(longest, CTL_LINE - 1, &req, buf,
	    sizeof(buf)));
	ATF_CHECK_EQ(CTL_LINE - 1 - 6, strlen(req.word));
}

/* Its configuration is gone, and so are the numbers of its backends. */
ATF_TC_WITHOUT_HEAD(a_monitor_that_was_dismissed_takes_no_orders);
ATF_TC_BODY(a_monitor_that_was_dismissed_takes_no_orders, tc)
{
	const struct ctl_request	req = { .command = CTL_RELOAD,
					    .word = "" };
	struct status_place		victim;
	struct out			out = { .size = 0 };
	char				buf[OPERATE_ERROR];

	operate_open(-1);
	ATF_CHECK_STREQ("the parent process cannot be told: not an open "
	    "descriptor", operate_start(&req, &out, &victim, buf));
	operate_end();
	ATF_CHECK_STREQ("the configuration has just changed; try again",
	    operate_start(&req, &out, &victim, buf));
}

ATF_TC_WITHOUT_HEAD(who_sends_on_has_his_answer);
ATF_TC_BODY(who_sends_on_has_his_answer, tc)
{
	static const char	request[] = "GET /x HTTP/1.0\r\n\r\n";
	static struct client	c;
	static char		more[5 * HTTP_HEAD], got[sizeof(c.out)];
	const int		room = sizeof(more);	/* BSDs give 8 KiB */
	int			fd[2], turns = 0;

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	(void)setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void)setsockopt(fd[0], SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	ATF_REQUIRE_EQ(0, fcntl(fd[0], F_SETFL, O_NONBLOCK));
	client_start(&c, fd[0], CLIENT_HTTP, 1);
	ATF_CHECK_EQ(WAIT_READ, client_want(&c));
	ATF_REQUIRE(write(fd[1], request, sizeof(request) - 1) > 0);
	ATF_CHECK(client_run(&c, 1));
	ATF_CHECK_EQ(CLIENT_LINGERS, c.state);
	/* more than is thrown away at once: closing would be a reset */
	ATF_REQUIRE_EQ(sizeof(more), write(fd[1], more, sizeof(more)));
	ATF_CHECK(client_run(&c, 1));
	ATF_CHECK(read(fd[1], got, sizeof(got)) > 0);
	ATF_CHECK_EQ(0, strncmp(got, "HTTP/1.1 404 ", 13));
	(void)close(fd[1]);
	while (client_run(&c, 1) && turns < 10)
		turns++;
	ATF_CHECK_EQ(0, turns);
	client_drop(&c);
	/* who waits for the parent, and has all that there is, waits for nothing */
	c.state = CLIENT_RELOADS;
	ATF_CHECK_EQ(0, client_want(&c));
	c.out_len = c.out_at + 1;
	ATF_CHECK_EQ(WAIT_WRITE, client_want(&c));
}

/* ---- board.h, history.h ---- */

ATF_TC_WITHOUT_HEAD(orders_go_with_their_backends);
ATF_TC_BODY(orders_go_with_their_backends, tc)
{
	static const uint16_t	origins[2] = { 2, 0 };	/* the second is gone */
	uint64_t		former[4] = { 0 }, next[4] = { 0 };

	ATF_REQUIRE(board_memory(3) <= sizeof(former));
	ATF_CHECK(board_allows(5));	/* no board: all is well */
	board_use(former, 3);
	board_start(100);
	ATF_CHECK(board_give_order(0, BOARD_DRAIN));
	ATF_CHECK(board_give_order(1, BOARD_DISABLED));
	board_takes_orders(false);
	ATF_CHECK(!board_give_order(2, BOARD_DISABLED));
	board_takes_orders(true);
	ATF_CHECK(board_give_order(2, BOARD_DISABLED));
	ATF_CHECK(!board_allows(0) && !board_allows(1) && !board_allows(2));
	ATF_CHECK(board_allows(3));	/* behind the last: removed */
	board_use(next, 2);
	board_carry(former, 3, origins);
	ATF_CHECK_EQ(BOARD_DRAIN, board_order(1));
	ATF_CHECK_EQ(BOARD_DISABLED, board_order(0));
	ATF_CHECK_EQ(2, board_generation());
	ATF_CHECK(board_give_order(0, BOARD_NORMAL));
	board_use(former, 3);
	ATF_CHECK(!board_give_order(2, BOARD_NORMAL));	/* would be lost */
	board_use(next, 2);
	ATF_CHECK_EQ(100, board_start_ms());
	/* a word that nobody knows is one that is known, to an upgrade too */
	ATF_CHECK(board_give_order(1, 7));
	ATF_CHECK_EQ(BOARD_DISABLED, board_order(1));
	board_use(NULL, 0);
	ATF_CHECK(board_allows(0));
}

static void
count(uint64_t accepted, uint64_t bytes, uint64_t done, uint64_t connected)
{
	stat_set(&stat_global()->accepted, accepted);
	stat_set(&stat_global()->bytes[0], bytes);
	stat_set(&stat_global()->bytes[1], 2 * bytes);
	stat_set(&stat_global()->ended[REASON_DONE], done);
	stat_set(&stat_backend(0)->connected, connected);
}

ATF_TC_WITHOUT_HEAD(history_keeps_differences);
ATF_TC_BODY(history_keeps_differences, tc)
{
	static const uint16_t	map[1] = { 0 }, gone[1] = { 1 };
	void			*former, *next;
	struct history_rate	rate;
	uint64_t		now = 1000;
	unsigned		i;

	ATF_REQUIRE(stat_open(1, 1, 1));
	stat_self(0);
	ATF_REQUIRE((former = calloc(1, history_memory(1))) != NULL);
	ATF_REQUIRE((next = calloc(1, history_memory(2))) != NULL);
	history_use(former, 1);
	count(10, 1000, 5, 10);
	ATF_CHECK_EQ(now + HISTORY_MS, history_sample(now));
	ATF_CHECK_EQ(0, history_points());
	history_rate(HISTORY_ALL, &rate);
	ATF_CHECK_EQ(0, rate.millisessions);
	count(20, 6000, 9, 15);
	ATF_CHECK_EQ(now + HISTORY_MS, history_sample(now + 1));
	ATF_CHECK_EQ(0, history_points());
	now += HISTORY_MS;
	(void)history_sample(now);
	ATF_REQUIRE_EQ(1, history_points());
	ATF_CHECK_EQ(10, history_point(HISTORY_ALL, 0).sessions);
	ATF_CHECK_EQ(5000, history_point(HISTORY_ALL, 0).bytes[0]);
	ATF_CHECK_EQ(5, history_point(0, 0).sessions);
	history_rate(HISTORY_ALL, &rate);
	ATF_CHECK_EQ(2000, rate.millisessions);
	ATF_CHECK_EQ(1000, rate.bytes[0]);
	ATF_CHECK_EQ(2000, rate.bytes[1]);
	ATF_CHECK_EQ(4, history_ended(REASON_DONE));
	ATF_CHECK_EQ(HISTORY_MS, history_span());
	/* a counter that began again is no leap */
	count(3, 100, 1, 2);
	now += HISTORY_MS;
	(void)history_sample(now);
	ATF_CHECK_EQ(3, history_point(HISTORY_ALL, 1).sessions);
	/* a late one is no leap either */
	count(13, 1100, 1, 2);
	now += 2 * HISTORY_MS;
	(void)history_sample(now);
	ATF_CHECK_EQ(5, history_point(HISTORY_ALL, 2).sessions);
	ATF_CHECK_EQ(500, history_point(HISTORY_ALL, 2).bytes[0]);
	ATF_CHECK_EQ(1000, history_point(HISTORY_ALL, 2).bytes[1]);
	/* another generation goes on where this one stopped */
	history_use(next, 2);
	history_carry(former, 1, map);
	ATF_CHECK_EQ(3, history_points());
	ATF_CHECK_EQ(5, history_point(0, 0).sessions);
	ATF_CHECK_EQ(0, history_point(1, 0).sessions);
	/* a backend that is gone leaves nothing, least of all behind the last */
	memset(next, 0, history_memory(2));
	history_use(next, 1);
	history_carry(former, 1, gone);
	ATF_CHECK_EQ(3, history_points());
	ATF_CHECK_EQ(0, history_point(0, 0).sessions);
	history_use(next, 2);
	ATF_CHECK_EQ(0, history_point(1, 0).sessions);
	history_use(former, 1);
	for (i = 0; i < 2 * HISTORY_POINTS; i++) {
		count(13 + i, 1100, 1, 2);
		now += HISTORY_MS;
		(void)history_sample(now);
	}
	ATF_CHECK_EQ(HISTORY_POINTS, history_points());
	ATF_CHECK_EQ(1, history_point(HISTORY_ALL, 0).sessions);
	history_use(next, 2);
	history_carry(former, 1, map);
	ATF_CHECK_EQ(HISTORY_POINTS, history_points());
	free(former);
	free(next);
	stat_close();
}

/* stat_carry makes one counter of both. */
ATF_TC_WITHOUT_HEAD(backends_that_become_one_make_no_leap);
ATF_TC_BODY(backends_that_become_one_make_no_leap, tc)
{
	static const uint16_t	map[2] = { 0, 0 };
	static const uint64_t	seen[2][2] = { { 100, 7000 }, { 103, 7004 } };
	void			*former, *next;
	unsigned		 b, i;

	ATF_REQUIRE(stat_open(1, 1, 2));
	stat_self(0);
	ATF_REQUIRE((former = calloc(1, history_memory(2))) != NULL);
	ATF_REQUIRE((next = calloc(1, history_memory(1))) != NULL);
	history_use(former, 2);
	for (i = 0; i < 2; i++) {
		for (b = 0; b < 2; b++) {
			stat_set(&stat_backend(b)->connected, seen[i][b]);
			stat_set(&stat_backend(b)->load, 1 + b);
			stat_set(&stat_backend(b)->bytes[0], 10 * seen[i][b]);
		}
		(void)history_sample(1000 + i * HISTORY_MS);
	}
	history_use(next, 1);
	history_carry(former, 2, map);
	ATF_REQUIRE_EQ(1, history_points());
	ATF_CHECK_EQ(7, history_point(0, 0).sessions);
	ATF_CHECK_EQ(70, history_point(0, 0).bytes[0]);
	ATF_CHECK_EQ(3, history_point(0, 0).load);
	stat_set(&stat_backend(0)->connected, 7110);
	stat_set(&stat_backend(0)->bytes[0], 71080);
	(void)history_sample(1000 + 2 * HISTORY_MS);
	ATF_REQUIRE_EQ(2, history_points());
	ATF_CHECK_EQ(3, history_point(0, 1).sessions);
	ATF_CHECK_EQ(10, history_point(0, 1).bytes[0]);
	free(former);
	free(next);
	stat_close();
}

static void
check_drawing(unsigned drawing, const char *most, const char *paths)
{
	char		buf[2000], expected[2000];
	struct out	out = { buf, sizeof(buf), 0, false };

	page_draw(&out, drawing, HISTORY_ALL);
	buf[out.len] = '\0';
	snprintf(expected, sizeof(expected), "<svg viewBox=\"0 0 119 32\" "
	    "preserveAspectRatio=none><title>at most %s</title>%s</svg>\n",
	    most, paths);
	ATF_CHECK_STREQ(expected, buf);
}

/* The numbers are those of enum page_drawing. */
ATF_TC_WITHOUT_HEAD(the_newest_points_are_drawn_at_the_right);
ATF_TC_BODY(the_newest_points_are_drawn_at_the_right, tc)
{
	static const uint64_t	accepted[] = { 10, 20, 25 };
	void			*mem;
	unsigned		 i;

	ATF_REQUIRE(stat_open(1, 1, 1));
	stat_self(0);
	ATF_REQUIRE((mem = calloc(1, history_memory(1))) != NULL);
	history_use(mem, 1);
	for (i = 0; i < 3; i++) {
		stat_set(&stat_global()->active, 6 - 3 * i);
		count(accepted[i], 1000 * accepted[i], 0, 0);
		(void)history_sample(1000 + i * HISTORY_MS);
		if (i == 1)	/* one point is no line */
			check_drawing(2, "10 in 5 s", "");
	}
	check_drawing(1, "3", "<path class=a d=\"M118 32L118 1L119 31V32Z\"/>");
	check_drawing(2, "10 in 5 s",
	    "<path class=a d=\"M118 32L118 1L119 16V32Z\"/>");
	check_drawing(3, "1.9 KiB/s",
	    "<path class=a d=\"M118 32L118 1L119 16V32Z\"/>");
	check_drawing(4, "3.9 KiB/s",
	    "<path class=b d=\"M118 32L118 1L119 16V32Z\"/>");
	/* both in one measure */
	check_drawing(5, "3.9 KiB/s",
	    "<path class=a d=\"M118 32L118 16L119 24V32Z\"/>"
	    "<path class=b d=\"M118 32L118 1L119 16V32Z\"/>");
	free(mem);
	stat_close();
}

/* What a monitor has left that was not itself any more. */
ATF_TC_WITHOUT_HEAD(a_history_that_makes_no_sense_is_forgotten);
ATF_TC_BODY(a_history_that_makes_no_sense_is_forgotten, tc)
{
	static const uint16_t	map[1] = { 0 };
	static const uint32_t	values[] = { 0, 1, HISTORY_POINTS, UINT32_MAX };
	const size_t		size = history_memory(1);
	struct history_rate	rate;
	uint32_t		*former, *next;
	uint64_t		now = 1 << 20, due;
	unsigned		i;

	ATF_REQUIRE(stat_open(1, 1, 1));
	ATF_REQUIRE((former = calloc(1, size)) != NULL);
	ATF_REQUIRE((next = calloc(1, size)) != NULL);
	for (size_t at = 0; at < 4 * (size / sizeof(*former)); at++) {
		memset(former, 0, size);
		history_use(former, 1);
		(void)history_sample(now);
		(void)history_sample(now + HISTORY_MS);
		former[at / 4] = values[at % 4];
		history_use(next, 1);
		history_carry(former, 1, map);
		due = history_sample(now + 2 * HISTORY_MS);
		ATF_REQUIRE(due - now <= 3 * HISTORY_MS);
		ATF_REQUIRE(history_points() <= HISTORY_POINTS);
		for (i = 0; i < history_points(); i++)
			(void)history_point(0, i);
		history_rate(HISTORY_ALL, &rate);
		(void)history_ended(REASON_DONE);
	}
	free(former);
	free(next);
	stat_close();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good_requests);
	ATF_TP_ADD_TC(tp, bad_requests);
	ATF_TP_ADD_TC(tp, every_part_of_a_request_waits_for_more);
	ATF_TP_ADD_TC(tp, size_is_bounded);
	ATF_TP_ADD_TC(tp, chunks);
	ATF_TP_ADD_TC(tp, what_does_not_fit_is_not_written);
	ATF_TP_ADD_TC(tp, texts_are_safe_where_they_go);
	ATF_TP_ADD_TC(tp, forms_show_members_of_records);
	ATF_TP_ADD_TC(tp, control_lines);
	ATF_TP_ADD_TC(tp, a_monitor_that_was_dismissed_takes_no_orders);
	ATF_TP_ADD_TC(tp, who_sends_on_has_his_answer);
	ATF_TP_ADD_TC(tp, orders_go_with_their_backends);
	ATF_TP_ADD_TC(tp, history_keeps_differences);
	ATF_TP_ADD_TC(tp, backends_that_become_one_make_no_leap);
	ATF_TP_ADD_TC(tp, the_newest_points_are_drawn_at_the_right);
	ATF_TP_ADD_TC(tp, a_history_that_makes_no_sense_is_forgotten);
	return atf_no_error();
}

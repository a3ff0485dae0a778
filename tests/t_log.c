/*
 * t_log.c - what a log line looks like, what is held back, and what is lost.
 *
 * logio.h is implemented here: a list of what was written, and a switch that
 * makes writing fail.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <atf-c.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "logio.h"

enum { WRITTEN = 512, LINE = 2048 };

static struct {
	int	fd;		/* -1: syslog */
	int	priority;
	char	text[LINE];
} written[WRITTEN];
static int	nwritten;
static int	broken;		/* what writing returns */
static int	asked;		/* so often a file */
static int	waited;		/* for room, so often */
static int	awaited;	/* of this descriptor, the last time */

static void
keep(int fd, int priority, const char *text, size_t len)
{
	ATF_REQUIRE(nwritten < WRITTEN && len < LINE);
	written[nwritten].fd = fd;
	written[nwritten].priority = priority;
	memcpy(written[nwritten].text, text, len);
	written[nwritten++].text[len] = '\0';
}

int
logio_write(int fd, const char *line, size_t len)
{
	asked++;
	if (broken == 0)
		keep(fd, 0, line, len);
	return broken;
}

void
logio_await(int fd, int *left_ms)
{
	awaited = fd;
	waited++;
	if (broken != 0)
		*left_ms -= 3000;
}

void
logio_pause(int *left_ms)
{
	waited++;
	*left_ms -= 1000;
	if (*left_ms <= 1000)
		broken = 0;
}

int
logio_syslog_fd(void)
{
	return 5;
}

int
logio_syslog(const char *message, size_t len)
{
	int	priority, pid, front = 0;

	ATF_REQUIRE_EQ(2, sscanf(message, "<%d>May  1 12:34:56 sockproxy[%d]: %n",
	    &priority, &pid, &front));
	ATF_CHECK_EQ(getpid(), pid);
	if (broken == 0)
		keep(-1, priority, message + front, len - (size_t)front);
	return broken;
}

const char *
logio_syslog_stamp(char buf[LOGIO_STAMP])
{
	return strcpy(buf, "May  1 12:34:56 ");
}

const char *
logio_stamp(char buf[LOGIO_STAMP])
{
	return strcpy(buf, "2024-05-01 12:34:56");
}

ATF_TC_WITHOUT_HEAD(a_line_has_time_name_and_level);
ATF_TC_BODY(a_line_has_time_name_and_level, tc)
{
	log_warn("before %d", 1);
	log_open(7, true, 0);
	log_error("one %s", "two");
	log_name("relay 1");
	log_warn("three");
	log_notice("four");
	log_info("five");
	log_debug("six");
	log_open(8, false, 0);
	log_info("seven");
	log_name("");
	log_info("eight");
	ATF_REQUIRE_EQ(8, nwritten);
	ATF_CHECK_EQ(2, written[0].fd);
	ATF_CHECK_STREQ("sockproxy: warning: before 1\n", written[0].text);
	ATF_CHECK_EQ(7, written[1].fd);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 error: one two\n",
	    written[1].text);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 relay 1: warning: three\n",
	    written[2].text);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 relay 1: four\n",
	    written[3].text);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 relay 1: six\n",
	    written[5].text);
	ATF_CHECK_EQ(8, written[6].fd);
	ATF_CHECK_STREQ("sockproxy: relay 1: seven\n", written[6].text);
	ATF_CHECK_STREQ("sockproxy: eight\n", written[7].text);
}

ATF_TC_WITHOUT_HEAD(syslog_gets_facility_and_level);
ATF_TC_BODY(syslog_gets_facility_and_level, tc)
{
	ATF_CHECK_EQ(LOG_ERR, LOG_LEVEL_ERROR);
	ATF_CHECK_EQ(LOG_WARNING, LOG_LEVEL_WARNING);
	ATF_CHECK_EQ(LOG_NOTICE, LOG_LEVEL_NOTICE);
	ATF_CHECK_EQ(LOG_INFO, LOG_LEVEL_INFO);
	ATF_CHECK_EQ(LOG_DEBUG, LOG_LEVEL_DEBUG);
	log_open(-1, true, LOG_LOCAL3);
	log_name("relay 2");
	log_error("text");
	log_info("text");
	ATF_REQUIRE_EQ(2, nwritten);
	ATF_CHECK_EQ(-1, written[0].fd);
	ATF_CHECK_EQ(LOG_LOCAL3 | LOG_ERR, written[0].priority);
	ATF_CHECK_STREQ("relay 2: error: text", written[0].text);
	ATF_CHECK_EQ(LOG_LOCAL3 | LOG_INFO, written[1].priority);
}

ATF_TC_WITHOUT_HEAD(a_line_is_one_line);
ATF_TC_BODY(a_line_is_one_line, tc)
{
	static char	giant[5000];
	size_t		len;

	memset(giant, 'g', sizeof(giant) - 1);
	log_open(7, true, 0);
	log_info("a\nb\033[2Jc\177d\te \303\244");
	ATF_CHECK_STREQ("2024-05-01 12:34:56 a?b?[2Jc?d?e \303\244\n",
	    written[0].text);
	log_name("relay 12345678901234567890");
	log_error("%s", giant);
	len = strlen(written[1].text);
	ATF_CHECK(len <= 1024);
	ATF_CHECK_EQ('g', written[1].text[len - 2]);
	ATF_CHECK(strchr(written[1].text, '\n') == written[1].text + len - 1);
}

ATF_TC_WITHOUT_HEAD(lost_lines_are_counted_and_told_first);
ATF_TC_BODY(lost_lines_are_counted_and_told_first, tc)
{
	log_open(7, false, 0);
	log_info("one");
	broken = -ENOSPC;
	for (int i = 0; i < 5; i++)
		log_info("lost");
	ATF_CHECK_EQ(1, nwritten);
	ATF_CHECK_EQ(5, log_lost());
	broken = 0;
	log_info("two");
	log_info("three");
	ATF_REQUIRE_EQ(4, nwritten);
	ATF_CHECK_STREQ("sockproxy: warning: 5 log lines were lost\n",
	    written[1].text);
	ATF_CHECK_STREQ("sockproxy: two\n", written[2].text);
	ATF_CHECK_STREQ("sockproxy: three\n", written[3].text);
	ATF_CHECK_EQ(0, log_lost());
}

/* One that loses lines and ends leaves their number behind; nobody tells it twice. */
ATF_TC_WITHOUT_HEAD(lost_lines_outlive_who_lost_them);
ATF_TC_BODY(lost_lines_outlive_who_lost_them, tc)
{
	int	i, status;

	log_open(7, false, 0);
	broken = -ENOSPC;
	log_info("lost before there are others");
	log_share();
	for (i = 0; i < 2; i++) {
		if (fork() == 0) {
			log_name("relay 1");
			log_info("lost");
			log_info("lost");
			log_flush(7000);
			_exit(0);
		}
		ATF_REQUIRE(wait(&status) != -1);
	}
	broken = 0;
	if (fork() == 0) {
		log_info("one");
		_exit(nwritten == 2 && strcmp(written[0].text, "sockproxy: "
		    "warning: 5 log lines were lost\n") == 0 ? 0 : 1);
	}
	ATF_REQUIRE(wait(&status) != -1);
	ATF_CHECK_EQ(0, status);
	log_info("two");
	ATF_REQUIRE_EQ(1, nwritten);
	ATF_CHECK_STREQ("sockproxy: two\n", written[0].text);
	ATF_CHECK_EQ(UINT64_MAX, log_tick(7000));
}

ATF_TC_WITHOUT_HEAD(the_tick_tells_of_lost_lines);
ATF_TC_BODY(the_tick_tells_of_lost_lines, tc)
{
	log_open(7, false, 0);
	ATF_CHECK_EQ(UINT64_MAX, log_tick(5000));
	broken = -EAGAIN;
	log_info("lost");
	ATF_CHECK_EQ(6000, log_tick(5000));
	broken = 0;
	ATF_CHECK_EQ(UINT64_MAX, log_tick(6000));
	ATF_REQUIRE_EQ(1, nwritten);
	ATF_CHECK_STREQ("sockproxy: warning: 1 log line was lost\n",
	    written[0].text);
	ATF_CHECK_EQ(UINT64_MAX, log_tick(7000));
	ATF_CHECK_EQ(1, nwritten);
}

ATF_TC_WITHOUT_HEAD(a_log_that_is_away_is_asked_less_and_less);
ATF_TC_BODY(a_log_that_is_away_is_asked_less_and_less, tc)
{
	uint64_t	now = 5000, due, pause = 0;

	log_open(7, false, 0);
	broken = -EAGAIN;
	log_info("lost");
	asked = 0;
	for (int n = 1; n < 20; n++, now = due) {
		due = log_tick(now);
		ATF_CHECK_EQ(n, asked);
		ATF_CHECK(due - now > pause || due - now >= 60000);
		ATF_CHECK((pause = due - now) <= 65000);
		/* whatever else wakes the loop meanwhile */
		ATF_CHECK_EQ(due, log_tick(now + 1));
		ATF_CHECK_EQ(due, log_tick(due - 1));
		ATF_CHECK_EQ(n, asked);
	}
	broken = 0;
	ATF_CHECK_EQ(UINT64_MAX, log_tick(now));
	ATF_CHECK_EQ(1, nwritten);
	/* soon again the next time */
	broken = -EAGAIN;
	log_info("lost");
	ATF_CHECK_EQ(now + 2000, log_tick(now + 1000));
}

static int
allowed(enum log_class class, int tries, uint64_t now)
{
	int	n = 0;

	while (tries-- > 0)
		n += log_may(class, now);
	return n;
}

ATF_TC_WITHOUT_HEAD(a_flood_is_summarised);
ATF_TC_BODY(a_flood_is_summarised, tc)
{
	log_open(7, false, 0);
	ATF_CHECK_EQ(100, allowed(LOG_CLASS_SESSION, 1334, 50000));
	/* Other classes have their own measure. */
	ATF_CHECK_EQ(10, allowed(LOG_CLASS_BACKEND, 10, 50000));
	ATF_CHECK_EQ(51000, log_tick(50400));
	ATF_CHECK_EQ(0, nwritten);
	ATF_CHECK_EQ(0, allowed(LOG_CLASS_SESSION, 1, 50999));
	ATF_CHECK_EQ(UINT64_MAX, log_tick(51000));
	ATF_REQUIRE_EQ(1, nwritten);
	ATF_CHECK_STREQ("sockproxy: 1235 more lines like this in the last "
	    "1.0 s: session ends\n", written[0].text);
	ATF_CHECK_EQ(100, allowed(LOG_CLASS_SESSION, 101, 51000));
	/* A window that is over is reported without a tick, too. */
	ATF_CHECK_EQ(1, allowed(LOG_CLASS_SESSION, 1, 52000));
	ATF_CHECK_EQ(2, nwritten);
	ATF_CHECK_STREQ("sockproxy: 1 more lines like this in the last "
	    "1.0 s: session ends\n", written[1].text);
}

ATF_TC_WITHOUT_HEAD(what_is_held_back_is_told_at_the_end);
ATF_TC_BODY(what_is_held_back_is_told_at_the_end, tc)
{
	log_open(7, false, 0);
	(void)allowed(LOG_CLASS_SESSION, 101, 50000);
	(void)allowed(LOG_CLASS_FAILED, 100, 50000);	/* none too many */
	(void)allowed(LOG_CLASS_BACKEND, 103, 50000);
	(void)allowed(LOG_CLASS_LISTENER, 102, 50000);
	log_flush(50200);
	ATF_REQUIRE_EQ(3, nwritten);
	ATF_CHECK_STREQ("sockproxy: 1 more lines like this in the last "
	    "0.200 s: session ends\n", written[0].text);
	ATF_CHECK_STREQ("sockproxy: 3 more lines like this in the last "
	    "0.200 s: backend up or down\n", written[1].text);
	ATF_CHECK_STREQ("sockproxy: 2 more lines like this in the last "
	    "0.200 s: listener paused\n", written[2].text);
	log_flush(50300);
	ATF_CHECK_EQ(3, nwritten);
}

ATF_TC_WITHOUT_HEAD(a_moved_log_goes_on_elsewhere);
ATF_TC_BODY(a_moved_log_goes_on_elsewhere, tc)
{
	log_open(7, true, 0);
	ATF_CHECK_EQ(7, log_fd());
	ATF_CHECK_EQ(7, log_move(9));
	ATF_CHECK_EQ(9, log_fd());
	log_info("here");
	ATF_CHECK_EQ(9, written[0].fd);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 here\n", written[0].text);
}

ATF_TC_WITHOUT_HEAD(who_reads_the_pipe_tells_of_lost_lines);
ATF_TC_BODY(who_reads_the_pipe_tells_of_lost_lines, tc)
{
	static const char	line[] = "2024-05-01 12:34:56 relay 1: one\n";

	log_open(7, true, 0);
	log_piped(true);
	broken = -EAGAIN;
	log_info("lost");
	broken = 0;
	log_info("two");
	ATF_REQUIRE_EQ(1, nwritten);
	ATF_CHECK_EQ(UINT64_MAX, log_tick(1000));
	ATF_CHECK_EQ(1, log_lost());
	/* the same process as the reader */
	log_open(8, true, 0);
	log_copy(line, sizeof(line) - 1);
	ATF_REQUIRE_EQ(3, nwritten);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 warning: 1 log line was lost\n",
	    written[1].text);
	ATF_CHECK_EQ(8, written[2].fd);
	ATF_CHECK_STREQ(line, written[2].text);
	/* it may have no room either */
	broken = -ENOSPC;
	log_copy(line, sizeof(line) - 1);
	log_copy(line, sizeof(line) - 1);
	ATF_CHECK_EQ(2, log_lost());
	broken = 0;
	log_flush(2000);
	ATF_CHECK_EQ(0, log_lost());
	ATF_REQUIRE_EQ(4, nwritten);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 warning: 2 log lines were lost\n",
	    written[3].text);
}

ATF_TC_WITHOUT_HEAD(patience_has_an_end);
ATF_TC_BODY(patience_has_an_end, tc)
{
	log_open(7, true, 0);
	log_info("one");
	ATF_CHECK_EQ(0, waited);
	log_patient();
	log_info("two");
	log_info("three");
	ATF_CHECK_EQ(2, waited);
	broken = -EAGAIN;
	log_info("lost");
	log_info("lost");
	log_info("lost");
	ATF_CHECK_EQ(4, waited);
	broken = 0;
	log_info("four");
	ATF_CHECK_EQ(4, waited);
	ATF_CHECK_EQ(5, nwritten);
}

ATF_TC_WITHOUT_HEAD(patience_is_for_the_logger_too);
ATF_TC_BODY(patience_is_for_the_logger_too, tc)
{
	log_open(-1, false, LOG_DAEMON);
	log_info("one");
	ATF_CHECK_EQ(0, waited);
	log_patient();
	log_info("two");
	ATF_CHECK_EQ(1, waited);
	ATF_CHECK_EQ(5, awaited);
}

ATF_TC_WITHOUT_HEAD(a_logger_without_room_is_tried_again);
ATF_TC_BODY(a_logger_without_room_is_tried_again, tc)
{
	log_open(-1, false, LOG_DAEMON);
	broken = -ENOBUFS;
	log_info("lost");
	ATF_CHECK_EQ(0, waited);
	ATF_CHECK_EQ(0, nwritten);
	broken = 0;
	log_patient();
	log_info("one");	/* and that one line was lost */
	waited = 0;
	broken = -ENOBUFS;
	log_info("two");
	ATF_CHECK(waited > 1);
	ATF_REQUIRE_EQ(3, nwritten);
	ATF_CHECK_STREQ("two", written[2].text);
}

/* OpenBSD's keeps a line, and few of them. */
ATF_TC_WITHOUT_HEAD(a_logger_that_is_short_of_room_is_given_time);
ATF_TC_BODY(a_logger_that_is_short_of_room_is_given_time, tc)
{
	log_open(-1, false, LOG_DAEMON);
	broken = -EINPROGRESS;
	log_info("one");
	ATF_CHECK_EQ(0, waited);
	ATF_CHECK_EQ(0u, log_lost());
	log_patient();
	waited = 0;
	log_info("two");
	/* for the descriptor, and for the system to give away what it keeps */
	ATF_CHECK_EQ(2, waited);
	ATF_CHECK_EQ(0u, log_lost());
}

ATF_TC_WITHOUT_HEAD(fatal_errors_reach_log_and_terminal);
ATF_TC_BODY(fatal_errors_reach_log_and_terminal, tc)
{
	log_open(7, true, 0);
	log_fatal("one");
	ATF_CHECK_EQ(1, nwritten);
	log_echo(true);
	log_fatal("%s", "two");
	ATF_REQUIRE_EQ(3, nwritten);
	ATF_CHECK_EQ(7, written[1].fd);
	ATF_CHECK_STREQ("2024-05-01 12:34:56 error: two\n", written[1].text);
	ATF_CHECK_EQ(2, written[2].fd);
	ATF_CHECK_STREQ("sockproxy: error: two\n", written[2].text);
	log_info("three");
	ATF_REQUIRE_EQ(4, nwritten);
	ATF_CHECK_EQ(7, written[3].fd);
}

ATF_TC_WITHOUT_HEAD(errors_have_words_with_either_sign);
ATF_TC_BODY(errors_have_words_with_either_sign, tc)
{
	ATF_CHECK_STREQ("connection refused", log_errno(ECONNREFUSED));
	ATF_CHECK_STREQ("connection refused", log_errno(-ECONNREFUSED));
	/* One of the middle and the last: numbers and words stay side by side. */
	ATF_CHECK_STREQ("host is down", log_errno(EHOSTDOWN));
	ATF_CHECK_STREQ("quota used up", log_errno(EDQUOT));
	ATF_CHECK_STREQ("protocol not there", log_errno(ENOPROTOOPT));
	ATF_CHECK_STREQ("no lock to be had", log_errno(ENOLCK));
	ATF_CHECK_STREQ("error 9999", log_errno(-9999));
	for (int error = 1; error < 200; error++)
		ATF_CHECK(strlen(log_errno(-error)) > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_line_has_time_name_and_level);
	ATF_TP_ADD_TC(tp, syslog_gets_facility_and_level);
	ATF_TP_ADD_TC(tp, a_line_is_one_line);
	ATF_TP_ADD_TC(tp, lost_lines_are_counted_and_told_first);
	ATF_TP_ADD_TC(tp, lost_lines_outlive_who_lost_them);
	ATF_TP_ADD_TC(tp, the_tick_tells_of_lost_lines);
	ATF_TP_ADD_TC(tp, a_log_that_is_away_is_asked_less_and_less);
	ATF_TP_ADD_TC(tp, a_flood_is_summarised);
	ATF_TP_ADD_TC(tp, what_is_held_back_is_told_at_the_end);
	ATF_TP_ADD_TC(tp, a_moved_log_goes_on_elsewhere);
	ATF_TP_ADD_TC(tp, who_reads_the_pipe_tells_of_lost_lines);
	ATF_TP_ADD_TC(tp, patience_has_an_end);
	ATF_TP_ADD_TC(tp, patience_is_for_the_logger_too);
	ATF_TP_ADD_TC(tp, a_logger_without_room_is_tried_again);
	ATF_TP_ADD_TC(tp, a_logger_that_is_short_of_room_is_given_time);
	ATF_TP_ADD_TC(tp, fatal_errors_reach_log_and_terminal);
	ATF_TP_ADD_TC(tp, errors_have_words_with_either_sign);
	return atf_no_error();
}

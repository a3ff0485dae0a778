/*
 * t_stat.c - counters: one writer each, readers that never see half of one, and
 * the lines that are printed.
 */
#include <atf-c.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "stat.h"
#include "unit.h"

enum { ROUNDS = 2000000, LINES = 256 };

static struct setup	setup;

static struct {
	char	text[LINES][1100];
	int	n;
} lines;

static void
put(void *arg, const char *line)
{
	ATF_REQUIRE(arg == &lines && lines.n < LINES);
	ATF_REQUIRE(strlen(line) < sizeof(lines.text[0]));
	strcpy(lines.text[lines.n++], line);
}

static bool
printed(const char *line)
{
	for (int i = 0; i < lines.n; i++)
		if (strcmp(lines.text[i], line) == 0)
			return true;
	printf("no line \"%s\"\n", line);
	return false;
}

static void
print_all(void)
{
	unsigned	part = 0;

	lines.n = 0;
	while (stat_print_part(&setup, part, put, &lines))
		part++;
}

static void
make_setup(unsigned n, const char *const *labels)
{
	memset(&setup, 0, sizeof(setup));
	setup.nstrings = 1;
	setup.nbackends = n;
	for (unsigned i = 0; i < n; i++) {
		setup.backends[i].label = unit_string(&setup, labels[i]);
		setup.backends[i].addr.family = OS_IPV4;
	}
	setup.nlisteners = 1;
	setup.listeners[0].name = unit_string(&setup, "127.0.0.1:80");
}

ATF_TC_WITHOUT_HEAD(counts_add_up_over_relays);
ATF_TC_BODY(counts_add_up_over_relays, tc)
{
	struct stat_global	global;
	struct stat_backend	backend;
	struct stat_listener	listener;

	ATF_REQUIRE(stat_open(3, 2, 4));
	for (unsigned relay = 0; relay < 3; relay++) {
		stat_self(relay);
		stat_set(&stat_global()->accepted, 10 + relay);
		stat_set(&stat_global()->ended[REASON_KILLED], UINT64_C(1) << 40);
		stat_set(&stat_backend(3)->connect_ms, 5);
		stat_set(&stat_listener(1)->paused, 1);
	}
	stat_sum_global(&global);
	ATF_CHECK_EQ(33, global.accepted);
	ATF_CHECK_EQ(UINT64_C(3) << 40, global.ended[REASON_KILLED]);
	ATF_CHECK_EQ(0, global.active);
	stat_sum_backend(3, &backend);
	ATF_CHECK_EQ(15, backend.connect_ms);
	stat_sum_backend(2, &backend);
	ATF_CHECK_EQ(0, backend.connect_ms);
	stat_sum_listener(1, &listener);
	ATF_CHECK_EQ(3, listener.paused);
	stat_sum_listener(0, &listener);
	ATF_CHECK_EQ(0, listener.paused);
	stat_close();
}

ATF_TC_WITHOUT_HEAD(a_count_is_seen_at_once);
ATF_TC_BODY(a_count_is_seen_at_once, tc)
{
	struct stat_backend	sum;

	ATF_REQUIRE(stat_open(1, 1, 2));
	stat_self(0);
	for (unsigned n = 1; n <= 5; n++) {
		stat_add(&stat_backend(1)->connected, 1);
		stat_add(&stat_backend(0)->connected, 2);
		stat_add(&stat_backend(1)->died, 3);
		stat_add(&stat_backend(1)->died, -1);
		stat_sum_backend(1, &sum);
		ATF_CHECK_EQ(n, sum.connected);
		ATF_CHECK_EQ(2 * n, sum.died);
		stat_sum_backend(0, &sum);
		ATF_CHECK_EQ(2 * n, sum.connected);
		ATF_CHECK_EQ(0, sum.died);
	}
	stat_close();
}

ATF_TC_WITHOUT_HEAD(own_load_is_the_load_of_this_moment);
ATF_TC_BODY(own_load_is_the_load_of_this_moment, tc)
{
	ATF_REQUIRE(stat_open(2, 0, 2));
	stat_self(1);
	stat_set(&stat_backend(1)->load, 7);
	stat_self(0);
	stat_set(&stat_backend(1)->load, 2);
	ATF_CHECK_EQ(9, stat_load(1));
	ATF_CHECK_EQ(0, stat_load(0));
	stat_close();
}

ATF_TC_WITHOUT_HEAD(a_dead_relay_leaves_its_counts_and_no_sessions);
ATF_TC_BODY(a_dead_relay_leaves_its_counts_and_no_sessions, tc)
{
	struct stat_global	global;
	struct stat_backend	backend;
	struct stat_listener	listener;

	ATF_REQUIRE(stat_open(2, 1, 1));
	stat_self(1);
	stat_set(&stat_global()->active, 3);
	stat_set(&stat_global()->accepted, 5);
	stat_set(&stat_global()->buffers_used, 1);
	stat_set(&stat_listener(0)->active, 3);
	stat_set(&stat_listener(0)->paused, 1);
	stat_set(&stat_backend(0)->load, 4);
	stat_set(&stat_backend(0)->chosen, 6);
	stat_set(&stat_backend(0)->down, 1);
	stat_bury(1);
	stat_sum_global(&global);
	ATF_CHECK_EQ(0, global.active);
	ATF_CHECK_EQ(0, global.buffers_used);
	ATF_CHECK_EQ(5, global.accepted);
	stat_sum_listener(0, &listener);
	ATF_CHECK_EQ(0, listener.active);
	ATF_CHECK_EQ(0, listener.paused);
	stat_sum_backend(0, &backend);
	ATF_CHECK_EQ(0, backend.load);
	ATF_CHECK_EQ(0, backend.down);
	ATF_CHECK_EQ(6, backend.chosen);
	/* Its successor counts on. */
	stat_self(1);
	stat_add(&stat_backend(0)->chosen, 1);
	stat_sum_backend(0, &backend);
	ATF_CHECK_EQ(7, backend.chosen);
	stat_close();
}

/*
 * Both halves of a counter change, for 32-bit machines, and not all the time, as
 * no relay does nothing but count.
 */
static void *
write_counts(void *arg)
{
	volatile unsigned	work;

	stat_self(0);
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		stat_set(&stat_backend(0)->chosen, i << 32 | i);
		for (work = 0; work < 100; work++)
			continue;
	}
	return arg;
}

/*
 * Where a counter is two words a reader may see half a change after all, if the
 * writer is stopped in the middle of it: on a busy machine now and then.
 */
ATF_TC_WITHOUT_HEAD(readers_never_see_half_a_counter);
ATF_TC_BODY(readers_never_see_half_a_counter, tc)
{
	struct stat_backend	sum;
	pthread_t		writer;
	uint64_t		last = 0, half = 0;
	unsigned long		changes = 0, halves = 0;

	ATF_REQUIRE(stat_open(1, 0, 1));
	ATF_REQUIRE_EQ(0, pthread_create(&writer, NULL, write_counts, NULL));
	while ((uint32_t)last != ROUNDS) {
		stat_sum_backend(0, &sum);
		if (sizeof(uintptr_t) < sizeof(sum.chosen) &&
		    sum.chosen >> 32 != (uint32_t)sum.chosen) {
			halves += sum.chosen != half;
			half = sum.chosen;
			continue;
		}
		ATF_REQUIRE_EQ(sum.chosen >> 32, (uint32_t)sum.chosen);
		ATF_REQUIRE(sum.chosen >= last);
		changes += sum.chosen != last;
		last = sum.chosen;
	}
	printf("%lu different counts seen, %lu halves\n", changes, halves);
	ATF_CHECK(halves <= 10);	/* hundreds, if readers did not look again */
	ATF_REQUIRE_EQ(0, pthread_join(writer, NULL));
	stat_close();
}

ATF_TC_WITHOUT_HEAD(lighttpds_keys_come_first);
ATF_TC_BODY(lighttpds_keys_come_first, tc)
{
	static const char *const	labels[] = { "web1", "10.0.0.1:80" };
	static const char *const	first[] = {
		"gw.active-requests: 2",
		"sockproxy.requests: 12",
		"gw.backend.web1.load: 2",
		"gw.backend.web1.0.load: 2",
		"gw.backend.web1.0.connected: 12",
		"gw.backend.web1.0.died: 4",
		"gw.backend.web1.0.overloaded: 5",
		"gw.backend.web1.0.disabled: 1"
	};

	make_setup(2, labels);
	ATF_REQUIRE(stat_open(1, 1, 2));
	stat_self(0);
	stat_set(&stat_global()->active, 2);
	stat_set(&stat_global()->accepted, 20);
	stat_set(&stat_global()->bytes[0], 100);
	stat_set(&stat_global()->bytes[1], UINT64_MAX);
	stat_set(&stat_global()->ended[REASON_CLIENT_RESET], 9);
	stat_set(&stat_backend(0)->load, 2);
	stat_set(&stat_backend(0)->connected, 12);
	stat_set(&stat_backend(0)->died, 3);
	stat_set(&stat_backend(0)->timeouts, 1);
	stat_set(&stat_backend(0)->overloaded, 5);
	stat_set(&stat_backend(0)->down, 1);
	stat_set(&stat_backend(1)->bytes[0], 6);
	stat_set(&stat_backend(1)->bytes[1], 7);
	stat_set(&stat_listener(0)->accepted, 20);
	stat_set(&stat_listener(0)->refused, 3);
	stat_set(&stat_listener(0)->active, 2);
	stat_set(&stat_listener(0)->bytes[0], 4);
	stat_set(&stat_listener(0)->bytes[1], 5);
	print_all();
	for (unsigned i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		ATF_CHECK_STREQ(first[i], lines.text[i]);
	ATF_CHECK(printed("gw.backend.10.0.0.1:80.0.disabled: 0"));
	ATF_CHECK(printed("gw.backend.10.0.0.1:80.0.up: 1"));
	ATF_CHECK(printed("sockproxy.accepted: 20"));
	ATF_CHECK(printed("sockproxy.bytes-from-client: 100"));
	ATF_CHECK(printed("sockproxy.bytes-from-backend: "
	    "18446744073709551615"));
	ATF_CHECK(printed("sockproxy.ended.client-reset: 9"));
	ATF_CHECK(printed("sockproxy.ended.done: 0"));
	ATF_CHECK(printed("gw.backend.10.0.0.1:80.0.bytes-from-client: 6"));
	ATF_CHECK(printed("gw.backend.10.0.0.1:80.0.bytes-from-backend: 7"));
	ATF_CHECK(printed("sockproxy.listener.127.0.0.1:80.accepted: 20"));
	ATF_CHECK(printed("sockproxy.listener.127.0.0.1:80.refused: 3"));
	ATF_CHECK(printed("sockproxy.listener.127.0.0.1:80.active: 2"));
	ATF_CHECK(printed("sockproxy.listener.127.0.0.1:80.paused: 0"));
	ATF_CHECK(printed("sockproxy.listener.127.0.0.1:80.bytes-from-client: "
	    "4"));
	ATF_CHECK(printed("sockproxy.listener.127.0.0.1:80.bytes-from-backend: "
	    "5"));
	/* in how many relays is of no interest */
	stat_set(&stat_listener(0)->paused, 2);
	print_all();
	ATF_CHECK(printed("sockproxy.listener.127.0.0.1:80.paused: 1"));
	stat_close();
}

ATF_TC_WITHOUT_HEAD(backends_with_one_label_are_one);
ATF_TC_BODY(backends_with_one_label_are_one, tc)
{
	static const char *const	labels[] = { "a", "b", "a" };
	int				 n = 0;

	make_setup(3, labels);
	ATF_REQUIRE(stat_open(1, 1, 3));
	stat_self(0);
	stat_set(&stat_backend(0)->connected, 1);
	stat_set(&stat_backend(1)->connected, 10);
	stat_set(&stat_backend(2)->connected, 100);
	stat_set(&stat_backend(2)->down, 1);
	print_all();
	ATF_CHECK(printed("gw.backend.a.0.connected: 101"));
	ATF_CHECK(printed("gw.backend.a.0.disabled: 1"));
	ATF_CHECK(printed("gw.backend.a.0.up: 1"));
	ATF_CHECK(printed("gw.backend.b.0.connected: 10"));
	for (int i = 0; i < lines.n; i++)
		n += strncmp(lines.text[i], "gw.backend.a.load", 17) == 0;
	ATF_CHECK_EQ(1, n);
	stat_close();
}

ATF_TC_WITHOUT_HEAD(up_is_who_gets_new_sessions);
ATF_TC_BODY(up_is_who_gets_new_sessions, tc)
{
	static const char *const	labels[] = { "a", "a", "a", "b" };
	uint64_t			board[4] = { 0 };

	make_setup(4, labels);
	setup.backends[0].addr.family = OS_NONE;	/* not resolved */
	ATF_REQUIRE(board_memory(4) <= sizeof(board));
	board_use(board, 4);
	(void)board_give_order(1, BOARD_DRAIN);
	ATF_REQUIRE(stat_open(1, 1, 4));
	stat_self(0);
	print_all();
	ATF_CHECK(printed("gw.backend.a.0.disabled: 2"));
	ATF_CHECK(printed("gw.backend.a.0.up: 1"));
	ATF_CHECK(printed("gw.backend.b.0.disabled: 0"));
	board_use(NULL, 0);
	stat_close();
}

ATF_TC_WITHOUT_HEAD(a_log_gets_what_is_not_0);
ATF_TC_BODY(a_log_gets_what_is_not_0, tc)
{
	static const char *const	labels[] = { "a", "b" };
	static const char *const	said[] = {
		"gw.active-requests: 0",
		"sockproxy.requests: 0",
		"gw.backend.a.0.up: 1",
		"gw.backend.b.0.died: 3",
		"gw.backend.b.0.up: 1",
		"sockproxy.refused: 4",
		"sockproxy.listener.127.0.0.1:80.accepted: 5"
	};

	make_setup(2, labels);
	ATF_REQUIRE(stat_open(1, 1, 2));
	stat_self(0);
	stat_set(&stat_backend(1)->died, 3);
	stat_set(&stat_global()->refused, 4);
	stat_set(&stat_listener(0)->accepted, 5);
	lines.n = 0;
	stat_print(&setup, put, &lines);
	ATF_REQUIRE_EQ(sizeof(said) / sizeof(said[0]), (size_t)lines.n);
	for (int i = 0; i < lines.n; i++)
		ATF_CHECK_STREQ(said[i], lines.text[i]);
	stat_close();
}

ATF_TC_WITHOUT_HEAD(a_label_cannot_make_a_line_of_its_own);
ATF_TC_BODY(a_label_cannot_make_a_line_of_its_own, tc)
{
	static char		 giant[5000];
	const char *const	 labels[] = { "x\ngw.active-requests: 9",
				    giant };

	memset(giant, 'g', sizeof(giant) - 1);
	make_setup(2, labels);
	ATF_REQUIRE(stat_open(1, 1, 2));
	print_all();
	for (int i = 0; i < lines.n; i++) {
		ATF_CHECK(strchr(lines.text[i], '\n') == NULL);
		ATF_CHECK(strstr(lines.text[i], ": ") != NULL);
	}
	ATF_CHECK(printed("gw.backend.x?gw.active-requests: 9.load: 0"));
	stat_close();
}

ATF_TC_WITHOUT_HEAD(every_reason_has_its_own_words);
ATF_TC_BODY(every_reason_has_its_own_words, tc)
{
	for (int i = 0; i < REASONS; i++) {
		ATF_REQUIRE(reason_key(i) != NULL && reason_text(i) != NULL);
		ATF_CHECK(strspn(reason_key(i), "abcdefghijklmnopqrstuvwxyz-")
		    == strlen(reason_key(i)));
		for (int k = 0; k < i; k++) {
			ATF_CHECK(strcmp(reason_key(i), reason_key(k)) != 0);
			ATF_CHECK(strcmp(reason_text(i), reason_text(k)) != 0);
	}
	}
}

ATF_TC_WITHOUT_HEAD(no_more_memory_is_used_than_stated);
ATF_TC_BODY(no_more_memory_is_used_than_stated, tc)
{
	const unsigned	nl = 100, nb = 1000;

	/* Writes to the last row of the last relay do not leave the mapping. */
	ATF_REQUIRE(stat_open(4, nl, nb));
	stat_self(3);
	stat_set(&stat_backend(nb - 1)->connect_ms, 1);
	stat_set(&stat_listener(nl - 1)->paused, 1);
	stat_close();
	ATF_CHECK(stat_memory(4, nl, nb) >= 4 * (sizeof(struct stat_global) +
	    nl * sizeof(struct stat_listener) +
	    nb * sizeof(struct stat_backend)));
	ATF_CHECK(stat_memory(4, nl, nb) < 1536 * 1024);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, counts_add_up_over_relays);
	ATF_TP_ADD_TC(tp, a_count_is_seen_at_once);
	ATF_TP_ADD_TC(tp, own_load_is_the_load_of_this_moment);
	ATF_TP_ADD_TC(tp, a_dead_relay_leaves_its_counts_and_no_sessions);
	ATF_TP_ADD_TC(tp, readers_never_see_half_a_counter);
	ATF_TP_ADD_TC(tp, lighttpds_keys_come_first);
	ATF_TP_ADD_TC(tp, backends_with_one_label_are_one);
	ATF_TP_ADD_TC(tp, up_is_who_gets_new_sessions);
	ATF_TP_ADD_TC(tp, a_log_gets_what_is_not_0);
	ATF_TP_ADD_TC(tp, a_label_cannot_make_a_line_of_its_own);
	ATF_TP_ADD_TC(tp, every_reason_has_its_own_words);
	ATF_TP_ADD_TC(tp, no_more_memory_is_used_than_stated);
	return atf_no_error();
}

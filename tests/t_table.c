/*
 * t_table.c - rows of sessions, what a dead relay leaves in its own, and when they
 * are looked through.
 */
#include <atf-c.h>

#include "buf.h"
#include "expire.h"
#include "limits.h"
#include "session.h"
#include "share.h"
#include "table.h"

enum { RELAYS = 2, ROWS = 4 };

static void
open_table(unsigned relay)
{
	ATF_REQUIRE(table_map(RELAYS, ROWS));
	ATF_REQUIRE(table_open(relay, ROWS, 1));
}

static struct session *
take(uint32_t number)
{
	struct session	*s = table_take();

	ATF_REQUIRE(s != NULL);
	s->number = number;
	return s;
}

ATF_TC_WITHOUT_HEAD(who_is_in_the_run_list_is_served_once);
ATF_TC_BODY(who_is_in_the_run_list_is_served_once, tc)
{
	struct session	*a, *b;

	open_table(1);
	a = take(1);
	b = take(2);
	table_run(b);
	table_run(a);
	table_run(b);
	table_run_begin();
	ATF_CHECK(table_run_next() == b);
	table_run(b);		/* for the next time */
	ATF_CHECK(table_run_next() == a);
	ATF_CHECK(table_run_next() == NULL);
	ATF_CHECK(table_running());
	table_run_begin();
	ATF_CHECK(table_run_next() == b);
	ATF_CHECK(table_run_next() == NULL);
	ATF_CHECK(!table_running());
}

ATF_TC_WITHOUT_HEAD(rows_of_a_dead_relay_serve_the_next_one);
ATF_TC_BODY(rows_of_a_dead_relay_serve_the_next_one, tc)
{
	struct session	*s;

	open_table(1);
	table_run(take(1));
	table_nap(take(2), 10);
	table_run(take(3));
	table_close();		/* what is shared stays as it is when one dies */
	table_bury(1);
	for (unsigned i = 0; i < ROWS; i++)
		ATF_CHECK_EQ(0, table_seen(1, i)->number);
	ATF_REQUIRE(table_open(1, ROWS, 1));
	for (uint32_t i = 0; i < ROWS; i++) {
		s = take(i + 1);
		table_run(s);
		table_run_begin();
		ATF_CHECK(table_run_next() == s);
		ATF_CHECK(table_run_next() == NULL);
		table_nap(s, 10);
		table_wake(10);
		table_run_begin();
		ATF_CHECK(table_run_next() == s);
		ATF_CHECK(table_run_next() == NULL);
	}
	ATF_CHECK(table_take() == NULL);
}

ATF_TC_WITHOUT_HEAD(the_others_keep_theirs);
ATF_TC_BODY(the_others_keep_theirs, tc)
{
	open_table(0);
	take(1);
	take(2);
	table_bury(1);
	ATF_CHECK_EQ(2, table_seen(0, 1)->number);
	table_bury(0);
	ATF_CHECK_EQ(0, table_seen(0, 0)->number);
	ATF_CHECK_EQ(0, table_seen(0, 1)->number);
}

ATF_TC_WITHOUT_HEAD(what_is_not_mapped_is_not_wiped);
ATF_TC_BODY(what_is_not_mapped_is_not_wiped, tc)
{
	table_bury(0);		/* a relay of the program before an upgrade */
	open_table(0);
	take(1);
	table_close();
	table_unmap();
	table_bury(0);
}

/*
 * The most that may be configured is more than a 32-bit machine has addresses for.
 */
ATF_TC_WITHOUT_HEAD(what_cannot_be_addressed_is_refused);
ATF_TC_BODY(what_cannot_be_addressed_is_refused, tc)
{
	static struct setup	set;	/* large for a stack */

	ATF_CHECK_EQ(65537ULL << 16, buf_memory(LIMIT_BUFFERS) -
	    LIMIT_BUFFERS * sizeof(int32_t));
	ATF_CHECK(table_memory(&set, LIMIT_SESSIONS * 100U) > UINT32_MAX);
#if SIZE_MAX == UINT32_MAX
	ATF_CHECK(!buf_open(LIMIT_BUFFERS - 1, 0));
	ATF_CHECK(!buf_open(LIMIT_BUFFERS, 10));
	ATF_CHECK(!table_map(LIMIT_RELAYS, LIMIT_SESSIONS));
#endif
}

ATF_TC_WITHOUT_HEAD(shares_of_relays_are_even_and_all_there_is);
ATF_TC_BODY(shares_of_relays_are_even_and_all_there_is, tc)
{
	static struct setup	set;
	unsigned		i, sum, one;
	uint64_t		bytes;

	set.server.max_connections.v = 1;
	ATF_CHECK_EQ(1, share_relays(&set));
	for (unsigned relays = 1; relays <= LIMIT_RELAYS; relays++)
		for (unsigned n = 1; n <= 200; n++) {
			set.server.max_worker.v = relays;
			set.server.max_connections.v = n;
			set.server.kbytes.v = n;
			for (i = sum = 0; i < relays; i++) {
				one = share_sessions(&set, i);
				ATF_REQUIRE(one >= 1);
				ATF_REQUIRE(one <= share_sessions(&set, 0));
				ATF_REQUIRE(one + 1 >= share_sessions(&set, 0));
				sum += one;
			}
			ATF_REQUIRE_EQ(n < relays ? relays : n, sum);
			ATF_REQUIRE_EQ(sum, share_all_sessions(&set));
			bytes = relays * share_bytes(&set);
			ATF_REQUIRE(bytes >= n * 1024);
			ATF_REQUIRE(bytes < n * 1024 + relays);
		}
	set.server.kbytes.v = 0;
	ATF_CHECK_EQ(0, share_bytes(&set));
}

ATF_TC_WITHOUT_HEAD(limits_are_looked_at_in_steps);
ATF_TC_BODY(limits_are_looked_at_in_steps, tc)
{
	static struct setup	set;
	const uint64_t		now = 5000;
	struct session		s = { .state = SESSION_CONNECT, .since_ms = now };

	open_table(0);
	expire_open(&set);
	expire_sweep(now);
	ATF_CHECK(!expire_before(&s));
	ATF_CHECK_EQ(UINT64_MAX, expire_due());
	set.backends[0].connect_timeout.v = 2 * LIMIT_SWEEP_MS;
	ATF_CHECK(expire_before(&s));
	ATF_CHECK_EQ(now + 2 * LIMIT_SWEEP_MS, expire_due());
	set.backends[0].connect_timeout.v = 1;
	ATF_CHECK(expire_before(&s));
	ATF_CHECK_EQ(now + LIMIT_SWEEP_MS, expire_due());
	/* there is no such session in the table */
	expire_sweep(now + LIMIT_SWEEP_MS);
	ATF_CHECK_EQ(UINT64_MAX, expire_due());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, who_is_in_the_run_list_is_served_once);
	ATF_TP_ADD_TC(tp, rows_of_a_dead_relay_serve_the_next_one);
	ATF_TP_ADD_TC(tp, the_others_keep_theirs);
	ATF_TP_ADD_TC(tp, what_is_not_mapped_is_not_wiped);
	ATF_TP_ADD_TC(tp, what_cannot_be_addressed_is_refused);
	ATF_TP_ADD_TC(tp, shares_of_relays_are_even_and_all_there_is);
	ATF_TP_ADD_TC(tp, limits_are_looked_at_in_steps);
	return atf_no_error();
}

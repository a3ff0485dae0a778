/*
 * t_backend.c - which backend a client gets, and what becomes of one that fails.
 */
#include <atf-c.h>
#include <errno.h>
#include <string.h>

#include "backend.h"
#include "stat.h"
#include "unit.h"

enum { MANY = 70, DISABLE_MS = 1000, NOW = 5000 };

static struct setup		setup;
static struct os_peer		peer;
static uint64_t			tried[2];
static struct backend_choice	choice;

/* A pool of n behind one of two others, and two listeners. */
static void
open_backends(enum balance balance, unsigned n)
{
	char	label[] = "b00";

	memset(&setup, 0, sizeof(setup));
	setup.nstrings = 1;
	setup.nlisteners = 2;
	setup.listeners[0].name = unit_string(&setup, ":1");
	setup.listeners[1].name = unit_string(&setup, ":2");
	setup.npools = setup.nprofiles = 2;
	setup.pools[0].nbackends = 2;
	setup.pools[1] = (struct setup_pool){ .first_backend = 2,
	    .nbackends = (uint16_t)n };
	setup.profiles[0].balance.v = setup.profiles[1].balance.v = balance;
	setup.profiles[1].pool = 1;
	for (setup.nbackends = 0; setup.nbackends < n + 2; ) {
		label[1] = (char)('0' + setup.nbackends / 10);
		label[2] = (char)('0' + setup.nbackends % 10);
		setup.backends[setup.nbackends++] = (struct setup_backend){
		    .label = unit_string(&setup, label), .disable_time = { DISABLE_MS, 0 },
		    .addr = { .family = OS_IPV4, .port = 80 } };
	}
	peer = (struct os_peer){ .family = OS_IPV4, .ip = { 10, 0, 0, 1 } };
	backend_close();
	stat_close();
	ATF_REQUIRE(stat_open(1, 3, n + 3));
	ATF_REQUIRE(backend_open(&setup));
}

/* Another client. */
static void
client(void)
{
	memset(tried, 0, sizeof(tried));
	choice = (struct backend_choice){ .profile = &setup.profiles[1],
	    .peer = &peer, .tried = tried };
}

#define PICKS(b, now)	ATF_CHECK_EQ((unsigned)(b), backend_pick(&choice, now))

ATF_TC_WITHOUT_HEAD(each_is_tried_once);
ATF_TC_BODY(each_is_tried_once, tc)
{
	open_backends(BALANCE_LEAST, MANY);
	ATF_CHECK_EQ(2, backend_words(&setup));
	/* no address: no candidate, not even when nothing else is left */
	setup.backends[5].addr.family = OS_NONE;
	client();
	for (unsigned b = 2; b < MANY + 2; b++)
		if (b != 5)
			PICKS(b, NOW);
	PICKS(BACKEND_NONE, NOW);
	PICKS(BACKEND_NONE, NOW);
	ATF_CHECK_EQ(0, stat_backend(5)->chosen);
	ATF_CHECK_EQ(1, stat_backend(6)->chosen);
	ATF_CHECK_EQ(1, stat_backend(6)->load);
}

ATF_TC_WITHOUT_HEAD(one_that_fails_is_left_out_and_tried_by_one);
ATF_TC_BODY(one_that_fails_is_left_out_and_tried_by_one, tc)
{
	uint64_t	since, until;

	open_backends(BALANCE_LEAST, 2);
	client();
	PICKS(2, NOW);
	backend_failed(2, ECONNREFUSED, NOW);
	backend_released(2);
	PICKS(3, NOW);
	ATF_CHECK_EQ(1, stat_backend(2)->down);
	ATF_CHECK_EQ(1, stat_backend(2)->died);
	ATF_CHECK(!backend_is_up(2, NOW + DISABLE_MS - 1));
	client();
	PICKS(3, NOW + DISABLE_MS - 1);
	/* then one client tries it, and meanwhile no other */
	client();
	PICKS(2, NOW + DISABLE_MS);
	client();
	PICKS(3, NOW + DISABLE_MS);
	/* that failed for a reason of our own: the next one may */
	backend_spared(2);
	backend_released(2);
	client();
	PICKS(2, NOW + DISABLE_MS);
	/* and again: out as long as before, but since the first time */
	backend_failed(2, ETIMEDOUT, NOW + DISABLE_MS);
	backend_released(2);
	ATF_CHECK_EQ(1, stat_backend(2)->timeouts);
	backend_health(2, &since, &until);
	ATF_CHECK_EQ(NOW, since);
	ATF_CHECK_EQ(NOW + 2 * DISABLE_MS, until);
	ATF_CHECK(!backend_is_up(2, NOW + 2 * DISABLE_MS - 1));
	client();
	PICKS(2, NOW + 2 * DISABLE_MS);
	backend_connected(2, 0, NOW + 2 * DISABLE_MS, 7);
	ATF_CHECK_EQ(0, stat_backend(2)->down);
	ATF_CHECK_EQ(1, stat_backend(2)->connected);
	ATF_CHECK_EQ(7, stat_backend(2)->connect_ms);
	backend_health(2, &since, &until);
	ATF_CHECK_EQ(0, since);
	/* all may try it, and it can be out anew */
	client();
	PICKS(2, NOW + 2 * DISABLE_MS);
	client();
	PICKS(2, NOW + 2 * DISABLE_MS);
	backend_failed(2, EAGAIN, NOW + 3 * DISABLE_MS);
	ATF_CHECK_EQ(1, stat_backend(2)->overloaded);
	backend_health(2, &since, &until);
	ATF_CHECK_EQ(NOW + 3 * DISABLE_MS, since);
}

ATF_TC_WITHOUT_HEAD(the_longest_out_is_tried_rather_than_none);
ATF_TC_BODY(the_longest_out_is_tried_rather_than_none, tc)
{
	open_backends(BALANCE_LEAST, 3);
	backend_failed(2, ECONNREFUSED, NOW + 2);
	backend_failed(3, ECONNREFUSED, NOW + 1);
	backend_failed(4, ECONNREFUSED, NOW + 3);
	client();
	PICKS(3, NOW + 4);
	ATF_CHECK(choice.last);
	PICKS(BACKEND_NONE, NOW + 4);
	/* not one that has just failed for this client */
	open_backends(BALANCE_LEAST, 2);
	client();
	PICKS(2, NOW);
	backend_failed(2, ECONNREFUSED, NOW);
	backend_failed(3, ECONNREFUSED, NOW + 1);
	PICKS(3, NOW + 1);
	PICKS(BACKEND_NONE, NOW + 1);
}

ATF_TC_WITHOUT_HEAD(without_a_disable_time_none_is_out);
ATF_TC_BODY(without_a_disable_time_none_is_out, tc)
{
	uint64_t	since, until;

	open_backends(BALANCE_LEAST, 2);
	setup.backends[2].disable_time.v = 0;
	backend_failed(2, ECONNREFUSED, NOW);
	ATF_CHECK_EQ(0, stat_backend(2)->down);
	client();
	PICKS(2, NOW);
	/* not for a second one either, while that one tries */
	client();
	PICKS(3, NOW);
	backend_health(2, &since, &until);
	ATF_CHECK_EQ(0, since);
}

ATF_TC_WITHOUT_HEAD(the_least_loaded_and_of_these_the_first);
ATF_TC_BODY(the_least_loaded_and_of_these_the_first, tc)
{
	uint64_t	adopted[2] = { 0, 0 };
	static const unsigned	order[] = { 2, 3, 4, 2, 3, 4 };

	open_backends(BALANCE_LEAST, 3);
	for (unsigned i = 0; i < 6; i++) {
		client();
		PICKS(order[i], NOW);
	}
	backend_released(4);
	client();
	PICKS(4, NOW);
	backend_adopted(2, &setup.pools[1], adopted);
	backend_adopted(3, &setup.pools[0], adopted);
	/* the second one is of another pool, and only one has been tried */
	ATF_CHECK_EQ(1, adopted[0]);
	client();
	PICKS(4, NOW);
}

ATF_TC_WITHOUT_HEAD(round_robin_goes_on_after_the_last);
ATF_TC_BODY(round_robin_goes_on_after_the_last, tc)
{
	static const unsigned	order[] = { 2, 3, 4, 2 };

	open_backends(BALANCE_ROUND_ROBIN, 3);
	for (unsigned i = 0; i < 4; i++) {
		client();
		PICKS(order[i], NOW);
		/* the other pool counts for itself */
		client();
		choice.profile = &setup.profiles[0];
		PICKS(i % 2, NOW);
	}
	backend_failed(3, ECONNREFUSED, NOW);
	client();
	PICKS(4, NOW);
	client();
	PICKS(2, NOW);
}

ATF_TC_WITHOUT_HEAD(a_client_stays_where_it_is);
ATF_TC_BODY(a_client_stays_where_it_is, tc)
{
	unsigned	n[MANY + 2] = { 0 }, first, second, differ = 0;

	open_backends(BALANCE_STICKY, 4);
	for (unsigned i = 0; i < 256; i++) {
		peer.ip[3] = (uint8_t)i;
		peer.port = 1;
		client();
		n[first = backend_pick(&choice, NOW)]++;
		second = backend_pick(&choice, NOW);
		ATF_CHECK(second != first);
		/* from another port, at another listener; its own is gone */
		peer.port = 2;
		client();
		choice.listener = 1;
		PICKS(first, NOW);
		backend_failed(first, ECONNREFUSED, NOW);
		client();
		PICKS(second, NOW);
		backend_connected(first, 0, NOW, 0);
		client();
		PICKS(first, NOW);
	}
	for (unsigned b = 2; b < 6; b++)
		ATF_CHECK_MSG(n[b] > 32 && n[b] < 96, "%u of 256", n[b]);
	open_backends(BALANCE_HASH, 4);
	for (unsigned i = 0; i < 256; i++) {
		peer.ip[3] = (uint8_t)i;
		client();
		first = backend_pick(&choice, NOW);
		client();
		PICKS(first, NOW);
		client();
		choice.listener = 1;
		differ += backend_pick(&choice, NOW) != first;
	}
	ATF_CHECK_MSG(differ > 128 && differ < 250, "%u of 256", differ);
}

ATF_TC_WITHOUT_HEAD(what_is_told_of_one_that_is_out_already_is_old);
ATF_TC_BODY(what_is_told_of_one_that_is_out_already_is_old, tc)
{
	uint64_t	since, until;

	open_backends(BALANCE_LEAST, 2);
	backend_set_health(2, 0, NOW, NOW);
	ATF_CHECK_EQ(0, stat_backend(2)->down);
	backend_set_health(2, NOW - 10, NOW, NOW);
	backend_set_health(2, NOW - 5, NOW + 5, NOW);
	backend_health(2, &since, &until);
	ATF_CHECK_EQ(NOW - 10, since);
	ATF_CHECK_EQ(NOW, until);
	ATF_CHECK_EQ(1, stat_backend(2)->down);
	/* one that came back here, and of which another relay says this */
	client();
	PICKS(2, NOW);
	backend_connected(2, 0, NOW, 0);
	backend_released(2);
	backend_set_health(2, NOW - 5, NOW + 5, NOW);
	client();
	PICKS(3, NOW);
	backend_released(3);
	client();
	PICKS(2, NOW + 5);
}

ATF_TC_WITHOUT_HEAD(who_is_out_is_so_no_longer_than_disable_time_says_now);
ATF_TC_BODY(who_is_out_is_so_no_longer_than_disable_time_says_now, tc)
{
	uint64_t	since, until;

	open_backends(BALANCE_LEAST, 2);
	setup.backends[2].disable_time.v = 1000;
	setup.backends[3].disable_time.v = 0;
	backend_set_health(2, NOW - 10, NOW + 3600000, NOW);
	backend_set_health(3, NOW - 10, NOW + 3600000, NOW);
	backend_health(2, &since, &until);
	ATF_CHECK_EQ(NOW - 10, since);
	ATF_CHECK_EQ(NOW + 1000, until);
	ATF_CHECK_EQ(1, stat_backend(2)->down);
	/* that one is not left out any more, and does not look so */
	ATF_CHECK_EQ(0, stat_backend(3)->down);
	client();
	PICKS(3, NOW);
	backend_released(3);
}

ATF_TC_WITHOUT_HEAD(the_address_that_was_connected_to_last_is_first);
ATF_TC_BODY(the_address_that_was_connected_to_last_is_first, tc)
{
	open_backends(BALANCE_LEAST, 2);
	ATF_CHECK_EQ(1, backend_addrs(2));
	ATF_CHECK_EQ(0, backend_first_addr(2));
	ATF_CHECK(backend_addr(2, 0) == &setup.backends[2].addr);
	/* after a reload there may be fewer than when the session began */
	ATF_CHECK(backend_addr(2, 7) == &setup.backends[2].addr);
	setup.backends[3].first_addr = 4;
	setup.backends[3].naddrs = 3;
	ATF_CHECK_EQ(3, backend_addrs(3));
	client();
	PICKS(2, NOW);
	PICKS(3, NOW);
	backend_connected(3, 2, NOW, 0);
	ATF_CHECK_EQ(2, backend_first_addr(3));
	ATF_CHECK_EQ(0, backend_first_addr(2));
	ATF_CHECK(backend_addr(3, 2) == &setup.addrs[6]);
	ATF_CHECK(backend_addr(3, 4) == &setup.addrs[5]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, who_is_out_is_so_no_longer_than_disable_time_says_now);
	ATF_TP_ADD_TC(tp, the_address_that_was_connected_to_last_is_first);
	ATF_TP_ADD_TC(tp, each_is_tried_once);
	ATF_TP_ADD_TC(tp, one_that_fails_is_left_out_and_tried_by_one);
	ATF_TP_ADD_TC(tp, the_longest_out_is_tried_rather_than_none);
	ATF_TP_ADD_TC(tp, without_a_disable_time_none_is_out);
	ATF_TP_ADD_TC(tp, the_least_loaded_and_of_these_the_first);
	ATF_TP_ADD_TC(tp, round_robin_goes_on_after_the_last);
	ATF_TP_ADD_TC(tp, a_client_stays_where_it_is);
	ATF_TP_ADD_TC(tp, what_is_told_of_one_that_is_out_already_is_old);
	return atf_no_error();
}

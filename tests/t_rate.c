/*
 * t_rate.c - what limits of bytes a second let through, however it comes.
 */
#include <atf-c.h>

#include "limits.h"
#include "rate.h"

enum { NOW = 1000, MIB = 1024 };	/* ms; KiB */

static struct setup	setup;
static struct half	half;

static struct setup_profile *
limited(uint32_t kbytes, uint32_t all, uint32_t relays)
{
	setup.server.kbytes.v = all;
	setup.server.max_worker.v = relays;
	setup.profiles[0].kbytes.v = kbytes;
	half_start(&half, NOW);
	rate_open(&setup);
	return &setup.profiles[0];
}

/* How long the next byte waits after n pieces of so many bytes, in ms. */
static uint64_t
wait_after(const struct setup_profile *p, unsigned n, size_t piece)
{
	uint64_t	until;

	while (n-- > 0)
		rate_pay(p, &half, 0, piece, NOW);
	(void)rate_leave(p, &half, 0, NOW);
	until = half_rests(&half, NOW);
	return until == 0 ? 0 : until - NOW;
}

#define CHECK_ABOUT(ms, wait) do {					\
	const uint64_t	got_ = (wait);					\
									\
	ATF_CHECK_MSG(got_ >= (ms) - 1 && got_ <= (ms) + (ms) / 100 + 1, \
	    "%llu ms", (unsigned long long)got_);			\
} while (0)

ATF_TC_WITHOUT_HEAD(small_pieces_are_no_dearer_than_a_large_one);
ATF_TC_BODY(small_pieces_are_no_dearer_than_a_large_one, tc)
{
	/* 64 KB of 4 MiB/s, of one session and of all */
	CHECK_ABOUT(15, wait_after(limited(4 * MIB, 0, 1), 1, 64000));
	CHECK_ABOUT(15, wait_after(limited(4 * MIB, 0, 1), 1000, 64));
	CHECK_ABOUT(15, wait_after(limited(0, 4 * MIB, 1), 1000, 64));
}

ATF_TC_WITHOUT_HEAD(a_high_rate_is_had);
ATF_TC_BODY(a_high_rate_is_had, tc)
{
	struct setup_profile	*p;

	/* 1 Gbit/s and 4 GiB/s, in the largest pieces that there are */
	p = limited(122070, 0, 1);
	ATF_CHECK_EQ(LIMIT_HALF_BUDGET, rate_leave(p, &half, 0, NOW).take);
	CHECK_ABOUT(2097, wait_after(p, 1000, LIMIT_HALF_BUDGET));
	CHECK_ABOUT(61, wait_after(limited(4096 * MIB, 0, 1), 1000,
	    LIMIT_HALF_BUDGET));
}

ATF_TC_WITHOUT_HEAD(relays_have_no_more_together_than_there_is);
ATF_TC_BODY(relays_have_no_more_together_than_there_is, tc)
{
	struct setup_profile	*p = limited(0, 1, LIMIT_RELAYS);

	/* 16 bytes a second for each */
	ATF_CHECK_EQ(1, rate_leave(p, &half, 0, NOW).take);
	CHECK_ABOUT(10000, wait_after(p, 160, 1));
	CHECK_ABOUT(8000, wait_after(limited(0, 10, 8), 1, 10240));
}

ATF_TC_WITHOUT_HEAD(who_has_no_limit_may_splice);
ATF_TC_BODY(who_has_no_limit_may_splice, tc)
{
	struct setup_profile	*p = limited(0, 0, 1);

	ATF_CHECK(!rate_leave(p, &half, 0, NOW).splice);
	p->splice.v = 1;
	ATF_CHECK(rate_leave(p, &half, 0, NOW).splice);
	ATF_CHECK_EQ(LIMIT_HALF_BUDGET, rate_leave(p, &half, 0, NOW).take);
	half.state = HALF_SPLICE;
	ATF_CHECK_EQ(LIMIT_SPLICE_BUDGET, rate_leave(p, &half, 0, NOW).take);
	ATF_CHECK(!rate_leave(limited(MIB, 0, 1), &half, 0, NOW).splice);
	ATF_CHECK(!rate_leave(limited(0, MIB, 1), &half, 0, NOW).splice);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, small_pieces_are_no_dearer_than_a_large_one);
	ATF_TP_ADD_TC(tp, a_high_rate_is_had);
	ATF_TP_ADD_TC(tp, relays_have_no_more_together_than_there_is);
	ATF_TP_ADD_TC(tp, who_has_no_limit_may_splice);
	return atf_no_error();
}

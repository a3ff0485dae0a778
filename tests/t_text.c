/*
 * t_text.c - text into fixed buffers, numbers out of text.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* text_format and the C library must agree. */
#define SAME(...) do {							\
	char ours[200], theirs[200];					\
	size_t n = text_format(ours, sizeof(ours), __VA_ARGS__);	\
	int m = snprintf(theirs, sizeof(theirs), __VA_ARGS__);		\
	ATF_CHECK_STREQ(theirs, ours);					\
	ATF_CHECK_EQ((size_t)m, n);					\
} while (0)

ATF_TC_WITHOUT_HEAD(format_is_as_printf);
ATF_TC_BODY(format_is_as_printf, tc)
{
	SAME("plain");
	SAME("%s|%.*s|%c|%%", "abc", 2, "hij", 'k');
	SAME("%.*s|%.*s|%.*s", 0, "abc", 9, "abc", -1, "abc");
	SAME("%.12s|%.0s|%.1s|", "abc", "abc", "abc");
	SAME("%d %d %d %d", 0, -1, INT32_MAX, INT32_MIN);
	SAME("%05d|%05u|%02d", 42, 42u, 1234);
	SAME("%u %x %o %08x", 0u, 0xdeadbeefu, 0755u, 0x1fu);
	SAME("%llu %llx|%04o", -1ULL, -1ULL, 0600u);
	/* more than there are registers for, wide ones among narrow ones */
	SAME("%u %llu %u %d %llu %llu %x %llu", 1u, 2ull, 3u, -4, 5ull, 6ull,
	    7u, -1ULL);
}

ATF_TC_WITHOUT_HEAD(format_cuts_and_tells_the_whole_length);
ATF_TC_BODY(format_cuts_and_tells_the_whole_length, tc)
{
	char buf[8];
	size_t size;

	for (size = 0; size <= sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		ATF_CHECK_EQ(9, text_format(buf, size, "%s", "123456789"));
		if (size > 0) {
			ATF_CHECK_EQ(size - 1, strlen(buf));
			ATF_CHECK_EQ(0, memcmp(buf, "123456789", size - 1));
		}
		if (size < sizeof(buf))
			ATF_CHECK_EQ('#', buf[size]);
	}
}

ATF_TC_WITHOUT_HEAD(numbers_are_digits_and_nothing_else);
ATF_TC_BODY(numbers_are_digits_and_nothing_else, tc)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x1",
	    "1e3", "1.0", "one", "18446744073709551616",
	    "99999999999999999999" };
	uint64_t v;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG(!text_number(bad[i], UINT64_MAX, &v), "%s",
		    bad[i]);
	ATF_CHECK(text_number("18446744073709551615", UINT64_MAX, &v));
	ATF_CHECK(v == UINT64_MAX);
	ATF_CHECK(text_number("000", 0, &v) && v == 0);
	ATF_CHECK(text_number("65535", 65535, &v) && v == 65535);
	ATF_CHECK(!text_number("65536", 65535, &v));
	ATF_CHECK(!text_number("10", 9, &v));
	ATF_CHECK(!text_number("10", 5, &v));
	ATF_CHECK(!text_number("9", 5, &v));
	ATF_CHECK(!text_number("1", 0, &v));
	ATF_CHECK(text_number("9", 9, &v) && v == 9);
	ATF_CHECK_STREQ("m", text_digits("020m", 20, &v));
	ATF_CHECK_EQ(20, v);
	ATF_CHECK(text_digits("21m", 20, &v) == NULL);
	ATF_CHECK(text_digits("m", 20, &v) == NULL);
}

static void
span(uint64_t ms, const char *expected)
{
	char buf[TEXT_SHORT];

	ATF_CHECK_STREQ(expected, text_span(buf, ms));
}

ATF_TC_WITHOUT_HEAD(spans_are_for_people);
ATF_TC_BODY(spans_are_for_people, tc)
{
	span(0, "0.000 s");
	span(4, "0.004 s");
	span(999, "0.999 s");
	span(1000, "1.0 s");
	span(12345, "12.3 s");
	span(59999, "59.9 s");
	span(60000, "1 min 0 s");
	span(185000, "3 min 5 s");
	span(7380000, "2 h 3 min");
	span(90000000, "1 d 1 h");
}

static void
bytes(uint64_t n, const char *expected)
{
	char buf[TEXT_SHORT];

	ATF_CHECK_STREQ(expected, text_bytes(buf, n));
}

ATF_TC_WITHOUT_HEAD(bytes_are_for_people);
ATF_TC_BODY(bytes_are_for_people, tc)
{
	bytes(0, "0 bytes");
	bytes(1, "1 byte");
	bytes(1023, "1023 bytes");
	bytes(1024, "1.0 KiB");
	bytes(1536, "1.5 KiB");
	bytes(1048575, "1023.9 KiB");
	bytes(3435973837, "3.2 GiB");
	bytes(UINT64_MAX, "15.9 EiB");
}

/* The whole table, slowly. */
static unsigned
distance(const char *a, const char *b)
{
	static unsigned d[66][66];
	size_t i, j, n = strlen(a), m = strlen(b);

	for (i = 0; i <= n; i++)
		for (j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < d[i][j])
				d[i][j] = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < d[i][j])
				d[i][j] = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][m];
}

ATF_TC_WITHOUT_HEAD(distance_counts_slips_of_the_keyboard);
ATF_TC_BODY(distance_counts_slips_of_the_keyboard, tc)
{
	char a[12], b[12], longest[80];
	unsigned seed = 1, limit, d;
	int i, k, n;

	ATF_CHECK_EQ(0, text_distance("Port", "pORT", 3));
	ATF_CHECK_EQ(1, text_distance("prot", "port", 3));
	ATF_CHECK_EQ(1, text_distance("balanse", "balance", 3));
	ATF_CHECK_EQ(3, text_distance("abc", "xyz", 3));
	ATF_CHECK_EQ(3, text_distance("abcdef", "uvwxyz", 2));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ATF_CHECK_EQ(0, text_distance(longest, longest, 3));
	ATF_CHECK_EQ(2, text_distance(longest, longest + 2, 3));
	for (i = 0; i < 20000; i++) {
		n = i % 11;
		for (k = 0; k < n; k++)
			a[k] = (char)('a' + (seed = seed * 1103515245 + 12345)
			    / 65536 % 3);
		a[n] = '\0';
		n = (i / 11) % 11;
		for (k = 0; k < n; k++)
			b[k] = (char)('a' + (seed = seed * 1103515245 + 12345)
			    / 65536 % 3);
		b[n] = '\0';
		limit = (unsigned)i % 7;
		d = distance(a, b);
		ATF_REQUIRE_MSG(text_distance(a, b, limit) ==
		    (d > limit ? limit + 1 : d), "%s %s %u", a, b, limit);
	}
}

ATF_TC_WITHOUT_HEAD(comparison_is_blind_to_case);
ATF_TC_BODY(comparison_is_blind_to_case, tc)
{
	ATF_CHECK_EQ(0, text_casecmp("Server.PORT", "server.port"));
	ATF_CHECK_EQ(0, text_casecmp("AZaz@[`{", "azAZ@[`{"));
	ATF_CHECK(text_casecmp("a", "ab") < 0);
	ATF_CHECK(text_casecmp("b", "ab") > 0);
	ATF_CHECK(text_casecmp("[", "{") != 0);
	ATF_CHECK_EQ(0, text_casecmp("", ""));
}

ATF_TC_WITHOUT_HEAD(nothing_steers_a_terminal);
ATF_TC_BODY(nothing_steers_a_terminal, tc)
{
	/* U+009B begins what ESC [ does; a-umlaut and the last byte do nothing */
	char	text[] = "a\n\t\033[2J\x7f\xc2\x9b" "2J\xc2\x80\xc2\x9f"
		    "\xc2\xa0\xc3\xa4\x9b\xc2";
	char	part[] = "a\0\n\t\xc2\x9b";

	text_plain(text);
	ATF_CHECK_STREQ("a???[2J???2J????\xc2\xa0\xc3\xa4\x9b\xc2", text);
	/* no further, and with lines */
	text_tame(part, 5, "\n\t");
	ATF_CHECK_EQ(0, memcmp(part, "a?\n\t\xc2\x9b", sizeof(part)));
	text_tame(part, 6, "\t");
	ATF_CHECK_STREQ("a??\t??", part);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, format_is_as_printf);
	ATF_TP_ADD_TC(tp, format_cuts_and_tells_the_whole_length);
	ATF_TP_ADD_TC(tp, numbers_are_digits_and_nothing_else);
	ATF_TP_ADD_TC(tp, spans_are_for_people);
	ATF_TP_ADD_TC(tp, bytes_are_for_people);
	ATF_TP_ADD_TC(tp, distance_counts_slips_of_the_keyboard);
	ATF_TP_ADD_TC(tp, comparison_is_blind_to_case);
	ATF_TP_ADD_TC(tp, nothing_steers_a_terminal);
	return atf_no_error();
}

/*
 * t_addr.c - addresses as text and back, networks.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "conf_int.h"

/* The whole of a text. */
static bool
parse(const char *s, struct os_addr *a)
{
	const char *rest = conf_addr_ip(s, a);

	return rest != NULL && *rest == '\0';
}

ATF_TC_WITHOUT_HEAD(addresses_are_read_as_the_system_reads_them);
ATF_TC_BODY(addresses_are_read_as_the_system_reads_them, tc)
{
	static const char *const texts[] = { "0.0.0.0", "255.255.255.255",
	    "1.2.3.4", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
	    "1.2.3.4 ", " 1.2.3.4", "1..2.3", "", "1.2.3.", "0.0.0.00",
	    "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1::8::9",
	    "1:2:3:4:5:6:7:8:9", "::1:2:3:4:5:6:7", "1:2:3:4:5:6:7::",
	    "::1:2:3:4:5:6:7:8", "12345::", "::g", ":1", "1:", ":::",
	    "::1.2.3.4",
	    "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
	    "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "fe80::1", "ABCD::EF01",
	    "::00001", "[::1]", "::1/8" };
	struct os_addr a;
	uint8_t ip[16];
	size_t i;
	bool v4, v6;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		v4 = inet_pton(AF_INET, texts[i], ip) == 1;
		v6 = !v4 && inet_pton(AF_INET6, texts[i], ip) == 1;
		if (strcmp(texts[i], "1.2.3.4 ") == 0)
			v4 = false;	/* NetBSD takes blanks behind it */
		if (strcmp(texts[i], "01.2.3.4") == 0 ||
		    strcmp(texts[i], "0.0.0.00") == 0)
			v4 = false;	/* OpenBSD takes a zero in front */
		ATF_CHECK_EQ_MSG(v4 || v6, parse(texts[i], &a), "%s",
		    texts[i]);
		if (v4 || v6) {
			ATF_CHECK_EQ(v4 ? OS_IPV4 : OS_IPV6, a.family);
			ATF_CHECK_EQ_MSG(0, memcmp(ip, a.u.ip, v4 ? 4 : 16),
			    "%s", texts[i]);
		}
	}
}

ATF_TC_WITHOUT_HEAD(random_addresses_survive_text);
ATF_TC_BODY(random_addresses_survive_text, tc)
{
	char ours[ADDR_TEXT], theirs[INET6_ADDRSTRLEN + 10];
	struct os_addr a, b;
	unsigned seed = 1;
	int i, k;

	for (i = 0; i < 50000; i++) {
		memset(&a, 0, sizeof(a));
		a.family = OS_IPV6;
		for (k = 0; k < 16; k++) {
			seed = seed * 1103515245 + 12345;
			if (seed / 65536 % 3 == 0)
				a.u.ip[k] = (uint8_t)(seed >> 24);
		}
		inet_ntop(AF_INET6, a.u.ip, theirs + 1, sizeof(theirs) - 1);
		addr_text(ours, sizeof(ours), &a);
		theirs[0] = '[';
		strcat(theirs, "]:0");
		/*
		 * "::0.71.0.0" is out of use, RFC 5952 has it no more.  Of two
		 * runs of zeros it shortens the first, and musl the second,
		 * which may save another colon.
		 */
		if (strchr(theirs, '.') == NULL)
			ATF_REQUIRE(strcmp(theirs, ours) == 0 ||
			    strlen(ours) - strlen(theirs) <= 1);
		ours[strlen(ours) - 3] = '\0';
		ATF_REQUIRE(parse(ours + 1, &b));
		ATF_REQUIRE(addr_equal(&a, &b));
	}
	ATF_REQUIRE(parse("0:0:1:2:3:4:0:0", &a));
	addr_text(ours, sizeof(ours), &a);
	ATF_CHECK_STREQ(ours, "[::1:2:3:4:0:0]:0");
}

static void
text(const struct os_addr *a, const char *expected)
{
	char buf[ADDR_TEXT];

	ATF_CHECK_STREQ(expected, addr_text(buf, sizeof(buf), a));
}

ATF_TC_WITHOUT_HEAD(every_family_has_a_text);
ATF_TC_BODY(every_family_has_a_text, tc)
{
	struct os_addr a;
	char buf[12];

	ATF_REQUIRE(parse("10.0.0.1", &a));
	a.port = 80;
	text(&a, "10.0.0.1:80");
	ATF_CHECK_STREQ("10.0.0.1:80", addr_text(buf, sizeof(buf), &a));
	ATF_CHECK_STREQ("10.0.", addr_text(buf, 6, &a));
	ATF_CHECK_STREQ("%2", conf_addr_ip("fe80::1%2", &a));
	a.scope = 2;
	a.port = 65535;
	text(&a, "[fe80::1%2]:65535");
	ATF_REQUIRE(parse("::ffff:1.2.3.4", &a));
	text(&a, "[::ffff:1.2.3.4]:0");
	memset(&a, 0, sizeof(a));
	text(&a, "none");
	a.family = OS_UNIX;
	memcpy(a.u.path, "/run/x", 6);
	a.pathlen = 6;
	text(&a, "/run/x");
	memcpy(a.u.path, "\0abc", 4);
	a.pathlen = 4;
	text(&a, "\\x00abc");
	memset(a.u.path, 'y', sizeof(a.u.path));
	a.pathlen = sizeof(a.u.path);
	ATF_CHECK_EQ(108, strlen(addr_text(buf, 0, &a) == buf ?
	    addr_text((char[ADDR_TEXT]){ 0 }, ADDR_TEXT, &a) : ""));
}

ATF_TC_WITHOUT_HEAD(peers_have_a_text);
ATF_TC_BODY(peers_have_a_text, tc)
{
	struct os_peer p = { { 10, 0, 0, 1 }, 4711, OS_IPV4, 0 };
	char buf[ADDR_TEXT];

	ATF_CHECK_STREQ("10.0.0.1:4711", addr_peer_text(buf, sizeof(buf), &p));
	ATF_CHECK_STREQ("10.0.0.1",
	    addr_ip_text(buf, sizeof(buf), p.family, p.ip));
	p.family = OS_IPV6;
	ATF_CHECK_STREQ("[a00:1::]:4711", addr_peer_text(buf, sizeof(buf), &p));
	ATF_CHECK_STREQ("a00:1::",
	    addr_ip_text(buf, sizeof(buf), p.family, p.ip));
	p.family = OS_UNIX;
	ATF_CHECK_STREQ("unix", addr_peer_text(buf, sizeof(buf), &p));
	p.family = OS_NONE;
	ATF_CHECK_STREQ("none", addr_peer_text(buf, sizeof(buf), &p));
}

ATF_TC_WITHOUT_HEAD(equal_means_the_same_place);
ATF_TC_BODY(equal_means_the_same_place, tc)
{
	struct os_addr a, b;

	ATF_REQUIRE(parse("1.2.3.4", &a));
	b = a;
	memset(b.u.ip + 4, 0xff, 12);		/* means nothing in IPv4 */
	ATF_CHECK(addr_equal(&a, &b));
	b.port = 1;
	ATF_CHECK(!addr_equal(&a, &b));
	ATF_REQUIRE(parse("fe80::1", &a));
	a.scope = 1;
	b = a;
	b.scope = 2;
	ATF_CHECK(!addr_equal(&a, &b));
	b.scope = 1;
	ATF_CHECK(addr_equal(&a, &b));
	a.family = b.family = OS_UNIX;
	memcpy(a.u.path, "/ab", 3);
	memcpy(b.u.path, "/abc", 4);
	a.pathlen = 3;
	b.pathlen = 4;
	ATF_CHECK(!addr_equal(&a, &b));
	b.pathlen = 3;
	ATF_CHECK(addr_equal(&a, &b));
}

static bool
in(const char *ip, const char *net, uint8_t bits)
{
	struct os_addr a, n;

	ATF_REQUIRE(parse(ip, &a) && parse(net, &n));
	return addr_in_net(a.u.ip, a.family, n.u.ip, n.family, bits);
}

ATF_TC_WITHOUT_HEAD(networks_hold_their_addresses);
ATF_TC_BODY(networks_hold_their_addresses, tc)
{
	ATF_CHECK(in("10.1.2.3", "10.0.0.0", 8));
	ATF_CHECK(!in("11.1.2.3", "10.0.0.0", 8));
	ATF_CHECK(in("10.127.0.0", "10.0.0.0", 9));
	ATF_CHECK(!in("10.128.0.0", "10.0.0.0", 9));
	ATF_CHECK(in("1.2.3.4", "9.9.9.9", 0));
	ATF_CHECK(in("1.2.3.4", "1.2.3.4", 32));
	ATF_CHECK(!in("1.2.3.5", "1.2.3.4", 32));
	ATF_CHECK(in("fd00::1", "fd00::", 8));
	ATF_CHECK(!in("fe00::1", "fd00::", 8));
	ATF_CHECK(in("fe80::1", "fe80::", 127));
	ATF_CHECK(in("::1", "::1", 128));
	ATF_CHECK(!in("::2", "::1", 128));
	ATF_CHECK(in("::2", "::", 0));
	ATF_CHECK(!in("1.2.3.4", "::", 0));
	ATF_CHECK(!in("::1", "0.0.0.0", 0));
	/* IPv4 networks hold v4-mapped addresses too */
	ATF_CHECK(in("::ffff:10.1.2.3", "10.0.0.0", 8));
	ATF_CHECK(!in("::ffff:11.1.2.3", "10.0.0.0", 8));
	ATF_CHECK(in("::ffff:10.1.2.3", "::ffff:10.0.0.0", 104));
	ATF_CHECK(!addr_in_net((const uint8_t *)"", OS_UNIX,
	    (const uint8_t *)"", OS_IPV4, 0));
	ATF_CHECK(!addr_in_net((const uint8_t *)"", OS_NONE,
	    (const uint8_t *)"", OS_NONE, 0));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addresses_are_read_as_the_system_reads_them);
	ATF_TP_ADD_TC(tp, random_addresses_survive_text);
	ATF_TP_ADD_TC(tp, every_family_has_a_text);
	ATF_TP_ADD_TC(tp, peers_have_a_text);
	ATF_TP_ADD_TC(tp, equal_means_the_same_place);
	ATF_TP_ADD_TC(tp, networks_hold_their_addresses);
	return atf_no_error();
}

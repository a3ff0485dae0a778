/*
 * addr.c - addresses as text, networks, and comparisons.
 *
 * Writes addresses itself: a C library's way brings its printf along.  IPv6 text
 * is as RFC 5952 recommends.
 */
#include <string.h>

#include "addr.h"
#include "text.h"

static const uint8_t v4mapped[12] =
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static unsigned
ipv6_group(const uint8_t *ip, int i)
{
	return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* Find the first longest run of zero groups; single ones are written out. */
static int
ipv6_gap(const uint8_t *ip, int *end)
{
	int i, j, start = -1;

	*end = -1;
	for (i = 0; i < 8; i = j + 1) {
		for (j = i; j < 8 && ipv6_group(ip, j) == 0; j++)
			;
		if (j - i > 1 && j - i > *end - start) {
			start = i;
			*end = j;
		}
	}
	return start;
}

static void
ipv6_text(char *buf, size_t size, const uint8_t *ip)
{
	size_t len = 0;
	int i, start, end;

	buf[0] = '\0';
	start = ipv6_gap(ip, &end);
	for (i = 0; i < 8 && len < size; i++) {
		if (i == start) {
			len += text_format(buf + len, size - len, "::");
			i = end - 1;
		} else
			len += text_format(buf + len, size - len, "%s%x",
			    i == 0 || i == end ? "" : ":", ipv6_group(ip, i));
	}
}

const char *
addr_ip_text(char *buf, size_t size, uint8_t family, const uint8_t *ip)
{
	const char *prefix = "";

	if (family == OS_IPV6 && memcmp(ip, v4mapped, sizeof(v4mapped)) != 0) {
		ipv6_text(buf, size, ip);
		return buf;
	}
	if (family == OS_IPV6) {
		prefix = "::ffff:";
		ip += sizeof(v4mapped);
	}
	text_format(buf, size, "%s%u.%u.%u.%u", prefix, ip[0], ip[1], ip[2],
	    ip[3]);
	return buf;
}

const char *
addr_text(char *buf, size_t size, const struct os_addr *a)
{
	char ip[48], scope[16] = "";
	bool abstract;

	switch (a->family) {
	case OS_IPV4:
	case OS_IPV6:
		if (a->scope != 0)
			text_format(scope, sizeof(scope), "%%%u", a->scope);
		text_format(buf, size, a->family == OS_IPV4 ? "%s%s:%u" :
		    "[%s%s]:%u", addr_ip_text(ip, sizeof(ip), a->family,
		    a->u.ip), scope, a->port);
		break;
	case OS_UNIX:
		abstract = a->pathlen > 0 && a->u.path[0] == '\0';
		text_format(buf, size, "%s%.*s", abstract ? "\\x00" : "",
		    a->pathlen - abstract, a->u.path + abstract);
		break;
	default:
		text_format(buf, size, "none");
	}
	return buf;
}

const char *
addr_peer_text(char *buf, size_t size, const struct os_peer *peer)
{
	struct os_addr a = { .family = peer->family, .port = peer->port };

	if (peer->family == OS_UNIX)
		return "unix";
	memcpy(a.u.ip, peer->ip, sizeof(a.u.ip));
	return addr_text(buf, size, &a);
}

bool
addr_unix(struct os_addr *a, const char *path)
{
	size_t len = strlen(path);

	memset(a, 0, sizeof(*a));
	if (len == 0 || len > os_path_max())
		return false;
	a->family = OS_UNIX;
	a->pathlen = (uint8_t)len;
	memcpy(a->u.path, path, len);
	return true;
}

bool
addr_equal(const struct os_addr *a, const struct os_addr *b)
{
	size_t len = a->family == OS_IPV4 ? 4 : a->family == OS_IPV6 ? 16 :
	    a->pathlen;

	return a->family == b->family && a->pathlen == b->pathlen &&
	    a->port == b->port && a->scope == b->scope &&
	    memcmp(&a->u, &b->u, len) == 0;
}

bool
addr_is_here(const struct os_addr *a)
{
	static const uint8_t zeros[15];

	if (a->family == OS_IPV4)
		return a->u.ip[0] == 127 || memcmp(a->u.ip, zeros, 4) == 0;
	return a->family == OS_IPV6 && memcmp(a->u.ip, zeros, 15) == 0 &&
	    a->u.ip[15] <= 1;
}

static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool
addr_in_net(const uint8_t *ip, uint8_t family, const uint8_t *net,
    uint8_t netfamily, uint8_t bits)
{
	if (family == OS_IPV6 && netfamily == OS_IPV4 &&
	    memcmp(ip, v4mapped, sizeof(v4mapped)) == 0) {
		ip += 12;
		family = OS_IPV4;
	}
	return family == netfamily && family != OS_NONE &&
	    same_bits(ip, net, bits);
}

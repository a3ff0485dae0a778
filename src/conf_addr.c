/*
 * conf_addr.c - addresses and networks as a configuration writes them.
 *
 * Names stay names (family OS_NONE): looking them up is the parent's.  What is
 * wrong is returned as a sentence; the caller knows where it stands.
 */
#include <string.h>

#include "addr.h"
#include "conf_int.h"
#include "text.h"

enum { HOST_TEXT = 256 };	/* a name has 253 characters at most */

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

const char *
conf_addr_path(const char *s, struct os_addr *a)
{
	size_t i, len;

	memset(a, 0, sizeof(*a));
	a->family = OS_UNIX;
	if (strncmp(s, "unix:", 5) == 0)
		s += 5;
	if (strncmp(s, "\\x00", 4) == 0) {	/* Linux: not in any file */
		s += 3;
		len = strlen(s);
		if (len == 1)
			return "the abstract name is empty";
	} else {
		len = strlen(s);
		if (*s != '/')
			return "expected an absolute path";
	}
	if (len > os_path_max())
		return "the path is longer than a Unix socket's can be here";
	if (s[len - 1] == '\\')
		return "the path ends in a backslash";
	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ')
			return "the path holds a control character";
	memcpy(a->u.path, s, len);
	if (*s == '0')
		a->u.path[0] = '\0';
	a->pathlen = (uint8_t)len;
	return NULL;
}

const char *
conf_addr_host(const char *s, struct os_addr *a)
{
	size_t len;
	bool letter = false;

	if (addr_parse_ip(s, a))
		return NULL;
	memset(a, 0, sizeof(*a));
	if (*s == '\0')
		return "the host is empty";
	if (*s == '[')
		return "an IPv6 address has no brackets here";
	if (strchr(s, ':') != NULL)
		return "this is no IPv6 address";
	for (len = 0; s[len] != '\0'; len++) {
		if (!is_name_char(s[len]))
			return "this is neither an address nor a host name";
		if (s[len] != '.' && (s[len] < '0' || s[len] > '9'))
			letter = true;
	}
	if (!letter)
		return "this is no IPv4 address";
	return len < HOST_TEXT - 2 ? NULL : "the host name is too long";
}

static const char *
read_port(const char *s, uint32_t least, uint16_t *port)
{
	uint64_t n;

	if (!text_number(s, 65535, &n) || n < least)
		return "the port must be a number from 1 to 65535";
	*port = (uint16_t)n;
	return NULL;
}

/* The part before the port, without brackets.  Returns the port's text. */
static const char *
split_port(const char *s, char *host, size_t size, const char **wrong)
{
	const char *end, *port;
	size_t len;

	*wrong = NULL;
	if (*s == '[') {
		s++;
		if ((end = strchr(s, ']')) == NULL)
			*wrong = "the bracket is not closed";
		else if (end[1] != '\0' && end[1] != ':')
			*wrong = "expected :PORT behind the bracket";
		if (*wrong != NULL)
			return NULL;
		port = end[1] == ':' ? end + 2 : NULL;
	} else {
		end = strrchr(s, ':');
		port = end != NULL ? end + 1 : NULL;
		if (end == NULL)
			end = s + strlen(s);
		if (memchr(s, ':', (size_t)(end - s)) != NULL) {
			*wrong = "an IPv6 address is written "
			    "\"[address]\" or \"[address]:port\"";
			return NULL;
		}
	}
	if ((len = (size_t)(end - s)) >= size) {
		*wrong = "the host name is too long";
		return NULL;
	}
	memcpy(host, s, len);
	host[len] = '\0';
	return port;
}

/* The address that stands for all of ours. */
static bool
any_host(const char *s, const char *host, bool ipv6, struct os_addr *a)
{
	if (*host != '\0' && strcmp(host, "*") != 0)
		return false;
	memset(a, 0, sizeof(*a));
	a->family = ipv6 || *s == '[' ? OS_IPV6 : OS_IPV4;
	return true;
}

const char *
conf_addr(const char *s, enum addr_use use, bool ipv6, uint32_t port,
    struct os_addr *a, size_t *namelen)
{
	char host[HOST_TEXT];
	const char *text, *wrong;
	uint16_t number = (uint16_t)port;

	*namelen = 0;
	if (*s == '/' || *s == '\\' || strncmp(s, "unix:", 5) == 0)
		return conf_addr_path(s, a);
	memset(a, 0, sizeof(*a));
	if (*s == '\0')
		return "the address is empty";
	text = split_port(s, host, sizeof(host), &wrong);
	if (wrong != NULL)
		return wrong;
	if (text != NULL && (wrong = read_port(text, use == ADDR_LISTEN &&
	    conf_port_zero(NULL) ? 0 : 1, &number)) != NULL)
		return wrong;
	if (use != ADDR_LISTEN || !any_host(s, host, ipv6, a)) {
		if ((wrong = conf_addr_host(host, a)) != NULL)
			return wrong;
		if (*s == '[' && a->family != OS_IPV6)
			return "only IPv6 addresses stand in brackets";
	}
	a->port = number;
	if (a->family == OS_NONE)
		*namelen = strlen(host);
	return NULL;
}

void
conf_address(const char *s, struct os_addr *a, size_t *namelen)
{
	if (conf_addr(s, ADDR_LISTEN, false, 80, a, namelen) != NULL)
		memset(a, 0, sizeof(*a));
}

const char *
conf_addr_name(const char *written, const struct os_addr *a, size_t len,
    char *buf, size_t size)
{
	struct os_addr again;
	size_t n;

	if (a->family == OS_NONE)
		text_format(buf, size, "%.*s:%u", (int)len, written, a->port);
	else if (a->family != OS_UNIX && conf_addr(written, ADDR_LISTEN, false,
	    a->port ^ 1U, &again, &n) == NULL && addr_equal(a, &again))
		return written;		/* and the port is in it */
	else
		addr_text(buf, size, a);
	return buf;
}

static void
clear_bits(uint8_t *ip, unsigned bits, unsigned bytes)
{
	unsigned i;

	for (i = 0; i < bytes; i++) {
		if (bits < 8)
			ip[i] = (uint8_t)(ip[i] & (0xff00 >> bits));
		bits = bits < 8 ? 0 : bits - 8;
	}
}

/* "10.", "192.168.": whole parts of an IPv4 address. */
static const char *
read_prefix(const char *s, uint8_t *ip, uint8_t *bits)
{
	static const char *const wrong = "=^ takes whole parts of an IPv4 "
	    "address, such as \"10.1.\"; for everything else write a network, "
	    "such as == \"10.0.0.0/9\"";
	static const char *const rest[] = { "0.0.0.0", "0.0.0", "0.0", "0" };
	struct os_addr a;
	char text[40];
	size_t i, len = strlen(s), dots = 0;

	for (i = 0; i < len; i++)
		dots += s[i] == '.';
	if (len == 0 || len > 16 || s[len - 1] != '.' || dots > 3)
		return wrong;
	text_format(text, sizeof(text), "%s%s", s, rest[dots]);
	if (!addr_parse_ip(text, &a) || a.family != OS_IPV4)
		return wrong;
	memcpy(ip, a.u.ip, 16);
	*bits = (uint8_t)(dots * 8);
	return NULL;
}

const char *
conf_addr_net(const char *s, enum token_type op, uint8_t *ip,
    uint8_t *family, uint8_t *bits)
{
	const char *slash = strchr(s, '/');
	size_t len = slash != NULL ? (size_t)(slash - s) : strlen(s);
	struct os_addr a;
	char text[64];
	uint64_t n, max;

	*family = OS_IPV4;
	if (op == TOKEN_PREFIX)
		return read_prefix(s, ip, bits);
	if (*s == '[' && len >= 2 && s[len - 1] == ']') {
		s++;
		len -= 2;
	}
	if (len >= sizeof(text))
		return "this is no address";
	memcpy(text, s, len);
	text[len] = '\0';
	if (!addr_parse_ip(text, &a) || a.scope != 0)
		return "expected an address or a network such as "
		    "\"10.0.0.0/8\"";
	n = max = a.family == OS_IPV4 ? 32 : 128;
	if (slash != NULL && !text_number(slash + 1, max, &n))
		return max == 32 ?
		    "the mask of an IPv4 network has 0 to 32 bits" :
		    "the mask of an IPv6 network has 0 to 128 bits";
	if (a.family == OS_IPV6 && n >= 96 && memcmp(a.u.ip,
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) {
		memcpy(a.u.ip, a.u.ip + 12, 4);
		memset(a.u.ip + 4, 0, 12);
		a.family = OS_IPV4;
		n -= 96;
	}
	memcpy(ip, a.u.ip, 16);
	clear_bits(ip, (unsigned)n, 16);
	*family = a.family;
	*bits = (uint8_t)n;
	return NULL;
}

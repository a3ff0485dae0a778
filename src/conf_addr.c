/*
 * conf_addr.c - addresses and networks as a configuration writes them.
 *
 * Names stay names (family OS_NONE): looking them up is the parent's.  What is
 * wrong is returned as a sentence; the caller knows where it stands.
 */
#include <string.h>

#include "addr.h"
#include "conf_int.h"
#include "name.h"
#include "text.h"

enum { HOST_TEXT = 256 };	/* a name has 253 characters at most */

bool
conf_addr_is_path(const char *s)
{
	return *s == '/' || *s == '\\' || strncmp(s, "unix:", 5) == 0;
}

const char *
conf_addr_path(const char *s, struct os_addr *a)
{
	bool abstract;

	memset(a, 0, sizeof(*a));
	if (strncmp(s, "unix:", 5) == 0)
		s += 5;
	abstract = strncmp(s, "\\x00", 4) == 0;	/* Linux: not in any file */
	if (abstract)
		s += 3;
	else if (*s != '/')
		return "expected an absolute path";
	if (abstract && s[1] == '\0')
		return "the abstract name is empty";
	if (!addr_unix(a, s))
		return "the path is longer than a Unix socket's can be here";
	if (abstract)
		a->u.path[0] = '\0';
	return conf_unwritable(s);
}

/*
 * Systems differ in zeroes in front (010 is eight to some readers) and in blanks
 * behind: here neither is an address.
 */
const char *
conf_addr_ip(const char *s, struct os_addr *a)
{
	size_t len = strspn(s, "0123456789abcdefABCDEF:."), i;
	char text[48];

	if (len >= sizeof(text))
		return NULL;
	memcpy(text, s, len);
	text[len] = '\0';
	if (!name_is_ip(text, a))
		return NULL;
	for (i = 0; a->family == OS_IPV4 && i < len; i++)
		if (text[i] == '0' && (i == 0 || text[i - 1] == '.') &&
		    text[i + 1] != '.' && text[i + 1] != '\0')
			return NULL;
	return s + len;
}

/* fe80::/10 is the same on each interface: without one it is no address yet. */
static bool
lacks_zone(const struct os_addr *a)
{
	return a->family == OS_IPV6 && a->scope == 0 && a->u.ip[0] == 0xfe &&
	    (a->u.ip[1] & 0xc0) == 0x80;
}

const char *
conf_addr_host(const char *s, struct os_addr *a)
{
	const char *rest = conf_addr_ip(s, a), *zone = NULL;
	uint64_t scope = 0;
	size_t len;

	if (rest != NULL && *rest == '%' && a->family == OS_IPV6)
		zone = rest + 1;
	if (zone != NULL ? text_number(zone, UINT32_MAX, &scope) :
	    rest != NULL && *rest == '\0') {
		a->scope = (uint32_t)scope;
		return !lacks_zone(a) ? NULL : "a link-local address is "
		    "written with its interface, as in \"fe80::1%eth0\"";
	}
	memset(a, 0, sizeof(*a));
	if (*s == '\0')
		return "the host is empty";
	if (*s == '[')
		return "an IPv6 address has no brackets here";
	if (zone != NULL)	/* the system knows which interface that is */
		s = zone;
	for (len = 0; lex_is_word(s[len]); len++)
		;
	if (len > 0 && s[len] == ':' &&
	    strspn(s + len + 1, "0123456789") + len + 1 == strlen(s))
		return "a port does not belong here, \"port\" is a key of its own";
	if (s[len] != '\0' || *s == '-' ||
	    s[strspn(s, ".0123456789")] == '\0')
		return "this is neither an address nor a host name";
	return len < HOST_TEXT - 2 ? NULL : "the host name is too long";
}

const char *
conf_addr(const char *s, enum addr_use use, bool ipv6, uint32_t port,
    struct os_addr *a, size_t *namelen)
{
	bool bracket = *s == '[';
	const char *begin = bracket ? s + 1 : s, *end, *rest, *wrong;
	char host[HOST_TEXT];
	uint64_t number = port;
	size_t len;

	*namelen = 0;
	if (conf_addr_is_path(s))
		return conf_addr_path(s, a);
	if (*s == '\0')
		return "the address is empty";
	if (strstr(s, "://") != NULL)
		return "this is neither an address nor a host name";
	if (bracket) {
		end = s + strcspn(s, "]");
		rest = *end == ']' ? end + 1 : s;	/* s: not closed */
	} else {
		if ((end = strrchr(s, ':')) == NULL)
			end = s + strlen(s);
		rest = end;
	}
	len = strcspn(s, ":");
	if ((*rest != '\0' && *rest != ':') || (!bracket && s + len < end &&
	    s + strspn(s, "0123456789abcdefABCDEF:") >= end))
		return "an IPv6 address is written "
		    "\"[address]\" or \"[address]:port\"";
	if ((len = (size_t)(end - begin)) >= sizeof(host))
		return "the host name is too long";
	memcpy(host, begin, len);
	host[len] = '\0';
	if (*rest == ':' && (!text_number(rest + 1, 65535, &number) ||
	    (number == 0 && (use != ADDR_LISTEN || !conf_port_zero(NULL)))))
		return "the port must be a number from 1 to 65535";
	if (*rest == '\0' && s[strspn(s, "0123456789")] == '\0')
		return "a port stands behind a colon, as in \":80\" or "
		    "\"127.0.0.1:80\"";
	if (use == ADDR_LISTEN && (len == 0 ||
	    (!bracket && strcmp(host, "*") == 0))) {
		memset(a, 0, sizeof(*a));
		a->family = bracket || (ipv6 && len == 0) ? OS_IPV6 : OS_IPV4;
	} else {
		if ((wrong = conf_addr_host(host, a)) != NULL)
			return wrong;
		if (bracket && strchr(host, ':') == NULL)
			return "only IPv6 addresses stand in brackets";
	}
	a->port = (uint16_t)number;
	*namelen = len;
	return NULL;
}

const char *
conf_address(const char *s, struct os_addr *a, size_t *namelen)
{
	return conf_addr(s, ADDR_LISTEN, false, KEY_PORT, a, namelen);
}

const char *
conf_addr_name(const char *written, const struct os_addr *a, size_t len,
    char buf[CONF_ADDR_NAME])
{
	bool port = strchr(written, ':') != NULL &&
	    written[strlen(written) - 1] != ']';

	if (a->family == OS_NONE)
		text_format(buf, CONF_ADDR_NAME, "%.*s:%u", (int)len +
		    (*written == '[' ? 2 : 0), written, a->port);
	else if (a->family == OS_UNIX || !port ||
	    (*written == ':' && a->family == OS_IPV6))
		addr_text(buf, CONF_ADDR_NAME, a);
	else
		return written;
	return buf;
}

/* "10.", "192.168.": whole parts of an IPv4 address. */
static const char *
read_prefix(const char *s, struct os_addr *a, uint64_t *bits)
{
	size_t i, dots = 0;
	char text[40];

	for (i = 0; s[i] != '\0'; i++)
		dots += s[i] == '.';
	if (i > 0 && i <= 16 && s[i - 1] == '.' && dots < 4) {
		text_format(text, sizeof(text), "%s%s", s,
		    &"0.0.0.0"[2 * dots]);
		*bits = dots * 8;
		if (conf_addr_ip(text, a) != NULL && a->family == OS_IPV4)
			return NULL;
	}
	return "=^ takes whole parts of an IPv4 address, such as \"10.1.\"; "
	    "else use a network, such as == \"10.0.0.0/9\"";
}

/* "10.0.0.0/8", "[fd00::1]", "::ffff:10.0.0.0/104". */
static const char *
read_net(const char *s, struct os_addr *a, uint64_t *bits)
{
	bool bracket = *s == '[';
	const char *rest = conf_addr_ip(s + bracket, a);

	if (rest != NULL && bracket)
		rest = *rest == ']' ? rest + 1 : NULL;
	if (rest == NULL || (*rest != '\0' && *rest != '/'))
		return "expected an address or a network such as "
		    "\"10.0.0.0/8\"";
	*bits = a->family == OS_IPV4 ? 32 : 128;
	if (*rest == '/' && !text_number(rest + 1, *bits, bits))
		return "the mask of a network has 0 to 32 bits, to 128 with "
		    "IPv6";
	if (*bits >= 96 && addr_in_net(a->u.ip, a->family, a->u.ip, OS_IPV4,
	    0)) {			/* v4-mapped */
		memcpy(a->u.ip, a->u.ip + 12, 4);
		a->family = OS_IPV4;
		*bits -= 96;
	}
	return NULL;
}

const char *
conf_addr_net(const char *s, enum token_type op, struct setup_class *net)
{
	const char *wrong;
	struct os_addr a;
	uint64_t bits;
	unsigned i;

	wrong = op == TOKEN_PREFIX ? read_prefix(s, &a, &bits) :
	    read_net(s, &a, &bits);
	if (wrong != NULL)
		return wrong;
	memset(net, 0, sizeof(*net));
	net->family = a.family;
	net->bits = (uint8_t)bits;
	for (i = 0; i < bits; i++)
		net->ip[i / 8] |= (uint8_t)(a.u.ip[i / 8] & 0x80 >> i % 8);
	return NULL;
}

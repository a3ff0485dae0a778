/*
 * out.c - text into a buffer of fixed size.  Owns nothing, takes no memory.
 */
#include <stdarg.h>
#include <string.h>

#include "out.h"
#include "text.h"

enum { FORMAT_MAX = 512 };	/* what one out_format can come to */

void
out_bytes(struct out *out, const char *s, size_t n)
{
	if (out->over || n > out->size - out->len) {
		out->over = true;
		return;
	}
	memcpy(out->buf + out->len, s, n);
	out->len += n;
}

void
out_string(struct out *out, const char *s)
{
	out_bytes(out, s, strlen(s));
}

void
out_format(struct out *out, const char *format, ...)
{
	char	text[FORMAT_MAX];
	va_list	ap;
	size_t	n;

	va_start(ap, format);
	n = text_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	if (n >= sizeof(text))
		n = sizeof(text) - 1;
	out_bytes(out, text, n);
}

void
out_number(struct out *out, uint64_t v)
{
	out_format(out, "%llu", (unsigned long long)v);
}

void
out_decimal(struct out *out, uint64_t v, unsigned decimals)
{
	char	 digits[32];
	size_t	 n;

	n = text_format(digits, sizeof(digits), "%llu", (unsigned long long)v);
	if (n <= decimals) {
		out_string(out, "0.");
		for (; n < decimals; decimals--)
			out_string(out, "0");
		out_string(out, digits);
		return;
	}
	out_bytes(out, digits, n - decimals);
	if (decimals == 0)
		return;
	out_string(out, ".");
	out_string(out, digits + n - decimals);
}

/*
 * RFC 3629: no longer than needed, no surrogates, nothing over U+10FFFF.
 */
size_t
out_sequence(const char *s)
{
	const unsigned char	*p = (const unsigned char *)s;
	size_t			 i, n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* A string for the eye; returns the columns that it takes. */
static unsigned
plain(struct out *out, const char *s)
{
	unsigned	columns = 0;
	size_t		n;

	for (; *s != '\0'; s += n, columns++) {
		if ((n = out_sequence(s)) == 0 || is_control(*s) ||
		    (n == 2 && (unsigned char)s[0] == 0xc2 &&
		    (unsigned char)s[1] < 0xa0)) {
			n = n == 0 ? 1 : n;
			out_string(out, "?");
			continue;
		}
		out_bytes(out, s, n);
	}
	return columns;
}

void
out_left(struct out *out, const char *s, unsigned width)
{
	unsigned	columns;

	for (columns = plain(out, s); columns < width; columns++)
		out_string(out, " ");
}

void
out_right(struct out *out, const char *s, unsigned width)
{
	struct out	measure = { .size = 0 };
	unsigned	columns;

	for (columns = plain(&measure, s); columns < width; columns++)
		out_string(out, " ");
	(void)plain(out, s);
}

void
out_json(struct out *out, const char *s)
{
	size_t	n;

	out_string(out, "\"");
	for (; *s != '\0'; s += n) {
		if ((n = out_sequence(s)) == 0) {
			n = 1;
			out_string(out, "\\ufffd");
		} else if (*s == '"' || *s == '\\') {
			out_string(out, "\\");
			out_bytes(out, s, 1);
		} else if (is_control(*s))
			out_format(out, "\\u%04x", (unsigned char)*s);
		else
			out_bytes(out, s, n);
	}
	out_string(out, "\"");
}

void
out_html(struct out *out, const char *s)
{
	size_t	n;

	for (; *s != '\0'; s += n) {
		if ((n = out_sequence(s)) == 0) {
			n = 1;
			out_string(out, "&#xfffd;");
		} else if (*s == '&' || *s == '<' || *s == '>' || *s == '"' ||
		    *s == '\'')
			out_format(out, "&#%u;", (unsigned char)*s);
		else if (is_control(*s))
			out_string(out, "&#xfffd;");
		else
			out_bytes(out, s, n);
	}
}

void
out_label(struct out *out, const char *s)
{
	size_t	n;

	out_string(out, "\"");
	for (; *s != '\0'; s += n) {
		if ((n = out_sequence(s)) == 0) {
			n = 1;
			out_string(out, "\xef\xbf\xbd");
		} else if (*s == '"' || *s == '\\') {
			out_string(out, "\\");
			out_bytes(out, s, 1);
		} else if (*s == '\n')
			out_string(out, "\\n");
		else
			out_bytes(out, s, n);
	}
	out_string(out, "\"");
}

/*
 * out.c - text into a buffer of fixed size.  Owns nothing, takes no memory.
 */
#include <stdarg.h>
#include <string.h>

#include "must.h"
#include "out.h"
#include "text.h"

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
	size_t	n, left = out->size - out->len;
	va_list	ap;

	va_start(ap, format);
	n = text_vformat(out->buf + out->len, left, format, ap);
	va_end(ap);
	/* the NUL behind it counts too */
	if (n >= left)
		out->over = true;
	if (!out->over)
		out->len += n;
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

/*
 * How a sequence that must not stand there as it is is written: a format for its
 * first byte.  NULL when it may.
 */
static const char *
escape(const char *s, size_t n, enum out_kind kind)
{
	bool	odd = n == 0 || (unsigned char)*s < ' ' || *s == 0x7f;

	/* U+0080 to U+009F steer terminals too */
	if (kind == OUT_PLAIN)
		return odd || (n == 2 && s[0] == '\xc2' &&
		    (s[1] & 0x7f) < 0x20) ? "?" : NULL;
	if (kind == OUT_AS_IS)
		return NULL;
	if (n == 0 || (odd && kind == OUT_HTML))
		return "\xef\xbf\xbd";
	if (kind == OUT_HTML)
		return strchr("&<>\"'", *s) != NULL ? "&#%d;" : NULL;
	if (*s == '"' || *s == '\\')
		return "\\%c";
	if (kind == OUT_LABEL)
		return *s == '\n' ? "\\n" : NULL;
	return odd ? "\\u%04x" : NULL;
}

unsigned
out_text(struct out *out, const char *s, enum out_kind kind)
{
	const char	*format;
	unsigned	 columns;
	size_t		 n, bytes;

	for (columns = 0; *s != '\0'; s += bytes, columns++) {
		n = out_sequence(s);
		bytes = n == 0 ? 1 : n;
		if ((format = escape(s, n, kind)) != NULL)
			out_format(out, format, *s);
		else
			out_bytes(out, s, bytes);
	}
	return columns;
}

static void
out_quoted(struct out *out, const char *s, enum out_kind kind, size_t width)
{
	const char	*quote = kind == OUT_JSON || kind == OUT_LABEL ?
			    "\"" : "";
	size_t		 columns;

	if (s == NULL) {
		out_string(out, kind == OUT_JSON || kind == OUT_AS_IS ?
		    "null" : "-");
		return;
	}
	out_string(out, quote);
	for (columns = out_text(out, s, kind); columns < width; columns++)
		out_string(out, " ");
	out_string(out, quote);
}

static const uint8_t	both[] = { 0, OUT_AT_NEXT };

static void
out_member(struct out *out, const void *member, char mark, size_t width)
{
	char			text[TEXT_SHORT];
	unsigned long long	n;
	size_t			len;

	if (strchr("hjlps", mark) != NULL) {
		out_quoted(out, *(const char *const *)member,
		    (enum out_kind)mark, width);
		return;
	}
	if (mark == 'y') {
		out_form(out, "{\"from_clients\":%n,\"from_backends\":%n}",
		    both, member);
		return;
	}
	n = *(const uint64_t *)member;
	switch (mark) {
	case 'n':
		text_format(text, sizeof(text), "%llu", n);
		break;
	case 'b':
		text_bytes(text, n);
		break;
	case 't':
		text_span(text, n);
		break;
	default:
		MUST(mark == 'd' || mark == 'm');
		len = text_format(text, sizeof(text), "%llu.%03llu", n / 1000,
		    n % 1000);
		if (mark == 'd')
			text[len - 2] = '\0';
	}
	for (n = strlen(text); n < width; n++)
		out_string(out, " ");
	out_string(out, text);
}

void
out_form(struct out *out, const char *form, const uint8_t *at,
    const void *record)
{
	const void	*member;
	size_t		 n, width;

	for (;;) {
		n = strcspn(form, "%");
		out_bytes(out, form, n);
		form += n;
		if (*form == '\0')
			return;
		width = 0;
		if (*++form == '*') {
			member = (const char *)record + *at++ * 4;
			width = (size_t)*(const uint64_t *)member;
			form++;
		}
		for (; *form >= '0' && *form <= '9'; form++)
			width = width * 10 + (size_t)(*form - '0');
		if (*form == '%')
			out_string(out, "%");
		else {
			member = (const char *)record + *at++ * 4;
			out_member(out, member, *form, width);
		}
		form++;
	}
}

/*
 * text.c - text into fixed buffers, numbers out of text.
 *
 * Takes no memory, knows no locale, and cuts rather than overflows.  It exists
 * because printf of a C library is larger than the relay.
 */
#include <string.h>

#include "text.h"
#include "must.h"

/* Where text_vformat writes: len counts also what no longer fits. */
struct sink {
	char	*buf;
	size_t	 size;
	size_t	 len;
};

static void
sink_put(struct sink *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

/* One conversion: "%08llx", "%.*s" and the like, without the percent sign. */
struct spec {
	size_t	 digits;	/* of a number at least */
	size_t	 bytes;		/* of a string at most */
	bool	 wide;		/* ll, without a sign */
};

static void
put_number(struct sink *out, unsigned long long v, unsigned base, size_t least)
{
	char digits[24];
	size_t n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	for (; least > n; least--)
		sink_put(out, '0');
	while (n > 0)
		sink_put(out, digits[--n]);
}

/*
 * A va_list that is handed on by value may be unusable afterwards, and one that
 * is handed on by address needs a struct around it on some machines.
 */
struct args {
	va_list	ap;
};

static size_t
parse_number(const char **f)
{
	size_t n = 0;

	for (; **f >= '0' && **f <= '9'; ++*f)
		n = n * 10 + (size_t)(**f - '0');
	return n;
}

static const char *
parse_spec(struct spec *spec, const char *f, struct args *args)
{
	spec->bytes = SIZE_MAX;
	spec->digits = parse_number(&f);
	if (f[0] == '.' && f[1] == '*') {
		/* a negative one is none */
		spec->bytes = (size_t)va_arg(args->ap, int);
		f += 2;
	} else if (*f == '.') {
		f++;
		spec->bytes = parse_number(&f);
	}
	spec->wide = f[0] == 'l' && f[1] == 'l' && f[2] != 'd';
	return spec->wide ? f + 2 : f;
}

static void
put_spec(struct sink *out, const struct spec *spec, char conversion,
    struct args *args)
{
	unsigned long long v;
	const char *s;
	size_t i;
	int n;

	switch (conversion) {
	case 's':
		s = va_arg(args->ap, const char *);
		for (i = 0; i < spec->bytes && s[i] != '\0'; i++)
			sink_put(out, s[i]);
		return;
	case '%':
		sink_put(out, '%');
		return;
	case 'c':
		sink_put(out, (char)va_arg(args->ap, int));
		return;
	case 'd':
		n = va_arg(args->ap, int);
		v = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
		if (n < 0)
			sink_put(out, '-');
		break;
	default:
		MUST(strchr("uxo", conversion) != NULL);
		v = spec->wide ? va_arg(args->ap, unsigned long long) :
		    va_arg(args->ap, unsigned);
	}
	put_number(out, v, conversion == 'x' ? 16 : conversion == 'o' ? 8 : 10,
	    spec->digits);
}

size_t
text_vformat(char *buf, size_t size, const char *f, va_list ap)
{
	struct sink out = { buf, size, 0 };
	struct args args;
	struct spec spec;

	va_copy(args.ap, ap);
	for (; *f != '\0'; f++) {
		if (*f != '%') {
			sink_put(&out, *f);
			continue;
		}
		f = parse_spec(&spec, f + 1, &args);
		put_spec(&out, &spec, *f, &args);
	}
	va_end(args.ap);
	if (size > 0)
		buf[out.len < size ? out.len : size - 1] = '\0';
	return out.len;
}

size_t
text_format(char *buf, size_t size, const char *f, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, f);
	len = text_vformat(buf, size, f, ap);
	va_end(ap);
	return len;
}

const char *
text_span(char buf[TEXT_SHORT], uint64_t ms)
{
	static const char *const names = "s\0min\0h\0d";
	static const unsigned units[] = { 1, 60, 3600, 86400 };
	unsigned long long s = ms / 1000;
	unsigned part = ms % 1000, u = 0;

	while (u < 3 && s >= units[u + 1])
		u++;
	if (s < 1)
		text_format(buf, TEXT_SHORT, "0.%03u s", part);
	else if (u == 0)
		text_format(buf, TEXT_SHORT, "%llu.%u s", s, part / 100);
	else
		text_format(buf, TEXT_SHORT, "%llu %s %llu %s", s / units[u],
		    text_nth(names, u), s % units[u] / units[u - 1],
		    text_nth(names, u - 1));
	return buf;
}

const char *
text_bytes(char buf[TEXT_SHORT], uint64_t n)
{
	unsigned shift = 0;

	while (shift < 60 && n >> shift >= 1024)
		shift += 10;
	if (shift == 0)
		text_format(buf, TEXT_SHORT, "%llu byte%s",
		    (unsigned long long)n, text_s(n));
	else
		text_format(buf, TEXT_SHORT, "%llu.%llu %ciB",
		    (unsigned long long)(n >> shift),
		    (unsigned long long)((n & ((1ULL << shift) - 1)) * 10 >>
		    shift), "KMGTPE"[shift / 10 - 1]);
	return buf;
}

const char *
text_digits(const char *s, uint64_t max, uint64_t *v)
{
	const char *from = s;
	uint64_t n = 0;
	unsigned digit;

	for (; *s >= '0' && *s <= '9'; s++) {
		digit = (unsigned)(*s - '0');
		if (n > max / 10 || digit > max - n * 10)
			return NULL;
		n = n * 10 + digit;
	}
	*v = n;
	return s != from ? s : NULL;
}

bool
text_number(const char *s, uint64_t max, uint64_t *v)
{
	s = text_digits(s, max, v);
	return s != NULL && *s == '\0';
}

/* U+0080 to U+009F steer, too. */
void
text_tame(char *s, size_t n, const char *but)
{
	for (; n > 0; s++, n--) {
		if (*s == '\xc2' && n > 1 && (s[1] & 0xe0) == 0x80)
			s[0] = s[1] = '?';
		if (((unsigned char)*s < ' ' || *s == 0x7f) &&
		    (*s == '\0' || strchr(but, *s) == NULL))
			*s = '?';
	}
}

void
text_plain(char *text)
{
	text_tame(text, strlen(text), "");
}

const char *
text_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

const char *
text_nth(const char *list, unsigned n)
{
	for (; n > 0; n--)
		list += strlen(list) + 1;
	return list;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
text_casecmp(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

uint32_t
text_casehash(const char *s)
{
	uint32_t h = 2166136261U;	/* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)lower(*s)) * 16777619U;
	return h;
}

/*
 * Letters to insert, remove, change or swap with their neighbour (optimal
 * string alignment), case aside.  Words have few letters and limits are small, so
 * that all ways can be tried.
 */
unsigned
text_distance(const char *a, const char *b, unsigned limit)
{
	/* how far to go in each: removed, inserted, changed, swapped */
	static const unsigned char ways[4][2] =
	    { { 1, 0 }, { 0, 1 }, { 1, 1 }, { 2, 2 } };
	unsigned best = limit + 1, d, way, x, y;

	for (; *a != '\0' && lower(*a) == lower(*b); a++)
		b++;
	if (*a == '\0' && *b == '\0')
		return 0;
	for (way = 0; limit > 0 && way < 4; way++) {
		x = ways[way][0];
		y = ways[way][1];
		if ((x > 0 && *a == '\0') || (y > 0 && *b == '\0') ||
		    (x == 2 && (lower(a[0]) != lower(b[1]) ||
		    lower(a[1]) != lower(b[0]))))
			continue;
		d = 1 + text_distance(a + x, b + y, best - 2);
		if (d < best)
			best = d;
		if (best < 2)
			break;
	}
	return best;
}

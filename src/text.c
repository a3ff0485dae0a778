/*
 * text.c - text into fixed buffers, numbers out of text.
 *
 * Takes no memory, knows no locale, and cuts rather than overflows.  It exists
 * because printf of a C library is larger than the relay.
 */
#include <string.h>

#include "text.h"
#include "must.h"

enum { DISTANCE_MAX = 64 };	/* longer words are never near each other */

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

static void
sink_pad(struct sink *out, char c, size_t have, size_t width)
{
	for (; have < width; have++)
		sink_put(out, c);
}

/* One conversion: "%-08.*llx" and the like, without the percent sign. */
struct spec {
	bool	 left;
	bool	 zero;
	bool	 bounded;	/* a precision is given: bytes of %s at most */
	size_t	 width;
	size_t	 bound;
	int	 size;		/* 0 int, 1 long, 2 long long, 3 size_t */
};

static void
put_string(struct sink *out, const struct spec *spec, const char *s)
{
	size_t i, len = 0;

	while ((!spec->bounded || len < spec->bound) && s[len] != '\0')
		len++;
	if (!spec->left)
		sink_pad(out, ' ', len, spec->width);
	for (i = 0; i < len; i++)
		sink_put(out, s[i]);
	if (spec->left)
		sink_pad(out, ' ', len, spec->width);
}

static void
put_number(struct sink *out, const struct spec *spec, unsigned long long v,
    bool negative, unsigned base)
{
	char digits[24];
	size_t n = 0, len;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
	} while ((v /= base) != 0);
	len = n + (negative ? 1 : 0);
	if (!spec->left && !spec->zero)
		sink_pad(out, ' ', len, spec->width);
	if (negative)
		sink_put(out, '-');
	if (spec->zero && !spec->left)
		sink_pad(out, '0', len, spec->width);
	while (n > 0)
		sink_put(out, digits[--n]);
	if (spec->left)
		sink_pad(out, ' ', len, spec->width);
}

/*
 * A va_list that is handed on by value may be unusable afterwards, and one that
 * is handed on by address needs a struct around it on some machines.
 */
struct args {
	va_list	ap;
};

static long long
take_signed(struct args *args, int size)
{
	switch (size) {
	case 0:
		return va_arg(args->ap, int);
	case 1:
		return va_arg(args->ap, long);
	case 2:
		return va_arg(args->ap, long long);
	default:
		return (long long)va_arg(args->ap, size_t);
	}
}

static unsigned long long
take_unsigned(struct args *args, int size)
{
	switch (size) {
	case 0:
		return va_arg(args->ap, unsigned);
	case 1:
		return va_arg(args->ap, unsigned long);
	case 2:
		return va_arg(args->ap, unsigned long long);
	default:
		return va_arg(args->ap, size_t);
	}
}

static const char *
parse_spec(struct spec *spec, const char *f, struct args *args)
{
	int n;

	memset(spec, 0, sizeof(*spec));
	for (; *f == '-' || *f == '0'; f++) {
		spec->left |= *f == '-';
		spec->zero |= *f == '0';
	}
	for (; *f >= '0' && *f <= '9'; f++)
		spec->width = spec->width * 10 + (size_t)(*f - '0');
	if (f[0] == '.' && f[1] == '*') {
		n = va_arg(args->ap, int);
		spec->bounded = n >= 0;
		spec->bound = n >= 0 ? (size_t)n : 0;
		f += 2;
	} else if (f[0] == '.') {
		spec->bounded = true;
		for (f++; *f >= '0' && *f <= '9'; f++)
			spec->bound = spec->bound * 10 + (size_t)(*f - '0');
	}
	if (*f == 'z') {
		spec->size = 3;
		f++;
	}
	for (; *f == 'l' && spec->size < 2; f++)
		spec->size++;
	return f;
}

static void
put_spec(struct sink *out, const struct spec *spec, char conversion,
    struct args *args)
{
	long long v;
	char c[2] = "";

	switch (conversion) {
	case 's':
		put_string(out, spec, va_arg(args->ap, const char *));
		break;
	case 'c':
		c[0] = (char)va_arg(args->ap, int);
		put_string(out, spec, c);
		break;
	case 'd':
		v = take_signed(args, spec->size);
		put_number(out, spec, v < 0 ? 0 - (unsigned long long)v :
		    (unsigned long long)v, v < 0, 10);
		break;
	case 'u':
		put_number(out, spec, take_unsigned(args, spec->size), false,
		    10);
		break;
	case 'x':
		put_number(out, spec, take_unsigned(args, spec->size), false,
		    16);
		break;
	case 'o':
		put_number(out, spec, take_unsigned(args, spec->size), false,
		    8);
		break;
	default:
		MUST(conversion == '%');
		sink_put(out, '%');
	}
}

size_t
text_vformat(char *buf, size_t size, const char *f, va_list ap)
{
	struct sink out = { buf, size, 0 };
	struct args args;
	struct spec spec;

	va_copy(args.ap, ap);
	while (*f != '\0') {
		if (*f != '%') {
			sink_put(&out, *f++);
			continue;
		}
		f = parse_spec(&spec, f + 1, &args);
		put_spec(&out, &spec, *f++, &args);
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
text_span(char *buf, size_t size, uint64_t ms)
{
	unsigned long long s = ms / 1000, part = ms % 1000;

	if (s < 1)
		text_format(buf, size, "0.%03llu s", part);
	else if (s < 60)
		text_format(buf, size, "%llu.%llu s", s, part / 100);
	else if (s < 3600)
		text_format(buf, size, "%llu min %llu s", s / 60, s % 60);
	else if (s < 86400)
		text_format(buf, size, "%llu h %llu min", s / 3600,
		    s / 60 % 60);
	else
		text_format(buf, size, "%llu d %llu h", s / 86400,
		    s / 3600 % 24);
	return buf;
}

const char *
text_bytes(char *buf, size_t size, uint64_t n)
{
	unsigned shift = 10;

	if (n < 1024) {
		text_format(buf, size, "%llu byte%s", (unsigned long long)n,
		    n == 1 ? "" : "s");
		return buf;
	}
	while (shift < 60 && n >> shift >= 1024)
		shift += 10;
	text_format(buf, size, "%llu.%llu %ciB",
	    (unsigned long long)(n >> shift),
	    (unsigned long long)((n & ((1ULL << shift) - 1)) * 10 >> shift),
	    "KMGTPE"[shift / 10 - 1]);
	return buf;
}

bool
text_number(const char *s, uint64_t max, uint64_t *v)
{
	uint64_t n = 0;
	unsigned digit;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		digit = (unsigned)(*s - '0');
		if (n > max / 10 || n * 10 > max - digit)
			return false;
		n = n * 10 + digit;
	}
	*v = n;
	return true;
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
		h = (h ^ (unsigned char)(*s >= 'A' && *s <= 'Z' ?
		    *s - 'A' + 'a' : *s)) * 16777619U;
	return h;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Letters to insert, remove, change or swap with their neighbour (optimal
 * string alignment), case aside.  Three rows of the usual table are enough.
 */
unsigned
text_distance(const char *a, const char *b, unsigned limit)
{
	unsigned row[3][DISTANCE_MAX + 1], *last, *prev, *cur, best;
	unsigned rowbest[3] = { 0, 0, 0 };
	size_t i, j, alen = strlen(a), blen = strlen(b);

	if (alen > DISTANCE_MAX || blen > DISTANCE_MAX ||
	    alen > blen + limit || blen > alen + limit)
		return limit + 1;
	for (j = 0; j <= blen; j++)
		row[0][j] = (unsigned)j;
	for (i = 1; i <= alen; i++) {
		cur = row[i % 3];
		prev = row[(i + 2) % 3];
		last = row[(i + 1) % 3];
		cur[0] = rowbest[i % 3] = (unsigned)i;
		for (j = 1; j <= blen; j++) {
			best = prev[j - 1] +
			    (lower(a[i - 1]) != lower(b[j - 1]));
			best = least(best, least(prev[j], cur[j - 1]) + 1);
			if (i > 1 && j > 1 &&
			    lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				best = least(best, last[j - 2] + 1);
			cur[j] = best;
			rowbest[i % 3] = least(rowbest[i % 3], best);
		}
		/* a swap looks two rows back, nothing looks further */
		if (rowbest[i % 3] > limit && rowbest[(i + 2) % 3] > limit)
			return limit + 1;
	}
	return least(row[alen % 3][blen], limit + 1);
}

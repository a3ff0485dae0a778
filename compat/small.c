/*
 * small.c - functions of ISO C for the small static program, where the C library's
 * own are large for the little that is asked of them, mostly by itself.
 *
 * They do what the standard says, in the C locale, which we never leave.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In the C locale each byte is a character. */
size_t
mbstowcs(wchar_t *restrict to, const char *restrict s, size_t n)
{
	size_t	i;

	if (to == NULL)
		return strlen(s);
	for (i = 0; i < n; i++)
		if ((to[i] = (unsigned char)s[i]) == 0)
			break;
	return i;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0 && *a == *b && *a != '\0'; n--) {
		a++;
		b++;
	}
	return n == 0 ? 0 : (unsigned char)*a - (unsigned char)*b;
}

char *
strcpy(char *restrict to, const char *restrict s)
{
	return memcpy(to, s, strlen(s) + 1);
}

char *
strncpy(char *restrict to, const char *restrict s, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if ((to[i] = *s) != '\0')
			s++;
	return to;
}

void *
memchr(const void *p, int c, size_t n)
{
	const unsigned char	*s = p;

	for (; n-- > 0; s++)
		if (*s == (unsigned char)c)
			return (void *)(uintptr_t)s;
	return NULL;
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)(uintptr_t)s;
}

char *
strrchr(const char *s, int c)
{
	const char	*last = NULL;

	do
		if (*s == (char)c)
			last = s;
	while (*s++ != '\0');
	return (char *)(uintptr_t)last;
}

char *
strstr(const char *s, const char *what)
{
	const size_t	len = strlen(what);

	for (; strncmp(s, what, len) != 0; s++)
		if (*s == '\0')
			return NULL;
	return (char *)(uintptr_t)s;
}

size_t
strspn(const char *s, const char *set)
{
	size_t	n = 0;

	while (s[n] != '\0' && strchr(set, s[n]) != NULL)
		n++;
	return n;
}

size_t
strcspn(const char *s, const char *set)
{
	size_t	n = 0;

	while (s[n] != '\0' && strchr(set, s[n]) == NULL)
		n++;
	return n;
}

/* ---- sort ---- */

static void
swap(unsigned char *a, unsigned char *b, size_t size)
{
	unsigned char	c;

	while (size-- > 0) {
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

/* Shell's: in order across ever smaller gaps. */
void
qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	unsigned char	*a, *b;
	size_t		 gap = n, i, k;

	while (gap > 1) {
		gap = gap / 3 + 1;
		for (i = gap; i < n; i++)
			for (k = i; k >= gap; k -= gap) {
				b = (unsigned char *)base + k * size;
				a = b - gap * size;
				if (compare(a, b) <= 0)
					break;
				swap(a, b, size);
			}
	}
}

/* ---- numbers ---- */

static unsigned
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : UINT_MAX;
}

/*
 * Of both functions below, whose types go up to most.
 */
static unsigned long long
number(const char *s, char **end, int base, unsigned long long most)
{
	const char		*p = s + strspn(s, " \t\n\v\f\r");
	const bool		 minus = *p == '-';
	bool			 over = false;
	unsigned long long	 n = 0;
	unsigned		 d;

	p += minus || *p == '+';
	if ((base == 0 || base == 16) && p[0] == '0' &&
	    (p[1] == 'x' || p[1] == 'X') && digit(p[2]) < 16) {
		p += 2;
		base = 16;
	} else if (base == 0)
		base = *p == '0' ? 8 : 10;
	if (digit(*p) < (unsigned)base)
		s = NULL;		/* there is a number */
	for (; (d = digit(*p)) < (unsigned)base; p++)
		if (over || n > (most - d) / (unsigned)base)
			over = true;
		else
			n = n * (unsigned)base + d;
	if (end != NULL)
		*end = (char *)(uintptr_t)(s == NULL ? p : s);
	if (over) {
		errno = ERANGE;
		n = most;
	}
	return minus && !over ? -n : n;
}

unsigned long
strtoul(const char *restrict s, char **restrict end, int base)
{
	return (unsigned long)number(s, end, base, ULONG_MAX);
}

unsigned long long
strtoull(const char *restrict s, char **restrict end, int base)
{
	return number(s, end, base, ULLONG_MAX);
}

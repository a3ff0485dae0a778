/*
 * file_glob.c - the paths that match a pattern.
 *
 * Not glob(3): a C library's brings tables of every alphabet along, more than
 * the rest of compat together.  Bytes are compared, as in the C locale.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "file.h"

enum { PATH_BYTES = 4096 };	/* no system takes longer ones */

/* What is being looked for, and what was found. */
struct search {
	char	 path[PATH_BYTES];	/* as far as it is matched */
	char	*found;			/* paths, sorted, each with its NUL */
	size_t	 size;
	size_t	 used;
	int	 n;			/* paths in found, or an error */
};

/*
 * One character against the set that begins behind a '['.  Returns where the
 * pattern goes on, NULL when the set has no end.
 */
static const char *
match_set(const char *p, const char *end, unsigned char c, bool *matches)
{
	const bool	 negated = p < end && (*p == '!' || *p == '^');
	const char	*first;
	unsigned char	 lo, hi;
	bool		 in = false;

	p += negated;
	for (first = p; p < end && (*p != ']' || p == first); p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		lo = hi = (unsigned char)*p;
		if (end - p > 2 && p[1] == '-' && p[2] != ']') {
			p += 2;
			if (*p == '\\' && p + 1 < end)
				p++;
			hi = (unsigned char)*p;
		}
		in |= lo <= c && c <= hi;
	}
	*matches = in != negated;
	return p < end ? p + 1 : NULL;
}

/*
 * One character of a name against the pattern.  Returns where that goes on, NULL
 * when it does not match.
 */
static const char *
match_one(const char *p, const char *end, char c)
{
	const char	*after;
	bool		 matches;

	if (p == end || c == '\0')
		return NULL;
	if (*p == '?')
		return p + 1;
	/* without an end it is a character like others */
	if (*p == '[' && (after = match_set(p + 1, end, (unsigned char)c,
	    &matches)) != NULL)
		return matches ? after : NULL;
	if (*p == '\\' && p + 1 < end)
		p++;
	return *p == c ? p + 1 : NULL;
}

/*
 * A name against one component of the pattern.  A leading dot must be there in
 * both.  Only the last '*' is ever tried again: what the ones before it took is
 * as good as anything else they could take.
 */
static int
match(const char *p, const char *end, const char *name)
{
	const char	*star = NULL, *from = NULL, *next;

	if (*name == '.' && *p != '.' && (*p != '\\' || p[1] != '.'))
		return 0;
	for (;;) {
		if (p < end && *p == '*') {
			star = ++p;
			from = name;
		} else if (p == end && *name == '\0') {
			return 1;
		} else if ((next = match_one(p, end, *name)) != NULL) {
			p = next;
			name++;
		} else if (star != NULL && *from != '\0') {
			p = star;
			name = ++from;
		} else {
			return 0;
		}
	}
}

/* Put the path among the others. */
static void
take(struct search *s, size_t len)
{
	struct stat	 st;
	char		*at = s->found, *const end = s->found + s->used;

	if (lstat(s->path, &st) == -1)
		return;
	if (++len > s->size - s->used) {
		s->n = -E2BIG;
		return;
	}
	while (at < end && strcmp(at, s->path) < 0)
		at += strlen(at) + 1;
	memmove(at + len, at, (size_t)(end - at));
	memcpy(at, s->path, len);
	s->used += len;
	s->n++;
}

static void	look(struct search *, size_t, const char *);

/* The directory that the path so far names, for the component p to end. */
static void
look_inside(struct search *s, size_t len, const char *p, const char *end)
{
	struct dirent	*d;
	DIR		*dir;
	size_t		 n;

	if ((dir = opendir(len == 0 ? "." : s->path)) == NULL) {
		if (errno == ENOMEM)
			s->n = -ENOMEM;
		else if (errno != ENOENT && errno != ENOTDIR)
			s->n = -EACCES;
		return;
	}
	while (s->n >= 0 && (d = readdir(dir)) != NULL) {
		n = strlen(d->d_name);
		if (n >= sizeof(s->path) - len || !match(p, end, d->d_name))
			continue;
		memcpy(s->path + len, d->d_name, n + 1);
		look(s, len + n, end);
	}
	(void)closedir(dir);
}

/*
 * Go on with the pattern from p, len bytes of the path being there.  As deep as
 * the pattern has components with a sign in them.
 */
static void
look(struct search *s, size_t len, const char *p)
{
	const char	*end;
	size_t		 n;

	for (;;) {
		/* slashes, or what is between them */
		n = strspn(p, "/");
		end = p + n;
		if (n == 0) {
			n = strcspn(p, "/");
			end = p + n;
			if (strcspn(p, "*?[\\") < n) {
				look_inside(s, len, p, end);
				return;
			}
		}
		if (n >= sizeof(s->path) - len)
			return;		/* no file has such a name */
		memcpy(s->path + len, p, n);
		s->path[len += n] = '\0';
		if (*(p = end) == '\0') {
			take(s, len);
			return;
		}
	}
}

int
file_glob(const char *pattern, char *buf, size_t size)
{
	struct search	s = { .found = buf, .size = size };

	look(&s, 0, pattern);
	return s.n;
}

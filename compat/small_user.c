/*
 * small_user.c - users and groups for the small static program: the lines of
 * passwd(5) and group(5), and no other source.
 *
 * A line with too few fields, with a number that is none, or that speaks to NIS
 * is passed over.  Of a user name and numbers are told, of a group its number:
 * nobody asks for more.
 */
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "proc.h"

static const char	*passwd_path = "/etc/passwd";
static const char	*group_path = "/etc/group";

/* Fields of a line; the last one is the rest. */
enum { NAME, NUMBER = 2, GROUP, MEMBERS = 3, FIELDS = 7 };

static struct lines {
	unsigned	 nfields;
	size_t		 size;		/* of text, without its NUL */
	char		*text, *next, *end;
	char		*field[FIELDS];
	uint32_t	 number;
} users, groups;

/* -1 and errno when it cannot be read; a file that is missing has no lines. */
static int
begin(struct lines *f, const char *path, unsigned nfields)
{
	long	 n;
	char	*p;

	f->nfields = nfields;
	while ((n = file_read(path, f->text, f->size)) == -EFBIG) {
		if ((p = realloc(f->text, f->size * 2 + 4000)) == NULL)
			return -1;
		f->text = p;
		f->size = f->size * 2 + 3999;
	}
	f->next = f->end = f->text;
	if (n > 0)
		f->end += n;
	if (n >= 0)
		return 0;
	errno = (int)-n;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

/* Whether it is one of ours. */
static bool
split(struct lines *f, char *line)
{
	unsigned	i;

	for (i = 0; i < f->nfields; i++) {
		if (line == NULL)
			return false;
		f->field[i] = line;
		if (i + 1 < f->nfields && (line = strchr(line, ':')) != NULL)
			*line++ = '\0';
	}
	/* An empty name is found in there, too; the largest number is none. */
	return strchr("#+-", f->field[NAME][0]) == NULL &&
	    proc_number(f->field[NUMBER], UINT32_MAX - 1, &f->number);
}

/* False at the end. */
static bool
next(struct lines *f)
{
	char	*line, *end;

	while ((line = f->next) < f->end) {
		end = memchr(line, '\n', (size_t)(f->end - line));
		if (end == NULL)
			end = f->end;
		*end = '\0';
		f->next = end + 1;
		if (split(f, line))
			return true;
	}
	return false;
}

/* By name, or by number if there is none. */
static struct passwd *
find(const char *name, uid_t uid)
{
	static struct passwd	pw;
	uint32_t		gid;

	if (begin(&users, passwd_path, FIELDS) == -1)
		return NULL;
	while (next(&users))
		if ((name == NULL ? users.number == uid :
		    strcmp(users.field[NAME], name) == 0) &&
		    proc_number(users.field[GROUP], UINT32_MAX - 1, &gid)) {
			pw.pw_name = users.field[NAME];
			pw.pw_uid = users.number;
			pw.pw_gid = gid;
			return &pw;
		}
	return NULL;
}

struct passwd *
getpwnam(const char *name)
{
	return find(name, 0);
}

struct passwd *
getpwuid(uid_t uid)
{
	return find(NULL, uid);
}

struct group *
getgrnam(const char *name)
{
	static struct group	gr;

	if (begin(&groups, group_path, MEMBERS + 1) == -1)
		return NULL;
	while (next(&groups))
		if (strcmp(groups.field[NAME], name) == 0) {
			gr.gr_gid = groups.number;
			return &gr;
		}
	return NULL;
}

static bool
is_member(const char *list, const char *name)
{
	size_t	len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (strncmp(list, name, len) == 0 && name[len] == '\0')
			return true;
		if (list[len] == '\0')
			return false;
	}
}

int
getgrouplist(const char *name, gid_t gid, gid_t *list, int *n)
{
	const int	room = *n;

	*n = 0;
	if (begin(&groups, group_path, MEMBERS + 1) == -1)
		return -1;
	groups.number = gid;
	do
		if (*n == 0 || (groups.number != gid &&
		    is_member(groups.field[MEMBERS], name))) {
			if (*n < room)
				list[*n] = groups.number;
			++*n;
		}
	while (next(&groups));
	return *n > room ? -1 : *n;
}

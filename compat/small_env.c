/*
 * small_env.c - the environment for the small static program.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char	**environ;		/* <unistd.h> has it on some systems */

/* Where a variable is, or the NULL at the end. */
static char **
find_variable(const char *name, size_t len)
{
	char	**e = environ;

	while (*e != NULL && (strncmp(*e, name, len) != 0 || (*e)[len] != '='))
		e++;
	return e;
}

char *
getenv(const char *name)
{
	const size_t	  len = strlen(name);
	char		**e = find_variable(name, len);

	return *e == NULL ? NULL : *e + len + 1;
}

int
unsetenv(const char *name)
{
	const size_t	  len = strlen(name);
	char		**e, **next;

	while (*(e = find_variable(name, len)) != NULL)
		for (next = e; *next != NULL; next++)
			*next = next[1];
	return 0;
}

int
putenv(char *assignment)
{
	static char	**ours;
	const size_t	  len = strcspn(assignment, "=");
	char		**e = find_variable(assignment, len), **room;
	const size_t	  n = (size_t)(e - environ);

	if (*e == NULL) {
		if ((room = malloc((n + 2) * sizeof(*room))) == NULL)
			return -1;
		memcpy(room, environ, n * sizeof(*room));
		room[n + 1] = NULL;
		free(ours);
		environ = ours = room;
		e = room + n;
	}
	*e = assignment;
	return 0;
}

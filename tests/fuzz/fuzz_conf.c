/*
 * fuzz_conf.c - any bytes as a configuration.
 *
 * Nothing may crash, hang or leak.  What is accepted is dumped, the dump must
 * be accepted and mean the same, and its own dump must say the same.  Files that
 * it includes are made up here; no command is run.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conf_same.h"
#include "file.h"
#include "fuzz.h"

enum { INPUT_MAX = FUZZ_INPUT_MAX, DUMP_MAX = 16 * 1024 * 1024 };

static struct setup first, second;
static char dumps[2][DUMP_MAX];

/* ---- the world outside, made up ---- */

static const struct {
	const char	*name;
	const char	*text;
} files[] = {
	{ "a.conf", "sockproxy.debug = 2\n" },
	{ "b.conf", "include \"a.conf\"\nvar.b = ( \"10.0.0.9:9\" )\n" },
	{ "loop.conf", "include \"loop.conf\"\n" },
	{ "bad.conf", "$SERVER[\"socket\"] == \":9\" {\n" },
	{ "binary.conf", "\1\2" }
};

long
file_read(const char *path, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].name, path) == 0) {
			if (strlen(files[i].text) > size)
				return -EFBIG;
			memcpy(buf, files[i].text, strlen(files[i].text));
			return (long)strlen(files[i].text);
		}
	return -ENOENT;
}

int
file_glob(const char *pattern, char *buf, size_t size)
{
	static const char names[] = "a.conf\0b.conf";

	if (strstr(pattern, "*.conf") == NULL)
		return 0;
	if (size < sizeof(names))
		return -E2BIG;
	memcpy(buf, names, sizeof(names));
	return 2;
}

long
file_shell(const char *dir, const char *command, char *buf, size_t size,
    int *status)
{
	size_t n = strlen(command) < size ? strlen(command) : size;

	(void)dir;
	*status = 3;
	if (*command == '!')
		return -ECHILD;
	memcpy(buf, command, n);		/* it echoes itself */
	return (long)n;
}

int
file_absolute(const char *path, char *buf, size_t size)
{
	(void)path;
	snprintf(buf, size, "/made/up");
	return 0;
}

/* ---- the oracle ---- */

struct dump {
	char	*text;
	size_t	 len;
};

static void
keep(void *ctx, const char *line)
{
	struct dump *d = ctx;
	size_t n = strlen(line);

	if (d->len + n + 2 > DUMP_MAX)
		return;
	memcpy(d->text + d->len, line, n);
	d->len += n;
	d->text[d->len++] = '\n';
	d->text[d->len] = '\0';
}

static void
ignore(void *ctx, const char *line)
{
	size_t *longest = ctx, n = strlen(line);

	if (n > *longest)
		*longest = n;
}

static void
fail(const char *what, const struct dump *d)
{
	fprintf(stderr, "fuzz_conf: %s\n%s", what, d->text);
	abort();
}

/* Take away the comments with origins, which differ. */
static void
bare(struct dump *d)
{
	char *from = d->text, *to = d->text;

	while (*from != '\0') {
		if (from[0] == '\t' && from[1] == '#')
			from += strcspn(from, "\n");
		else
			*to++ = *from++;
	}
	*to = '\0';
}

static void
show(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "%s\n", line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dump d[2] = { { dumps[0], 0 }, { dumps[1], 0 } };
	size_t longest = 0;
	const char *why;

	if (size > INPUT_MAX)
		return 0;
	if (!conf_text(&first, "fuzz.conf", (const char *)data, size, ignore,
	    &longest))
		return 0;
	conf_dump(&first, keep, &d[0]);
	if (!conf_text(&second, "dump", d[0].text, d[0].len, show, NULL))
		fail("the dump is not accepted", &d[0]);
	if ((why = conf_same(&first, &second)) != NULL)
		fail(why, &d[0]);
	conf_dump(&second, keep, &d[1]);
	bare(&d[0]);
	bare(&d[1]);
	if (strcmp(d[0].text, d[1].text) != 0)
		fail("the dump of the dump differs", &d[0]);
	return 0;
}

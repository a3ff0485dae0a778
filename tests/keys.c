/*
 * keys.c - the key table and the words of the statistics, for holding the manuals
 * against them: "keys" or "keys reasons".
 */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "stat.h"

static void
put(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

int
main(int argc, char **argv)
{
	int r;

	if (argc == 1) {
		conf_keys(put, NULL);
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "reasons") != 0)
		return 2;
	for (r = REASON_NONE + 1; r < REASONS; r++)
		printf("%s\t%s\n", reason_key(r), reason_text(r));
	return 0;
}

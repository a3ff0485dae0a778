/*
 * keys.c - the key table and the words of the statistics, for holding the manuals
 * against them: "keys" or "keys reasons".
 */
#include <stdio.h>
#include <string.h>

#include "key.h"
#include "stat.h"

/* Each key and its default, as a configuration writes it. */
static void
put_keys(void)
{
	const struct key	*key;
	char			 initial[KEY_WORD_MAX];
	unsigned		 i;

	for (i = 0; (key = key_at(i)) != NULL; i++)
		printf("%s\t%s\n", key->name,
		    key_write(key, key->initial, initial));
}

int
main(int argc, char **argv)
{
	int r;

	if (argc == 1) {
		put_keys();
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "reasons") != 0)
		return 2;
	for (r = REASON_NONE + 1; r < REASONS; r++)
		printf("%s\t%s\n", reason_key(r), reason_text(r));
	return 0;
}

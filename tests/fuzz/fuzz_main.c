/*
 * fuzz_main.c - what calls a fuzzer when libFuzzer does not.
 *
 * libFuzzer: everything compiled with -DLIBFUZZER -fsanitize=fuzzer, and nothing is
 * left of this file.  AFL++: with afl-clang-fast, persistent.  Otherwise it replays:
 * files and directories given as arguments, or standard input.
 */
#include "fuzz.h"

#ifndef LIBFUZZER

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One more than any of them takes. */
static uint8_t	input[FUZZ_INPUT_MAX + 1];

static void
replay_stream(FILE *f)
{
	LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof(input), f));
}

static int
replay(const char *path)
{
	struct dirent	**names;
	struct stat	 st;
	char		 name[4096];
	int		 i, n, count = 0;
	FILE		*f;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if ((n = scandir(path, &names, NULL, alphasort)) == -1) {
			fprintf(stderr, "fuzz: %s: %s\n", path,
			    strerror(errno));
			exit(1);
		}
		for (i = 0; i < n; i++) {
			if (names[i]->d_name[0] != '.') {
				snprintf(name, sizeof(name), "%s/%s", path,
				    names[i]->d_name);
				count += replay(name);
			}
			free(names[i]);
		}
		free(names);
		return count;
	}
	if ((f = fopen(path, "r")) == NULL) {
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	replay_stream(f);
	fclose(f);
	return 1;
}

#ifdef __AFL_HAVE_MANUAL_CONTROL
__AFL_FUZZ_INIT();
#endif

int
main(int argc, char *argv[])
{
	int	i, count = 0;

#ifdef __AFL_HAVE_MANUAL_CONTROL
	if (argc == 1) {
		__AFL_INIT();
		const uint8_t *data = __AFL_FUZZ_TESTCASE_BUF;
		while (__AFL_LOOP(10000))
			LLVMFuzzerTestOneInput(data,
			    (size_t)__AFL_FUZZ_TESTCASE_LEN);
		return 0;
	}
#endif
	if (argc == 1)
		replay_stream(stdin);
	for (i = 1; i < argc; i++)
		count += replay(argv[i]);
	if (argc > 1)
		printf("%d inputs\n", count);
	return 0;
}

#endif

/*
 * fuzz_sim.c - any bytes as a schedule of the simulated system.
 *
 * The first eight are the seed of the plan (configuration, cast, which faults
 * there are); the rest are the decisions, one after the other: latencies, sizes,
 * scripts, and when a fault strikes.  When they are used up nothing goes wrong
 * any more.  Every invariant of tests/sim is the oracle.
 *
 * Built like fuzz_conf.c: libFuzzer with -DLIBFUZZER, AFL++, or a replay of files
 * and directories.  Linked with tests/sim/sim_*.o (neither sim.o nor
 * sim_contract.o) and what tests/sim/sim is linked with.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sim/sim.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { INPUT_MAX = 64 * 1024 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	uint64_t seed = 0;

	if (!ready)
		pattern_init();
	ready = true;
	if (size < sizeof(seed) || size > INPUT_MAX)
		return 0;
	memcpy(&seed, data, sizeof(seed));
	if (!sim_run_tape(seed, data + sizeof(seed), size - sizeof(seed)))
		abort();
	return 0;
}

#ifndef LIBFUZZER

static uint8_t input[INPUT_MAX + 1];

static int
replay_file(const char *path)
{
	size_t n;
	FILE *f;

	if ((f = fopen(path, "rb")) == NULL) {
		fprintf(stderr, "fuzz_sim: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	n = fread(input, 1, sizeof(input), f);
	fclose(f);
	LLVMFuzzerTestOneInput(input, n);
	return 1;
}

static int
replay(const char *path)
{
	struct dirent *e;
	struct stat st;
	char name[4096];
	int count = 0;
	DIR *d;

	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return replay_file(path);
	if ((d = opendir(path)) == NULL) {
		fprintf(stderr, "fuzz_sim: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		count += replay_file(name);
	}
	closedir(d);
	return count;
}

#ifdef __AFL_HAVE_MANUAL_CONTROL
__AFL_FUZZ_INIT();
#endif

int
main(int argc, char *argv[])
{
	int i, count = 0;

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
		LLVMFuzzerTestOneInput(input,
		    fread(input, 1, sizeof(input), stdin));
	for (i = 1; i < argc; i++)
		count += replay(argv[i]);
	if (argc > 1)
		printf("%d inputs\n", count);
	return 0;
}

#endif

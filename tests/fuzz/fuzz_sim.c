/*
 * fuzz_sim.c - any bytes as a schedule of the simulated system.
 *
 * The first eight are the seed of the plan (configuration, cast, which faults
 * there are); the rest are the decisions, one after the other: latencies, sizes,
 * scripts, and when a fault strikes.  When they are used up nothing goes wrong
 * any more.  Every invariant of tests/sim is the oracle.
 *
 * Linked with fuzz_main.o, tests/sim/sim_*.o (neither sim.o nor
 * sim_contract.o) and what tests/sim/sim is linked with.
 */
#include <stdlib.h>
#include <string.h>

#include "../sim/sim.h"
#include "fuzz.h"

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

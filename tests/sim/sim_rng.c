/*
 * sim_rng.c - every decision of a run.
 *
 * Each fault and each client has a generator of its own, seeded by the run's seed
 * and its number: leaving one out does not change what the others decide, which
 * is what lets a failing case be reduced.  A fuzzer gives a tape of bytes
 * instead (for all but the plan and the end of a relay, which are the seed's);
 * when it is used up, no fault strikes any more.
 */
#include <string.h>

#include "sim.h"

uint32_t fault_left[FAULTS];
static uint32_t	rate[FAULTS];
static uint64_t	state[STREAMS];
static struct sim_mask mask;
static const uint8_t *tape;
static size_t	tape_left;
static bool	taped;

const char *const fault_names[FAULTS] = {
	"short-read", "short-write", "read-again", "write-again", "nobufs",
	"spurious", "race", "connect-now", "connect-slow", "connect-refused",
	"connect-drop", "connect-unreach", "connect-ports", "connect-short",
	"connect-backlog", "connect-reset", "accept-aborted", "accept-short",
	"accept-again", "fds", "network", "reset", "clock-jump", "clock-still",
	"flap", "wait", "wait-add", "lane", "lane-full", "lane-short",
	"shutdown", "vanish", "drain", "crash"
};

/* splitmix64: every seed, even 0 and its neighbours, gives a good stream. */
static uint64_t
step(uint64_t *s)
{
	uint64_t z;

	z = *s += 0x9e3779b97f4a7c15ULL;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* What the seed of a stream has of its number: crashes came later than all. */
static unsigned
salt(unsigned stream)
{
	if (stream == FAULT_CRASH)
		return STREAMS - 1;
	return stream < FAULT_CRASH ? stream : stream - 1;
}

void
rng_seed(uint64_t seed, const struct sim_mask *m)
{
	unsigned i;
	uint64_t s;

	mask = *m;
	tape = NULL;
	tape_left = 0;
	taped = false;
	for (i = 0; i < STREAMS; i++) {
		s = seed * 0xd1342543de82ef95ULL + salt(i);
		state[i] = step(&s);
	}
	for (i = 0; i < FAULTS; i++)
		fault_rate(i, 0);
}

void
rng_tape(const uint8_t *bytes, size_t len)
{
	tape = bytes;
	tape_left = len;
	taped = true;
}

static bool
from_tape(unsigned stream, size_t bytes)
{
	return tape_left >= bytes && stream != STREAM_PLAN &&
	    stream != FAULT_CRASH;
}

uint32_t
rng_u32(unsigned stream)
{
	uint32_t v;

	if (from_tape(stream, 4)) {
		memcpy(&v, tape, 4);
		tape += 4;
		tape_left -= 4;
		return v;
	}
	return (uint32_t)(step(&state[stream]) >> 32);
}

uint32_t
rng_below(unsigned stream, uint32_t n)
{
	if (n <= 1)
		return 0;
	if (from_tape(stream, 2)) {
		tape_left -= n <= 256 ? 1 : 2;
		if (n <= 256)
			return *tape++ % n;
		tape += 2;
		return (uint32_t)(tape[-2] | tape[-1] << 8) * (n >> 16 | 1) % n;
	}
	return (uint32_t)((step(&state[stream]) >> 32) * n >> 32);
}

uint32_t
rng_range(unsigned stream, uint32_t lo, uint32_t hi)
{
	return lo + rng_below(stream, hi - lo + 1);
}

bool
rng_chance(unsigned stream, unsigned percent)
{
	return rng_below(stream, 100) < percent;
}

/* The next strike: on average rate opportunities away. */
static uint32_t
next(enum fault f)
{
	if (rate[f] == 0)
		return UINT32_MAX;
	if (taped && tape_left == 0)
		return UINT32_MAX;
	return 1 + rng_below(f, 2 * rate[f] - 1);
}

void
fault_rate(enum fault f, uint32_t mean)
{
	if ((mask.faults >> f & 1) == 0)
		mean = 0;
	rate[f] = mean;
	fault_left[f] = next(f);
}

bool
fault_on(enum fault f)
{
	return rate[f] != 0;
}

bool
fault_slow(enum fault f)
{
	fault_left[f] = next(f);
	if (rate[f] == 0)
		return false;
	tally.struck[f]++;
	return true;
}

uint32_t
fault_pick(enum fault f, uint32_t n)
{
	return rng_below(f, n);
}

/*
 * sim_pattern.c - what streams consist of: bytes that tell their place.
 *
 * A table of noise, repeated; its length is a prime, so that no power of two
 * looks like no shift at all.
 */
#include <string.h>

#include "sim.h"

enum { PERIOD = 65521, TABLE = PERIOD + (1 << 17) };
static uint8_t table[TABLE];

void
pattern_init(void)
{
	uint32_t x = 2463534242U;
	unsigned i;

	for (i = 0; i < PERIOD; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		table[i] = (uint8_t)(x >> 11);
	}
	for (; i < TABLE; i++)
		table[i] = table[i - PERIOD];
}

void
pattern_fill(uint64_t key, uint64_t pos, uint8_t *to, size_t n)
{
	size_t off, part;

	for (; n > 0; n -= part, to += part, pos += part) {
		off = (size_t)((key + pos) % PERIOD);
		part = n < TABLE - off ? n : TABLE - off;
		memcpy(to, table + off, part);
	}
}

size_t
pattern_differs(uint64_t key, uint64_t pos, const uint8_t *from, size_t n)
{
	size_t off, part, done = 0, i;

	for (; done < n; done += part) {
		off = (size_t)((key + pos + done) % PERIOD);
		part = n - done < TABLE - off ? n - done : TABLE - off;
		if (memcmp(from + done, table + off, part) == 0)
			continue;
		for (i = 0; from[done + i] == table[off + i]; i++)
			;
		return done + i;
	}
	return n;
}

/*
 * fuzz.h - one input of a fuzzer; by the name that libFuzzer calls.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

enum { FUZZ_INPUT_MAX = 1024 * 1024 };	/* bytes; none takes more */

/* Returns 0; ends the process when it finds something. */
int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#endif

/*
 * buf.c - the pool.  A stack of numbers over one mapping; numbers that were
 * never used are not on the stack but above "fresh", so their pages stay
 * untouched.  A leased buffer has exactly one owner, the half that took it.
 */
#include <stdint.h>

#include "buf.h"
#include "limits.h"
#include "mem.h"
#include "must.h"

static char	*memory;	/* nbufs + 1: the last is the scratch buffer */
static int32_t	*stack;		/* behind it: free numbers below fresh */
static unsigned	 nbufs, nstack, fresh;
static unsigned	 common;	/* leased at most in the ordinary way */

uint64_t
buf_memory(unsigned n)
{
	return ((uint64_t)n + 1) * LIMIT_BUFFER + n * sizeof(stack[0]);
}

bool
buf_open(unsigned n, unsigned extra)
{
	common = n;
	nbufs = n + extra;
	nstack = fresh = 0;
	if ((memory = mem_private(buf_memory(nbufs))) == NULL)
		return false;
	stack = (int32_t *)(void *)(buf_scratch() + LIMIT_BUFFER);
	return true;
}

void
buf_close(void)
{
	mem_unmap(memory, buf_memory(nbufs));
	memory = NULL;
}

int
buf_take(void)
{
	return buf_used() < common ? buf_take_extra() : -1;
}

int
buf_take_extra(void)
{
	if (nstack > 0)
		return stack[--nstack];
	if (fresh < nbufs)
		return (int)fresh++;
	return -1;
}

void
buf_give(int b)
{
	MUST(b >= 0 && (unsigned)b < fresh && nstack < fresh);
	stack[nstack++] = b;
}

char *
buf_data(int b)
{
	MUST(b >= 0 && (unsigned)b < fresh);
	return memory + (size_t)b * LIMIT_BUFFER;
}

unsigned
buf_used(void)
{
	return fresh - nstack;
}

char *
buf_scratch(void)
{
	return memory + (size_t)nbufs * LIMIT_BUFFER;
}

void
buf_trim(void)
{
	unsigned i;

	/* the top of the stack is in use all the time: keep it */
	for (i = 0; i + 1 < nstack; i++)
		mem_give_back(buf_data(stack[i]), LIMIT_BUFFER);
}

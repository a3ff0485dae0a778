/*
 * mem.c - anonymous mappings, mmap(2) and madvise(2).
 */
#include <sys/mman.h>

#include "mem.h"

void *
mem_map(size_t size, bool shared)
{
	void *p;

	p = mmap(NULL, size > 0 ? size : 1, PROT_READ | PROT_WRITE,
	    MAP_ANON | (shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

void
mem_unmap(void *p, size_t size)
{
	if (p != NULL)
		(void)munmap(p, size > 0 ? size : 1);
}

void
mem_drop(void *p, size_t size)
{
	(void)madvise(p, size, MADV_DONTNEED);
}

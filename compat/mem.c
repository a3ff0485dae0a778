/*
 * mem.c - memory mappings.  Nothing is reserved in advance: a page costs memory
 * when it is first written to.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "mem.h"

/* A system that has memory for less than the bound may still have it for the use. */
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static size_t
page_size(void)
{
	return (size_t)getpagesize();	/* sysconf(3) is large */
}

uint64_t
mem_size(uint64_t size)
{
	size_t	page = page_size();

	if (size == 0)
		return page;
	if (size > UINT64_MAX - page)
		return size;		/* mapping it will fail */
	return (size + page - 1) / page * page;
}

static void *
map(uint64_t size, int flags)
{
	void	*p;

	size = mem_size(size);
	if (size > PTRDIFF_MAX)
		return NULL;
	p = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
	    flags | MAP_ANON | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

void *
mem_shared(uint64_t size)
{
	return map(size, MAP_SHARED);
}

void *
mem_private(uint64_t size)
{
	return map(size, MAP_PRIVATE);
}

static int
protect(char *p, size_t size)
{
	return size > 0 && mprotect(p, size, PROT_READ) == -1 ? -errno : 0;
}

int
mem_read_only(void *p, uint64_t part, unsigned n, unsigned but)
{
	const size_t	one = (size_t)mem_size(part);
	int		error;

	if (but >= n)
		return protect(p, one * n);
	if ((error = protect(p, one * but)) != 0)
		return error;
	return protect((char *)p + one * (but + 1), one * (n - 1 - but));
}

void
mem_unmap(void *p, uint64_t size)
{
	if (p != NULL)
		(void)munmap(p, (size_t)mem_size(size));
}

void
mem_give_back(void *p, size_t size)
{
	size_t	 page = page_size(), skip;
	char	*from = p;

	skip = (page - (uintptr_t)p % page) % page;
	if (size < skip || (size - skip) / page == 0)
		return;
	(void)madvise(from + skip, (size - skip) / page * page, MADV_DONTNEED);
}

/*
 * mem.h - memory as mappings: zeroed, page aligned, touched only when used.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Map memory that children of this process share (mem_shared) or get a copy of
 * (mem_private).  Returns NULL when there is none.  A size of 0 is one page.
 *
 * Sizes are 64 bits wide on 32-bit machines too: what is more than these can
 * address is refused, and not a small mapping by mistake.
 */
void	*mem_shared(uint64_t);
void	*mem_private(uint64_t);

/*
 * Unmap; the size is that of mapping.  NULL is fine.
 */
void	mem_unmap(void *, uint64_t);

/*
 * From now on this process only reads that mapping of n parts, each of whole pages,
 * but for the part of that number (one too high: all).  0 or an error.
 */
int	mem_read_only(void *, uint64_t part, unsigned n, unsigned but);

/*
 * Give the pages that lie wholly in this range of private memory back to the
 * system.  The memory stays mapped, what it holds is lost (zeroes or old bytes).
 */
void	mem_give_back(void *, size_t);

/*
 * Bytes that a mapping of this size takes: rounded up to pages.
 */
uint64_t mem_size(uint64_t);

#endif

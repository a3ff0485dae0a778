/*
 * mem.h - memory as mappings: zeroed, page aligned, touched only when used.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

/*
 * Map memory that children of this process share (mem_shared) or get a copy of
 * (mem_private).  Returns NULL when there is none.  A size of 0 is one page.
 */
void	*mem_shared(size_t);
void	*mem_private(size_t);

/*
 * Unmap; the size is that of mapping.  NULL is fine.
 */
void	mem_unmap(void *, size_t);

/*
 * From now on this process only reads that mapping.  0 or an error.
 */
int	mem_read_only(void *, size_t);

/*
 * Give the pages that lie wholly in this range of private memory back to the
 * system.  The memory stays mapped, what it holds is lost (zeroes or old bytes).
 */
void	mem_give_back(void *, size_t);

/*
 * Bytes that a mapping of this size takes: rounded up to pages.
 */
size_t	mem_size(size_t);

#endif

/*
 * buf.h - the pool of buffers for bytes that a slow side has not taken yet.
 *
 * Last in, first out: the buffer on top is the one that everybody uses for a
 * moment, so it stays in the cache, and memory is touched only as sides stall.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Make n buffers of LIMIT_BUFFER bytes, and extra ones that only buf_take_extra
 * gives out.  False when there is no memory.
 */
bool	buf_open(unsigned n, unsigned extra);
void	buf_close(void);
uint64_t buf_memory(unsigned);

/*
 * Lease a buffer: its number, or -1 when none is free.
 */
int	buf_take(void);
int	buf_take_extra(void);	/* for what a predecessor held */
void	buf_give(int);
char	*buf_data(int);
unsigned buf_used(void);

/*
 * Memory for a read when the pool is empty; nothing stays in it.
 */
char	*buf_scratch(void);

/*
 * Give memory of buffers that were only used in a peak back to the system.
 */
void	buf_trim(void);

#endif

/*
 * gather.h - a half that splices waits until much is there.
 */
#ifndef GATHER_H
#define GATHER_H

#include <stddef.h>

struct half;
struct side;
struct splice_moved;

/*
 * How much must be there to be fetched at once, in bytes; 0: anything, an end too.
 */
size_t	gather_least(const struct half *, const struct side *from);

/*
 * A splice for so much has left the source empty, or with less than that.
 */
void	gather_step(struct half *, struct side *from, size_t least,
    const struct splice_moved *);

/*
 * Anything wakes again.
 */
void	gather_end(struct side *from);

#endif

/*
 * gather.c - when a stream is moved in large pieces.
 *
 * One that is surely bulk, and fast, is cheaper to move in large pieces than each time
 * that a little of it has come.  In SPLICE, bulk says how sure that is.  Large pieces
 * add to it; a pause takes much away, for the bytes in front of it had to wait: so
 * there is one such wait for many pieces, whatever the stream does.
 */
#include "gather.h"
#include "half.h"
#include "limits.h"
#include "splice.h"
#include "wait.h"

/* What struct side has room for. */
_Static_assert(LIMIT_GATHER / LIMIT_GATHER_UNIT <= UINT8_MAX, "gathers");

static bool
sure_of(const struct half *h, const struct side *from)
{
	return h->bulk >= LIMIT_GATHER_SURE && !from->local;
}

size_t
gather_least(const struct half *h, const struct side *from)
{
	if (from->ready & WAIT_END)
		return 0;
	if (from->gathers > 0)
		return (size_t)from->gathers * LIMIT_GATHER_UNIT;
	return sure_of(h, from) ? LIMIT_GATHER_LEAST : 1;
}

void
gather_end(struct side *from)
{
	if (from->gathers == 0)
		return;
	from->gathers = 0;
	(void)wait_gather(from->fd, 0);
	from->ready |= WAIT_READ;
}

void
gather_step(struct half *h, struct side *from, size_t least,
    const struct splice_moved *moved)
{
	int mark = 0, sure = h->bulk;

	if (moved->in >= LIMIT_BULK)
		sure++;
	if (from->gathers > 0 && moved->in > 0 && moved->in < LIMIT_GATHER_LEAST)
		sure -= LIMIT_GATHER_PAUSE;
	else if (moved->in > 0 && moved->in < LIMIT_BULK)
		sure -= LIMIT_BULK_READS;
	h->bulk = (uint8_t)(sure < 0 ? 0 : sure > 2 * LIMIT_GATHER_SURE ?
	    2 * LIMIT_GATHER_SURE : sure);
	if (sure_of(h, from) && moved->in + moved->out > 0)
		mark = wait_gather(from->fd, LIMIT_GATHER);
	if (mark > 0) {
		from->gathers = (uint8_t)((mark + LIMIT_GATHER_UNIT - 1) /
		    LIMIT_GATHER_UNIT);
		return;
	}
	gather_end(from);
	if (mark < 0)
		h->bulk = 0;
	/* with neither, it was asked, and had nothing */
	if (least > 1 && moved->in + moved->out > 0)
		from->ready |= WAIT_READ;
}

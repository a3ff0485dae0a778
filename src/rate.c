/*
 * rate.c - when the next byte may be taken.
 */
#include "limits.h"
#include "rate.h"
#include "share.h"

static uint64_t	all;		/* bytes a second for this relay, 0: no limit */
static uint64_t	gate[2];	/* when that allows the next byte, by way; us */

void
rate_open(const struct setup *set)
{
	all = share_bytes(set);
	gate[0] = gate[1] = 0;
}

static uint64_t
own(const struct setup_profile *p)
{
	return p->kbytes.v * 1024ULL;
}

struct half_leave
rate_leave(const struct setup_profile *p, struct half *h, unsigned way,
    uint64_t now)
{
	struct half_leave leave = { .now = now };
	uint64_t least = own(p);

	if (all != 0) {
		if (gate[way] > h->pay_us)
			h->pay_us = gate[way];
		if (least == 0 || all < least)
			least = all;
	}
	leave.splice = p->splice.v && least == 0;
	leave.take = h->state == HALF_SPLICE ? LIMIT_SPLICE_BUDGET :
	    LIMIT_HALF_BUDGET;
	if (least == 0)
		return leave;
	least = (least + 19) / 20;	/* as much as 50 ms give */
	leave.take = least > LIMIT_HALF_BUDGET ? LIMIT_HALF_BUDGET :
	    (size_t)least;
	return leave;
}

/* In microseconds: a millisecond would be dear for a small piece. */
static void
pay(uint64_t *due, uint64_t rate, size_t taken, uint64_t now)
{
	if (rate == 0 || taken == 0)
		return;
	if (*due < now * 1000)
		*due = now * 1000;
	*due += ((uint64_t)taken * 1000000 + rate - 1) / rate;
}

void
rate_pay(const struct setup_profile *p, struct half *h, unsigned way,
    size_t taken, uint64_t now)
{
	pay(&h->pay_us, own(p), taken, now);
	pay(&gate[way], all, taken, now);
}

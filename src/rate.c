/*
 * rate.c - when the next byte may be taken.
 */
#include "limits.h"
#include "rate.h"
#include "share.h"

static uint32_t	all;		/* KiB a second for this relay, 0: no limit */
static uint64_t	gate[2];	/* when that allows the next byte, by way */

void
rate_open(const struct setup *set)
{
	all = share_kbytes(set);
	gate[0] = gate[1] = 0;
}

struct half_leave
rate_leave(const struct setup_profile *p, struct half *h, unsigned way,
    uint64_t now)
{
	struct half_leave leave = { .now = now };
	uint64_t least = p->kbytes.v;

	if (all != 0) {
		if (gate[way] > h->pay_ms)
			h->pay_ms = gate[way];
		if (least == 0 || all < least)
			least = all;
	}
	leave.splice = p->splice.v && least == 0;
	leave.take = h->state == HALF_SPLICE ? LIMIT_SPLICE_BUDGET :
	    LIMIT_HALF_BUDGET;
	if (least == 0)
		return leave;
	least = least * 1024 / 20;	/* as much as 50 ms give */
	leave.take = least > LIMIT_HALF_BUDGET ? LIMIT_HALF_BUDGET :
	    (size_t)least;
	return leave;
}

static void
pay(uint64_t *due, uint32_t kbytes, size_t taken, uint64_t now)
{
	if (kbytes == 0 || taken == 0)
		return;
	if (*due < now)
		*due = now;
	*due += ((uint64_t)taken * 1000 + kbytes * 1024ULL - 1) /
	    (kbytes * 1024ULL);
}

void
rate_pay(const struct setup_profile *p, struct half *h, unsigned way,
    size_t taken, uint64_t now)
{
	pay(&h->pay_ms, p->kbytes.v, taken, now);
	pay(&gate[way], all, taken, now);
}

/*
 * proc_close.c - close every descriptor that is not to be kept.
 */
#include <sys/types.h>
#include <sys/resource.h>

#include <poll.h>
#include <stdlib.h>
#include <stdint.h>
#include <unistd.h>

#include "proc.h"
#include "proc_close.h"

enum { BATCH = 256 };		/* every system's poll(2) takes so many */

static unsigned
last_fd(void)
{
	struct rlimit	l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1 || l.rlim_cur == 0 ||
	    l.rlim_cur == RLIM_INFINITY || l.rlim_cur > 1 << 20)
		return (1 << 20) - 1;
	return (unsigned)l.rlim_cur - 1;
}

/*
 * Without a call for many: poll(2) tells which are open, many at a time.
 */
static void
close_open(unsigned lo, unsigned hi)
{
	struct pollfd	p[BATCH];
	unsigned	i, n;

	for (; lo <= hi; lo += n) {
		n = hi - lo + 1 < BATCH ? hi - lo + 1 : BATCH;
		for (i = 0; i < n; i++) {
			p[i].fd = (int)(lo + i);
			p[i].events = 0;
			p[i].revents = 0;
		}
		(void)poll(p, n, 0);	/* failed: as if all were open */
		for (i = 0; i < n; i++)
			if (!(p[i].revents & POLLNVAL))
				(void)close(p[i].fd);
	}
}

static void
close_range_of(unsigned lo, unsigned hi)
{
	unsigned	last;

	if (lo > hi || proc_close_gap(lo, hi))
		return;
	last = last_fd();
	close_open(lo, hi < last ? hi : last);
}

static int
compare(const void *a, const void *b)
{
	const int	*x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void
proc_close_others(int *keep, unsigned n)
{
	unsigned	i, lo = 3;

	qsort(keep, n, sizeof(keep[0]), compare);
	for (i = 0; i < n; i++) {
		if (keep[i] < (int)lo)
			continue;	/* standard, none, or twice */
		close_range_of(lo, (unsigned)keep[i] - 1);
		lo = (unsigned)keep[i] + 1;
	}
	close_range_of(lo, UINT32_MAX);
}

/*
 * history.c - rings of samples, all with one head.
 *
 * Kept are differences, so that counters which start again at nothing (another
 * generation) make no spike.
 */
#include <string.h>

#include "history.h"
#include "must.h"

enum { RATE_POINTS = 3 };

/* Counters when they were sampled last. */
struct seen {
	uint64_t	sessions;
	uint64_t	bytes[2];
};

struct ring {
	struct seen	seen;
	struct history_point points[HISTORY_POINTS];
};

struct head {
	uint64_t	at_ms;		/* last sample; 0: there is none yet */
	uint64_t	spans[HISTORY_POINTS];	/* ms that a sample stands for */
	uint32_t	next;		/* slot of the next sample */
	uint32_t	used;		/* slots in use */
	/* by reason; under REASON_NONE, those refused */
	uint64_t	ended_seen[REASONS];
	uint32_t	ended[HISTORY_POINTS][REASONS];
	struct ring	rings[];	/* [0] for all, then the backends */
};

static struct head	*head;
static unsigned		 count;

size_t
history_memory(unsigned nbackends)
{
	return sizeof(struct head) + (nbackends + 1) * sizeof(head->rings[0]);
}

void
history_use(void *mem, unsigned nbackends)
{
	head = mem;
	count = nbackends;
}

static void
ring_add(struct ring *to, const struct ring *from)
{
	const struct history_point	*p = from->points;
	struct history_point		*sum = to->points;
	unsigned			 i;

	to->seen.sessions += from->seen.sessions;
	to->seen.bytes[0] += from->seen.bytes[0];
	to->seen.bytes[1] += from->seen.bytes[1];
	for (i = 0; i < HISTORY_POINTS; i++, sum++, p++) {
		sum->load += p->load;
		sum->sessions += p->sessions;
		sum->bytes[0] += p->bytes[0];
		sum->bytes[1] += p->bytes[1];
	}
}

void
history_carry(const void *former, unsigned nbackends, const uint16_t *backends)
{
	const struct head	*old = former;
	unsigned		 b;

	/* with the first ring; another's numbers are looked at where they stay */
	memcpy(head, old, offsetof(struct head, rings[1]));
	if (head->next >= HISTORY_POINTS || head->used > HISTORY_POINTS)
		memset(head, 0, offsetof(struct head, rings[1]));
	for (b = 0; b < nbackends; b++)
		if (backends[b] < count)
			/* several may have become one, whose counter has all */
			ring_add(&head->rings[backends[b] + 1],
			    &old->rings[b + 1]);
}

/* What a counter grew by; one that is smaller has begun again. */
static uint64_t
grown(uint64_t *seen, uint64_t now)
{
	uint64_t	n = now < *seen ? now : now - *seen;

	*seen = now;
	return n;
}

static uint32_t
small(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void
ring_sample(struct ring *ring, uint64_t load, uint64_t sessions,
    const uint64_t bytes[2])
{
	struct history_point	*p = &ring->points[head->next];

	p->load = small(load);
	p->sessions = small(grown(&ring->seen.sessions, sessions));
	p->bytes[0] = grown(&ring->seen.bytes[0], bytes[0]);
	p->bytes[1] = grown(&ring->seen.bytes[1], bytes[1]);
}

static void
sample_all(void)
{
	struct stat_global	g;
	struct stat_backend	b;
	unsigned		i;

	stat_sum_global(&g);
	ring_sample(&head->rings[0], g.active, g.accepted, g.bytes);
	g.ended[REASON_NONE] = g.refused;
	for (i = 0; i < REASONS; i++)
		head->ended[head->next][i] =
		    small(grown(&head->ended_seen[i], g.ended[i]));
	for (i = 0; i < count; i++) {
		stat_sum_backend(i, &b);
		ring_sample(&head->rings[i + 1], b.load, b.connected, b.bytes);
	}
}

uint64_t
history_sample(uint64_t now)
{
	if (head->at_ms != 0 && now - head->at_ms < HISTORY_MS)
		return head->at_ms + HISTORY_MS;
	sample_all();
	/* The first one has nothing before it to differ from. */
	if (head->at_ms != 0) {
		head->spans[head->next] = now - head->at_ms;
		head->next = (head->next + 1) % HISTORY_POINTS;
		if (head->used < HISTORY_POINTS)
			head->used++;
	}
	head->at_ms = now;
	return now + HISTORY_MS;
}

unsigned
history_points(void)
{
	return head->used;
}

static unsigned
slot(unsigned i)
{
	return (head->next + HISTORY_POINTS - head->used + i) % HISTORY_POINTS;
}

static const struct history_point *
sampled(int backend)
{
	MUST(backend >= HISTORY_ALL && backend < (int)count);
	return head->rings[backend + 1].points;
}

struct history_point
history_point(int backend, unsigned i)
{
	const unsigned		at = slot(i);
	const uint64_t		span = head->spans[at];
	const uint64_t		n = span < HISTORY_MS ? 1 : span / HISTORY_MS;
	struct history_point	p = sampled(backend)[at];

	p.sessions = (uint32_t)((p.sessions + n - 1) / n);
	p.bytes[0] /= n;
	p.bytes[1] /= n;
	return p;
}

void
history_rate(int backend, struct history_rate *rate)
{
	const struct history_point	*points = sampled(backend), *p;
	uint64_t			 ms = 0, sessions = 0;
	unsigned			 i, at, n = head->used;

	memset(rate, 0, sizeof(*rate));
	for (i = n > RATE_POINTS ? n - RATE_POINTS : 0; i < n; i++) {
		at = slot(i);
		p = &points[at];
		ms += head->spans[at];
		sessions += p->sessions;
		rate->bytes[0] += p->bytes[0];
		rate->bytes[1] += p->bytes[1];
	}
	if (ms == 0)
		return;
	rate->millisessions = sessions * 1000 * 1000 / ms;
	rate->bytes[0] = rate->bytes[0] * 1000 / ms;
	rate->bytes[1] = rate->bytes[1] * 1000 / ms;
}

/* The slots in use are the first ones: all of them, once it has gone round. */

uint64_t
history_ended(enum reason reason)
{
	uint64_t	n = 0;
	unsigned	i;

	for (i = 0; i < head->used; i++)
		n += head->ended[i][reason];
	return n;
}

uint64_t
history_span(void)
{
	uint64_t	ms = 0;
	unsigned	i;

	for (i = 0; i < head->used; i++)
		ms += head->spans[i];
	return ms;
}

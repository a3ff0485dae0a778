/*
 * sim_net.c - sockets, the links between them, and time.
 *
 * A TCP byte lies in its sender's queue until the link has carried it into the
 * receiver's, which takes time and room; a reset destroys what is still in the
 * sender's queue.  A Unix byte is in the receiver's queue at once.  Facts are
 * Linux's or, in the other shape, those of the BSDs; tests/contract.c holds them
 * against a real kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "wait.h"

enum { HEAP = 16384 };

struct event {
	uint64_t	when;
	uint32_t	seq;
	uint16_t	kind, id;
	uint32_t	arg;
};

struct world W;
struct sock socks[SIM_SOCKS];
static struct event heap[HEAP];
static unsigned	nheap;
static uint32_t	seq;

/* --- events -------------------------------------------------------------- */

static bool
before(const struct event *a, const struct event *b)
{
	if (a->when != b->when)
		return a->when < b->when;
	return (int32_t)(a->seq - b->seq) < 0;
}

void
net_at(uint64_t when, enum ev_kind kind, unsigned id, uint32_t arg)
{
	struct event e = { when, seq++, (uint16_t)kind, (uint16_t)id, arg };
	unsigned i, up;

	if (nheap == HEAP)
		sim_fail("simulator", -1, "too many events");
	for (i = nheap++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!before(&e, &heap[up]))
			break;
		heap[i] = heap[up];
	}
	heap[i] = e;
}

void
net_after(uint64_t us, enum ev_kind kind, unsigned id, uint32_t arg)
{
	net_at(W.now + us, kind, id, arg);
}

static struct event
pop(void)
{
	struct event top = heap[0], e = heap[--nheap];
	unsigned i, down;

	for (i = 0; (down = 2 * i + 1) < nheap; i = down) {
		if (down + 1 < nheap && before(&heap[down + 1], &heap[down]))
			down++;
		if (!before(&heap[down], &e))
			break;
		heap[i] = heap[down];
	}
	heap[i] = e;
	return top;
}

uint64_t
net_next(void)
{
	return nheap > 0 ? heap[0].when : SIM_NEVER;
}

unsigned
net_pending(void)
{
	return nheap;
}

void
net_reset_world(void)
{
	unsigned i;

	for (i = 0; i < W.nsocks; i++)
		free(socks[i].ring);
	memset(&W, 0, sizeof(W));
	nheap = 0;
	seq = 0;
}

/* --- sockets ------------------------------------------------------------- */

struct sock *
net_sock(void)
{
	struct sock *s;

	if (W.nsocks == SIM_SOCKS)
		return NULL;
	s = &socks[W.nsocks];
	memset(s, 0, offsetof(struct sock, queue));
	s->id = W.nsocks++;
	s->fd = s->actor = s->service = -1;
	s->row = -1;
	s->born_us = W.now;
	return s;
}

static uint32_t
capacity(void)
{
	static const uint32_t caps[3][4] = {
		{ 1, 7, 100, 2048 },
		{ 2048, 4096, 16384, 65536 },
		{ 65536, 65536, 180224, 262144 }
	};

	return caps[W.flavour][rng_below(STREAM_NET, 4)];
}

static void
shape_end(struct sock *s)
{
	static const uint32_t chunks[3][4] = {
		{ 1, 100, 536, 1 << 20 },
		{ 536, 1448, 16384, 1 << 20 },
		{ 16384, 65536, 1 << 20, 1 << 20 }
	};

	s->rx_cap = capacity();
	s->tx_cap = capacity();
	s->lat = rng_below(STREAM_NET, W.lat_max + 1);
	s->gap = rng_chance(STREAM_NET, 50) ? 0 :
	    rng_below(STREAM_NET, W.lat_max / 4 + 1);
	s->chunk = chunks[W.flavour][rng_below(STREAM_NET, 4)];
	s->key = rng_u32(STREAM_NET);
}

struct sock *
net_pair(bool local)
{
	struct sock *a, *b;

	if (W.nsocks + 2 > SIM_SOCKS)
		return NULL;
	a = net_sock();
	b = net_sock();
	a->peer = b;
	b->peer = a;
	a->local = b->local = local;
	shape_end(a);
	shape_end(b);
	if (W.contract) {
		a->rx_cap = b->rx_cap = a->tx_cap = b->tx_cap = 1 << 17;
		a->chunk = b->chunk = 1 << 14;
		a->lat = b->lat = a->gap = b->gap = 10;
	}
	return a;
}

unsigned
net_unread(const struct sock *s)
{
	return (unsigned)(s->rx_total - s->rx_taken);
}

unsigned
net_space(const struct sock *s)
{
	uint64_t used;

	used = s->local ? net_unread(s->peer) : s->tx_total - s->tx_gone;
	return used >= s->tx_cap ? 0 : (unsigned)(s->tx_cap - used);
}

/* Free space at which a system says writable: not for every last byte. */
static bool
roomy(const struct sock *s)
{
	unsigned space = net_space(s);

	if (W.shape == SHAPE_BSD)
		return space >= (s->tx_cap < 2048 ? s->tx_cap : 2048);
	if (s->local)
		return (uint64_t)(s->tx_cap - space) * 4 <= s->tx_cap;
	return space > 0 && space >= s->tx_cap / 3;
}

unsigned
net_mask(const struct sock *s)
{
	unsigned mask = 0;

	if (s->state == SOCK_LISTEN)
		return s->nqueue > 0 ? WAIT_READ : 0;
	if (s->state == SOCK_CONNECTING)
		return 0;
	if (s->dead || s->state == SOCK_FAILED)
		return (s->hidden ? 0 : WAIT_READ) | WAIT_WRITE | WAIT_ERROR |
		    WAIT_END;
	if (!s->hidden && (net_unread(s) > 0 || s->rx_fin))
		mask |= WAIT_READ;
	if (!s->hidden && s->rx_fin)
		mask |= WAIT_END;
	if (s->err != 0)
		mask |= (s->hidden ? 0 : WAIT_READ) | WAIT_WRITE | WAIT_ERROR | WAIT_END;
	if (s->tx_fin || roomy(s) || (s->local && s->peer->gone))
		mask |= WAIT_WRITE;
	return mask;
}

void
net_wake(struct sock *s, unsigned bits)
{
	if (s->lane_in != 0 || s->lane_out != 0)
		splice_moves(s);
	if (s->api && s->fd >= 0) {
		wait_edge(s->fd, bits);
	} else if (s->actor >= 0 && !s->gone)
		actor_wake(s->actor);
}

/* --- moving -------------------------------------------------------------- */

void
net_kick(struct sock *s)
{
	if (s->linked || s->local || s->dead || s->cut || s->state != SOCK_OPEN)
		return;
	if (s->tx_total == s->tx_gone && (!s->tx_fin || s->fin_gone))
		return;
	s->linked = true;
	net_after(s->lat, EV_LINK, s->id, 0);
}

/* The relay's clock. */
static uint64_t
clock_ms(void)
{
	return W.now < W.frozen_until ? W.frozen_ms :
	    W.base_ms + W.jumped_ms + W.now / SIM_MS;
}

static void
arrived(struct sock *s, size_t n)
{
	struct sock *p = s->peer;

	s->tx_gone += n;
	p->rx_total += n;
	p->rx_us = s->tx_us = W.now;
	s->tx_ms = clock_ms();
}

size_t
net_send(struct sock *s, size_t n)
{
	s->tx_total += n;
	if (s->local) {
		arrived(s, n);
		net_wake(s->peer, WAIT_READ);
	} else
		net_kick(s);
	return n;
}

static void
fin_arrived(struct sock *s)
{
	s->fin_gone = true;
	s->tx_ms = clock_ms();
	s->peer->rx_fin = true;
	s->peer->rx_us = s->tx_us = W.now;
	net_wake(s->peer, WAIT_READ | WAIT_END);
}

static void
freed(struct sock *s)
{
	if (W.shape == SHAPE_LINUX && !s->local && !s->nospace)
		return;
	if (!roomy(s))
		return;
	s->nospace = false;
	net_wake(s, WAIT_WRITE);
}

/* The link of s carries what it can now. */
static void
link_run(struct sock *s)
{
	struct sock *p = s->peer;
	size_t n, room;

	s->linked = false;
	if (s->dead || s->cut || p->dead || s->state != SOCK_OPEN)
		return;
	n = s->tx_total - s->tx_gone;
	if (n > 0 && p->gone) {
		/* nobody is there to read it: the other kernel says so */
		p->dead = true;
		net_after(p->lat, EV_RST, s->id, 0);
		return;
	}
	if (n > 0) {
		room = p->rx_cap > net_unread(p) ? p->rx_cap - net_unread(p) : 0;
		if (n > room)
			n = room;
		if (n > s->chunk)
			n = s->chunk;
		if (n == 0) {
			s->blocked = true;
			return;
		}
		arrived(s, n);
		net_wake(p, WAIT_READ);
		freed(s);
	}
	/* an end rides on the last segment, or comes by itself */
	if (s->tx_total == s->tx_gone && s->tx_fin && !s->fin_gone &&
	    (n == 0 || s->gap == 0)) {
		fin_arrived(s);
		net_wake(s, WAIT_WRITE);
	}
	if (s->tx_total > s->tx_gone || (s->tx_fin && !s->fin_gone)) {
		s->linked = true;
		net_after(s->gap, EV_LINK, s->id, 0);
	}
}

void
net_took(struct sock *s, size_t n)
{
	struct sock *p = s->peer;

	s->rx_taken += n;
	if (p == NULL)
		return;
	if (s->local) {
		p->tx_ms = clock_ms();
		if (!p->gone)
			freed(p);
	} else if (p->blocked) {
		p->blocked = false;
		net_kick(p);
	}
}

void
net_fin(struct sock *s)
{
	s->tx_fin = true;
	if (s->local)
		fin_arrived(s);
	else
		net_kick(s);
}

/* --- ends ---------------------------------------------------------------- */

static void
die(struct sock *s, int err)
{
	s->dead = true;
	s->dead_us = W.now;
	s->err = err;
	if (s->why == 0)
		s->why = err;
	net_wake(s, WAIT_READ | WAIT_WRITE | WAIT_ERROR | WAIT_END);
}

static void
rst_arrived(struct sock *s)
{
	bool closed;

	if (s->dead || s->cut || s->local)
		return;
	closed = s->rx_fin && s->fin_gone;
	if (closed)
		return;		/* both ends went in order: nothing to reset */
	s->rst_got = true;
	if (s->state == SOCK_LISTEN)
		return;
	/*
	 * In CLOSE-WAIT Linux says EPIPE; the BSDs know no difference there, but
	 * keep quiet when we have sent our end too.
	 */
	if (W.shape == SHAPE_LINUX)
		die(s, s->rx_fin && !s->tx_fin ? EPIPE : ECONNRESET);
	else
		die(s, s->rx_fin && s->tx_fin ? 0 : ECONNRESET);
}

static void
local_close(struct sock *s)
{
	struct sock *p = s->peer;

	s->tx_fin = s->fin_gone = true;
	if (p->dead)
		return;
	p->rx_fin = true;
	p->rx_us = W.now;
	/* the BSDs keep quiet about bytes that nobody read */
	if (net_unread(s) > 0 && W.shape == SHAPE_LINUX) {
		p->err = ECONNRESET;
		if (p->why == 0)
			p->why = ECONNRESET;
	}
	net_wake(p, WAIT_READ | WAIT_WRITE | WAIT_END |
	    (p->err != 0 ? WAIT_ERROR : 0));
}

void
net_kill(struct sock *s)
{
	if (s->gone)
		return;
	s->gone = true;
	s->gone_us = W.now;
	if (s->state != SOCK_OPEN || s->dead)
		return;
	if (s->local) {
		local_close(s);
		return;
	}
	s->dead = true;
	s->dead_us = W.now;
	if (!s->cut && !s->peer->dead)
		net_after(s->lat, EV_RST, s->peer->id, 0);
}

void
net_close(struct sock *s)
{
	if (s->gone)
		return;
	if (s->state != SOCK_OPEN || s->dead || s->local) {
		net_kill(s);
		return;
	}
	if (net_unread(s) > 0) {	/* bytes that nobody read: a reset */
		if (s->tx_total > s->tx_gone || (s->tx_fin && !s->fin_gone))
			s->lossy = true;
		net_kill(s);
		return;
	}
	s->gone = true;
	s->gone_us = W.now;
	s->tx_fin = true;
	net_kick(s);
}

void
net_error(struct sock *s, int err)
{
	if (s->dead || s->state == SOCK_LISTEN)
		return;
	if (s->local) {		/* no network: the other program dies */
		net_kill(s->peer);
		return;
	}
	if (s->state != SOCK_OPEN) {
		s->state = SOCK_FAILED;
		die(s, err);
		return;
	}
	if (s->rx_fin && s->fin_gone)
		return;
	die(s, err);
	if (s->peer != NULL && !s->cut)
		net_after(s->lat, EV_RST, s->peer->id, 0);
}

/* Its machine loses power: nothing goes or comes any more. */
void
net_vanish(struct sock *s)
{
	struct sock *p = s->peer;

	if (s->local) {
		net_close(s);
		return;
	}
	s->gone = true;
	s->gone_us = W.now;
	s->cut = true;
	if (p->dead)
		return;
	p->cut = true;
	/* keepalive or user timeout finds out */
	net_after(rng_range(STREAM_NET, 100, 150) * SIM_S, EV_ERROR, p->id,
	    ETIMEDOUT);
}

/* --- connecting ---------------------------------------------------------- */

struct sock *
net_arrive(struct sock *l, int actor)
{
	struct sock *a;

	if (l->gone || l->nqueue >= l->backlog || l->nqueue == SIM_BACKLOG)
		return NULL;
	if ((a = net_pair(l->local)) == NULL)
		return NULL;
	a->state = a->peer->state = SOCK_OPEN;
	a->actor = actor;
	l->queue[l->nqueue++] = a->peer;
	net_wake(l, WAIT_READ);
	return a;
}

static void
connect_done(struct sock *s, int err)
{
	struct sock *a = s->peer;

	if (s->gone || s->state != SOCK_CONNECTING)
		return;
	if (err != 0) {
		s->state = SOCK_FAILED;
		die(s, err);
		return;
	}
	s->state = a->state = SOCK_OPEN;
	if (s->service >= 0) {
		a->actor = actor_serve((unsigned)s->service, a);
		actor_connected(s);
		if (s->never) {		/* made, and reset before anyone looked */
			if (rng_chance(STREAM_NET, 50)) {
				a->tx_total = rng_range(STREAM_NET, 1, s->rx_cap);
				arrived(a, a->tx_total);
				if (rng_chance(STREAM_NET, 30))
					fin_arrived(a);
			}
			a->actor = -1;
			a->dead = a->gone = true;
			rst_arrived(s);
		}
	}
	net_wake(s, WAIT_WRITE);
}

static void
happen(const struct event *e)
{
	struct sock *s = &socks[e->id];

	switch (e->kind) {
	case EV_LINK:
		link_run(s);
		break;
	case EV_RST:
		rst_arrived(s);
		break;
	case EV_ERROR:
		s->cut = false;
		net_error(s, (int)e->arg);
		s->cut = true;
		break;
	case EV_CONNECT:
		connect_done(s, (int)e->arg);
		break;
	case EV_WAKE:
		s->wake_on = false;
		net_wake(s, net_mask(s));
		break;
	default:
		actor_event(e->kind, e->id, e->arg);
		break;
	}
}

void
net_until(uint64_t us)
{
	struct event e;

	while (nheap > 0 && heap[0].when <= us) {
		e = pop();
		if (e.when > W.now)
			W.now = e.when;
		W.happened++;
		happen(&e);
	}
	if (us > W.now && us != SIM_NEVER)
		W.now = us;
}

void
net_race(void)
{
	net_until(W.now + fault_pick(FAULT_RACE, 50));
}

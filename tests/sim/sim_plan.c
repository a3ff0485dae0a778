/*
 * sim_plan.c - what a seed stands for: a configuration, a cast, and which faults
 * strike how often.
 */
#include <errno.h>
#include <string.h>

#include "former.h"
#include "sim.h"
#include "splice.h"

struct setup plan_setup;
struct plan plan;

static uint32_t
pick(uint32_t n)
{
	return rng_below(STREAM_PLAN, n);
}

static bool
maybe(unsigned percent)
{
	return rng_chance(STREAM_PLAN, percent);
}

/* --- the configuration --------------------------------------------------- */

static uint32_t
string(const char *text)
{
	struct setup *s = &plan_setup;
	uint32_t at = s->nstrings;

	memcpy(s->strings + at, text, strlen(text) + 1);
	s->nstrings += (uint32_t)strlen(text) + 1;
	return at;
}

static struct setting
value(uint32_t v)
{
	return (struct setting){ v, SETUP_AT(0, 1 + pick(99)) };
}

/* A time: 0 is off. */
static struct setting
span(unsigned off, uint32_t lo, uint32_t hi)
{
	return value(maybe(off) ? 0 : lo + pick(hi - lo + 1));
}

static void
address(struct os_addr *a, bool local, unsigned number)
{
	memset(a, 0, sizeof(*a));
	if (local) {
		a->family = OS_UNIX;
		memcpy(a->u.path, "/run/b00", 8);
		a->u.path[6] = (char)('0' + number / 10);
		a->u.path[7] = (char)('0' + number % 10);
		a->pathlen = 8;
		return;
	}
	a->family = OS_IPV4;
	a->u.ip[0] = 127;
	a->u.ip[3] = 1;
	a->port = (uint16_t)(1000 + number);
}

static struct os_addr
make_service(bool local)
{
	struct service *sv = &services[nservices];

	memset(sv, 0, sizeof(*sv));
	sv->local = local;
	address(&sv->addr, sv->local, nservices);
	sv->up = !maybe(10);
	sv->drops = maybe(3);
	sv->accept_us = maybe(70) ? pick(1000) : pick(5 * SIM_S);
	sv->temper = (uint8_t)(maybe(50) ? 0 : pick(60));
	nservices++;
	return sv->addr;
}

static void
make_backend(void)
{
	struct setup *s = &plan_setup;
	struct setup_backend *b = &s->backends[s->nbackends];
	char label[8] = "b00";
	unsigned n;

	memset(b, 0, sizeof(*b));
	label[1] = (char)('0' + s->nbackends / 10);
	label[2] = (char)('0' + s->nbackends % 10);
	b->label = b->host = string(label);
	b->connect_timeout = span(20, 50, 8000);
	b->read_timeout = span(70, 100, 30000);
	b->write_timeout = span(70, 100, 30000);
	b->disable_time = span(10, 10, 5000);
	s->nbackends++;
	if (maybe(3))
		return;		/* a name that did not resolve: no address */
	if (!maybe(15)) {
		b->addr = make_service(maybe(25));
		return;
	}
	/* a name with several */
	b->first_addr = (uint16_t)s->naddrs;
	for (n = 1 + pick(SIM_ADDRS); n > 0; n--) {
		s->addrs[s->naddrs++] = make_service(false);
		b->naddrs++;
	}
	b->addr = s->addrs[b->first_addr];
}

static void
make_pool(void)
{
	struct setup *s = &plan_setup;
	struct setup_pool *p = &s->pools[s->npools++];
	unsigned n = maybe(4) ? 0 : 1 + pick(4);

	p->first_backend = (uint16_t)s->nbackends;
	p->nbackends = (uint16_t)n;
	while (n-- > 0)
		make_backend();
}

static void
make_profile(void)
{
	struct setup *s = &plan_setup;
	struct setup_profile *p = &s->profiles[s->nprofiles++];

	p->pool = pick(s->npools);
	p->balance = value(pick(4));
	p->debug = value(maybe(90) ? 0 : pick(4));
	p->half_close_timeout = span(40, 100, 100000);
	p->max_read_idle = span(75, 100, 60000);
	p->max_write_idle = span(75, 100, 60000);
	p->kbytes = value(maybe(90) ? 0 : 1 + pick(1000));
	p->log_sessions = value(pick(3));
	p->splice = value(!maybe(20));
}

static void
make_listener(void)
{
	struct setup *s = &plan_setup;
	unsigned i = s->nlisteners++;
	struct setup_listener *l = &s->listeners[i];
	struct setup_class *c;

	memset(l, 0, sizeof(*l));
	address(&l->addr, maybe(25), 50 + i);
	l->name = string(i == 0 ? ":50" : i == 1 ? ":51" : ":52");
	l->backlog = value(1 + pick(SIM_BACKLOG));
	l->first_class = s->nclasses;
	if (maybe(30)) {
		c = &s->classes[s->nclasses++];
		memset(c, 0, sizeof(*c));
		c->family = OS_IPV4;
		c->ip[0] = 127;
		c->ip[3] = 2;
		c->bits = 31;
		c->profile = (uint16_t)pick(s->nprofiles);
	}
	c = &s->classes[s->nclasses++];
	memset(c, 0, sizeof(*c));
	c->profile = (uint16_t)pick(s->nprofiles);
	l->nclasses = s->nclasses - l->first_class;
}

/* Another configuration, for the same listeners and backends. */
void
plan_change(void)
{
	struct setup *s = &plan_setup;
	uint32_t n = s->nprofiles;

	if (maybe(50))
		return;
	for (s->nprofiles = 0; s->nprofiles < n; )
		make_profile();
	s->server.buffers = value(pick(6));
}

static const char *const waiters[] = { "epoll", "kqueue", "poll" };

static void
make_setup(void)
{
	struct setup *s = &plan_setup;
	unsigned n, i;

	memset(&s->server, 0, sizeof(s->server));
	s->nlisteners = s->npools = s->nbackends = s->nprofiles = 0;
	s->nclasses = s->nstrings = s->naddrs = 0;
	s->strings[s->nstrings++] = '\0';
	for (n = 1 + pick(2); n > 0; n--)
		make_pool();
	for (n = 1 + pick(3); n > 0; n--)
		make_profile();
	for (n = 1 + pick(3); n > 0; n--)
		make_listener();
	former_entries(s);
	s->server.max_connections = value(maybe(30) ? 1 + pick(3) :
	    4 + pick(20));
	s->server.buffers = value(maybe(30) ? 1 : maybe(50) ? 2 + pick(4) : 0);
	s->server.kbytes = value(maybe(93) ? 0 : 1 + pick(3000));
	s->server.graceful_ms = value(pick(5000));
	W.shape = maybe(70) ? SHAPE_LINUX : SHAPE_BSD;
	i = W.shape == SHAPE_LINUX ? 2 * maybe(35) : 1 + maybe(35);
	plan.waiter = waiters[i];
	s->server.event_handler = value(string(waiters[i]));
	tally.waiter[i]++;
}

/* --- the world ----------------------------------------------------------- */

static void
make_faults(void)
{
	static const uint16_t often[FAULTS] = {
		[FAULT_SHORT_READ] = 8, [FAULT_SHORT_WRITE] = 8,
		[FAULT_READ_AGAIN] = 20, [FAULT_WRITE_AGAIN] = 20,
		[FAULT_NOBUFS] = 60, [FAULT_SPURIOUS] = 6, [FAULT_RACE] = 4,
		[FAULT_CONNECT_NOW] = 2, [FAULT_CONNECT_SLOW] = 8,
		[FAULT_CONNECT_REFUSED] = 5, [FAULT_CONNECT_DROP] = 15,
		[FAULT_CONNECT_UNREACH] = 8, [FAULT_CONNECT_PORTS] = 15,
		[FAULT_CONNECT_SHORT] = 20, [FAULT_CONNECT_BACKLOG] = 4,
		[FAULT_CONNECT_RESET] = 10, [FAULT_ACCEPT_ABORTED] = 10,
		[FAULT_ACCEPT_SHORT] = 12, [FAULT_ACCEPT_AGAIN] = 20,
		[FAULT_FDS] = 1, [FAULT_NETWORK] = 6, [FAULT_RESET] = 4,
		[FAULT_CLOCK_JUMP] = 500, [FAULT_CLOCK_STILL] = 300,
		[FAULT_FLAP] = 1, [FAULT_WAIT] = 50, [FAULT_WAIT_ADD] = 20,
		[FAULT_LANE] = 4, [FAULT_LANE_FULL] = 4,
		[FAULT_LANE_SHORT] = 4,
		[FAULT_SHUTDOWN] = 20, [FAULT_VANISH] = 2, [FAULT_DRAIN] = 1
	};
	/* of a hundred seeds: how many know this fault */
	static const uint8_t known[FAULTS] = {
		[FAULT_CLOCK_JUMP] = 10, [FAULT_CLOCK_STILL] = 10,
		[FAULT_FDS] = 10, [FAULT_FLAP] = 15, [FAULT_DRAIN] = 20,
		[FAULT_CONNECT_DROP] = 12, [FAULT_CONNECT_SLOW] = 15,
		[FAULT_CONNECT_SHORT] = 12, [FAULT_CONNECT_PORTS] = 12,
		[FAULT_NETWORK] = 20, [FAULT_RESET] = 20
	};
	unsigned i;
	bool calm = maybe(15);

	for (i = 0; i < FAULT_CRASH; i++) {
		unsigned percent = known[i] != 0 ? known[i] : 25;
		uint32_t mean = 2 + pick(often[i] * 4);

		if (maybe(calm ? 0 : percent))
			fault_rate(i, mean);
	}
}

static void
make_clock(void)
{
	switch (pick(6)) {
	case 0:
		W.base_ms = (1ULL << 31) - 1000;
		break;
	case 1:
		W.base_ms = (1ULL << 32) - 1000;
		break;
	case 2:
		W.base_ms = 0;
		break;
	default:
		W.base_ms = rng_u32(STREAM_PLAN);
		break;
	}
	W.last_ms = W.base_ms;
}

static void
make_world(void)
{
	static const uint32_t lats[] = { 50, 500, 5000, 100000 };
	static const uint8_t kinds[2][3] = {
		{ SPLICE_NONE, SPLICE_PUMPED, SPLICE_PUMPED },
		{ SPLICE_NONE, SPLICE_DETACHED, SPLICE_DETACHED }
	};
	unsigned f = pick(100);

	W.flavour = f < 30 ? FLAVOUR_TINY : f < 92 ? FLAVOUR_NORMAL :
	    FLAVOUR_BULK;
	W.lat_max = lats[pick(4)];
	W.blind = maybe(10);
	W.temper = maybe(40) ? 0 : pick(70);
	W.arrivals_us = 1u << (10 + pick(15));
	if (W.flavour == FLAVOUR_BULK && maybe(50))
		plan_setup.server.buffers = value(1);
	plan.splice = kinds[W.shape][pick(3)];
	plan.pipe = maybe(50) ? 65536 : maybe(50) ? 4096 : 1 << 20;
	tally.splice[plan.splice]++;
	W.fd_limit = fault_on(FAULT_FDS) ? 8 + pick(40) : SIM_FDS - 8;
}

/* Of its own stream, so that all else is as it would be without. */
static void
make_crashes(void)
{
	if (!rng_chance(FAULT_CRASH, plan.hands_over ? 50 : 8))
		return;
	plan.crashes = rng_range(FAULT_CRASH, 1, 3);
	fault_rate(FAULT_CRASH, 1u << rng_range(FAULT_CRASH, 3, 12));
	if (!fault_on(FAULT_CRASH))
		plan.crashes = 0;
}

void
plan_make(uint64_t seed)
{
	unsigned i;

	(void)seed;
	memset(&plan, 0, sizeof(plan));
	make_setup();
	make_faults();
	make_clock();
	make_world();
	plan.drain_us = plan.again_us = SIM_NEVER;
	plan.graceful_ms = pick(3) == 0 ? 0 : pick(20000);
	plan.by_channel = maybe(40);
	if (fault_on(FAULT_DRAIN)) {
		plan.drain_us = pick(1u << (12 + pick(13)));
		net_at(plan.drain_us, EV_DRAIN, 0, 0);
		if (maybe(30))
			net_at(plan.drain_us + pick(3 * SIM_S), EV_DRAIN, 0, 0);
	}
	if (maybe(5))
		net_at(pick(1u << (12 + pick(13))), EV_OPERATOR, 0, 0);
	plan.hands_over = plan.by_channel && !fault_on(FAULT_FDS) && maybe(40);
	if (plan.hands_over)
		for (i = 1 + pick(3); i > 0; i--)
			net_at(pick(1u << (10 + pick(W.flavour ==
			    FLAVOUR_BULK ? 12 : 16))), EV_HANDOVER, 0, 0);
	if (fault_on(FAULT_FLAP))
		for (i = 0; i < nservices; i++)
			net_at(pick(5 * SIM_S), EV_FLAP, i, 0);
	plan.no_start = maybe(1);
	plan.short_at = maybe(1) ? 1 + pick(12) : 0;
	make_crashes();
	plan.turns = 6000;
	nclients = nactors = 1 + pick(maybe(50) ? 8 : SIM_CLIENTS);
}

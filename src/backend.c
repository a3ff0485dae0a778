/*
 * backend.c - choice of backends and passive health.
 *
 * up -> (connect failed) out until .until_ms -> (a session probes) -> up or out.
 * A probing session that fails goes on to the next backend like any other, so a
 * client is never lost to a probe.
 */
#include <errno.h>

#include "addr.h"
#include "backend.h"
#include "board.h"
#include "conf.h"
#include "log.h"
#include "mem.h"
#include "must.h"
#include "stat.h"
#include "text.h"

struct health {
	uint64_t	until_ms;	/* out until then */
	uint64_t	since_ms;	/* out since */
	uint64_t	hash;		/* of its name, for sticky and hash */
	uint8_t		out;		/* has failed, see left_out */
	uint8_t		probed;		/* a session is trying it now */
	uint8_t		addr;		/* which was connected to last */
};

static const struct setup *setup;
static struct health	*health;
static uint16_t		*cursor;	/* round robin: next one, by pool */

/* The finishing steps of a good integer hash: every bit changes half of all. */
static uint64_t
mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

static uint64_t
mix_bytes(uint64_t seed, const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		seed = mix(seed ^ (bytes[i] + 1));
	return seed;
}

static uint64_t
mix_word(uint64_t seed, const char *word)
{
	for (; *word != '\0'; word++)
		seed = mix(seed ^ (uint8_t)*word);
	return seed;
}

bool
backend_open(const struct setup *set)
{
	unsigned i;

	setup = set;
	health = mem_private((set->nbackends + 1) * sizeof(health[0]));
	cursor = mem_private((set->npools + 1) * sizeof(cursor[0]));
	if (health == NULL || cursor == NULL) {
		backend_close();
		return false;
	}
	for (i = 0; i < set->nbackends; i++)
		health[i].hash = mix_word(0, conf_string(set,
		    set->backends[i].label));
	return true;
}

void
backend_close(void)
{
	if (setup == NULL)
		return;
	mem_unmap(health, (setup->nbackends + 1) * sizeof(health[0]));
	mem_unmap(cursor, (setup->npools + 1) * sizeof(cursor[0]));
	health = NULL;
	cursor = NULL;
	setup = NULL;
}

unsigned
backend_words(const struct setup *set)
{
	unsigned i, most = 1;

	for (i = 0; i < set->npools; i++)
		if (set->pools[i].nbackends > most)
			most = set->pools[i].nbackends;
	return (most + 63) / 64;
}

/* Without a disable-time one that has failed is tried by everybody. */
static bool
left_out(unsigned b)
{
	return health[b].out && setup->backends[b].disable_time.v != 0;
}

bool
backend_is_up(unsigned b, uint64_t now)
{
	const struct health *h = &health[b];

	if (setup->backends[b].addr.family == OS_NONE || !board_allows(b))
		return false;
	return !left_out(b) || (h->until_ms <= now && !h->probed);
}

static bool
tried(const struct backend_choice *c, unsigned i)
{
	return c->tried[i / 64] >> (i % 64) & 1;
}

/* The one that a client belongs to: the highest score wins. */
static uint64_t
score(const struct backend_choice *c, unsigned b)
{
	uint64_t key;

	key = mix_bytes(c->peer->family, c->peer->ip, sizeof(c->peer->ip));
	if (c->profile->balance.v == BALANCE_HASH)
		key = mix_word(key,
		    conf_string(setup, setup->listeners[c->listener].name));
	return mix(key ^ health[b].hash);
}

/* Whether candidate b is better than best (BACKEND_NONE: nothing yet). */
static bool
better(const struct backend_choice *c, unsigned b, unsigned best)
{
	if (best == BACKEND_NONE)
		return true;
	switch (c->profile->balance.v) {
	case BALANCE_LEAST:
		return stat_load(b) < stat_load(best);
	case BALANCE_STICKY:
	case BALANCE_HASH:
		return score(c, b) > score(c, best);
	default:	/* round robin: the first one after the cursor */
		return false;
	}
}

static unsigned
pick_up(const struct backend_choice *c, const struct setup_pool *pool,
    uint64_t now)
{
	unsigned b, best = BACKEND_NONE, first = 0, i, n = pool->nbackends;

	if (c->profile->balance.v == BALANCE_ROUND_ROBIN)
		first = cursor[c->profile->pool];
	for (i = 0; i < n; i++) {
		b = pool->first_backend + (first + i) % n;
		if (tried(c, b - pool->first_backend) || !backend_is_up(b, now))
			continue;
		if (better(c, b, best))
			best = b;
	}
	return best;
}

/* All are out: the one that is out longest may be back. */
static unsigned
pick_out(const struct backend_choice *c, const struct setup_pool *pool)
{
	unsigned b, best = BACKEND_NONE, i;

	for (i = 0; i < pool->nbackends; i++) {
		b = pool->first_backend + i;
		if (tried(c, i) || !board_allows(b) ||
		    setup->backends[b].addr.family == OS_NONE)
			continue;
		if (best == BACKEND_NONE ||
		    health[b].since_ms < health[best].since_ms)
			best = b;
	}
	return best;
}

unsigned
backend_pick(struct backend_choice *c, uint64_t now)
{
	const struct setup_pool *pool = &setup->pools[c->profile->pool];
	unsigned b, i;

	if (pool->nbackends == 0)
		return BACKEND_NONE;
	if ((b = pick_up(c, pool, now)) == BACKEND_NONE && !c->last) {
		b = pick_out(c, pool);
		c->last = true;
	}
	if (b == BACKEND_NONE)
		return BACKEND_NONE;
	i = b - pool->first_backend;
	c->tried[i / 64] |= 1ULL << (i % 64);
	if (c->profile->balance.v == BALANCE_ROUND_ROBIN)
		cursor[c->profile->pool] = (uint16_t)((i + 1) % pool->nbackends);
	if (health[b].out)
		health[b].probed = 1;
	stat_add(&stat_backend(b)->load, 1);
	stat_add(&stat_backend(b)->chosen, 1);
	return b;
}

unsigned
backend_addrs(unsigned b)
{
	unsigned n = setup->backends[b].naddrs;

	return n == 0 ? 1 : n;
}

unsigned
backend_first_addr(unsigned b)
{
	return health[b].addr;
}

const struct os_addr *
backend_addr(unsigned b, unsigned which)
{
	const struct setup_backend *sb = &setup->backends[b];

	return sb->naddrs == 0 ? &sb->addr :
	    &setup->addrs[sb->first_addr + which % sb->naddrs];
}

void
backend_connected(unsigned b, unsigned addr, uint64_t now, uint64_t took_ms)
{
	struct health *h = &health[b];
	char span[TEXT_SHORT];

	h->addr = (uint8_t)addr;
	stat_add(&stat_backend(b)->connected, 1);
	stat_add(&stat_backend(b)->connect_ms, took_ms);
	h->probed = 0;
	if (!h->out)
		return;
	h->out = 0;
	stat_set(&stat_backend(b)->down, 0);
	if (log_may(LOG_CLASS_BACKEND, now))
		log_notice("backend %s is back after %s",
		    conf_string(setup, setup->backends[b].label),
		    text_span(span, now - h->since_ms));
}

const char *
backend_errno(int error)
{
	return error == EAGAIN ? "its backlog is full" :
	    error == EADDRNOTAVAIL ? "no local port or address is left for it" :
	    log_errno(error);
}

/* The same, with the setting that it may be due to. */
static const char *
failure(const struct setup_backend *sb, int error, char *buf, size_t size)
{
	char span[TEXT_SHORT];

	if (error == ENOENT && setup->server.chroot.v != 0) {
		text_format(buf, size, "%s (below server.chroot, %s)",
		    log_errno(error), conf_at(setup, setup->server.chroot.at));
		return buf;
	}
	if (error != ETIMEDOUT || sb->connect_timeout.v == 0)
		return backend_errno(error);
	text_format(buf, size, "%s (connect-timeout is %s, %s)",
	    log_errno(error), text_span(span, sb->connect_timeout.v),
	    conf_at(setup, sb->connect_timeout.at));
	return buf;
}

void
backend_failed(unsigned b, int error, uint64_t now)
{
	const struct setup_backend *sb = &setup->backends[b];
	const struct stat_backend *st = stat_backend(b);
	struct health *h = &health[b];
	char span[TEXT_SHORT], addr[ADDR_TEXT], buf[384];
	const char *why;

	stat_add(error == EAGAIN ? &st->overloaded :
	    error == ETIMEDOUT ? &st->timeouts : &st->died, 1);
	h->probed = 0;
	h->until_ms = now + sb->disable_time.v;
	if (h->out)
		return;
	h->out = 1;
	h->since_ms = now;
	stat_set(&st->down, left_out(b));
	if (!log_may(LOG_CLASS_BACKEND, now))
		return;
	if (sb->naddrs > 1)
		text_format(addr, sizeof(addr), "%u addresses", sb->naddrs);
	else
		addr_text(addr, sizeof(addr), &sb->addr);
	why = failure(sb, error, buf, sizeof(buf));
	log_warn("backend %s (%s) does not answer: %s; left out for %s "
	    "(disable-time, %s)", conf_string(setup, sb->label), addr, why,
	    left_out(b) ? text_span(span, sb->disable_time.v) : "no time",
	    conf_at(setup, sb->disable_time.at));
}

void
backend_spared(unsigned b)
{
	health[b].probed = 0;
}

void
backend_released(unsigned b)
{
	MUST(stat_backend(b)->load > 0);
	stat_add(&stat_backend(b)->load, -1);
}

void
backend_adopted(unsigned b, const struct setup_pool *pool, uint64_t *tried)
{
	unsigned i = b - pool->first_backend;

	if (i < pool->nbackends)
		tried[i / 64] |= 1ULL << (i % 64);
	stat_add(&stat_backend(b)->load, 1);
}

void
backend_health(unsigned b, uint64_t *since_ms, uint64_t *until_ms)
{
	*since_ms = left_out(b) ? health[b].since_ms : 0;
	*until_ms = health[b].until_ms;
}

void
backend_set_health(unsigned b, uint64_t since_ms, uint64_t until_ms,
    uint64_t now)
{
	const uint64_t most = now + setup->backends[b].disable_time.v;

	if (since_ms == 0 || health[b].out)
		return;
	health[b].out = 1;
	health[b].since_ms = since_ms;
	health[b].until_ms = until_ms < most ? until_ms : most;
	stat_set(&stat_backend(b)->down, left_out(b));
}

/*
 * sim_script.c - what clients and backends are to play.
 *
 * A client's script says what the two of them talk about; the backend that it
 * gets plays the other part, unless its temper is against it.
 */
#include <string.h>

#include "sim.h"

enum talk {
	TALK_ECHO, TALK_UPLOAD, TALK_UPLOAD_FIN, TALK_DOWNLOAD, TALK_BANNER,
	TALK_DUPLEX, TALK_SERVER_ENDS, TALK_RUDE, TALK_IDLE, TALK_ANY, TALKS
};

static void
say(struct actor *a, enum op_kind kind, uint64_t n)
{
	if (a->nops < SIM_OPS - 1)
		a->ops[a->nops++] = (struct op){ (uint8_t)kind, (uint32_t)n };
}

static uint32_t
size_of(unsigned st)
{
	static const uint32_t edges[] = { 16383, 16384, 16385, 65535, 65536,
	    65537, 32768, 131072 };

	switch (W.flavour) {
	case FLAVOUR_TINY:
		return rng_chance(st, 30) ? rng_below(st, 3) : rng_below(st, 300);
	case FLAVOUR_BULK:
		if (rng_chance(st, 25))		/* long enough to gather */
			return rng_range(st, 1500000, 12000000);
		if (rng_chance(st, 40))
			return rng_range(st, 150000, 1500000);
		/* FALLTHROUGH */
	default:
		if (rng_chance(st, 20))
			return edges[rng_below(st, 8)];
		if (rng_chance(st, 10))
			return rng_below(st, 3);
		if (rng_chance(st, 10))
			return rng_below(st, 200000);
		return 1 + rng_below(st, 1u << rng_below(st, 15));
	}
}

static uint64_t
pause_us(unsigned st)
{
	return rng_below(st, 1u << rng_range(st, 4, 25));
}

/* A script made of anything. */
static void
script_any(struct actor *a, unsigned st)
{
	unsigned n = rng_range(st, 1, 10);
	uint64_t heard = 0;

	while (n-- > 0) {
		switch (rng_below(st, 12)) {
		case 0: case 1: case 2: case 3:
			say(a, OP_SEND, size_of(st));
			break;
		case 4: case 5:
			say(a, OP_PAUSE, pause_us(st));
			break;
		case 6: case 7:
			heard += size_of(st);
			say(a, OP_WAIT, heard);
			break;
		case 8:
			say(a, OP_STOP, 0);
			break;
		case 9:
			say(a, OP_SLOW, 0);
			break;
		case 10:
			say(a, OP_FAST, 0);
			break;
		default:
			if (rng_chance(st, 20))
				say(a, OP_FIN, 0);
			break;
		}
	}
	say(a, OP_FAST, 0);
	if (rng_chance(st, 70)) {
		say(a, OP_FIN, 0);
		say(a, OP_WAIT_END, 0);
	}
	say(a, OP_CLOSE, 0);
}

/* Something goes wrong somewhere. */
static void
script_spoil(struct actor *a, unsigned st)
{
	static const uint8_t ways[] = { OP_RESET, OP_RESET, OP_RESET, OP_CLOSE,
	    OP_CLOSE, OP_STOP, OP_SLOW, OP_PAUSE, OP_FIN, OP_VANISH };
	unsigned at = rng_below(st, a->nops), i;
	uint8_t way = ways[rng_below(st, sizeof(ways))];

	if (way == OP_VANISH && !fault(FAULT_VANISH))
		way = OP_RESET;
	if (way == OP_FIN || a->nops == SIM_OPS - 1)
		way = OP_RESET;
	for (i = a->nops++; i > at; i--)
		a->ops[i] = a->ops[i - 1];
	a->ops[at].kind = way;
	a->ops[at].n = way == OP_PAUSE ? (uint32_t)pause_us(st) * 8 : 0;
}

static void
echo(struct actor *a, const struct actor *c)
{
	unsigned i;

	for (i = 1; i <= c->rounds; i++) {
		if (a->client) {
			say(a, OP_SEND, c->a);
			say(a, OP_WAIT, c->b * i);
		} else {
			say(a, OP_WAIT, c->a * i);
			say(a, OP_SEND, c->b);
		}
	}
	if (a->client && c->rounds % 2)
		say(a, OP_FIN, 0);
	if (!a->client || c->rounds % 2)
		say(a, OP_WAIT_END, 0);
	say(a, OP_CLOSE, 0);
}

static void
part_client(struct actor *a)
{
	switch (a->talk) {
	case TALK_UPLOAD:
		say(a, OP_SEND, a->a);
		say(a, OP_CLOSE, 0);
		break;
	case TALK_UPLOAD_FIN:
	case TALK_DUPLEX:
	case TALK_SERVER_ENDS:
	case TALK_RUDE:
		say(a, OP_SEND, a->a);
		say(a, OP_FIN, 0);
		say(a, OP_WAIT_END, 0);
		say(a, OP_CLOSE, 0);
		break;
	case TALK_BANNER:
		say(a, OP_WAIT, a->b);
		say(a, OP_SEND, a->a);
		say(a, OP_WAIT_END, 0);
		say(a, OP_CLOSE, 0);
		break;
	case TALK_IDLE:
		say(a, OP_PAUSE, a->a * 1000);
		say(a, OP_CLOSE, 0);
		break;
	default:
		say(a, OP_WAIT_END, 0);
		say(a, OP_CLOSE, 0);
		break;
	}
}

static void
part_backend(struct actor *a, const struct actor *c)
{
	switch (c->talk) {
	case TALK_UPLOAD_FIN:
		say(a, OP_WAIT_END, 0);
		/* FALLTHROUGH */
	case TALK_DOWNLOAD:
		say(a, OP_SEND, c->b);
		break;
	case TALK_BANNER:
		say(a, OP_SEND, c->b);
		say(a, OP_WAIT, c->a);
		say(a, OP_SEND, c->a);
		break;
	case TALK_DUPLEX:
		say(a, OP_SEND, c->b);
		say(a, OP_FIN, 0);
		say(a, OP_WAIT_END, 0);
		break;
	case TALK_SERVER_ENDS:
		if (c->b % 2)
			say(a, OP_SEND, c->b);
		say(a, OP_FIN, 0);
		say(a, OP_WAIT_END, 0);
		break;
	case TALK_RUDE:		/* answers and closes with bytes unread */
		say(a, OP_STOP, 0);
		say(a, OP_PAUSE, c->a);
		say(a, OP_SEND, c->b);
		break;
	default:
		say(a, OP_WAIT_END, 0);
		break;
	}
	say(a, OP_CLOSE, 0);
}

void
actor_shape(struct actor *a, unsigned st)
{
	static const uint64_t patience[] = { SIM_S, 30 * SIM_S, 600 * SIM_S,
	    SIM_NEVER, SIM_NEVER };

	a->other = -1;
	a->reader = OP_FAST;
	a->chunk = rng_chance(st, 60) ? 1 << 20 : 1 +
	    rng_below(st, W.flavour == FLAVOUR_TINY ? 50 : 30000);
	a->gap = rng_chance(st, 60) ? 0 : rng_below(st, 20000);
	a->rchunk = 1 + rng_below(st, W.flavour == FLAVOUR_TINY ? 50 : 60000);
	a->rgap = rng_below(st, 1u << rng_range(st, 4, 18));
	a->patience = patience[rng_below(st, 5)];
	/* who takes so long to read that LAST is over before */
	if (rng_chance(st, 3)) {
		a->reader = OP_SLOW;
		a->rchunk = 1 + a->rchunk / 100;
		a->rgap = rng_range(st, SIM_S, 9 * SIM_S);
		a->patience = SIM_NEVER;
	}
}

void
actor_cast(unsigned i)
{
	struct actor *a = &actors[i];
	unsigned st = STREAM_ACTOR + i;

	memset(a, 0, offsetof(struct actor, ops));
	a->client = a->began = true;
	actor_shape(a, st);
	a->talk = (uint8_t)rng_below(st, TALKS);
	a->a = size_of(st);
	a->b = size_of(st);
	a->rounds = rng_range(st, 1, W.flavour == FLAVOUR_BULK ? 3 : 20);
	if (a->talk == TALK_ANY)
		script_any(a, st);
	else if (a->talk == TALK_ECHO)
		echo(a, a);
	else
		part_client(a);
	if (rng_chance(st, W.temper))
		script_spoil(a, st);
	net_at(rng_below(st, W.arrivals_us), EV_ARRIVE, i, 0);
}

/* The backend takes the connection: what is it about? */
void
actor_begin(struct actor *a)
{
	struct sock *mate = check_mate(a->s->peer);
	unsigned st = STREAM_NET;
	const struct actor *c;

	a->began = true;
	a->reader = OP_FAST;
	if (mate == NULL || mate->peer->actor < 0) {
		script_any(a, st);
		return;
	}
	a->other = mate->peer->actor;
	c = &actors[a->other];
	if (c->talk == TALK_ANY)
		script_any(a, st);
	else if (c->talk == TALK_ECHO)
		echo(a, c);
	else
		part_backend(a, c);
	if (rng_chance(st, services[a->service].temper))
		script_spoil(a, st);
}

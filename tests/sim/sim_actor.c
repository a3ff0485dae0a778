/*
 * sim_actor.c - clients and backends, each playing a script.
 *
 * A client's script says what the two of them talk about; the backend that it
 * gets plays the other part, unless its temper is against it.  Reading goes on by
 * itself, as the script has set the reader.
 */
#include <errno.h>
#include <string.h>

#include "sim.h"
#include "wait.h"

enum talk {
	TALK_ECHO, TALK_UPLOAD, TALK_UPLOAD_FIN, TALK_DOWNLOAD, TALK_BANNER,
	TALK_DUPLEX, TALK_SERVER_ENDS, TALK_RUDE, TALK_IDLE, TALK_ANY, TALKS
};

struct actor actors[SIM_ACTORS];
unsigned nactors, nclients;
struct service services[SIM_SERVICES];
unsigned nservices;
struct sock *sim_listeners[SIM_LISTENERS];
unsigned sim_nlisteners;

void
actor_reset_world(void)
{
	nactors = nclients = nservices = sim_nlisteners = 0;
}

/* --- scripts ------------------------------------------------------------------ */

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

static void
shape(struct actor *a, unsigned st)
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
}

void
actor_cast(unsigned i)
{
	struct actor *a = &actors[i];
	unsigned st = STREAM_ACTOR + i;

	memset(a, 0, offsetof(struct actor, ops));
	a->client = a->began = true;
	shape(a, st);
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

int
actor_serve(unsigned service, struct sock *s)
{
	struct service *sv = &services[service];
	struct actor *a;

	if (nactors == SIM_ACTORS)
		sim_fail("simulator", -1, "too many actors");
	a = &actors[nactors];
	memset(a, 0, offsetof(struct actor, ops));
	a->s = s;
	a->service = service;
	a->scheduled = true;
	shape(a, STREAM_NET);
	a->reader = OP_STOP;		/* nobody has accepted it yet */
	net_after(sv->accept_us, EV_ACTOR, nactors, 0);
	return (int)nactors++;
}

/* The backend takes the connection: what is it about? */
static void
begin(struct actor *a)
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

/* --- playing -------------------------------------------------------------------- */

static void
again(struct actor *a, uint64_t us)
{
	if (a->scheduled)
		return;
	a->scheduled = true;
	net_after(us, EV_ACTOR, (unsigned)(a - actors), 0);
}

static bool
heard_all(const struct actor *a)
{
	return a->s->rx_fin && net_unread(a->s) == 0;
}

/* Send what there is room for.  True when the op is done. */
static bool
play_send(struct actor *a, uint32_t n)
{
	struct sock *s = a->s;
	uint32_t k, space;

	if (a->left == 0)
		a->left = n;
	while (a->left > 0) {
		if (s->tx_fin || (s->local && s->peer->gone)) {
			a->left = 0;
			return true;
		}
		k = a->left < a->chunk ? a->left : a->chunk;
		if ((space = net_space(s)) < k) {
			s->nospace = true;
			k = space;
		}
		if (k == 0)
			return false;
		net_send(s, k);
		a->left -= k;
		if (a->left > 0 && a->gap > 0) {
			again(a, a->gap);
			return false;
		}
	}
	return true;
}

/* A wait: true when it is over, or the actor has had enough of it. */
static bool
play_wait(struct actor *a, bool over)
{
	if (over)
		return true;
	if (a->waited == 0)
		a->waited = W.now + 1;
	if (a->patience == SIM_NEVER)
		return false;
	if (W.now >= a->waited + a->patience)
		return true;
	again(a, a->waited + a->patience - W.now);
	return false;
}

static void
finish(struct actor *a)
{
	a->done = true;
	a->op = a->nops;
}

static void read_on(struct actor *);

/* One op; true when it is over. */
static bool
play_op(struct actor *a, const struct op *op)
{
	switch (op->kind) {
	case OP_SEND:
		return play_send(a, op->n);
	case OP_PAUSE:
		if (a->waited == 0)
			a->waited = W.now + 1;
		if (W.now >= a->waited + op->n)
			return true;
		again(a, a->waited + op->n - W.now);
		return false;
	case OP_WAIT:
		return play_wait(a, a->s->rx_taken >= op->n || heard_all(a));
	case OP_WAIT_END:
		return play_wait(a, heard_all(a));
	case OP_FIN:
		if (!a->s->tx_fin)
			net_fin(a->s);
		return true;
	case OP_CLOSE:
		net_close(a->s);
		finish(a);
		return false;
	case OP_RESET:
		net_kill(a->s);
		finish(a);
		return false;
	case OP_VANISH:
		net_vanish(a->s);
		finish(a);
		return false;
	default:
		a->reader = op->kind;
		read_on(a);
		return true;
	}
}

static void
play(struct actor *a)
{
	if (!a->began)
		begin(a);
	while (!a->done) {
		if (a->s->dead) {
			a->s->gone = true;
			finish(a);
			return;
		}
		read_on(a);
		if (a->op == a->nops) {
			say(a, OP_WAIT_END, 0);
			say(a, OP_CLOSE, 0);
			if (a->op == a->nops) {
				net_close(a->s);
				finish(a);
				return;
			}
		}
		if (!play_op(a, &a->ops[a->op]))
			return;
		a->waited = 0;
		a->op++;
	}
}

/* --- reading ---------------------------------------------------------------------- */

static void
read_on(struct actor *a)
{
	unsigned n = net_unread(a->s);

	if (n == 0 || a->done || !a->began)
		return;
	if (a->reader == OP_FAST)
		net_took(a->s, n);
	else if (a->reader == OP_SLOW && !a->reading) {
		a->reading = true;
		net_after(a->rgap, EV_READER, (unsigned)(a - actors), 0);
	}
}

static void
read_slowly(struct actor *a)
{
	unsigned n = net_unread(a->s);

	a->reading = false;
	if (a->done || a->reader == OP_STOP)
		return;
	if (n > a->rchunk && a->reader == OP_SLOW)
		n = a->rchunk;
	if (n > 0)
		net_took(a->s, n);
	read_on(a);
	again(a, 0);
}

void
actor_wake(int i)
{
	struct actor *a = &actors[i];

	if (a->done || !a->began)
		return;
	read_on(a);
	/* what it waits for may be there; a pause goes on by itself */
	again(a, 0);
}

/* --- events ------------------------------------------------------------------------- */

static void
disturb(struct sock *relay_end)
{
	static const int errors[] = { ECONNABORTED, ETIMEDOUT, EHOSTUNREACH,
	    ENETDOWN, ENETUNREACH, EPROTO, ECONNRESET };
	uint64_t us = rng_below(STREAM_NET, 1u << rng_range(STREAM_NET, 4, 24));

	if (fault(FAULT_NETWORK))
		net_after(us, EV_ERROR, relay_end->id,
		    (uint32_t)errors[fault_pick(FAULT_NETWORK, 7)]);
	if (fault(FAULT_RESET)) {
		net_after(us, EV_RST, relay_end->id, 0);
		net_after(us, EV_RST, relay_end->peer->id, 0);
	}
}

static void
arrive(unsigned i)
{
	struct actor *a = &actors[i];
	struct sock *l = sim_listeners[i % sim_nlisteners];

	if (a->done)
		return;
	if (l->gone || a->tries++ > 20 ||
	    (a->s = net_arrive(l, (int)i)) == NULL) {
		if (l->gone || a->tries > 20)
			a->done = true;
		else
			net_after(SIM_S, EV_ARRIVE, i, 0);
		return;
	}
	tally.clients++;
	disturb(a->s->peer);
	play(a);
}

/* The backend's program dies, or is started again. */
static void
flap(unsigned i)
{
	struct service *sv = &services[i];
	unsigned k;

	sv->up = !sv->up;
	trace(sv->up ? "backend-up" : "backend-down", -1, i, 0);
	for (k = nclients; k < nactors && !sv->up; k++) {
		if (actors[k].service != i || actors[k].done)
			continue;
		if (rng_chance(STREAM_NET, 50)) {
			net_close(actors[k].s);
			finish(&actors[k]);
		}
	}
	if (sv->flaps++ < 40)
		net_after(rng_below(STREAM_NET, 1u <<
		    rng_range(STREAM_NET, 12, 24)), EV_FLAP, i, 0);
}

void
actor_event(enum ev_kind kind, unsigned id, uint32_t arg)
{
	(void)arg;
	switch (kind) {
	case EV_ACTOR:
		actors[id].scheduled = false;
		if (!actors[id].done)
			play(&actors[id]);
		break;
	case EV_READER:
		read_slowly(&actors[id]);
		break;
	case EV_ARRIVE:
		arrive(id);
		break;
	case EV_FLAP:
		flap(id);
		break;
	case EV_DRAIN:
	case EV_OPERATOR:
	case EV_HANDOVER:
		W.orders |= 1u << kind;
		break;
	default:
		sim_fail("simulator", -1, "event %d", (int)kind);
	}
}

void
actor_connected(struct sock *relay_end)
{
	disturb(relay_end);
}

unsigned
actor_clients_left(void)
{
	unsigned i, n = 0;

	for (i = 0; i < nclients; i++)
		n += !actors[i].done;
	return n;
}

struct service *
actor_service(const struct os_addr *to)
{
	unsigned i;

	for (i = 0; i < nservices; i++)
		if (services[i].addr.family == to->family &&
		    (to->family == OS_UNIX ?
		    memcmp(services[i].addr.u.path, to->u.path,
		    sizeof(to->u.path)) == 0 :
		    services[i].addr.port == to->port))
			return &services[i];
	return NULL;
}

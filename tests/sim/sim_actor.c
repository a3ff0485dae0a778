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

/* --- playing ------------------------------------------------------------- */

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
		actor_begin(a);
	while (!a->done) {
		if (a->s->dead) {
			a->s->gone = true;
			finish(a);
			return;
		}
		read_on(a);
		if (a->op == a->nops) {
			net_close(a->s);
			finish(a);
			return;
		}
		if (!play_op(a, &a->ops[a->op]))
			return;
		a->waited = 0;
		a->op++;
	}
}

/* --- reading ------------------------------------------------------------- */

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

/* --- events -------------------------------------------------------------- */

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
	actor_shape(a, STREAM_NET);
	a->reader = OP_STOP;		/* nobody has accepted it yet */
	net_after(sv->accept_us, EV_ACTOR, nactors, 0);
	return (int)nactors++;
}

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

/*
 * sim_splice.c - splice.h, both kinds and none.
 *
 * Pumped: a lane holds a span of the source's stream, at most a pipe full.
 * Detached: bytes go over whenever there is something and room for it, without
 * anybody asking, until an end or an error stops it.
 */
#include <errno.h>
#include <string.h>

#include "sim.h"
#include "splice.h"
#include "wait.h"

enum { LANES = 100, PARCELS = 256 };

struct lane {
	bool		used, stopped, moving;
	struct sock	*from, *to;
	uint64_t	pos;		/* of the first byte held */
	uint64_t	held;
	uint64_t	in, out;	/* detached: since the last step */
	int		error;		/* of the sink */
	int		pipe[2];
};

static struct lane lanes[LANES];
static enum splice_kind kind, built_in;	/* in use; what the system can */
static unsigned	most, inuse, pipe_size, npipes;
static int	kept[LANES * 2];	/* pipes for later use */
static unsigned	nkept;
static struct lane parcels[PARCELS];	/* contents of pipes under way; from 1 */
static unsigned	nparcels;

void
splice_reset_world(int k, unsigned capacity)
{
	memset(lanes, 0, sizeof(lanes));
	built_in = (enum splice_kind)k;
	kind = SPLICE_NONE;
	pipe_size = capacity;
	most = inuse = npipes = nkept = nparcels = 0;
}

/* What is under way to another one is not its any more. */
void
splice_crash(void)
{
	struct lane *l;

	for (l = lanes; l < lanes + LANES; l++) {
		if (!l->used)
			continue;
		l->used = false;
		if (kind != SPLICE_DETACHED)
			continue;
		l->from->hidden = false;
		l->from->lane_out = l->to->lane_in = 0;
	}
	inuse = npipes = nkept = 0;
}

enum splice_kind
splice_open(unsigned n)
{
	most = n < LANES ? n : LANES;
	kind = n > 0 ? built_in : SPLICE_NONE;
	return kind;
}

enum splice_kind
splice_kind(void)
{
	return kind;
}

static void
pipe_close(const int *fds)
{
	desc_free(fds[0]);
	desc_free(fds[1]);
	npipes -= 2;
}

void
splice_trim(void)
{
	while (nkept > 0) {
		nkept -= 2;
		pipe_close(&kept[nkept]);
	}
}

void
splice_close(void)
{
	if (inuse > 0 && !W.contract)
		sim_fail("lane", -1, "%u lanes in use at the end", inuse);
	splice_trim();
	most = 0;
	kind = SPLICE_NONE;
}

unsigned
splice_lanes(void)
{
	return inuse;
}

unsigned
splice_pipes(void)
{
	return npipes;
}

static struct lane *
lane_at(int i, const char *call)
{
	if (i < 0 || i >= LANES || !lanes[i].used)
		sim_fail("lane", -1, "%s on lane %d, which is not in use", call,
		    i);
	return &lanes[i];
}

static int
pipe_open(int *fds)
{
	if (nkept > 0) {
		nkept -= 2;
		memcpy(fds, &kept[nkept], 2 * sizeof(fds[0]));
		return 0;
	}
	if ((fds[0] = desc_new(DESC_PIPE, NULL)) < 0)
		return fds[0];
	if ((fds[1] = desc_new(DESC_PIPE, NULL)) < 0) {
		desc_free(fds[0]);
		return fds[1];
	}
	npipes += 2;
	return 0;
}

static const int refusals[] = { ENOTSUP, ENOBUFS, EMFILE, ENFILE };

int
splice_begin(int from, int to)
{
	struct sock *f = desc_sock(from, "splice_begin");
	struct sock *t = desc_sock(to, "splice_begin");
	struct lane *l;
	unsigned i;
	int error;

	if (kind == SPLICE_NONE)
		return -ENOTSUP;
	if (fault(FAULT_LANE))
		return -refusals[fault_pick(FAULT_LANE, 4)];
	if (kind == SPLICE_DETACHED && (f->local || t->local))
		return -ENOTSUP;
	for (i = 0; i < most && lanes[i].used; i++)
		;
	if (i == most)
		return -ENOBUFS;
	l = &lanes[i];
	if (kind == SPLICE_DETACHED && (f->dead || t->dead || t->tx_fin))
		return -ENOTSUP;
	if (kind == SPLICE_PUMPED && (error = pipe_open(l->pipe)) != 0)
		return error;
	l->used = true;
	l->stopped = l->moving = false;
	l->from = f;
	l->to = t;
	l->pos = f->rx_taken;
	l->held = l->in = l->out = 0;
	l->error = 0;
	inuse++;
	W.progress++;
	trace("splice", from, to, (int64_t)i);
	if (kind == SPLICE_DETACHED) {
		f->hidden = true;
		f->lane_out = (int8_t)(i + 1);
		t->lane_in = (int8_t)(i + 1);
		splice_moves(f);
	}
	return (int)i;
}

/* --- bytes --------------------------------------------------------------- */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A byte of the source's stream, when both ends are ours. */
static uint8_t
real_byte(const struct lane *l, uint64_t pos)
{
	return l->from->peer->ring[pos % SIM_RING];
}

static size_t
lane_give(struct lane *l, size_t n)
{
	struct sock *t = l->to;
	size_t i;

	for (i = 0; i < n && t->real; i++)
		t->ring[(t->tx_total + i) % SIM_RING] =
		    real_byte(l, l->pos + i);

	check_move(l->from, t, l->pos, n);
	W.progress++;
	W.bytes += n;
	tally.spliced += n;
	t->write_ms = W.last_ms;
	l->pos += n;
	net_send(t, n);
	return n;
}

static void
lane_take(struct lane *l, size_t n)
{
	W.progress++;
	l->from->read_ms = W.last_ms;
	net_took(l->from, n);
}

/* Why nothing goes into the sink any more; 0: room is all that lacks. */
static int
sink_error(struct sock *t)
{
	int err;

	if (t->local)
		return t->peer->gone ? EPIPE : 0;
	if (!t->dead)
		return t->tx_fin ? EPIPE : 0;
	if (W.shape == SHAPE_LINUX && (err = os_take_error(t)) != 0)
		return err;
	return EPIPE;
}

/* Reading into the pipe: 1 there was something, 0 nothing now, -1 an end. */
static int
pump_in(struct lane *l, size_t *budget, struct splice_moved *m)
{
	struct sock *f = l->from;
	size_t n = net_unread(f), room = pipe_size - l->held;

	if (n == 0) {
		if (f->rx_fin && W.shape == SHAPE_LINUX && !f->local)
			return -1;
		if (f->err != 0) {
			m->error = -os_take_error(f);
			check_read(f, m->error);
			return -1;
		}
		return f->rx_fin || f->dead ? -1 : 0;
	}
	n = least(least(n, room), *budget);
	if (n > 1 && fault(FAULT_LANE_FULL))
		n = 1 + fault_pick(FAULT_LANE_FULL, (uint32_t)n - 1);
	if (n == 0)
		return 1;
	lane_take(l, n);
	l->held += n;
	m->in += n;
	*budget -= n;
	return 1;
}

static enum splice_result
pump(struct lane *l, size_t budget, size_t fetch, struct splice_moved *m)
{
	size_t n, asked;
	int more;

	for (;;) {
		asked = m->in + least(pipe_size, budget);
		more = l->held < pipe_size ? pump_in(l, &budget, m) : 1;
		if (l->held > 0 && (n = sink_error(l->to)) != 0) {
			m->error = -(int)n;
			l->to->write_ms = W.last_ms;
			return SPLICE_BROKEN;
		}
		if (l->held > 0 && fault(FAULT_LANE_SHORT))
			return SPLICE_ENDED;
		n = least(l->held, net_space(l->to));
		if (n < l->held)
			l->to->nospace = true;
		if (n > 0) {
			l->held -= n;
			m->out += lane_give(l, n);
		}
		if (more == -1)
			return SPLICE_ENDED;
		if (l->held > 0)
			return SPLICE_SINK;
		if (more == 0)
			return SPLICE_SOURCE;
		if (budget == 0)
			return SPLICE_MORE;
		if (m->in < asked && net_unread(l->from) < fetch)
			return SPLICE_SOURCE;
	}
}

static void
lane_stop(struct lane *l, int error)
{
	l->stopped = true;
	l->error = error;
	if (error != 0 && l->from->err == 0)
		l->from->err = error;	/* that is where kernels put it */
	l->from->hidden = false;
	if (l->from->fd >= 0)
		wait_edge(l->from->fd, WAIT_READ);
}

/* The kernel moves by itself. */
static void
lane_run(struct lane *l)
{
	struct sock *f = l->from, *t = l->to;
	size_t n;

	if (l->stopped || l->moving)
		return;
	l->moving = true;
	while ((n = least(net_unread(f), net_space(t))) > 0 && !t->dead) {
		lane_take(l, n);
		l->in += n;
		l->out += lane_give(l, n);
	}
	l->moving = false;
	if (t->dead)		/* the error stays with the sink */
		lane_stop(l, t->err != 0 ? t->err : EPIPE);
	else if (net_unread(f) == 0 && (f->rx_fin || f->dead))
		lane_stop(l, 0);
}

void
splice_moves(struct sock *s)
{
	if (s->lane_out != 0)
		lane_run(&lanes[s->lane_out - 1]);
	if (s->lane_in != 0)
		lane_run(&lanes[s->lane_in - 1]);
}

enum splice_result
splice_step(int lane, int from, int to, size_t budget, size_t fetch,
    struct splice_moved *moved)
{
	struct lane *l = lane_at(lane, "splice_step");
	enum splice_result r;

	memset(moved, 0, sizeof(*moved));
	if (l->from != desc_sock(from, "splice_step") ||
	    l->to != desc_sock(to, "splice_step"))
		sim_fail("lane", -1, "lane %d has other ends", lane);
	if (fault(FAULT_RACE))
		net_race();
	if (kind == SPLICE_PUMPED)
		r = pump(l, budget, fetch, moved);
	else {
		moved->in = l->in;
		moved->out = l->out;
		/* it is only known now, so it only counts from now */
		if (moved->out > 0)
			l->from->read_ms = l->to->write_ms = W.last_ms;
		l->in = l->out = 0;
		r = SPLICE_SOURCE;
		if (l->stopped) {
			l->to->write_ms = W.last_ms;
			r = l->error != 0 ? SPLICE_BROKEN : SPLICE_ENDED;
			moved->error = -os_take_error(l->from);
			if (l->error != 0) {
				moved->error = -l->error;
				(void)os_take_error(l->to);
			}
		}
	}
	trace("splice-step", from, (int64_t)moved->in << 8 | r,
	    (int64_t)moved->out);
	return r;
}

size_t
splice_held(int lane)
{
	struct lane *l = lane_at(lane, "splice_held");

	return kind == SPLICE_PUMPED ? l->held : 0;
}

long
splice_take(int lane, void *to, size_t size)
{
	struct lane *l = lane_at(lane, "splice_take");
	size_t n = least(l->held, size), i;

	for (i = 0; i < n && l->from->real; i++)
		((uint8_t *)to)[i] = real_byte(l, l->pos + i);
	if (!l->from->real)
		pattern_fill(l->from->peer->key, l->pos, to, n);
	l->pos += n;
	l->held -= n;
	W.progress++;
	trace("splice-take", -1, (int64_t)n, (int64_t)l->held);
	return (long)n;
}

unsigned
splice_export(int lane, int fd[2])
{
	struct lane *l = lane_at(lane, "splice_export");

	if (kind != SPLICE_PUMPED || l->held == 0)
		return 0;
	if (nparcels == PARCELS - 1)
		sim_fail("simulator", -1, "too many lanes under way");
	parcels[++nparcels] = *l;
	memcpy(fd, l->pipe, sizeof(l->pipe));
	descs[fd[0]].pipe = descs[fd[1]].pipe = (uint8_t)nparcels;
	return 2;
}

int
splice_import(const int fd[2], size_t held)
{
	const struct lane *p = &parcels[descs[fd[0]].pipe];
	struct lane *l;
	unsigned i;

	if (kind != SPLICE_PUMPED || fault(FAULT_LANE))
		return -ENOBUFS;
	for (i = 0; i < most && lanes[i].used; i++)
		;
	if (i == most)
		return -ENOBUFS;
	if (held != p->held || descs[fd[0]].pipe != descs[fd[1]].pipe)
		sim_fail("lane", -1, "%zu bytes are said to be in a pipe with "
		    "%llu", held, (unsigned long long)p->held);
	l = &lanes[i];
	*l = *p;
	memcpy(l->pipe, fd, sizeof(l->pipe));
	npipes += 2;
	inuse++;
	W.progress++;
	trace("splice-import", fd[0], (int64_t)held, (int64_t)i);
	return (int)i;
}

void
splice_end(int lane, int from, struct splice_moved *moved)
{
	struct lane *l = lane_at(lane, "splice_end");

	/* -1: it is given up before it had sockets here */
	if (from != -1 && l->from->fd != from)
		sim_fail("lane", -1, "lane %d has another source", lane);
	if (moved != NULL) {
		memset(moved, 0, sizeof(*moved));
		moved->in = l->in;
		moved->out = l->out;
	}
	if (kind == SPLICE_DETACHED) {
		l->from->hidden = false;
		l->from->lane_out = 0;
		l->to->lane_in = 0;
		/* what is there now shows again */
		if (net_mask(l->from) & WAIT_READ)
			wait_edge(from, WAIT_READ);
	} else if (l->held > 0)
		pipe_close(l->pipe);
	else {
		memcpy(&kept[nkept], l->pipe, sizeof(l->pipe));
		nkept += 2;
	}
	l->used = false;
	inuse--;
	W.progress++;
	trace("splice-end", from, (int64_t)l->held, 0);
}

/*
 * sim_wait.c - wait.h over the simulated network, in three kinds.
 *
 * "epoll" reports a descriptor once for each thing that happened to it, with all
 * that holds when it is asked; "kqueue" the same for reading and for writing by
 * themselves; "poll" whatever is wanted and holds, each time.  When nothing is
 * to report, time passes.
 */
#include <errno.h>
#include <string.h>

#include "sim.h"
#include "wait.h"

enum kind { KIND_EPOLL, KIND_KQUEUE, KIND_POLL, KINDS };

struct watch {
	uint32_t	token;
	uint8_t		on, level, want, pend;
	uint8_t		muted;		/* an error alone was told */
	uint8_t		queued;
	uint32_t	gather;		/* bytes to gather, 0: it does not */
	uint64_t	due;		/* to be reported then all the same */
};

static const char *const names[KINDS] = { "epoll", "kqueue", "poll" };
static struct watch watches[SIM_FDS];
static uint16_t	queue[SIM_FDS];		/* a ring: each descriptor once */
static unsigned	head, count;
static unsigned	top, first;
static unsigned	ngather;
static enum kind kind;
static bool	is_open;

void
wait_reset_world(void)
{
	memset(watches, 0, sizeof(watches));
	head = count = top = first = ngather = 0;
	is_open = false;
}

int
wait_open(const char *name, int maxfd)
{
	unsigned k = 0;

	(void)maxfd;
	if (name != NULL)
		for (k = 0; k < KINDS && strcmp(name, names[k]) != 0; k++)
			;
	if (k == KINDS)
		return -EINVAL;
	kind = k;
	is_open = true;
	return 0;
}

void
wait_close(void)
{
	unsigned fd;

	for (fd = 0; fd < top && !W.contract; fd++) {
		if (!watches[fd].on)
			continue;
		if (!descs[fd].s->chan)
			sim_fail("descriptor", -1, "%u still watched at the end",
			    fd);
		wait_del((int)fd);
	}
	is_open = false;
}

const char *
wait_kinds(void)
{
	return "epoll kqueue poll";
}

const char *
wait_kind(void)
{
	return names[kind];
}

size_t
wait_memory(const char *name, int maxfd)
{
	(void)name;
	return (size_t)maxfd * sizeof(struct watch);
}

/* --- what is known ------------------------------------------------------- */

static unsigned
mask_of(unsigned fd)
{
	return descs[fd].s != NULL ? net_mask(descs[fd].s) : 0;
}

static void
push(unsigned fd)
{
	if (watches[fd].queued)
		return;
	watches[fd].queued = 1;
	queue[(head + count++) % SIM_FDS] = (uint16_t)fd;
}

void
wait_edge(int fd, unsigned bits)
{
	struct watch *w = &watches[fd];

	if (!w->on || kind == KIND_POLL)
		return;
	w->pend |= (uint8_t)bits;
	push((unsigned)fd);
}

bool
wait_watches(int fd)
{
	return watches[fd].on;
}

int
wait_add(int fd, enum wait_how how, uint32_t token)
{
	struct watch *w;

	if (W.contract && (fd < 0 || fd >= SIM_FDS))
		return -EMFILE;
	if (fd < 0 || fd >= SIM_FDS || descs[fd].kind == DESC_FREE)
		sim_fail("descriptor", -1, "watches %d, which is not open", fd);
	may_die();
	w = &watches[fd];
	if (w->on && W.contract)
		return -EEXIST;
	if (w->on)
		sim_fail("descriptor", -1, "watches %d twice", fd);
	if (how == WAIT_LEVEL && plan.no_start)
		return -ENOSPC;
	if (how == WAIT_EDGE && fault(FAULT_WAIT_ADD))
		return fault_pick(FAULT_WAIT_ADD, 2) ? -ENOSPC : -ENOMEM;
	w->on = 1;
	w->token = token;
	w->level = how == WAIT_LEVEL;
	w->want = 0;
	w->pend = 0;
	w->muted = 0;
	if ((unsigned)fd >= top)
		top = (unsigned)fd + 1;
	if (mask_of((unsigned)fd) != 0 && !w->level)
		wait_edge(fd, WAIT_READ | WAIT_WRITE | WAIT_ERROR | WAIT_END);
	if (w->level)
		wait_want(fd, WAIT_READ);
	return 0;
}

void
wait_del(int fd)
{
	if (W.contract && (fd < 0 || fd >= SIM_FDS))
		return;
	if (fd >= 0 && fd < SIM_FDS && !watches[fd].on && descs[fd].s != NULL &&
	    descs[fd].s->chan)
		return;		/* a start that failed half way */
	if (fd < 0 || fd >= SIM_FDS || !watches[fd].on)
		sim_fail("descriptor", -1, "forgets %d, which is not watched",
		    fd);
	may_die();
	ngather -= watches[fd].gather > 0;
	watches[fd].gather = 0;
	/* an entry that is queued already is skipped when its turn comes */
	watches[fd].on = 0;
	watches[fd].pend = 0;
	watches[fd].want = 0;
}

void
wait_want(int fd, uint32_t bits)
{
	struct watch *w;

	if (W.contract && (fd < 0 || fd >= SIM_FDS))
		return;
	if (fd < 0 || fd >= SIM_FDS || !watches[fd].on)
		sim_fail("descriptor", -1, "wants of %d, which is not watched",
		    fd);
	may_die();
	w = &watches[fd];
	W.progress += w->want != bits;
	w->muted &= w->want == bits;
	w->want = (uint8_t)bits;
	if (w->level && kind != KIND_POLL && (mask_of((unsigned)fd) & bits))
		push((unsigned)fd);
}

int
wait_gather(int fd, size_t bytes)
{
	struct watch *w = &watches[fd];

	if (kind != KIND_EPOLL)
		return -ENOTSUP;
	if (!w->on || (bytes > 0 && (w->level || descs[fd].s->local)))
		sim_fail("descriptor", -1, "gathers on %d", fd);
	/* a mark that the window does not let it reach is lowered */
	if (bytes > descs[fd].s->rx_cap / 2)
		bytes = descs[fd].s->rx_cap / 2 + 1;
	if (bytes > 0 && w->gather == 0 && fault(FAULT_LANE))
		return -ENOBUFS;
	ngather += (bytes > 0) - (w->gather > 0);
	w->gather = (uint32_t)bytes;
	w->due = W.now + WAIT_GATHER_US;
	tally.gathers += bytes > 0;
	return (int)bytes;
}

/* When something that gathers must be reported. */
static uint64_t
gather_next(void)
{
	uint64_t due = SIM_NEVER;
	unsigned fd;

	for (fd = 0; fd < top && ngather > 0; fd++)
		if (watches[fd].gather > 0 && watches[fd].due < due)
			due = watches[fd].due;
	return due;
}

static int
collect_gathered(struct wait_event *events, int max)
{
	unsigned fd;
	int n = 0;

	for (fd = 0; fd < top && n < max; fd++) {
		if (watches[fd].gather == 0 || watches[fd].due > W.now)
			continue;
		watches[fd].due = SIM_NEVER;
		events[n].token = watches[fd].token;
		events[n++].got = WAIT_READ;
	}
	return n;
}

/* --- what is reported ---------------------------------------------------- */

static unsigned
got_poll(unsigned fd)
{
	unsigned mask, want = watches[fd].want;

	if (want == 0 || watches[fd].muted)
		return 0;
	/* a spliced source shows nothing until it has stopped */
	if (want == WAIT_READ && descs[fd].s->hidden)
		return 0;
	mask = mask_of(fd);
	if (mask & WAIT_ERROR) {
		watches[fd].muted = want == WAIT_ERROR;
		return mask;
	}
	return mask & want ? mask & (want | WAIT_END) : 0;
}

static int
collect_poll(struct wait_event *events, int max)
{
	unsigned i, fd, got;
	int n = 0;

	for (i = 0, fd = first; i < top; i++, fd++) {
		if (fd >= top)
			fd = 0;
		if (watches[fd].want == 0 || (got = got_poll(fd)) == 0)
			continue;
		if (n == max) {
			first = fd;
			break;
		}
		events[n].token = watches[fd].token;
		events[n++].got = got;
	}
	return n;
}

static unsigned
got_queue(unsigned fd)
{
	struct watch *w = &watches[fd];
	unsigned mask, got;

	if (!w->on)
		return 0;
	mask = mask_of(fd);
	if (w->level)
		return mask & w->want;
	got = mask;
	if (!(mask & WAIT_END) && net_unread(descs[fd].s) < w->gather) {
		got &= ~(unsigned)WAIT_READ;
		/* bytes are here and their event is gone: a moment to hand over */
		if (plan.hands_over && rng_chance(STREAM_PLAN, 50))
			W.orders |= 1u << EV_HANDOVER;
	}
	if (kind == KIND_KQUEUE) {
		got = mask & w->pend & (WAIT_READ | WAIT_WRITE);
		if (got != 0)
			got |= mask & (WAIT_ERROR | WAIT_END);
		if (got & WAIT_READ)	/* tells nothing of urgent bytes */
			got |= WAIT_END;
	}
	w->pend = 0;
	return got;
}

static int
collect_queue(struct wait_event *events, int max)
{
	unsigned fd, got, left;
	int n = 0;

	for (left = count; left > 0 && n < max; left--) {
		fd = queue[head];
		head = (head + 1) % SIM_FDS;
		count--;
		watches[fd].queued = 0;
		if ((got = got_queue(fd)) == 0)
			continue;
		events[n].token = watches[fd].token;
		events[n++].got = got;
		if (watches[fd].level)
			push(fd);
	}
	return n;
}

static int
collect(struct wait_event *events, int max)
{
	int n;

	if (kind == KIND_POLL)
		return collect_poll(events, max);
	n = collect_queue(events, max);
	return ngather == 0 ? n : n + collect_gathered(&events[n], max - n);
}

bool
wait_idle(void)
{
	return count == 0;
}

/* An event that means nothing: a kernel may, and stale ones look like it. */
static int
spurious(struct wait_event *events, int n, int max)
{
	unsigned fd;

	if (n == max || top == 0)
		return n;
	fd = fault_pick(FAULT_SPURIOUS, top);
	if (!watches[fd].on)
		return n;
	if (watches[fd].level && watches[fd].want == 0)
		return n;
	events[n].token = watches[fd].token;
	events[n].got = watches[fd].level ? WAIT_READ :
	    1 + fault_pick(FAULT_SPURIOUS, 15);
	W.happened++;
	trace("spurious", (int)fd, events[n].got, 0);
	return n + 1;
}

/* --- waiting ------------------------------------------------------------- */

static int
sleep_until(struct wait_event *events, int max, uint64_t until)
{
	uint64_t next;
	int n;

	for (;;) {
		next = net_next();
		if (gather_next() < next)
			next = gather_next();
		if (next > until || next == SIM_NEVER) {
			W.timed_out = true;
			W.asleep = until == SIM_NEVER;
			if (until != SIM_NEVER)
				net_until(until);
			return collect(events, max);
		}
		net_until(next);
		if ((n = collect(events, max)) > 0 || W.orders != 0)
			return n;
	}
}

int
wait_turn(struct wait_event *events, int max, int timeout_ms)
{
	uint64_t until;
	int n;

	if (!is_open)
		sim_fail("order", -1, "waits before wait_open");
	may_die();
	W.awake = W.timed_out = W.asleep = false;
	W.calls = 0;
	if (fault(FAULT_WAIT)) {
		W.happened++;
		trace("wait-fault", -1, 0, 0);
		return 0;
	}
	net_until(W.now + 1 + (W.progress & 3));
	n = collect(events, max);
	if (fault(FAULT_SPURIOUS))
		n = spurious(events, n, max);
	if (n == 0 && timeout_ms != 0) {
		until = timeout_ms < 0 ? SIM_NEVER :
		    W.now + (uint64_t)timeout_ms * SIM_MS;
		if (!W.contract)
			check_wait(gather_next() < until ? gather_next() :
			    until);
		n = sleep_until(events, max, until);
	} else
		W.awake = true;
	trace("woke", -1, n, timeout_ms);
	return n;
}

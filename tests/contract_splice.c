/*
 * contract_splice.c - the promises of splice.h.  Bytes go from a to b, through a
 * lane to c, and on to d; b and c are what a session would own.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"

enum {
	BUDGET = 256 * 1024,
	UNBOUND = 64 * 1024 * 1024,
	STEPS = 2000,
	LONG_MS = 15,		/* that a slow sink has no room for, at least */
	MUCH = 25000		/* as much as two sockets hold anywhere (OpenBSD) */
};

static struct end	*a, *b, *c, *d;
static int		 lane;
static uint64_t		 in, out;	/* bytes the lane said it moved */

/* Two connections; skips where there is no splicing, or not of these. */
static void
begin(void)
{
	if (splice_open(4) == SPLICE_NONE)
		contract_skip("the kernel moves nothing here");
	EXPECT(splice_kind() != SPLICE_NONE);
	contract_pair(&a, &b);
	contract_pair(&c, &d);
	lane = splice_begin(b->fd, c->fd);
	if (lane == -ENOTSUP || (contract_family() == OS_UNIX &&
	    contract_linux() && !contract_linux_since(4, 2)))
		contract_skip("these sockets cannot be spliced");
	EXPECT(lane >= 0);
	in = out = 0;
}

static void
finish(void)
{
	struct splice_moved	m;

	splice_end(lane, b->fd, &m);
	splice_close();
	EXPECT(splice_kind() == SPLICE_NONE);
}

static enum splice_result
step(struct splice_moved *m)
{
	enum splice_result	r;

	contract_pump();
	r = splice_step(lane, b->fd, c->fd, BUDGET, 0, m);
	in += m->in;
	out += m->out;
	EXPECT(in >= out);
	if (splice_kind() == SPLICE_PUMPED && r != SPLICE_BROKEN)
		EXPECT_EQ(splice_held(lane), in - out);
	return r;
}

/*
 * Step until the lane waits for something (or has ended), as its owner would.
 */
static enum splice_result
run(struct splice_moved *m)
{
	enum splice_result	r;
	int			i;

	for (i = 0; i < STEPS; i++) {
		r = step(m);
		if (r == SPLICE_SOURCE)
			b->ready = 0;
		if (r == SPLICE_SINK)
			c->ready = 0;
		if (r != SPLICE_MORE)
			return r;
	}
	contract_fail(__FILE__, __LINE__, "the lane waits or ends", r);
}

/* Let the lane go on until so many bytes went in, or it ends. */
static enum splice_result
run_until(uint64_t bytes, struct splice_moved *m)
{
	enum splice_result	r;
	int			i;

	for (i = 0; i < STEPS; i++) {
		r = run(m);
		if (r == SPLICE_ENDED || r == SPLICE_BROKEN || out >= bytes)
			return r;
		if (r == SPLICE_SINK)
			EXPECT(contract_await(c, WAIT_WRITE));
		else if (splice_kind() == SPLICE_PUMPED)
			EXPECT(contract_await(b, WAIT_READ));
		else
			(void)contract_turn(1);
	}
	contract_fail(__FILE__, __LINE__, "the lane gets on", (long)out);
}

static void
bytes_go_through(void)
{
	struct splice_moved	m;
	uint64_t		at;

	begin();
	for (at = 0; at < 10 * MUCH; at += MUCH) {
		contract_write(a, at, MUCH);
		EXPECT(run_until(at + MUCH, &m) != SPLICE_ENDED);
		contract_read(d, at, MUCH);
	}
	EXPECT_EQ(in, at);
	EXPECT_EQ(out, at);
	EXPECT_EQ(splice_held(lane), 0);
	finish();
}

static void
an_idle_source_is_dry(void)
{
	struct splice_moved	m;

	begin();
	EXPECT_EQ(run(&m), SPLICE_SOURCE);
	EXPECT_EQ(m.in, 0);
	EXPECT_EQ(m.out, 0);
	EXPECT_EQ(m.error, 0);
	finish();
}

static void
the_budget_holds(void)
{
	struct splice_moved	m;

	begin();
	if (splice_kind() != SPLICE_PUMPED)
		contract_skip("a detached lane has no budget");
	contract_write(a, 0, 30000);
	EXPECT(contract_await(b, WAIT_READ));
	EXPECT_EQ(splice_step(lane, b->fd, c->fd, 1000, 0, &m), SPLICE_MORE);
	EXPECT_EQ(m.in, 1000);
	EXPECT_EQ(m.out, 1000);
	in = out = 1000;
	(void)run_until(30000, &m);
	contract_read(d, 0, 30000);
	finish();
}

/* Fill everything between a and d; returns how much a wrote. */
static uint64_t
stall(void)
{
	struct splice_moved	m;
	uint64_t		at = 0;
	int			i;

	for (i = 0; i < STEPS; i++) {
		at += contract_fill(a, at);
		contract_settle();
		if (run(&m) == SPLICE_SINK)
			return at;
		EXPECT(contract_await(a, WAIT_WRITE));
	}
	contract_fail(__FILE__, __LINE__, "the sink is full", (long)at);
}

static void
a_full_sink_holds_and_goes_on(void)
{
	struct splice_moved	m;
	uint64_t		at, got;

	begin();
	if (splice_kind() != SPLICE_PUMPED)
		contract_skip("a detached lane holds nothing");
	at = stall();
	EXPECT(splice_held(lane) > 0);
	EXPECT_EQ(step(&m), SPLICE_SINK);
	EXPECT_EQ(m.out, 0);
	for (got = 0; got < at; ) {
		contract_read(d, got, (size_t)(out - got));
		got = out;
		if (splice_held(lane) > 0)
			EXPECT(contract_await(c, WAIT_WRITE));
		else if (in < at)
			EXPECT(contract_await(b, WAIT_READ));
		EXPECT(run(&m) != SPLICE_ENDED);
	}
	EXPECT_EQ(in, at);
	finish();
}

/* Read at d what is just enough for c to have room again. */
static uint64_t
make_room(uint64_t got)
{
	size_t	n;

	(void)contract_turn(LONG_MS);
	wait_want(c->fd, WAIT_WRITE);
	while (!(c->ready & WAIT_WRITE)) {
		n = out - got < 16384 ? (size_t)(out - got) : 16384;
		contract_read(d, got, n);
		got += n;
		(void)contract_turn(1);
	}
	wait_want(c->fd, 0);
	return got;
}

/* The source has more than the sink has room for, all the time. */
static void
a_slow_sink_is_given_little_at_once(void)
{
	struct splice_moved	m;
	enum splice_result	r;
	uint64_t		at, got = 0;
	size_t			held = 0;
	int			i, full = 0;

	begin();
	if (splice_kind() != SPLICE_PUMPED)
		contract_skip("a detached lane holds nothing");
	at = stall();
	for (i = 0; i < STEPS && full < 24; i++) {
		got = make_room(got);
		at += contract_fill(a, at);
		contract_pump();
		r = splice_step(lane, b->fd, c->fd, UNBOUND, 0, &m);
		in += m.in;
		out += m.out;
		if (r != SPLICE_SINK) {
			EXPECT_EQ(r, SPLICE_SOURCE);
			continue;
		}
		c->ready = 0;
		if (++full > 12 && splice_held(lane) > held)
			held = splice_held(lane);
	}
	EXPECT_EQ(full, 24);
	EXPECT(held <= SPLICE_LITTLE);
	finish();
}

static void
held_bytes_can_be_taken_back(void)
{
	static unsigned char	buf[2 << 20];
	uint64_t		at, sent;
	size_t			held, n = 0;
	long			r;

	begin();
	if (splice_kind() != SPLICE_PUMPED)
		contract_skip("a detached lane holds nothing");
	at = stall();
	sent = out;
	held = splice_held(lane);
	EXPECT(held > 0 && held <= sizeof(buf));
	while ((r = splice_take(lane, buf + n, 1000)) > 0)
		n += (size_t)r;
	EXPECT_EQ(r, 0);
	EXPECT_EQ(n, held);
	EXPECT_EQ(splice_held(lane), 0);
	EXPECT(contract_is_pattern(buf, sent, n));
	finish();
	contract_read(d, 0, (size_t)sent);
	contract_read(b, sent + n, (size_t)(at - sent - n));
}

static void
an_end_ends_the_lane_and_is_read(void)
{
	struct splice_moved	m;

	begin();
	contract_write(a, 0, MUCH);
	EXPECT_EQ(os_shutdown(a->fd), 0);
	EXPECT_EQ(run_until(UINT64_MAX, &m), SPLICE_ENDED);
	EXPECT_EQ(m.error, 0);
	EXPECT_EQ(out, MUCH);
	contract_read(d, 0, MUCH);
	splice_end(lane, b->fd, NULL);
	contract_read_end(b);
	contract_write(c, MUCH, 1000);
	contract_read(d, MUCH, 1000);
	splice_close();
}

/*
 * The reset is told by the lane, or (when the lane did not take it away) by the
 * read that follows; and all bytes in front of it went through.
 */
static void
a_reset_ends_the_lane_and_is_told(void)
{
	struct splice_moved	m;

	begin();
	contract_write(a, 0, 20000);
	(void)run_until(20000, &m);
	contract_reset(a);
	contract_settle();
	EXPECT_EQ(run_until(UINT64_MAX, &m), SPLICE_ENDED);
	EXPECT_EQ(out, 20000);
	splice_end(lane, b->fd, NULL);
	if (m.error == 0)
		contract_read_error(b, -ECONNRESET);
	else
		EXPECT_EQ(m.error, -ECONNRESET);
	contract_read(d, 0, 20000);
	splice_close();
}

/* FreeBSD's only ends it: who writes by hand finds the sink broken. */
static void
a_lost_sink_breaks_the_lane(void)
{
	struct splice_moved	m;
	enum splice_result	r;
	uint64_t		at = 0;
	int			i;

	begin();
	contract_reset(d);
	contract_settle();
	for (i = 0; i < 100; i++) {
		contract_write(a, at, 1000);
		at += 1000;
		contract_settle();
		if ((r = run(&m)) != SPLICE_SOURCE)
			break;
	}
	if (r == SPLICE_ENDED) {
		EXPECT_EQ(splice_kind(), SPLICE_DETACHED);
		EXPECT_EQ(m.error, 0);
		m.error = (int)os_write(c->fd, "x", 1);
	} else
		EXPECT_EQ(r, SPLICE_BROKEN);
	EXPECT(m.error == -EPIPE || m.error == -ECONNRESET);
	finish();
	contract_write(b, 0, 1000);	/* the other direction lives */
	contract_read(a, 0, 1000);
}

static void
lanes_are_counted_and_used_again(void)
{
	int	l[4], i, k;

	begin();
	splice_end(lane, b->fd, NULL);
	for (k = 0; k < 3; k++) {
		if (splice_kind() != SPLICE_PUMPED)
			break;		/* one source has one lane there */
		for (i = 0; i < 4; i++)
			EXPECT((l[i] = splice_begin(b->fd, c->fd)) >= 0);
		EXPECT_EQ(splice_begin(b->fd, c->fd), -ENOBUFS);
		for (i = 0; i < 4; i++)
			splice_end(l[i], b->fd, NULL);
		splice_trim();
	}
	EXPECT((lane = splice_begin(b->fd, c->fd)) >= 0);
	finish();
}

static void
stopping_leaves_the_rest_to_reading(void)
{
	struct splice_moved	m;

	begin();
	contract_write(a, 0, 5000);
	(void)run_until(5000, &m);
	splice_end(lane, b->fd, &m);
	EXPECT_EQ(m.in, 0);
	contract_write(a, 5000, 5000);
	contract_read(b, 5000, 5000);
	contract_read(d, 0, 5000);
	splice_close();
}

static void
no_lanes_is_no_splicing(void)
{
	contract_pair(&a, &b);
	EXPECT_EQ(splice_open(0), SPLICE_NONE);
	EXPECT_EQ(splice_kind(), SPLICE_NONE);
	EXPECT_EQ(splice_begin(a->fd, b->fd), -ENOTSUP);
	splice_close();
}

#define CASE(name, families, descr) { #name, descr, name, families }

const struct contract_case contract_splice_cases[] = {
	CASE(bytes_go_through, CONTRACT_ALL,
	    "bytes in order, counted"),
	CASE(an_idle_source_is_dry, CONTRACT_ALL,
	    "nothing to move: wait for the source"),
	CASE(the_budget_holds, CONTRACT_ALL,
	    "no more than the budget in one step"),
	CASE(a_full_sink_holds_and_goes_on, CONTRACT_ALL,
	    "a sink that does not read, and then does"),
	CASE(a_slow_sink_is_given_little_at_once, CONTRACT_TCP,
	    "what the sink has no room for is left to the source"),
	CASE(held_bytes_can_be_taken_back, CONTRACT_ALL,
	    "splice_take gives what is between"),
	CASE(an_end_ends_the_lane_and_is_read, CONTRACT_ALL,
	    "an end is left to the read that follows"),
	CASE(a_reset_ends_the_lane_and_is_told, CONTRACT_TCP,
	    "a reset behind bytes"),
	CASE(a_lost_sink_breaks_the_lane, CONTRACT_ALL,
	    "the sink was reset"),
	CASE(lanes_are_counted_and_used_again, CONTRACT_ALL,
	    "as many lanes as were asked for"),
	CASE(stopping_leaves_the_rest_to_reading, CONTRACT_ALL,
	    "from splicing back to copying"),
	CASE(no_lanes_is_no_splicing, CONTRACT_TCP,
	    "none asked for, none given"),
	{ NULL, NULL, NULL, 0 }
};

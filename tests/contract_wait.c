/*
 * contract_wait.c - the promises of wait.h.  What is asked here of an edge must
 * also hold for poll(2), which reports what is.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"

/* Read all there is, in one go with room to spare: a short read. */
static void
read_short(struct end *e, uint64_t offset, size_t expected)
{
	unsigned char	buf[4096];

	EXPECT(contract_await(e, WAIT_READ));
	EXPECT_EQ(os_read(e->fd, buf, sizeof(buf)), expected);
	EXPECT(contract_is_pattern(buf, offset, expected));
	e->ready &= ~(uint32_t)WAIT_READ;
}

static void
new_bytes_after_a_short_read_are_an_event(void)
{
	struct end	*c, *s;
	int		 i;

	contract_pair(&c, &s);
	for (i = 0; i < 5; i++) {
		contract_write(c, (uint64_t)i * 10, 10);
		read_short(s, (uint64_t)i * 10, 10);
	}
}

static void
new_bytes_after_would_block_are_an_event(void)
{
	struct end	*c, *s;
	char		 byte;

	contract_pair(&c, &s);
	contract_write(c, 0, 10);
	read_short(s, 0, 10);
	EXPECT_EQ(os_read(s->fd, &byte, 1), -EAGAIN);
	contract_write(c, 10, 10);
	read_short(s, 10, 10);
}

/*
 * The end arrives together with bytes, in front of which we read short: either
 * WAIT_END said so, or another event comes.
 */
static void
an_end_behind_bytes_is_found(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	contract_write(c, 0, 10);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	contract_settle();
	EXPECT(contract_await(s, WAIT_READ));
	EXPECT(s->end || strcmp(wait_kind(), "poll") == 0);
	contract_read(s, 0, 10);
	contract_read_end(s);
}

static void
an_end_after_a_short_read_is_an_event(void)
{
	struct end	*c, *s;
	unsigned	 events;

	contract_pair(&c, &s);
	contract_write(c, 0, 10);
	read_short(s, 0, 10);
	events = s->events;
	EXPECT_EQ(os_shutdown(c->fd), 0);
	EXPECT(contract_await(s, WAIT_READ));
	EXPECT(s->events > events);
	contract_read_end(s);
}

static void
a_reset_is_an_event(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	contract_settle();
	s->ready = 0;
	contract_reset(c);
	EXPECT(contract_await(s, WAIT_READ));
	contract_read_error(s, -ECONNRESET);
}

static void
a_reset_wakes_a_writer(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	(void)contract_fill(s, 0);
	contract_reset(c);
	EXPECT(contract_await(s, WAIT_WRITE));
	EXPECT(os_write(s->fd, "x", 1) < 0);
}

static void
an_error_can_be_waited_for_alone(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	contract_write(c, 0, 10);
	wait_want(s->fd, WAIT_ERROR);
	contract_settle();
	s->error = false;
	contract_reset(c);
	EXPECT(contract_await(s, WAIT_ERROR) || contract_deaf());
	EXPECT_EQ(os_error(s->fd), -ECONNRESET);
}

/*
 * Write until nothing more is taken, and not a moment later either: a receiver's
 * side that drops what it has no memory for takes it when it is sent again.
 */
static size_t
fill_for_good(struct end *e)
{
	size_t	n = contract_fill(e, 0);
	int	quiet = 0;

	wait_want(e->fd, WAIT_WRITE);
	while (quiet < 2) {
		quiet = contract_turn(5) == 0 ? quiet + 1 : 0;
		if (e->ready & WAIT_WRITE)
			n += contract_fill(e, n);
	}
	return n;
}

static void
room_is_an_event(void)
{
	struct end	*c, *s;
	size_t		 n, more;

	contract_pair(&c, &s);
	n = fill_for_good(c);
	contract_read(s, 0, n);
	EXPECT(contract_await(c, WAIT_WRITE));
	more = contract_fill(c, n);
	EXPECT(more > 0);
	contract_read(s, n, more);
}

/* Nothing of what stands in a queue unread may wake us again and again. */
static void
what_nothing_is_wanted_of_is_quiet(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	contract_write(c, 0, 10);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	EXPECT_EQ(os_shutdown(s->fd), 0);
	contract_settle();
	contract_pair(&c, &s);
	contract_write(c, 0, 10);
	contract_reset(c);
	contract_settle();
}

static void
waiting_for_an_error_alone_is_quiet(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	wait_want(s->fd, WAIT_ERROR);
	contract_write(c, 0, 10);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	EXPECT_EQ(os_shutdown(s->fd), 0);
	contract_settle();
	contract_pair(&c, &s);
	wait_want(s->fd, WAIT_ERROR);
	contract_reset(c);
	contract_settle();
}

/* A change of interest alone must bring out what is already there. */
static void
wanting_later_is_not_too_late(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	contract_write(c, 0, 10);
	contract_settle();
	read_short(s, 0, 10);
	contract_write(c, 10, 10);
	wait_want(s->fd, WAIT_WRITE);
	(void)contract_turn(0);
	wait_want(s->fd, 0);
	contract_settle();
	read_short(s, 10, 10);
}

/* A waiter may tire of what nobody wants, but not for ever. */
static void
wanting_after_much_in_vain_is_not_too_late(void)
{
	struct end	*c, *s;
	size_t		 n;
	int		 i;

	contract_pair(&c, &s);
	contract_settle();
	wait_want(s->fd, 0);
	for (i = 0; i < 20; i++) {
		contract_write(c, (uint64_t)i * 10, 10);
		(void)contract_turn(5);
	}
	EXPECT(contract_await(s, WAIT_READ));
	contract_read(s, 0, 200);
	contract_write(c, 200, 10);
	contract_read(s, 200, 10);
	n = fill_for_good(s);
	contract_read(c, 0, n);
	EXPECT(contract_await(s, WAIT_WRITE));
	EXPECT_EQ(os_shutdown(c->fd), 0);
	contract_read_end(s);
}

/*
 * Gathering.
 */

enum { MUCH = 64 * 1024 };

/* Whether it does: where it cannot, all the rest holds as it is. */
static bool
gathers(struct end *e, size_t bytes)
{
	int	error = wait_gather(e->fd, bytes);

	EXPECT(error >= 0 || (error == -ENOTSUP &&
	    (strcmp(wait_kind(), "epoll") != 0 || !contract_linux_since(5, 11))));
	return error >= 0;
}

/* Let it gather, and nothing come of it. */
static void
gather_in_vain(struct end *e, size_t bytes)
{
	contract_settle();
	e->ready &= ~(uint32_t)WAIT_READ;
	if (gathers(e, bytes))
		EXPECT(contract_await(e, WAIT_READ));
	e->ready &= ~(uint32_t)WAIT_READ;
}

/* What comes in front of a mark that is not reached is reported all the same. */
static void
what_gathers_is_not_stranded(void)
{
	struct end	*c, *s;
	int		 i;

	contract_pair(&c, &s);
	contract_settle();
	for (i = 0; i < 5; i++) {
		s->ready &= ~(uint32_t)WAIT_READ;
		(void)gathers(s, MUCH);
		contract_write(c, (uint64_t)i * 10, 10);
		EXPECT(contract_await(s, WAIT_READ));
		contract_read(s, (uint64_t)i * 10, 10);
	}
	(void)gathers(s, 0);
	(void)gathers(s, 0);
	contract_settle();
	s->ready &= ~(uint32_t)WAIT_READ;
	contract_write(c, 50, 10);
	read_short(s, 50, 10);
}

/* Once, that is: a stream that pauses does not keep us awake. */
static void
what_gathers_nothing_is_quiet(void)
{
	struct end	*c, *s;
	unsigned	 events;

	contract_pair(&c, &s);
	gather_in_vain(s, MUCH);
	events = s->events;
	contract_settle();
	EXPECT_EQ(s->events, events);
}

static void
an_end_is_reported_while_it_gathers(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	gather_in_vain(s, MUCH);
	contract_write(c, 0, 10);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	EXPECT(contract_await(s, WAIT_READ));
	contract_read(s, 0, 10);
	contract_read_end(s);
}

static void
a_reset_is_reported_while_it_gathers(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	gather_in_vain(s, MUCH);
	contract_reset(c);
	EXPECT(contract_await(s, WAIT_READ));
	contract_read_error(s, -ECONNRESET);
}

/* With nothing to wait for but the mark. */
static void
the_mark_is_reported(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	gather_in_vain(s, MUCH / 2);
	contract_write(c, 0, MUCH / 2);
	EXPECT(contract_await(s, WAIT_READ));
	contract_read(s, 0, MUCH / 2);
}

static void
gathering_is_over_when_it_is_said(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	gather_in_vain(s, MUCH);
	contract_write(c, 0, 10);
	contract_settle();
	s->ready = 0;
	(void)gathers(s, 0);
	s->ready |= WAIT_READ;		/* try once more */
	read_short(s, 0, 10);
	contract_write(c, 10, 10);
	read_short(s, 10, 10);
}

static void
a_listener_is_reported_as_long_as_it_is_ready(void)
{
	struct os_addr	 a;
	struct end	*l;
	int		 i;

	l = contract_watch(contract_listen(&a, 8), WAIT_LEVEL);
	(void)contract_connect(&a);
	for (i = 0; i < 3; i++) {
		l->ready = 0;
		EXPECT(contract_await(l, WAIT_READ));
	}
	contract_settle();		/* not wanted: not reported */
	l->ready = 0;
	EXPECT(contract_await(l, WAIT_READ));
	(void)contract_accept(l, NULL);
	l->ready = 0;
	wait_want(l->fd, WAIT_READ);
	contract_settle();		/* wanted, and not ready */
	EXPECT_EQ(l->ready, 0);
	(void)contract_connect(&a);
	EXPECT(contract_await(l, WAIT_READ));
	l->ready = 0;
	wait_del(l->fd);
	EXPECT_EQ(wait_add(l->fd, WAIT_LEVEL, contract_token(l)), 0);
	(void)contract_turn(100);	/* wanted from the start */
	EXPECT_EQ(l->ready, WAIT_READ);
}

/* Descriptors come and go; those that stay must not lose their place. */
static void
others_may_leave(void)
{
	enum { PAIRS = 6 };
	static const int	leave[] = { 0, 4, 5, 2 };
	struct end		*c[PAIRS], *s[PAIRS];
	size_t			i;

	for (i = 0; i < PAIRS; i++)
		contract_pair(&c[i], &s[i]);
	contract_settle();
	for (i = 0; i < PAIRS; i++)
		wait_want(s[i]->fd, WAIT_READ);
	for (i = 0; i < sizeof(leave) / sizeof(leave[0]); i++)
		if (i % 2)
			contract_close(s[leave[i]]);
		else
			wait_want(s[leave[i]]->fd, 0);
	/* 1 and 3 are left, and both have been moved about. */
	wait_want(s[3]->fd, 0);
	contract_write(c[1], 0, 10);
	for (i = 0; i < 100 && !(s[1]->ready & WAIT_READ); i++)
		(void)contract_turn(5);
	contract_read(s[1], 0, 10);
	contract_write(c[3], 0, 10);
	contract_read(s[3], 0, 10);
	contract_write(c[5], 0, 10);
	contract_read(s[5], 0, 10);
}

/* With room for two events, ten that are ready all have their turn. */
static void
nobody_starves(void)
{
	enum { PAIRS = 10 };
	struct wait_event ev[2];
	struct end	*c[PAIRS], *s[PAIRS];
	struct os_addr	 a;
	struct end	*l[PAIRS];
	unsigned	 turns[CONTRACT_ENDS];
	int		 i, n, t;

	memset(turns, 0, sizeof(turns));
	for (i = 0; i < PAIRS; i++)
		contract_pair(&c[i], &s[i]);
	for (i = 0; i < PAIRS; i++) {
		l[i] = contract_watch(contract_listen(&a, 8), WAIT_LEVEL);
		(void)contract_connect(&a);
	}
	contract_settle();
	for (i = 0; i < PAIRS; i++)
		wait_want(l[i]->fd, WAIT_READ);
	for (t = 0; t < 3 * PAIRS; t++) {
		contract_pump();
		n = wait_turn(ev, 2, 20);
		EXPECT(n >= 0 && n <= 2);
		for (i = 0; i < n; i++)
			turns[ev[i].token]++;
	}
	for (i = 0; i < PAIRS; i++)
		EXPECT(turns[contract_token(l[i])] >= 3);
}

static void
a_descriptor_can_be_used_again(void)
{
	struct end	*c, *s;
	int		 i;

	for (i = 0; i < 20; i++) {
		contract_pair(&c, &s);
		contract_write(c, 0, 10);
		contract_reset(c);
		if (i % 2)
			contract_close(s);
		else
			contract_reset(s);
	}
	contract_settle();
}

static void
no_time_to_wait_is_a_look(void)
{
	struct end	*c, *s;
	uint64_t	 before;

	contract_pair(&c, &s);
	contract_settle();
	before = os_now_ms();
	EXPECT_EQ(contract_turn(0), 0);
	EXPECT(os_now_ms() - before < 1000);
	before = os_now_ms();
	EXPECT_EQ(contract_turn(50), 0);
	EXPECT(os_now_ms() - before >= 49);
}

static void
watching_twice_or_too_much_is_an_error(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	EXPECT_EQ(wait_add(c->fd, WAIT_EDGE, 0), -EEXIST);
	EXPECT_EQ(wait_add(512, WAIT_EDGE, 0), -EMFILE);
	EXPECT_EQ(wait_add(-1, WAIT_EDGE, 0), -EMFILE);
	wait_want(512, WAIT_READ);
	wait_del(512);
	wait_del(-1);
}

#define CASE(name, families, descr) { #name, descr, name, families }

const struct contract_case contract_wait_cases[] = {
	CASE(new_bytes_after_a_short_read_are_an_event, CONTRACT_ALL,
	    "a short read may clear the ready bit"),
	CASE(new_bytes_after_would_block_are_an_event, CONTRACT_ALL,
	    "so may would-block"),
	CASE(an_end_behind_bytes_is_found, CONTRACT_ALL,
	    "bytes and an end that came together"),
	CASE(an_end_after_a_short_read_is_an_event, CONTRACT_ALL,
	    "an end that came later"),
	CASE(a_reset_is_an_event, CONTRACT_TCP,
	    "a reset makes readable"),
	CASE(a_reset_wakes_a_writer, CONTRACT_ALL,
	    "a reset makes writable"),
	CASE(an_error_can_be_waited_for_alone, CONTRACT_TCP,
	    "WAIT_ERROR alone, with bytes unread"),
	CASE(room_is_an_event, CONTRACT_ALL,
	    "writable again after full"),
	CASE(what_nothing_is_wanted_of_is_quiet, CONTRACT_ALL,
	    "no spin on what is not wanted"),
	CASE(waiting_for_an_error_alone_is_quiet, CONTRACT_ALL,
	    "no spin on an error or two ends"),
	CASE(wanting_later_is_not_too_late, CONTRACT_ALL,
	    "interest that comes after the event"),
	CASE(wanting_after_much_in_vain_is_not_too_late, CONTRACT_ALL,
	    "interest that comes after many events"),
	CASE(what_gathers_is_not_stranded, CONTRACT_TCP,
	    "gathering does not strand the last bytes"),
	CASE(what_gathers_nothing_is_quiet, CONTRACT_TCP,
	    "gathering tells once when nothing came"),
	CASE(an_end_is_reported_while_it_gathers, CONTRACT_TCP,
	    "an end does not wait to be gathered"),
	CASE(a_reset_is_reported_while_it_gathers, CONTRACT_TCP,
	    "nor does a reset"),
	CASE(the_mark_is_reported, CONTRACT_TCP,
	    "so many bytes are an event"),
	CASE(gathering_is_over_when_it_is_said, CONTRACT_TCP,
	    "no gathering any more"),
	CASE(a_listener_is_reported_as_long_as_it_is_ready, CONTRACT_ALL,
	    "WAIT_LEVEL, wanted and not"),
	CASE(others_may_leave, CONTRACT_ALL,
	    "descriptors come and go"),
	CASE(nobody_starves, CONTRACT_ALL,
	    "a full array of events leaves nobody out"),
	CASE(a_descriptor_can_be_used_again, CONTRACT_ALL,
	    "no event of a life before"),
	CASE(no_time_to_wait_is_a_look, CONTRACT_TCP,
	    "timeouts"),
	CASE(watching_twice_or_too_much_is_an_error, CONTRACT_TCP,
	    "limits of wait_add"),
	{ NULL, NULL, NULL, 0 }
};

/*
 * contract_os.c - the promises of os.h.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"

static void
accept_takes_what_connected(void)
{
	struct os_addr	 a, self;
	struct os_peer	 peer;
	struct end	*l, *c, *s;

	l = contract_watch(contract_listen(&a, 8), WAIT_LEVEL);
	EXPECT_EQ(os_accept(l->fd, &peer), -EAGAIN);
	c = contract_connect(&a);
	s = contract_accept(l, &peer);
	EXPECT_EQ(peer.family, contract_family());
	if (contract_family() != OS_UNIX) {
		EXPECT_EQ(os_sockname(c->fd, &self), 0);
		EXPECT_EQ(peer.port, self.port);
		EXPECT_EQ(memcmp(peer.ip, a.u.ip, 4), 0);
	}
	EXPECT_EQ(os_accept(l->fd, &peer), -EAGAIN);
	contract_write(s, 0, 10);
	contract_read(c, 0, 10);
}

static void
connected_says_so_again(void)
{
	struct os_addr	 a;
	struct end	*l, *c;

	l = contract_watch(contract_listen(&a, 8), WAIT_LEVEL);
	c = contract_connect(&a);
	EXPECT_EQ(os_connected(c->fd, &a), 0);
	EXPECT_EQ(os_connected(c->fd, &a), 0);
	(void)contract_accept(l, NULL);
	EXPECT_EQ(os_connected(c->fd, &a), 0);
}

static void
connected_then_ended_is_connected(void)
{
	struct os_addr	 a;
	struct end	*l, *c, *s;

	l = contract_watch(contract_listen(&a, 8), WAIT_LEVEL);
	c = contract_connect(&a);
	s = contract_accept(l, NULL);
	contract_write(s, 0, 3);
	contract_close(s);
	contract_settle();
	EXPECT_EQ(os_connected(c->fd, &a), 0);
	contract_read(c, 0, 3);
	contract_read_end(c);
}

static void
connect_to_nobody_is_refused(void)
{
	struct os_addr	 a;
	struct end	*e;
	bool		 pending;
	int		 fd, error;

	os_close(contract_listen(&a, 8));
	fd = os_connect(&a, &pending);
	if (fd < 0) {
		EXPECT_EQ(fd, -ECONNREFUSED);
		return;
	}
	EXPECT(pending);
	e = contract_watch(fd, WAIT_EDGE);
	do {
		e->ready = 0;
		EXPECT(contract_await(e, WAIT_WRITE));
		error = os_connected(fd, &a);
	} while (error == -EINPROGRESS);
	EXPECT_EQ(error, -ECONNREFUSED);
}

static void
connect_without_a_file_says_so(void)
{
	struct os_addr	a;
	bool		pending;

	os_close(contract_listen(&a, 8));
	a.u.path[a.pathlen - 1] = '?';
	EXPECT_EQ(os_connect(&a, &pending), -ENOENT);
}

/*
 * A listener with no room: a Unix socket says so at once and nothing is under
 * way; a TCP connection stays pending, or is reset (FreeBSD).
 */
static void
full_backlog(void)
{
	struct os_addr	 a;
	struct end	*l, *e = NULL;
	bool		 pending;
	int		 error = 0, i, fd;

	l = contract_watch(contract_listen(&a, 1), WAIT_LEVEL);
	for (i = 0; i < 16; i++) {
		if ((fd = os_connect(&a, &pending)) < 0)
			break;
		e = contract_watch(fd, WAIT_EDGE);
		contract_settle();
		if (pending && (error = os_connected(fd, &a)) != 0)
			break;
	}
	if (i == 16 && !contract_linux())
		contract_skip("a queue is longer here (OpenBSD: "
		    "kern.sominconn)");
	EXPECT(i < 16);
	if (contract_family() != OS_UNIX) {
		if (fd < 0 && !contract_linux()) {
			EXPECT_EQ(fd, -ECONNRESET);
			return;
		}
		EXPECT(fd >= 0);
		if (error == -EINPROGRESS || contract_linux())
			EXPECT_EQ(os_connected(fd, &a), -EINPROGRESS);
		else		/* not at once: several processors */
			EXPECT_EQ(error, -ECONNRESET);
		contract_reset(e);
		return;
	}
	if (contract_linux())
		EXPECT_EQ(fd, -EAGAIN);
	else
		EXPECT(fd == -EAGAIN || fd == -ECONNREFUSED);
	(void)contract_accept(l, NULL);
	(void)contract_connect(&a);
}

static void
half_close(struct end *first, struct end *second)
{
	contract_write(first, 0, 1000);
	EXPECT_EQ(os_shutdown(first->fd), 0);
	contract_read(second, 0, 1000);
	contract_read_end(second);
	contract_read_end(second);
	contract_pass(second, first, 5000, 100000);
	EXPECT_EQ(os_shutdown(second->fd), 0);
	contract_read_end(first);
}

static void
client_ends_first_and_still_reads(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	half_close(c, s);
}

static void
server_ends_first_and_still_reads(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	half_close(s, c);
}

static void
write_after_shutdown_is_refused(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	EXPECT_EQ(os_write(c->fd, "x", 1), -EPIPE);
}

/* Let what was written arrive, so that a reset comes behind it. */
static void
deliver(struct end *from, struct end *to, uint64_t offset, size_t n)
{
	unsigned char	buf[4096];
	int		i;

	EXPECT(n <= sizeof(buf));
	contract_write(from, offset, n);
	for (i = 0; i < 100; i++) {
		(void)contract_await(to, WAIT_READ);
		if (os_peek(to->fd, buf, sizeof(buf)) == (long)n)
			break;
		to->ready = 0;
	}
	EXPECT(i < 100);
}

static void
bytes_in_front_of_a_reset_are_read(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	deliver(c, s, 0, 1000);
	contract_reset(c);
	contract_settle();
	contract_read(s, 0, 1000);
	contract_read_error(s, -ECONNRESET);
}

/*
 * Unread input makes the end of a Unix socket a reset for its peer; there is no
 * other way to reset one.
 */
static void
unix_reset_needs_unread_bytes(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	deliver(c, s, 0, 100);
	contract_write(s, 0, 50);
	contract_reset(s);
	contract_settle();
	contract_read(c, 0, 50);
	/* on the BSDs a Unix socket cannot be reset at all */
	if (contract_linux())
		contract_read_error(c, -ECONNRESET);
	contract_read_end(c);

	contract_pair(&c, &s);
	contract_write(s, 0, 50);
	contract_reset(s);
	contract_settle();
	contract_read(c, 0, 50);
	contract_read_end(c);
}

/* The BSDs throw them away and send an end, and a reset for what comes later. */
static void
close_with_unread_bytes_resets(void)
{
	struct end	*c, *s;
	long		 n;
	int		 i;

	contract_pair(&c, &s);
	deliver(c, s, 0, 1000);
	contract_close(s);
	contract_settle();
	if (contract_linux()) {
		contract_read_error(c, -ECONNRESET);
		return;
	}
	for (i = 0; i < 100; i++) {
		if ((n = os_write(c->fd, "x", 1)) < 0)
			break;
		(void)contract_turn(1);
	}
	EXPECT(n == -EPIPE || n == -ECONNRESET);
}

static void
reset_before_accept(void)
{
	struct os_addr	 a;
	struct os_peer	 peer;
	struct end	*l, *s;
	int		 fd, i;

	l = contract_watch(contract_listen(&a, 8), WAIT_LEVEL);
	contract_reset(contract_connect(&a));
	for (i = 0; i < 50; i++) {
		(void)contract_turn(1);
		if ((fd = os_accept(l->fd, &peer)) != -EAGAIN)
			break;
	}
	if (fd == -ECONNABORTED || (fd == -EAGAIN && !contract_linux()))
		return;			/* it never comes to us on the BSDs */
	EXPECT(fd >= 0);
	s = contract_watch(fd, WAIT_EDGE);
	contract_read_error(s, -ECONNRESET);
}

/*
 * Trap: a write that fails with ECONNRESET takes the error with it (on Linux),
 * and reading then ends as if the peer had ended well.
 */
static void
end_after_a_failed_write_is_a_fake(void)
{
	struct end	*c, *s;
	long		 n;
	char		 byte;

	contract_pair(&c, &s);
	deliver(c, s, 0, 1000);
	contract_reset(c);
	contract_settle();
	n = os_write(s->fd, "x", 1);
	if (!contract_linux()) {
		EXPECT(n == -EPIPE || n == -ECONNRESET);
		return;
	}
	EXPECT_EQ(n, -ECONNRESET);
	EXPECT_EQ(os_write(s->fd, "x", 1), -EPIPE);
	contract_read(s, 0, 1000);
	EXPECT_EQ(os_read(s->fd, &byte, 1), 0);
}

/*
 * The peer ended its side and then closed: the first write is still taken and
 * answered with a reset, the end that was there before stays a true one.
 */
static void
end_before_a_failed_write_is_true(void)
{
	struct end	*c, *s;
	long		 n;
	int		 i;

	contract_pair(&c, &s);
	deliver(c, s, 0, 1000);
	contract_close(c);
	contract_settle();
	for (i = 0; i < 100; i++) {
		if ((n = os_write(s->fd, "x", 1)) < 0)
			break;
		(void)contract_turn(1);
	}
	/* elsewhere the reset that followed the end may be told before it */
	EXPECT(n == -EPIPE || (n == -ECONNRESET && !contract_linux()));
	contract_read(s, 0, 1000);
	if (!contract_linux())
		return;
	contract_read_end(s);
}

/*
 * Unlike a write, os_shutdown takes no error away: what was there to be read, bytes,
 * an end or a reset, is there still.
 */
static void
shutdown_that_fails_hides_nothing(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	deliver(c, s, 0, 1000);
	contract_reset(c);
	contract_settle();
	EXPECT_EQ(os_shutdown(s->fd), -ENOTCONN);
	contract_read(s, 0, 1000);
	contract_read_error(s, -ECONNRESET);

	contract_pair(&c, &s);
	deliver(c, s, 0, 1000);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	contract_settle();
	contract_reset(c);
	contract_settle();
	EXPECT_EQ(os_shutdown(s->fd), -ENOTCONN);
	contract_read(s, 0, 1000);
	/* elsewhere the reset that followed the end is told before it */
	if (!contract_linux())
		return;
	contract_read_end(s);
}

static void
nothing_to_read_would_block(void)
{
	struct end	*c, *s;
	char		 byte;

	contract_pair(&c, &s);
	EXPECT_EQ(os_read(c->fd, &byte, 1), -EAGAIN);
	EXPECT_EQ(os_peek(c->fd, &byte, 1), -EAGAIN);
	EXPECT_EQ(os_read(s->fd, &byte, 1), -EAGAIN);
}

static void
peek_does_not_take(void)
{
	unsigned char	 buf[100];
	struct end	*c, *s;

	contract_pair(&c, &s);
	deliver(c, s, 0, 100);
	EXPECT_EQ(os_peek(s->fd, buf, 50), 50);
	EXPECT(contract_is_pattern(buf, 0, 50));
	contract_read(s, 0, 100);
}

/* Seen behind bytes that nobody has read; without a reset there is none. */
static void
a_reset_is_seen_behind_bytes(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	deliver(c, s, 0, 100);
	EXPECT_EQ(os_error(s->fd), 0);
	contract_reset(c);
	wait_want(s->fd, WAIT_ERROR);
	contract_settle();
	EXPECT(s->error || contract_deaf());
	EXPECT_EQ(os_error(s->fd), -ECONNRESET);
	EXPECT_EQ(os_error(s->fd), 0);
}

static void
an_end_is_no_error(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	deliver(c, s, 0, 100);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	wait_want(s->fd, WAIT_ERROR);
	contract_settle();
	EXPECT(!s->error);
	EXPECT_EQ(os_error(s->fd), 0);
	contract_reset(c);
	contract_settle();
	if (contract_linux()) {
		EXPECT(s->error);
		EXPECT_EQ(os_error(s->fd), -EPIPE);
	}
	contract_read(s, 0, 100);
}

static void
full_is_would_block_and_nothing_is_lost(void)
{
	struct end	*c, *s;
	size_t		 n;

	contract_pair(&c, &s);
	n = contract_fill(c, 0);
	EXPECT(n > 0);
	EXPECT_EQ(os_shutdown(c->fd), 0);
	contract_read(s, 0, n);
	contract_read_end(s);
}

/* On the BSDs a Unix socket's bytes are with its peer at once. */
static bool
others_unix(void)
{
	return contract_family() == OS_UNIX && !contract_linux();
}

static void
unsent_falls_to_nothing(void)
{
	struct end	*c, *s;
	size_t		 n;
	int		 i;

	contract_pair(&c, &s);
	if (os_unsent(c->fd) == -ENOTSUP)
		contract_skip("this system cannot tell");
	EXPECT_EQ(os_unsent(c->fd), 0);
	n = contract_fill(c, 0);
	EXPECT(os_unsent(c->fd) > 0 || others_unix());
	contract_read(s, 0, n);
	for (i = 0; i < 250 && os_unsent(c->fd) != 0; i++)
		(void)contract_turn(20);
	EXPECT_EQ(os_unsent(c->fd), 0);
}

static void
unsent_of_a_dead_socket_is_nothing(void)
{
	struct end	*c, *s;

	contract_pair(&c, &s);
	if (os_unsent(c->fd) == -ENOTSUP)
		contract_skip("this system cannot tell");
	(void)contract_fill(c, 0);
	EXPECT(os_unsent(c->fd) > 0 || others_unix());
	contract_reset(s);
	contract_settle();
	EXPECT_EQ(os_unsent(c->fd), 0);
}

static void
close_delivers_what_was_written(void)
{
	struct end	*c, *s;
	size_t		 n;

	contract_pair(&c, &s);
	n = contract_fill(c, 0);
	contract_close(c);
	contract_read(s, 0, n);
	contract_read_end(s);
}

static void
address_in_use(void)
{
	struct os_listen how;
	struct os_addr	 a;
	int		 fd;

	fd = contract_listen(&a, 8);
	memset(&how, 0, sizeof(how));
	how.backlog = 8;
	how.v6only = true;	/* OpenBSD has nothing else */
	how.mode = -1;
	EXPECT_EQ(os_listen(&a, &how), -EADDRINUSE);
	os_close(fd);
	EXPECT((fd = os_listen(&a, &how)) >= 0);
	os_close(fd);
}

static void
clock_goes_on(void)
{
	uint64_t	before = os_now_ms(), now;
	int		i;

	for (i = 0; i < 1000; i++) {
		(void)contract_turn(1);
		now = os_now_ms();
		EXPECT(now >= before);
		if (now > before)
			return;
	}
	EXPECT(now > before);
}

#define CASE(name, families, descr) { #name, descr, name, families }

const struct contract_case contract_os_cases[] = {
	CASE(accept_takes_what_connected, CONTRACT_ALL,
	    "accept: one connection, its peer, then none"),
	CASE(connected_says_so_again, CONTRACT_ALL,
	    "os_connected is 0 as often as it is asked"),
	CASE(connected_then_ended_is_connected, CONTRACT_ALL,
	    "a connection that ended in between was made"),
	CASE(connect_to_nobody_is_refused, CONTRACT_ALL,
	    "nobody listens: refused, at once or later"),
	CASE(connect_without_a_file_says_so, CONTRACT_UNIX,
	    "no such socket file"),
	CASE(full_backlog, CONTRACT_ALL,
	    "a full backlog: EAGAIN from a Unix socket, pending with TCP"),
	CASE(client_ends_first_and_still_reads, CONTRACT_ALL,
	    "half close by the client"),
	CASE(server_ends_first_and_still_reads, CONTRACT_ALL,
	    "half close by the server"),
	CASE(write_after_shutdown_is_refused, CONTRACT_ALL,
	    "no bytes behind our own end"),
	CASE(bytes_in_front_of_a_reset_are_read, CONTRACT_TCP,
	    "a reset comes behind the bytes that arrived"),
	CASE(unix_reset_needs_unread_bytes, CONTRACT_UNIX,
	    "a Unix socket resets only by unread bytes"),
	CASE(close_with_unread_bytes_resets, CONTRACT_ALL,
	    "closing with unread input is a reset"),
	CASE(reset_before_accept, CONTRACT_TCP,
	    "a client that was reset in the backlog"),
	CASE(end_after_a_failed_write_is_a_fake, CONTRACT_TCP,
	    "ECONNRESET on writing hides the reset from reading"),
	CASE(end_before_a_failed_write_is_true, CONTRACT_TCP,
	    "EPIPE on writing leaves a true end to be read"),
	CASE(shutdown_that_fails_hides_nothing, CONTRACT_TCP,
	    "ENOTCONN of os_shutdown leaves ends and resets to be read"),
	CASE(nothing_to_read_would_block, CONTRACT_ALL,
	    "reading nothing is EAGAIN"),
	CASE(peek_does_not_take, CONTRACT_ALL,
	    "what was peeked at is still there"),
	CASE(a_reset_is_seen_behind_bytes, CONTRACT_TCP,
	    "os_error does not wait for the bytes in front"),
	CASE(an_end_is_no_error, CONTRACT_TCP,
	    "os_error: nothing of an end, EPIPE behind it"),
	CASE(full_is_would_block_and_nothing_is_lost, CONTRACT_ALL,
	    "writing to somebody who does not read ends in EAGAIN"),
	CASE(unsent_falls_to_nothing, CONTRACT_ALL,
	    "os_unsent counts down to 0"),
	CASE(unsent_of_a_dead_socket_is_nothing, CONTRACT_ALL,
	    "os_unsent is 0 when there is nobody"),
	CASE(close_delivers_what_was_written, CONTRACT_ALL,
	    "os_close loses nothing"),
	CASE(address_in_use, CONTRACT_ALL,
	    "two cannot listen in one place, one after the other can"),
	CASE(clock_goes_on, CONTRACT_TCP,
	    "the clock goes forward"),
	{ NULL, NULL, NULL, 0 }
};

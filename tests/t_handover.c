/*
 * t_handover.c - a session on its way to another relay: all of it arrives, and
 * what makes no sense is refused whole.
 *
 * Sender and receiver are one process, with one table of sessions.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <atf-c.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Its messages are nobody else's. */
#include "handover.c"

#include "crew.h"
#include "expire.h"
#include "former.h"
#include "stat.h"
#include "unit.h"

enum { ROWS = 3, BUFFERS = 4, LANES = 4, NOW = 5000 };

static struct setup	setup;
static int		fds[HANDOVER_FDS];
static unsigned		nfds;

static void
backend(const char *label, const char *host, uint16_t port)
{
	struct setup_backend	*b = &setup.backends[setup.nbackends++];

	*b = (struct setup_backend){ .label = unit_string(&setup, label),
	    .host = unit_string(&setup, host), .port = { port, 0 },
	    .disable_time = { 1000, 0 },
	    .addr = { .family = OS_IPV4, .port = port } };
}

/* Two backends, one of them in two lists. */
static void
make_setup(void)
{
	memset(&setup, 0, sizeof(setup));
	setup.nstrings = 1;
	setup.nlisteners = setup.npools = setup.nprofiles = 1;
	setup.nclasses = 1;
	setup.listeners[0] = (struct setup_listener){ .name = unit_string(&setup, ":1"),
	    .nclasses = 1, .addr = { .family = OS_IPV4, .port = 1 } };
	backend("a", "10.0.0.1", 80);
	backend("b", "10.0.0.1", 80);
	backend("b", "10.0.0.1", 80);
	setup.pools[0].nbackends = 3;
	former_entries(&setup);
}

static void
open_relay(void)
{
	make_setup();
	ATF_REQUIRE(stat_open(1, 2, 4));
	ATF_REQUIRE(table_map(1, ROWS));
	ATF_REQUIRE_EQ(0, wait_open("poll", 256));
	ATF_REQUIRE(buf_open(1, BUFFERS - 1));
	ATF_REQUIRE(backend_open(&setup));
	ATF_REQUIRE(session_open(&setup, 0, 1));
	(void)splice_open(LANES);
	handover_open();
}

/* A row that makes sense, and its descriptors. */
static struct handover_row
good_row(void)
{
	struct handover_row	row = { .kind = KIND_SESSION,
				    .version = HANDOVER_VERSION,
				    .state = SESSION_RELAY, .number = 7,
				    .family = OS_IPV4 };

	ids_make(&setup);
	row.listener = ids_listener[0];
	row.backend = ids_backend[0];
	row.side[CLIENT].has = row.side[BACKEND].has = 1;
	nfds = 2;
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	return row;
}

/* Two more: a lane with so many bytes. */
static void
give_lane(struct handover_row *row, unsigned way, uint32_t held)
{
	int	fd[2];

	ATF_REQUIRE_EQ(0, pipe(fd));
	ATF_REQUIRE_EQ(10, write(fd[1], "0123456789", 10));
	row->half[way].state = HALF_SPLICE;
	row->half[way].has_lane = 1;
	row->half[way].lane_held = held;
	fds[nfds++] = fd[1];
	fds[nfds++] = fd[0];
}

/* As many bytes wait for the way's sink. */
static void
give_bytes(struct handover_row *row, unsigned way, uint32_t len)
{
	row->half[way].state = HALF_DRAIN;
	row->half[way].len = len;
}

/* One less. */
static void
take_side(struct handover_row *row, unsigned which)
{
	row->side[which].has = 0;
	ATF_REQUIRE_EQ(0, close(fds[--nfds]));
}

/* Nothing is left to be done but to end. */
static void
give_up(struct handover_row *row)
{
	row->state = SESSION_LAST;
	row->half[CLIENT].state = row->half[BACKEND].state = HALF_DONE;
}

static struct session *
taken(const struct handover_row *row)
{
	return take_over(&setup, row, sizeof(*row), fds, nfds);
}

/* Nothing is left of it. */
static void
is_gone(const char *what)
{
	for (unsigned i = 0; i < nfds; i++)
		ATF_CHECK_MSG(fcntl(fds[i], F_GETFD) == -1,
		    "%s: descriptor %u is open", what, i);
	ATF_CHECK_EQ_MSG(0, table_count(), "%s: a row is in use", what);
	ATF_CHECK_EQ_MSG(0, buf_used(), "%s: a buffer is in use", what);
	ATF_CHECK_EQ(0, stat_global()->active);
}

static void
refused(const struct handover_row *row, const char *what)
{
	ATF_CHECK_MSG(taken(row) == NULL, "%s was taken", what);
	is_gone(what);
}

ATF_TC_WITHOUT_HEAD(rows_that_make_no_sense_are_refused);
ATF_TC_BODY(rows_that_make_no_sense_are_refused, tc)
{
	struct { struct handover_row row; char more; } long_row;
	struct handover_row	row;

	open_relay();
	row = good_row();
	ATF_CHECK(take_over(&setup, &row, sizeof(row) - 1, fds, nfds) ==
	    NULL);
	is_gone("a short one");
	long_row.row = good_row();
	ATF_CHECK(take_over(&setup, &long_row.row, sizeof(row) + 1, fds,
	    nfds) == NULL);
	is_gone("a long one");
#define REFUSED(change) do {						\
	row = good_row();						\
	change;								\
	refused(&row, #change);						\
} while (0)
	REFUSED(row.version++);
	REFUSED(row.state = SESSION_FREE);
	REFUSED(row.state = SESSION_LAST + 1);
	REFUSED(row.reason = REASONS);
	REFUSED(row.side[CLIENT].has = 0);
	REFUSED(row.side[BACKEND].has = 0);
	REFUSED(row.number = 0);
	REFUSED(row.backend = 0);
	REFUSED(row.backend = 0; row.state = SESSION_CONNECT);
	REFUSED(row.backend = 0; give_up(&row);
	    row.reason = REASON_READ_TIMEOUT);
	REFUSED(row.backend = 0; give_up(&row);
	    row.reason = REASON_WRITE_TIMEOUT);
	for (unsigned way = CLIENT; way <= BACKEND; way++) {
		REFUSED(row.half[way].state = HALF_DONE + 1);
		REFUSED(row.half[way].len = LIMIT_BUFFER + 1);
		REFUSED(row.half[way].owed = LIMIT_BUFFER + 1);
		REFUSED(row.half[way].has_lane = 1);
		REFUSED(give_lane(&row, way, 9));
		REFUSED(give_lane(&row, way, 11));
		REFUSED(row.half[way].state = HALF_DRAIN);
		REFUSED(row.half[way].state = HALF_SPLICE);
		REFUSED(row.half[way].len = 1);
		REFUSED(give_lane(&row, way, 10);
		    row.half[way].state = HALF_FILL);
		REFUSED(give_lane(&row, way, 10); row.half[way].len = 1);
		REFUSED(take_side(&row, way));
		REFUSED(take_side(&row, way); row.state = SESSION_CONNECT);
		/* who has not begun, or has given up, gives nothing back */
		REFUSED(give_bytes(&row, way, 1); row.state = SESSION_CONNECT);
		REFUSED(give_lane(&row, way, 10); row.state = SESSION_CONNECT);
		REFUSED(give_up(&row); give_bytes(&row, way, 1));
		REFUSED(give_up(&row); give_lane(&row, way, 10));
		REFUSED(give_up(&row); row.half[way].state = HALF_FILL);
	}
}

ATF_TC_WITHOUT_HEAD(the_most_that_a_row_can_say_is_taken);
ATF_TC_BODY(the_most_that_a_row_can_say_is_taken, tc)
{
	struct handover_row	row;
	struct session		*s;

	open_relay();
	row = good_row();
	row.reason = REASONS - 1;
	give_bytes(&row, CLIENT, LIMIT_BUFFER);
	row.half[BACKEND].state = HALF_DONE;
	row.half[BACKEND].owed = LIMIT_BUFFER;
	ATF_REQUIRE((s = taken(&row)) != NULL);
	ATF_CHECK_EQ(LIMIT_BUFFER, s->half[CLIENT].len);
	ATF_CHECK(s->half[CLIENT].buf != -1);
	ATF_CHECK_EQ(-1, s->half[BACKEND].buf);
	ATF_CHECK_EQ(1, buf_used());
	session_leave(s);
	is_gone("it");
	row = good_row();
	give_lane(&row, CLIENT, 10);
	give_lane(&row, BACKEND, 10);
	s = taken(&row);
	if (splice_kind() != SPLICE_PUMPED) {
		ATF_CHECK(s == NULL);
		is_gone("it");
		return;
	}
	ATF_REQUIRE(s != NULL);
	ATF_CHECK(s->half[CLIENT].lane != s->half[BACKEND].lane);
	ATF_CHECK_EQ(10, half_held(&s->half[CLIENT]));
	ATF_CHECK_EQ(10, half_held(&s->half[BACKEND]));
	session_leave(s);
	is_gone("it");
}

/* Its other side has got all of its bytes already. */
ATF_TC_WITHOUT_HEAD(who_has_only_one_side_left_is_taken);
ATF_TC_BODY(who_has_only_one_side_left_is_taken, tc)
{
	struct handover_row	row;
	struct session		*s;

	open_relay();
	for (unsigned i = CLIENT; i <= BACKEND; i++) {
		row = good_row();
		give_up(&row);
		take_side(&row, i);
		ATF_REQUIRE((s = taken(&row)) != NULL);
		ATF_CHECK_EQ(-1, s->side[i].fd);
		ATF_CHECK_EQ(fds[0], s->side[!i].fd);
		ATF_CHECK_EQ(i == CLIENT, stat_backend(0)->load);
		session_leave(s);
		is_gone("it");
	}
}

ATF_TC_WITHOUT_HEAD(what_there_is_no_room_for_is_refused);
ATF_TC_BODY(what_there_is_no_room_for_is_refused, tc)
{
	struct handover_row	row;
	struct session		*s[ROWS];

	open_relay();
	for (unsigned i = 0; i < ROWS; i++) {
		row = good_row();
		give_bytes(&row, CLIENT, 1);
		ATF_REQUIRE((s[i] = taken(&row)) != NULL);
		ATF_CHECK_EQ(i + 1, stat_backend(0)->load);
	}
	/* no row; then one, but for two halves a single buffer */
	for (unsigned i = 0; i < 2; i++) {
		row = good_row();
		give_bytes(&row, CLIENT, 1);
		if (i == 1) {
			ATF_CHECK_EQ(0, buf_take_extra() == -1);
			session_leave(s[0]);
			ATF_CHECK_EQ(0, buf_take_extra() == -1);
			give_bytes(&row, BACKEND, 1);
		}
		ATF_CHECK(taken(&row) == NULL);
		ATF_CHECK_EQ(ROWS - i, table_count());
		ATF_CHECK_EQ(ROWS + i, buf_used());
		ATF_CHECK_EQ(ROWS - i, stat_backend(0)->load);
		for (unsigned k = 0; k < nfds; k++)
			ATF_CHECK_EQ(-1, fcntl(fds[k], F_GETFD));
	}
}

/* A session with everything in it. */
static struct session *
rich_session(void)
{
	struct session	*s, from = { .state = SESSION_RELAY,
			    .reason = REASON_KILLED, .last_choice = 1,
			    .addr = 15, .addrs = 14,
			    .backend = 2, .error = 5, .number = 77,
			    .connect_ms = 12, .start_ms = 1000,
			    .since_ms = 2000, .peer = { .family = OS_IPV6,
			    .port = 4242, .ip = { 1, 2, [15] = 16 } } };

	for (unsigned i = CLIENT; i <= BACKEND; i++) {
		from.side[i] = (struct side){ .local = 1, .cut = i == CLIENT,
		    .ended = i == BACKEND, .error = 31 + (int)i,
		    .acked = 100 + i };
		from.half[i] = (struct half){ .state = HALF_DRAIN,
		    .end = HALF_OPEN, .bulk = (uint8_t)(3 + i),
		    .chatty = (uint8_t)(5 + i), .error = 7 + (int)i,
		    .buf = buf_take_extra(), .lane = -1, .off = 3,
		    .len = 10000 + i, .owed = 20 + i, .bytes = 1ULL << 40,
		    .moved_ms = 3000 + i, .rest_ms = 3100 + i,
		    .pay_us = 3200000 + i * 1000 };
		for (unsigned k = 0; k < from.half[i].len; k++)
			buf_data(from.half[i].buf)[3 + k] =
			    (char)(k % 251 + i);
	}
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	ATF_REQUIRE((s = session_arrive(&from, fds)) != NULL);
	session_ready(s, NOW);
	return s;
}

/* The only one that there is. */
static struct session *
arrival(void)
{
	for (unsigned i = 0; i < table_rows(); i++)
		if (table_row(i)->state != SESSION_FREE)
			return table_row(i);
	atf_tc_fail("nothing has arrived");
}

/* The sender is told at once that all was taken: there is nobody who could. */
static void
send_all(const int pair[2])
{
	ATF_REQUIRE_EQ(0, shutdown(pair[1], SHUT_WR));
	ATF_REQUIRE_EQ(0, handover_send(&setup, pair[0]));
}

ATF_TC_WITHOUT_HEAD(all_of_a_session_arrives);
ATF_TC_BODY(all_of_a_session_arrives, tc)
{
	struct handover_in	in = { .arriving = NULL };
	struct session		before, *s = NULL;
	unsigned		n = 0;
	int			pair[2];
	const char		*data;

	open_relay();
	ATF_REQUIRE_EQ(0, chan_pair(pair));
	before = *rich_session();
	send_all(pair);
	ATF_CHECK_EQ(0, table_count());
	ATF_CHECK_EQ(0, stat_backend(2)->load);
	while (handover_take(&setup, &in, pair[1], NOW) == HANDOVER_SESSION) {
		s = arrival();
		/* 20,001 bytes need five messages behind the row */
		ATF_CHECK_EQ(++n < 7, s->arriving);
	}
	ATF_REQUIRE_EQ(7, n);
	ATF_CHECK(in.arriving == NULL);
	ATF_CHECK_EQ(1, table_count());
	ATF_CHECK_EQ(1, stat_global()->active);
	ATF_CHECK_EQ(1, stat_listener(0)->active);
	ATF_CHECK_EQ(1, stat_backend(2)->load);
	ATF_CHECK_EQ(1, s->queued);
	/* should it go on to another one: not to this one again */
	ATF_CHECK_EQ(1 << 2, *table_tried(s));
#define SAME(field) ATF_CHECK_MSG(s->field == before.field, #field)
	SAME(state);
	SAME(reason);
	SAME(last_choice);
	SAME(addr);
	SAME(addrs);
	SAME(backend);
	SAME(listener);
	SAME(profile);
	SAME(error);
	SAME(number);
	SAME(connect_ms);
	SAME(start_ms);
	SAME(since_ms);
	SAME(peer.family);
	SAME(peer.port);
	ATF_CHECK_EQ(0, memcmp(s->peer.ip, before.peer.ip, 16));
	for (unsigned i = CLIENT; i <= BACKEND; i++) {
		ATF_CHECK(fcntl(s->side[i].fd, F_GETFD) != -1);
		SAME(side[i].local);
		SAME(side[i].cut);
		SAME(side[i].ended);
		SAME(side[i].error);
		SAME(side[i].acked);
		ATF_CHECK_EQ(WAIT_READ | WAIT_WRITE | WAIT_END,
		    s->side[i].ready);
		SAME(half[i].state);
		SAME(half[i].end);
		SAME(half[i].bulk);
		SAME(half[i].chatty);
		SAME(half[i].error);
		SAME(half[i].len);
		SAME(half[i].owed);
		SAME(half[i].bytes);
		SAME(half[i].moved_ms);
		SAME(half[i].rest_ms);
		/* the next rate may be another one, or none */
		ATF_CHECK_EQ(0, s->half[i].pay_us);
		data = buf_data(s->half[i].buf) + s->half[i].off;
		for (unsigned k = 0; k < s->half[i].len; k++)
			ATF_REQUIRE_EQ((char)(k % 251 + i), data[k]);
	}
	ATF_CHECK_EQ(HANDOVER_END, handover_take(&setup, &in, pair[1], NOW));
	(void)close(pair[0]);
	ATF_CHECK_EQ(HANDOVER_END, handover_take(&setup, &in, pair[1], NOW));
	ATF_CHECK_EQ(1, table_count());
}

/* The row of one that has gone is in the list of those to be served. */
ATF_TC_WITHOUT_HEAD(who_arrives_in_a_row_that_is_queued_loses_nobody);
ATF_TC_BODY(who_arrives_in_a_row_that_is_queued_loses_nobody, tc)
{
	struct handover_row	row;
	struct session		*gone, *other;

	open_relay();
	gone = rich_session();
	other = rich_session();
	session_leave(gone);
	row = good_row();
	ATF_REQUIRE(taken(&row) == gone);
	session_ready(gone, NOW);
	table_run_begin();
	ATF_CHECK(table_run_next() == gone);
	ATF_CHECK(table_run_next() == other);
	ATF_CHECK(table_run_next() == NULL);
}

ATF_TC_WITHOUT_HEAD(a_part_of_a_session_is_none);
ATF_TC_BODY(a_part_of_a_session_is_none, tc)
{
	struct handover_in	in = { .arriving = NULL };
	struct handover_bytes	bytes = { .kind = KIND_BYTES };
	struct handover_row	row;
	int			pair[2];

#define TOLD(msg, len) do {						\
	ATF_REQUIRE_EQ(0, chan_send(pair[0], msg, len, NULL, 0, 0));	\
	ATF_CHECK_EQ(HANDOVER_SESSION,					\
	    handover_take(&setup, &in, pair[1], NOW));			\
} while (0)
	open_relay();
	ATF_REQUIRE_EQ(0, chan_pair(pair));
	nfds = 0;
	/* bytes of nobody's */
	TOLD(&bytes, sizeof(bytes));
	is_gone("nobody");
	/* no message at all is a session that is lost */
	TOLD("xy", 2);
	ATF_CHECK_EQ(1, stat_global()->ended[REASON_NO_RESOURCES]);
	row = good_row();
	row.half[BACKEND].state = HALF_DRAIN;
	row.half[BACKEND].len = 6000;
	ATF_REQUIRE_EQ(0, chan_send(pair[0], &row, sizeof(row), fds, nfds, 0));
	(void)close(fds[0]);
	(void)close(fds[1]);
	ATF_CHECK_EQ(HANDOVER_SESSION, handover_take(&setup, &in, pair[1],
	    NOW));
	ATF_REQUIRE(in.arriving != NULL);
	/* none of these is a byte of it */
	bytes.way = 2;
	TOLD(&bytes, sizeof(bytes));
	bytes.way = CLIENT;
	TOLD(&bytes, sizeof(bytes));
	bytes.way = BACKEND;
	TOLD(&bytes, 7);
	TOLD(&bytes, 8);
	ATF_CHECK_EQ(6000, in.missing[BACKEND]);
	TOLD(&bytes, sizeof(bytes));
	ATF_CHECK_EQ(6000 - sizeof(bytes.data), in.missing[BACKEND]);
	/* it may not be ended here while it is whole there */
	session_kill(in.arriving, REASON_KILLED, true, NOW);
	ATF_CHECK_EQ(1, table_count());
	setup.profiles[0].max_read_idle.v = 1;
	expire_sweep(NOW);
	ATF_CHECK_EQ(SESSION_RELAY, in.arriving->state);
	/* nor when the next one comes instead of its bytes */
	row.half[BACKEND] = (struct handover_half){ .state = HALF_FILL };
	TOLD(&row, sizeof(row));
	ATF_CHECK(in.arriving == NULL);
	is_gone("a part");
	TOLD(&bytes, sizeof(bytes));
	is_gone("its bytes");
	row.half[BACKEND].state = HALF_DRAIN;
	row.half[BACKEND].len = 6000;
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	ATF_REQUIRE_EQ(0, chan_send(pair[0], &row, sizeof(row), fds, 2, 0));
	(void)close(fds[0]);
	(void)close(fds[1]);
	ATF_CHECK_EQ(HANDOVER_SESSION, handover_take(&setup, &in, pair[1],
	    NOW));
	ATF_CHECK(in.arriving != NULL);
	(void)close(pair[0]);
	ATF_CHECK_EQ(HANDOVER_END, handover_take(&setup, &in, pair[1], NOW));
	ATF_CHECK(in.arriving == NULL);
	is_gone("a part");
}

/* Descriptors belong to sessions alone. */
ATF_TC_WITHOUT_HEAD(no_descriptor_is_left_of_other_messages);
ATF_TC_BODY(no_descriptor_is_left_of_other_messages, tc)
{
	struct handover_in	in = { .arriving = NULL };
	struct handover_health	health = { .kind = KIND_HEALTH };
	struct handover_bytes	bytes = { .kind = KIND_BYTES };
	int			pair[2], next;

	open_relay();
	ATF_REQUIRE_EQ(0, chan_pair(pair));
	ATF_REQUIRE((next = dup(0)) != -1);
	(void)close(next);
	ATF_REQUIRE_EQ(0, chan_send(pair[0], &health, sizeof(health), pair, 2,
	    0));
	ATF_REQUIRE_EQ(0, chan_send(pair[0], &bytes, sizeof(bytes), pair, 1,
	    0));
	for (unsigned i = 0; i < 2; i++)
		ATF_CHECK_EQ(HANDOVER_SESSION, handover_take(&setup, &in,
		    pair[1], NOW));
	ATF_CHECK_EQ(next, dup(0));
}

ATF_TC_WITHOUT_HEAD(backends_that_are_out_stay_out);
ATF_TC_BODY(backends_that_are_out_stay_out, tc)
{
	struct handover_in	in = { .arriving = NULL };
	struct handover_health	health = { .kind = KIND_HEALTH,
				    .version = HANDOVER_VERSION };
	uint64_t		since, until;
	int			pair[2];

	open_relay();
	ATF_REQUIRE_EQ(0, chan_pair(pair));
	backend_failed(1, ECONNREFUSED, NOW);
	backend_failed(2, ECONNREFUSED, NOW);
	send_all(pair);
	backend_close();
	stat_set(&stat_backend(1)->down, 0);
	stat_set(&stat_backend(2)->down, 0);
	ATF_REQUIRE(backend_open(&setup));
	for (unsigned i = 0; i < 2; i++)
		ATF_CHECK_EQ(HANDOVER_SESSION, handover_take(&setup, &in,
		    pair[1], NOW));
	ATF_CHECK_EQ(HANDOVER_END, handover_take(&setup, &in, pair[1], NOW));
	for (unsigned b = 0; b < setup.nbackends; b++) {
		backend_health(b, &since, &until);
		ATF_CHECK_EQ(b > 0 ? NOW : 0, since);
		ATF_CHECK_EQ(b > 0 ? NOW + 1000 : 0, until);
		ATF_CHECK_EQ(b == 0, backend_is_up(b, NOW + 999));
		ATF_CHECK(backend_is_up(b, NOW + 1000));
		ATF_CHECK_EQ(b > 0, stat_backend(b)->down);
	}
	/* said of one that is not here, in other words, or too little */
	ATF_REQUIRE_EQ(0, chan_pair(pair));
	health.since_ms = health.until_ms = NOW;
	health.backend = 12345;
	TOLD(&health, sizeof(health));
	ATF_CHECK_EQ(0, stat_backend(setup.nbackends)->down);
	health.backend = ids_backend[0];
	TOLD(&health, sizeof(health) - 1);
	health.version++;
	TOLD(&health, sizeof(health));
	ATF_CHECK_EQ(0, stat_backend(0)->down);
	health.version--;
	TOLD(&health, sizeof(health));
	ATF_CHECK_EQ(1, stat_backend(0)->down);
}

ATF_TC_WITHOUT_HEAD(ids_are_what_things_are);
ATF_TC_BODY(ids_are_what_things_are, tc)
{
	static uint64_t	l[LIMIT_LISTENERS + 1], b[LIMIT_BACKENDS + 1];
	static uint64_t	l2[LIMIT_LISTENERS + 1], b2[LIMIT_BACKENDS + 1];

	make_setup();
	ids_each(&setup, l, b);
	ATF_CHECK_EQ(1, l[1]);
	ATF_CHECK_EQ(1, b[3]);
	for (unsigned i = 0; i < 4; i++) {
		ATF_CHECK(b[i] != 0);
		ATF_CHECK_EQ(i, ids_find(b, 3, b[i]));
	}
	ATF_CHECK_EQ(3, ids_find(b, 3, 12345));
	/* each part of a name counts, and only names do */
	setup.nbackends = 0;
	backend("b", "10.0.0.1", 80);
	backend("b", "10.0.0.1", 81);
	backend("b", "10.0.0.2", 80);
	backend("c", "10.0.0.1", 80);
	backend("b1", "0.0.0.1", 80);
	backend("b", "10.0.0.1", 80);
	backend("a", "10.0.0.1", 80);
	ids_each(&setup, l2, b2);
	ATF_CHECK_EQ(l[0], l2[0]);
	ATF_CHECK_EQ(b[1], b2[0]);
	ATF_CHECK_EQ(b[2], b2[5]);
	ATF_CHECK_EQ(b[0], b2[6]);
	for (unsigned i = 1; i < 5; i++)
		ATF_CHECK_EQ_MSG(3, ids_find(b, 3, b2[i]), "%u", i);
	setup.listeners[0].addr.port = 2;
	ids_each(&setup, l2, b2);
	ATF_CHECK(l[0] != l2[0]);
	setup.listeners[0].addr.port = 1;
	setup.listeners[0].addr.u.ip[3] = 1;
	ids_each(&setup, l2, b2);
	ATF_CHECK(l[0] != l2[0]);
	setup.listeners[0].addr.family = OS_IPV6;
	ids_each(&setup, l, b);
	setup.listeners[0].addr.u.ip[15] = 1;
	ids_each(&setup, l2, b2);
	ATF_CHECK(l[0] != l2[0]);
	setup.listeners[0].addr = (struct os_addr){ .family = OS_UNIX,
	    .pathlen = 3, .u.path = "/ab" };
	ids_each(&setup, l, b);
	setup.listeners[0].addr.u.path[2] = 'c';
	ids_each(&setup, l2, b2);
	ATF_CHECK(l[0] != l2[0]);
}

ATF_TC_WITHOUT_HEAD(what_is_removed_has_limits_of_its_own);
ATF_TC_BODY(what_is_removed_has_limits_of_its_own, tc)
{
	const struct setup_profile	*p = &setup.profiles[1];
	const struct setup_backend	*b = &setup.backends[3];

	make_setup();
	setup.profiles[0].half_close_timeout = (struct setting){ 100, 1 };
	setup.profiles[0].max_read_idle = (struct setting){ 100, 1 };
	setup.profiles[0].max_write_idle = (struct setting){ 100, 1 };
	former_entries(&setup);
	ATF_CHECK_EQ(0, p->max_read_idle.v);
	ATF_CHECK_EQ(0, p->max_write_idle.v);
	ATF_CHECK_EQ(3600000, p->half_close_timeout.v);
	ATF_CHECK_EQ(0, p->half_close_timeout.at);
	ATF_CHECK_EQ(8000, b->connect_timeout.v);
	ATF_CHECK_EQ(0, b->read_timeout.v);
	ATF_CHECK_EQ(0, b->write_timeout.v);
}

/*
 * Lists that have changed: (a b b) is (c b a), and (d) has become (b d), of which two
 * lists have one each.
 */
ATF_TC_WITHOUT_HEAD(backends_keep_their_names_in_another_setup);
ATF_TC_BODY(backends_keep_their_names_in_another_setup, tc)
{
	static struct setup	former;
	static const uint16_t	now_at[] = { 2, 1, 1, 4, 5 };
	static const uint16_t	were_at[] = { 4, 1, 0, 1, 3 };
	uint16_t		l[3], b[5], o[5];

	make_setup();
	setup.nlisteners = setup.npools = setup.nprofiles = setup.nclasses = 2;
	setup.listeners[1] = (struct setup_listener){ .name = unit_string(&setup, ":2"),
	    .first_class = 1, .nclasses = 1,
	    .addr = { .family = OS_IPV4, .port = 2 } };
	setup.classes[1].profile = 1;
	setup.profiles[1].pool = 1;
	backend("d", "10.0.0.1", 80);
	setup.pools[1] = (struct setup_pool){ .first_backend = 3,
	    .nbackends = 1 };
	former_entries(&setup);
	former = setup;
	setup.nbackends = 0;
	backend("c", "10.0.0.1", 80);
	backend("b", "10.0.0.1", 80);
	backend("a", "10.0.0.1", 80);
	backend("b", "10.0.0.1", 80);
	backend("d", "10.0.0.1", 80);
	setup.pools[1] = (struct setup_pool){ .first_backend = 3,
	    .nbackends = 2 };
	former_entries(&setup);
	former_map(&former, &setup, l, b, o);
	for (unsigned i = 0; i < 3; i++)
		ATF_CHECK_EQ(i, l[i]);
	for (unsigned i = 0; i < 5; i++) {
		ATF_CHECK_EQ_MSG(now_at[i], b[i], "%u: %u", i, b[i]);
		ATF_CHECK_EQ_MSG(were_at[i], o[i], "%u from %u", i, o[i]);
	}
	/* the listener is gone, and its list with it: any other will do */
	setup.listeners[1].addr.port = 3;
	former_map(&former, &setup, l, b, o);
	ATF_CHECK_EQ(2, l[1]);
	ATF_CHECK_EQ_MSG(4, b[3], "%u", b[3]);
}

/* What a process says that only writes lines is not taken for a relay's word. */
ATF_TC_WITHOUT_HEAD(the_log_writer_is_no_relay);
ATF_TC_BODY(the_log_writer_is_no_relay, tc)
{
	static struct crew	crew;
	int			pair[2];

	crew_open(&crew, 0, &setup);
	ATF_REQUIRE_EQ(0, chan_pair(pair));
	crew.writer.channel = pair[0];
	ATF_REQUIRE_EQ(0, channel_send(pair[1], CHANNEL_READY, 0, -1));
	ATF_REQUIRE_EQ(0, channel_send(pair[1], CHANNEL_ADOPTED, 0, -1));
	crew_hear(&crew, LIMIT_RELAYS);
	ATF_CHECK_EQ(-1, crew.pipe);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rows_that_make_no_sense_are_refused);
	ATF_TP_ADD_TC(tp, the_most_that_a_row_can_say_is_taken);
	ATF_TP_ADD_TC(tp, who_has_only_one_side_left_is_taken);
	ATF_TP_ADD_TC(tp, what_there_is_no_room_for_is_refused);
	ATF_TP_ADD_TC(tp, all_of_a_session_arrives);
	ATF_TP_ADD_TC(tp, who_arrives_in_a_row_that_is_queued_loses_nobody);
	ATF_TP_ADD_TC(tp, a_part_of_a_session_is_none);
	ATF_TP_ADD_TC(tp, no_descriptor_is_left_of_other_messages);
	ATF_TP_ADD_TC(tp, backends_that_are_out_stay_out);
	ATF_TP_ADD_TC(tp, ids_are_what_things_are);
	ATF_TP_ADD_TC(tp, what_is_removed_has_limits_of_its_own);
	ATF_TP_ADD_TC(tp, backends_keep_their_names_in_another_setup);
	ATF_TP_ADD_TC(tp, the_log_writer_is_no_relay);
	return atf_no_error();
}

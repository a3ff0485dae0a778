/*
 * loop.c - wait, mark what happened, serve the sessions, let new ones in.
 *
 * Events are only marked while they are read off; the sessions are served after
 * that, so an event never meets a descriptor that was closed and used again in
 * the same turn.  Listeners come last, so a row freed in a turn stays free in it.
 */
#include <errno.h>

#include "backend.h"
#include "buf.h"
#include "chan.h"
#include "channel.h"
#include "conf.h"
#include "handover.h"
#include "limits.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "os.h"
#include "session.h"
#include "share.h"
#include "splice.h"
#include "stat.h"
#include "table.h"
#include "text.h"
#include "wait.h"

#define CHANNEL_TOKEN	0xffffffffU
#define ADOPT_TOKEN	0xffff0000U	/* with the number of the predecessor */

enum {
	ADOPT_SHARE = 64,		/* messages of a predecessor in a turn */
	ADOPT_WAIT_MS = 5000		/* for its next one, when not in turns */
};

enum loop_mode {
	LOOP_RUN,
	LOOP_DRAIN,		/* no new sessions */
	LOOP_LAST,		/* those left are being reset */
	LOOP_OVER
};

static const struct setup *setup;
static int		 channel;	/* -1: none */
static bool		 channel_ready;
static enum loop_mode	 mode;
static uint64_t		 mode_due;	/* DRAIN, LAST: over then */
static uint64_t		 log_due;
static struct {
	int		 fd;		/* -1: none */
	bool		 ready;
	struct handover_in in;
} adopt[LIMIT_RELAYS];
static unsigned		 adopting;	/* of these, in use */
static unsigned		 expected;	/* predecessors that have not ended */
static unsigned		 leased;	/* buffers, as last counted */
static uint64_t		 spliced;	/* bytes, the same */
static uint64_t		 trim_due;
static int		 failure;

unsigned
loop_buffers(const struct setup *set)
{
	uint32_t most = share_sessions(set, 0) * 2;

	if (set->server.buffers.v != 0)
		return set->server.buffers.v;
	return most < LIMIT_BUFFERS_AUTO ? most : LIMIT_BUFFERS_AUTO;
}

static unsigned
loop_lanes(const struct setup *set)
{
	uint32_t most = share_sessions(set, 0) * 2;

	return most < LIMIT_LANES ? most : LIMIT_LANES;
}

/* Bytes in pipes of predecessors: two lanes a session at most. */
static unsigned
adopted_lanes(const struct loop_room *room)
{
	const unsigned most = LIMIT_RELAYS * LIMIT_LANES;

	return room->rows < most / 2 ? 2 * room->rows : most;
}

uint64_t
loop_room_descriptors(const struct loop_room *room)
{
	return 2 * ((uint64_t)room->rows + adopted_lanes(room));
}

/* Sockets of sessions, pipes, listeners, and the few of the process itself. */
uint64_t
loop_descriptors(const struct setup *set)
{
	return 2ULL * share_sessions(set, 0) + set->nlisteners +
	    2 * loop_lanes(set) + LIMIT_OTHER_FDS;
}

uint64_t
loop_memory(const struct setup *set)
{
	unsigned n = share_sessions(set, 0);
	const char *kind = conf_string(set, set->server.event_handler.v);

	return table_memory(set, n) + buf_memory(loop_buffers(set)) +
	    wait_memory(*kind == '\0' ? NULL : kind,
	    (int)loop_descriptors(set));
}

/* What has not come whole yet stays with its sender. */
static void
adopt_close(unsigned i)
{
	handover_drop(&adopt[i].in);
	wait_del(adopt[i].fd);
	chan_end(adopt[i].fd);
	adopt[i].fd = -1;
	adopting--;
}

/*
 * Descriptors are below this: new ones get the lowest numbers that are free, those
 * from the parent have the numbers that they had there.
 */
static int
top_descriptor(const struct setup *set, const int *listeners,
    const struct loop_room *room)
{
	int top = (int)(loop_descriptors(set) + loop_room_descriptors(room));
	unsigned i;

	if (channel >= top)
		top = channel + 1;
	for (i = 0; i < set->nlisteners; i++)
		if (listeners[i] >= top)
			top = listeners[i] + 1;
	return top;
}

static int
open_parts(const struct setup *set, unsigned relay, const int *listeners,
    const struct loop_room *room)
{
	const char *kind = conf_string(set, set->server.event_handler.v);
	int error;

	error = wait_open(*kind == '\0' ? NULL : kind,
	    top_descriptor(set, listeners, room));
	if (error != 0)
		return error;
	if (!buf_open(loop_buffers(set), room->buffers) ||
	    !backend_open(set) ||
	    !session_open(set, relay, share_sessions(set, relay)))
		return -ENOMEM;
	handover_open();
	(void)splice_open(loop_lanes(set) + adopted_lanes(room));
	if (channel != -1 && (error = wait_add(channel, WAIT_LEVEL,
	    CHANNEL_TOKEN)) != 0)
		return error;
	return listener_open(set, listeners, room->hold);
}

/*
 * Sessions get numbers that none had here before, not with a relay that has died in
 * this one's place either: an operator may still mean that one's.
 */
static void
number_on(void)
{
	struct stat_global sum;

	stat_sum_global(&sum);
	session_number((uint32_t)sum.accepted);
}

int
loop_open(const struct setup *set, unsigned relay, const int *listeners,
    int chan, const struct loop_room *room)
{
	unsigned i;
	int error;

	setup = set;
	channel = chan;
	channel_ready = false;
	mode = LOOP_RUN;
	mode_due = log_due = trim_due = UINT64_MAX;
	failure = 0;
	leased = 0;
	spliced = stat_global()->spliced;
	expected = adopting = 0;
	for (i = 0; i < LIMIT_RELAYS; i++)
		adopt[i].fd = -1;
	error = open_parts(set, relay, listeners, room);
	if (error == 0)
		number_on();
	else
		loop_close();
	return error;
}

void
loop_close(void)
{
	unsigned i;

	listener_close();
	for (i = 0; i < LIMIT_RELAYS; i++)
		if (adopt[i].fd != -1)
			adopt_close(i);
	session_kill_all(REASON_SHUTDOWN, true, os_now_ms());
	if (channel != -1)
		wait_del(channel);	/* the caller's to close */
	channel = -1;
	session_close();
	backend_close();
	buf_close();
	splice_close();
	wait_close();
}

int
loop_error(void)
{
	return failure;
}

/*
 * Ending.
 */

void
loop_drain(uint32_t graceful_ms)
{
	char span[TEXT_SHORT];

	if (mode > LOOP_DRAIN || mode_due != UINT64_MAX)
		return;
	listener_close();
	mode = LOOP_DRAIN;
	if (graceful_ms > 0)
		mode_due = os_now_ms() + graceful_ms;
	if (table_count() > 0)
		log_notice("no new clients; %u session%s may go on%s%s",
		    table_count(), text_s(table_count()),
		    graceful_ms > 0 ? " for " : "", graceful_ms > 0 ?
		    text_span(span, graceful_ms) : "");
}

void
loop_stop(void)
{
	listener_close();
	session_kill_all(REASON_SHUTDOWN, true, os_now_ms());
	mode = LOOP_OVER;
}

/* The time is up for the mode. */
static void
mode_expire(uint64_t now)
{
	if (mode == LOOP_DRAIN) {
		mode = LOOP_LAST;
		mode_due = now + LIMIT_SHUTDOWN_LAST_MS;
		session_kill_all(REASON_SHUTDOWN, false, now);
	} else
		loop_stop();
}

/*
 * Give all sessions to a successor; what cannot be given goes on here.  What a
 * predecessor was too late with goes along as far as it has come, the rest stays
 * there.
 */
static void
hand_over(int fd)
{
	unsigned i;
	int error;

	listener_close();
	for (i = 0; i < LIMIT_RELAYS; i++) {
		if (adopt[i].fd == -1)
			continue;
		while (handover_take(setup, &adopt[i].in, adopt[i].fd,
		    os_now_ms()) == HANDOVER_SESSION)
			continue;
		adopt_close(i);
	}
	error = handover_send(setup, fd);
	chan_end(fd);
	if (error == 0) {
		mode = LOOP_OVER;
		return;
	}
	log_error("handing sessions over failed: %s; %u of them end here in "
	    "their own time", log_errno(error), table_count());
	mode = LOOP_DRAIN;
	mode_due = UINT64_MAX;
}

/* There is a successor, but no way to it: the same, and new clients are its. */
static void
keep_all(void)
{
	if (mode != LOOP_RUN)
		return;
	listener_close();
	mode = LOOP_DRAIN;
	mode_due = UINT64_MAX;
}

/* Nothing comes from predecessors any more: clients may, numbered on from there. */
static void
adopt_over(void)
{
	expected = 0;
	number_on();
	listener_release();
	if (channel != -1)
		(void)channel_send(channel, CHANNEL_ADOPTED, 0, -1);
}

static void
adopt_end(void)
{
	if (expected > 0 && --expected == 0)
		adopt_over();
}

/*
 * A predecessor that cannot be waited for: what it has sent, and believes to be
 * rid of, would be lost with the channel.  So it is waited for alone.
 */
static void
adopt_now(int fd)
{
	struct handover_in in = { .arriving = NULL };

	while (chan_wait(fd, ADOPT_WAIT_MS) == 1 && handover_take(setup, &in,
	    fd, os_now_ms()) != HANDOVER_END)
		continue;
	handover_drop(&in);
	chan_end(fd);
	adopt_end();
}

/*
 * Sessions will come from fd, one of so many predecessors (-1: none from this
 * one).  Clients are accepted when all of them have ended; without any, at once.
 */
static void
adopt_from(int fd, unsigned predecessors)
{
	unsigned i;

	if (expected == 0)
		expected = predecessors;
	if (fd == -1) {
		if (predecessors == 0)
			adopt_over();
		else
			adopt_end();
		return;
	}
	for (i = 0; i < LIMIT_RELAYS; i++)
		if (adopt[i].fd == -1)
			break;
	if (i == LIMIT_RELAYS || wait_add(fd, WAIT_LEVEL,
	    ADOPT_TOKEN | i) != 0) {
		adopt_now(fd);
		return;
	}
	adopting++;
	adopt[i].fd = fd;
	adopt[i].ready = false;
	adopt[i].in = (struct handover_in){ .arriving = NULL };
}

static void
adopt_turn(uint64_t now)
{
	unsigned i, n;

	for (i = 0; i < LIMIT_RELAYS && adopting > 0; i++) {
		if (adopt[i].fd == -1 || !adopt[i].ready)
			continue;
		adopt[i].ready = false;
		for (n = 0; n < ADOPT_SHARE; n++) {
			switch (handover_take(setup, &adopt[i].in,
			    adopt[i].fd, now)) {
			case HANDOVER_SESSION:
				continue;
			case HANDOVER_END:
				adopt_close(i);
				adopt_end();
				break;
			case HANDOVER_NONE:
				break;
			}
			break;
		}
	}
}

/*
 * The operator ends a session, if it is still the one in that row; or all of a
 * backend.
 */
static void
kill_one(uint32_t row, uint32_t number)
{
	struct session *s;

	if (row >= table_rows())
		return;
	s = table_row(row);
	if (s->state != SESSION_FREE && s->number == number)
		session_kill(s, REASON_KILLED, false, os_now_ms());
}

static void
kill_backend(uint32_t backend)
{
	uint64_t now = os_now_ms();
	unsigned i, n = table_rows();

	for (i = 0; i < n; i++)
		if (table_row(i)->state != SESSION_FREE &&
		    table_row(i)->backend == backend)
			session_kill(table_row(i), REASON_KILLED, false, now);
}

static void
channel_turn(void)
{
	struct channel_note note;

	for (;;) {
		channel_take(channel, &note, 1);
		switch (note.order) {
		case CHANNEL_NONE:
			return;
		case CHANNEL_DRAIN:
			loop_drain(note.value);
			break;
		case CHANNEL_STOP:
			loop_stop();
			break;
		case CHANNEL_HANDOVER:
			if (note.fd != -1)
				hand_over(note.fd);
			else
				keep_all();
			break;
		case CHANNEL_ADOPT:
			adopt_from(note.fd, note.value);
			break;
		case CHANNEL_KILL:
			kill_one(note.value, note.number);
			break;
		case CHANNEL_EMPTY:
			kill_backend(note.value);
			break;
		case CHANNEL_GONE:
			wait_del(channel);
			channel = -1;
			log_error("the parent process is gone: ending");
			loop_drain(setup->server.graceful_ms.v);
			return;
		}
	}
}

/*
 * The turn.
 */

static int
timeout(void)
{
	uint64_t due = session_due(), other = listener_due(), now;

	if (other < due)
		due = other;
	if (mode_due < due)
		due = mode_due;
	if (log_due < due)
		due = log_due;
	if (trim_due < due)
		due = trim_due;
	if (due == UINT64_MAX)
		return -1;
	if (due == 0 || due <= (now = os_now_ms()))
		return 0;
	return due - now > INT32_MAX ? INT32_MAX : (int)(due - now);
}

/*
 * Some time after some were in use, memory and pipes that lie idle are given
 * back: again and again as long as some are, for the peak that needed the others
 * may be long over.
 */
static void
trim(uint64_t now)
{
	bool used = buf_used() != leased || stat_global()->spliced != spliced;

	if (buf_used() != leased)
		stat_set(&stat_global()->buffers_used, leased = buf_used());
	spliced = stat_global()->spliced;
	if (used && trim_due == UINT64_MAX)
		trim_due = now + LIMIT_TRIM_MS;
	if (trim_due > now)
		return;
	trim_due = UINT64_MAX;
	buf_trim();
	splice_trim();
}

static void
mark(const struct wait_event *events, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (events[i].token == CHANNEL_TOKEN)
			channel_ready = true;
		else if (events[i].token >= ADOPT_TOKEN)
			adopt[events[i].token & 0xffff].ready = true;
		else if (events[i].token & LISTENER_TOKEN)
			listener_got(events[i].token);
		else
			session_got(events[i].token, events[i].got);
	}
}

bool
loop_turn(void)
{
	static struct wait_event events[LIMIT_EVENTS];
	uint64_t now;
	int n;

	n = wait_turn(events, LIMIT_EVENTS, timeout());
	now = os_now_ms();
	if (n < 0) {
		log_error("waiting for events failed: %s", log_errno(n));
		failure = n;
		return false;
	}
	mark(events, n);
	if (channel_ready) {
		channel_ready = false;
		channel_turn();
	}
	adopt_turn(now);
	session_times(now);
	session_run_all(now);
	listener_turn(now);
	if (mode_due <= now)
		mode_expire(now);
	trim(now);
	log_due = log_tick(now);
	if (mode != LOOP_RUN && table_count() == 0 && adopting == 0)
		mode = LOOP_OVER;
	return mode != LOOP_OVER;
}

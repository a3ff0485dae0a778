/*
 * connect.c - from an accepted client to a connected backend.
 *
 * Goes from one address of a backend to the next, and from one backend to the next,
 * as long as they fail; nothing of the client's
 * is taken before one is connected, so nothing has to be said twice.
 */
#include <errno.h>

#include "backend.h"
#include "connect.h"
#include "expire.h"
#include "limits.h"
#include "os.h"
#include "report.h"
#include "session.h"
#include "table.h"
#include "wait.h"

static const struct setup *setup;

/* What struct session has room for. */
_Static_assert(LIMIT_ADDRS_PER_NAME <= 15, "addr, addrs");

void
connect_open(const struct setup *set)
{
	setup = set;
}

static bool
ours(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM || error == ENOSPC;
}

/*
 * The attempt failed: say so to the backend's health, and let go of it.  True when
 * another backend may do better.
 */
static bool
connect_left(struct session *s, int error, uint64_t now)
{
	if (ours(error) || error == EADDRNOTAVAIL)
		backend_spared(s->backend);
	else
		backend_failed(s->backend, error, now);
	session_unload(s);
	s->backend = BACKEND_NONE;
	s->error = error;
	return !ours(error);
}

static void
connect_done(struct session *s, uint64_t now)
{
	s->connect_ms = (uint32_t)(now - s->since_ms);
	backend_connected(s->backend, s->addr, now, s->connect_ms);
	s->since_ms = now;
	s->error = 0;
	half_start(&s->half[CLIENT], now);
	half_start(&s->half[BACKEND], now);
	session_to(s, SESSION_RELAY);
	report_connected(setup, s);
}

/* One attempt.  0: connected or under way, else an errno. */
static int
connect_one(struct session *s, uint64_t now)
{
	const struct os_addr *to = backend_addr(s->backend, s->addr);
	bool pending;
	int error, fd;

	s->since_ms = now;
	if ((fd = os_connect(to, &pending)) < 0)
		return -fd;
	if ((error = wait_add(fd, WAIT_EDGE, session_token(s, BACKEND))) != 0) {
		os_reset(fd);
		return ours(-error) ? -error : ENOMEM;
	}
	session_side(s, BACKEND, fd, to->family == OS_UNIX);
	if (pending) {
		s->side[BACKEND].ready = 0;
		expire_before(s);
		return 0;
	}
	connect_done(s, now);
	return 0;
}

/*
 * That address failed.  True when the backend has another one, which is next then.
 */
static bool
connect_address(struct session *s, int error, uint64_t now)
{
	session_shut(&s->side[BACKEND], true);
	report_failed(setup, s, error, now);
	s->addrs++;
	s->addr = (s->addr + 1U) % backend_addrs(s->backend);
	return !ours(error) && s->addrs < backend_addrs(s->backend);
}

/* The address that is next, and those after it.  0 or an errno as above. */
static int
connect_addresses(struct session *s, uint64_t now)
{
	int error;

	while ((error = connect_one(s, now)) != 0)
		if (!connect_address(s, error, now))
			break;
	return error;
}

/* Go through the backends until one is connected or under way. */
void
connect_next(struct session *s, uint64_t now)
{
	struct backend_choice choice = {
		.profile = &setup->profiles[s->profile], .peer = &s->peer,
		.listener = s->listener, .last = s->last_choice,
		.tried = table_tried(s)
	};
	int error;
	unsigned b;

	for (;;) {
		b = backend_pick(&choice, now);
		s->last_choice = choice.last;
		s->backend = (uint16_t)b;
		if (b == BACKEND_NONE) {
			session_reset(s, s->error == EADDRNOTAVAIL ?
			    REASON_NO_RESOURCES : REASON_NO_BACKEND, s->error,
			    false, now);
			return;
		}
		s->loads = 1;
		report_choice(setup, s);
		s->addr = backend_first_addr(b) & 15;
		s->addrs = 0;
		if ((error = connect_addresses(s, now)) == 0)
			return;
		if (!connect_left(s, error, now)) {
			session_reset(s, REASON_NO_RESOURCES, error, false,
			    now);
			return;
		}
	}
}

/* What was under way failed: the next address, or the next backend. */
static void
connect_failed(struct session *s, int error, uint64_t now)
{
	if (connect_address(s, error, now) &&
	    (error = connect_addresses(s, now)) == 0)
		return;
	if (connect_left(s, error, now))
		connect_next(s, now);
	else
		session_reset(s, REASON_NO_RESOURCES, error, false, now);
}

/*
 * The client while a backend is connecting: its bytes and its end stay where they
 * are, its reset cancels, with bytes in front of it or without.  But what was
 * complete before (EPIPE) is a request like any other.  False when the session has
 * ended.
 */
static bool
connect_client(struct session *s, uint64_t now)
{
	struct side *sd = &s->side[CLIENT];
	int error;

	if (!(sd->ready & WAIT_ERROR))
		return true;
	sd->ready &= (uint8_t)~WAIT_ERROR;
	error = -os_error(sd->fd);
	if (error == 0 || error == EPIPE)
		return true;
	sd->cut = 1;
	session_reset(s, REASON_CLIENT_GONE, error, false, now);
	return false;
}

/* What has become of what was under way; late: its time is up. */
static void
connect_look(struct session *s, bool late, uint64_t now)
{
	struct side *sd = &s->side[BACKEND];
	int error;
	char byte;

	error = -os_connected(sd->fd, backend_addr(s->backend, s->addr));
	if (error == EINPROGRESS && !late) {
		sd->ready = 0;
		return;
	}
	if (error == EINPROGRESS)
		error = ETIMEDOUT;
	/* made and lost already: what it said before is still worth having */
	else if (error != 0 && os_peek(sd->fd, &byte, sizeof(byte)) > 0) {
		sd->cut = error != EPIPE;
		sd->error = error;
		sd->ready |= WAIT_READ | WAIT_END;
		error = 0;
	}
	if (error == 0)
		connect_done(s, now);
	else
		connect_failed(s, error, now);
}

void
connect_step(struct session *s, uint64_t now)
{
	if (connect_client(s, now) && s->side[BACKEND].ready & WAIT_WRITE)
		connect_look(s, false, now);
}

/* After a pause of ours it may be connected, and its event still to come. */
void
connect_expire(struct session *s, uint64_t now)
{
	connect_look(s, true, now);
	if (s->state == SESSION_RELAY) {
		s->side[BACKEND].ready |= WAIT_READ | WAIT_WRITE;
		table_run(s);
	}
}

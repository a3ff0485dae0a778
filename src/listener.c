/*
 * listener.c - accept and admit.
 *
 * Level-triggered: a listener is ready as long as someone waits, so a turn may
 * leave off when its share is used up.  All listeners pause together, for what
 * they lack (rows, descriptors, memory) they lack together.
 */
#include <errno.h>

#include "addr.h"
#include "conf.h"
#include "limits.h"
#include "listener.h"
#include "log.h"
#include "os.h"
#include "session.h"
#include "share.h"
#include "table.h"
#include "stat.h"
#include "wait.h"

struct door {
	int	fd;
	uint8_t	ready;
	uint8_t	share;		/* who is accepted in a turn, as many as come */
};

static const struct setup *setup;
static struct door	 doors[LIMIT_LISTENERS];
static unsigned		 ndoors;
static bool		 held;		/* not before listener_release */
static bool		 paused;	/* nobody got in since */
static bool		 said;		/* in the log */
static uint64_t		 retry_ms;	/* away until then; UINT64_MAX: until a row
					   is free; 0: in the wait set */
static unsigned		 relays;	/* that have the same listeners */
static bool		 shared;	/* by them, sessions of predecessors too */
static bool		 someone;	/* a door is ready */
static unsigned		 first;		/* who is served first, in turns */

static void
doors_want(uint32_t want)
{
	unsigned i;

	for (i = 0; i < ndoors; i++) {
		wait_want(doors[i].fd, want);
		stat_set(&stat_listener(i)->paused, want == 0);
		if (want == 0)
			doors[i].ready = 0;
	}
}

int
listener_open(const struct setup *set, const int *fds, bool hold)
{
	int error;

	setup = set;
	paused = said = someone = false;
	relays = share_relays(set);
	shared = hold && relays > 1;
	retry_ms = 0;
	first = 0;
	held = hold;
	for (ndoors = 0; ndoors < set->nlisteners; ndoors++) {
		error = wait_add(fds[ndoors], WAIT_LEVEL,
		    LISTENER_TOKEN | ndoors);
		if (error != 0)
			return error;
		if (hold)
			wait_want(fds[ndoors], 0);
		doors[ndoors] = (struct door){ .fd = fds[ndoors], .share = 1 };
	}
	return 0;
}

void
listener_release(void)
{
	if (!held)
		return;
	held = false;
	doors_want(WAIT_READ);
}

void
listener_close(void)
{
	unsigned i;

	for (i = 0; i < ndoors; i++) {
		wait_del(doors[i].fd);
		os_drop(doors[i].fd);	/* others have it too, and its options */
	}
	ndoors = 0;
	retry_ms = 0;
}

void
listener_got(uint32_t token)
{
	uint32_t i = token & ~LISTENER_TOKEN;

	if (i < ndoors)
		doors[i].ready = someone = true;
}

unsigned
listener_profile(const struct setup *set, unsigned listener,
    const struct os_peer *peer)
{
	const struct setup_listener *l = &set->listeners[listener];
	const struct setup_class *c;
	uint32_t i;

	/* longest prefix first, everybody last */
	for (i = 0; i + 1 < l->nclasses; i++) {
		c = &set->classes[l->first_class + i];
		if (addr_in_net(peer->ip, peer->family, c->ip, c->family,
		    c->bits))
			return c->profile;
	}
	return set->classes[l->first_class + i].profile;
}

/* Whether other relays are full too; what they count may be a moment old. */
static bool
all_full(void)
{
	return stat_active() >= share_all_sessions(setup);
}

/* Nobody can be let in now.  error 0: there are as many sessions as there may be. */
static void
pause_all(int error, uint64_t now)
{
	doors_want(0);
	retry_ms = error == 0 && table_count() >= table_max() ? UINT64_MAX :
	    now + (error == ENFILE ? 10 * LIMIT_PAUSE_MS : LIMIT_PAUSE_MS);
	if (!paused)
		stat_add(&stat_global()->pauses, 1);
	paused = true;
	/* as long as another relay has room, nobody waits: the last one says it */
	if (said || (error == 0 && !all_full()))
		return;
	said = true;
	if (!log_may(LOG_CLASS_LISTENER, now))
		return;
	if (error == 0)
		log_warn("all %u sessions are in use: new clients wait "
		    "(server.max-connections, %s)", share_all_sessions(setup),
		    conf_at(setup, setup->server.max_connections.at));
	else
		log_warn("accepting no one for a while: %s", log_errno(error));
}

/* Nobody waits any more. */
static void
resumed(uint64_t now)
{
	paused = false;
	if (said && log_may(LOG_CLASS_LISTENER, now))
		log_notice("accepting clients again");
	said = false;
}

static void
admit(unsigned i, int fd, const struct os_peer *peer, uint64_t now)
{
	unsigned profile = listener_profile(setup, i, peer);

	stat_add(&stat_global()->accepted, 1);
	stat_add(&stat_listener(i)->accepted, 1);
	if (setup->pools[setup->profiles[profile].pool].nbackends == 0)
		session_refuse(fd, peer, i, profile, REASON_NO_POOL, 0, now);
	else
		session_start(fd, peer, i, profile, now);
}

/*
 * The kernel wakes the relay that has asked first for the next client: ask anew, and
 * be the last, so that relays with little to do take turns.
 */
static void
door_requeue(unsigned i)
{
	wait_want(doors[i].fd, 0);
	wait_want(doors[i].fd, WAIT_READ);
}

/* Accept a share.  False when nobody can be let in any more. */
static bool
door_turn(unsigned i, uint64_t now)
{
	struct os_peer peer;
	bool taken = false;
	int fd, n, share = paused ? LIMIT_ACCEPTS : doors[i].share;

	for (n = 0; n < share; n++) {
		/*
		 * Sessions of predecessors may be more than that, here or with
		 * another relay, whose share is used up by them then.
		 */
		if (table_count() >= table_max() || (shared && all_full())) {
			pause_all(0, now);
			return false;
		}
		fd = os_accept(doors[i].fd, &peer);
		if (fd == -ECONNABORTED) {
			stat_add(&stat_global()->accept_errors, 1);
			continue;
		}
		if (fd == -EAGAIN) {
			/* once everybody who waited is in, not for each */
			if (paused)
				resumed(now);
			break;
		}
		if (fd == -EINVAL) {
			/* the parent has ended it, and its order is on the way */
			wait_want(doors[i].fd, 0);
			break;
		}
		if (fd < 0) {
			pause_all(-fd, now);
			return false;
		}
		admit(i, fd, &peer, now);
		taken = true;
	}
	/* nothing but failures: they may be there to stay */
	if (n == LIMIT_ACCEPTS && !taken) {
		pause_all(ECONNABORTED, now);
		return false;
	}
	/* more next time when all came, so that one alone is not asked after twice */
	doors[i].share = (uint8_t)(n == 0 ? 1 : n < share ? n :
	    2 * n < LIMIT_ACCEPTS ? 2 * n : LIMIT_ACCEPTS);
	doors[i].ready = 0;
	if (relays > 1 && taken)
		door_requeue(i);
	return true;
}

void
listener_turn(uint64_t now)
{
	unsigned i, k;

	if (ndoors == 0 || held)
		return;
	if (retry_ms != 0 && (retry_ms == UINT64_MAX ?
	    table_count() < table_max() : retry_ms <= now)) {
		retry_ms = 0;
		doors_want(WAIT_READ);	/* still short until one gets in */
	}
	if (someone) {
		someone = false;
		first = (first + 1) % ndoors;
		for (k = 0; k < ndoors; k++) {
			i = (first + k) % ndoors;
			if (doors[i].ready && !door_turn(i, now))
				return;
		}
	}
	/*
	 * The kernel wakes one relay for a client: not one that is asleep and full,
	 * as long as another may have room.
	 */
	if (relays > 1 && retry_ms == 0 && table_count() >= table_max())
		pause_all(0, now);
}

uint64_t
listener_due(void)
{
	return retry_ms == 0 ? UINT64_MAX : retry_ms;
}

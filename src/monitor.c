/*
 * monitor.c - the loop of the monitor: two doors, a few clients, the parent.
 *
 * Everything is bounded: so many clients of each kind, and who comes when all
 * places are taken waits in the socket's queue.  One who sits there without asking
 * makes room for others.
 */
#include <errno.h>

#include "board.h"
#include "client.h"
#include "history.h"
#include "log.h"
#include "mem.h"
#include "monitor.h"
#include "must.h"
#include "operate.h"
#include "os.h"
#include "stat.h"
#include "status.h"
#include "table.h"
#include "wait.h"

enum {
	CONTROL_CLIENTS = 16,
	STATUS_CLIENTS = 32,
	CLIENTS = CONTROL_CLIENTS + STATUS_CLIENTS,
	DOORS = MONITOR_CHANNEL,	/* of CLIENT_CONTROL and CLIENT_HTTP */
	DOOR_TOKEN = CLIENTS,		/* a client's token is its number */
	CHANNEL_TOKEN = DOOR_TOKEN + MONITOR_CHANNEL,
	OTHER_FDS = 32,
	EVENTS = 64,
	ACCEPTS = 8,			/* in one turn, of each door */
	PATIENCE_MS = 200,		/* asks nothing: may be put out for others */
	PAUSE_MS = 500			/* a door, when the system is out of something */
};

/* A listening socket and the places behind it. */
static struct door {
	int		fd;		/* -1: none */
	uint8_t		first, n;	/* of clients */
	bool		ready;
	bool		told;		/* that it accepts no one */
	uint64_t	pause_ms;	/* not before then; NEVER: it waits */
} doors[DOORS];

#define NEVER	UINT64_MAX

static struct monitor_area area;	/* of this generation */
static struct client	*clients;
static int		 channel = -1;
static bool		 ending;	/* no new clients; over with the last one */

bool
monitor_wanted(const struct setup *set)
{
	return set->server.control.v != 0 || set->server.status_listen.v != 0;
}

static size_t
area_size(unsigned nbackends)
{
	return history_memory(nbackends) + board_memory(nbackends);
}

size_t
monitor_memory(const struct setup *set)
{
	if (!monitor_wanted(set))
		return 0;
	return mem_size(area_size(set->nbackends)) +
	    mem_size(CLIENTS * sizeof(clients[0]));
}

static void
area_use(void *mem, unsigned nbackends)
{
	area = (struct monitor_area){ .mem = mem, .nbackends = nbackends };
	history_use(mem, nbackends);
	board_use(mem == NULL ? NULL : (char *)mem + history_memory(nbackends),
	    nbackends);
}

bool
monitor_map(const struct setup *set)
{
	void	*mem;

	MUST(area.mem == NULL);
	if (!monitor_wanted(set))
		return true;
	if ((mem = mem_shared(area_size(set->nbackends))) == NULL)
		return false;
	area_use(mem, set->nbackends);
	board_start(os_now_ms());
	return true;
}

void
monitor_unmap(void)
{
	mem_unmap(area.mem, area_size(area.nbackends));
	area_use(NULL, 0);
}

int
monitor_look_only(void)
{
	return area.mem == NULL ? 0 :
	    mem_read_only(area.mem, area_size(area.nbackends), 1, 1);
}

void
monitor_swap(struct monitor_area *other)
{
	struct monitor_area	mine = area;

	area_use(other->mem, other->nbackends);
	*other = mine;
}

void
monitor_carry(const struct monitor_area *former, const uint16_t *backends,
    const uint16_t *origins)
{
	const unsigned	 n = former->nbackends;
	char		*old = former->mem;

	if (area.mem == NULL || old == NULL)
		return;
	history_carry(old, n, backends);
	board_carry(old + history_memory(n), n, origins);
}

/*
 * Making ready.
 */

int
monitor_open(const struct setup *set, const struct os_addr *bound,
    const int fds[MONITOR_FDS])
{
	int		error, most = 0;
	unsigned	i;

	/* zeroes: nobody is here, and no page of theirs is touched */
	clients = mem_private(CLIENTS * sizeof(clients[0]));
	if (clients == NULL)
		return -ENOMEM;
	for (i = 0; i < DOORS; i++)
		doors[i] = (struct door){ .fd = fds[i], .pause_ms = NEVER };
	doors[0].n = doors[1].first = CONTROL_CLIENTS;
	doors[1].n = STATUS_CLIENTS;
	channel = fds[MONITOR_CHANNEL];
	status_open(set, bound);
	operate_open(channel);
	for (i = 0; i < MONITOR_FDS; i++)
		if (fds[i] > most)
			most = fds[i];
	if ((error = table_look_only(UINT32_MAX)) == 0 &&
	    (error = stat_look_only(UINT32_MAX)) == 0)
		error = wait_open(NULL, most + CLIENTS + OTHER_FDS);
	for (i = 0; i < MONITOR_FDS && error == 0; i++)
		if (fds[i] != -1)
			error = wait_add(fds[i], WAIT_LEVEL, DOOR_TOKEN + i);
	return error;
}

static void
doors_close(void)
{
	struct door	*door;

	for (door = doors; door < doors + DOORS; door++) {
		if (door->fd == -1)
			continue;
		wait_del(door->fd);
		os_drop(door->fd);
		door->fd = -1;
		door->pause_ms = NEVER;
	}
}

static void
client_out(struct client *c)
{
	if (c->kind == CLIENT_NONE)
		return;
	wait_del(c->fd);
	client_drop(c);
}

/* Nobody gets another byte. */
static void
leave(void)
{
	unsigned	i;

	for (i = 0; i < CLIENTS; i++)
		client_out(&clients[i]);
}

/*
 * Clients.
 */

static void
serve(struct client *c, uint64_t now)
{
	if (c->kind == CLIENT_NONE)
		return;
	if (client_run(c, now))
		wait_want(c->fd, client_want(c));
	else
		client_out(c);
}

/*
 * A free place, or that of the one who has longest asked nothing.
 */
static struct client *
place(const struct door *door, uint64_t now)
{
	struct client	*c = clients + door->first, *end = c + door->n;
	struct client	*idle = NULL;

	for (; c < end; c++) {
		if (c->kind == CLIENT_NONE)
			return c;
		if (c->state == CLIENT_READS &&
		    now - c->since_ms >= PATIENCE_MS &&
		    (idle == NULL || c->since_ms < idle->since_ms))
			idle = c;
	}
	return idle;
}

static void
door_pause(struct door *door, uint64_t until)
{
	door->pause_ms = until;
	wait_want(door->fd, 0);
}

/*
 * The system is out of something.  Said once, until somebody comes in again.
 */
static void
door_fail(struct door *door, int error, uint64_t now)
{
	if (!door->told)
		log_warn("%s: accepting no one for a while: %s",
		    door == doors ? "control socket" : "status page",
		    log_errno(error));
	door->told = true;
	door_pause(door, now + PAUSE_MS);
}

static void
door_turn(struct door *door, uint64_t now)
{
	struct client	*c;
	struct os_peer	 peer;
	unsigned	 i;
	int		 fd, error;

	door->ready = false;
	for (i = 0; i < ACCEPTS; i++) {
		if ((c = place(door, now)) == NULL) {
			door_pause(door, now + PATIENCE_MS / 4);
			return;
		}
		if ((fd = os_accept(door->fd, &peer)) == -ECONNABORTED)
			continue;
		if (fd == -EAGAIN)
			return;
		if (fd == -EINVAL) {
			/* the parent has ended it, and its order is on the way */
			door_pause(door, NEVER);
			return;
		}
		if (fd < 0) {
			door_fail(door, fd, now);
			return;
		}
		client_out(c);
		client_start(c, fd, door == doors ? CLIENT_CONTROL :
		    CLIENT_HTTP, now);
		error = wait_add(fd, WAIT_LEVEL, (uint32_t)(c - clients));
		if (error != 0) {
			client_drop(c);
			door_fail(door, error, now);
			return;
		}
		door->told = false;
		serve(c, now);
	}
}

/*
 * The parent.
 */

static void
end(void)
{
	ending = true;
	operate_end();
	doors_close();
}

/* For those who wait for what the parent says. */
static void
pass_on(const struct channel_note *note, uint64_t now)
{
	unsigned	i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		client_note(&clients[i], note, now);
		serve(&clients[i], now);
	}
}

static void
channel_turn(uint64_t now)
{
	struct channel_note	note;

	for (;;) {
		channel_take(channel, &note, 0);
		switch (note.order) {
		case CHANNEL_NONE:
			return;
		case CHANNEL_SAID:
		case CHANNEL_RELOADED:
		case CHANNEL_REFUSED:
			pass_on(&note, now);
			break;
		case CHANNEL_DRAIN:
			end();
			break;
		case CHANNEL_GONE:
			/* after a drain it is meant; else the parent is dead */
			wait_del(channel);
			channel = -1;
			if (!ending)
				leave();
			end();
			pass_on(&note, now);
			return;
		}
	}
}

/*
 * The turn.
 */

static void
earlier(uint64_t *due, uint64_t other)
{
	if (other < *due)
		*due = other;
}

/* What is due.  Returns when the next of that is. */
static uint64_t
times(uint64_t now)
{
	struct client	*c;
	struct door	*door;
	uint64_t	 due = history_sample(now);

	earlier(&due, log_tick(now));
	for (c = clients; c < clients + CLIENTS; c++) {
		if (c->kind == CLIENT_NONE)
			continue;
		if (client_due(c) <= now || c->state == CLIENT_KILLS)
			serve(c, now);
		if (c->kind != CLIENT_NONE)
			earlier(&due, client_due(c));
		if (c->state == CLIENT_KILLS)
			earlier(&due, now + CLIENT_LOOK_MS);
	}
	for (door = doors; door < doors + DOORS; door++) {
		if (door->pause_ms <= now) {
			door->pause_ms = NEVER;
			wait_want(door->fd, WAIT_READ);
		}
		earlier(&due, door->pause_ms);
	}
	return due;
}

static bool
anybody(void)
{
	unsigned	i;

	for (i = 0; i < CLIENTS; i++)
		if (clients[i].kind != CLIENT_NONE)
			return true;
	return false;
}

bool
monitor_turn(void)
{
	struct wait_event	events[EVENTS];
	uint64_t		now = os_now_ms(), due = times(now);
	uint32_t		token;
	bool			told = false;
	int			i, n;

	/* a sample is always due soon */
	n = wait_turn(events, EVENTS, due > now ? (int)(due - now) : 0);
	now = os_now_ms();
	if (n < 0) {
		log_error("waiting for events failed: %s", log_errno(n));
		leave();
		return false;
	}
	for (i = 0; i < n; i++) {
		token = events[i].token;
		if (token == CHANNEL_TOKEN)
			told = true;
		else if (token >= DOOR_TOKEN)
			doors[token - DOOR_TOKEN].ready = true;
		else
			serve(&clients[token], now);
	}
	for (i = 0; i < DOORS; i++)
		if (doors[i].ready && doors[i].fd != -1)
			door_turn(&doors[i], now);
	if (told)
		channel_turn(now);
	return !ending || anybody();
}

/*
 * crew.c - starting, telling and burying relays.
 *
 * Owns the parent's ends of the channels; the waiter has each of them as long as
 * its relay lives.
 */
#include "crew.h"

#include <errno.h>

#include "chan.h"
#include "log.h"
#include "os.h"
#include "relay.h"
#include "wait.h"

unsigned
crew_alive(const struct crew *crew)
{
	unsigned	n = 0;

	for (unsigned i = 0; i < crew->start.relays; i++)
		n += crew->relays[i].pid != 0;
	return n;
}

bool
crew_ready(const struct crew *crew)
{
	for (unsigned i = 0; i < crew->start.relays; i++)
		if (!crew->relays[i].ready)
			return false;
	return true;
}

bool
crew_settled(const struct crew *crew)
{
	for (unsigned i = 0; i < crew->start.relays; i++)
		if (crew->relays[i].pid != 0 && !crew->relays[i].settled)
			return false;
	return true;
}

void
crew_tell(struct crew *crew, enum channel_order order, uint32_t value, int fd)
{
	const struct crew_relay	*relay;
	int			 error;

	for (unsigned i = 0; i < crew->start.relays; i++) {
		relay = &crew->relays[i];
		if (relay->pid == 0)
			continue;
		error = channel_send(relay->channel, order, value, fd);
		if (error != 0 && error != -EPIPE)
			log_warn("relay %u (process %d) cannot be told: %s",
			    i + 1, relay->pid, log_errno(error));
	}
}

void
crew_kill_session(const struct crew *crew, const struct channel_note *note)
{
	const struct crew_relay	*relay = &crew->relays[note->relay];

	if (relay->pid != 0)
		(void)channel_send_kill(relay->channel, note->relay,
		    note->value, note->number);
}

int
crew_spawn(struct crew *crew, unsigned i, uint64_t now)
{
	struct crew_relay	*relay = &crew->relays[i];
	int			 pair[2], error, pid;

	relay->start_ms = now;
	relay->ready = false;
	relay->settled = !crew->start.room.hold;
	relay->channel = -1;
	if ((error = chan_pair(pair)) != 0)
		return error;
	error = wait_add(pair[0], WAIT_LEVEL, crew->token + i);
	if (error != 0) {
		os_drop(pair[0]);
		os_drop(pair[1]);
		return error;
	}
	if ((pid = proc_fork()) == 0)
		relay_run(&crew->start, i, pair[1]);
	os_drop(pair[1]);
	if (pid < 0) {
		wait_del(pair[0]);
		os_drop(pair[0]);
		return pid;
	}
	wait_want(pair[0], WAIT_READ);
	relay->pid = pid;
	relay->channel = pair[0];
	return 0;
}

bool
crew_watch(struct crew *crew)
{
	for (unsigned i = 0; i < crew->start.relays; i++) {
		if (wait_add(crew->relays[i].channel, WAIT_LEVEL,
		    crew->token + i) != 0)
			return false;
		wait_want(crew->relays[i].channel, WAIT_READ);
	}
	return true;
}

void
crew_hear(struct crew *crew, unsigned i)
{
	struct crew_relay	*relay = &crew->relays[i];
	struct channel_note	 note;

	if (relay->channel == -1)
		return;
	do {
		channel_take(relay->channel, &note);
		if (note.fd != -1)
			os_drop(note.fd);
		if (note.order == CHANNEL_READY)
			relay->ready = true;
		if (note.order == CHANNEL_ADOPTED)
			relay->settled = true;
	} while (note.order != CHANNEL_NONE && note.order != CHANNEL_GONE);
	/* Its end is learnt from proc_reap; until then it would be reported. */
	if (note.order == CHANNEL_GONE)
		wait_want(relay->channel, 0);
}

int
crew_find(const struct crew *crew, int pid)
{
	for (unsigned i = 0; i < crew->start.relays; i++)
		if (crew->relays[i].pid == pid)
			return (int)i;
	return -1;
}

static void
report(const struct crew_relay *relay, unsigned i, const struct proc_exit *how,
    uint64_t now)
{
	const unsigned long long	lived = (now - relay->start_ms) / 1000;

	if (how->signal != 0)
		log_error("relay %u (process %d) was killed by signal %d%s "
		    "after %llu s: its sessions are lost", i + 1, relay->pid,
		    how->signal, how->core ? " (core file written)" : "",
		    lived);
	else
		log_error("relay %u (process %d) ended by itself with status "
		    "%d after %llu s", i + 1, relay->pid, how->status, lived);
}

void
crew_bury(struct crew *crew, unsigned i, const struct proc_exit *how,
    bool tell, uint64_t now)
{
	struct crew_relay	*relay = &crew->relays[i];

	if (tell || how->signal != 0)
		report(relay, i, how, now);
	wait_del(relay->channel);
	os_drop(relay->channel);
	relay->channel = -1;
	relay->pid = 0;
	relay->ready = false;
}

void
crew_kill(struct crew *crew)
{
	for (unsigned i = 0; i < crew->start.relays; i++) {
		if (crew->relays[i].pid == 0)
			continue;
		log_error("relay %u (process %d) does not end and is killed",
		    i + 1, crew->relays[i].pid);
		proc_kill(crew->relays[i].pid);
	}
}

/*
 * How many of former's relays give their sessions to relay i of so many.
 */
static unsigned
predecessors(const struct crew *former, unsigned i, unsigned relays)
{
	unsigned	n = 0;

	for (unsigned k = i; k < former->start.relays; k += relays)
		n += former->relays[k].pid != 0;
	return n;
}

static int
join(struct crew_relay *from, struct crew_relay *to, unsigned n)
{
	int	pair[2], error;

	if ((error = chan_pair(pair)) != 0)
		return error;
	error = channel_send(to->channel, CHANNEL_ADOPT, n, pair[1]);
	if (error == 0)
		error = channel_send(from->channel, CHANNEL_HANDOVER, 0,
		    pair[0]);
	/* When only the first was told, the end of the pair tells it. */
	os_drop(pair[0]);
	os_drop(pair[1]);
	return error;
}

void
crew_hand_over(struct crew *former, struct crew *next)
{
	const unsigned		 relays = next->start.relays;
	struct crew_relay	*to;
	unsigned		 n;
	int			 error;

	for (unsigned i = 0; i < relays; i++) {
		to = &next->relays[i];
		if ((n = predecessors(former, i, relays)) == 0)
			(void)channel_send(to->channel, CHANNEL_ADOPT, 0, -1);
		for (unsigned k = i; k < former->start.relays; k += relays) {
			if (former->relays[k].pid == 0)
				continue;
			error = join(&former->relays[k], to, n);
			if (error != 0)
				log_error("relay %u (process %d) cannot hand "
				    "over its sessions: %s", k + 1,
				    former->relays[k].pid, log_errno(error));
		}
	}
}

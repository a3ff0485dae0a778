/*
 * crew.c - starting, telling and burying relays.
 */
#include "crew.h"

#include "chan.h"
#include "log.h"
#include "logio.h"
#include "os.h"
#include "relay.h"
#include "text.h"
#include "wait.h"
#include "writer.h"

enum { FINISH_MS = 3000 };	/* for the last lines */

static struct child	left[LIMIT_RELAYS];	/* to themselves */

/* Both ends of channels from relay to relay, until they have arrived. */
static struct {
	const struct child *from, *to;
	int		fd[2];
} held[LIMIT_RELAYS];
static unsigned		nheld;

/*
 * Those of one of them, or (NULL) all.
 */
static void
release(const struct child *whose)
{
	for (unsigned i = nheld; i-- > 0; ) {
		if (whose != NULL && held[i].from != whose &&
		    held[i].to != whose)
			continue;
		os_drop(held[i].fd[0]);
		os_drop(held[i].fd[1]);
		held[i] = held[--nheld];
	}
}

void
crew_open(struct crew *crew, uint32_t token, struct setup *setup)
{
	struct child	*relay;

	crew->token = token;
	crew->start.setup = setup;
	crew->writer = (struct child){ .name = "the log writer",
	    .channel = -1 };
	crew->pipe = -1;
	for (unsigned i = 0; i < LIMIT_RELAYS; i++) {
		relay = &crew->relays[i].child;
		relay->channel = -1;
		text_format(relay->name, sizeof(relay->name), "relay %u",
		    i + 1);
	}
}

unsigned
crew_alive(const struct crew *crew)
{
	unsigned	n = 0;

	for (unsigned i = 0; i < crew->start.relays; i++)
		n += crew->relays[i].child.pid != 0;
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
		if (crew->relays[i].child.pid != 0 && !crew->relays[i].settled)
			return false;
	return true;
}

void
crew_tell(struct crew *crew, enum channel_order order, uint32_t value, int fd)
{
	for (unsigned i = 0; i < crew->start.relays; i++)
		child_tell(&crew->relays[i].child, order, value, fd);
}

void
crew_kill_session(const struct crew *crew, const struct channel_note *note)
{
	const struct child	*relay = &crew->relays[note->relay].child;

	if (relay->pid != 0)
		(void)channel_send_kill(relay->channel, note->relay,
		    note->value, note->number);
}

static int
spawn(struct crew *crew, unsigned i, uint64_t now)
{
	struct crew_relay	*relay = &crew->relays[i];
	int			 pid;

	relay->ready = false;
	relay->settled = !crew->start.room.hold;
	if ((pid = child_fork(&relay->child, crew->token + i, now)) == 0) {
		log_name(relay->child.name);
		relay_run(&crew->start, i, relay->child.channel);
	}
	return pid < 0 ? pid : 0;
}

/*
 * The log writer.
 */

static int
spawn_writer(struct crew *crew, int file, uint64_t now)
{
	int	pid;

	pid = child_fork(&crew->writer, crew->token + LIMIT_RELAYS, now);
	if (pid == 0)
		writer_run(&crew->start, crew->pipe, file,
		    crew->writer.channel);
	return pid < 0 ? pid : 0;
}

static int
start_writer(struct crew *crew, uint64_t now)
{
	int	pair[2], error;

	if (crew->start.log_path[0] == '\0')
		return 0;
	if ((error = logio_pipe(pair)) != 0)
		return error;
	crew->pipe = pair[0];
	if ((error = spawn_writer(crew, crew->start.log_fd, now)) != 0) {
		os_drop(pair[1]);
		crew_let_log(crew);
	} else
		start_log_piped(&crew->start, pair[1]);
	return error;
}

/* What was written since its end is still in the pipe. */
static void
writer_again(struct crew *crew, uint64_t now)
{
	int	file;

	crew->writer.start_ms = now;
	if ((file = start_log_again(&crew->start)) == -1)
		return;
	child_again(&crew->writer, spawn_writer(crew, file, now));
	os_drop(file);
}

void
crew_log_again(const struct crew *crew)
{
	int	file;

	if (crew->pipe == -1 || (file = start_log_again(&crew->start)) == -1)
		return;
	child_tell(&crew->writer, CHANNEL_LOG, 0, file);
	os_drop(file);
}

bool
crew_bury_writer(struct crew *crew, int pid, const struct proc_exit *how,
    uint64_t now)
{
	if (crew->writer.pid != pid)
		return false;
	child_report(&crew->writer, how, "", now);
	child_let_go(&crew->writer);
	return true;
}

void
crew_let_log(struct crew *crew)
{
	if (crew->pipe == -1)
		return;
	os_drop(crew->pipe);
	crew->pipe = -1;
	child_let_go(&crew->writer);
}

void
crew_finish_log(struct crew *crew)
{
	if (crew->writer.pid != 0)
		(void)chan_finish(crew->writer.channel, FINISH_MS);
	crew_let_log(crew);
}

/*
 * The relays.
 */

bool
crew_start(struct crew *crew, uint64_t now)
{
	int	error;

	if ((error = start_writer(crew, now)) != 0) {
		child_failed(&crew->writer, error);
		return false;
	}
	for (unsigned i = 0; i < crew->start.relays; i++) {
		if ((error = spawn(crew, i, now)) == 0)
			continue;
		child_failed(&crew->relays[i].child, error);
		return false;
	}
	return true;
}

uint64_t
crew_respawn(struct crew *crew, uint64_t now)
{
	const struct child	*relay;
	uint64_t		 due = UINT64_MAX;

	if (crew->pipe != -1) {
		if (child_due(&crew->writer) <= now)
			writer_again(crew, now);
		due = child_due(&crew->writer);
	}
	for (unsigned i = 0; i < crew->start.relays; i++) {
		relay = &crew->relays[i].child;
		if (child_due(relay) <= now) {
			crew->start.room.hold = false;	/* nobody comes any more */
			child_again(relay, spawn(crew, i, now));
		}
		if (child_due(relay) < due)
			due = child_due(relay);
	}
	return due;
}

bool
crew_watch(struct crew *crew)
{
	for (unsigned i = 0; i < crew->start.relays; i++)
		if (wait_add(crew->relays[i].child.channel, WAIT_LEVEL,
		    crew->token + i) != 0)
			return false;
	return true;
}

void
crew_hear(struct crew *crew, unsigned i)
{
	struct crew_relay	*relay = &crew->relays[i];
	struct channel_note	 note;

	/* what ends is all that there is to be heard of the log writer */
	if (i == LIMIT_RELAYS) {
		(void)child_hear(&crew->writer, &note);
		return;
	}
	if (!child_hear(&relay->child, &note))
		return;
	if (note.order == CHANNEL_READY)
		relay->ready = true;
	if (note.order != CHANNEL_ADOPTED)
		return;
	relay->settled = true;
	if (crew_settled(crew))
		release(NULL);
}

int
crew_find(const struct crew *crew, int pid)
{
	for (unsigned i = 0; i < crew->start.relays; i++)
		if (crew->relays[i].child.pid == pid)
			return (int)i;
	return -1;
}

void
crew_bury(struct crew *crew, unsigned i, const struct proc_exit *how,
    bool tell, uint64_t now)
{
	struct crew_relay	*relay = &crew->relays[i];

	if (tell || how->signal != 0)
		child_report(&relay->child, how, ": its sessions are lost",
		    now);
	child_let_go(&relay->child);
	relay->ready = false;
	release(&relay->child);	/* who waited for it sees the end */
}

void
crew_kill(struct crew *crew)
{
	const struct child	*relay;

	for (unsigned i = 0; i < crew->start.relays; i++) {
		relay = &crew->relays[i].child;
		if (relay->pid == 0)
			continue;
		log_error("%s (process %d) does not end and is killed",
		    relay->name, relay->pid);
		proc_kill(relay->pid);
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
		n += former->relays[k].child.pid != 0;
	return n;
}

static int
join(const struct child *from, const struct child *to, unsigned n)
{
	int	pair[2], error;

	if ((error = chan_pair(pair)) != 0) {
		(void)channel_send(to->channel, CHANNEL_ADOPT, n, -1);
		return error;
	}
	error = channel_send(to->channel, CHANNEL_ADOPT, n, pair[1]);
	if (error != 0)
		(void)channel_send(to->channel, CHANNEL_ADOPT, n, -1);
	else
		error = channel_send(from->channel, CHANNEL_HANDOVER, 0,
		    pair[0]);
	/* When only the first was told, the end of the pair tells it. */
	if (error != 0) {
		os_drop(pair[0]);
		os_drop(pair[1]);
		return error;
	}
	/* Not yet: chan_finish in chan.h says why. */
	held[nheld].from = from;
	held[nheld].to = to;
	held[nheld].fd[0] = pair[0];
	held[nheld++].fd[1] = pair[1];
	return 0;
}

void
crew_hand_over(struct crew *former, struct crew *next)
{
	const unsigned		 relays = next->start.relays;
	const struct child	*from, *to;
	unsigned		 n;
	int			 error;

	release(NULL);
	for (unsigned i = 0; i < relays; i++) {
		to = &next->relays[i].child;
		if ((n = predecessors(former, i, relays)) == 0)
			(void)channel_send(to->channel, CHANNEL_ADOPT, 0, -1);
		for (unsigned k = i; k < former->start.relays; k += relays) {
			from = &former->relays[k].child;
			if (from->pid == 0 || (error = join(from, to, n)) == 0)
				continue;
			log_error("%s (process %d) cannot hand over its "
			    "sessions: %s", from->name, from->pid,
			    log_errno(error));
			/* or it would go on accepting, for ever */
			(void)channel_send(from->channel, CHANNEL_HANDOVER, 0,
			    -1);
		}
	}
}

/*
 * The channel of a relay that is left to itself stays open as long as it lives,
 * for the end of the parent is the end of its patience.  With too many of them it
 * has to end in its graceful time.
 */
static void
leave(struct child *relay)
{
	unsigned	i;

	log_warn("process %d of the configuration before goes on with its "
	    "sessions", relay->pid);
	/* no new ones, whatever it has heard so far */
	(void)channel_send(relay->channel, CHANNEL_HANDOVER, 0, -1);
	wait_want(relay->channel, 0);
	for (i = 0; i < LIMIT_RELAYS && left[i].pid != 0; i++)
		continue;
	if (i == LIMIT_RELAYS) {
		child_let_go(relay);
		return;
	}
	left[i] = *relay;
	relay->pid = 0;
	relay->channel = -1;
}

void
crew_leave(struct crew *former, struct crew *next)
{
	struct crew_relay	*relay;

	release(NULL);
	crew_tell(next, CHANNEL_ADOPT, 0, -1);
	for (unsigned i = 0; i < next->start.relays; i++) {
		relay = &next->relays[i];
		if (!relay->settled && relay->child.pid != 0 &&
		    predecessors(former, i, next->start.relays) == 0)
			log_error("%s (process %d) hangs, with the sessions it "
			    "was given", relay->child.name, relay->child.pid);
		relay->settled = true;
	}
	for (unsigned i = 0; i < former->start.relays; i++)
		if (former->relays[i].child.pid != 0)
			leave(&former->relays[i].child);
}

bool
crew_has_left(void)
{
	for (unsigned i = 0; i < LIMIT_RELAYS; i++)
		if (left[i].pid != 0)
			return true;
	return false;
}

void
crew_inherit_left(bool on)
{
	for (unsigned i = 0; i < LIMIT_RELAYS; i++)
		if (left[i].pid != 0)
			(void)proc_inherit(left[i].channel, on);
}

void
crew_bury_left(int pid)
{
	for (unsigned i = 0; i < LIMIT_RELAYS; i++)
		if (left[i].pid == pid)
			child_let_go(&left[i]);
}

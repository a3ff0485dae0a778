/*
 * handover.c - sessions under way from one relay to another.
 *
 * A session is the receiver's when the last of its bytes is accepted by the
 * channel; until then it is whole here.  A receiver that gets only a part (the
 * sender died, or gave up) drops its copies of the descriptors: if the sender
 * lives the session lives on there, if not the last close resets both peers.
 * The sender's copies stay open until all is taken (chan_finish says why).
 */
#include <errno.h>
#include <string.h>

#include "backend.h"
#include "board.h"
#include "buf.h"
#include "chan.h"
#include "handover.h"
#include "ids.h"
#include "limits.h"
#include "listener.h"
#include "log.h"
#include "os.h"
#include "splice.h"
#include "table.h"
#include "wait.h"

enum {
	HANDOVER_WAIT_MS = 5000,	/* for the receiver to make room */
	HANDOVER_FDS = 6,		/* of a session: two sockets, two pipes */
	KIND_SESSION = 1,
	KIND_BYTES,
	KIND_HEALTH
};

struct handover_side {
	uint8_t		has, local, cut, ended;
	int32_t		error;
	uint32_t	acked;
};

struct handover_half {
	uint8_t		state, end, bulk, chatty;
	int32_t		error;
	uint32_t	len, owed;
	uint32_t	has_lane, lane_held;
	uint64_t	bytes, moved_ms, rest_ms;
	uint64_t	unused;		/* a former version has it */
};

/* Only types of fixed size: sender and receiver may be different programs. */
struct handover_row {
	uint32_t	kind, version;
	uint64_t	listener, backend;	/* ids; backend 0: none */
	uint64_t	start_ms, since_ms;
	uint32_t	number, connect_ms;
	int32_t		error;
	uint8_t		state, reason, addr, last_choice;
	uint8_t		ip[16];
	uint16_t	port;
	uint8_t		family, addrs, fill[4];
	struct handover_side side[2];
	struct handover_half half[2];
};

struct handover_health {
	uint32_t	kind, version;
	uint64_t	backend, since_ms, until_ms;
};

struct handover_bytes {
	uint32_t	kind, way;
	char		data[CHAN_BYTES - 8];
};

/*
 * Names.
 */

static uint64_t	 ids_listener[LIMIT_LISTENERS + 1];
static uint64_t	 ids_backend[LIMIT_BACKENDS + 1];
static uint64_t	 names[LIMIT_BACKENDS + 1];	/* of backends, twins alike */
static bool	 ids_made;

static void
ids_make(const struct setup *set)
{
	if (!ids_made) {
		ids_names(set, ids_listener, names);
		ids_each(set, ids_listener, ids_backend);
	}
	ids_made = true;
}

void
handover_open(void)
{
	ids_made = false;
}

/*
 * Sending.
 */

static void
pack_half(struct handover_half *to, const struct half *h)
{
	*to = (struct handover_half){ .state = h->state, .end = h->end,
	    .bulk = h->bulk, .chatty = h->chatty, .error = h->error,
	    .len = h->len, .owed = h->owed, .bytes = h->bytes,
	    .moved_ms = h->moved_ms, .rest_ms = h->rest_ms };
}

static void
pack_side(struct handover_side *to, const struct side *sd)
{
	*to = (struct handover_side){ .has = sd->fd != -1, .local = sd->local,
	    .cut = sd->cut, .ended = sd->ended, .error = sd->error,
	    .acked = sd->acked };
}

/* Into a row and descriptors, which stay the session's.  Returns how many. */
static unsigned
pack(struct session *s, struct handover_row *row, int *fds)
{
	unsigned i, n = 0;

	*row = (struct handover_row){ .kind = KIND_SESSION,
	    .version = HANDOVER_VERSION, .start_ms = s->start_ms,
	    .since_ms = s->since_ms,
	    .number = s->number, .connect_ms = s->connect_ms,
	    .error = s->error, .state = s->state, .reason = s->reason,
	    .addr = s->addr, .addrs = s->addrs,
	    .last_choice = s->last_choice,
	    .port = s->peer.port, .family = s->peer.family };
	session_halt(s, os_now_ms());
	row->listener = ids_listener[s->listener];
	row->backend = s->backend == BACKEND_NONE ? 0 : ids_backend[s->backend];
	memcpy(row->ip, s->peer.ip, sizeof(row->ip));
	for (i = CLIENT; i <= BACKEND; i++) {
		pack_side(&row->side[i], &s->side[i]);
		if (s->side[i].fd != -1)
			fds[n++] = s->side[i].fd;
	}
	for (i = CLIENT; i <= BACKEND; i++) {
		pack_half(&row->half[i], &s->half[i]);
		/* a lane whose last bytes are in the buffer is not needed there */
		if (s->half[i].lane == -1 || splice_held(s->half[i].lane) == 0)
			continue;
		row->half[i].has_lane = 1;
		row->half[i].lane_held = (uint32_t)splice_held(s->half[i].lane);
		n += splice_export(s->half[i].lane, fds + n);
	}
	return n;
}

static int
send_held(const struct session *s, unsigned way, int channel)
{
	const struct half *h = &s->half[way];
	struct handover_bytes msg = { .kind = KIND_BYTES, .way = way };
	uint32_t done, n;
	int error;

	for (done = 0; done < h->len; done += n) {
		n = h->len - done;
		if (n > sizeof(msg.data))
			n = sizeof(msg.data);
		memcpy(msg.data, buf_data(h->buf) + h->off + done, n);
		error = chan_send(channel, &msg,
		    offsetof(struct handover_bytes, data) + n, NULL, 0,
		    HANDOVER_WAIT_MS);
		if (error != 0)
			return error;
	}
	return 0;
}

static int
send_session(struct session *s, int channel)
{
	struct handover_row row;
	int error, fds[HANDOVER_FDS];
	unsigned nfds = pack(s, &row, fds);

	error = chan_send(channel, &row, sizeof(row), fds, nfds,
	    HANDOVER_WAIT_MS);
	if (error == 0)
		error = send_held(s, CLIENT, channel);
	if (error == 0)
		error = send_held(s, BACKEND, channel);
	return error;
}

static int
send_health(const struct setup *set, int channel)
{
	struct handover_health msg = { .kind = KIND_HEALTH,
	    .version = HANDOVER_VERSION };
	unsigned i;
	int error;

	for (i = 0; i < set->nbackends; i++) {
		backend_health(i, &msg.since_ms, &msg.until_ms);
		if (msg.since_ms == 0)
			continue;
		msg.backend = ids_backend[i];
		error = chan_send(channel, &msg, sizeof(msg), NULL, 0,
		    HANDOVER_WAIT_MS);
		if (error != 0)
			return error;
	}
	return 0;
}

int
handover_send(const struct setup *set, int channel)
{
	struct session *s;
	unsigned i, sent, n = table_rows();
	int error;

	ids_make(set);
	error = send_health(set, channel);
	for (sent = 0; sent < n && error == 0; sent++) {
		s = table_row(sent);
		if (s->state == SESSION_FREE)
			continue;
		if ((error = send_session(s, channel)) != 0)
			break;
	}
	if (error == 0)
		(void)chan_finish(channel, HANDOVER_WAIT_MS);
	for (i = 0; i < sent; i++) {
		s = table_row(i);
		if (s->state != SESSION_FREE)
			session_leave(s);
	}
	return error;
}

/*
 * Receiving.
 */

static void
unpack_half(struct half *h, const struct handover_half *from)
{
	*h = (struct half){ .state = from->state, .end = from->end,
	    .bulk = from->bulk, .chatty = from->chatty, .error = from->error,
	    .buf = -1, .len = from->len, .owed = from->owed, .lane = -1,
	    .bytes = from->bytes, .moved_ms = from->moved_ms,
	    .rest_ms = from->rest_ms };
}

static void
unpack_side(struct side *sd, const struct handover_side *from)
{
	/* ready for anything: what is not will say so */
	*sd = (struct side){ .fd = -1, .local = from->local, .cut = from->cut,
	    .ended = from->ended, .error = from->error,
	    .acked = from->acked,
	    .ready = WAIT_READ | WAIT_WRITE | WAIT_END };
}

/*
 * Whether a half owns what its state says, and holds no more than fits.  One that
 * has not begun, or was given up, would never give back what it owned.
 */
static bool
half_good(const struct handover_half *h, unsigned session)
{
	if (h->state > HALF_DONE || h->len > LIMIT_BUFFER ||
	    h->owed > LIMIT_BUFFER)
		return false;
	if (session != SESSION_RELAY &&
	    h->state != (session == SESSION_LAST ? HALF_DONE : HALF_FILL))
		return false;
	if (h->state == HALF_DRAIN)
		return h->len > 0 || h->has_lane;
	return h->len == 0 && (h->has_lane != 0) == (h->state == HALF_SPLICE);
}

/* Whether a row makes sense: it may come from another program. */
static bool
row_good(const struct handover_row *row, size_t len, unsigned nfds)
{
	unsigned i, want = 0;

	if (len != sizeof(*row) || row->version != HANDOVER_VERSION)
		return false;
	if (row->state == SESSION_FREE || row->state > SESSION_LAST ||
	    row->reason >= REASONS || row->number == 0)
		return false;
	for (i = CLIENT; i <= BACKEND; i++) {
		want += row->side[i].has ? 1 : 0;
		want += row->half[i].has_lane ? 2 : 0;
		if (!half_good(&row->half[i], row->state) ||
		    (!row->side[i].has && row->state != SESSION_LAST))
			return false;
	}
	/* one that ends may have had none, unless that is why it ends */
	if (row->backend == 0 && (row->state != SESSION_LAST ||
	    row->reason == REASON_READ_TIMEOUT ||
	    row->reason == REASON_WRITE_TIMEOUT))
		return false;
	return want == nfds && nfds <= HANDOVER_FDS;
}

/* What a half owns: a buffer for bytes that will come, a lane. */
static bool
half_adopt(struct half *h, const struct handover_half *from, const int *pipe)
{
	if (h->len > 0 && (h->buf = buf_take_extra()) == -1)
		return false;
	if (!from->has_lane)
		return true;
	h->lane = (int16_t)splice_import(pipe, from->lane_held);
	if (h->lane >= 0)
		return true;
	h->lane = -1;
	return false;
}

static void
half_disown(struct half *h, const struct handover_half *from, const int *pipe)
{
	if (h->buf != -1)
		buf_give(h->buf);
	if (h->lane != -1)
		splice_end(h->lane, -1, NULL);
	else if (from->has_lane) {
		os_drop(pipe[0]);
		os_drop(pipe[1]);
	}
}

/*
 * The one in the list that the session's client would get now, if it is there.  When
 * lists come and go, the number of a twin may be another's.
 */
static unsigned
find_backend(const struct setup *set, const struct setup_pool *pool,
    uint64_t id)
{
	unsigned b = ids_find(ids_backend, set->nbackends, id), i;

	if (b - pool->first_backend < pool->nbackends)
		return b;
	for (i = pool->first_backend; i < pool->first_backend + pool->nbackends;
	    i++)
		if (b < set->nbackends ? names[i] == names[b] :
		    ids_twin(names[i], id))
			return i;
	return b;
}

static void
unpack(const struct setup *set, const struct handover_row *row,
    struct session *s)
{
	unsigned i;

	*s = (struct session){ .state = row->state, .reason = row->reason,
	    .addr = row->addr & 15, .addrs = row->addrs & 15,
	    .last_choice = row->last_choice,
	    .backend = BACKEND_NONE, .error = row->error,
	    .number = row->number, .connect_ms = row->connect_ms,
	    .peer = { .port = row->port, .family = row->family },
	    .start_ms = row->start_ms, .since_ms = row->since_ms };
	memcpy(s->peer.ip, row->ip, sizeof(s->peer.ip));
	s->listener = (uint16_t)ids_find(ids_listener, set->nlisteners,
	    row->listener);
	s->profile = (uint16_t)listener_profile(set, s->listener, &s->peer);
	if (row->backend != 0)
		s->backend = (uint16_t)find_backend(set,
		    &set->pools[set->profiles[s->profile].pool], row->backend);
	for (i = CLIENT; i <= BACKEND; i++) {
		unpack_side(&s->side[i], &row->side[i]);
		unpack_half(&s->half[i], &row->half[i]);
	}
}

/*
 * Make a session of them, to be completed with what its halves hold.  NULL when it
 * could not be taken over and was reset; the descriptors are gone either way.
 */
static struct session *
take_over(const struct setup *set, const struct handover_row *row, size_t len,
    const int *fds, unsigned nfds)
{
	struct session from, *s = NULL;
	const int *pipe[2];
	unsigned i, n = 0;
	int fd[2] = { -1, -1 };

	if (!row_good(row, len, nfds)) {
		for (i = 0; i < nfds; i++)
			os_drop(fds[i]);
		return NULL;
	}
	ids_make(set);
	unpack(set, row, &from);
	for (i = CLIENT; i <= BACKEND; i++)
		if (row->side[i].has)
			fd[i] = fds[n++];
	for (i = CLIENT; i <= BACKEND; i++) {
		pipe[i] = fds + n;
		n += row->half[i].has_lane ? 2 : 0;
	}
	if (half_adopt(&from.half[CLIENT], &row->half[CLIENT], pipe[CLIENT]) &&
	    half_adopt(&from.half[BACKEND], &row->half[BACKEND], pipe[BACKEND]))
		s = session_arrive(&from, fd);
	if (s != NULL)
		return s;
	for (i = CLIENT; i <= BACKEND; i++) {
		half_disown(&from.half[i], &row->half[i], pipe[i]);
		if (fd[i] != -1)
			os_reset(fd[i]);
	}
	return NULL;
}

/* All bytes that the arriving session holds are here. */
static void
arrived(struct handover_in *in, uint64_t now)
{
	struct session *s = in->arriving;

	if (s == NULL || in->missing[CLIENT] != 0 || in->missing[BACKEND] != 0)
		return;
	in->arriving = NULL;
	session_ready(s, now);
	/* it was emptied while this one was on its way */
	if (board_order(s->backend) == BOARD_DISABLED)
		session_kill(s, REASON_KILLED, false, now);
}

void
handover_drop(struct handover_in *in)
{
	if (in->arriving != NULL)
		session_leave(in->arriving);
	in->arriving = NULL;
}

static void
lose_session(void)
{
	stat_add(&stat_global()->ended[REASON_NO_RESOURCES], 1);
	log_error("a session of the relay before could not be taken over: "
	    "reset");
}

static void
take_session(const struct setup *set, struct handover_in *in,
    const struct handover_row *row, size_t len, const int *fds, unsigned nfds,
    uint64_t now)
{
	struct session *s;

	handover_drop(in);	/* its bytes do not come any more */
	if ((s = take_over(set, row, len, fds, nfds)) == NULL) {
		lose_session();
		return;
	}
	in->arriving = s;
	in->missing[CLIENT] = s->half[CLIENT].len;
	in->missing[BACKEND] = s->half[BACKEND].len;
	arrived(in, now);
}

static void
take_bytes(struct handover_in *in, const struct handover_bytes *msg,
    size_t len, uint64_t now)
{
	struct half *h;
	uint32_t n;

	if (len < offsetof(struct handover_bytes, data) || msg->way > BACKEND ||
	    in->arriving == NULL || in->missing[msg->way] == 0)
		return;
	n = (uint32_t)(len - offsetof(struct handover_bytes, data));
	if (n > in->missing[msg->way])
		n = in->missing[msg->way];
	h = &in->arriving->half[msg->way];
	memcpy(buf_data(h->buf) + h->len - in->missing[msg->way], msg->data, n);
	in->missing[msg->way] -= n;
	arrived(in, now);
}

static void
take_health(const struct setup *set, const struct handover_health *msg,
    size_t len, uint64_t now)
{
	unsigned i;

	if (len != sizeof(*msg) || msg->version != HANDOVER_VERSION)
		return;
	ids_make(set);
	i = ids_find(ids_backend, set->nbackends, msg->backend);
	if (i < set->nbackends)
		backend_set_health(i, msg->since_ms, msg->until_ms, now);
}

enum handover_got
handover_take(const struct setup *set, struct handover_in *in, int channel,
    uint64_t now)
{
	static union {
		uint32_t		kind;
		struct handover_row	row;
		struct handover_bytes	bytes;
		struct handover_health	health;
		char			room[CHAN_BYTES];
	} msg;
	int fds[HANDOVER_FDS];
	unsigned nfds = HANDOVER_FDS;
	long n;

	n = chan_recv(channel, &msg, sizeof(msg), fds, &nfds);
	if (n == -EAGAIN)
		return HANDOVER_NONE;
	if (n == -EMSGSIZE) {
		lose_session();
		return HANDOVER_SESSION;
	}
	if (n <= 0) {
		handover_drop(in);
		return HANDOVER_END;
	}
	if (n < (long)sizeof(msg.kind) ||
	    (msg.kind != KIND_BYTES && msg.kind != KIND_HEALTH)) {
		take_session(set, in, &msg.row, (size_t)n, fds, nfds, now);
		return HANDOVER_SESSION;
	}
	while (nfds > 0)
		os_drop(fds[--nfds]);
	if (msg.kind == KIND_BYTES)
		take_bytes(in, &msg.bytes, (size_t)n, now);
	else
		take_health(set, &msg.health, (size_t)n, now);
	return HANDOVER_SESSION;
}

/*
 * status.c - gathering.  Rows of sessions belong to other processes and change
 * while they are copied: nothing in a copy is taken for an index, a pointer or a
 * text unchecked, and nothing is written.
 */
#include <string.h>

#include "backend.h"
#include "board.h"
#include "conf.h"
#include "must.h"
#include "os.h"
#include "session.h"
#include "share.h"
#include "status.h"
#include "table.h"
#include "text.h"

#define BACKEND_TITLE	"BACKEND"
#define LISTENER_TITLE	"LISTENER"

enum { NAME_COLUMNS = 32 };	/* of a list; longer names hang over */

static const struct setup	*setup;
static const struct os_addr	*bound;

/* In the order of enum status_state. */
static const char	*const states =
    "up\0partly\0out\0drain\0disabled\0unresolved";
static const char	*const moods = "good\0warn\0bad\0warn\0warn\0bad";

static unsigned		widths[2];	/* of labels, of listeners */

const char *
status_word(enum status_state state)
{
	return text_nth(states, state);
}

const struct setup *
status_setup(void)
{
	return setup;
}

/* The wider of a column and a name in it. */
static unsigned
wider(unsigned width, uint32_t name)
{
	size_t	len = strlen(conf_string(setup, name));

	if (len > NAME_COLUMNS)
		len = NAME_COLUMNS;
	return len > width ? (unsigned)len : width;
}

void
status_open(const struct setup *set, const struct os_addr *addrs)
{
	unsigned	i;

	setup = set;
	bound = addrs;
	widths[0] = sizeof(BACKEND_TITLE) - 1;
	for (i = 0; i < set->nbackends; i++)
		widths[0] = wider(widths[0], set->backends[i].label);
	widths[1] = sizeof(LISTENER_TITLE) - 1;
	for (i = 0; i < set->nlisteners; i++)
		widths[1] = wider(widths[1], set->listeners[i].name);
}

static uint64_t
since(uint64_t now, uint64_t then)
{
	return then < now ? now - then : 0;
}

static void
fill_all(struct status_all *to)
{
	stat_sum_global(&to->count);
	history_rate(HISTORY_ALL, &to->rate);
	to->uptime_ms = os_now_ms() - board_start_ms();
	to->generation = board_generation();
	to->relays = share_relays(setup);
	to->sessions_max = share_all_sessions(setup);
	to->running = 1;
	to->span_ms = history_span();
	to->recent_refused = history_ended(REASON_NONE);
	to->backend_width = widths[0];
	to->listener_width = widths[1];
	to->backend_title = BACKEND_TITLE;
	to->listener_title = LISTENER_TITLE;
}

static void
fill_reason(enum reason reason, struct status_reason *to)
{
	struct stat_global	g;
	uint64_t		all = 0;

	stat_sum_global(&g);
	for (unsigned r = 0; r < REASONS; r++)
		all += g.ended[r];
	to->key = reason_key(reason);
	to->text = reason_text(reason);
	to->count = g.ended[reason];
	to->recent = history_ended(reason);
	to->percent = all == 0 ? 0 : to->count * 100 / all;
}

static enum status_state
state_of(unsigned b, uint64_t down)
{
	const enum board_order	order = board_order(b);

	if (order != BOARD_NORMAL)
		return order == BOARD_DRAIN ? STATUS_DRAIN : STATUS_DISABLED;
	if (setup->backends[b].addr.family == OS_NONE)
		return STATUS_UNRESOLVED;
	if (down == 0)
		return STATUS_UP;
	return down < share_relays(setup) ? STATUS_PARTLY : STATUS_OUT;
}

static unsigned
pool_of(unsigned b)
{
	unsigned	i = 0;

	/* one begins where the one before it ends */
	while (i + 1 < setup->npools && b >= setup->pools[i + 1].first_backend)
		i++;
	return i;
}

static void
fill_backend(unsigned b, struct status_backend *to)
{
	const struct setup_backend	*sb = &setup->backends[b];
	enum status_state		 state;

	stat_sum_backend(b, &to->count);
	history_rate((int)b, &to->rate);
	to->label = conf_string(setup, sb->label);
	if (sb->addr.family != OS_NONE)
		(void)addr_text(to->text, sizeof(to->text), &sb->addr);
	else
		(void)text_format(to->text, sizeof(to->text), "%s:%u",
		    conf_string(setup, sb->host), sb->port.v);
	to->addr = to->text;
	to->pool = pool_of(b);
	state = state_of(b, to->count.down);
	to->state = status_word(state);
	to->mood = text_nth(moods, state);
	memset(to->in, 0, sizeof(to->in));
	to->in[state] = 1;
	to->failed = to->count.died + to->count.timeouts +
	    to->count.overloaded;
	to->all_bytes = to->count.bytes[0] + to->count.bytes[1];
	to->all_rate = to->rate.bytes[0] + to->rate.bytes[1];
	to->width = widths[0];
	to->mean = NULL;
	if (to->count.connected == 0)
		return;
	(void)text_format(to->mean_text, sizeof(to->mean_text), "%llu ms",
	    (unsigned long long)(to->count.connect_ms / to->count.connected));
	to->mean = to->mean_text;
}

static void
fill_listener(unsigned i, struct status_listener *to)
{
	stat_sum_listener(i, &to->count);
	to->name = conf_string(setup, setup->listeners[i].name);
	to->addr = addr_text(to->text, sizeof(to->text), &bound[i]);
	to->width = widths[1];
	to->count.paused = to->count.paused != 0;
	to->state = to->count.paused ? "paused" : "open";
	to->mood = to->count.paused ? "warn" : "good";
	to->paused = to->count.paused ? "true" : "false";
}

/*
 * Sessions.
 */

/* A word for people: what it does, or which side has said all. */
static const char *
session_word(const struct session *s)
{
	bool	client = s->half[CLIENT].state == HALF_DONE;
	bool	backend = s->half[BACKEND].state == HALF_DONE;

	if (s->state == SESSION_CONNECT)
		return "connect";
	if (s->state == SESSION_LAST)
		return "last";
	if (client != backend)
		return client ? "client-done" : "backend-done";
	return s->half[CLIENT].state == HALF_SPLICE ||
	    s->half[BACKEND].state == HALF_SPLICE ? "splice" : "relay";
}

/*
 * Behind the last listener and backend there are the entries for sessions of an
 * earlier configuration (former.h).
 */
static bool
is_valid(const struct session *s)
{
	return s->state > SESSION_FREE && s->state <= SESSION_LAST &&
	    !s->arriving && s->listener <= setup->nlisteners &&
	    (s->backend <= setup->nbackends || s->backend == BACKEND_NONE) &&
	    s->peer.family > OS_NONE && s->peer.family <= OS_UNIX;
}

static void
fill_session(const struct status_place *at, const struct session *s,
    struct status_session *to)
{
	uint64_t	now = os_now_ms(), moved = s->start_ms;
	unsigned	way;

	(void)text_format(to->id_text, sizeof(to->id_text), "%u.%u.%u",
	    (unsigned)at->relay + 1, (unsigned)at->row, (unsigned)s->number);
	to->id = to->id_text;
	to->client = addr_peer_text(to->text, sizeof(to->text), &s->peer);
	to->listener = conf_string(setup, setup->listeners[s->listener].name);
	to->label = to->backend = NULL;
	if (s->backend != BACKEND_NONE) {
		to->label = conf_string(setup,
		    setup->backends[s->backend].label);
		(void)text_format(to->backend_text, sizeof(to->backend_text),
		    "%u", (unsigned)s->backend);
		to->backend = to->backend_text;
	}
	to->state = session_word(s);
	to->held = 0;
	for (way = CLIENT; way <= BACKEND; way++) {
		to->bytes[way] = s->half[way].bytes;
		to->held += s->half[way].len;
		if (s->half[way].moved_ms > moved)
			moved = s->half[way].moved_ms;
	}
	to->age_ms = since(now, s->start_ms);
	to->idle_ms = since(now, moved);
}

/*
 * Rows are used from the first on, and one that was never used has no number:
 * behind it there is nothing, and memory that nobody has touched yet.
 */
static bool
row_copy(const struct status_place *at, struct session *s)
{
	*s = *table_seen(at->relay, at->row);
	return s->number != 0;
}

static bool
next_session(struct status_place *at, struct status_session *to)
{
	struct session	s;

	for (; at->relay < share_relays(setup); at->relay++, at->row = 0) {
		for (; at->row < table_mapped(); at->row++) {
			if (!row_copy(at, &s))
				break;
			if (!is_valid(&s))
				continue;
			fill_session(at, &s, to);
			at->number = s.number;
			at->row++;
			return true;
		}
	}
	return false;
}

unsigned
status_count(enum status_kind kind)
{
	switch (kind) {
	case STATUS_REASON:
		return REASONS - REASON_NONE - 1;
	case STATUS_BACKEND:
		return setup->nbackends;
	case STATUS_LISTENER:
		return setup->nlisteners;
	default:
		return 1;
	}
}

bool
status_fill(enum status_kind kind, unsigned i, struct status_place *at,
    struct status_record *to)
{
	to->comma = i == 0 ? "" : ",";
	to->number = i;
	if (kind == STATUS_SESSION)
		return next_session(at, &to->session);
	if (i >= status_count(kind))
		return false;
	switch (kind) {
	case STATUS_REASON:
		fill_reason(REASON_NONE + 1 + i, &to->reason);
		break;
	case STATUS_BACKEND:
		fill_backend(i, &to->backend);
		break;
	case STATUS_LISTENER:
		fill_listener(i, &to->listener);
		break;
	default:
		fill_all(&to->all);
	}
	return true;
}

bool
status_find(const char *id, struct status_place *at)
{
	struct status_session	s;

	*at = (struct status_place){ .relay = 0 };
	while (next_session(at, &s))
		if (strcmp(s.id, id) == 0) {
			at->row--;
			return true;
		}
	return false;
}

bool
status_lives(const struct status_place *at)
{
	struct session	s;

	return row_copy(at, &s) && s.number == at->number && is_valid(&s) &&
	    s.state != SESSION_LAST;
}

/* One that was not handed over, but has come to its end, has a reason for it. */
bool
status_left(const struct status_place *at)
{
	struct session	s;

	return !row_copy(at, &s) || (s.number == at->number &&
	    s.state == SESSION_FREE && s.reason == REASON_NONE);
}

bool
status_means(unsigned b, const char *word)
{
	uint64_t	n;

	MUST(b < setup->nbackends);
	if (word[0] == '#' && text_number(word + 1, setup->nbackends, &n))
		return b == n;
	return strcmp(word, conf_string(setup, setup->backends[b].label)) == 0;
}

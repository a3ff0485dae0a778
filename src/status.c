/*
 * status.c - gathering.  Rows of sessions belong to other processes and change
 * while they are copied: nothing in a copy is taken for an index, a pointer or a
 * text unchecked, and nothing is written.
 */
#include <string.h>

#include "backend.h"
#include "board.h"
#include "conf.h"
#include "loop.h"
#include "must.h"
#include "os.h"
#include "session.h"
#include "status.h"
#include "table.h"
#include "text.h"

static const struct setup	*setup;
static const struct os_addr	*bound;

static const char *const words[STATUS_STATES] = {
	[STATUS_UP] = "up",
	[STATUS_PARTLY] = "partly",
	[STATUS_OUT] = "out",
	[STATUS_SICK] = "sick",
	[STATUS_DRAIN] = "drain",
	[STATUS_DISABLED] = "disabled",
	[STATUS_UNRESOLVED] = "unresolved"
};

void
status_open(const struct setup *set, const struct os_addr *addrs)
{
	setup = set;
	bound = addrs;
}

const struct setup *
status_setup(void)
{
	return setup;
}

uint64_t
status_uptime(void)
{
	uint64_t	start = board_start_ms(), now = os_now_ms();

	return start != 0 && now > start ? now - start : 0;
}

unsigned
status_relays(void)
{
	return loop_relays(setup);
}

uint64_t
status_sessions_max(void)
{
	return (uint64_t)loop_relays(setup) * loop_sessions(setup);
}

const char *
status_word(enum status_state state)
{
	MUST((unsigned)state < STATUS_STATES);
	return words[state];
}

static void
copy(char *to, size_t size, uint32_t offset)
{
	(void)text_format(to, size, "%s", conf_string(setup, offset));
}

static enum status_state
state_of(unsigned b, uint64_t down)
{
	switch (board_order(b)) {
	case BOARD_NORMAL:
		break;
	case BOARD_DRAIN:
		return STATUS_DRAIN;
	case BOARD_DISABLED:
		return STATUS_DISABLED;
	}
	if (setup->backends[b].addr.family == OS_NONE)
		return STATUS_UNRESOLVED;
	if (board_health(b) == BOARD_SICK)
		return STATUS_SICK;
	if (down == 0)
		return STATUS_UP;
	return down < loop_relays(setup) ? STATUS_PARTLY : STATUS_OUT;
}

static unsigned
pool_of(unsigned b)
{
	const struct setup_pool	*p;
	unsigned		 i;

	for (i = 0; i < setup->npools; i++) {
		p = &setup->pools[i];
		if (b >= p->first_backend &&
		    b - p->first_backend < p->nbackends)
			return i;
	}
	return 0;
}

void
status_backend(unsigned b, struct status_backend *to)
{
	const struct setup_backend	*sb;

	MUST(b < setup->nbackends);
	sb = &setup->backends[b];
	copy(to->label, sizeof(to->label), sb->label);
	if (sb->addr.family == OS_NONE)
		copy(to->addr, sizeof(to->addr), sb->host);
	else
		(void)addr_text(to->addr, sizeof(to->addr), &sb->addr);
	to->pool = pool_of(b);
	stat_sum_backend(b, &to->count);
	to->state = state_of(b, to->count.down);
	history_rate((int)b, &to->rate);
}

void
status_listener(unsigned i, struct status_listener *to)
{
	MUST(i < setup->nlisteners);
	copy(to->name, sizeof(to->name), setup->listeners[i].name);
	(void)addr_text(to->addr, sizeof(to->addr), &bound[i]);
	stat_sum_listener(i, &to->count);
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

	switch (s->state) {
	case SESSION_CONNECT:
		return "connect";
	case SESSION_LAST:
		return "last";
	default:
		if (client != backend)
			return client ? "client-done" : "backend-done";
		if (s->half[CLIENT].state == HALF_SPLICE ||
		    s->half[BACKEND].state == HALF_SPLICE)
			return "splice";
		return "relay";
	}
}

static uint64_t
since(uint64_t now, uint64_t then)
{
	return then < now ? now - then : 0;
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
	    (s->peer.family == OS_IPV4 || s->peer.family == OS_IPV6 ||
	    s->peer.family == OS_UNIX);
}

static void
describe(const struct status_place *at, const struct session *s,
    struct status_session *to)
{
	uint64_t	now = os_now_ms(), moved = s->start_ms;
	unsigned	way;

	(void)text_format(to->id, sizeof(to->id), "%u.%u.%u",
	    (unsigned)at->relay + 1, (unsigned)at->row, (unsigned)s->number);
	(void)addr_peer_text(to->client, sizeof(to->client), &s->peer, false);
	copy(to->listener, sizeof(to->listener),
	    setup->listeners[s->listener].name);
	to->backend = s->backend == BACKEND_NONE ? -1 : s->backend;
	if (to->backend == -1)
		(void)text_format(to->label, sizeof(to->label), "-");
	else
		copy(to->label, sizeof(to->label),
		    setup->backends[s->backend].label);
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

bool
status_session(struct status_place *at, struct status_session *to)
{
	struct session	s;

	for (; at->relay < loop_relays(setup); at->relay++, at->row = 0) {
		for (; at->row < table_mapped(); at->row++) {
			if (!row_copy(at, &s))
				break;
			if (!is_valid(&s))
				continue;
			describe(at, &s, to);
			at->row++;
			return true;
		}
	}
	return false;
}

bool
status_find(const char *id, struct status_place *at)
{
	uint64_t	part[3];
	char		digits[STATUS_ID];
	struct session	s;
	size_t		n;
	unsigned	i;

	for (i = 0; i < 3; i++, id += n) {
		if (i > 0 && *id++ != '.')
			return false;
		n = strspn(id, "0123456789");
		if (n == 0 || n >= sizeof(digits))
			return false;
		(void)text_format(digits, sizeof(digits), "%.*s", (int)n, id);
		if (!text_number(digits, UINT32_MAX, &part[i]))
			return false;
	}
	if (*id != '\0' || part[0] < 1 || part[0] > loop_relays(setup) ||
	    part[1] >= table_mapped())
		return false;
	at->relay = (uint32_t)part[0] - 1;
	at->row = (uint32_t)part[1];
	at->number = (uint32_t)part[2];
	return row_copy(at, &s) && is_valid(&s) && s.number == at->number;
}

bool
status_lives(const struct status_place *at)
{
	struct session	s;

	return row_copy(at, &s) && s.number == at->number && is_valid(&s) &&
	    s.state != SESSION_LAST;
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

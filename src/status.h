/*
 * status.h - what there is to know, gathered for whoever shows it: counters,
 * sessions, the operator's orders, the last minutes.  Changes nothing.
 */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "history.h"
#include "os.h"
#include "out.h"
#include "setup.h"
#include "stat.h"

enum status_state {
	STATUS_UP,
	STATUS_PARTLY,		/* left out by some relays */
	STATUS_OUT,		/* left out by all of them */
	STATUS_DRAIN,		/* the operator wants no new sessions for it */
	STATUS_DISABLED,	/* nor the old ones */
	STATUS_UNRESOLVED,	/* its name has no address */
	STATUS_STATES
};

struct status_all {
	struct stat_global	 count;
	struct history_rate	 rate;
	uint64_t		 uptime_ms;
	uint64_t		 generation;
	uint64_t		 relays;
	uint64_t		 sessions_max;
	uint64_t		 running;	/* 1 */
	uint64_t		 span_ms;	/* that the history covers */
	uint64_t		 recent_refused;
	uint64_t		 backend_width;	/* columns of their names */
	uint64_t		 listener_width;
	const char		*backend_title;	/* of that width */
	const char		*listener_title;
};

struct status_reason {
	const char		*key, *text;
	uint64_t		 count;
	uint64_t		 recent;	/* of these, in span_ms */
	uint64_t		 percent;
};

struct status_backend {
	struct stat_backend	 count;
	struct history_rate	 rate;
	const char		*label, *addr;
	const char		*state;		/* a word */
	const char		*mood;		/* good, warn, bad */
	const char		*mean;		/* "3 ms", to connect; or NULL */
	uint64_t		 pool;
	uint64_t		 failed;	/* connects, for whatever cause */
	uint64_t		 all_bytes, all_rate;
	uint64_t		 in[STATUS_STATES];	/* 1 for the one it is in */
	uint64_t		 width;		/* columns of all labels */
	char			 text[ADDR_TEXT], mean_text[32];
};

struct status_listener {
	struct stat_listener	 count;
	const char		*name, *addr;	/* with the bound port */
	const char		*state, *mood;
	const char		*paused;	/* "true", "false" */
	uint64_t		 width;
	char			 text[ADDR_TEXT];
};

struct status_session {
	const char		*id, *client, *listener;
	const char		*label;		/* of its backend; NULL: none chosen */
	const char		*backend;	/* its number; NULL */
	const char		*state;
	uint64_t		 age_ms;
	uint64_t		 idle_ms;	/* since a byte moved */
	uint64_t		 bytes[2];
	uint64_t		 held;		/* in our buffers */
	char			 id_text[36], backend_text[12], text[ADDR_TEXT];
};

/* One thing to be shown, for out_form. */
struct status_record {
	const char	*comma;		/* "" for the first of its kind, then "," */
	uint64_t	 number;	/* how many came before */
	union {
		struct status_all all;
		struct status_reason reason;
		struct status_backend backend;
		struct status_listener listener;
		struct status_session session;
	};
};

#define STATUS_AT(member)	OUT_AT(struct status_record, member)

enum status_kind { STATUS_ALL, STATUS_REASON, STATUS_BACKEND, STATUS_LISTENER,
	STATUS_SESSION };

/* Which row of which relay a session has. */
struct status_place {
	uint32_t	relay;
	uint32_t	row;
	uint32_t	number;		/* of the session found there */
};

/*
 * Before anything else: the setup, and the addresses that its listeners are bound
 * to (what os_sockname says; a copy is not made).
 */
void	status_open(const struct setup *, const struct os_addr *bound);
const struct setup *status_setup(void);

/*
 * How many there are of a kind (but sessions), and all there is to say of one of
 * them.  For sessions i only counts: the next one at or after *at is meant, and *at
 * moves behind it.  False when there is none.
 */
unsigned status_count(enum status_kind);
bool	status_fill(enum status_kind, unsigned i, struct status_place *at,
	    struct status_record *);

/* The word for a state of a backend. */
const char *status_word(enum status_state);

/*
 * Find a session by its name.  False when there is none.  status_lives: whether it
 * still moves bytes.  status_left: its relay goes, or has gone, with it or without: it
 * may do so elsewhere.
 */
bool	status_find(const char *id, struct status_place *);
bool	status_lives(const struct status_place *);
bool	status_left(const struct status_place *);

/*
 * Whether a backend is meant by a word: its label, or "#N" for its number.
 */
bool	status_means(unsigned backend, const char *word);

#endif

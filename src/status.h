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
#include "setup.h"
#include "stat.h"

enum {
	STATUS_LABEL = 256,	/* of a longer label only that much is shown */
	STATUS_ID = 24		/* text of a session's name */
};

enum status_state {
	STATUS_UP,
	STATUS_PARTLY,		/* left out by some relays */
	STATUS_OUT,		/* left out by all of them */
	STATUS_SICK,		/* its checks fail */
	STATUS_DRAIN,		/* the operator wants no new sessions for it */
	STATUS_DISABLED,	/* nor the old ones */
	STATUS_UNRESOLVED,	/* its name has no address */
	STATUS_STATES
};

struct status_backend {
	char			 label[STATUS_LABEL];
	char			 addr[ADDR_TEXT];
	unsigned		 pool;
	enum status_state	 state;
	struct stat_backend	 count;
	struct history_rate	 rate;
};

struct status_listener {
	char			 name[STATUS_LABEL];
	char			 addr[ADDR_TEXT];	/* with the bound port */
	struct stat_listener	 count;
};

struct status_session {
	char		 id[STATUS_ID];
	char		 client[ADDR_TEXT];
	char		 listener[STATUS_LABEL];
	char		 label[STATUS_LABEL];	/* of its backend */
	int		 backend;	/* -1: none chosen */
	const char	*state;		/* a word */
	uint64_t	 age_ms;
	uint64_t	 idle_ms;	/* since a byte moved */
	uint64_t	 bytes[2];
	uint64_t	 held;		/* in our buffers */
};

/* Which row of which relay a session has. */
struct status_place {
	uint32_t	relay;
	uint32_t	row;
	uint32_t	number;
};

/*
 * Before anything else: the setup, and the addresses that its listeners are bound
 * to (what os_sockname says; a copy is not made).
 */
void	status_open(const struct setup *, const struct os_addr *bound);
const struct setup *status_setup(void);

uint64_t status_uptime(void);		/* ms */
unsigned status_relays(void);
uint64_t status_sessions_max(void);

const char *status_word(enum status_state);

/*
 * Fill in what there is to say of a backend or a listener.
 */
void	status_backend(unsigned, struct status_backend *);
void	status_listener(unsigned, struct status_listener *);

/*
 * Go through the sessions: fill in the next one at or after *at and move *at behind
 * it.  False when there is none.
 */
bool	status_session(struct status_place *at, struct status_session *);

/*
 * Find a session by its name.  False when there is none.  status_lives: whether it
 * still moves bytes.
 */
bool	status_find(const char *id, struct status_place *);
bool	status_lives(const struct status_place *);

/*
 * Whether a backend is meant by a word: its label, or "#N" for its number.
 */
bool	status_means(unsigned backend, const char *word);

#endif

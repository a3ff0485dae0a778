/*
 * client.h - one who asks the monitor something, over the control socket or HTTP:
 * reads a request, makes the answer as it is taken, and goes.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "channel.h"
#include "http.h"
#include "status.h"
#include "view.h"

enum client_kind { CLIENT_NONE, CLIENT_CONTROL, CLIENT_HTTP };

enum client_state {
	CLIENT_READS,		/* the request is not whole yet */
	CLIENT_KILLS,		/* waits until a session has ended */
	CLIENT_RELOADS,		/* waits for what the parent says */
	CLIENT_WRITES,		/* takes its answer */
	CLIENT_LINGERS		/* has it, and may still be sending */
};

enum {
	CLIENT_READ_MS = 5000,		/* for a request */
	CLIENT_KILL_MS = 5000,
	CLIENT_RELOAD_MS = 120000,	/* without a byte */
	CLIENT_STALL_MS = 10000,	/* without taking a byte */
	CLIENT_ALL_MS = 600000,		/* for everything */
	CLIENT_LINGER_MS = 2000,
	CLIENT_LOOK_MS = 20,		/* how often KILLS looks */
	CLIENT_BUFFER = HTTP_CHUNK_HEAD + VIEW_BUFFER + HTTP_CHUNK_TAIL,
	CLIENT_TAIL = 300
};

struct client {
	int		fd;
	uint8_t		kind;		/* enum client_kind; NONE: nobody is here */
	uint8_t		state;		/* enum client_state */
	bool		viewing;	/* view has more to say */
	bool		chunks;		/* HTTP: the body in chunks */
	bool		last;		/* nothing comes after what is in out */
	bool		json;		/* RELOADS: lines as an array */
	uint32_t	in_len;
	uint32_t	out_at, out_len;	/* of out: given and made */
	uint32_t	lines;		/* RELOADS: those that had room */
	uint32_t	left_out;	/* and those that had none */
	uint64_t	start_ms;
	uint64_t	since_ms;	/* of the state, or a byte was taken */
	struct view	view;
	struct status_place victim;	/* KILLS; RELOADS: number of the order */
	char		tail[CLIENT_TAIL];	/* the last line of a control answer */
	char		in[HTTP_HEAD];
	char		out[CLIENT_BUFFER];
};

/*
 * Begin with an accepted socket, which is the client's from now on.
 */
void	client_start(struct client *, int fd, enum client_kind, uint64_t now);

/*
 * Do what can be done.  False when it is over: client_drop is the caller's, who
 * watches the socket.
 */
bool	client_run(struct client *, uint64_t now);

/*
 * What it waits for (WAIT_READ, WAIT_WRITE or nothing), and until when at most.
 */
uint32_t client_want(const struct client *);
uint64_t client_due(const struct client *);

/*
 * A note of the parent about a reload, or its end, for those who wait for it.
 */
void	client_note(struct client *, const struct channel_note *, uint64_t now);

/*
 * Close at once: in order when its answer was given, else by reset.
 */
void	client_drop(struct client *);

#endif

/*
 * ctl.h - the language of the control socket: one line is asked on a connection,
 * the answer is text, and its last line is "ok" or "error: " and why not.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "view.h"

enum { CTL_LINE = 1024 };	/* bytes of a line, its end included */

enum ctl_command {
	CTL_STATUS,
	CTL_BACKENDS,
	CTL_SESSIONS,
	CTL_LISTENERS,
	CTL_CONFIG,
	CTL_HELP,
	CTL_KILL,
	CTL_DRAIN,
	CTL_DISABLE,
	CTL_ENABLE,
	CTL_RELOAD
};

struct ctl_request {
	enum ctl_command command;
	bool		 json;
	const char	*word;		/* session or backend, in the line; else "" */
};

/*
 * Understand a line (its end may be there or not) and take it apart; a byte behind
 * it is written to.  NULL, or what is wrong with it as a sentence, in buf maybe.
 */
const char *ctl_parse(char *, size_t, struct ctl_request *, char *buf,
	    size_t size);

/*
 * The view that answers a command.  False when it is one that does something.
 */
bool	ctl_view(const struct ctl_request *, enum view_kind *);

/* The word for a command that does something to a backend: "drain" ... */
const char *ctl_word(enum ctl_command);

#endif

/*
 * view.h - what is shown, made piece by piece as the reader takes it.
 *
 * A view remembers how far it came, never what it said: each piece is made from
 * what is true at that moment.  No view is ever whole in memory.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "out.h"
#include "status.h"

enum view_kind {
	VIEW_STATUS,		/* text in columns, for people */
	VIEW_BACKENDS,
	VIEW_SESSIONS,
	VIEW_LISTENERS,
	VIEW_CONFIG,
	VIEW_HELP,
	VIEW_JSON_STATUS,	/* everything but the sessions */
	VIEW_JSON_BACKENDS,
	VIEW_JSON_SESSIONS,
	VIEW_JSON_LISTENERS,
	VIEW_JSON_CONFIG,
	VIEW_PAGE,		/* HTML */
	VIEW_METRICS,		/* Prometheus' text format */
	VIEW_STATISTICS		/* lighttpd's keys */
};

enum { VIEW_BUFFER = 16 * 1024 };	/* room that a piece is sure to fit in */

/*
 * A view is a list of pieces, each of them a form for the records of a kind, once
 * for each record (out.h, status.h).  what begins with that kind and the flags
 * below; then come the places of the members that the form shows.
 */
struct view_piece {
	const char	*form;
	const uint8_t	*what;
};

enum {
	/* an enum status_kind, or */
	VIEW_LINES = STATUS_SESSION + 1,	/* the configuration; in JSON inside
						   of a string */
	VIEW_KINDS = 7,		/* the bits of these */
	VIEW_ENDED = 64,	/* only reasons for which sessions did end */
	VIEW_LAST = 128		/* the last piece of a view */
};

/* Behind the form, enum page_drawing. */
#define VIEW_DRAWN(drawing)	((drawing) << 3)

#define VIEW_WHAT(...)	(const uint8_t[]){ __VA_ARGS__ }

struct view {
	const struct view_piece *piece;
	uint8_t		kind;		/* enum view_kind */
	bool		over;		/* all has been said */
	bool		full;		/* a piece in parts stopped for want of room */
	uint32_t	part;		/* which part comes next */
	uint32_t	i;		/* which of its items */
	uint32_t	line;		/* lines of the configuration that were said */
	struct status_place at;		/* sessions: where to go on */
};

void	view_begin(struct view *, enum view_kind);

/*
 * Add as many pieces as fit; at least one fits into VIEW_BUFFER bytes.  Returns
 * true as long as there is more to come.
 */
bool	view_more(struct view *, struct out *);

/*
 * All pieces of the views of a file, in the order of enum view_kind from one on;
 * for view.c.
 */
const struct view_piece *listing_pieces(void);
const struct view_piece *json_pieces(void);
const struct view_piece *page_pieces(void);

/* For view.c: one heading or sample; and what is drawn of a backend, or of all. */
void	metrics_piece(struct view *, struct out *);
void	page_draw(struct out *, unsigned drawing, int backend);

#endif

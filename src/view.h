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

struct view {
	uint8_t		kind;		/* enum view_kind */
	bool		over;		/* all has been said */
	bool		full;		/* a piece in parts stopped for want of room */
	uint32_t	part;		/* which part comes next */
	uint32_t	i;		/* which of its items */
	uint64_t	skip;		/* config: bytes that were said */
	struct status_place at;		/* sessions: where to go on */
};

void	view_begin(struct view *, enum view_kind);

/*
 * Add as many pieces as fit; at least one fits into VIEW_BUFFER bytes.  Returns
 * true as long as there is more to come.
 */
bool	view_more(struct view *, struct out *);

/* One piece each, for view.c: listing.c, json.c, metrics.c, page.c. */
void	listing_piece(struct view *, struct out *);
void	json_piece(struct view *, struct out *);
void	metrics_piece(struct view *, struct out *);
void	page_piece(struct view *, struct out *);

/*
 * The effective configuration, as many bytes of it from view->skip on as fit; json:
 * as the inside of a JSON string.  Advances skip; true when that was the rest.
 */
bool	view_config(struct view *, struct out *, bool json);

#endif

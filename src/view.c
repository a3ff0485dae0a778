/*
 * view.c - pieces into a buffer.  A piece that does not fit any more is taken back
 * and made again when there is room.
 */
#include <string.h>

#include "conf.h"
#include "must.h"
#include "stat.h"
#include "view.h"

enum { PAGE_ROWS = 500 };	/* of each table; the rest is in status.json */

/* Behind the pieces of so many views of a file. */
static const struct view_piece *
pieces_after(const struct view_piece *p, unsigned views)
{
	for (; views > 0; p++)
		if (p->what[0] & VIEW_LAST)
			views--;
	return p;
}

void
view_begin(struct view *v, enum view_kind kind)
{
	*v = (struct view){ .kind = (uint8_t)kind };
	if (kind >= VIEW_PAGE)
		v->piece = page_pieces();
	else if (kind >= VIEW_JSON_STATUS)
		v->piece = pieces_after(json_pieces(), kind - VIEW_JSON_STATUS);
	else
		v->piece = pieces_after(listing_pieces(), kind - VIEW_STATUS);
}

static void
put_line(void *arg, const char *line)
{
	out_string(arg, line);
	out_string(arg, "\n");
}

/*
 * The configuration is made anew each time, and the lines of it that were said are
 * skipped: it does not change, and nothing has to be kept.
 */
struct dump {
	struct view	*view;
	struct out	*out;
	uint32_t	 line;
};

static void
dump_line(void *arg, const char *line)
{
	struct dump	*d = arg;
	size_t		 mark = d->out->len;

	if (d->out->over || d->line++ < d->view->line)
		return;
	if (d->view->kind == VIEW_CONFIG)
		put_line(d->out, line);
	else {
		(void)out_text(d->out, line, OUT_JSON);
		out_string(d->out, "\\n");
	}
	if (d->out->over)
		d->out->len = mark;
	else
		d->view->line++;
}

/* False when that was the rest. */
static bool
config(struct view *v, struct out *out)
{
	struct dump	d = { .view = v, .out = out };

	conf_dump(status_setup(), dump_line, &d);
	v->full = out->over;
	out->over = false;
	return v->full;
}

/* One record more.  False when there is none. */
static bool
record(struct view *v, struct out *out, unsigned i)
{
	const uint8_t		*what = v->piece->what;
	enum status_kind	 kind = what[0] & VIEW_KINDS;
	unsigned		 drawing = what[0] / VIEW_DRAWN(1) & 7;
	struct status_record	 r;

	if (v->kind == VIEW_PAGE && i == PAGE_ROWS && i < status_count(kind)) {
		out_format(out, "<tr><td colspan=11>and %u more, in "
		    "<a href=status.json>status.json</a>",
		    status_count(kind) - PAGE_ROWS);
		return false;
	}
	if (!status_fill(kind, i, &v->at, &r))
		return false;
	if (what[0] & VIEW_ENDED && r.reason.count == 0)
		return true;
	out_form(out, v->piece->form, what + 1, &r);
	if (drawing != 0)
		page_draw(out, drawing,
		    kind == STATUS_BACKEND ? (int)i : HISTORY_ALL);
	return true;
}

static void
piece(struct view *v, struct out *out)
{
	bool	more;

	if (v->kind == VIEW_METRICS)
		metrics_piece(v, out);
	else if (v->kind == VIEW_STATISTICS)
		v->over = !stat_print_part(status_setup(), v->part++, put_line,
		    out);
	else {
		if ((v->piece->what[0] & VIEW_KINDS) == VIEW_LINES)
			more = config(v, out);
		else
			more = record(v, out, v->i++);
		if (more)
			return;
		v->i = 0;
		v->over = v->piece++->what[0] & VIEW_LAST;
	}
}

bool
view_more(struct view *v, struct out *out)
{
	struct view	before;
	size_t		first = out->len, mark;

	while (!v->over) {
		before = *v;
		mark = out->len;
		piece(v, out);
		if (v->full) {
			v->full = false;
			return true;
		}
		if (!out->over)
			continue;
		MUST(mark > first || out->size - first < VIEW_BUFFER);
		out->len = mark;
		out->over = false;
		*v = before;
		return true;
	}
	return false;
}

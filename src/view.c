/*
 * view.c - pieces into a buffer.  A piece that does not fit any more is taken back
 * and made again when there is room.
 */
#include <string.h>

#include "conf.h"
#include "must.h"
#include "stat.h"
#include "view.h"

void
view_begin(struct view *v, enum view_kind kind)
{
	*v = (struct view){ .kind = (uint8_t)kind };
}

/* Statistics as lines, one part of them at a time. */
static void
put_line(void *arg, const char *line)
{
	out_string(arg, line);
	out_string(arg, "\n");
}

static void
statistics_piece(struct view *v, struct out *out)
{
	v->over = !stat_print_part(status_setup(), v->part++, put_line, out);
}

static void
piece(struct view *v, struct out *out)
{
	switch (v->kind) {
	case VIEW_STATUS:
	case VIEW_BACKENDS:
	case VIEW_SESSIONS:
	case VIEW_LISTENERS:
	case VIEW_CONFIG:
	case VIEW_HELP:
		listing_piece(v, out);
		break;
	case VIEW_PAGE:
		page_piece(v, out);
		break;
	case VIEW_METRICS:
		metrics_piece(v, out);
		break;
	case VIEW_STATISTICS:
		statistics_piece(v, out);
		break;
	default:
		json_piece(v, out);
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

/*
 * The configuration is made anew each time, and what was said of it skipped: it
 * does not change, and nothing has to be kept.
 */
struct dump {
	struct out	*out;
	uint64_t	 skip;		/* bytes still to be left out */
	uint64_t	 said;
	bool		 json;
};

/* n bytes that stay together; 0: one that is not UTF-8. */
static void
dump_unit(struct dump *d, const char *s, size_t n)
{
	size_t	len = n == 0 ? 1 : n;

	if (d->out->over)
		return;
	if (d->skip >= len) {
		d->skip -= len;
		return;
	}
	if (!d->json)
		out_bytes(d->out, s, len);
	else if (n == 0)
		out_string(d->out, "\\ufffd");
	else if ((unsigned char)*s < ' ' || *s == 0x7f || *s == '"' ||
	    *s == '\\')
		out_format(d->out, "\\u%04x", (unsigned char)*s);
	else
		out_bytes(d->out, s, n);
	if (!d->out->over)
		d->said += len;
}

static void
dump_line(void *arg, const char *line)
{
	struct dump	*d = arg;
	size_t		 len = strlen(line) + 1, n;

	if (d->out->over)
		return;
	if (d->skip >= len) {
		d->skip -= len;
		return;
	}
	for (; *line != '\0'; line += n == 0 ? 1 : n) {
		n = out_sequence(line);
		dump_unit(d, line, n);
	}
	dump_unit(d, "\n", 1);
}

bool
view_config(struct view *v, struct out *out, bool json)
{
	struct dump	d = { .out = out, .skip = v->skip, .json = json };

	conf_dump(status_setup(), dump_line, &d);
	v->full = out->over;
	out->over = false;
	v->skip += d.said;
	return !v->full;
}

/*
 * page.c - the page that a person looks at.
 *
 * One file, no scripts, nothing from elsewhere; colours follow the reader's choice
 * of light or dark.  The last minutes are drawn as SVG from the history's points,
 * one unit of the drawing's width for each.
 */
#include "board.h"
#include "text.h"
#include "view.h"

enum {
	PAGE_ROWS = 500,	/* of each table; the rest is in status.json */
	HEIGHT = 32,		/* of a drawing, in its units */
	BYTES = 32
};

enum part {
	PART_TOP, PART_STYLE, PART_TITLE, PART_TILES, PART_BACKENDS,
	PART_BACKEND_ROWS, PART_LISTENERS, PART_LISTENER_ROWS, PART_REASONS,
	PART_REASON_ROWS, PART_BOTTOM, PART_OVER
};

enum series { LOAD, STARTS, CLIENT_BYTES, BACKEND_BYTES, SERIES };

static const char style[] =
    ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2733;"
    "--dim:#66737f;--line:#e1e6eb;--a:#2563c9;--b:#0f8a6d;--good:#0f7a4f;"
    "--goodbg:#dcf3e7;--warn:#8a5a00;--warnbg:#fcefcf;--bad:#b3261e;"
    "--badbg:#fbe0de}"
    "@media(prefers-color-scheme:dark){:root{--bg:#12171c;--card:#1b2229;"
    "--ink:#e4eaf0;--dim:#93a1ae;--line:#2c353e;--a:#79a9f5;--b:#4fcba8;"
    "--good:#7fe0b2;--goodbg:#123c2a;--warn:#f3c66b;--warnbg:#3f3011;"
    "--bad:#ff9d95;--badbg:#471a17}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--bg);color:var(--ink);"
    "font:15px/1.45 system-ui,sans-serif}"
    "main{max-width:1180px;margin:0 auto;padding:1.4rem 1rem 2.5rem}"
    "header{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;"
    "align-items:baseline;margin-bottom:1rem}"
    "h1{font-size:1.45rem;margin:0}"
    "h2{font-size:1.02rem;margin:0;padding:.75rem 1rem .55rem}"
    "p{margin:0;color:var(--dim)}"
    ".tiles{display:grid;gap:.8rem;margin-bottom:.8rem;"
    "grid-template-columns:repeat(auto-fit,minmax(215px,1fr))}"
    ".tile,section{background:var(--card);border:1px solid var(--line);"
    "border-radius:10px}"
    ".tile{padding:.7rem 1rem 0;overflow:hidden}"
    ".tile b{display:block;font-size:1.5rem;font-weight:600;line-height:1.3;"
    "font-variant-numeric:tabular-nums}"
    ".tile span,small,th{color:var(--dim)}"
    ".tile svg{display:block;width:calc(100% + 2rem);height:42px;"
    "margin:.4rem -1rem 0}"
    "section{margin-bottom:.8rem;overflow-x:auto}"
    "table{width:100%;border-collapse:collapse;"
    "font-variant-numeric:tabular-nums}"
    "th{font-size:.8rem;font-weight:500;text-align:left;white-space:nowrap}"
    "th,td{padding:.42rem .6rem;border-top:1px solid var(--line)}"
    "th:first-child,td:first-child{padding-left:1rem}"
    "th:last-child,td:last-child{padding-right:1rem}"
    ".n{text-align:right;white-space:nowrap}"
    "td small{display:block;overflow-wrap:anywhere}"
    "td svg{display:block;width:150px;height:30px}"
    "i{font-style:normal;font-size:.8rem;font-weight:600;padding:.1rem .5rem;"
    "border-radius:99px;white-space:nowrap}"
    ".good{color:var(--good);background:var(--goodbg)}"
    ".warn{color:var(--warn);background:var(--warnbg)}"
    ".bad{color:var(--bad);background:var(--badbg)}"
    ".bar{height:.5rem;border-radius:3px;background:var(--a);"
    "min-width:2px}"
    ".a{stroke:var(--a);fill:var(--a)}.b{stroke:var(--b);fill:var(--b)}"
    "svg path{fill-opacity:.16;stroke-width:1.5;"
    "vector-effect:non-scaling-stroke}"
    "a{color:var(--a)}.ka{color:var(--a)}.kb{color:var(--b)}";

/*
 * Drawings.
 */

static uint64_t
value(int backend, unsigned i, enum series series)
{
	const struct history_point	*p = history_point(backend, i);

	switch (series) {
	case LOAD:
		return p->load;
	case STARTS:
		return p->sessions;
	case CLIENT_BYTES:
		return p->bytes[0];
	default:
		return p->bytes[1];
	}
}

static uint64_t
highest(int backend, enum series series)
{
	uint64_t	v, most = 0;
	unsigned	i;

	for (i = 0; i < history_points(); i++)
		if ((v = value(backend, i, series)) > most)
			most = v;
	return most;
}

/* An area over the newest points, which stand at the right edge. */
static void
draw(struct out *out, int backend, enum series series, uint64_t most,
    const char *class)
{
	unsigned	i, n = history_points(), x;
	uint64_t	v;

	if (n < 2)
		return;
	x = HISTORY_POINTS - n;
	out_format(out, "<path class=%s d=\"M%u %d", class, x, HEIGHT);
	for (i = 0; i < n; i++, x++) {
		v = value(backend, i, series);
		/* nothing is so large that this overflows but in one leap */
		v = most == 0 ? 0 : v > UINT64_MAX / HEIGHT ? HEIGHT - 2 :
		    v * (HEIGHT - 2) / most;
		out_format(out, "L%u %u", x, (unsigned)(HEIGHT - 1 - v));
	}
	out_format(out, "L%u %dZ\"/>", x - 1, HEIGHT);
}

static void
drawing(struct out *out, int backend, enum series first, enum series second,
    const char *title)
{
	uint64_t	most = highest(backend, first), other = 0;

	if (second != SERIES && (other = highest(backend, second)) > most)
		most = other;
	out_format(out, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=none "
	    "role=img aria-label=\"%s\"><title>%s</title>", HISTORY_POINTS - 1,
	    HEIGHT, title, title);
	draw(out, backend, first, most, "a");
	if (second != SERIES)
		draw(out, backend, second, most, "b");
	out_string(out, "</svg>");
}

/*
 * The top: who we are, and four tiles.
 */

static void
title(struct out *out)
{
	char	text[BYTES];

	out_format(out, "<header><h1>sockproxy</h1><p>version " VERSION
	    ", up %s, generation %u, %u relay%s</p></header>\n",
	    text_span(text, sizeof(text), status_uptime()),
	    (unsigned)board_generation(), status_relays(),
	    status_relays() == 1 ? "" : "s");
}

static void
tile_bytes(struct out *out, const char *name, uint64_t rate, uint64_t all,
    enum series series)
{
	char	second[BYTES], total[BYTES], most[BYTES], text[96];

	out_format(out, "<div class=tile><span>%s</span><b>%s/s</b>"
	    "<span>%s in all</span>", name,
	    text_bytes(second, sizeof(second), rate),
	    text_bytes(total, sizeof(total), all));
	(void)text_format(text, sizeof(text), "%s, at most %s/s", name,
	    text_bytes(most, sizeof(most),
	    highest(HISTORY_ALL, series) * 1000 / HISTORY_MS));
	drawing(out, HISTORY_ALL, series, SERIES, text);
	out_string(out, "</div>\n");
}

static void
tile_sessions(struct out *out, const struct stat_global *g)
{
	char	text[64];

	out_format(out, "<div class=tile><span>sessions now</span><b>%llu</b>"
	    "<span>of %llu possible</span>", (unsigned long long)g->active,
	    (unsigned long long)status_sessions_max());
	(void)text_format(text, sizeof(text), "sessions, at most %llu",
	    (unsigned long long)highest(HISTORY_ALL, LOAD));
	drawing(out, HISTORY_ALL, LOAD, SERIES, text);
	out_string(out, "</div>\n");
}

static void
tile_starts(struct out *out, const struct stat_global *g,
    const struct history_rate *rate)
{
	out_string(out, "<div class=tile><span>new sessions</span><b>");
	out_decimal(out, rate->millisessions / 100, 1);
	out_format(out, "/s</b><span>%llu accepted, %llu refused</span>",
	    (unsigned long long)g->accepted, (unsigned long long)g->refused);
	drawing(out, HISTORY_ALL, STARTS, SERIES, "new sessions");
	out_string(out, "</div>\n");
}

static void
tiles(struct out *out)
{
	struct stat_global	g;
	struct history_rate	rate;

	stat_sum_global(&g);
	history_rate(HISTORY_ALL, &rate);
	out_string(out, "<div class=tiles>\n");
	tile_sessions(out, &g);
	tile_starts(out, &g, &rate);
	tile_bytes(out, "from clients", rate.bytes[0], g.bytes[0],
	    CLIENT_BYTES);
	tile_bytes(out, "from backends", rate.bytes[1], g.bytes[1],
	    BACKEND_BYTES);
	out_string(out, "</div>\n");
}

/*
 * Tables.
 */

static const char *
state_class(enum status_state state)
{
	switch (state) {
	case STATUS_UP:
		return "good";
	case STATUS_PARTLY:
	case STATUS_DRAIN:
	case STATUS_DISABLED:
		return "warn";
	default:
		return "bad";
	}
}

static void
cell_number(struct out *out, uint64_t n)
{
	out_format(out, "<td class=n>%llu", (unsigned long long)n);
}

static void
cell_bytes(struct out *out, uint64_t n, const char *unit)
{
	char	text[BYTES];

	out_format(out, "<td class=n>%s%s", text_bytes(text, sizeof(text), n),
	    unit);
}

/* Two lines, the second small. */
static void
cell_names(struct out *out, const char *name, const char *more)
{
	out_string(out, "<td>");
	out_html(out, name);
	out_string(out, "<small>");
	out_html(out, more);
	out_string(out, "</small>");
}

static void
backend_row(struct out *out, unsigned i)
{
	struct status_backend	b;
	uint64_t		failed;

	status_backend(i, &b);
	failed = b.count.died + b.count.timeouts + b.count.overloaded;
	out_string(out, "<tr>");
	cell_names(out, b.label, b.addr);
	out_format(out, "<td><i class=%s>%s</i>", state_class(b.state),
	    status_word(b.state));
	cell_number(out, b.count.load);
	out_string(out, "<td class=n>");
	out_decimal(out, b.rate.millisessions / 100, 1);
	out_string(out, "/s");
	cell_bytes(out, b.rate.bytes[0], "/s");
	cell_bytes(out, b.rate.bytes[1], "/s");
	cell_bytes(out, b.count.bytes[0] + b.count.bytes[1], "");
	cell_number(out, b.count.connected);
	cell_number(out, failed);
	out_string(out, "<td class=n>");
	if (b.count.connected == 0)
		out_string(out, "-");
	else
		out_format(out, "%llu ms", (unsigned long long)
		    (b.count.connect_ms / b.count.connected));
	out_string(out, "<td>");
	drawing(out, (int)i, CLIENT_BYTES, BACKEND_BYTES,
	    "bytes from clients and from the backend");
	out_string(out, "</tr>\n");
}

static void
listener_row(struct out *out, unsigned i)
{
	struct status_listener	l;

	status_listener(i, &l);
	out_string(out, "<tr>");
	cell_names(out, l.name, l.addr);
	out_format(out, "<td><i class=%s</i>", l.count.paused != 0 ?
	    "warn>paused" : "good>open");
	cell_number(out, l.count.active);
	cell_number(out, l.count.accepted);
	cell_number(out, l.count.refused);
	cell_bytes(out, l.count.bytes[0], "");
	cell_bytes(out, l.count.bytes[1], "");
	out_string(out, "</tr>\n");
}

static void
reasons_heading(struct out *out)
{
	char	text[BYTES];

	out_format(out, "<section><h2>Why sessions ended</h2><table><thead><tr>"
	    "<th>reason<th class=n>last %s<th class=n>since the start"
	    "<th style=\"width:30%%\"></thead>\n",
	    text_span(text, sizeof(text), history_span()));
}

static void
reason_row(struct out *out, enum reason reason)
{
	struct stat_global	g;
	uint64_t		all = 0, percent;
	unsigned		r;

	stat_sum_global(&g);
	if (g.ended[reason] == 0)
		return;
	for (r = 0; r < REASONS; r++)
		all += g.ended[r];
	percent = g.ended[reason] * 100 / all;
	out_string(out, "<tr>");
	cell_names(out, reason_text(reason), reason_key(reason));
	cell_number(out, history_ended(reason));
	cell_number(out, g.ended[reason]);
	out_format(out, "<td><div class=bar style=\"width:%u%%\"></div></tr>\n",
	    (unsigned)percent);
}

static void
rest(struct out *out, unsigned n)
{
	if (n > PAGE_ROWS)
		out_format(out, "<tr><td colspan=11>and %u more, in "
		    "<a href=status.json>status.json</a></tr>\n",
		    n - PAGE_ROWS);
	out_string(out, "</table></section>\n");
}

/*
 * The pieces.
 */

static void
fixed(struct out *out, enum part part)
{
	switch (part) {
	case PART_TOP:
		out_string(out, "<!DOCTYPE html>\n<html lang=en><head>"
		    "<meta charset=utf-8><title>sockproxy</title>"
		    "<meta name=viewport content=\"width=device-width\">"
		    "<meta http-equiv=refresh content=5><link rel=icon "
		    "href=\"data:,\"><style>");
		break;
	case PART_STYLE:
		out_string(out, style);
		out_string(out, "</style></head>\n<body><main>\n");
		break;
	case PART_TITLE:
		title(out);
		break;
	case PART_TILES:
		tiles(out);
		break;
	case PART_BACKENDS:
		out_string(out, "<section><h2>Backends</h2><table><thead><tr>"
		    "<th>backend<th>state<th class=n>load<th class=n>new"
		    "<th class=n><span class=ka>from clients</span>"
		    "<th class=n><span class=kb>from backend</span>"
		    "<th class=n>in all<th class=n>connected"
		    "<th class=n>failed<th class=n>connect"
		    "<th>last ten minutes</thead>\n");
		break;
	case PART_LISTENERS:
		out_string(out, "<section><h2>Listeners</h2><table><thead><tr>"
		    "<th>listener<th>state<th class=n>active"
		    "<th class=n>accepted<th class=n>refused"
		    "<th class=n>from clients<th class=n>from backends"
		    "</thead>\n");
		break;
	case PART_REASONS:
		reasons_heading(out);
		break;
	default:
		out_string(out, "<p>The same for programs: "
		    "<a href=metrics>metrics</a> for Prometheus, "
		    "<a href=status.json>status.json</a>, "
		    "<a href=server-statistics>server-statistics</a> as "
		    "lighttpd has it. This page is made anew every five "
		    "seconds.</p>\n</main></body></html>\n");
	}
}

/*
 * One row, or the end of a table with n of them.
 */
static bool
row(struct view *v, struct out *out, unsigned n)
{
	unsigned	i = v->i++;

	if (i >= n || i >= PAGE_ROWS) {
		rest(out, n);
		v->i = 0;
		return false;
	}
	if (v->part == PART_BACKEND_ROWS)
		backend_row(out, i);
	else if (v->part == PART_LISTENER_ROWS)
		listener_row(out, i);
	else
		reason_row(out, REASON_NONE + 1 + i);
	return true;
}

void
page_piece(struct view *v, struct out *out)
{
	unsigned	n;

	switch (v->part) {
	case PART_BACKEND_ROWS:
		n = status_setup()->nbackends;
		break;
	case PART_LISTENER_ROWS:
		n = status_setup()->nlisteners;
		break;
	case PART_REASON_ROWS:
		n = REASONS - REASON_NONE - 1;
		break;
	case PART_OVER:
		v->over = true;
		return;
	default:
		fixed(out, v->part++);
		return;
	}
	if (!row(v, out, n))
		v->part++;
}

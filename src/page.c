/*
 * page.c - the page that a person looks at.
 *
 * One file, no scripts, nothing from elsewhere.  Its colours lie half transparent
 * over the reader's own, light or dark.  The last minutes are drawn as SVG from the
 * history's points, one unit of the drawing's width for each.
 */
#include "text.h"
#include "view.h"

#define AT(member)	STATUS_AT(member)
#define WHAT		VIEW_WHAT

enum { HEIGHT = 32 };		/* of a drawing, in its units */

/* What is drawn; BOTH are those of bytes. */
enum page_drawing { NOTHING, LOAD, STARTS, CLIENT_BYTES, BACKEND_BYTES, BOTH };

static uint64_t
value(int backend, unsigned i, enum page_drawing series)
{
	const struct history_point	p = history_point(backend, i);

	switch (series) {
	case LOAD:
		return p.load;
	case STARTS:
		return p.sessions;
	default:
		return p.bytes[series == BACKEND_BYTES];
	}
}

/* An area over the newest points, which stand at the right edge. */
static void
draw(struct out *out, int backend, enum page_drawing series, uint64_t most)
{
	unsigned	i, n = history_points(), x = HISTORY_POINTS - n;
	uint64_t	v;

	if (n < 2)
		return;
	out_format(out, "<path class=%c d=\"M%u %d",
	    series == BACKEND_BYTES ? 'b' : 'a', x, HEIGHT);
	for (i = 0; i < n; i++) {
		v = value(backend, i, series);
		v = most == 0 ? 0 : v * (HEIGHT - 2) / most;
		out_format(out, "L%u %u", x + i, (unsigned)(HEIGHT - 1 - v));
	}
	out_format(out, "V%dZ\"/>", HEIGHT);
}

void
page_draw(struct out *out, unsigned drawing, int backend)
{
	/* what is said of the highest point, from LOAD on */
	static const char	*const forms = "%n\0%n in 5 s\0%b/s\0%b/s";
	static const uint8_t	at[] = { 0 };
	enum page_drawing	first = drawing, last = drawing, series;
	uint64_t		most = 0, v;
	unsigned		i;

	if (drawing == BOTH) {
		first = CLIENT_BYTES;
		last = BACKEND_BYTES;
	}
	for (series = first; series <= last; series++)
		for (i = 0; i < history_points(); i++)
			if ((v = value(backend, i, series)) > most)
				most = v;
	v = first < CLIENT_BYTES ? most : most * 1000 / HISTORY_MS;
	out_format(out, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=none>"
	    "<title>at most ", HISTORY_POINTS - 1, HEIGHT);
	out_form(out, text_nth(forms, first - LOAD), at, &v);
	out_string(out, "</title>");
	for (series = first; series <= last; series++)
		draw(out, backend, series, most);
	out_string(out, "</svg>\n");
}

static const struct view_piece pieces[] = {
	{ "<!DOCTYPE html>\n<html lang=en><meta charset=utf-8>"
	    "<title>sockproxy</title>"
	    "<meta name=viewport content=\"width=device-width\">"
	    "<meta http-equiv=refresh content=5>"
	    "<link rel=icon href=\"data:,\"><style>"
	    ":root{color-scheme:light dark}"
	    "body{max-width:1180px;margin:0 auto;padding:1rem;"
	    "font:15px/1.45 system-ui,sans-serif;"
	    "font-variant-numeric:tabular-nums}"
	    "h1{font-size:1.45rem;margin:0}"
	    "h2{font-size:1rem;margin:.7rem .6rem}"
	    "p,small,th{opacity:.7}"
	    "main{display:grid;gap:0 .8rem;"
	    "grid-template-columns:repeat(auto-fit,minmax(215px,1fr))}"
	    "div,section{background:#8881;border:1px solid #8883;"
	    "border-radius:10px;margin-top:.8rem;overflow:auto}"
	    "div{padding:.7rem 1rem 0}"
	    "b{display:block;font-size:1.5rem}"
	    "svg{display:block;width:150px;height:30px;margin-left:auto}"
	    "div svg{width:calc(100%% + 2rem);margin:.4rem -1rem 0}"
	    "table{width:100%%;border-collapse:collapse}"
	    "th,td{padding:.4rem .6rem;border-top:1px solid #8883;"
	    "text-align:right;white-space:nowrap}"
	    "th{font-size:.8rem;font-weight:500}"
	    ":first-child{text-align:left}"
	    "td small{display:block;white-space:normal;overflow-wrap:anywhere}"
	    "i{font-style:normal;font-size:.8rem;padding:.1rem .5rem;"
	    "border-radius:9px}"
	    ".good{background:#2a76}.warn{background:#da06}"
	    ".bad{background:#e446}"
	    "hr{height:.5rem;min-width:2px;margin:0;border:0;border-radius:3px;"
	    "background:#48d}"
	    ".a{color:#48d}.b{color:#2a7}"
	    "path{fill:currentColor;fill-opacity:.16;stroke:currentColor;"
	    "stroke-width:1.5;vector-effect:non-scaling-stroke}"
	    "</style>\n"
	    "<h1>sockproxy</h1><p>version " VERSION ", up %t, generation %n, "
	    "relays %n</p><main>\n<div><small>sessions now</small><b>",
	    WHAT(STATUS_ALL, AT(all.uptime_ms), AT(all.generation),
	    AT(all.relays)) },
	{ "%n</b><small>of %n possible</small>",
	    WHAT(STATUS_ALL | VIEW_DRAWN(LOAD), AT(all.count.active),
	    AT(all.sessions_max)) },
	{ "</div><div><small>new sessions</small><b>%d/s</b>"
	    "<small>%n accepted, %n refused</small>",
	    WHAT(STATUS_ALL | VIEW_DRAWN(STARTS), AT(all.rate.millisessions),
	    AT(all.count.accepted), AT(all.count.refused)) },
	{ "</div><div><small>from clients</small><b>%b/s</b>"
	    "<small>%b in all</small>",
	    WHAT(STATUS_ALL | VIEW_DRAWN(CLIENT_BYTES), AT(all.rate.bytes[0]),
	    AT(all.count.bytes[0])) },
	{ "</div><div><small>from backends</small><b>%b/s</b>"
	    "<small>%b in all</small>",
	    WHAT(STATUS_ALL | VIEW_DRAWN(BACKEND_BYTES), AT(all.rate.bytes[1]),
	    AT(all.count.bytes[1])) },
	{ "</div></main><section><h2>Backends</h2><table><tr>"
	    "<th>backend<th>load<th>new<th class=a>from clients"
	    "<th class=b>from backend<th>in all<th>connected<th>failed"
	    "<th>connect<th>last ten minutes\n", WHAT(STATUS_ALL) },
	{ "<tr><td>%h <i class=%s>%s</i><small>%h</small><td>%n<td>%d/s"
	    "<td>%b/s<td>%b/s<td>%b<td>%n<td>%n<td>%p<td>",
	    WHAT(STATUS_BACKEND | VIEW_DRAWN(BOTH), AT(backend.label),
	    AT(backend.mood), AT(backend.state), AT(backend.addr),
	    AT(backend.count.load), AT(backend.rate.millisessions),
	    AT(backend.rate.bytes[0]), AT(backend.rate.bytes[1]),
	    AT(backend.all_bytes), AT(backend.count.connected),
	    AT(backend.failed), AT(backend.mean)) },
	{ "</table></section><section><h2>Listeners</h2><table><tr>"
	    "<th>listener<th>active<th>accepted<th>refused<th>from clients"
	    "<th>from backends\n", WHAT(STATUS_ALL) },
	{ "<tr><td>%h <i class=%s>%s</i><small>%h</small><td>%n<td>%n<td>%n"
	    "<td>%b<td>%b\n",
	    WHAT(STATUS_LISTENER, AT(listener.name), AT(listener.mood),
	    AT(listener.state), AT(listener.addr), AT(listener.count.active),
	    AT(listener.count.accepted), AT(listener.count.refused),
	    AT(listener.count.bytes[0]), AT(listener.count.bytes[1])) },
	{ "</table></section><section><h2>Why sessions ended</h2><table><tr>"
	    "<th>reason<th>last %t<th>since the start"
	    "<th style=\"width:30%%\">\n", WHAT(STATUS_ALL, AT(all.span_ms)) },
	{ "<tr><td>%h<small>%h</small><td>%n<td>%n"
	    "<td><hr style=\"width:%n%%\">\n",
	    WHAT(STATUS_REASON | VIEW_ENDED, AT(reason.text), AT(reason.key),
	    AT(reason.recent), AT(reason.count), AT(reason.percent)) },
	{ "</table></section><p>The same for programs: "
	    "<a href=metrics>metrics</a> for Prometheus, "
	    "<a href=status.json>status.json</a>, "
	    "<a href=server-statistics>server-statistics</a> as lighttpd has "
	    "it. This page is made anew every five seconds.</p>\n",
	    WHAT(STATUS_ALL | VIEW_LAST) }
};

const struct view_piece *
page_pieces(void)
{
	return pieces;
}

# report_html.awk - the report as one page, complete in itself.
#
# First where we stand: one line for each row that compares, on a common scale.
# Then each row with a bar for each program, the spread and the rounds.

function esc(x) {
	gsub(/&/, "\\&amp;", x)
	gsub(/</, "\\&lt;", x)
	gsub(/>/, "\\&gt;", x)
	return x
}

function unit_html(x) {
	gsub(/-us/, "-\302\265s", x)
	gsub(/ us/, " \302\265s", x)
	sub(/^us$/, "\302\265s", x)
	return esc(x)
}

function style(file) {
	print "<style>" > file
	print ":root{--bg:#fff;--fg:#1d2126;--soft:#5c6670;--line:#d5dae0;" \
	    "--own:#1769aa;--peer:#b9c2cc;--best:#6d7884;--bad:#b3261e;" \
	    "--good:#1b7a3d;--goal:#b35c00;--badbg:#fdecea}\n" \
	    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e8ec;" \
	    "--soft:#9aa5b1;--line:#343b42;--own:#4ea3e6;--peer:#4b5661;" \
	    "--best:#8f9caa;--bad:#ff8a80;--good:#6fd08c;--goal:#ffb25c;" \
	    "--badbg:#3a1f1d}}" > file
	print "body{background:var(--bg);color:var(--fg);" \
	    "font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;" \
	    "padding:0 1rem}h1{margin-bottom:0}h2{margin:2.4rem 0 .4rem;" \
	    "border-bottom:1px solid var(--line)}h3{margin:1.2rem 0 .2rem;" \
	    "font-size:1rem}p,summary{color:var(--soft);margin:.2rem 0}\n" \
	    "table{border-collapse:collapse;font-size:.9rem;margin:.6rem 0;" \
	    "display:block;overflow-x:auto}" \
	    "td,th{padding:.15rem .8rem .15rem .3rem;text-align:left;" \
	    "border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}" \
	    "tr.lost{background:var(--badbg)}\n" \
	    "svg{width:100%;height:auto;display:block}" \
	    "svg text{font:13px system-ui,sans-serif;fill:var(--fg)}" \
	    "svg .value,svg .bad,svg .good{paint-order:stroke;" \
	    "stroke:var(--bg);stroke-width:4px}rect{stroke:none!important}" \
	    "svg .name{text-anchor:end}svg .own{font-weight:700}" \
	    "svg .value,svg .scale{fill:var(--soft)}svg .scale{font-size:11px;" \
	    "text-anchor:middle}svg text.bad{fill:var(--bad)}" \
	    "svg text.good{fill:var(--good)}svg text.aim{fill:var(--goal);" \
	    "font-size:11px}\n" \
	    "rect.own{fill:var(--own)}rect.peer{fill:var(--peer)}" \
	    "rect.best{fill:var(--best)}rect.good{fill:var(--good)}" \
	    "rect.bad{fill:var(--bad)}rect.none{fill:var(--own)}" \
	    "rect.lost{fill:var(--badbg)}" \
	    ".spread{stroke:var(--fg);stroke-width:1}" \
	    ".grid{stroke:var(--line)}.one{stroke:var(--soft);stroke-width:1.5}" \
	    "circle{fill:var(--fg)}" \
	    ".goal{stroke:var(--goal);stroke-width:2;stroke-dasharray:5 3}" \
	    ".tick{stroke:var(--goal);stroke-width:3}" \
	    ".bad{color:var(--bad)}.good{color:var(--good)}" \
	    ".badge{font-size:.8rem;font-weight:600;border:1px solid;" \
	    "border-radius:.6rem;padding:0 .5rem;margin-left:.6rem}" \
	    "</style></head><body>" > file
}

# ---- where we stand ----------------------------------------------------------

# The ratio that is good when small: against the best peer, or against the goal.
function standing(i, own,    x) {
	if (row_goal[i] == "own") {
		x = median(row_scenario[i], own, row_metric[i])
		return x == "" ? "" : x * row_scale[i] / row_limit[i]
	}
	x = row_ratio(i, own)
	if (x == "" || x == 0)
		return ""
	return row_best[i] == "more" ? 1 / x : x
}

# Place of a ratio: 0.25 to 4 on a scale of doublings.
function place(x) {
	if (x < 0.25)
		x = 0.25
	if (x > 4)
		x = 4
	return 520 + 130 * log(x) / log(2) / 2
}

function overview_axis(top, file,    x, label) {
	for (x = 0.25; x <= 4; x *= 2) {
		printf("<line class='%s' x1='%.1f' x2='%.1f' y1='18' y2='%d'/>", \
		    x == 1 ? "one" : "grid", place(x), place(x), top) > file
		label = x == 1 ? "1" : x < 1 ? "1/" 1 / x : x ""
		printf("<text class='scale' x='%.1f' y='12'>%s</text>\n", \
		    place(x), label) > file
	}
}

function overview_line(i, own, y, file,    x, v, text, left) {
	v = verdict(i, own)
	if (v == "missed")
		printf("<rect class='lost' x='0' y='%d' width='900' height='22'/>", \
		    y) > file
	printf("<text class='name' x='376' y='%d'>%s</text>", y + 16, \
	    esc(row_title[i])) > file
	if (failed[row_scenario[i], own]) {
		printf("<text class='bad' x='390' y='%d'>failed: %s</text>\n", \
		    y + 16, esc(reason[row_scenario[i], own])) > file
		return
	}
	x = standing(i, own)
	left = place(x < 1 ? x : 1)
	printf("<rect class='%s' x='%.1f' width='%.1f' y='%d' height='10'/>", \
	    v == "" ? "none" : v == "met" ? "good" : "bad", left, \
	    place(x < 1 ? 1 : x) - left + 1, y + 6) > file
	if (row_goal[i] == "peer")
		printf("<line class='tick' x1='%.1f' x2='%.1f' y1='%d' y2='%d'/>", \
		    place(row_limit[i]), place(row_limit[i]), y + 2, y + 20) > file
	if (row_goal[i] == "own")
		text = show(median(row_scenario[i], own, row_metric[i]) * \
		    row_scale[i]) " of " row_limit[i] " " row_unit[i]
	else
		text = sprintf("%.2f x ", row_ratio(i, own)) best_peer(i)
	if (row_goal[i] == "peer")
		text = text ", goal " row_limit[i]
	printf("<text class='%s' x='668' y='%d'>%s</text>\n", \
	    v == "missed" ? "bad" : v == "met" ? "good" : "value", y + 16, \
	    unit_html(text)) > file
}

function overview(own, file,    i, n, met, missed) {
	n = 0
	for (i = 1; i <= rows; i++) {
		if (standing(i, own) == "" && !(failed[row_scenario[i], own] && \
		    row_goal[i] != ""))
			continue
		shown[++n] = i
		met += verdict(i, own) == "met"
		missed += verdict(i, own) == "missed"
	}
	printf("<h2>Where %s stands</h2>\n<p>%d goals met, " \
	    "<span class='bad'>%d missed</span>. ", esc(own), met, missed) > file
	print "A bar begins at the best peer (or, for a goal in numbers of its own, " \
	    "at the goal) and reaches to the program: to the left is less CPU, " \
	    "time or memory, or more throughput. The orange mark is a goal that is " \
	    "a share of the best peer. Red rows miss their goal, blue ones have " \
	    "none.</p>" > file
	printf("<svg viewBox='0 0 900 %d' role='img' aria-label='ratios'>\n", \
	    n * 22 + 26) > file
	for (i = 1; i <= n; i++)
		overview_line(shown[i], own, 20 + (i - 1) * 22, file)
	overview_axis(20 + n * 22, file)
	print "</svg>" > file
}

# ---- one row -----------------------------------------------------------------

# The programs of row i that are shown, into lines[]; returns how many.
function plot_lines(i,    k, n, p) {
	n = 0
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if (!has[row_scenario[i], p] || \
		    ((row_scenario[i], p) in cannot && row_metric[i] != "cpu") || \
		    (kind[p] == "direct" && row_metric[i] != "rate" && \
		    row_metric[i] != "p50"))
			continue
		lines[++n] = p
	}
	return n
}

# The goal in the row's own measure, or "".
function plot_limit(i,    best) {
	if (row_goal[i] == "own")
		return row_limit[i] / row_scale[i]
	best = best_peer(i)
	if (row_goal[i] == "peer" && best != "")
		return row_limit[i] * median(row_scenario[i], best, row_metric[i])
	return ""
}

# The end of the scale.  A program that is off by far is cut off, so that the
# others can be told apart.
function plot_most(i, nlines, limit,    k, n, x, most, second) {
	most = second = 0
	for (k = 1; k <= nlines; k++) {
		n = collect(row_scenario[i], lines[k], row_metric[i])
		x = n > 0 ? sorted[n] : 0
		if (x > most) {
			second = most
			most = x
		} else if (x > second)
			second = x
	}
	if (second > 0 && most > 4 * second)
		most = 1.5 * second
	if (limit != "" && limit > most && limit < 3 * most)
		most = limit
	return most > 0 ? most : 1
}

function plot_label(i, p,    x, text) {
	text = show(median(row_scenario[i], p, row_metric[i]) * row_scale[i])
	if ((x = row_ratio(i, p)) != "" && p != best_peer(i))
		text = text sprintf("  = %.2f x", x)
	if (p == best_peer(i))
		text = text "  (best peer)"
	if (row_metric[i] == "cpu" && median(row_scenario[i], p, "workers") > 1)
		text = text ", " median(row_scenario[i], p, "workers") " processes"
	if (failed[row_scenario[i], p])
		text = text ", failed " failed[row_scenario[i], p] " times"
	return esc(text)
}

# (Everything that asks for other medians comes before collect.)
function plot_bar(i, p, y, most, w, file,    s, n, j, x, off, bar, say, label) {
	s = row_scenario[i]
	bar = p == best_peer(i) ? "best" : kind[p] == "own" ? "own" : "peer"
	say = verdict(i, p) == "missed" ? "bad" : \
	    verdict(i, p) == "met" ? "good" : "value"
	label = plot_label(i, p)
	printf("<text x='132' y='%d' class='name%s'>%s</text>\n", \
	    y + 16, kind[p] == "own" ? " own" : "", esc(p)) > file
	n = collect(s, p, row_metric[i])
	if (n == 0) {
		printf("<text x='146' y='%d' class='%s'>%s</text>\n", y + 16, \
		    failed[s, p] ? "bad" : "value", \
		    absence(s, p) == "" ? "-" : esc(absence(s, p))) > file
		return
	}
	x = middle(n)
	off = x > most
	printf("<rect x='140' y='%d' width='%.1f' height='16' rx='2' class='%s'/>", \
	    y + 3, (off ? most : x > 0 ? x : 0) * w, bar) > file
	if (off)
		printf("<text x='%.1f' y='%d' class='value'>\302\273</text>", \
		    144 + most * w, y + 16) > file
	else if (n > 1)
		printf("<line x1='%.1f' x2='%.1f' y1='%d' y2='%d' " \
		    "class='spread'/>", spot(sorted[1], most, w), \
		    spot(sorted[n], most, w), y + 11, y + 11) > file
	for (j = 1; j <= n && !off; j++)
		printf("<circle cx='%.1f' cy='%d' r='2.2'/>", \
		    spot(sorted[j], most, w), y + 11) > file
	x = off ? 160 + most * w : spot(sorted[n], most, w) + 8
	print "" > file
	labels = labels sprintf("<text x='%.1f' y='%d' class='%s'>%s</text>\n", \
	    x, y + 16, say, label)
}

function spot(x, most, w) {
	return 140 + (x < 0 ? 0 : x > most ? most : x) * w
}

function plot(i, file,    n, k, limit, most, w) {
	n = plot_lines(i)
	limit = plot_limit(i)
	most = plot_most(i, n, limit)
	w = 440 / most
	printf("<svg viewBox='0 0 900 %d' role='img' aria-label='%s'>\n", \
	    n * 24 + 20, esc(row_title[i])) > file
	labels = ""			# they come last, over the goal's line
	for (k = 1; k <= n; k++)
		plot_bar(i, lines[k], 14 + (k - 1) * 24, most, w, file)
	if (limit != "" && limit <= most)
		printf("<line x1='%.1f' x2='%.1f' y1='12' y2='%d' class='goal'/>" \
		    "<text class='aim' x='%.1f' y='10'>goal %s</text>\n", \
		    140 + limit * w, 140 + limit * w, n * 24 + 16, \
		    140 + limit * w - 14, show(limit * row_scale[i])) > file
	print labels "</svg>" > file
}

function badges(i, file,    k, p, v) {
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if ((v = verdict(i, p)) != "")
			printf("<span class='badge %s'>%s: %s</span>", \
			    v == "met" ? "good" : "bad", esc(p), v) > file
	}
}

# ---- the tables --------------------------------------------------------------

function times_table(s, file,    k, p, any_p50) {
	any_p50 = 0
	for (k = 1; k <= nprograms; k++)
		if (median(s, programs[k], "p50") != "")
			any_p50 = 1
	print "<table><tr><th>program<th>" scenario_rate[s] " a second" \
	    (any_p50 ? "<th>p50 \302\265s<th>p99 \302\265s" : "") \
	    "<th>PSS KiB<th>load of its core<th>others" > file
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if (!has[s, p] || median(s, p, "rate") == "")
			continue
		printf("<tr><td>%s<td>%s", esc(p), show(median(s, p, "rate"))) > file
		if (any_p50)
			printf("<td>%s<td>%s", show(median(s, p, "p50")), \
			    show(median(s, p, "p99"))) > file
		printf("<td>%s<td>%.0f %%<td>%.0f %%\n", \
		    kind[p] == "direct" ? "-" : show(median(s, p, "pss")), \
		    100 * median(s, p, "load"), 100 * median(s, p, "noise")) > file
	}
	print "</table>" > file
}

function failures(s, file,    k, p) {
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if (failed[s, p])
			printf("<p class='bad'>%s %s</p>\n", esc(p), \
			    esc(absence(s, p))) > file
	}
}

function summary(file,    i, k, p, s, best, x, v, count) {
	print "<h2>Against the goals</h2>\n<table><tr><th>row<th>program<th>value" \
	    "<th>best peer<th>ratio<th>goal<th>" > file
	for (i = 1; i <= rows; i++)
		for (k = 1; k <= nprograms; k++) {
			p = programs[k]
			s = row_scenario[i]
			if ((v = verdict(i, p)) == "")
				continue
			count++
			best = best_peer(i)
			x = row_ratio(i, p)
			printf("<tr%s><td>%s<td>%s<td>%s %s<td>%s<td>%s<td>%s" \
			    "<td class='%s'>%s\n", \
			    v == "missed" ? " class='lost'" : "", \
			    esc(row_title[i]), esc(p), failed[s, p] ? "failed" : \
			    show(median(s, p, row_metric[i]) * row_scale[i]), \
			    unit_html(row_unit[i]), best == "" ? "-" : esc(best) " " \
			    show(median(s, best, row_metric[i]) * row_scale[i]), \
			    x == "" ? "-" : sprintf("%.2f", x), \
			    unit_html(goal_text(i)), \
			    v == "met" ? "good" : "bad", v) > file
		}
	if (count == 0)
		print "<tr><td colspan='7'>no program of ours was measured" > file
	print "</table>" > file
}

function html_head(file) {
	print "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>" \
	    "<meta name='viewport' content='width=device-width'>" \
	    "<title>sockproxy: benchmark</title>" > file
	style(file)
	print "<h1>sockproxy and its peers</h1>" > file
	printf("<p>%s</p>\n", esc(meta_line())) > file
	if (noisy > 0)
		printf("<p class='bad'>%s</p>\n", esc(noise_line())) > file
	print "<p>CPU is that of all processes of a program, on a core of its own; " \
	    "client and backend share the other one and check every byte. Numbers " \
	    "are medians of the rounds, ratios are medians of the ratios within " \
	    "the rounds.</p>" > file
}

function write_html(file,    i, k, s, last) {
	html_head(file)
	if (own_program() != "")
		overview(own_program(), file)
	print "<h2>Each scenario</h2><p>Bars are medians, lines reach from the " \
	    "least to the most, dots are the rounds. The dark grey bar is the best " \
	    "peer, the dashed line the goal. A bar that ends in \302\273 is cut " \
	    "off.</p>" > file
	last = ""
	for (i = 1; i <= rows; i++) {
		if (!any(i))
			continue
		s = row_scenario[i]
		printf("<h3>%s, %s", esc(row_title[i]), \
		    unit_html(row_unit[i])) > file
		badges(i, file)
		print "</h3>" > file
		plot(i, file)
		if (row_metric[i] == "cpu") {
			print "<details><summary>throughput, times, memory" \
			    "</summary>" > file
			times_table(s, file)
			failures(s, file)
			print "</details>" > file
		}
	}
	summary(file)
	print "<h2>Programs</h2><table>" > file
	for (k = 1; k <= nprograms; k++)
		printf("<tr><td>%s<td>%s\n", esc(programs[k]), \
		    esc(versions[programs[k]])) > file
	print "</table></body></html>" > file
	close(file)
}

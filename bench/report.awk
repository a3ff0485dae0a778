# report.awk - from the numbers of run.sh to a table, JSON, Markdown and HTML.
#
# awk -v json=FILE -v html=FILE -v markdown=FILE -f report.awk meta.txt raw.txt
#
# A row of the report is one number of one scenario.  Values are medians over
# the rounds.  A ratio is the median of the ratios within the rounds, against
# the peer with the best median: the machine's mood is the same for both.

# ---- what the rows are -------------------------------------------------------

# Row: scenario, metric, factor to the unit shown, title, unit, and the goal:
# "peer" at most so many times the best peer, "own" the number itself, or none.
function row(scenario, metric, scale, title, unit, goal, limit) {
	rows++
	row_scenario[rows] = scenario
	row_metric[rows] = metric
	row_scale[rows] = scale
	row_title[rows] = title
	row_unit[rows] = unit
	row_goal[rows] = goal
	row_limit[rows] = limit
}

BEGIN {
	row("bulk-up", "cpu", 1e-6, "bulk, 1 stream to the backend", "CPU-s/GiB", "peer", 0.7)
	row("bulk-down", "cpu", 1e-6, "bulk, 1 stream to the client", "CPU-s/GiB", "peer", 0.7)
	row("bulk-both", "cpu", 1e-6, "bulk, both ways at once", "CPU-s/GiB", "peer", 0.9)
	row("bulk-16", "cpu", 1e-6, "bulk, 16 streams, 8 each way", "CPU-s/GiB", "peer", 0.7)
	row("ping-1", "cpu", 1, "64 B ping-pong, 1 connection", "CPU-us/round trip", "peer", 1)
	row("ping-100", "cpu", 1, "64 B ping-pong, 100 connections", "CPU-us/round trip", "peer", 0.95)
	row("ping-1000", "cpu", 1, "64 B ping-pong, 1,000 connections", "CPU-us/round trip", "peer", 0.95)
	row("objects", "cpu", 1, "objects of 1 MiB, one asked for after the other", "CPU-us/object", "", 0)
	row("objects", "p50", 1, "objects of 1 MiB, from request to last byte", "us", "", 0)
	row("paced", "cpu", 1, "paced: 5,000 round trips/s over 100 connections", "CPU-us/round trip", "peer", 0.95)
	row("churn", "cpu", 1, "connect, 1 request, close; 16 at once", "CPU-us/connection", "peer", 0.9)
	row("churn-1", "cpu", 1, "connect, 1 request, close; 1 at once", "CPU-us/connection", "peer", 0.9)
	row("idle", "cpu", 1, "100 active among 10,000 idle", "CPU-us/round trip", "", 0)
	row("idle", "among", 1, "100 active among 10,000 idle, against none idle", "times", "own", 1.05)
	row("idle", "session_bytes", 1, "user memory of an idle session", "bytes", "own", 256)
	row("scale", "cpu", 1, "1,000 active among 50,000 idle, 50 stalled", "CPU-us/round trip", "", 0)
	row("scale", "among", 1, "1,000 active among 50,000 idle, against none idle", "times", "own", 1.05)
	row("scale", "open_cpu", 1, "opening 50,000 sessions", "CPU-us/session", "", 0)
	row("scale", "idle_cpu", 1, "a second of nothing with 50,000 sessions", "CPU-us", "", 0)
	row("scale", "session_bytes", 1, "user memory of an idle session", "bytes", "own", 256)
	row("start-1", "ms", 1, "start until it answers, 1 listener", "ms", "own", 2)
	row("start-500", "ms", 1, "start until the last of 500 listeners answers", "ms", "own", 20)
	row("start-1", "start_cpu", 1, "CPU of a start, 1 listener", "CPU-ms", "", 0)
	row("start-500", "start_cpu", 1, "CPU of a start, 500 listeners", "CPU-ms", "", 0)
	row("start-1", "pss", 1, "resident at start, all processes", "KiB PSS", "own", 400)
	row("binary", "size", 0.0009765625, "the program's file", "KiB", "own", 128)
}

# ---- reading -----------------------------------------------------------------

FNR == 1 { file++ }

file == 1 && $1 == "program" {
	kind[$2] = $3
	version = $0
	sub(/^program [^ ]* [^ ]* ?/, "", version)
	versions[$2] = version
	programs[++nprograms] = $2
	next
}

file == 1 && $1 == "binary" {
	binary_kind = $3
	sub(/kind=/, "", binary_kind)
	sub(/size=/, "", $2)
	value["binary", "sockproxy", "size", 1] = $2 + 0
	has["binary", "sockproxy"] = 1
	next
}

file == 1 {
	meta[$1] = substr($0, length($1) + 2)
	next
}

{
	for (i = 1; i <= NF; i++) {
		eq = index($i, "=")
		f[substr($i, 1, eq - 1)] = substr($i, eq + 1)
	}
	s = f["scenario"]
	p = f["program"]
	r = f["round"] + 0
	if (r > rounds)
		rounds = r
	runs++
	if ("fail" in f) {
		failed[s, p]++
		reason[s, p] = f["fail"]
		gsub(/_/, " ", reason[s, p])
		has[s, p] = 1
	} else {
		has[s, p] = 1
		for (k in f)
			if (k != "scenario" && k != "program" && k != "round")
				value[s, p, k, r] = f[k] + 0
		if (f["cpu_alone"] + 0 > 0)
			value[s, p, "among", r] = f["cpu"] / f["cpu_alone"]
		if (f["sessions"] + 0 > 0)
			sessions[s] = f["sessions"]
		if (f["noise"] + 0 > 0.1)
			noisy++
	}
	for (k in f)
		delete f[k]
}

# ---- numbers -----------------------------------------------------------------

# The values of one cell, sorted, into sorted[1..n]; returns n.
function collect(s, p, m,    r, n, i, x) {
	n = 0
	for (r = 1; r <= rounds || r == 1; r++) {
		if (!((s, p, m, r) in value))
			continue
		x = value[s, p, m, r]
		for (i = n++; i > 0 && sorted[i] > x; i--)
			sorted[i + 1] = sorted[i]
		sorted[i + 1] = x
	}
	return n
}

function middle(n) {
	if (n % 2 == 1)
		return sorted[(n + 1) / 2]
	return (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

function median(s, p, m,    n) {
	n = collect(s, p, m)
	return n == 0 ? "" : middle(n)
}

# The peer with the lowest median in a row, or "".
function best_peer(s, m,    i, p, x, best, who) {
	who = ""
	if (m != "cpu" && m != "ms" && m != "open_cpu" && m != "pss" && \
	    m != "start_cpu")
		return who
	for (i = 1; i <= nprograms; i++) {
		p = programs[i]
		if (kind[p] != "peer" || failed[s, p])
			continue
		x = median(s, p, m)
		if (x != "" && (who == "" || x < best)) {
			best = x
			who = p
		}
	}
	return who
}

# Median over the rounds of p's value / q's.
function ratio(s, m, p, q,    r, n, i, x) {
	n = 0
	for (r = 1; r <= rounds; r++) {
		if (!((s, p, m, r) in value) || !((s, q, m, r) in value) || \
		    value[s, q, m, r] == 0)
			continue
		x = value[s, p, m, r] / value[s, q, m, r]
		for (i = n++; i > 0 && sorted[i] > x; i--)
			sorted[i + 1] = sorted[i]
		sorted[i + 1] = x
	}
	return n == 0 ? "" : middle(n)
}

function show(x) {
	if (x == "")
		return "-"
	if (x >= 1000 || x <= -1000)
		return sprintf("%.0f", x)
	if (x >= 100)
		return sprintf("%.0f", x)
	if (x >= 10)
		return sprintf("%.1f", x)
	if (x >= 1)
		return sprintf("%.2f", x)
	return sprintf("%.3f", x)
}

# Has anybody a value in this row?
function any(i,    k) {
	for (k = 1; k <= nprograms; k++)
		if (has[row_scenario[i], programs[k]] && \
		    (median(row_scenario[i], programs[k], row_metric[i]) != "" || \
		    failed[row_scenario[i], programs[k]]))
			return 1
	return 0
}

# "" no goal or no value; else "met" or "missed", for our program p.
function verdict(i, p,    x, best) {
	if (row_goal[i] == "" || kind[p] != "own")
		return ""
	if (failed[row_scenario[i], p])
		return "missed"
	if (row_goal[i] == "own")
		x = median(row_scenario[i], p, row_metric[i])
	else {
		best = best_peer(row_scenario[i], row_metric[i])
		x = best == "" ? "" : ratio(row_scenario[i], row_metric[i], p, best)
	}
	if (x == "")
		return ""
	if (row_goal[i] == "own")
		x *= row_scale[i]
	return x <= row_limit[i] ? "met" : "missed"
}

function goal_text(i) {
	if (row_goal[i] == "peer")
		return "at most " row_limit[i] " x the best peer"
	if (row_goal[i] == "own")
		return "at most " row_limit[i] " " row_unit[i]
	return ""
}

# ---- the table ---------------------------------------------------------------

function table(    i, k, p, s, m, n, best, line, x) {
	for (i = 1; i <= rows; i++) {
		if (!any(i))
			continue
		s = row_scenario[i]
		m = row_metric[i]
		best = best_peer(s, m)
		printf("\n%s: %s, %s%s\n", s, row_title[i], row_unit[i], \
		    row_goal[i] == "" ? "" : " (goal: " goal_text(i) ")")
		printf("  %-16s %9s %9s %9s %7s %9s %8s %8s %8s\n", "program", \
		    "median", "least", "most", "x best", "rate", "p50 us", \
		    "p99 us", "PSS KiB")
		for (k = 1; k <= nprograms; k++) {
			p = programs[k]
			if (!has[s, p] || (kind[p] == "direct" && m != "cpu"))
				continue
			if (failed[s, p])
				printf("  %-16s failed %d of %d: %s\n", p, \
				    failed[s, p], meta["rounds"], reason[s, p])
			n = collect(s, p, m)
			if (n == 0)
				continue
			if (kind[p] == "direct")
				line = sprintf("  %-16s %9s %9s %9s", p, "-", "-", "-")
			else
				line = sprintf("  %-16s %9s %9s %9s", p, \
				    show(middle(n) * row_scale[i]), \
				    show(sorted[1] * row_scale[i]), \
				    show(sorted[n] * row_scale[i]))
			x = best == "" || kind[p] == "direct" ? "" : ratio(s, m, p, best)
			line = line sprintf(" %7s", x == "" ? "-" : sprintf("%.2f", x))
			if (m == "cpu")
				line = line sprintf(" %9s %8s %8s %8s", \
				    show(median(s, p, "rate")), \
				    show(median(s, p, "p50")), \
				    show(median(s, p, "p99")), \
				    show(median(s, p, "pss")))
			print line (verdict(i, p) == "" ? "" : "  " verdict(i, p))
		}
	}
	printf("\n%s; %s; %s\n", meta["date"], meta["system"], meta["processor"])
	if (noisy > 0)
		printf("In %d of %d runs other processes took more than 10 %% of " \
		    "the processors.\n", noisy, runs)
}

# ---- Markdown ----------------------------------------------------------------

function md_cell(i, p,    s, m, x, n, text) {
	s = row_scenario[i]
	m = row_metric[i]
	if (failed[s, p])
		return "failed"
	if ((n = collect(s, p, m)) == 0 || kind[p] == "direct")
		return "-"
	text = show(middle(n) * row_scale[i])
	if (n > 1)
		text = text " (" show(sorted[1] * row_scale[i]) "-" \
		    show(sorted[n] * row_scale[i]) ")"
	return text
}

function md(file,    i, k, p, best, x, own) {
	own = ""
	for (k = nprograms; k >= 1; k--)
		if (kind[programs[k]] == "own")
			own = programs[k]
	printf("| scenario | unit |") > file
	for (k = 1; k <= nprograms; k++)
		if (kind[programs[k]] != "direct")
			printf(" %s |", programs[k]) > file
	printf(" x best peer | goal | |\n|---|---|") > file
	for (k = 1; k <= nprograms; k++)
		if (kind[programs[k]] != "direct")
			printf("---|") > file
	printf("---|---|---|\n") > file
	for (i = 1; i <= rows; i++) {
		if (!any(i) && row_scenario[i] != "binary")
			continue
		printf("| %s | %s |", row_title[i], row_unit[i]) > file
		for (k = 1; k <= nprograms; k++)
			if (kind[programs[k]] != "direct")
				printf(" %s |", md_cell(i, programs[k])) > file
		best = best_peer(row_scenario[i], row_metric[i])
		x = best == "" || own == "" ? "" : \
		    ratio(row_scenario[i], row_metric[i], own, best)
		printf(" %s | %s | %s |\n", \
		    x == "" ? "-" : sprintf("%.2f (%s)", x, best), \
		    row_goal[i] == "" ? "-" : "<= " row_limit[i] \
		    (row_goal[i] == "peer" ? " x" : ""), \
		    own == "" ? "" : verdict(i, own)) > file
	}
	printf("\n%s; %s; %s; %s rounds, %s of the full amount; network: %s.\n", \
	    meta["date"], meta["system"], meta["processor"], meta["rounds"], \
	    meta["factor"], meta["network"]) > file
	printf("Versions:") > file
	for (k = 1; k <= nprograms; k++)
		if (kind[programs[k]] != "direct")
			printf(" %s: %s%s", programs[k], versions[programs[k]], \
			    k == nprograms ? "." : ";") > file
	printf("\n") > file
	close(file)
}

# ---- JSON --------------------------------------------------------------------

function quote(x) {
	gsub(/\\/, "\\\\", x)
	gsub(/"/, "\\\"", x)
	gsub(/[\001-\037]/, " ", x)
	return "\"" x "\""
}

function write_json(file,    i, k, p, s, m, n, j, first, best, sep) {
	printf("{\n \"date\": %s,\n \"system\": %s,\n \"processor\": %s,\n", \
	    quote(meta["date"]), quote(meta["system"]), \
	    quote(meta["processor"])) > file
	printf(" \"rounds\": %d,\n \"factor\": %s,\n \"network\": %s,\n", \
	    meta["rounds"], meta["factor"], quote(meta["network"])) > file
	printf(" \"runs\": %d,\n \"noisy_runs\": %d,\n \"programs\": {", \
	    runs, noisy) > file
	for (k = 1; k <= nprograms; k++)
		printf("%s\n  %s: {\"kind\": %s, \"version\": %s}", \
		    k == 1 ? "" : ",", quote(programs[k]), \
		    quote(kind[programs[k]]), quote(versions[programs[k]])) > file
	printf("\n },\n \"rows\": [") > file
	sep = ""
	for (i = 1; i <= rows; i++) {
		s = row_scenario[i]
		m = row_metric[i]
		if (!any(i))
			continue
		best = best_peer(s, m)
		printf("%s\n  {\"scenario\": %s, \"metric\": %s, \"title\": %s, " \
		    "\"unit\": %s,\n   \"goal\": %s, \"best_peer\": %s, " \
		    "\"programs\": {", sep, quote(s), quote(m), \
		    quote(row_title[i]), quote(row_unit[i]), \
		    quote(goal_text(i)), quote(best)) > file
		sep = ","
		first = 1
		for (k = 1; k <= nprograms; k++) {
			p = programs[k]
			if (!has[s, p])
				continue
			printf("%s\n    %s: {", first ? "" : ",", quote(p)) > file
			first = 0
			if (failed[s, p])
				printf("\"failed\": %d, \"reason\": %s", \
				    failed[s, p], quote(reason[s, p])) > file
			if ((n = collect(s, p, m)) > 0) {
				printf("%s\"median\": %.6g, \"values\": [", \
				    failed[s, p] ? ", " : "", \
				    middle(n) * row_scale[i]) > file
				for (j = 1; j <= n; j++)
					printf("%s%.6g", j == 1 ? "" : ", ", \
					    sorted[j] * row_scale[i]) > file
				printf("]") > file
				json_extra(s, p, m, i, best, file)
			}
			printf("}") > file
		}
		printf("}}") > file
	}
	printf("\n ]\n}\n") > file
	close(file)
}

function json_extra(s, p, m, i, best, file,    x, k, n, names) {
	if (best != "" && kind[p] != "direct" && \
	    (x = ratio(s, m, p, best)) != "")
		printf(", \"ratio\": %.4f", x) > file
	if (verdict(i, p) != "")
		printf(", \"verdict\": %s", quote(verdict(i, p))) > file
	if (m != "cpu")
		return
	n = split("rate p50 p99 max pss noise", names, " ")
	for (k = 1; k <= n; k++)
		if ((x = median(s, p, names[k])) != "")
			printf(", \"%s\": %.6g", names[k], x) > file
}

# ---- HTML --------------------------------------------------------------------

function esc(x) {
	gsub(/&/, "\\&amp;", x)
	gsub(/</, "\\&lt;", x)
	gsub(/>/, "\\&gt;", x)
	return x
}

function unit_html(x) {
	gsub(/-us/, "-\302\265s", x)
	gsub(/ us/, " \302\265s", x)
	return esc(x)
}

# One plot: a bar to the median, a line from the least to the most, a dot for
# each round, the goal as a dashed line.
function plot(i, file,    k, p, s, m, n, j, y, most, best, x, w, label, limit) {
	s = row_scenario[i]
	m = row_metric[i]
	best = best_peer(s, m)
	most = 0
	y = 0
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if (!has[s, p] || kind[p] == "direct")
			continue
		y++
		n = collect(s, p, m)
		if (n > 0 && sorted[n] > most)
			most = sorted[n]
	}
	limit = ""
	if (row_goal[i] == "own")
		limit = row_limit[i] / row_scale[i]
	if (row_goal[i] == "peer" && best != "")
		limit = row_limit[i] * median(s, best, m)
	if (limit != "" && limit > most && limit < 4 * most)
		most = limit
	if (most <= 0)
		most = 1
	w = 400 / most
	printf("<svg viewBox='0 0 760 %d' role='img' aria-label='%s'>\n", \
	    y * 26 + 8, esc(row_title[i])) > file
	y = 4
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if (!has[s, p] || kind[p] == "direct")
			continue
		printf("<text x='132' y='%d' class='name%s'>%s</text>\n", \
		    y + 16, kind[p] == "own" ? " own" : "", esc(p)) > file
		n = collect(s, p, m)
		if (n == 0) {
			printf("<text x='140' y='%d' class='bad'>failed: %s</text>\n", \
			    y + 16, esc(reason[s, p])) > file
			y += 26
			continue
		}
		x = middle(n)
		printf("<rect x='140' y='%d' width='%.1f' height='16' rx='2' " \
		    "class='%s'/>\n", y + 3, x > 0 ? x * w : 0, \
		    p == best ? "best" : kind[p]) > file
		printf("<line x1='%.1f' x2='%.1f' y1='%d' y2='%d' " \
		    "class='spread'/>\n", 140 + (sorted[1] > 0 ? sorted[1] : 0) * w, \
		    140 + (sorted[n] > 0 ? sorted[n] : 0) * w, y + 11, y + 11) > file
		for (j = 1; j <= n; j++)
			printf("<circle cx='%.1f' cy='%d' r='2'/>", \
			    140 + (sorted[j] > 0 ? sorted[j] : 0) * w, y + 11) > file
		label = show(x * row_scale[i])
		x = 148 + (sorted[n] > 0 ? sorted[n] : 0) * w
		if (best != "" && kind[p] != "direct")
			label = label sprintf("  (%.2f x)", ratio(s, m, p, best))
		if (failed[s, p])
			label = label ", failed " failed[s, p] " times"
		printf("\n<text x='%.1f' y='%d' class='%s'>%s</text>\n", x, y + 16, \
		    verdict(i, p) == "missed" ? "bad" : "value", label) > file
		y += 26
	}
	if (limit != "" && limit <= most)
		printf("<line x1='%.1f' x2='%.1f' y1='0' y2='%d' class='goal'/>\n", \
		    140 + limit * w, 140 + limit * w, y + 4) > file
	print "</svg>" > file
}

function times_table(s, file,    k, p, any_p50) {
	any_p50 = 0
	for (k = 1; k <= nprograms; k++)
		if (median(s, programs[k], "p50") != "")
			any_p50 = 1
	print "<details><summary>throughput, times, memory</summary>" \
	    "<table><tr><th>program<th>rate a second" \
	    (any_p50 ? "<th>p50 \302\265s<th>p99 \302\265s<th>most \302\265s" : "") \
	    "<th>PSS KiB<th>load of its core<th>others" > file
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if (!has[s, p] || median(s, p, "rate") == "")
			continue
		printf("<tr><td>%s<td>%s", esc(p), show(median(s, p, "rate"))) > file
		if (any_p50)
			printf("<td>%s<td>%s<td>%s", show(median(s, p, "p50")), \
			    show(median(s, p, "p99")), show(median(s, p, "max"))) > file
		printf("<td>%s<td>%.0f %%<td>%.0f %%\n", show(median(s, p, "pss")), \
		    100 * median(s, p, "load"), 100 * median(s, p, "noise")) > file
	}
	print "</table></details>" > file
}

function summary(file,    i, k, p, best, x, v, count) {
	print "<h2>Against the goals</h2>\n<table><tr><th>row<th>program<th>value" \
	    "<th>best peer<th>ratio<th>goal<th>" > file
	for (i = 1; i <= rows; i++)
		for (k = 1; k <= nprograms; k++) {
			p = programs[k]
			if ((v = verdict(i, p)) == "")
				continue
			count++
			best = best_peer(row_scenario[i], row_metric[i])
			x = best == "" ? "" : ratio(row_scenario[i], row_metric[i], p, best)
			printf("<tr><td>%s<td>%s<td>%s %s<td>%s<td>%s<td>%s<td class='%s'>%s\n", \
			    esc(row_title[i]), esc(p), \
			    failed[row_scenario[i], p] ? "failed" : \
			    show(median(row_scenario[i], p, row_metric[i]) * row_scale[i]), \
			    unit_html(row_unit[i]), \
			    best == "" ? "-" : esc(best) " " \
			    show(median(row_scenario[i], best, row_metric[i]) * row_scale[i]), \
			    x == "" ? "-" : sprintf("%.2f", x), \
			    unit_html(goal_text(i)), v == "met" ? "good" : "bad", v) > file
		}
	if (count == 0)
		print "<tr><td colspan='7'>no program of ours was measured" > file
	print "</table>" > file
}

function write_html(file,    i, k, s, last) {
	print "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>" \
	    "<meta name='viewport' content='width=device-width'>" \
	    "<title>sockproxy: benchmark</title><style>" > file
	print ":root{--bg:#fff;--fg:#1d2126;--soft:#5c6670;--line:#d5dae0;" \
	    "--own:#1769aa;--peer:#b9c2cc;--best:#7c8996;--bad:#b3261e;" \
	    "--good:#1b7a3d;--goal:#b35c00}\n" \
	    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e8ec;" \
	    "--soft:#9aa5b1;--line:#343b42;--own:#4ea3e6;--peer:#4b5661;" \
	    "--best:#7d8b99;--bad:#ff8a80;--good:#6fd08c;--goal:#ffb25c}}" > file
	print "body{background:var(--bg);color:var(--fg);" \
	    "font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;" \
	    "padding:0 1rem}h1{margin-bottom:0}h2{margin:2.2rem 0 .4rem;" \
	    "border-bottom:1px solid var(--line)}h3{margin:1.4rem 0 .2rem;" \
	    "font-size:1rem}p,summary{color:var(--soft);margin:.2rem 0}" \
	    "table{border-collapse:collapse;font-size:.9rem;margin:.6rem 0;" \
	    "display:block;overflow-x:auto}" \
	    "td,th{padding:.15rem .7rem .15rem 0;text-align:left;" \
	    "border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}" \
	    "svg{width:100%;height:auto;display:block}" \
	    "svg text{font:13px system-ui,sans-serif;fill:var(--fg)}" \
	    "svg .name{text-anchor:end}svg .name.own{font-weight:700}" \
	    "svg .value{fill:var(--soft)}svg .bad{fill:var(--bad)}" \
	    ".own{fill:var(--own)}text.own{fill:var(--fg)}.peer{fill:var(--peer)}" \
	    ".direct{fill:var(--peer)}.best{fill:var(--best)}" \
	    ".spread{stroke:var(--fg);stroke-width:1}circle{fill:var(--fg)}" \
	    ".goal{stroke:var(--goal);stroke-width:1.5;stroke-dasharray:5 3}" \
	    "td.bad{color:var(--bad)}td.good{color:var(--good)}" \
	    "</style></head><body>" > file
	print "<h1>sockproxy and its peers</h1>" > file
	printf("<p>%s. %s. %s. %s rounds, the programs in turn within each; " \
	    "%s of the full amount of work; network: %s.</p>\n", \
	    esc(meta["date"]), esc(meta["system"]), esc(meta["processor"]), \
	    meta["rounds"], meta["factor"], esc(meta["network"])) > file
	if (noisy > 0)
		printf("<p>In %d of %d runs other processes took more than 10 %% " \
		    "of the processors: read those numbers with care.</p>\n", \
		    noisy, runs) > file
	print "<p>Bars are medians, lines reach from the least to the most, dots " \
	    "are the rounds; shorter is better. CPU is that of all processes of a " \
	    "program, on a core of its own; client and backend share the other " \
	    "one and check every byte. The darker grey bar is the best peer, the " \
	    "dashed line the goal.</p>" > file
	summary(file)
	last = ""
	for (i = 1; i <= rows; i++) {
		if (!any(i))
			continue
		s = row_scenario[i]
		if (s != last)
			printf("<h2>%s</h2>\n", esc(row_title[i])) > file
		printf("<h3>%s%s</h3>\n", s == last ? esc(row_title[i]) ", " : "", \
		    unit_html(row_unit[i])) > file
		if (row_goal[i] != "")
			printf("<p>goal: %s</p>\n", unit_html(goal_text(i))) > file
		plot(i, file)
		if (row_metric[i] == "cpu")
			times_table(s, file)
		last = s
	}
	print "<h2>Programs</h2><table>" > file
	for (k = 1; k <= nprograms; k++)
		printf("<tr><td>%s<td>%s\n", esc(programs[k]), \
		    esc(versions[programs[k]])) > file
	print "</table></body></html>" > file
	close(file)
}

END {
	if (binary_kind != "" && binary_kind != "static,stripped")
		row_title[rows] = row_title[rows] " (" binary_kind ")"
	for (i = 1; i <= rows; i++) {
		if (!(row_scenario[i] in sessions))
			continue
		sub(/[15]0,000/, sessions[row_scenario[i]], row_title[i])
	}
	table()
	if (markdown != "")
		md(markdown)
	if (json != "")
		write_json(json)
	if (html != "")
		write_html(html)
}

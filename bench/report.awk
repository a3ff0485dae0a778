# report.awk - what the numbers of run.sh say: reads them, and has the medians,
# ratios and verdicts that the other report_*.awk show.
#
# awk -v json=FILE -v html=FILE -v brief=FILE -v full=FILE \
#     -f report.awk -f report_text.awk -f report_md.awk -f report_json.awk \
#     -f report_html.awk meta.txt raw.txt
#
# A row of the report is one number of one scenario.  Values are medians over
# the rounds.  A ratio is the median of the ratios within the rounds, against
# the peer with the best median: the machine's mood is the same for both.

# ---- what the rows are -------------------------------------------------------

# Row: scenario, metric, factor to the unit shown, title ("@" is the number of
# idle sessions), unit; which peer is the best one, with "less" or "more" of it, or
# "" for none; and the goal: "peer" at most so many times the best peer, "own" the
# number itself, or "".
function row(scenario, metric, scale, title, unit, best, goal, limit) {
	rows++
	row_scenario[rows] = scenario
	row_metric[rows] = metric
	row_scale[rows] = scale
	row_title[rows] = title
	row_unit[rows] = unit
	row_best[rows] = best
	row_goal[rows] = goal
	row_limit[rows] = limit
}

# A scenario with traffic, in the order of the tables: title, and what a second
# has so many of.
function traffic(scenario, title, what) {
	scenarios[++nscenarios] = scenario
	scenario_title[scenario] = title
	scenario_rate[scenario] = what
}

# One with CPU for a unit of work, and how many a second.
function work(scenario, title, what, scale, unit, goal, limit) {
	traffic(scenario, title, what (what == "GiB" ? "" : "s"))
	row(scenario, "cpu", scale, title, unit what, "less", goal, limit)
}

function idle_rows(scenario, what) {
	traffic(scenario, what, "round trips")
	row(scenario, "cpu", 1, what, "CPU-us/round trip", "less", "", 0)
	row(scenario, "among", 1, what " / none idle", "times", "", "own", 1.05)
	row(scenario, "session_bytes", 1, "user memory of an idle session of @", \
	    "bytes", "", "own", 256)
}

function crowd_rows(scenario) {
	row(scenario, "open_cpu", 1, "opening @ sessions", "CPU-us/session", \
	    "less", "", 0)
	row(scenario, "idle_cpu", 1, "a second of nothing with @ sessions", \
	    "CPU-us", "", "", 0)
}

BEGIN {
	work("bulk-up", "bulk, 1 stream to the backend", "GiB", 1e-6, "CPU-s/", "peer", 0.7)
	work("bulk-down", "bulk, 1 stream to the client", "GiB", 1e-6, "CPU-s/", "peer", 0.7)
	work("bulk-both", "bulk, both ways at once", "GiB", 1e-6, "CPU-s/", "peer", 0.9)
	work("bulk-16", "bulk, 16 streams, 8 each way", "GiB", 1e-6, "CPU-s/", "peer", 0.7)
	for (r = 1; r <= 4; r++)
		row(scenarios[r], "rate", 1, scenario_title[scenarios[r]] \
		    ": throughput", "GiB/s", "more", "", 0)
	work("ping-1", "64 B ping-pong, 1 connection", "round trip", 1, "CPU-us/", "peer", 1)
	work("ping-100", "64 B ping-pong, 100 connections", "round trip", 1, "CPU-us/", "peer", 0.95)
	work("ping-1000", "64 B ping-pong, 1,000 connections", "round trip", 1, "CPU-us/", "peer", 0.95)
	work("objects", "objects of 1 MiB, one asked for after the other", "object", 1, "CPU-us/", "", 0)
	row("objects", "p50", 1, "objects of 1 MiB, from request to last byte", "us", "less", "", 0)
	work("paced", "paced: 5,000 round trips/s over 100 connections", "round trip", 1, "CPU-us/", "peer", 0.95)
	work("churn", "connect, 1 request, close; 16 at once", "connection", 1, "CPU-us/", "peer", 0.9)
	work("churn-1", "connect, 1 request, close; 1 at once", "connection", 1, "CPU-us/", "peer", 0.9)
	idle_rows("idle", "100 active, @ idle")
	idle_rows("idle-1", "100 active, @ idle, 1 process")
	idle_rows("scale", "1,000 active, @ idle, 50 stalled")
	crowd_rows("scale")
	idle_rows("scale-1", "1,000 active, @ idle, 50 stalled, 1 process")
	crowd_rows("scale-1")
	row("start-1", "ms", 1, "start until it answers, 1 listener", "ms", "less", "own", 2)
	row("start-500", "ms", 1, "start until the last of 500 listeners answers", "ms", "less", "own", 20)
	row("start-1", "start_cpu", 1, "CPU of a start, 1 listener", "CPU-ms", "less", "", 0)
	row("start-500", "start_cpu", 1, "CPU of a start, 500 listeners", "CPU-ms", "less", "", 0)
	row("start-1", "pss", 1, "resident at start, all processes", "KiB PSS", "less", "own", 400)
	row("binary", "size", 0.0009765625, "the program's file", "KiB", "", "own", 128)
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
	take(f["scenario"], f["program"], f["round"] + 0)
	for (k in f)
		delete f[k]
}

# The fields f of one run.
function take(s, p, r,    k) {
	has[s, p] = 1
	if (r > rounds)
		rounds = r
	if (f["sessions"] + 0 > 0)
		sessions[s] = f["sessions"] + 0
	if ("cannot" in f) {
		cannot[s, p] = f["cannot"]
		return
	}
	runs++
	if ("fail" in f || !("ok" in f)) {
		failed[s, p]++
		reason[s, p] = "fail" in f ? f["fail"] : "no result"
		gsub(/_/, " ", reason[s, p])
		if (f["noise"] + 0 > 0.1)
			reason[s, p] = reason[s, p] sprintf(" (others had " \
			    "%.0f %% of the processors)", 100 * f["noise"])
		return
	}
	for (k in f) {
		if (k ~ /^(scenario|program|round|ok)$/)
			continue
		value[s, p, k, r] = f[k] + 0
		metrics[k] = 1
	}
	if (f["noise"] + 0 > 0.1)
		noisy++
}

# ---- numbers -----------------------------------------------------------------

# Put x into sorted[1..n], which is in order; returns n + 1.
function insert(x, n,    i) {
	for (i = n; i > 0 && sorted[i] > x; i--)
		sorted[i + 1] = sorted[i]
	sorted[i + 1] = x
	return n + 1
}

# The values of one cell, in order, into sorted[1..n]; returns n.
function collect(s, p, m,    r, n) {
	n = 0
	for (r = 1; r <= rounds || r == 1; r++)
		if ((s, p, m, r) in value)
			n = insert(value[s, p, m, r], n)
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

# The peer with the lowest ("less") or highest ("more") median, or "".
function best_of(s, m, which,    i, p, x, best, who) {
	who = ""
	for (i = 1; i <= nprograms && which != ""; i++) {
		p = programs[i]
		if (kind[p] != "peer" || failed[s, p])
			continue
		x = median(s, p, m)
		if (x != "" && (who == "" || \
		    (which == "less" ? x < best : x > best))) {
			best = x
			who = p
		}
	}
	return who
}

function best_peer(i) {
	return best_of(row_scenario[i], row_metric[i], row_best[i])
}

# Median over the rounds of p's value / q's.
function ratio(s, m, p, q,    r, n) {
	n = 0
	for (r = 1; r <= rounds; r++)
		if ((s, p, m, r) in value && (s, q, m, r) in value && \
		    value[s, q, m, r] != 0)
			n = insert(value[s, p, m, r] / value[s, q, m, r], n)
	return n == 0 ? "" : middle(n)
}

# Our program p against the best peer of row i; "" when there is nothing to compare.
function row_ratio(i, p,    best) {
	best = best_peer(i)
	return best == "" || kind[p] == "direct" ? "" : \
	    ratio(row_scenario[i], row_metric[i], p, best)
}

function show(x) {
	if (x == "")
		return "-"
	if (x >= 100)
		return sprintf("%.0f", x)
	if (x >= 10)
		return sprintf("%.1f", x)
	if (x >= 1)
		return sprintf("%.2f", x)
	if (x == 0)
		return "0"
	if (x < 0)
		return "-" show(-x)
	return sprintf("%.3f", x)
}

# Has anybody a value in this row, or should have?
function any(i,    k, p, s) {
	s = row_scenario[i]
	for (k = 1; k <= nprograms; k++) {
		p = programs[k]
		if (has[s, p] && (failed[s, p] || \
		    median(s, p, row_metric[i]) != ""))
			return 1
	}
	return 0
}

# Our own program, the first if there are several.
function own_program(    k) {
	for (k = 1; k <= nprograms; k++)
		if (kind[programs[k]] == "own")
			return programs[k]
	return ""
}

# "" no goal or no value; else "met" or "missed", for our program p.
function verdict(i, p,    x) {
	if (row_goal[i] == "" || kind[p] != "own")
		return ""
	if (failed[row_scenario[i], p])
		return "missed"
	x = row_goal[i] == "peer" ? row_ratio(i, p) : \
	    median(row_scenario[i], p, row_metric[i])
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

# Why there is no number in a cell, or "".
function absence(s, p) {
	if ((s, p) in cannot)
		return "cannot: " cannot[s, p]
	if (failed[s, p])
		return "failed " failed[s, p] " of " failed[s, p] + done(s, p) \
		    ": " reason[s, p]
	return ""
}

# Rounds with a result.
function done(s, p,    r, n) {
	n = 0
	for (r = 1; r <= rounds; r++)
		if ((s, p, "noise", r) in value || (s, p, "ms", r) in value)
			n++
	return n
}

function thousands(n) {
	return n < 1000 ? n : int(n / 1000) "," sprintf("%03d", n % 1000)
}

function meta_line() {
	return meta["date"] "; " meta["system"] "; " meta["processor"] "; " \
	    meta["rounds"] " rounds, " meta["factor"] \
	    " of the full amount of work; network: " meta["network"] "."
}

function noise_line() {
	if (noisy == 0)
		return ""
	return "In " noisy " of " runs " runs other processes took more than " \
	    "10 % of the processors: read those numbers with care."
}

END {
	for (i = 1; i <= rows; i++)
		if (row_scenario[i] == "binary" && binary_kind != "" && \
		    binary_kind != "static,stripped")
			row_title[i] = row_title[i] " (" binary_kind ")"
	for (s in sessions) {
		sub(/@/, thousands(sessions[s]), scenario_title[s])
		for (i = 1; i <= rows; i++)
			if (row_scenario[i] == s)
				sub(/@/, thousands(sessions[s]), row_title[i])
	}
	write_text()
	if (brief != "")
		write_brief(brief)
	if (full != "")
		write_full(full)
	if (json != "")
		write_json(json)
	if (html != "")
		write_html(html)
}

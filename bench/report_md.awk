# report_md.awk - the report in Markdown: brief, for the README of the project,
# and full, for the one of the benchmark.

function cell(i, p,    s, m, n, text) {
	s = row_scenario[i]
	m = row_metric[i]
	if ((s, p) in cannot)
		return m == "cpu" ? "cannot: " cannot[s, p] : "-"
	if (failed[s, p])
		return "**failed**"
	if ((n = collect(s, p, m)) == 0 || kind[p] == "direct")
		return "-"
	text = show(middle(n) * row_scale[i])
	if (n > 1)
		text = text " (" show(sorted[1] * row_scale[i]) "-" \
		    show(sorted[n] * row_scale[i]) ")"
	if (m == "cpu" && median(s, p, "workers") > 1)
		text = text ", " median(s, p, "workers") " processes"
	return text
}

# "0.95": our program against the peer that is best in this metric.
function against(s, m, which, p,    best, x) {
	best = best_of(s, m, which)
	if (best == "" || (x = ratio(s, m, p, best)) == "")
		return "-"
	return sprintf("%.2f", x)
}

function short_goal(i) {
	return row_goal[i] == "" ? "-" : "<= " row_limit[i] \
	    (row_goal[i] == "peer" ? " x" : "")
}

function bold_missed(v) {
	return v == "missed" ? "**missed**" : v
}

# Is row i in the brief table?  Those with a goal are, of sessions that are idle only
# the first as long as others meet it; and what CPU costs where there is no goal.
function in_brief(i, own,    k) {
	if (row_goal[i] != "")
		return verdict(i, own) == "missed" || verdict(i, own) == "met" && \
		    (row_metric[i] != "session_bytes" || !memory++)
	for (k = 1; k <= rows; k++)
		if (row_scenario[k] == row_scenario[i] && row_goal[k] != "")
			return 0
	return row_metric[i] == "cpu" && median(row_scenario[i], own, "cpu") != ""
}

# Our program in row i, and behind the first row of a scenario what CPU alone
# would hide: how many a second, and how long each took.
function brief_row(file, own, i,    best, s, x) {
	s = row_scenario[i]
	best = best_peer(i)
	x = row_ratio(i, own)
	printf("| %s | %s | %s | %s | %s |", row_title[i], \
	    failed[s, own] ? "**failed**" : show(median(s, own, row_metric[i]) * \
	    row_scale[i]) " " row_unit[i], \
	    best == "" ? "-" : show(median(s, best, row_metric[i]) * \
	    row_scale[i]) " (" best ")", x == "" ? "-" : sprintf("%.2f", x), \
	    row_goal[i] == "" ? "-" : short_goal(i) ", " \
	    bold_missed(verdict(i, own))) > file
	if (speed[s]++ || median(s, own, "rate") == "")
		print " - | - | - |" > file
	else
		printf(" %s | %s | %s |\n", against(s, "rate", "more", own), \
		    against(s, "p50", "less", own), \
		    against(s, "p99", "less", own)) > file
}

function write_brief(file,    i, own) {
	if ((own = own_program()) == "") {
		print "No program of ours was measured." > file
		close(file)
		return
	}
	print meta_line() > file
	if (noisy > 0)
		print "**" noise_line() "**" > file
	print "Medians against the best peer of the same rounds, in each column for " \
	    "itself: less is better, and of rates more.\n" > file
	print "| scenario | sockproxy | best peer | ratio | goal | rate | p50 | p99 |" \
	    "\n|---|---|---|---|---|---|---|---|" > file
	for (i = 1; i <= rows; i++)
		if (in_brief(i, own))
			brief_row(file, own, i)
	close(file)
}

function full_head(file, last,    k) {
	printf("| scenario | unit |") > file
	for (k = 1; k <= nprograms; k++)
		if (kind[programs[k]] != "direct")
			printf(" %s |", programs[k]) > file
	printf("%s\n|---|---|", last) > file
	for (k = 1; k <= nprograms; k++)
		if (kind[programs[k]] != "direct")
			printf("---|") > file
	gsub(/[^|]+/, "---", last)
	print last > file
}

function full_rows(file, own,    i, k, best, x) {
	full_head(file, " x best peer | goal | |")
	for (i = 1; i <= rows; i++) {
		if (!any(i) && row_scenario[i] != "binary")
			continue
		printf("| %s | %s |", row_title[i], row_unit[i]) > file
		for (k = 1; k <= nprograms; k++)
			if (kind[programs[k]] != "direct")
				printf(" %s |", cell(i, programs[k])) > file
		best = best_peer(i)
		x = own == "" ? "" : row_ratio(i, own)
		printf(" %s | %s | %s |\n", \
		    x == "" ? "-" : sprintf("%.2f (%s)", x, best), \
		    short_goal(i), \
		    own == "" ? "" : bold_missed(verdict(i, own))) > file
	}
}

# "61200 a second; 0.86/5.2 ms; 3.0 MiB" of a program in a scenario.
function speed_cell(s, p,    text) {
	if ((s, p) in cannot)
		return "cannot: " cannot[s, p]
	if (failed[s, p])
		return "**failed**"
	if (median(s, p, "rate") == "")
		return "-"
	text = show(median(s, p, "rate")) "/s"
	if (median(s, p, "p50") != "")
		text = text "; " show(median(s, p, "p50")) ", " \
		    show(median(s, p, "p99")) " us"
	if (kind[p] != "direct")
		text = text "; " show(median(s, p, "pss")) " KiB"
	return text
}

function full_speed(file,    k, j, s, some) {
	printf("| scenario |") > file
	for (k = 1; k <= nprograms; k++)
		printf(" %s |", programs[k]) > file
	printf("\n|---|") > file
	for (k = 1; k <= nprograms; k++)
		printf("---|") > file
	printf("\n") > file
	for (j = 1; j <= nscenarios; j++) {
		s = scenarios[j]
		some = 0
		for (k = 1; k <= nprograms; k++)
			some += median(s, programs[k], "rate") != ""
		if (!some)
			continue
		printf("| %s: %s |", scenario_title[s], scenario_rate[s]) > file
		for (k = 1; k <= nprograms; k++)
			printf(" %s |", speed_cell(s, programs[k])) > file
		printf("\n") > file
	}
}

function write_full(file,    k, s, p, own) {
	own = own_program()
	print meta_line() > file
	if (noisy > 0)
		print "**" noise_line() "**" > file
	print "" > file
	full_rows(file, own)
	print "\nThroughput; time of a round trip (median, 99 of 100); PSS of all " \
	    "processes:\n" > file
	full_speed(file)
	print "" > file
	for (k = 1; k <= nprograms; k++)
		for (s in scenario_title) {
			p = programs[k]
			if (failed[s, p])
				print "- " p " in `" s "`: " absence(s, p) "." > file
		}
	printf("\nVersions:") > file
	for (k = 1; k <= nprograms; k++)
		if (kind[programs[k]] != "direct")
			printf(" %s: %s%s", programs[k], versions[programs[k]], \
			    k == nprograms ? "." : ";") > file
	printf("\n") > file
	close(file)
}

# report_text.awk - the report for a terminal.

function text_line(i, p,    s, m, n, x, line) {
	s = row_scenario[i]
	m = row_metric[i]
	n = collect(s, p, m)
	if (kind[p] == "direct")
		line = sprintf("  %-16s %9s %9s %9s", p, "-", "-", "-")
	else
		line = sprintf("  %-16s %9s %9s %9s", p, \
		    show(middle(n) * row_scale[i]), \
		    show(sorted[1] * row_scale[i]), \
		    show(sorted[n] * row_scale[i]))
	x = row_ratio(i, p)
	line = line sprintf(" %7s", x == "" ? "-" : sprintf("%.2f", x))
	if (m == "cpu")
		line = line sprintf(" %9s %8s %8s %8s", \
		    show(median(s, p, "rate")), show(median(s, p, "p50")), \
		    show(median(s, p, "p99")), show(median(s, p, "pss")))
	if (median(s, p, "workers") > 1)
		line = line "  " median(s, p, "workers") " processes"
	return line (verdict(i, p) == "" ? "" : "  " verdict(i, p))
}

function write_text(    i, k, p, s, m) {
	for (i = 1; i <= rows; i++) {
		if (!any(i))
			continue
		s = row_scenario[i]
		m = row_metric[i]
		printf("\n%s: %s, %s%s\n", s, row_title[i], row_unit[i], \
		    row_goal[i] == "" ? "" : " (goal: " goal_text(i) ")")
		printf("  %-16s %9s %9s %9s %7s", "program", "median", "least", \
		    "most", "x best")
		print m == "cpu" ? sprintf(" %9s %8s %8s %8s", "rate", "p50 us", \
		    "p99 us", "PSS KiB") : ""
		for (k = 1; k <= nprograms; k++) {
			p = programs[k]
			if (!has[s, p] || (kind[p] == "direct" && m != "cpu"))
				continue
			if (absence(s, p) != "")
				printf("  %-16s %s\n", p, absence(s, p))
			if (collect(s, p, m) > 0)
				print text_line(i, p)
		}
	}
	printf("\n%s; %s; %s\n%s", meta["date"], meta["system"], \
	    meta["processor"], noisy > 0 ? noise_line() "\n" : "")
}

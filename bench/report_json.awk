# report_json.awk - the report for programs: every number of every run, the rows
# with their ratios and verdicts, and what was measured where.

function quote(x) {
	gsub(/\\/, "\\\\", x)
	gsub(/"/, "\\\"", x)
	gsub(/[\001-\037]/, " ", x)
	return "\"" x "\""
}

function json_head(file,    k) {
	printf("{\n \"date\": %s,\n \"system\": %s,\n \"processor\": %s,\n", \
	    quote(meta["date"]), quote(meta["system"]), \
	    quote(meta["processor"])) > file
	printf(" \"rounds\": %d,\n \"factor\": %s,\n \"network\": %s,\n", \
	    meta["rounds"], meta["factor"], quote(meta["network"])) > file
	printf(" \"descriptors\": %d,\n \"runs\": %d,\n \"noisy_runs\": %d,\n", \
	    meta["descriptors"], runs, noisy) > file
	printf(" \"programs\": {") > file
	for (k = 1; k <= nprograms; k++)
		printf("%s\n  %s: {\"kind\": %s, \"version\": %s}", \
		    k == 1 ? "" : ",", quote(programs[k]), \
		    quote(kind[programs[k]]), quote(versions[programs[k]])) > file
	printf("\n },\n") > file
}

function json_cell(i, p, file,    s, m, n, j, x) {
	s = row_scenario[i]
	m = row_metric[i]
	if ((s, p) in cannot) {
		printf("\"cannot\": %s", quote(cannot[s, p])) > file
		return
	}
	if (failed[s, p])
		printf("\"failed\": %d, \"reason\": %s", failed[s, p], \
		    quote(reason[s, p])) > file
	if ((n = collect(s, p, m)) == 0)
		return
	printf("%s\"median\": %.6g, \"values\": [", failed[s, p] ? ", " : "", \
	    middle(n) * row_scale[i]) > file
	for (j = 1; j <= n; j++)
		printf("%s%.6g", j == 1 ? "" : ", ", sorted[j] * row_scale[i]) > file
	printf("]") > file
	if ((x = row_ratio(i, p)) != "")
		printf(", \"ratio\": %.4f", x) > file
	if (verdict(i, p) != "")
		printf(", \"verdict\": %s", quote(verdict(i, p))) > file
}

function json_rows(file,    i, k, s, sep, inner) {
	printf(" \"rows\": [") > file
	sep = ""
	for (i = 1; i <= rows; i++) {
		s = row_scenario[i]
		if (!any(i))
			continue
		printf("%s\n  {\"scenario\": %s, \"metric\": %s, \"title\": %s, " \
		    "\"unit\": %s,\n   \"goal\": %s, \"best_peer\": %s, " \
		    "\"programs\": {", sep, quote(s), quote(row_metric[i]), \
		    quote(row_title[i]), quote(row_unit[i]), \
		    quote(goal_text(i)), quote(best_peer(i))) > file
		sep = ","
		inner = ""
		for (k = 1; k <= nprograms; k++) {
			if (!has[s, programs[k]])
				continue
			printf("%s\n    %s: {", inner, quote(programs[k])) > file
			inner = ","
			json_cell(i, programs[k], file)
			printf("}") > file
		}
		printf("}}") > file
	}
	printf("\n ],\n") > file
}

# The runs as they were: a number, or null, for each round.
function json_runs(file,    key, part, m, r, seen, sep, inner) {
	printf(" \"measured\": [") > file
	sep = ""
	for (key in has) {
		split(key, part, SUBSEP)
		if (!has[key] || part[1] == "binary" || (key in cannot))
			continue
		printf("%s\n  {\"scenario\": %s, \"program\": %s", sep, \
		    quote(part[1]), quote(part[2])) > file
		sep = ","
		for (m in metrics) {
			if (collect(part[1], part[2], m) == 0)
				continue
			printf(",\n   %s: [", quote(m)) > file
			for (r = 1; r <= rounds; r++)
				printf("%s%s", r == 1 ? "" : ", ", \
				    ((part[1], part[2], m, r) in value) ? \
				    sprintf("%.6g", value[part[1], part[2], m, r]) : \
				    "null") > file
			printf("]") > file
		}
		printf("}") > file
	}
	printf("\n ]\n}\n") > file
}

function write_json(file) {
	json_head(file)
	json_rows(file)
	json_runs(file)
	close(file)
}

# calls.awk - system calls of one unit of work, from the summaries of strace -c:
# a table of programs and scenarios in Markdown.

FILENAME ~ /raw\.txt$/ {
	scenario = program = done = ""
	for (i = 1; i <= NF; i++) {
		split($i, kv, "=")
		if (kv[1] == "scenario") scenario = kv[2]
		if (kv[1] == "program") program = kv[2]
		if (kv[1] == "done") done = kv[2]
	}
	if (!(program in seen_p)) { seen_p[program] = 1; programs[++np] = program }
	if (!(scenario in seen_s)) { seen_s[scenario] = 1; scenarios[++ns] = scenario }
	units[scenario, program] = done
	next
}

FNR == 1 {
	n = split(FILENAME, part, "/")
	split(part[n], part, ".")
	scenario = part[2]
	program = part[3]
	fresh = ((scenario, program) in units)
}

# % time, seconds, usecs/call, calls, [errors], name
fresh && $1 ~ /^[0-9.]+$/ && $4 ~ /^[0-9]+$/ && $NF != "total" {
	key = scenario SUBSEP program
	calls[key, ++ncalls[key]] = $NF
	count[key, ncalls[key]] = $4
	total[key] += $4
	if (NF == 6)
		errors[key] += $5
}

function number(x) {
	if (x >= 100) return sprintf("%.0f", x)
	if (x >= 10) return sprintf("%.1f", x)
	return sprintf("%.2f", x)
}

END {
	for (s = 1; s <= ns; s++) {
		scenario = scenarios[s]
		printf("\n| %s: program | calls | failed | which |\n|---|---|---|---|\n", scenario)
		for (p = 1; p <= np; p++) {
			key = scenario SUBSEP programs[p]
			u = units[key]
			if (u == "" || !(key in total)) {
				printf("| %s | - | - | could not |\n", programs[p])
				continue
			}
			line = ""
			for (i = 1; i <= ncalls[key]; i++)
				if (count[key, i] / u >= 0.01)
					line = line (line == "" ? "" : ", ") \
					    calls[key, i] " " number(count[key, i] / u)
			printf("| %s | %s | %s | %s |\n", programs[p],
			    number(total[key] / u), number(errors[key] / u), line)
		}
	}
}

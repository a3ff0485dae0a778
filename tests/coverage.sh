#!/bin/sh
# coverage.sh - lines and branches that tests reach, by gcov.  BUILD is a directory
# built with --coverage; SEEDS is how many seeds the simulator runs, UNIT which unit
# tests there are.  First what the simulator reaches alone, then all together.
set -eu

cd "$BUILD"

# For each file: lines and branches, as "98.50% of 200".
summary()
{
	printf '%-28s %-18s %s\n' file lines 'branches taken'
	for f in "$@"; do
		gcov -b -c -n "$f" -o "$(dirname "$f")" 2>/dev/null |
		    awk -v f="$f" '
		/^File / { on = ($2 == "\047" f "\047") }
		on && /^Lines executed/ { sub(/.*:/, ""); lines = $0 }
		on && /^Taken at least/ { sub(/.*:/, ""); taken = $0 }
		END { if (lines != "")
			printf "%-28s %-18s %s\n", f, lines, taken }'
	done
}

echo "== the simulator alone, $SEEDS seeds"
# seeds by name run in this process, which writes down what it reached
# shellcheck disable=SC2046
tests/sim/sim -q $(awk -v n="$SEEDS" 'BEGIN { while (i < n) print ++i }') >/dev/null
summary src/backend.c src/buf.c src/connect.c src/expire.c src/gather.c \
    src/half.c src/last.c src/listener.c src/loop.c src/session.c

echo "== with the unit tests"
for t in $UNIT; do
	for c in $("$t" -l 2>/dev/null | sed -n 's/^ident: //p'); do
		rm -rf work
		mkdir work
		(cd work && "../$t" -s "../tests" "$c") >/dev/null 2>&1 ||
			echo "$t:$c failed"
	done
done
rm -rf work
summary src/*.c
echo "Line by line: cd $BUILD && gcov -b -c -o src src/half.c"

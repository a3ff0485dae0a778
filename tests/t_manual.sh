# The manuals: clean, complete, and true.

root()
{
	ROOT=$(cd "$(atf_get_srcdir)/../.." && pwd)
	HERE=$(cd "$(atf_get_srcdir)" && pwd)
}

describe manuals_are_clean "mandoc -Tlint has nothing to say" mandoc
manuals_are_clean_body()
{
	root
	for m in sockproxy.8 sockproxy.conf.5; do
		mandoc -Tlint -Wstyle "$ROOT/$m" 2>&1
	done | grep -vE 'referenced manual not found|outdated mandoc.db' >said
	atf_check cat said
	# the same as text: no line is empty of meaning, no macro shows
	for m in sockproxy.8 sockproxy.conf.5; do
		mandoc -Tascii "$ROOT/$m" | grep -n '^\.[A-Z][a-z] '
	done >shows
	atf_check cat shows
}

describe manual_has_every_key_with_its_default \
    "sockproxy.conf.5 and the key table agree"
manual_has_every_key_with_its_default_body()
{
	root
	"$HERE/keys" >table || fail "no key table"
	cut -f 1 table | sort >in_table
	sed -n '/^\.Sh LISTENERS/,/^\.Sh GRAMMAR/s/^\.It Ic \([a-z0-9.-]*\)$/\1/p' \
	    "$ROOT/sockproxy.conf.5" | sort >in_manual
	atf_check diff in_table in_manual
	# a default is a sentence of its own, in the words of the table
	awk -F '\t' '$2 != "\"\"" { gsub(/"/, "", $2); print $1, $2 }' table |
	    sort >table_defaults
	awk '/^\.Sh GRAMMAR/ { exit }
	/^\.It Ic [a-z0-9.-]*$/ { key = $3 }
	/^Default: .*\.$/ { sub(/\.$/, "", $2); print key, $2 }' \
	    "$ROOT/sockproxy.conf.5" | sort >manual_defaults
	atf_check diff table_defaults manual_defaults
}

describe manual_has_every_reason_and_counter \
    "sockproxy.8: each reason to end, each key of the statistics" curl
manual_has_every_reason_and_counter_body()
{
	begin
	root
	"$HERE/keys" reasons >reasons || fail "no reasons"
	tr '\t' '\n' <reasons | paste - - |
	    while IFS="$(printf '\t')" read -r key words; do
		grep -q "^\.It $words Pq Ic $key\$" "$ROOT/sockproxy.8" ||
		    echo "$words ($key)"
	    done >lacking
	atf_check cat lacking
	server b=127.0.0.1:9 >list
	proxy <<-CONF
		status.listen = "127.0.0.1:0"
		\$SERVER["socket"] == "127.0.0.1:0" { $(cat list) }
	CONF
	# shellcheck disable=SC2154 # from the fifo
	curl -sS --max-time "$LIMIT" "http://$pstatus/server-statistics" |
	    sed -n 's/^\([a-z][a-z0-9.:-]*\): [0-9][0-9]*$/\1/p' |
	    sed -e 's/gw\.backend\.b\./gw.backend.LABEL./' \
	    -e 's/\.removed\./.LABEL./' \
	    -e 's/listener\.LABEL\./listener.ADDRESS./' \
	    -e 's/listener\.127.0.0.1:0\./listener.ADDRESS./' \
	    -e 's/sockproxy\.ended\..*/sockproxy.ended.REASON/' | sort -u >said
	sed -n 's/^\.It Ic \([a-zA-Z0-9.-]*\)$/\1/p' "$ROOT/sockproxy.8" |
	    grep -E '^(gw|sockproxy)\.' | sort -u >in_manual
	atf_check diff said in_manual
	proxy_stop
}

describe examples_are_good_configurations \
    "every example is taken by sockproxy -t"
examples_are_good_configurations_body()
{
	begin
	root
	awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Sh SEE/ { on = 0 }
	/^\.Ed/ { lit = 0 }
	on && lit { gsub(/\\e/, "\\"); print > ("example" n) }
	/^\.Bd -literal/ { lit = 1; n++ }' "$ROOT/sockproxy.conf.5"
	cp "$ROOT/dist/sockproxy.conf" example.shipped
	sed -n '/^    \$SERVER/,/^    }/p' "$ROOT/README.md" >example.readme
	[ -s example.readme ] || fail "the example of the README was not found"
	for e in example*; do
		atf_check -o inline:"Syntax OK\n" "$PROGRAM" -t -f "$e"
		atf_check -o save:dumped "$PROGRAM" -p -f "$e"
		atf_check "$PROGRAM" -tt -f dumped
	done
	[ "$(ls example* | wc -l)" -ge 4 ] || fail "examples were not found"
	# the three ways to write one backend
	awk '/^\.Ed/ { on = 0 } /^sockproxy.server = / { on = 1; n++ }
	on { print > ("way" n) }' "$ROOT/sockproxy.conf.5"
	for w in way*; do
		atf_check -o inline:"Syntax OK\n" "$PROGRAM" -t -f "$w"
		"$PROGRAM" -p -f "$w" | grep -v '^#' | sed 's/#.*//' >"$w.is"
	done
	[ -s way3.is ] || fail "the three ways were not found"
	atf_check cmp way1.is way2.is
	atf_check cmp way1.is way3.is
}

describe manual_has_every_option "sockproxy.8 and the usage agree"
manual_has_every_option_body()
{
	begin
	root
	# ctl's are described in a section of their own
	"$PROGRAM" -h | grep -v ' ctl ' | grep -oE '[[| ]-[A-Za-z]+' |
	    sed 's/.*-/-/' | sort -u >in_usage
	sed -n 's/^\.It Fl \([A-Za-z]*\).*$/-\1/p' "$ROOT/sockproxy.8" |
	    sort -u >in_manual
	atf_check diff in_usage in_manual
}

describe manual_has_every_command_of_ctl "sockproxy.8 and the help agree"
manual_has_every_command_of_ctl_body()
{
	begin
	root
	# without a sockproxy that could be asked
	atf_check -o save:help "$PROGRAM" ctl help
	sed -n 's/^\([a-z]*\)  *.*$/\1/p' help | sort >in_help
	sed -n '/^\.Sh CONTROL/,/^\.Sh STAT/s/^\.It Cm \([a-z]*\).*/\1/p' \
	    "$ROOT/sockproxy.8" | sort >in_manual
	[ -s in_help ] || fail "no help"
	atf_check diff in_help in_manual
}

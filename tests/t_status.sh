# The status page of the real program: its numbers, its form, and bad askers.

# shown [LINE ...]: a proxy with a status page in front of two backends that echo;
# $pstatus is where.
shown()
{
	backend a 127.0.0.1:0 forever echo
	refuser b 127.0.0.1:0
	{
		echo 'status.listen = "127.0.0.1:0"'
		for _line in "$@"; do
			echo "$_line"
		done
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" {"
		server "a=$a" "b<\"&>=$b"
		echo "}"
	} | sed 's/"b<"&>" =>/"b<\\"\&>" =>/' >shown
	# shellcheck disable=SC2154 # from the fifo
	proxy <shown
}

get()
{
	curl -sS --max-time "$LIMIT" "$@"
}

page()
{
	get "http://$pstatus$1"
}

metric()
{
	page /metrics | sed -n "s/^sockproxy_$1 //p"
}

is()
{
	[ "$1" = "$2" ] || fail "$1 instead of $2: $3"
}

# Three sessions done, one reset by the client; 310,001 bytes each way.
traffic()
{
	for n in 1 10000 300000; do
		client connect "$p0" txseed 1 rxseed 1 send "$n" fin \
		    expect-fin got "$n" close
	done
	client connect "$p0" reset
	await "four have ended" eval '[ "$(metric sessions)" = 0 ] &&
	    [ "$(metric accepted_total)" = 4 ] && all_ended'
}

all_ended()
{
	[ "$(page /metrics | awk '/^sockproxy_sessions_ended_total/ { n += $2 }
	    END { print n }')" = 4 ]
}

describe a_page_that_moves_is_no_failure \
    "status.listen and sockproxy.control elsewhere after a reload: no warning"
a_page_that_moves_is_no_failure_body()
{
	begin
	here
	conf()
	{
		echo "sockproxy.control = \"$PWD/ctl.$1\""
		echo "status.listen = \"$HERE:$1\""
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server \
		    "b=127.0.0.1:9") }"
	}
	conf 8001 >c
	launch -- -f c
	for n in 8002 8001 8002 8001 8002; do
		conf $n >c
		reload
		await "it answers" "$PROGRAM" ctl -s ctl.$n status
	done
	proxy_stop
	logged 0 'accepting no one'
}

describe numbers_are_those_of_the_traffic \
    "metrics, statistics and the page agree with what was sent" curl
numbers_are_those_of_the_traffic_body()
{
	begin
	shown
	traffic
	is "$(metric 'bytes_total{from="client"}')" 310001 "bytes"
	is "$(metric 'bytes_total{from="backend"}')" 310001 "bytes"
	is "$(metric 'sessions_ended_total{reason="done"}')" 3 "ends"
	is "$(metric "listener_accepted_total{listener=\"127.0.0.1:0\",bound=\"$p0\"}")" \
	    4 "accepted"
	l="{backend=\"a\",address=\"$a\",number=\"0\"}"
	is "$(metric "backend_connected_total$l")" \
	    "$(page /server-statistics |
	    sed -n 's/^gw.backend.a.0.connected: //p')" "connected"
	is "$(metric "backend_up$l")" 1 "up"
	is "$(metric "backend_state${l%\}},state=\"up\"}")" 1 "the state up"
	is "$(metric "backend_state${l%\}},state=\"out\"}")" 0 "the state out"
	is "$(page /server-statistics | head -n 1)" "gw.active-requests: 0" \
	    "statistics"
	is "$(page /server-statistics |
	    sed -n 's/^sockproxy.bytes-from-client: //p')" 310001 "bytes"
	page / >page.html
	for w in "127.0.0.1:0" "$p0" "302.7 KiB in all" "4 accepted" \
	    "both sides sent their end" 'b&#60;&#34;&#38;&#62;' "<svg" \
	    'http-equiv=refresh'; do
		grep -qF -e "$w" page.html || fail "the page has no $w"
	done
	grep -qE '<td>[0-9]+ ms<td>' page.html || fail "no time to connect"
	for w in "<script" "http://" "https://" "src="; do
		! grep -qF -e "$w" page.html || fail "the page has $w"
	done
	proxy_stop
}

describe status_json_is_json "and has the numbers" curl python3
status_json_is_json_body()
{
	begin
	shown
	traffic
	page /status.json >status.json
	python3 -c '
import json
d = json.load(open("status.json"))
assert d["accepted"] == 4 and d["sessions"] == 0, d
assert d["bytes"] == {"from_clients": 310001, "from_backends": 310001}, d
assert d["ended"]["done"] == 3, d
assert sum(d["ended"].values()) == 4, d
a, b = d["backends"]
assert a["label"] == "a" and a["state"] == "up", a
assert b["label"] == "b<\"&>" and b["connected"] == 0, b
assert b["died"] == 0 or b["state"] in ("out", "up"), b
l, = d["listeners"]
assert l["accepted"] == 4 and l["bound"].startswith("127.0.0.1:"), l' ||
	    fail "$(cat status.json)"
	proxy_stop
}

# What Prometheus takes, as its text format is written down: each line is a HELP, a
# TYPE or a sample; a TYPE comes once, before the samples of its name, which stand
# together; no sample comes twice.
strict()
{
	awk '
	function bad(why) { print NR ": " why ": " $0; failed = 1 }
	/^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* [^ ]/ { help[$3]++; next }
	/^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge)$/ {
		if (type[$3]++) bad("second TYPE")
		if (!help[$3]) bad("no HELP")
		if ($4 == "counter" && $3 !~ /_total$/) bad("counter name")
		now = $3
		next
	}
	/^[a-zA-Z_:][a-zA-Z0-9_:]*([{]([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)+[}])? [0-9.]+$/ {
		name = $0
		sub(/[{ ].*/, "", name)
		key = $0
		sub(/ [0-9.]+$/, "", key)
		if (seen[key]++) bad("again")
		if (name != now) bad("not behind its TYPE")
		n++
		next
	}
	{ bad("no such line") }
	END { if (n < 50) { print "only " n " samples"; failed = 1 }
	    exit failed }' "$1"
}

describe metrics_are_what_prometheus_takes \
    "by a strict reading of the format, and by promtool where it is" curl
metrics_are_what_prometheus_takes_body()
{
	begin
	shown
	traffic
	page /metrics >metrics
	strict metrics >strict.out || fail "$(cat strict.out)"
	if command -v promtool >/dev/null; then
		atf_check -o ignore -e ignore promtool check metrics <metrics
	fi
	get -D head -o /dev/null "http://$pstatus/metrics"
	grep -qi '^content-type: text/plain; version=0.0.4' head ||
	    fail "$(cat head)"
	proxy_stop
}

status_of()
{
	"$_dir/ask" "$pstatus" "$1" | head -n 1 | tr -d '\r' |
	    sed 's/^HTTP.1.1 \([0-9]*\) .*/\1/'
}

describe requests_are_answered_as_they_deserve \
    "200, 400, 404, 405, 408, 414, 431, 505; HEAD; old clients" curl
requests_are_answered_as_they_deserve_body()
{
	begin
	shown
	h='Host: x\r\n'
	is "$(status_of "GET / HTTP/1.1\r\n$h\r\n")" 200 plain
	is "$(status_of "GET /?x=1 HTTP/1.1\r\n$h\r\n")" 200 query
	is "$(status_of "GET http://h/metrics HTTP/1.1\r\n$h\r\n")" 200 absolute
	is "$(status_of 'GET / HTTP/1.0\r\n\r\n')" 200 old
	is "$(status_of 'GET / HTTP/1.0\n\n')" 200 "bare line ends"
	is "$(status_of "GET /x HTTP/1.1\r\n$h\r\n")" 404 unknown
	is "$(status_of "GET /../etc/passwd HTTP/1.1\r\n$h\r\n")" 404 dots
	is "$(status_of "POST / HTTP/1.1\r\n${h}Content-Length: 3\r\n\r\nabc")" \
	    405 post
	is "$(status_of 'GET / HTTP/1.1\r\n\r\n')" 400 "no host"
	is "$(status_of "GET / HTTP/1.1\r\n$h$h\r\n")" 400 "two hosts"
	is "$(status_of "GET / HTTP/2.0\r\n$h\r\n")" 505 version
	is "$(status_of 'nonsense\r\n\r\n')" 400 nonsense
	is "$(status_of "$(head -c 3000 /dev/zero | tr '\0' x)")" 414 line
	is "$(status_of "GET / HTTP/1.1\r\n$(for i in $(seq 500); do
	    printf 'X-%s: y\\r\\n' "$i"; done)")" 431 fields
	is "$("$_dir/ask" -f "$pstatus" 'GET / HT' | head -n 1 | cut -c 10-12)" \
	    408 "never whole"
	is "$("$_dir/ask" -1 "$pstatus" "GET /metrics HTTP/1.1\r\n$h\r\n" |
	    head -n 1 | cut -c 10-12)" 200 "byte by byte"
	get --http1.0 "http://$pstatus/status.json" | grep -q '}$' ||
	    fail "HTTP/1.0 has no whole answer"
	get -I "http://$pstatus/" >head || fail "HEAD"
	grep -q '^HTTP/1.1 200' head || fail "$(cat head)"
	is "$(get -s -o /dev/null -w '%{http_code}' -X DELETE \
	    "http://$pstatus/")" 405 delete
	proxy_stop
	logged 0 'monitor.*(killed|ended by itself)'
}

describe bad_askers_hurt_nobody \
    "two hundred silent ones, a huge request, one who reads nothing" curl
bad_askers_hurt_nobody_body()
{
	begin
	shown
	peer busy load 2 300 20000 "$p0"
	"$_dir/ask" -h "$pstatus" 'GET /metrics HTTP/1.0\r\n\r\n' & slow=$!
	is "$("$_dir/ask" -n 200 "$pstatus" 'GET /x HTTP/1.0\r\n\r\n' |
	    head -n 1 | cut -c 10-12)" 404 "behind silent ones"
	"$_dir/ask" -g 5000000 "$pstatus" '\r\n' >huge || [ $? -eq 3 ] ||
	    fail "huge"
	page /metrics >/dev/null || fail "no answer any more"
	wait $slow || [ $? -eq 3 ] || fail "the slow one"
	finish busy
	grep -q '^ok 300 lost 0 refused 0$' busy.out || fail "$(cat busy.out)"
	proxy_stop
	logged 0 'monitor.*(killed|ended by itself)'
}

describe page_survives_reloads "the address, the numbers and the history stay" \
    curl
page_survives_reloads_body()
{
	begin
	shown
	traffic
	for n in 2 3 4; do
		kill -HUP "$PROXY"
		await "generation $n" eval \
		    'page / | grep -q "generation '$n',"'
		is "$(metric accepted_total)" 4 "accepted"
		is "$(metric 'bytes_total{from="client"}')" 310001 "bytes"
	done
	client load 1 1 100 "$p0"
	await "the fifth is counted" eval '[ "$(metric accepted_total)" = 5 ]'
	proxy_stop
}

describe page_on_a_unix_socket "status.listen with a path" curl
page_on_a_unix_socket_body()
{
	begin
	proxy <<-CONF
		status.listen = "$PWD/page.sock"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=127.0.0.1:9") }
	CONF
	get --unix-socket page.sock http://x/ | grep -q "127.0.0.1:9" ||
	    fail "no page"
	proxy_stop
	[ ! -e page.sock ] || fail "it was not removed"
}

describe page_at_a_name "status.listen with a name" curl
page_at_a_name_body()
{
	begin
	proxy <<-CONF
		status.listen = "localhost:0"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=127.0.0.1:9") }
	CONF
	page / | grep -q "127.0.0.1:9" || fail "no page"
	proxy_stop
}

describe off_by_default "no monitor runs that nobody asked for"
off_by_default_body()
{
	begin
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=127.0.0.1:9") }
	CONF
	is "$(relays | grep -c .)" 1 "processes besides the parent"
	proxy_stop
}

browser()
{
	for _b in chromium chromium-browser google-chrome; do
		command -v $_b && return
	done
	atf_skip "there is no chromium"
}

# chrome WORD ...: with nothing of its own and nothing of the network.
chrome()
{
	timeout 60 "$(browser)" --headless --no-sandbox --disable-gpu \
	    --disable-quic --no-first-run --disable-background-networking \
	    --disable-component-update --disable-sync \
	    --user-data-dir="$PWD/profile" "$@" 2>chrome.err
}

describe a_browser_shows_it "in Chromium: its text, light and dark, no complaint"
a_browser_shows_it_body()
{
	begin
	browser >/dev/null
	shown
	traffic
	chrome --enable-logging=stderr --v=0 --dump-dom "http://$pstatus/" >dom ||
	    fail "$(tail -n 5 chrome.err)"
	! grep -E 'CONSOLE.*(rror|efused|iolat)' chrome.err || fail "complaints"
	for w in "4 accepted" "302.7 KiB in all" "$a" "</table>" "</svg>"; do
		grep -qF -e "$w" dom || fail "not shown: $w"
	done
	chrome --window-size=1240,1100 --screenshot=light.png \
	    "http://$pstatus/" >/dev/null
	chrome --window-size=1240,1100 --screenshot=dark.png \
	    --blink-settings=preferredColorScheme=0 "http://$pstatus/" >/dev/null
	[ -s light.png ] && [ -s dark.png ] || fail "no pictures"
	! cmp -s light.png dark.png || fail "dark is as light"
	rm -rf profile
	proxy_stop
}

# Backends that fail, come back, and are chosen.

# What chi-square exceeds once in 1,000 draws with two and three degrees of
# freedom.  The addresses are always the same, so that a test never flickers.
CHI2_3=13.8	# three backends
CHI2_4=16.3	# four

# chi2 FILE N: how far the shares of "number backend" lines are from equal ones.
chi2()
{
	awk -v n="$2" '{ c[$2]++ } END { e = NR / n
	    for (b in c) { s += (c[b] - e) ^ 2 / e; k++ }
	    print s + (n - k) * e }' "$1"
}

below()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }' ||
	    fail "chi-square $1 is not below $2: shares $3"
}

# names NAME ...: backends over Unix sockets that only say who they are.
names()
{
	for _who in "$@"; do
		backend "$_who" "./$_who.sock" times 100000 accept \
		    text "$_who" fin close
	done
}

describe refusing_backend_costs_no_client \
    "one of three refuses: 1,000 connections, none lost"
refusing_backend_costs_no_client_body()
{
	begin
	backend a 127.0.0.1:0 forever echo
	refuser b 127.0.0.1:0
	backend c 127.0.0.1:0 forever echo
	for how in fair round-robin sticky hash; do
		proxy <<-CONF
			sockproxy.balance = "$how"
			sockproxy.server-default = ( "disable-time" => "10ms" )
			\$SERVER["socket"] == "127.0.0.1:0" {
			$(server "a=$a" "b=$b" "c=$c") }
		CONF
		client load 20 1000 1000 "$p0"
		atf_check -o inline:"ok 1000 lost 0 refused 0\n" cat client.out
		proxy_stop
		[ "$how" = sticky ] || [ "$how" = hash ] ||
		    [ "$(counter gw.backend.b.0.died)" -gt 0 ] ||
		    fail "$how never tried b"
		counts gw.backend.b.0.connected 0
		counts sockproxy.ended.done 1000
	done
}

describe all_addresses_of_a_name_are_tried \
    "a name with two addresses, one of which refuses; the other is remembered"
all_addresses_of_a_name_are_tried_head()
{
	atf_set require.user root
	atf_set require.progs "unshare mount"
}
all_addresses_of_a_name_are_tried_body()
{
	begin
	unshare -m true || atf_skip "no mount namespaces here"
	backend four 127.0.0.1:0 forever echo
	backend six '[::1]:0' forever echo
	refuser none 127.0.0.1:0
	printf '::1 both\n127.0.0.1 both\n' >hosts
	echo 'mount --bind hosts /etc/hosts && exec "$@"' >with_hosts
	cat >conf <<-CONF
		sockproxy.debug = 2
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "four=both:${four##*:}") }
		\$SERVER["socket"] == "127.0.0.2:0" {
		$(server "six=both:${six##*:}") }
		\$SERVER["socket"] == "127.0.0.3:0" {
		$(server "none=both:${none##*:}") }
		\$SERVER["socket"] == "127.0.0.4:0" {
		$(server "none=both:${none##*:}" "four=both:${four##*:}") }
		\$SERVER["socket"] == "127.0.0.5:0" {
		$(server "none=both:${none##*:}" "six=both:${six##*:}") }
	CONF
	launch unshare -m sh ./with_hosts -- -f conf
	for p in "$p0" "$p1"; do
		client load 1 3 1000 "$p"
		atf_check -o inline:"ok 3 lost 0 refused 0\n" cat client.out
	done
	# whichever comes first, one of the two has met it once
	atf_check -o inline:"1\n" grep -c 'connecting to .* failed' proxy.log
	peer c connect "$p2" expect-reset
	finish c
	await "both have failed" logs 'backend none \(2 addresses\) does not answer'
	# and both of the next one, when those of another have failed before
	for p in "$p3" "$p4"; do
		client connect "$p" rxseed 1 send 1k fin expect-fin got 1k
	done
	proxy_stop
	counts gw.backend.four.0.died 0
	counts gw.backend.six.0.died 0
	counts gw.backend.none.0.died 3
	counts sockproxy.ended.done 8
}

describe a_name_that_is_lost_keeps_its_addresses \
    "a reload without the name server: the log does not call the backend down"
a_name_that_is_lost_keeps_its_addresses_head()
{
	atf_set require.user root
	atf_set require.progs "unshare mount"
}
a_name_that_is_lost_keeps_its_addresses_body()
{
	begin
	unshare -m true || atf_skip "no mount namespaces here"
	backend a 127.0.0.1:0 forever echo
	# No name server is asked: a part of a name has 63 characters at most.
	name=$(printf '%070d' 0).invalid
	echo "127.0.0.1 $name" >hosts
	echo 'mount --bind hosts /etc/hosts && exec "$@"' >with_hosts
	cat >conf <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "a=$name:${a##*:}") }
	CONF
	launch unshare -m sh ./with_hosts -- -f conf
	: >hosts
	reload
	client load 1 1 100 "$p0"
	logged 1 "conf:3: no address for the only backend: \"$name\" does not resolve: "
	logged 1 'conf:3: backend a keeps the address it had$'
	logged 0 'is down'
	proxy_stop
}

describe all_down_is_a_reset_at_once \
    "no backend: reset within 100 ms, no session or descriptor left"
all_down_is_a_reset_at_once_body()
{
	begin
	refuser a 127.0.0.1:0
	refuser b 127.0.0.1:0
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "a=$a" "b=$b" "c=./nothing.sock") }
	CONF
	before=$(descriptors)
	for _ in $(seq 20); do
		client connect "$p0" within 100 expect-reset got 0 close
	done
	await "all descriptors are back" descriptors_are "$before"
	proxy_stop
	counts gw.active-requests 0
	counts gw.backend.a.load 0
	counts sockproxy.ended.no-backend 20
}

describe down_and_up_are_logged_once \
    "a backend goes down and comes back: one line each, naming it"
down_and_up_are_logged_once_body()
{
	begin
	all_of_127
	names a b
	proxy <<-CONF
		sockproxy.balance = "round-robin"
		sockproxy.server-default = ( "disable-time" => "50ms" )
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server a=./a.sock b=./b.sock) }
	CONF
	client tally 10 "$p0"
	kill "$b_pid"
	rm b.sock
	client tally 20 "$p0"
	logged 1 '"?b"? .*(down|left out)'
	atf_check -s exit:1 -o empty grep -v ' a$' client.out
	names b
	await "b is used again" sh -c "
	    '$PEER' tally 4 '$p0' | grep -q 'b\$'"
	logged 1 '"?b"? .*(is up|back|again)'
	proxy_stop
}

describe what_is_never_left_out_is_logged_once_too \
    "disable-time 0: every client tries it, one line when it fails and one later"
what_is_never_left_out_is_logged_once_too_body()
{
	begin
	all_of_127
	names b
	proxy <<-CONF
		sockproxy.balance = "round-robin"
		sockproxy.server-default = ( "disable-time" => 0 )
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server a=./a.sock b=./b.sock) }
	CONF
	client tally 10 "$p0"
	atf_check -s exit:1 -o empty grep -v ' b$' client.out
	logged 1 'backend a .* does not answer: no such file; left out for no time'
	names a
	client tally 10 "$p0"
	atf_check -o inline:"5\n" grep -c ' a$' client.out
	logged 1 'backend a is back'
	proxy_stop
	counts gw.backend.a.0.died 10
}

describe backend_that_comes_back_loses_no_client \
    "all down; then one is back, and is found within its disable-time"
backend_that_comes_back_loses_no_client_body()
{
	begin
	all_of_127
	proxy <<-CONF
		sockproxy.server-default = ( "disable-time" => "10s" )
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server a=./a.sock) }
	CONF
	client connect "$p0" expect-reset got 0 close
	names a
	# all are out, so the one longest out is tried rather than none
	client tally 10 "$p0"
	atf_check -s exit:1 -o empty grep -v ' a$' client.out
	proxy_stop
}

describe full_unix_backlog_is_not_under_way \
    "a Unix backend with a full backlog: the next one serves"
full_unix_backlog_is_not_under_way_body()
{
	begin
	all_of_127
	backlog_of_one
	names b
	proxy <<-CONF
		sockproxy.balance = "round-robin"
		sockproxy.server-default = ( "disable-time" => "1ms" )
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server a=./a.sock b=./b.sock) }
	CONF
	client tally 50 "$p0"
	atf_check -s exit:1 -o empty grep -v ' b$' client.out
	proxy_stop
	[ "$(counter gw.backend.a.0.overloaded)" -gt 0 ] ||
	    fail "a was never full"
	logs 'backend a .* does not answer: its backlog is full; left out' ||
	    fail "not said why"
	counts sockproxy.ended.done 50
}

# "a" listens on ./a.sock, accepts nobody, and its queue is full.
backlog_of_one()
{
	rm -f a.ready
	mkfifo a.ready
	peer a -r a.ready backlog 0 listen ./a.sock park
	told a.ready
	peer queue connect ./a.sock park
	await "the queue is full" sh -c \
	    "! timeout 0.2 '$PEER' connect ./a.sock"
}

describe a_full_backlog_of_the_only_backend_is_named \
    "the line of the session says why no backend could be reached"
a_full_backlog_of_the_only_backend_is_named_body()
{
	begin
	backlog_of_one
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server a=./a.sock) }
	CONF
	client unconnectable "$p0"
	proxy_stop
	full='its backlog is full'
	# FreeBSD's word for it
	[ "$(uname -s)" = Linux ] || full="($full|connection refused)"
	logged 1 "no backend could be reached \\($full\\)"
}

describe connect_that_hangs_times_out \
    "a TCP backend whose queue is full: connect-timeout, then the next"
connect_that_hangs_times_out_body()
{
	begin
	hanging
	backend b 127.0.0.1:0 times 2 accept recv 10 expect-fin close
	proxy <<-CONF
		sockproxy.debug = 2
		sockproxy.balance = "round-robin"
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "a=$hang,\"connect-timeout\" => \"300ms\"" "b=$b") }
	CONF
	# early bytes and the client's end wait in the kernel meanwhile
	client connect "$p0" send 10 fin longer 250 within 1500 expect-fin
	client connect "$p0" send 10 fin within 200 expect-fin
	finish b
	proxy_stop
	counts gw.backend.a.0.timeouts 1
	counts sockproxy.ended.done 2
	logged 1 'does not answer: timed out \(connect-timeout is 0\.300 s, proxy\.conf:[0-9]+\); left out'
}

describe what_was_complete_before_a_reset_is_a_request \
    "connecting: bytes, the client's end and a reset; the bytes are delivered"
what_was_complete_before_a_reset_is_a_request_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "elsewhere a reset takes them along"
	mkfifo hang.ready go
	peer hang -r hang.ready backlog 0 listen 127.0.0.1:0 wait go \
	    forever discard
	hang=127.0.0.1:$(timeout "$LIMIT" cat hang.ready)
	peer q1 connect "$hang" park
	await "the queue is full" sh -c \
	    "! timeout 0.2 '$PEER' connect $hang"
	proxy <<-CONF
		sockproxy.debug = 1
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$hang") }
	CONF
	client connect "$p0" send 10 fin reset
	await "it is connecting" logs 'goes to b'
	: >go
	await "the end" logs 'session 1: .*, 10 bytes from the client'
	end q1
	end hang
	proxy_stop
	counts sockproxy.ended.client-gone 0
}

describe round_robin_takes_turns "the first client gets the first backend"
round_robin_takes_turns_body()
{
	begin
	all_of_127
	names a b c
	proxy <<-CONF
		sockproxy.balance = "round-robin"
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server a=./a.sock b=./b.sock c=./c.sock) }
	CONF
	client tally 6 "$p0"
	atf_check -o inline:"0 a\n1 b\n2 c\n3 a\n4 b\n5 c\n" cat client.out
	proxy_stop
}

describe fair_takes_the_least_loaded "held sessions spread evenly"
fair_takes_the_least_loaded_body()
{
	begin
	for who in a b c; do
		backend $who ./$who.sock forever text $who park
	done
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server a=./a.sock b=./b.sock c=./c.sock) }
	CONF
	n=0
	for want in a b c a b c; do
		n=$((n + 1))
		peer "held$n" connect "$p0" recv-text $want say here park
		await "$want" grep -q here "held$n.out"
	done
	proxy_stop_now
	counts gw.backend.a.0.chosen 2
	counts gw.backend.b.0.chosen 2
	counts gw.backend.c.0.chosen 2
}

describe hash_shares_are_equal_and_move_little \
    "chi-square of 1,000 addresses; a lost backend moves only its own"
hash_shares_are_equal_and_move_little_body()
{
	begin
	all_of_127
	for how in sticky hash; do
		names a b c d
		proxy <<-CONF
			sockproxy.balance = "$how"
			sockproxy.log-sessions = "none"
			sockproxy.server-default = ( "disable-time" => "20ms" )
			\$SERVER["socket"] == "127.0.0.1:0" {
			$(server a=./a.sock b=./b.sock c=./c.sock d=./d.sock)
			}
		CONF
		client tally 1000 "$p0"
		mv client.out "$how.all"
		below "$(chi2 "$how.all" 4)" $CHI2_4 "$how, all"
		client tally 1000 "$p0"
		atf_check -o file:"$how.all" cat client.out

		kill "$c_pid"
		rm c.sock
		client tally 1000 "$p0"
		mv client.out "$how.less"
		below "$(chi2 "$how.less" 3)" $CHI2_3 "$how, without c"
		# whoever was not with c stays
		grep -v ' c$' "$how.all" >stay
		sort stay >stay.sorted
		sort "$how.less" >less.sorted
		atf_check -o empty comm -23 stay.sorted less.sorted

		names c
		await "all are back" sh -c "'$PEER' tally 1000 '$p0' |
		    cmp -s - '$how.all'"
		proxy_stop
		for b in a b d c; do
			kill "$(eval echo "\$${b}_pid")"
		done
	done
}

describe crash_loop_of_a_backend_replays_nothing \
    "a backend that accepts and resets: the client sees it, no other gets it"
crash_loop_of_a_backend_replays_nothing_body()
{
	begin
	backend a 127.0.0.1:0 forever recv 10 reset
	backend b 127.0.0.1:0 forever recv 10 reset
	proxy <<-CONF
		sockproxy.balance = "round-robin"
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "a=$a" "b=$b") }
	CONF
	client times 10 connect "$p0" send 10 expect-reset got 0 close
	end a
	end b
	proxy_stop
	counts gw.backend.a.0.connected 5
	counts gw.backend.b.0.connected 5
	counts sockproxy.ended.backend-reset 10
}

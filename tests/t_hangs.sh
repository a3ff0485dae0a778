# Who hangs, and how long others wait for that: every case waits out a time of ten
# seconds, so these run with one build only.

# Not by strace, which stops it for a moment at each system call.
stopped()
{
	grep -q "^$1 .* stopped by SIGSTOP" strace.out
}

describe a_reading_that_hangs_holds_nobody_up \
    "a command in the configuration: relays are replaced, a stop is obeyed"
a_reading_that_hangs_holds_nobody_up_body()
{
	begin
	own_program
	backend b 127.0.0.1:0 forever echo
	mkfifo reached gate
	conf="\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	echo "$conf" >c
	launch -- -f c
	relay=$(relays | tr -d ' ')
	printf '%s\n' "$conf" 'include_shell "echo >reached; cat gate"' >c
	kill -HUP "$PROXY"
	told reached
	kill -KILL "$relay"
	await "it is replaced" logs 'relay 1 started again'
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "the log says what is up" logs 'takes long: a command in it'
	echo >gate
	await "it is in effect" logs 'is in effect'
	printf '%s\n' "$conf" \
	    'include_shell "cat gate & echo $! >cat; echo >reached; wait"' >c
	kill -HUP "$PROXY"
	told reached
	kill -TERM "$PROXY"
	wait "$PROXY" || fail "sockproxy ended with $?"
	PROXY=
	await "no process is left" processes_are 0
	await "nor the command" is_gone "$(cat cat)"
	logs 'not changed: sockproxy stops' || fail "not said"
}

describe a_relay_that_is_stopped_holds_nobody_up_for_ever \
    "SIGSTOP of the old relay: the new one serves after 10 seconds"
a_relay_that_is_stopped_holds_nobody_up_for_ever_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	conf()
	{
		for _a in 127.0.0.1:0 "$@"; do
			echo "\$SERVER[\"socket\"] == \"$_a\" { $(server "b=$b") }"
		done
	}
	conf "$HERE:8000" "$PWD/s" >c
	launch -- -f c
	half_way "$p0"
	relay=$(relays | tr -d ' ')
	kill -STOP "$relay"
	peer two connect "$HERE:8000" say in send 10 expect-reset got 0
	peer three connect "$PWD/s" say in send 10 expect-end got 0
	for n in two three; do
		await "$n waits to be accepted" grep -q in $n.out
	done
	conf >c
	kill -HUP "$PROXY"
	await "the next crew serves" logs 'is in effect'
	# Its copies of the listeners that were removed keep nobody, at a Unix socket when
	# it is left alone.
	[ "$(uname -s)" != Linux ] || finish two
	[ "$(uname -s)" != Linux ] || client unconnectable "$HERE:8000"
	client connect "$p0" rxseed 1 send 1k fin longer 5000 expect-fin got 1k
	[ "$(uname -s)" != Linux ] || finish three
	logs "process $relay of the configuration before goes on" ||
	    fail "not said"
	open=$(parent_fds)
	[ "$(uname -s)" != Linux ] || conf "$HERE:8000" >c
	reload
	[ "$(uname -s)" != Linux ] ||
	    client connect "$HERE:8000" rxseed 1 send 1k fin expect-fin got 1k
	conf >c
	reload
	# What comes late is handed over or goes on where it is, as it was.
	kill -CONT "$relay"
	echo >go
	finish one
	await "the old relay ends" test ! -e "/proc/$relay"
	await "its channel is closed" parent_fds_most $((open - 1))
	logged 0 'accepting no one'
	proxy_stop
	await "no process is left" processes_are 0
	counts gw.active-requests 0
}

describe who_comes_late_finds_room \
    "sessions of a relay that was left alone, when the new one is full"
who_comes_late_finds_room_body()
{
	begin
	own_program
	backend b 127.0.0.1:0 forever echo
	mkfifo up go-one go-two go-three go-four
	{
		echo "server.max-connections = 2"
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	} >c
	launch -- -f c
	for n in one two; do
		peer $n connect "$p0" rxseed 1 send 1000 recv 1000 tell up wait go-$n \
		    send 5000 fin expect-fin got 6000
		timeout "$LIMIT" head -n 1 up >/dev/null
	done
	relay=$(relays | tr -d ' ')
	kill -STOP "$relay"
	kill -HUP "$PROXY"
	await "it is left alone" logs "process $relay of .* before goes on"
	for n in three four; do
		peer $n connect "$p0" rxseed 1 send 1000 recv 1000 tell up wait go-$n \
		    send 5000 fin expect-fin got 6000
		timeout "$LIMIT" head -n 1 up >/dev/null
	done
	kill -CONT "$relay"
	await "the old relay ends" test ! -e "/proc/$relay"
	for n in one two three four; do
		echo >go-$n
	done
	finish one two three four
	proxy_stop
	counts sockproxy.ended.done 4
}

describe who_is_left_alone_outlives_an_upgrade \
    "a relay hangs in a reload, and another program takes over: its session goes on"
who_is_left_alone_outlives_an_upgrade_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }" >c
	launch -- -f c
	half_way "$HERE:8000"
	relay=$(relays | tr -d ' ')
	kill -STOP "$relay"
	kill -HUP "$PROXY"
	await "it is left alone" logs "process $relay of .* before goes on"
	kill -USR2 "$PROXY"
	await "the new program" logs 'took over, process'
	await "its own relay" eval '[ "$(grep -c "is in effect" proxy.log)" = 2 ]'
	# nobody is there any more who would take its session
	await "the one between ends" relays_are 2
	kill -CONT "$relay"
	await "it is woken" logs 'end here in their own time|is gone'
	logged 0 'is gone'
	echo >go
	finish one
	await "the old relay ends" test ! -e "/proc/$relay"
	proxy_stop
}

describe a_relay_that_was_left_alone_keeps_no_address \
    "SIGSTOP of the old relay, and a stop: the next start has its addresses"
a_relay_that_was_left_alone_keeps_no_address_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "it does, but on Linux"
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }" >c
	launch -- -f c
	relay=$(relays | tr -d ' ')
	kill -STOP "$relay"
	kill -HUP "$PROXY"
	await "it is left alone" logs "process $relay of .* before goes on"
	proxy_stop
	client unconnectable "$HERE:8000"
	launch -- -f c
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	kill -CONT "$relay"
	await "the old relay ends" processes_are 2
	proxy_stop
	await "no process is left" processes_are 0
}

describe a_new_relay_that_hangs_is_told_of \
    "SIGSTOP of a relay that has just said that it serves; its sessions wait"
a_new_relay_that_hangs_is_told_of_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
a_new_relay_that_hangs_is_told_of_body()
{
	begin
	own_program
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }" >c
	launch -- -f c
	half_way "$p0"
	old=$(relays | tr -d ' ')
	# The first of the relay says that it serves, that of the parent is next.
	inject "$PROXY" -f -e trace=sendmsg \
	    -e inject=sendmsg:signal=STOP:when=1
	kill -HUP "$PROXY"
	await "the parent is stopped" stopped "$PROXY"
	new=$(relays_but "$old")
	await "the new relay is stopped" stopped "$new"
	let_go
	kill -CONT "$PROXY"
	await "it is told of" logs "relay 1 \(process $new\) hangs"
	logged 1 'is in effect'
	kill -CONT "$new"
	echo >go
	finish one
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "the old one has ended" relays_are 1
	proxy_stop
	await "no process is left" processes_are 0
	counts sockproxy.accepted 2
	counts sockproxy.ended.done 2
	counts gw.active-requests 0
}

describe a_parent_that_was_away_gives_others_their_time \
    "the parent is late in a reload and an upgrade: that is not held against others"
a_parent_that_was_away_gives_others_their_time_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
a_parent_that_was_away_gives_others_their_time_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }" >c
	launch -- -f c
	# Before there is a channel to the new relay; before the old one is told.
	for what in socketpair:when=2 sendmsg:when=1; do
		inject "$PROXY" -e trace="${what%%:*}" \
		    -e inject="$what:delay_enter=10500000"
		reload
		let_go
	done
	# Before the new program tries itself.
	forks='/^(clone3?|v?fork)$'
	inject "$PROXY" -e trace="$forks" \
	    -e inject="$forks:when=1:delay_enter=10500000"
	reload USR2
	let_go
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "the old relay has ended" relays_are 1
	logged 0 'goes on with its sessions'
	proxy_stop
}

# names TEXT ...: what /etc/hosts is for a program started by "unshare -m sh named",
# besides a name server that never answers.
names()
{
	printf '%s\n' "$@" >hosts
	# musl waits a second for all tries, glibc one for each
	printf 'nameserver 192.0.2.1\noptions timeout:1 attempts:1\n' >resolv
	cat >named <<-'EOF'
	mount --bind hosts /etc/hosts &&
	    mount --bind resolv /etc/resolv.conf && exec "$@"
	EOF
	nft add rule inet t in udp dport 53 drop
}

describe_in_net names_are_looked_up_until_they_have_an_address \
    "a name without an address at the start: its backend comes by itself"
names_are_looked_up_until_they_have_an_address_body()
{
	inside names_are_looked_up_until_they_have_an_address
	network
	names
	backend b 127.0.0.1:0 forever echo
	backend late 127.0.0.1:0 forever text late fin expect-end
	proxy unshare -m sh named <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "late=late.example:${late##*:}" never=never.example:80) }
		\$SERVER["socket"] == "127.0.0.2:0" { $(server "b=$b") }
	CONF
	half_way "$p1"
	client connect "$p0" expect-reset
	logged 1 'names without an address are looked up again in 10 s'
	echo '127.0.0.1 late.example' >>hosts
	# It is not read for that.
	echo garbage >>proxy.conf
	await "the name has an address" logs \
	    'proxy.conf:[0-9]+: "late.example" has an address now'
	await "that is in effect" logs 'the configuration is in effect'
	client connect "$p0" recv-text late fin expect-fin
	echo >go
	finish one
	logged 2 'no address for a backend'
	logged 1 'looked up again'
	proxy_stop
}

describe_in_net names_that_nobody_can_look_up_are_in_the_log \
    "no process for a name without an address: the log says so"
names_that_nobody_can_look_up_are_in_the_log_head()
{
	atf_set timeout 120
	atf_set require.user root
	atf_set require.progs strace unshare nft ip
}
names_that_nobody_can_look_up_are_in_the_log_body()
{
	inside names_that_nobody_can_look_up_are_in_the_log
	network
	names
	proxy unshare -m sh named <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server never=never.example:80) }
	CONF
	forks='/^(clone3?|v?fork)$'
	inject "$PROXY" -e trace="$forks" -e inject="$forks:error=EAGAIN"
	await "it was tried" logs \
	    'error: names cannot be looked up: too many processes'
	let_go
	proxy_stop
}

describe_in_net dead_name_servers_hold_nobody_up \
    "many names: not asked after 10 seconds of a start, but beside the relays"
dead_name_servers_hold_nobody_up_body()
{
	inside dead_name_servers_hold_nobody_up
	own_program
	network
	names
	backend b 127.0.0.1:0 forever echo
	good="\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	names=
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		names="$names n$n=n$n.example:80"
	done
	# shellcheck disable=SC2086
	proxy unshare -m sh named <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server $names "b=$b") }
	CONF
	logs '"n1.example" does not resolve: the name server does not answer' ||
	    fail "not asked"
	logs '"n16.example" does not resolve: the names before it took too long' ||
	    fail "all were asked"
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	# That takes 16 seconds and more.
	await "they are looked up again" processes_are 3
	echo "$good" >proxy.conf
	kill -HUP "$PROXY"
	LIMIT=8
	await "a reload does not wait for the names" logs 'is in effect'
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
	await "no process is left" processes_are 0
}

pipes_are()
{
	[ "$(ls -l "/proc/$relay/fd" | grep -c pipe:)" "$@" ]
}

describe pipes_of_a_peak_are_given_back \
    "what was opened to splice, when no buffer was needed"
pipes_of_a_peak_are_given_back_body()
{
	begin
	[ -d /proc/self/fd ] || atf_skip "/proc does not tell"
	[ "$SPLICE" != disable ] || atf_skip "without pipes"
	backend b 127.0.0.1:0 forever echo
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	relay=$(relays | tr -d ' ')
	pipes_are -eq 0 || fail "pipes before there are sessions"
	client load 8 16 8m "$p0"
	pipes_are -gt 0 || atf_skip "nothing was spliced"
	await "they are closed" pipes_are -eq 0
	proxy_stop
}

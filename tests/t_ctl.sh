# The control socket of the real program, its client, and those who misuse it.

ctl()
{
	"$PROGRAM" ctl -s ./ctl.sock "$@"
}

# controlled: a proxy with a control socket; the blocks come from standard input.
controlled()
{
	{
		echo "sockproxy.control = \"$PWD/ctl.sock\""
		cat
	} >controlled
	proxy "$@" <controlled
}

# in_front_of_two: backends a and b that echo, taking turns.
in_front_of_two()
{
	backend a 127.0.0.1:0 forever echo
	backend b 127.0.0.1:0 forever echo
	controlled <<-CONF
		sockproxy.balance = "round-robin"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=$a" "b=$b") }
	CONF
}

# column BACKEND N: of the listing of backends.
column()
{
	ctl backends | awk -v b="$1" -v n="$2" '$2 == b { print $n }'
}

state_is()
{
	[ "$(column "$1" 3)" = "$2" ]
}

load_is()
{
	[ "$(column "$1" 4)" = "$2" ]
}

# A member of what --json says, by its path: "backends.0.load".
member()
{
	ctl --json "$1" | python3 -c '
import json, sys
v = json.load(sys.stdin)
for k in sys.argv[1].split("."):
    v = v[int(k)] if isinstance(v, list) else v[k]
print(v)' "$2"
}

is()
{
	[ "$1" = "$2" ] || fail "$1 instead of $2: $3"
}

describe totals_are_those_of_the_traffic \
    "status, backends, listeners and sessions show what was sent" python3
totals_are_those_of_the_traffic_body()
{
	begin
	in_front_of_two
	for n in 1 10000 300000; do
		client connect "$p0" txseed 1 rxseed 1 send "$n" fin \
		    expect-fin got "$n" close
	done
	client connect "$p0" fin expect-fin got 0 close
	await "four sessions have ended" eval \
	    '[ "$(member status ended.done)" = 4 ]'
	is "$(member status accepted)" 4 accepted
	is "$(member status sessions)" 0 sessions
	is "$(member status bytes.from_clients)" 310001 "bytes from clients"
	is "$(member status bytes.from_backends)" 310001 "bytes from backends"
	is "$(member backends backends.0.connected)" 2 "connections of a"
	is "$(member backends backends.1.connected)" 2 "connections of b"
	is "$(member backends backends.0.bytes.from_clients)" 300001 "bytes to a"
	is "$(member backends backends.0.label)" a "label of a"
	is "$(member backends backends.0.address)" "$a" "address of a"
	is "$(member listeners listeners.0.bound)" "$p0" "bound address"
	is "$(member listeners listeners.0.accepted)" 4 "accepted by listener"
	ctl status >status.txt
	grep -q '^accepted  *4$' status.txt || fail "$(cat status.txt)"
	ctl listeners | grep -q " $p0\$" || fail "$(ctl listeners)"
	is "$(ctl listeners | awk 'NR == 1 { print $1, $2 }')" \
	    "LISTENER ACTIVE" "the first line of listeners"
	is "$(ctl backends | awk 'NR == 1 { print $2, $3 }')" \
	    "BACKEND STATE" "the first line of backends"
	proxy_stop
	counts sockproxy.accepted 4
}

describe sessions_are_listed_while_they_live \
    "client, backend, bytes and state of each session" python3
sessions_are_listed_while_they_live_body()
{
	begin
	mkfifo go1 go2
	in_front_of_two
	peer one connect "$p0" txseed 1 rxseed 1 send 5000 recv 5000 \
	    wait go1 fin expect-fin close
	peer two connect "$p0" fin wait go2 close
	await "bytes are counted" eval \
	    '[ "$(ctl sessions | grep -c -w 5000)" = 0 ] &&
	    ctl --json sessions | grep -q "from_backends\":5000"'
	ctl --json sessions | python3 -c '
import json, sys
s = json.load(sys.stdin)["sessions"]
s = [x for x in s if x["bytes"]["from_clients"] == 5000][0]
assert s["state"] in ("relay", "splice"), s
assert s["listener"] == "127.0.0.1:0", s
assert s["backend"] in ("a", "b"), s
assert s["client"].startswith("127.0.0.1:"), s
assert s["held"] == 0 and s["age_ms"] >= s["idle_ms"], s' ||
	    fail "$(ctl --json sessions)"
	echo >go1
	echo >go2
	finish one two
	await "no session is left" eval '[ "$(ctl sessions | wc -l)" -eq 1 ]'
	proxy_stop
}

describe killed_session_is_reset "kill: by reset, and only that one"
killed_session_is_reset_body()
{
	begin
	mkfifo go
	in_front_of_two
	peer one connect "$p0" expect-reset
	await "the first is there" eval '[ "$(ctl sessions | wc -l)" -eq 2 ]'
	id=$(ctl sessions | awk 'NR == 2 { print $1 }')
	peer two connect "$p0" wait go txseed 1 rxseed 1 send 10 fin \
	    expect-fin got 10 close
	await "both are there" eval '[ "$(ctl sessions | wc -l)" -eq 3 ]'
	atf_check -o inline:"the session is ended\n" \
	    "$PROGRAM" ctl -s ./ctl.sock kill "$id"
	finish one
	echo >go
	finish two
	atf_check -s exit:1 -e match:'there is no session "[0-9.]*"; "sessions" shows what they are called' \
	    "$PROGRAM" ctl -s ./ctl.sock kill "$id"
	proxy_stop
	counts sockproxy.ended.killed 1
	counts sockproxy.ended.done 1
}

describe drained_backend_gets_no_new_session \
    "drain: old sessions go on, new ones go elsewhere; enable undoes it"
drained_backend_gets_no_new_session_body()
{
	begin
	mkfifo go
	in_front_of_two
	peer one connect "$p0" wait go txseed 1 rxseed 1 send 1000 fin \
	    expect-fin got 1000 close
	await "it is on a" load_is a 1
	ctl drain a || fail "drain failed"
	state_is a drain || fail "a is not drained"
	client load 4 20 100 "$p0"
	atf_check -o inline:"ok 20 lost 0 refused 0\n" cat client.out
	is "$(column a 5)" 1 "connections of a"
	is "$(column b 5)" 20 "connections of b"
	# all drained: even the last resort is none
	ctl drain b
	client unconnectable "$p0"
	await "the reason" logs 'reached \(all are drained, disabled or without'
	ctl enable a
	client load 1 1 100 "$p0"
	is "$(column a 5)" 2 "connections of a"
	echo >go
	finish one
	proxy_stop
	logged 1 'operator: drain backend a'
}

describe disabled_backend_loses_its_sessions \
    "disable: its sessions are reset, those of others go on"
disabled_backend_loses_its_sessions_body()
{
	begin
	mkfifo go
	in_front_of_two
	peer one connect "$p0" expect-reset
	await "it is on a" load_is a 1
	peer two connect "$p0" wait go fin expect-fin close
	await "it is on b" load_is b 1
	ctl disable "#0" || fail "disable failed"
	finish one
	state_is a disabled || fail "a is not disabled"
	client load 2 10 100 "$p0"
	is "$(column a 5)" 1 "connections of a"
	echo >go
	finish two
	proxy_stop
	counts sockproxy.ended.killed 1
}

describe who_is_handed_over_late_is_reset_too \
    "disable while a relay has yet to hand over: its sessions of that backend go"
who_is_handed_over_late_is_reset_too_body()
{
	begin
	in_front_of_two
	relay=$(relays | sed -n 1p | tr -d ' ')
	peer one connect "$p0" expect-reset
	await "it is on a" load_is a 1
	mkfifo go
	peer two connect "$p0" wait go txseed 1 rxseed 1 send 10 fin \
	    expect-fin got 10 close
	await "it is on b" load_is b 1
	kill -STOP "$relay"
	reload
	await "the next monitor answers" load_is a 0
	ctl disable a || fail "disable failed"
	kill -CONT "$relay"
	await "it has handed over" gone "$relay"
	finish one
	await "one is left" eval '[ "$(ctl sessions | wc -l)" -eq 2 ]'
	echo >go
	finish two
	proxy_stop
	counts sockproxy.ended.killed 1
}

# becomes PROGRAM COMMAND: what an upgrade meets in the place of own_program's copy:
# a try is that command.
becomes()
{
	rm sockproxy
	printf '#!/bin/sh\n[ "$1$2" != -D-H ] || { %s; exit; }\nexec "%s" "$@"\n' \
	    "$2" "$1" >sockproxy
	chmod +x sockproxy
	PROGRAM=$1
}

# held_after PID: that one has ended, and the parent is about to look.
held_after()
{
	is_gone "$1" && grep -q '^State:[[:blank:]]*t' "/proc/$PROXY/status"
}

# With own_program, whose original is $new: the parent is held where it learns of the
# try's end, when it has looked what the monitor says; let_go.
upgrade_until_the_try_is_over()
{
	mkfifo tries
	becomes "$new" 'echo $$ >tries'
	hold "$PROXY" wait4 3000
	kill -USR2 "$PROXY"
	_try=$(timeout "$LIMIT" cat tries)
	await "the try is over" held_after "$_try"
}

describe an_order_that_an_upgrade_overtakes_is_obeyed \
    "disable in the moment of execve(2): the sessions that are there are reset"
an_order_that_an_upgrade_overtakes_is_obeyed_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
an_order_that_an_upgrade_overtakes_is_obeyed_body()
{
	begin
	new=$PROGRAM
	own_program
	here
	mkfifo go
	backend a 127.0.0.1:0 forever echo
	backend b 127.0.0.1:0 forever echo
	controlled <<-CONF
		sockproxy.balance = "round-robin"
		\$SERVER["socket"] == "$HERE:8000" { $(server "a=$a" "b=$b") }
	CONF
	peer one connect "$p0" expect-reset
	await "it is on a" load_is a 1
	peer two connect "$p0" wait go txseed 1 rxseed 1 send 10 fin \
	    expect-fin got 10 close
	await "it is on b" load_is b 1
	upgrade_until_the_try_is_over
	ctl disable a || fail "disable failed"
	let_go
	await "the new program serves" logs 'the configuration is in effect'
	await "it answers" state_is a disabled
	finish one
	echo >go
	finish two
	proxy_stop
}

describe an_order_that_a_failed_upgrade_overtakes_is_obeyed \
    "the program has gone, and disable came just before: the sessions are reset"
an_order_that_a_failed_upgrade_overtakes_is_obeyed_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
an_order_that_a_failed_upgrade_overtakes_is_obeyed_body()
{
	begin
	new=$PROGRAM
	own_program
	here
	backend a 127.0.0.1:0 forever echo
	controlled <<-CONF
		\$SERVER["socket"] == "$HERE:8000" { $(server "a=$a") }
	CONF
	peer one connect "$p0" expect-reset
	await "it is on a" load_is a 1
	upgrade_until_the_try_is_over
	rm sockproxy
	ctl disable a || fail "disable failed"
	let_go
	await "it is refused" logs 'not taken as the new program: no such file'
	await "the next monitor answers" state_is a disabled
	finish one
	proxy_stop
}

describe a_reload_that_an_upgrade_overtakes_is_its_own \
    "asked for while the new program tries itself: who makes it is said"
a_reload_that_an_upgrade_overtakes_is_its_own_body()
{
	begin
	new=$PROGRAM
	own_program
	here
	mkfifo tries gate
	backend a 127.0.0.1:0 forever echo
	controlled <<-CONF
		\$SERVER["socket"] == "$HERE:8000" { $(server "a=$a") }
	CONF
	becomes "$new" 'echo >tries; cat gate'
	kill -USR2 "$PROXY"
	told tries
	ctl reload >said 2>&1 & asks=$!
	await "it is asked for" logs 'operator: reload'
	echo >gate
	wait $asks && fail "it was taken, by nobody yet"
	is "$(cat said)" "sockproxy ctl: the parent process has ended, or become \
another program, which reads the configuration: see the log" "the answer"
	await "the new program serves" logs 'the configuration is in effect'
	proxy_stop
}

describe orders_end_with_who_gives_them \
    "an upgrade without control and status: a later reload with it begins anew"
orders_end_with_who_gives_them_body()
{
	begin
	own_program
	here
	backend a 127.0.0.1:0 forever echo
	controlled <<-CONF
		\$SERVER["socket"] == "$HERE:8000" { $(server "a=$a") }
	CONF
	ctl drain a || fail "drain failed"
	cp proxy.conf with
	sed '/^sockproxy.control/d' with >proxy.conf
	reload USR2
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	cp with proxy.conf
	reload
	await "somebody answers" ctl status
	state_is a up || fail "a is $(column a 3)"
	proxy_stop
}

describe backend_that_is_done_has_no_load \
    "a client has yet to read the end: its backend can be taken away"
backend_that_is_done_has_no_load_body()
{
	begin
	! "$PROGRAM" -V | grep -q '^splicing: none' ||
	    atf_skip "this program cannot tell what the system still holds"
	mkfifo go
	much=$(unread)
	backend a 127.0.0.1:0 accept expect-fin send $much fin close
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=$a") }
	CONF
	peer one rcvbuf 4096 connect "$p0" fin wait go expect-fin got $much
	finish a
	await "the backend is done" load_is a 0
	ctl sessions | grep -q last || fail "the session is over"
	echo >go
	finish one
	await "all has arrived" logs "session 1: .* both sides sent their end"
	proxy_stop
	counts sockproxy.ended.done 1
}

describe reload_says_what_came_of_it \
    "reload: done, or refused with the errors; sessions and orders stay" \
    python3
reload_says_what_came_of_it_body()
{
	begin
	mkfifo go
	in_front_of_two
	ctl drain b
	peer one connect "$p0" txseed 1 rxseed 1 send 1000 recv 1000 wait go \
	    send 1000 fin expect-fin got 2000 close
	await "it is on a" load_is a 1
	atf_check "$PROGRAM" ctl -s ./ctl.sock reload
	await "the next monitor answers" state_is b drain
	load_is a 1 || fail "the session is not counted any more"
	cp proxy.conf good
	echo 'sockproxy.balence = "fair"' >>proxy.conf
	atf_check -s exit:1 -o match:"proxy.conf:[0-9]+:1: error:.*balance" \
	    -e match:"not taken" "$PROGRAM" ctl -s ./ctl.sock reload
	cp good proxy.conf
	echo '$SERVER["socket"] == "/nonexistent/x" { '"$(server "a=$a")"' }' \
	    >>proxy.conf
	atf_check -s exit:1 -o match:"directory" -e match:"not taken" \
	    "$PROGRAM" ctl -s ./ctl.sock reload
	cp good proxy.conf
	for i in $(seq 99); do
		echo "server.not-$i-$(printf %0230d 0) = 1"
	done >>proxy.conf
	ctl reload >said && fail "it was taken"
	is "$(grep -c 'error: no directive has the name server.not-' said)" 99 lines
	ctl --json reload >said && fail "it was taken"
	is "$(python3 -c 'import json, sys
print(len(json.load(sys.stdin)["messages"]))' <said)" 99 messages
	cp good proxy.conf
	atf_check -o match:'"messages":\[\]' \
	    "$PROGRAM" ctl -s ./ctl.sock --json reload
	await "the next monitor answers" state_is b drain
	echo >go
	finish one
	proxy_stop
}

describe a_reload_has_its_own_verdict \
    "asked for while another one is under way: the file is read again for it"
a_reload_has_its_own_verdict_body()
{
	begin
	in_front_of_two
	mkfifo reached gate
	cp proxy.conf good
	echo 'include_shell "echo >reached; cat gate"' >>proxy.conf
	ctl reload >first & first=$!
	told reached
	cp good proxy.conf
	echo 'sockproxy.balence = "fair"' >>proxy.conf
	ctl reload >second & second=$!
	await "both are asked for" times_logged 2 'operator: reload'
	echo >gate
	wait $first || fail "the first one: $(cat first)"
	wait $second && fail "the second one was taken"
	is "$(cat first)" "" "the first one says"
	grep -q 'error:.*balance' second || fail "the second one: $(cat second)"
	logged 1 'is in effect'
	logged 1 'is not changed'
	# and the other way round
	echo 'include_shell "echo >reached; cat gate"' >>proxy.conf
	ctl reload >first & first=$!
	told reached
	cp good proxy.conf
	ctl reload >second & second=$!
	await "both are asked for" times_logged 4 'operator: reload'
	echo >gate
	wait $first && fail "the first one was taken"
	wait $second || fail "the second one: $(cat second)"
	is "$(cat second)" "" "the second one says"
	# and with both taken: who waits is at the monitor before the last
	echo 'include_shell "echo >reached; cat gate"' >>proxy.conf
	ctl reload >first & first=$!
	told reached
	cp good proxy.conf
	ctl reload >second 2>&1 & second=$!
	await "both are asked for" times_logged 6 'operator: reload'
	echo >gate
	wait $first || fail "the first one: $(cat first)"
	wait $second || fail "the second one: $(cat second)"
	# who asks when it stops is told so
	echo 'include_shell "echo >reached; cat gate"' >>proxy.conf
	ctl reload >first & first=$!
	told reached
	proxy_stop
	wait $first && fail "taken at the end"
	grep -q 'sockproxy stops' first || fail "at the end: $(cat first)"
}

describe who_asks_when_it_stops_is_told \
    "a stop while a reload reads: a monitor that is slow has time to say so" \
    strace
who_asks_when_it_stops_is_told_body()
{
	begin
	in_front_of_two
	mkfifo reached gate
	echo 'include_shell "echo >reached; cat gate"' >>proxy.conf
	ctl reload >first 2>&1 & first=$!
	told reached
	# the reader has come after it
	hold "$(relays | sed -n 2p | tr -d ' ')" recvmsg 200
	proxy_stop
	wait $first && fail "taken at the end"
	grep -q 'sockproxy stops' first || fail "it says: $(cat first)"
	grep -q 'not taken' first || fail "the end: $(cat first)"
}

describe a_reading_that_dies_is_a_reload_refused \
    "the process that reads is killed: who asked is told why, all is as it was"
a_reading_that_dies_is_a_reload_refused_body()
{
	begin
	in_front_of_two
	cp proxy.conf good
	echo 'include_shell "kill -KILL $PPID"' >>proxy.conf
	atf_check -s exit:1 -o match:"reads it was killed" \
	    -e match:"not taken" "$PROGRAM" ctl -s ./ctl.sock reload
	logged 1 'the reader .* was killed by signal 9'
	logged 1 'is not changed'
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	cp good proxy.conf
	atf_check "$PROGRAM" ctl -s ./ctl.sock reload
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe a_reload_that_cannot_begin_says_why \
    "no channel to the process that reads, to a new relay: the reason is told"
a_reload_that_cannot_begin_says_why_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
a_reload_that_cannot_begin_says_why_body()
{
	begin
	in_front_of_two
	echo "\$SERVER[\"socket\"] == \"$PWD/new\" { $(server "a=$a") }" \
	    >>proxy.conf
	open=$(parent_fds)
	for what in 'it cannot be read' 'cannot start relay 1'; do
		n=$((${n:-0} + 1))
		inject "$PROXY" -e trace=socketpair \
		    -e inject=socketpair:error=EMFILE:when=$n
		atf_check -s exit:1 -o match:"^$what: out of descriptors" \
		    -e match:"not taken" "$PROGRAM" ctl -s ./ctl.sock reload
		let_go
		logged 1 "error: $what: out of descriptors"
		logged $n 'is not changed'
		parent_fds_most "$open" || fail "$what: a descriptor is left"
		[ ! -e new ] || fail "$what: the socket of a new listener is left"
	done
	atf_check "$PROGRAM" ctl -s ./ctl.sock reload
	client connect "$PWD/new" rxseed 1 send 1k fin expect-fin got 1k
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe an_order_that_is_half_done_says_so \
    "disable, and the parent cannot be told: no new sessions, and it is logged"
an_order_that_is_half_done_says_so_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
an_order_that_is_half_done_says_so_body()
{
	begin
	SANDBOX=disable
	in_front_of_two
	await "it answers" ctl status
	inject "$(relays | tail -n 1 | tr -d ' ')" -e trace=sendmsg \
	    -e inject=sendmsg:error=ENFILE:when=1
	atf_check -s exit:1 -e match:"no new sessions; .* cannot be told: the system is out" \
	    "$PROGRAM" ctl -s ./ctl.sock disable b
	let_go
	is "$(column b 3)" disabled "state of b"
	logged 1 'operator: disable backend b'
	proxy_stop
}

describe who_cannot_be_let_in_is_told_of \
    "no descriptor for a client of the control socket, no memory to wait for it"
who_cannot_be_let_in_is_told_of_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
who_cannot_be_let_in_is_told_of_body()
{
	begin
	SANDBOX=disable
	in_front_of_two
	await "it answers" ctl status
	monitor=$(relays | tail -n 1 | tr -d ' ')
	said='control socket: accepting no one for a while'
	inject "$monitor" -e trace=accept,accept4 \
	    -e inject=accept,accept4:error=EMFILE:when=1..2
	ctl status || fail "it does not answer"
	let_go
	logged 1 "$said: out of descriptors"
	case $("$PROGRAM" -V) in
	*"waiting: epoll"*)	;;
	*)	proxy_stop; return ;;
	esac
	inject "$monitor" -e trace=epoll_ctl \
	    -e inject=epoll_ctl:error=ENOMEM:when=1
	atf_check -s exit:1 -e match:'sockproxy ctl: ' \
	    "$PROGRAM" ctl -s ./ctl.sock status
	let_go
	ctl status || fail "it does not answer any more"
	logged 1 "$said: out of memory"
	proxy_stop
}

describe what_is_ordered_after_a_reload_holds \
    "reload, and an order at once: the monitor that goes does not take it"
what_is_ordered_after_a_reload_holds_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
what_is_ordered_after_a_reload_holds_body()
{
	begin
	in_front_of_two
	# The parent is late with all that it tells.
	hold "$PROXY" sendmsg 700
	atf_check "$PROGRAM" ctl -s ./ctl.sock reload
	ctl drain b || fail "the order is refused"
	let_go
	is "$(column b 3)" drain "state of b"
	proxy_stop
}

moved_least()
{
	[ "$(member status bytes.from_clients)" -ge "$1" ]
}

describe a_rate_holds_for_sessions_that_splice \
    "connection.kbytes-per-second comes with a reload, in mid stream" python3
a_rate_holds_for_sessions_that_splice_body()
{
	begin
	backend d 127.0.0.1:0 forever discard
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "d=$d") }
	CONF
	peer one connect "$p0" send-until-error
	await "it streams" moved_least 50000000
	sed 's/.*SERVER.*/connection.kbytes-per-second = 100\n&/' proxy.conf >c
	mv c proxy.conf
	reload
	await "the next monitor answers" ctl status
	before=$(member status bytes.from_clients)
	sleep 1
	more=$(($(member status bytes.from_clients) - before))
	[ "$more" -le 2000000 ] || fail "$more bytes in a second"
	proxy_stop_now
}

describe control_can_move_and_go "reload with another control socket, and none"
control_can_move_and_go_body()
{
	begin
	in_front_of_two
	sed "s/ctl.sock/new.sock/" proxy.conf >new
	cp new proxy.conf
	kill -HUP "$PROXY"
	await "the new socket answers" "$PROGRAM" ctl -s ./new.sock status
	await "the old one is gone" test ! -e ctl.sock
	grep -v sockproxy.control new >proxy.conf
	kill -HUP "$PROXY"
	await "the new one is gone" test ! -e new.sock
	client load 1 1 100 "$p0"
	proxy_stop
}

describe a_name_without_an_address_is_unresolved \
    "its state, and its address as it is written; a backend up is used" python3
a_name_without_an_address_is_unresolved_body()
{
	begin
	backend a 127.0.0.1:0 forever echo
	# No name server is asked: a part of a name has 63 characters at most.
	name=$(printf '%070d' 0).invalid
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "n=$name:80" "a=$a") }
		\$SERVER["socket"] == "127.0.0.2:0" { $(server "longer-than-others=$name:81")
		    \$HTTP["remoteip"] == "127.0.0.3" { sockproxy.server = ( ) } }
	CONF
	grep "no address for a backend: \"$name\" does not resolve: " proxy.log ||
		fail "$(cat proxy.log)"
	# One of a pool that follows an empty one.
	grep "no address for the only backend: \"$name\" does not resolve: " \
	    proxy.log || fail "$(cat proxy.log)"
	state_is n unresolved || fail "$(ctl backends)"
	is "$(member backends backends.0.address)" "$name:80" address
	is "$(member backends backends.1.pool)" 0 "the pool of a"
	is "$(member backends backends.2.pool)" 2 "the pool of the third"
	ctl backends | awk 'NR == 1 { at = index($0, "STATE") }
	    NR > 1 && substr($0, at) !~ /^(up|unresolved) / { exit 1 }' ||
	    fail "not below each other: $(ctl backends)"
	client load 1 1 100 "$p0"
}

describe exit_status_says_success "the client's exit status, for each kind of end"
exit_status_says_success_body()
{
	begin
	in_front_of_two
	for c in status backends sessions listeners config help; do
		atf_check -o not-empty "$PROGRAM" ctl -s ./ctl.sock $c
	done
	atf_check -o not-empty "$PROGRAM" ctl -f proxy.conf status
	atf_check -s exit:1 -e match:"no such command: nonsense" \
	    "$PROGRAM" ctl -s ./ctl.sock nonsense
	atf_check -s exit:1 -e match:"takes no argument" \
	    "$PROGRAM" ctl -s ./ctl.sock status now
	atf_check -s exit:1 -e match:"needs the name" \
	    "$PROGRAM" ctl -s ./ctl.sock kill
	atf_check -s exit:1 -e match:"no backend \"c\"" \
	    "$PROGRAM" ctl -s ./ctl.sock drain c
	atf_check -s exit:1 -e match:"no control socket" \
	    "$PROGRAM" ctl -s ./nothing status
	atf_check -s exit:1 \
	    -e match:"cannot reach ./proxy.conf/x: not a directory" \
	    "$PROGRAM" ctl -s ./proxy.conf/x status
	echo 'server.port = "x"' >bad
	atf_check -s exit:1 -e match:"bad:1:.*server.port" \
	    "$PROGRAM" ctl -f bad status
	atf_check -s exit:2 -e match:"^usage" "$PROGRAM" ctl
	atf_check -s exit:2 -e match:"^usage" "$PROGRAM" ctl --json
	atf_check -s exit:2 -e match:"^usage" "$PROGRAM" ctl -x
	atf_check -s exit:2 -e match:"^usage" "$PROGRAM" ctl --json -s ./ctl.sock
	atf_check -o match:'"version"' "$PROGRAM" ctl --json -s ./ctl.sock status
	proxy_stop
	# what was left behind by one that was killed
	"$PEER" -t "$LIMIT" bind ./stale park & bind=$!
	STARTED="$STARTED $bind"
	await "there is a socket" test -S stale
	atf_check -s exit:1 -e match:"no sockproxy listens" \
	    "$PROGRAM" ctl -s ./stale status
}

describe json_is_json "every --json answer can be read, whatever the names are" \
    python3
json_is_json_body()
{
	begin
	backend a 127.0.0.1:0 forever echo
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { sockproxy.server = (
		"q\"b<&>' $(printf '\303\244\377')" => ( "host" => "127.0.0.1",
		"port" => ${a##*:} ) ) }
	CONF
	peer one connect "$p0" expect-end
	await "it is there" eval '[ "$(ctl sessions | wc -l)" -eq 2 ]'
	for c in status backends sessions listeners config; do
		ctl --json $c >out || fail "$c failed"
		python3 -c 'import json, sys
json.loads(sys.stdin.buffer.read().decode("utf-8"))' <out ||
		    fail "$c: $(cat out)"
	done
	name=$(member backends backends.0.label)
	is "$name" "$(printf 'q"b<&>'"'"' \303\244\357\277\275')" "the label"
	ctl drain "$(printf 'q"b<&>'"'"' \303\244\377')" || fail "not drained"
	proxy_stop_now
	finish one
}

describe json_is_whole_wherever_it_breaks_off \
    "an answer of which only the first bytes come, each number of them" python3
json_is_whole_wherever_it_breaks_off_body()
{
	begin
	python3 - "$PROGRAM" <<-'PYTHON' || fail "see above"
		import json, socket, subprocess, sys

		listener = socket.socket(socket.AF_UNIX)
		listener.bind("false.sock")
		listener.listen()

		def ask(answer):
		    ctl = subprocess.Popen([sys.argv[1], "ctl", "-s", "false.sock",
		        "--json", "x"], stdout=subprocess.PIPE,
		        stderr=subprocess.PIPE)
		    peer = listener.accept()[0]
		    assert peer.recv(1024) == b"--json x\n"
		    peer.sendall(answer)
		    peer.close()
		    out, err = ctl.communicate()
		    return out, err, ctl.returncode

		def breaks(answer, at):
		    out, err, status = ask(answer[:at])
		    assert status == 1, (at, status)
		    assert b"cut short" in err, (at, err)
		    if b"[\n" in answer[:at] or out:
		        json.loads(out)
		    return out

		short = (b'{"version":"\\"}","ended":{"done":3},"backends":[\n'
		    b'{"n":1,"s":"a\\\\"},\n{"n":2,"s":"[{"}],"listeners":[\n'
		    b'{"n":1}]}\nok\n')
		for at in list(range(16)) + list(range(45, len(short))):
		    breaks(short, at)
		for answer in (b'{"killed":true}\nok\n', b'{"messages":[]}\nok\n'):
		    for at in range(len(answer) - 5, len(answer)):
		        breaks(answer, at)
		assert breaks(b'{"messages":[', 13) == b'{"messages":[]}\n'
		long = b'{"config":"' + 2000 * b'a\\"b\\\\n = \\u001b\\n' + b'"}\nok\n'
		# whatever the buffer is full with, and however much follows
		for n in range(20):
		    assert len(breaks(long[:11] + n * b"x" + long[11:],
		        20000 + 2 * n)) > 10000
		assert ask(long) == (long[:-3], b"", 0)
		assert ask(b"error: why\n") == (b"", b"sockproxy ctl: why\n", 1)
	PYTHON
}

describe configuration_is_the_one_in_effect \
    "config gives what -p gives, in slow pieces too"
configuration_is_the_one_in_effect_body()
{
	begin
	backend a 127.0.0.1:0 forever echo
	{
		echo '$SERVER["socket"] == "127.0.0.1:0" { sockproxy.server = ('
		i=0
		while [ $i -lt 1000 ]; do
			echo "\"backend-$i\" => ( \"host\" => \"127.0.0.1\"," \
			    "\"port\" => ${a##*:} ),"
			i=$((i + 1))
		done
		echo ') }'
	} >many
	controlled <many
	is "$(ctl backends | awk 'NR > 1 && $1 == NR - 2' | grep -c .)" 1000 rows
	is "$(ctl --json backends | grep -c '^{"number":')" 1000 objects
	"$PROGRAM" -R 0 -p -f proxy.conf >expected || fail "-p"
	atf_check -o file:expected "$PROGRAM" ctl -s ./ctl.sock config
	"$_dir/ask" -h ./ctl.sock 'config\n' & slow=$!
	atf_check -o file:expected "$PROGRAM" ctl -s ./ctl.sock config
	client load 4 50 10000 "$p0"
	# the one who reads nothing is let go, after a while
	wait $slow || [ $? -eq 3 ] || fail "the slow one: $?"
	proxy_stop
}

# Who answers there may not be himself any more.
describe an_answer_does_not_steer_a_terminal \
    "escapes in an answer: as they are in a file, not on a terminal" script
an_answer_does_not_steer_a_terminal_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "script(1) is another one here"
	esc=$(printf '\033]0;x\007\302\2332J')
	for last in ok "error: no $esc"; do
		backend s ./s.sock forever recv-text 'status
' text "a	b $esc
$last
" fin
		"$PROGRAM" ctl -s ./s.sock status >file 2>err
		printf 'a\tb %s\n' "$esc" >expected
		atf_check cmp file expected
		script -qec "'$PROGRAM' ctl -s ./s.sock status" /dev/null \
		    </dev/null >terminal
		! LC_ALL=C grep -q "$(printf '[\033\233]')" terminal err ||
		    fail "$(cat -v terminal err)"
		grep -q 'b ?]0;x???2J' terminal || fail "$(cat -v terminal)"
		end s
	done
}

describe nonsense_hurts_nobody \
    "garbage, a long line, bytes one by one, silence, a hundred clients"
nonsense_hurts_nobody_body()
{
	begin
	in_front_of_two
	ask="$_dir/ask"
	peer busy load 2 200 20000 "$p0"
	atf_check -o inline:"error: the line is too long\n" \
	    "$ask" -g 1000000 ./ctl.sock '\n'
	atf_check -o inline:"error: the line is too long\n" \
	    "$ask" -g 1024 ./ctl.sock ''
	atf_check -o match:"^error: .*no text" "$ask" ./ctl.sock 'sta\0tus\n'
	atf_check -o inline:"error: no command; try help\n" "$ask" ./ctl.sock '\n'
	atf_check -o match:"^ok$" "$ask" -1 ./ctl.sock '   status\t \r\n'
	atf_check -o match:"^ok$" "$ask" ./ctl.sock 'status'
	atf_check -o match:"^ok$" "$ask" ./ctl.sock 'status\nkill all\n'
	atf_check -o empty "$ask" ./ctl.sock ''
	atf_check -o match:"^ok$" "$ask" -n 100 ./ctl.sock 'backends\n'
	atf_check -o inline:"error: no command came in time\n" \
	    "$ask" -f ./ctl.sock 'status'
	head -c 3000 /dev/urandom | tr '\0\n\\' aaa >noise
	"$ask" ./ctl.sock "$(cat noise)" >noise.out
	finish busy
	grep -q '^ok 200 lost 0 refused 0$' busy.out || fail "$(cat busy.out)"
	proxy_stop
	logged 0 'monitor.*(killed|ended by itself)'
}

describe nobody_makes_room_for_nobody \
    "silent clients are let go when there are more than places, not before" python3
nobody_makes_room_for_nobody_body()
{
	begin
	in_front_of_two
	python3 - <<-'PYTHON' || fail "see above"
		import socket, time

		def client():
		    s = socket.socket(socket.AF_UNIX)
		    s.connect("ctl.sock")
		    return s

		silent = [client() for _ in range(15)]
		time.sleep(0.5)     # they may be let go now
		asks = client()
		asks.sendall(b"status\n")
		while asks.recv(4096):
		    pass
		for s in silent:
		    s.sendall(b"help\n")
		for s in silent:
		    assert s.recv(4096), "let go"
	PYTHON
	proxy_stop
}

mode_of()
{
	ls -ld "$1" | cut -c 1-10
}

owner_of()
{
	ls -ld "$1" | awk '{ print $3 ":" $4 }'
}

describe socket_file_is_guarded \
    "permissions, a stale file, a live one, a file in the way, removal"
socket_file_is_guarded_body()
{
	begin
	in_front_of_two
	is "$(mode_of ctl.sock)" srw------- "permissions"
	cp proxy.conf second.conf
	atf_check -s exit:1 -e match:"sockproxy.control.*in use" \
	    "$PROGRAM" -D -R 2 -f second.conf
	ctl status >/dev/null || fail "the first one is disturbed"
	kill -KILL "$PROXY"
	wait "$PROXY"
	[ -S ctl.sock ] || fail "a killed parent removes nothing"
	controlled <<-CONF
		sockproxy.control-perms = "0660"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=$a") }
	CONF
	is "$(mode_of ctl.sock)" srw-rw---- "permissions"
	ctl status >/dev/null || fail "no takeover"
	proxy_stop
	[ ! -e ctl.sock ] || fail "it was not removed"
	# somebody cleans up: a reload makes it again
	controlled <<-CONF
		sockproxy.control-owner = "$(id -u):$(id -g)"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=$a") }
	CONF
	rm ctl.sock
	kill -HUP "$PROXY"
	await "it answers again" ctl status
	proxy_stop
	[ ! -e ctl.sock ] || fail "it was not removed"
	echo precious >ctl.sock
	atf_check -s exit:1 -e match:"not a socket" \
	    "$PROGRAM" -D -R 2 -f proxy.conf
	is "$(cat ctl.sock)" precious "the file"
}

describe socket_has_an_owner "sockproxy.control-owner, as the superuser"
socket_has_an_owner_head()
{
	atf_set descr "sockproxy.control-owner, as the superuser"
	atf_set require.user root
	atf_set timeout 120
}
socket_has_an_owner_body()
{
	begin
	for owner in nobody nobody:daemon :daemon; do
		controlled <<-CONF
			sockproxy.control-owner = "$owner"
			\$SERVER["socket"] == "127.0.0.1:0" { $(server \
			    "a=127.0.0.1:9") }
		CONF
		case $owner in
		nobody)	is "$(owner_of ctl.sock)" "nobody:$(id -gn)" owner ;;
		:daemon) is "$(owner_of ctl.sock)" root:daemon owner ;;
		*)	is "$(owner_of ctl.sock)" "$owner" owner ;;
		esac
		proxy_stop
	done
	for bad in nobody-here :nogroup-here; do
		sed "s/control-owner = .*/control-owner = \"$bad\"/" proxy.conf >b
		atf_check -s exit:1 -e match:"proxy.conf|b:[0-9]+.*no such" \
		    "$PROGRAM" -D -R 2 -f b
	done
	mkdir open
	chmod 777 open
	sed "s|ctl.sock|open/ctl.sock|" proxy.conf >b
	atf_check -s exit:1 -e match:"others cannot change" \
	    "$PROGRAM" -D -R 2 -f b
}

describe owner_that_is_named_no_more_stays "a reload says so, and changes the other"
owner_that_is_named_no_more_stays_head()
{
	atf_set descr "a reload says so, and changes the other"
	atf_set require.user root
	atf_set timeout 120
}
owner_that_is_named_no_more_stays_body()
{
	begin
	controlled <<-CONF
		sockproxy.control-owner = "nobody:daemon"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=127.0.0.1:9") }
	CONF
	sed -i 's/nobody:daemon/daemon:daemon/' proxy.conf
	reload
	is "$(owner_of ctl.sock)" daemon:daemon owner
	logged 0 'stays as bound'
	n=0
	for owner in nobody :daemon; do
		n=$((n + 1))
		sed -i "s/control-owner = .*/control-owner = \"$owner\"/" proxy.conf
		reload
		is "$(owner_of ctl.sock)" nobody:daemon owner
		logged $n 'proxy.conf:[0-9]+: ".*/ctl.sock" stays as bound until a restart: sockproxy.control-owner has'
	done
	sed -i '/control-owner/d' proxy.conf
	reload
	logged 3 'stays as bound'
	reload
	logged 3 'stays as bound'
	proxy_stop
}

# lists NAME ...: a configuration with these, all of which have the backend x; $HERE
# has a listener for each.
lists()
{
	[ -z "$HANDLER" ] || echo "server.event-handler = \"$HANDLER\""
	echo "sockproxy.control = \"$PWD/ctl.sock\""
	for _list in "$@"; do
		case $_list in
		a)	set -- 8001 "x=$x" ;;
		b)	set -- 8002 "x=$x,\"read-timeout\"=>100" ;;
		B)	set -- 8002 "x=$x" ;;
		c)	set -- 8003 "x=$x" "y=127.0.0.1:9" ;;
		esac
		_port=$1
		shift
		echo "\$SERVER[\"socket\"] == \"$HERE:$_port\" { $(server "$@") }"
	done
}

# states STATE ...: of all backends, in order.
# After a reload the monitor from before may answer once more.
states()
{
	await "states: $*" states_are "$* "
}

states_are()
{
	_is=$(ctl backends | awk '$1 ~ /^[0-9]+$/ { print $3 }' | tr '\n' ' ')
	[ "$_is" = "$1" ]
}

one_is_listed()
{
	[ "$(ctl sessions | wc -l)" -eq 2 ]
}

describe a_backend_of_several_lists_stays_in_its_own \
    "orders, counters and sessions, when lists change places, come, part and go" \
    python3
a_backend_of_several_lists_stays_in_its_own_body()
{
	begin
	own_program
	here
	backend x 127.0.0.1:0 forever echo
	lists a b >c
	launch -- -f c
	client connect "$HERE:8001" rxseed 1 send 1k fin expect-fin got 1k
	mkfifo in
	peer one connect "$HERE:8002" rxseed 1 send 1k recv 1k tell in park
	told in
	ctl drain '#0'
	states drain up
	lists b a >c
	for signal in HUP USR2; do
		reload $signal
		await "it has it" one_is_listed
		is "$(member sessions sessions.0.backend_number)" 0 "its backend"
		is "$(member backends backends.0.load)" 1 load
	done
	lists a b >c
	reload
	ctl enable x
	ctl drain '#0'
	lists c b a >c
	reload
	states drain up up drain
	await "it has it" one_is_listed
	is "$(member sessions sessions.0.backend_number)" 2 "its backend"
	lists b >c
	for signal in HUP USR2; do
		reload $signal
		await "it has it" one_is_listed
		is "$(member sessions sessions.0.backend_number)" 0 "its backend"
		is "$(member sessions sessions.0.backend)" x "its backend"
		is "$(member backends backends.0.load)" 1 load
	done
	states up
	# One list of two listeners becomes two.
	end one
	lists a B >c
	reload
	states up
	ctl drain x
	lists b a c >c
	reload
	states drain drain drain up
	lists a B >c
	reload
	states drain
	proxy_stop
}

describe counters_stay_with_lists_that_change_places \
    "the same backend in two of them" python3
counters_stay_with_lists_that_change_places_body()
{
	begin
	here
	backend x 127.0.0.1:0 forever echo
	lists a b >c
	launch -- -f c
	client connect "$HERE:8001" rxseed 1 send 1k fin expect-fin got 1k
	await "it has ended" eval '[ "$(member status ended.done)" = 1 ]'
	lists b a >c
	reload
	is "$(member backends backends.0.connected)" 0 connected
	is "$(member backends backends.1.connected)" 1 connected
	lists c b a >c
	reload
	is "$(member backends backends.3.connected)" 1 connected
	proxy_stop
}

# The monitor is the child that was started last.  Numbers do not grow on OpenBSD:
# there it is the one that is not on the network.
monitor_pid()
{
	[ "$(uname -s)" != OpenBSD ] || {
		for _p in $(relays); do
			fstat -p "$_p" | grep -q internet || echo "$_p"
		done
		return
	}
	relays | sort -n | tail -n 1
}

another_monitor()
{
	[ "$(monitor_pid)" != "$1" ] && ctl status
}

describe dead_monitor_is_replaced "the relays do not notice; orders are kept"
dead_monitor_is_replaced_body()
{
	begin
	mkfifo go
	in_front_of_two
	ctl drain b
	peer one connect "$p0" txseed 1 rxseed 1 send 1000 recv 1000 wait go \
	    send 1000 fin expect-fin got 2000 close
	await "it is on a" load_is a 1
	was=$(monitor_pid)
	kill -KILL "$was"
	await "another one answers" another_monitor "$was"
	state_is b drain || fail "the order is lost"
	echo >go
	finish one
	proxy_stop
	logged 1 "monitor \(process $was\) was killed by signal 9"
}

describe who_hangs_does_not_hold_up_the_parent \
    "SIGSTOP of monitor and relay: reloads are refused, a stop is obeyed"
who_hangs_does_not_hold_up_the_parent_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	await "the monitor answers" ctl status
	monitor=$(relays | tail -n 1 | tr -d ' ')
	cp proxy.conf good
	awk 'BEGIN { while (n++ < 120) print "x.y" n " = 1" }' >>proxy.conf
	kill -STOP "$monitor"
	n=0
	while [ "$n" -lt 4 ]; do
		n=$((n + 1))
		kill -HUP "$PROXY"
		await "it is refused" times_logged $n 'is not changed'
	done
	cp good proxy.conf
	kill -CONT "$monitor"
	ctl reload >said || fail "$(cat said)"
	# Orders for the relay, more than it has room for.
	relay=$(relays_but "$monitor" | head -n 1)
	kill -STOP "$relay"
	n=0
	while [ "$n" -lt 340 ]; do
		n=$((n + 1))
		ctl disable b >/dev/null
	done
	kill -TERM "$PROXY"
	await "it stops" logs 'sockproxy stopped'
	wait "$PROXY" || fail "sockproxy ended with $?"
	PROXY=
}

describe a_former_monitor_that_hangs_ends_too \
    "SIGSTOP of the monitor, a reload, a stop: no process is left"
a_former_monitor_that_hangs_ends_too_body()
{
	begin
	own_program
	backend b 127.0.0.1:0 forever echo
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	await "the monitor answers" ctl status
	was=$(monitor_pid)
	kill -STOP "$was"
	reload
	await "another one answers" another_monitor "$was"
	proxy_stop
	left=$(processes)
	kill -CONT "$was" 2>/dev/null
	is "$left" "" "processes that are left"
}

describe one_that_hangs_does_not_keep_others_away \
    "SIGSTOP of the monitor, two reloads: another one answers, and it ends later"
one_that_hangs_does_not_keep_others_away_body()
{
	begin
	own_program
	in_front_of_two
	await "the monitor answers" ctl status
	was=$(monitor_pid)
	kill -STOP "$was"
	reload
	await "another one answers" ctl status
	reload
	await "a third one answers" \
	    timeout 5 "$PROGRAM" ctl -s ./ctl.sock status
	kill -CONT "$was"
	await "the first has ended" gone "$was"
	proxy_stop
	await "no process is left" processes_are 0
}

describe a_kill_that_nobody_heard_is_none \
    "asked of a monitor that goes: the session lives on, and it says so"
a_kill_that_nobody_heard_is_none_body()
{
	begin
	in_front_of_two
	relay=$(relays | sed -n 1p | tr -d ' ')
	mkfifo go up order
	peer one connect "$p0" wait go txseed 1 rxseed 1 send 10 fin \
	    expect-fin got 10 close
	await "it is there" eval '[ "$(ctl sessions | wc -l)" -eq 2 ]'
	was=$(monitor_pid)
	peer asks connect "$PWD/ctl.sock" text "kill" tell up wait order \
	    text " $(ctl sessions | awk 'NR == 2 { print $1 }')
" tell up recv-print
	told up
	ctl status >/dev/null	# who came before has been let in
	kill -STOP "$was" "$relay"
	echo >order
	told up
	reload
	await "another one answers" load_is a 0
	kill -CONT "$was"
	await "it has asked for it" logs 'operator: kill session'
	kill -CONT "$relay"
	await "it has handed over" gone "$relay"
	finish asks
	is "$(cat asks.out)" "error: its relay has ended; try again" "the answer"
	echo >go
	finish one
	proxy_stop
	counts sockproxy.ended.done 1
}

describe reset_is_a_reset_after_a_reload \
    "who is connected after a reload is not told of an end that nobody sent"
reset_is_a_reset_after_a_reload_body()
{
	begin
	backend r 127.0.0.1:0 forever recv 1 reset
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "r=$r") }
	CONF
	for n in 1 2 3; do
		client connect "$p0" send 100 expect-reset
		ctl reload || fail reload
		await "generation $n" eval \
		    'ctl status | grep -q "generation $((n + 1))$"'
	done
	proxy_stop
}

manager_heard()
{
	grep -qE -e "$1" heard
}

describe service_manager_is_told \
    "READY, RELOADING and STOPPING, when NOTIFY_SOCKET is set" python3
service_manager_is_told_body()
{
	begin
	backend a 127.0.0.1:0 forever echo
	mkfifo listening
	python3 -c '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("manager")
open("listening", "w").write("yes\n")
heard = open("heard", "w")
while True:
    heard.write(s.recv(4096).decode().replace("\n", ",") + "\n")
    heard.flush()' & manager=$!
	STARTED="$STARTED $manager"
	timeout "$LIMIT" head -n 1 listening >/dev/null
	export NOTIFY_SOCKET="$PWD/manager"
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=$a") }
	CONF
	await "it is ready" manager_heard "^READY=1,MAINPID=$PROXY,STATUS=serving"
	ctl reload || fail reload
	await "the reload is told" manager_heard \
	    '^RELOADING=1,MONOTONIC_USEC=[0-9]+,'
	await "the end of the reload" manager_heard '^READY=1,.*new configuration'
	echo nonsense >>proxy.conf
	kill -HUP "$PROXY"
	await "that it failed" manager_heard '^READY=1,.*configuration from before'
	mkfifo reached gate
	echo 'include_shell "echo >reached; cat gate"' >>proxy.conf
	kill -HUP "$PROXY"
	timeout "$LIMIT" head -n 1 reached >/dev/null
	proxy_stop
	await "the end" manager_heard '^STOPPING=1'
	tail -n 1 heard | grep -q '^STOPPING=1' || fail "last: $(cat heard)"
	kill $manager
}

describe a_busy_service_manager_is_told_later \
    "NOTIFY_SOCKET is full at the start and in a reload" python3
a_busy_service_manager_is_told_later_body()
{
	begin
	backend a 127.0.0.1:0 forever echo
	mkfifo listening go
	python3 -c '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("manager")
f = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
f.setblocking(False)
heard = open("heard", "w")
while True:
    try:
        while True:
            f.sendto(b"x", "manager")
    except OSError:
        pass
    open("listening", "w").write("yes\n")
    open("go").read()
    m = b""
    while not m.startswith(b"READY"):
        m = s.recv(4096)
        if m != b"x":
            heard.write(m.decode().replace("\n", ",") + "\n")
    heard.flush()' & manager=$!
	STARTED="$STARTED $manager"
	timeout "$LIMIT" head -n 1 listening >/dev/null
	export NOTIFY_SOCKET="$PWD/manager"
	controlled <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "a=$a") }
	CONF
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	: >go
	timeout "$LIMIT" head -n 1 listening >/dev/null
	manager_heard "^READY=1,MAINPID=$PROXY,STATUS=serving" ||
	    fail "a start: $(cat heard)"
	ctl reload || fail reload
	: >go
	timeout "$LIMIT" head -n 1 listening >/dev/null
	sed 's/[=,].*//' heard | tr '\n' ' ' >order
	is "$(cat order)" "READY RELOADING READY " "what it heard"
	kill -TERM "$PROXY"
	wait "$PROXY" || fail "sockproxy ended with $?"
	PROXY=
	logged 3 'the service manager cannot be told: not now'
	kill $manager
}

describe orders_outlive_an_upgrade \
    "what the operator wants of a backend; and the sockets stay"
orders_outlive_an_upgrade_body()
{
	begin
	own_program
	here
	mkfifo go
	backend a 127.0.0.1:0 forever echo
	backend b 127.0.0.1:0 forever echo
	controlled <<-CONF
		sockproxy.balance = "round-robin"
		\$SERVER["socket"] == "$HERE:8000" { $(server "a=$a" "b=$b") }
	CONF
	ctl drain b
	ctl disable a
	ctl enable a
	peer one connect "$p0" txseed 1 rxseed 1 send 1000 recv 1000 wait go \
	    send 1000 fin expect-fin got 2000 close
	await "it is on a" load_is a 1
	kill -USR2 "$PROXY"
	await "the new program serves" logs 'the configuration is in effect'
	await "it answers" state_is b drain
	state_is a up || fail "a is not up: $(ctl backends)"
	client load 2 10 100 "$p0"
	is "$(column b 5)" 0 "connections of b"
	echo >go
	finish one
	proxy_stop
	logged 1 'took over, process'
}

# Several relays: what one of them does to the others, and who serves whom.

conf()
{
	[ -z "$HANDLER" ] || echo "server.event-handler = \"$HANDLER\""
	cat <<-CONF
		sockproxy.splice = "$SPLICE"
		server.max-worker = $1
		server.max-connections = 2000
		\$SERVER["socket"] == "127.0.0.1:0" {
			sockproxy.balance = "$2"
			$(server "a=$c0" "b=$c1")
		}
	CONF
}

# The relay with most sessions.
busiest()
{
	for _p in $(relays); do
		echo "$(find "/proc/$_p/fd" -type l | wc -l) $_p"
	done | sort -n | sed -n '$s/.* //p'
}

describe a_dead_relay_takes_only_its_own_sessions \
    "SIGKILL and SIGSEGV: RST to its peers, the others go on, it is replaced"
a_dead_relay_takes_only_its_own_sessions_body()
{
	begin
	churn -x -s 90
	conf 3 least-connection >c
	launch -- -f c
	say go "$p0"
	await "sessions" churned_least live 90
	for signal in KILL SEGV ABRT; do
		relay=$(busiest)
		lost=$(churned reset)
		kill "-$signal" "$relay"
		await "its sessions are reset" churned_least reset \
		    $((lost + 1))
		await "it is started again" logs "process $relay\) was killed"
		await "and serves" relays_are 3
		await "sessions" churned_least live 90
	done
	lost=$(churned reset)
	[ "$lost" -lt 270 ] || fail "$lost: all sessions were reset"
	churn_stop
	cat churn.out
	logged 3 'was killed by signal .*its sessions are lost'
	proxy_stop
	counts gw.active-requests 0
	counts gw.backend.a.load 0
}

describe as_many_relays_as_there_may_be_sessions \
    "64 of both: a relay's channel has a higher number than it has descriptors"
as_many_relays_as_there_may_be_sessions_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	printf '%s\n' 'server.max-worker = 64' 'server.max-connections = 64' \
	    "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }" >c
	launch -- -f c
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	reload
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe a_relay_that_hangs_is_killed_in_the_end \
    "SIGSTOP of one of two, and SIGTERM: the program stops all the same"
a_relay_that_hangs_is_killed_in_the_end_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	proxy <<-CONF
		server.max-worker = 2
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	relay=$(relays | head -n 1 | tr -d ' ')
	kill -STOP "$relay"
	proxy_stop_now
	logged 1 'does not end and is killed'
	logged 1 "\(process $relay\) does not end and is killed"
	[ ! -e "/proc/$relay" ] || fail "it is still there"
	end b
}

describe who_is_stopped_is_told_of \
    "SIGSTOP and SIGCONT of relay, monitor and reader: the log says so"
who_is_stopped_is_told_of_body()
{
	begin
	case $(uname -sr) in
	"NetBSD "[1-7].*)	atf_skip "nobody is told who is continued" ;;
	esac
	own_program
	backend b 127.0.0.1:0 forever echo
	mkfifo reached gate
	{
		echo 'sockproxy.control = "ctl.sock"'
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	} >c
	launch -- -f c
	await "relay and monitor" relays_are 2
	# shellcheck disable=SC2046
	set -- $(relays)
	echo 'include_shell "echo >reached; cat gate"' >>c
	kill -HUP "$PROXY"
	told reached
	reader=$(relays_but "$1" "$2")
	for who in "relay 1.$1" "the monitor.$2" "the reader.$reader"; do
		text="${who%.*} \(process ${who#*.}\)"
		kill -STOP "${who#*.}"
		await "it is told of" logs "$text was stopped by signal"
		kill -CONT "${who#*.}"
		await "its end is told of" logs "$text was continued"
	done
	echo >gate
	await "it is in effect" logs 'is in effect'
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe a_crash_loop_does_not_spin \
    "a relay that dies as soon as it lives is started once a second"
a_crash_loop_does_not_spin_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }" >c
	launch -- -f c
	from=$(date +%s)
	n=0
	while [ "$n" -lt 4 ]; do
		await "a relay" relays
		relay=$(relays | tr -d ' ')
		[ -n "$relay" ] || continue
		kill -KILL "$relay"
		n=$((n + 1))
		await "it is seen" logs "process $relay\) was killed"
	done
	took=$(($(date +%s) - from))
	[ "$took" -ge 2 ] || fail "4 crashes took $took s"
	# Clients that came meanwhile wait in the listen queue.
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe who_takes_the_place_of_a_dead_relay_numbers_on \
    "an operator's session is none that came after a crash, nor is one in the log"
who_takes_the_place_of_a_dead_relay_numbers_on_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	client times 3 connect "$p0" rxseed 1 send 10 fin expect-fin got 10
	kill -KILL "$(relays | tr -d ' ')"
	await "it is started again" logs 'relay 1 started again'
	client connect "$p0" rxseed 1 send 10 fin expect-fin got 10
	reload
	client connect "$p0" rxseed 1 send 10 fin expect-fin got 10
	proxy_stop
	for n in 1 2 3 4 5; do
		logged 1 "relay 1: session $n: "
	done
}

describe without_a_parent_relays_end \
    "parent killed: sessions drain, a new parent can start at once"
without_a_parent_relays_end_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	mkfifo up go
	cat >c <<-CONF
		server.max-worker = 3
		server.pid-file = "pid"
		server.feature-flags = ( "server.graceful-shutdown-timeout" => 10 )
		\$SERVER["socket"] == "$HERE:8000" { $(server "b=$b") }
	CONF
	launch -- -f c
	peer one connect "$p0" rxseed 1 send 1000 recv 1000 tell up wait go \
	    send 5000 fin expect-fin got 6000
	head -n 1 up >/dev/null
	cp proxy.log first.log
	kill -KILL "$PROXY"
	wait "$PROXY"
	await "its relays listen no more" unheard
	launch -- -f c
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	echo >go
	finish one
	await "the old relays end" processes_are 4
	proxy_stop
	await "no process is left" processes_are 0
}
unheard()
{
	"$PEER" -t "$LIMIT" unconnectable "$HERE:8000"
}

describe a_crash_in_a_reload_is_a_crash \
    "the serving relay dies while the next crew starts, and while it takes over"
a_crash_in_a_reload_is_a_crash_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
a_crash_in_a_reload_is_a_crash_body()
{
	begin
	own_program
	churn -x -s 60 -n 10
	conf 2 least-connection >c
	launch -- -f c
	say go "$p0"
	await "sessions" churned_least live 60
	# While the next crew starts.
	relay=$(busiest)
	hold "$PROXY" prlimit64 600
	kill -HUP "$PROXY"
	await "the next crew starts" logs 'reading the configuration'
	kill -KILL "$relay"
	await "it is replaced meanwhile" logs 'started again'
	await "it is in effect" logs 'is in effect'
	let_go
	await "sessions" churned_least live 60
	[ "$(churned forged)" -eq 0 ] || fail "forged ends"
	# The old one, in the middle of its sessions.
	relay=$(busiest)
	hold "$relay" sendmsg 50
	kill -HUP "$PROXY"
	await "it is in effect" times_logged 2 'is in effect'
	kill -KILL "$relay"
	wait "$STRACE"
	await "all is well" churned_least live 60
	# The new one, in the middle of theirs.
	for relay in $(relays); do
		hold "$relay" sendmsg 50
	done
	old=$(relays | tr -d ' ')
	kill -HUP "$PROXY"
	await "it is in effect" times_logged 3 'is in effect'
	# shellcheck disable=SC2086
	kill -KILL "$(relays_but $old | head -n 1)"
	await "it is started again" times_logged 2 'started again'
	await "all is well" churned_least live 60
	made=$(churned new-done)
	await "new clients" churned_least new-done $((made + 20))
	churn_stop
	cat churn.out
	proxy_stop_now
	await "no process is left" processes_are 0
}

# killed_at PID CALL N [OPTION]: strace ends a process when it makes its Nth of these.
killed_at()
{
	# shellcheck disable=SC2086
	strace -q $4 -o strace.out -p "$1" -e trace="$2" \
	    -e inject="$2:signal=KILL:when=$3" 2>/dev/null &
	STRACE=$!
	STARTED="$STARTED $!"
}

describe a_relay_may_die_at_any_call \
    "SIGKILL at some of its next system calls, under load"
a_relay_may_die_at_any_call_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
a_relay_may_die_at_any_call_body()
{
	begin
	own_program
	churn -x -s 30 -n 10
	conf 2 least-connection >c
	launch -- -f c
	say go "$p0"
	dead=0
	for n in 1 4 12 33; do
		dead=$((dead + 1))
		await "sessions" churned_least live 30
		killed_at "$(busiest)" all $n
		await "it is dead" times_logged $dead 'was killed by signal 9'
		await "it is replaced" times_logged $dead 'started again'
		wait "$STRACE"
		made=$(churned new-done)
		await "new clients" churned_least new-done $((made + 3))
	done
	reload
	churn_stop
	proxy_stop
	await "no process is left" processes_are 0
	counts gw.active-requests 0
	counts gw.backend.a.load 0
	counts sockproxy.buffers-used 0
}

describe who_begins_may_die_at_any_call \
    "the process that reads, and relays that begin: the reload is refused"
who_begins_may_die_at_any_call_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
who_begins_may_die_at_any_call_body()
{
	begin
	own_program
	backend b 127.0.0.1:0 forever echo
	mkfifo up go
	proxy <<-CONF
		server.max-worker = 2
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	peer one connect "$p0" rxseed 1 send 1000 recv 1000 tell up wait go \
	    send 5000 fin expect-fin got 6000
	head -n 1 up >/dev/null
	n=0
	# Calls that the parent does not make by then: one of the reader, those of a
	# relay that gives things up, and its word that it serves.
	for call in '/^open(at)?$:1' '/^dup[23]$:1' sendmsg:1; do
		n=$((n + 1))
		killed_at "$PROXY" "${call%:*}" "${call#*:}" -f
		await "strace attaches" grep -qE \
		    '^TracerPid:[[:blank:]]*[1-9]' "/proc/$PROXY/status"
		kill -HUP "$PROXY"
		await "$call: it is refused" times_logged $n 'is not changed'
		let_go
		grep -q 'killed by SIGKILL' strace.out ||
		    fail "$call: nobody was killed: $(cat strace.out)"
		client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	done
	logged 0 'started again'
	reload
	echo >go
	finish one
	await "nobody is left over" relays_are 2
	proxy_stop
	await "no process is left" processes_are 0
	counts sockproxy.ended.done $((n + 1))
	counts gw.active-requests 0
}

# sum_of KEY-PATTERN in the log's "relay N:" lines: sessions by relay.
by_relay()
{
	awk '{ for (i = 1; i < NF && $i != "relay"; i++) continue }
	    $(i + 2) == "session" { n[$(i + 1)]++ }
	    /more lines like this.*session ends/ { n[$(i + 1)] += $(i + 2) }
	    END { for (r in n) print n[r] }' proxy.log
}

describe relays_share_the_clients \
    "accepting: no relay gets everything when clients come at once"
relays_share_the_clients_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	cat >c <<-CONF
		server.max-worker = 4
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	launch -- -f c
	client load 64 2000 100 "$p0"
	proxy_stop
	by_relay >shares
	cat shares
	[ "$(wc -l <shares)" -eq 4 ] || fail "not all relays: $(cat shares)"
	awk '{ n += $1; if ($1 > most) most = $1 } END { exit !(n > 0 &&
	    most < 0.7 * n) }' shares || fail "one has most: $(cat shares)"
}

describe relays_take_turns_when_there_is_little_to_do \
    "accepting: clients one after the other are shared too"
relays_take_turns_when_there_is_little_to_do_body()
{
	begin
	backend b 127.0.0.1:0 forever discard
	cat >c <<-CONF
		server.max-worker = 3
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	launch -- -f c
	client times 90 connect "$p0" send 10 fin expect-fin close
	proxy_stop
	by_relay >shares
	cat shares
	[ "$(wc -l <shares)" -eq 3 ] || fail "not all relays: $(cat shares)"
	awk '{ if ($1 < 10) few = 1 } END { exit few }' shares ||
		fail "one has little: $(cat shares)"
}

# Two relays for so many sessions, in front of an echo.
two_relays()
{
	begin
	backend b 127.0.0.1:0 forever echo
	cat >c <<-CONF
		$([ -z "$HANDLER" ] || echo "server.event-handler = \"$HANDLER\"")
		server.max-worker = 2
		server.max-connections = $1
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	launch -- -f c
}

describe a_full_relay_leaves_clients_to_the_others \
    "accepting: one relay is full, and nobody is woken in vain"
a_full_relay_leaves_clients_to_the_others_body()
{
	[ -d /proc/self/fd ] || atf_skip "no /proc tells who sleeps"
	two_relays 6
	await "two relays" relays_are 2
	# shellcheck disable=SC2046
	set -- $(relays)
	await "one sleeps" sleeps "$1"
	await "the other sleeps" sleeps "$2"
	has=$(sockets "$1")
	kill -STOP "$2"
	await "the other stands still" stands "$2"
	for n in 1 2 3; do
		peer "full$n" connect "$p0" park
		await "one serves" sockets_are "$1" $((has + 2 * n))
		await "one sleeps" sleeps "$1"
	done
	kill -CONT "$2"
	await "the other sleeps" sleeps "$2"
	# The other asks after one: then one is the first to be woken.
	for n in 1 2 3; do
		peer "room$n" connect "$p0" rxseed 1 send 10 recv 10 say in park
		await "client $n of 3 is served" grep -q in "room$n.out"
		await "the other sleeps" sleeps "$2"
	done
	proxy_stop_now
}
sleeps()
{
	grep -q '^State:.S' "/proc/$1/status"
}
stands()
{
	grep -q '^State:.T' "/proc/$1/status"
}
sockets()
{
	find "/proc/$1/fd" -type l | wc -l
}
sockets_are()
{
	[ "$(sockets "$1")" -eq "$2" ]
}

describe it_is_said_that_all_sessions_are_in_use_when_they_are \
    "one relay is full: nothing; both are: one line, and one when it is over"
it_is_said_that_all_sessions_are_in_use_when_they_are_body()
{
	two_relays 4
	# With three of them one relay is full.
	for n in 1 2 3 4; do
		logged 0 'sessions are in use'
		peer "held$n" connect "$p0" rxseed 1 send 10 recv 10 say in park
		await "client $n of 4 is served" grep -q in "held$n.out"
	done
	await "it is said" logs 'warning: all 4 sessions are in use'
	for n in 1 2 3 4; do
		eval "kill \"\$held${n}_pid\""
	done
	await "they end" times_logged 4 ' session [12]: '
	await "it is over" one_more_and_logs 'accepting clients again'
	logged 1 'sessions are in use'
	logged 1 'accepting clients again'
	proxy_stop
}
one_more_and_logs()
{
	client connect "$p0" rxseed 1 send 10 fin expect-fin got 10
	logs "$1"
}

describe relays_have_no_more_sessions_than_all_may \
    "three sessions, two relays: the fourth client waits" ss
relays_have_no_more_sessions_than_all_may_body()
{
	two_relays 3
	for n in 1 2 3; do
		peer "held$n" connect "$p0" rxseed 1 send 10 recv 10 say in park
		await "client $n of 3 is served" grep -q in "held$n.out"
	done
	peer next connect "$p0" rxseed 1 send 10 recv 10 say in fin expect-fin
	await "it is said" logs 'warning: all 3 sessions are in use'
	await "it waits" waits
	[ ! -s next.out ] || fail "a fourth session"
	for n in 1 2 3; do
		kill "$(eval "echo \$held${n}_pid")"
	done
	finish next
	proxy_stop
	counts sockproxy.accepted 4
}
waits()
{
	[ "$(ss -Hltn src "$p0" | awk '{ print $2 }')" = 1 ]
}

describe choices_hold_over_all_relays \
    "round-robin and least-connection with three relays"
choices_hold_over_all_relays_body()
{
	begin
	backend a 127.0.0.1:0 forever echo
	backend b 127.0.0.1:0 forever echo
	backend idle 127.0.0.1:0 many-accept 30 park
	backend busy 127.0.0.1:0 many-accept 30 park
	cat >c <<-CONF
		server.max-worker = 3
		\$SERVER["socket"] == "127.0.0.1:0" {
			sockproxy.balance = "round-robin"
			$(server "a=$a" "b=$b")
		}
		\$SERVER["socket"] == "127.0.0.2:0" {
			sockproxy.balance = "least-connection"
			$(server "idle=$idle" "busy=$busy")
		}
	CONF
	launch -- -f c
	client load 16 900 100 "$p0"
	# One after the other, so that each sees what those before have done.
	n=0
	while [ "$n" -lt 60 ]; do
		n=$((n + 1))
		eval "peer hold$n connect $p1 tell up park"
		[ -p up ] || mkfifo up
		timeout "$LIMIT" head -n 1 up >/dev/null || fail "connection $n"
	done
	proxy_stop_now
	# Each relay takes turns for itself: off by one for each of them.
	for l in a b; do
		n=$(counter gw.backend.$l.0.connected)
		[ "$n" -ge 447 ] && [ "$n" -le 453 ] || fail "$l: $n of 900"
	done
	for l in idle busy; do
		n=$(counter gw.backend.$l.0.connected)
		[ "$n" -ge 28 ] && [ "$n" -le 32 ] || fail "$l: $n of 60"
	done
}

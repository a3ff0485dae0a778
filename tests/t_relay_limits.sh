# Limits: of time, of rate, of sessions and descriptors; stopping; the log.

# limited WORDS ... < configuration lines: a proxy with these, backend "b" doing
# the words.
limited()
{
	backend b 127.0.0.1:0 "$@"
	cat >lines
	{
		cat lines
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" {"
		server "b=$b"
		echo "}"
	} >limited.conf
	proxy <limited.conf
}

describe read_timeout_names_its_setting \
    "a silent backend: reset on both sides, file and line in the log"
read_timeout_names_its_setting_body()
{
	begin
	limited accept recv 10 expect-reset <<-CONF
		sockproxy.server-default = (
		    "read-timeout" => "300ms" )
	CONF
	client connect "$p0" send 10 longer 250 within 3000 expect-reset got 0
	finish b
	proxy_stop
	logged 1 'silent for too long \(read-timeout 0\.300 s, proxy\.conf:[0-9]+\)'
	counts sockproxy.ended.read-timeout 1
}

describe write_timeout_is_for_backends_that_take_nothing \
    "a backend that does not read, with bytes for it"
write_timeout_is_for_backends_that_take_nothing_body()
{
	begin
	mkfifo go
	limited rcvbuf 4096 accept wait go expect-reset <<-CONF
		sockproxy.server-default = ( "write-timeout" => "1s" )
	CONF
	client sndbuf 4096 connect "$p0" send-until-error got 0
	: >go
	finish b
	proxy_stop
	counts sockproxy.ended.write-timeout 1
}

# A session with limits of 300 ms goes on after a second in which it waits.
goes_on()
{
	told up
	sleep 1
	logged 0 'session 1: '
	: >go
	finish c b
	proxy_stop
	counts sockproxy.ended.done 1
}

describe a_backend_that_is_not_read_is_not_silent \
    "read-timeout: not while the client takes nothing"
a_backend_that_is_not_read_is_not_silent_body()
{
	begin
	mkfifo up go
	limited accept send 40m fin expect-fin <<-CONF
		sockproxy.server-default = ( "read-timeout" => "300ms" )
	CONF
	peer c rcvbuf 4096 connect "$p0" tell up wait go expect-fin got 40m fin
	goes_on
}

describe a_backend_with_nothing_to_take_is_not_deaf \
    "write-timeout: not while there are no bytes for it"
a_backend_with_nothing_to_take_is_not_deaf_body()
{
	begin
	mkfifo up go
	limited accept recv 10 tell up wait go send 10 fin expect-fin <<-CONF
		sockproxy.server-default = ( "write-timeout" => "300ms" )
	CONF
	peer c connect "$p0" send 10 expect-fin got 10 fin
	goes_on
}

describe idle_means_both_ways \
    "max-read-idle: not while one direction moves"
idle_means_both_ways_body()
{
	begin
	limited accept recv 10 slow-recv 20 1 50 expect-reset got 30 <<-CONF
		server.max-read-idle = "300ms"
		server.max-write-idle = "2s"
	CONF
	# a byte each 50 ms for a second: three times the limit
	client connect "$p0" send 10 slow-send 20 1 50 \
	    longer 200 within 3500 expect-reset
	finish b
	proxy_stop
	logged 1 'server\.max-read-idle 0\.300 s, proxy\.conf:[23]\)'
	counts sockproxy.ended.read-idle 1
}

describe half_closed_and_silent_has_a_limit "half-close-timeout"
half_closed_and_silent_has_a_limit_body()
{
	begin
	limited accept expect-fin got 10 park <<-CONF
		sockproxy.half-close-timeout = "300ms"
	CONF
	client connect "$p0" send 10 fin longer 250 within 3000 expect-reset
	end b
	proxy_stop
	counts sockproxy.ended.half-close-timeout 1
}

describe rate_of_a_session_is_limited \
    "connection.kbytes-per-second, both ways, whatever moves the bytes"
rate_of_a_session_is_limited_body()
{
	begin
	limited times 2 accept expect-fin got 300k send 300k fin close <<-CONF
		connection.kbytes-per-second = 300
	CONF
	# about a second each way; a first burst may be free
	client connect "$p0" send 300k fin longer 1000 within 5000 expect-fin \
	    got 300k
	client connect "$p0" send 300k fin longer 1000 within 5000 expect-fin \
	    got 300k
	finish b
	proxy_stop
}

describe rate_of_all_sessions_is_limited "server.kbytes-per-second"
rate_of_all_sessions_is_limited_body()
{
	begin
	limited forever echo <<-CONF
		server.kbytes-per-second = 400
	CONF
	# 800 KiB each way: two seconds, but for a first burst
	client longer 1200 within 8000 load 4 4 200k "$p0"
	end b
	proxy_stop
}

describe waiting_for_a_rate_is_not_silence \
    "limits of silence do not end sessions that wait for their share of a rate"
waiting_for_a_rate_is_not_silence_body()
{
	begin
	limited forever send 2k fin expect-fin <<-CONF
		server.kbytes-per-second = 20
		server.max-read-idle = "300ms"
		sockproxy.server-default = ( "read-timeout" => "300ms" )
	CONF
	# a turn is what 50 ms give, so that each waits a second for its next
	clients=
	for i in $(seq 20); do
		peer "c$i" connect "$p0" expect-fin got 2k
		clients="$clients c$i"
	done
	finish $clients
	end b
	proxy_stop
	counts sockproxy.ended.done 20
}

# So many clients wait at the first listener.
waiting()
{
	[ "$(ss -Hltn src "$p0" | awk '{ print $2 }')" = "$1" ]
}

describe full_table_makes_clients_wait \
    "max-connections: the next client waits, nobody is refused, one log line" ss
full_table_makes_clients_wait_body()
{
	begin
	mkfifo go
	limited forever text hi fin expect-fin <<-CONF
		server.max-connections = 2
	CONF
	for i in 1 2; do
		peer "held$i" connect "$p0" recv-text hi say in park
		await "session $i" grep -q in "held$i.out"
	done
	for i in 3 4 5; do
		peer "next$i" connect "$p0" recv-text hi say in fin expect-fin
	done
	await "it is full" logs 'all 2 sessions are in use'
	await "all three wait" waiting 3
	[ ! -s next3.out ] || fail "a third session"
	kill "$held1_pid" "$held2_pid"
	finish next3 next4 next5
	logged 1 'all 2 sessions are in use'
	end b
	proxy_stop
	counts sockproxy.accepted 5
	counts sockproxy.refused 0
}

describe who_waits_at_a_unix_socket_sees_no_end \
    "a reload without that listener, and a stop: an error for who has sent nothing"
who_waits_at_a_unix_socket_sees_no_end_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "elsewhere it may be an end"
	own_program
	backend b 127.0.0.1:0 forever text hi fin expect-end
	conf()
	{
		echo "server.max-connections = 1"
		for _a in "$@"; do
			echo "\$SERVER[\"socket\"] == \"$PWD/$_a\" { $(server "b=$b") }"
		done
	}
	conf s1 s2 >c
	launch -- -f c
	peer held connect ./s1 recv-text hi say in park
	await "a session" grep -q in held.out
	for n in 1 2; do
		peer "next$n" connect "./s$n" say in expect-reset got 0
		await "next$n waits" grep -q in "next$n.out"
	done
	conf s1 >c
	reload
	finish next2
	gone "$next1_pid" && fail "who waits at the other listener waits no more"
	proxy_stop
	finish next1
}

describe no_descriptors_left_is_survived \
    "EMFILE: no spin, one line, sessions go on, and it accepts again"
no_descriptors_left_is_survived_body()
{
	begin
	command -v prlimit >/dev/null || atf_skip "no prlimit"
	limited forever text hi expect-end <<-CONF
		server.max-connections = 100
	CONF
	mkfifo there go
	peer first connect "$p0" recv-text hi tell there wait go send 10 fin \
	    expect-fin
	told there
	relay=$(relays | head -n 1 | tr -d ' ')
	# room for nothing more: the limit is the lowest number that is free
	n=0
	while [ -e "/proc/$relay/fd/$n" ]; do
		n=$((n + 1))
	done
	prlimit --pid "$relay" --nofile="$n:$n"
	peer second connect "$p0" recv-text hi fin expect-fin
	await "it says so" logs 'out of descriptors|[Tt]oo many open files|accepting no one'
	before=$(ticks "$relay")
	sleep 0.5
	after=$(ticks "$relay")
	[ $((after - before)) -lt 10 ] || fail "it spins: $before to $after"
	: >go
	finish first
	finish second
	end b
	proxy_stop
	[ "$(grep -c 'accepting no one' proxy.log)" -le 2 ] ||
	    fail "the log is flooded"
}

# Clock ticks that a process used so far.
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# Of the first relay: CPU it has used so far, in microseconds; of all processes:
# memory in KiB, what they share counted once, and nothing of files: how much of a
# C library is theirs depends on who else runs.
relay_cpu()
{
	_relay=$(relays | head -n 1 | tr -d ' ')
	[ -r "/proc/$_relay/schedstat" ] ||
	    atf_skip "the kernel does not count CPU finely enough"
	awk '{ printf "%d", $1 / 1000 }' "/proc/$_relay/schedstat"
}

memory()
{
	for _one in $PROXY $(relays); do
		cat "/proc/$_one/smaps_rollup"
	done | awk '/^Pss:/ { n += $2 } /^Pss_File:/ { n -= $2 } END { print n }'
}

# least_cpu ROUNDS: of so many times 1,000 round trips of the busy session, the
# cheapest, as $least: what else the machine does only makes them dearer.
least_cpu()
{
	least=
	for _ in $(seq "$1"); do
		_before=$(relay_cpu)
		: >go
		told pinged
		_cpu=$(($(relay_cpu) - _before))
		[ -n "$least" ] && [ "$_cpu" -ge "$least" ] || least=$_cpu
	done
}

# How many idle sessions: 10,000, or what a relay can have by the limit of
# descriptors, which is raised as far as it goes.
idle_sessions()
{
	_most=$(ulimit -H -n)
	[ "$_most" != unlimited ] && [ "$_most" -le 20700 ] || _most=20700
	ulimit -S -n "$_most"
	idle=$(((_most - 700) / 2))
	[ "$idle" -ge 1000 ] || atf_skip "a limit of $_most descriptors"
}

describe idle_sessions_cost_the_busy_one_nothing \
    "10,000 idle sessions around one: its CPU per round trip, memory of all"
idle_sessions_cost_the_busy_one_nothing_body()
{
	begin
	[ -z "$WRAPPER" ] || atf_skip "the memory would be the wrapper's too"
	idle_sessions
	LIMIT=60
	mkfifo go pinged accepted idle.ready
	peer idle -r idle.ready listen 127.0.0.1:0 many-accept "$idle" \
	    tell accepted park
	i=127.0.0.1:$(timeout "$LIMIT" head -n 1 idle.ready)
	limited accept echo <<-CONF
		server.max-connections = $((idle + 1))
		server.listen-backlog = 4096
		sockproxy.log-sessions = "none"
		\$SERVER["socket"] == "127.0.0.2:0" { $(server "i=$i") }
	CONF
	each=$(sed -n 's/.*sessions x \([0-9]*\) bytes.*/\1/p' proxy.log)
	peer busy connect "$p1" rxseed 1 times 7 ping 1000 tell pinged wait go
	told pinged
	least_cpu 3
	alone=$least
	start=$(memory)
	peer many many "$idle" "$p0" park
	timeout "$LIMIT" head -n 1 accepted >/dev/null ||
	    fail "not all are accepted: $(cat idle.err many.err)"
	grown=$(($(memory) - start))
	echo "$idle idle sessions: $grown KiB, stated: $each bytes each"
	# Pages that are touched in part, in each of the tables.
	[ "$grown" -le $((idle * each / 1024 + 128)) ] ||
	    fail "$idle sessions took $grown KiB, stated: $each bytes each"
	if asks_the_kernel; then
		least_cpu 3
		echo "1,000 round trips: $least us of CPU, $alone us alone"
		# Looking at each of them would make it hundreds of times.
		[ "$least" -le $((10 * alone)) ] ||
		    fail "a round trip among $idle: $least ns, alone: $alone"
	fi
	end busy
	finish b
	proxy_stop_now
}

# Is what the program waits with a queue in the kernel?  poll looks at all of them.
asks_the_kernel()
{
	[ "${HANDLER:-$("$PROGRAM" -V | sed -n 's/^waiting: \([a-z]*\).*/\1/p')}" \
	    != poll ]
}

describe idle_proxy_sleeps "no system call while nothing happens" strace ss
idle_proxy_sleeps_body()
{
	begin
	limited forever text hi expect-end <<-CONF
		sockproxy.half-close-timeout = 0
	CONF
	peer held connect "$p0" recv-text hi say in park
	await "a session" grep -q in held.out
	await "what is done once" probed dst "$b"
	relay=$(relays | head -n 1 | tr -d ' ')
	timeout 1 strace -qq -f -p "$relay" -o calls
	# attaching interrupts the wait it is in, and it waits again
	[ "$(wc -l <calls)" -le 4 ] || fail "$(cat calls)"
	proxy_stop_now
}

describe stopping_drains_and_a_second_signal_does_not \
    "SIGTERM: no new clients, sessions end; then exit status 0"
stopping_drains_and_a_second_signal_does_not_body()
{
	begin
	mkfifo there go
	limited accept recv 10 wait go send 20 fin expect-fin <<-CONF
		server.feature-flags = (
		    "server.graceful-shutdown-timeout" => 30 )
	CONF
	peer up connect "$p0" send 10 tell there expect-fin got 20 fin
	told there
	await "a session" logs 'started'
	kill -TERM "$PROXY"
	await "it stops" logs 'told to stop'
	client unconnectable "$p0"
	: >go
	finish up b
	wait "$PROXY" || fail "exit status $?"
	PROXY=
	counts sockproxy.ended.done 1
}

describe stopping_resets_what_does_not_end \
    "the graceful time is over: a reset on both sides, and a reason"
stopping_resets_what_does_not_end_body()
{
	begin
	limited accept recv 10 tell there expect-reset <<-CONF
		server.feature-flags = (
		    "server.graceful-shutdown-timeout" => 1 )
	CONF
	mkfifo there
	peer up connect "$p0" send 10 expect-reset
	told there
	proxy_stop
	finish up b
	counts sockproxy.ended.shutdown 1
	logged 1 'server\.graceful-shutdown-timeout 1\.0 s, proxy\.conf:[23]\)'
}

describe a_second_signal_is_said_to_be_the_reason \
    "the graceful time is not what ended a session that it left some"
a_second_signal_is_said_to_be_the_reason_body()
{
	begin
	limited accept recv 10 tell there expect-reset </dev/null
	mkfifo there
	peer up connect "$p0" send 10 expect-reset
	told there
	proxy_stop_now
	finish up b
	logged 1 'sockproxy stopped \(interrupted\)'
	logged 0 'graceful-shutdown-timeout'
}

describe each_session_has_one_line \
    "who, where, why, how long, how much; failed ones only when asked"
each_session_has_one_line_body()
{
	begin
	all_of_127
	limited times 2 accept expect-fin send 2000 fin close <<-CONF
		sockproxy.log-sessions = "failed"
		\$HTTP["remoteip"] == "127.1.0.0/16" {
			sockproxy.log-sessions = "all"
		}
	CONF
	client connect "$p0" send 500 fin expect-fin close
	client source 127.1.2.3 connect "$p0" send 500 fin expect-fin close
	finish b
	proxy_stop
	logged 1 '127\.1\.2\.3:[0-9]+ on 127\.0\.0\.1:[0-9]+ with b: both sides sent their end; [0-9.]+ s, connect [0-9.]+ s, 500 bytes from the client, (2000 bytes|1\.9 KiB) from the backend'
	logged 1 'session [0-9]+:'
}

describe who_is_refused_has_no_line_where_none_is_wanted \
    "log-sessions of a client for whom there is no sockproxy.server"
who_is_refused_has_no_line_where_none_is_wanted_body()
{
	begin
	all_of_127
	limited park <<-CONF
		\$SERVER["socket"] == "127.0.0.2:0" {
			sockproxy.log-sessions = "none"
			$(server "x=/x")
			\$HTTP["remoteip"] == "127.1.0.0/16" {
				sockproxy.server = ()
			}
		}
		\$SERVER["socket"] == "127.0.0.3:0" {
			sockproxy.log-sessions = "failed"
			$(server "x=/x")
			\$HTTP["remoteip"] == "127.1.0.0/16" {
				sockproxy.server = ()
			}
		}
	CONF
	client source 127.1.2.3 unconnectable "$p0"
	client source 127.1.2.3 unconnectable "$p1"
	end b
	proxy_stop
	counts sockproxy.ended.no-pool 2
	logged 0 'on 127\.0\.0\.2:0 refused'
	logged 1 'on 127\.0\.0\.3:0 refused: no sockproxy\.server'
}

describe lost_relay_resets_its_sessions \
    "kill -9 of the relay: resets, no forged end, and another relay serves"
lost_relay_resets_its_sessions_body()
{
	begin
	mkfifo there
	limited times 2 accept recv 10 tell there expect-end </dev/null
	peer up connect "$p0" send 10 expect-reset
	told there
	old=$(relays | head -n 1 | tr -d ' ')
	kill -9 "$old"
	finish up
	peer again connect "$p0" send 10 fin expect-fin
	told there
	finish again b
	grep -q 'reset after 10' b.out || fail "the backend saw: $(cat b.out)"
	proxy_stop
	logged 1 "process $old\\) was killed by signal 9"
}

describe clock_and_stop_do_not_end_sessions \
    "SIGSTOP for longer than a limit: what came meanwhile is not lost"
clock_and_stop_do_not_end_sessions_body()
{
	begin
	limited accept echo <<-CONF
		server.max-read-idle = 1
	CONF
	mkfifo there go
	peer up connect "$p0" rxseed 1 send 10 recv 10 tell there wait go \
	    send 10 recv 10 fin expect-fin
	told there
	relay=$(relays | head -n 1 | tr -d ' ')
	kill -STOP "$relay"
	: >go
	sleep 1.5
	kill -CONT "$relay"
	finish up b
	proxy_stop
	counts sockproxy.ended.done 1
}

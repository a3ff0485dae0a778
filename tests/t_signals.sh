# Ending, log rotation, and processes that are killed.

# one_session CONF-LINE ...: a proxy with an echoing backend, and a session over it
# that a client named "c" holds: it goes on when the fifo "more" has a line.
one_session()
{
	mkfifo up more
	backend b 127.0.0.1:0 forever echo
	{
		printf '%s\n' "$@"
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	} >c
	launch -- -f c
}

is_up()
{
	timeout "$LIMIT" head -n 1 up >/dev/null ||
	    fail "the session does not begin: $(cat c.err)"
}

# Let the session go on.
go_on()
{
	timeout "$LIMIT" sh -c 'echo >more' || fail "nobody waits: $(cat c.err)"
}

# The relay drains.
no_new_clients()
{
	await "no new clients" logs 'relay 1: no new clients; 1 session may'
	client unconnectable "$p0"
}

ended()
{
	wait "$PROXY"
	_status=$?
	PROXY=
	[ "$_status" -eq 0 ] || fail "sockproxy ended with $_status"
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

describe a_drain_lets_sessions_end "SIGTERM, SIGINT and SIGQUIT"
a_drain_lets_sessions_end_body()
{
	begin
	for signal in TERM INT QUIT; do
		rm -f up more
		one_session 'server.feature-flags = ( "server.graceful-shutdown-timeout" => 60 )'
		peer c connect "$p0" rxseed 1 send 10k recv 10k tell up \
		    wait more send 100k fin expect-fin got 110k
		is_up
		kill -$signal "$PROXY"
		no_new_clients
		go_on
		finish c
		ended
		logged 1 'told to stop$'
		logged 1 'session 1: .*: both sides sent their end'
		counts sockproxy.ended.done 1
		counts sockproxy.ended.shutdown 0
		counts gw.active-requests 0
		counts sockproxy.requests 1
		counts gw.backend.b.0.load 0
		counts sockproxy.bytes-from-client 112640
		end b
	done
}

describe a_second_signal_resets_what_is_left "and the program ends at once"
a_second_signal_resets_what_is_left_body()
{
	begin
	one_session 'server.feature-flags = ( "server.graceful-shutdown-timeout" => 600 )'
	peer c connect "$p0" rxseed 1 send 10k recv 10k tell up expect-reset
	is_up
	kill -TERM "$PROXY"
	no_new_clients
	kill -TERM "$PROXY"
	finish c
	ended
	logged 1 'told to stop again'
	counts sockproxy.ended.shutdown 1
}

describe the_graceful_time_is_the_longest "sessions that do not end are reset"
the_graceful_time_is_the_longest_body()
{
	begin
	one_session 'server.feature-flags = ( "server.graceful-shutdown-timeout" => 1 )'
	peer c connect "$p0" rxseed 1 send 10k recv 10k tell up \
	    longer 700 within 5000 expect-reset
	is_up
	kill -TERM "$PROXY"
	finish c
	ended
	logged 1 'session 1: .*stopped.*c:1'
	counts sockproxy.ended.shutdown 1
}

describe the_log_is_opened_anew \
    "SIGHUP and SIGUSR1: lines of all processes go to the new file"
the_log_is_opened_anew_body()
{
	begin
	one_session 'server.errorlog = "log"'
	n=10
	for signal in HUP USR1; do
		n=$((n + 1))
		mv log log.$n
		kill -$signal "$PROXY"
		await "a new log" test -s log
		client connect "$p0" rxseed 1 send $n fin expect-fin got $n
		await "a line of the relay" \
		    grep -q " $n bytes from the client" log
		! grep -q " $n bytes from the client" log.$n ||
		    fail "the old log is still written"
	done
	# Where it cannot be opened the old one is kept.
	mv log log.13
	mkdir log
	kill -HUP "$PROXY"
	await "an error in the old log" grep -q 'error: .*log' log.13
	client connect "$p0" rxseed 1 send 99 fin expect-fin got 99
	await "a line in the old log" grep -q "99 bytes from the client" log.13
	proxy_stop
	atf_check -o match:'sockproxy stopped' cat log.13
}

describe who_asks_while_it_starts_is_answered_afterwards \
    "a reload that is asked for while the configuration is read for the first time"
who_asks_while_it_starts_is_answered_afterwards_body()
{
	begin
	[ -n "$(sh -c 'echo $PPID')" ] || atf_skip "sh knows no PPID here"
	backend b 127.0.0.1:0 forever echo
	for signal in HUP USR1; do
		cat >c <<-CONF
			include_shell "test -e asked || { >asked; kill -$signal \$PPID; }"
			\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
		CONF
		rm -f asked
		launch -- -f c
		await "it reloads" logs 'the configuration is in effect'
		client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
		proxy_stop
	done
}

describe a_killed_relay_is_replaced \
    "its sessions are reset, nobody is refused, the numbers go on"
a_killed_relay_is_replaced_body()
{
	begin
	one_session
	client connect "$p0" rxseed 1 send 5k fin expect-fin got 5k
	peer c connect "$p0" rxseed 1 send 10k recv 10k tell up expect-reset
	is_up
	relay=$(relays | tr -d ' ')
	kill -KILL "$relay"
	# The listener is open all the time.
	client connect "$p0" rxseed 1 send 20k fin expect-fin got 20k
	finish c
	logged 1 "error: relay 1 \(process $relay\) was killed by signal 9"
	logged 1 'relay 1 started again as process [0-9]+$'
	proxy_stop
	counts sockproxy.accepted 3
	counts gw.backend.b.0.connected 3
	counts sockproxy.ended.done 2
	counts gw.active-requests 0
	counts gw.backend.b.0.load 0
}

# A relay was started again so many times.
restarted()
{
	[ "$(grep -c 'started again' proxy.log)" -eq "$1" ]
}

describe a_crash_loop_does_not_spin "a relay is started once a second at most"
a_crash_loop_does_not_spin_body()
{
	begin
	one_session
	begun=$(date +%s)
	for n in 1 2 3 4; do
		relay=$(relays | tr -d ' ')
		kill -SEGV "$relay"
		kill -KILL "$relay"
		await "relay number $n" restarted $n
	done
	took=$(($(date +%s) - begun))
	[ "$took" -ge 3 ] || fail "4 relays started in $took s"
	logged 4 'relay 1 .*was killed by signal'
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	proxy_stop
}

describe relays_end_after_a_killed_parent \
    "sessions go on to their end, the address is free for another one"
relays_end_after_a_killed_parent_body()
{
	begin
	one_session
	peer c connect "$p0" rxseed 1 send 10k recv 10k tell up \
	    wait more send 100k fin expect-fin got 110k
	is_up
	relay=$(relays | tr -d ' ')
	kill -KILL "$PROXY"
	wait "$PROXY"
	no_new_clients
	logs 'relay 1: error: the parent process is gone' ||
	    fail "the relay does not say so"
	cp proxy.log first.log
	launch -- "$p0" "$b"
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	go_on
	finish c
	await "the relay ends" gone "$relay"
	proxy_stop
}

describe the_log_never_holds_up_the_bytes \
    "standard error is a pipe that nobody reads"
the_log_never_holds_up_the_bytes_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "a pipe has another size here"
	backend b 127.0.0.1:0 forever echo
	mkfifo stuck ready
	exec 7<>stuck
	# NetBSD's pipe is full with less
	timeout 2 dd if=/dev/zero bs=1k count=60 2>/dev/null >&7
	"$PROGRAM" -D -R 3 127.0.0.1:0 "$b" 3>ready 2>stuck 7>&- &
	PROXY=$!
	read -r _index p0 <ready
	for _ in $(seq 60); do
		client connect "$p0" rxseed 1 send 10k fin expect-fin got 10k
	done
	cat stuck >out 7>&- &
	STARTED="$STARTED $!"
	await "room in the pipe" grep -q 'sockproxy .* started' out
	client connect "$p0" rxseed 1 send 10k fin expect-fin got 10k
	await "word of the lost lines" told_of_lost out
	kill -TERM "$PROXY"
	ended
	exec 7<&-
	await "the last lines" grep -q 'sockproxy stopped' out
	# None are written by now but those of sessions.
	[ $(($(lost_in out) + $(sessions_in out))) -eq 61 ] ||
	    fail "$(sessions_in out) written and $(lost_in out) lost of 61"
}

told_of_lost()
{
	grep -Eq 'warning: [0-9]+ log lines? w[a-z]+ lost$' "$1"
}

lost_in()
{
	sed -n 's/.*warning: \([0-9]*\) log lines* w[a-z]* lost$/\1/p' "$1" |
	    awk '{ n += $1 } END { print n + 0 }'
}

sessions_in()
{
	grep -c 'session [0-9]*:' "$1"
}

describe lost_lines_outlive_a_relay \
    "standard error is full, and who has lost lines ends in a reload"
lost_lines_outlive_a_relay_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "a pipe has another size here"
	here
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }" >c
	mkfifo stuck ready
	exec 7<>stuck
	# NetBSD's pipe is full with less
	timeout 2 dd if=/dev/zero bs=1k count=60 2>/dev/null >&7
	"$PROGRAM" -D -R 3 -f c 3>ready 2>stuck 7>&- &
	PROXY=$!
	read -r _index p0 <ready
	for _ in $(seq 60); do
		client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	done
	relay=$(relays | tr -d ' ')
	kill -HUP "$PROXY"
	await "another relay serves alone" gone "$relay"
	cat stuck >out 7>&- &
	STARTED="$STARTED $!"
	await "room in the pipe" grep -q 'sockproxy .* started' out
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "word of the lost lines" told_of_lost out
	proxy_stop
	exec 7<&-
	await "the last lines" grep -q 'sockproxy stopped' out
	# And the few lines about the reload.
	n=$(($(lost_in out) + $(sessions_in out)))
	[ "$n" -ge 61 ] && [ "$n" -le 75 ] ||
	    fail "$(sessions_in out) written and $(lost_in out) lost of 61"
}

# A line for a session, which may be held back for a second after a flood.
session_in()
{
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	grep -q 'relay 1: session [0-9]*: ' "$1"
}

describe a_log_of_gigabytes_goes_on "across 2 GiB, and from 5 on" truncate
a_log_of_gigabytes_goes_on_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	for size in 2147483600 5368709120; do
		truncate -s "$size" log || atf_skip "no files with holes here"
		proxy <<-CONF
			server.errorlog = "$PWD/log"
			\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
		CONF
		client connect "$p0" rxseed 1 send 1k fin expect-fin close
		proxy_stop
		tail -c +$((size + 1)) log >lines
		atf_check -o match:'^[-0-9]+ [0-9:]+ .*bound: ' cat lines
		atf_check -o match:'session 1: .* 1.0 KiB from the client' cat lines
		rm log
	done
}

describe a_full_disk_does_no_harm \
    "the log's file system is full, then it is not"
a_full_disk_does_no_harm_head()
{
	atf_set require.user root
	atf_set require.progs unshare
}
a_full_disk_does_no_harm_body()
{
	begin
	mkdir disk
	unshare -m true || atf_skip "no mount namespaces here"
	cat >inner <<-'SH'
		mount -t tmpfs -o size=16k none disk && exec "$@"
	SH
	backend b 127.0.0.1:0 forever echo
	{
		echo 'server.errorlog = "disk/log"'
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	} >c
	launch unshare -m sh inner -- -f c
	log=/proc/$PROXY/root$PWD/disk/log
	client times 200 connect "$p0" rxseed 1 send 1k fin expect-fin close
	[ "$(wc -c <"$log")" -eq 16384 ] || fail "the disk is not full"
	: >"$log"
	await "a line of a session" session_in "$log"
	atf_check -o match:'relay 1: warning: [0-9]+ log lines? w[a-z]+ lost' \
	    cat "$log"
	proxy_stop
}

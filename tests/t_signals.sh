# Ending, and processes that are killed.

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

# Client c is up, and does not outlive the second signal.
stopped_twice()
{
	is_up
	kill -TERM "$PROXY"
	no_new_clients
	kill -TERM "$PROXY"
	finish c
	ended
}

describe a_second_signal_resets_what_is_left "and the program ends at once"
a_second_signal_resets_what_is_left_body()
{
	begin
	one_session 'server.feature-flags = ( "server.graceful-shutdown-timeout" => 600 )'
	peer c connect "$p0" rxseed 1 send 10k recv 10k tell up expect-reset
	stopped_twice
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

describe a_graceful_time_of_zero_has_no_end "as in lighttpd, and as other times"
a_graceful_time_of_zero_has_no_end_body()
{
	begin
	one_session 'server.feature-flags = ( "server.graceful-shutdown-timeout" => 0 )'
	peer c connect "$p0" rxseed 1 send 10k recv 10k tell up \
	    wait more send 100k fin expect-fin got 110k
	is_up
	kill -TERM "$PROXY"
	no_new_clients
	go_on
	finish c
	ended
	logged 1 'session 1: .*: both sides sent their end'
	# and a second signal ends even that
	rm -f up more
	one_session 'server.feature-flags = ( "server.graceful-shutdown-timeout" => 0 )'
	peer c connect "$p0" rxseed 1 send 10k recv 10k tell up expect-reset
	stopped_twice
	counts sockproxy.ended.shutdown 1
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

# Upgrade: to a good program under load, and to all kinds of bad ones.

# one WORKERS: a configuration for churn at a known address.
one()
{
	[ -z "$HANDLER" ] || echo "server.event-handler = \"$HANDLER\""
	cat <<-CONF
		sockproxy.splice = "$SPLICE"
		server.max-worker = $1
		server.max-connections = 2000
		sockproxy.log-sessions = "failed"
		\$SERVER["socket"] == "$HERE:8000" {
			sockproxy.balance = "round-robin"
			$(server "a=$c0" "b=$c1")
		}
		\$SERVER["socket"] == "$PWD/l.sock" { $(server "u=${c2:-$c0}") }
	CONF
}

echoing()
{
	echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }"
	printf '%s\n' "$@"
}

describe no_session_is_cut_by_an_upgrade \
    "upgrades to the same file and to another copy, mixed with reloads"
no_session_is_cut_by_an_upgrade_body()
{
	begin
	own_program
	here
	upgrades=$(atf_config_get upgrades 10)
	churn -u "$PWD/u.sock"
	one 2 >c
	launch -- -f c
	say go "$HERE:8000" "$PWD/l.sock"
	await "sessions" churned_least live 200
	n=0
	while [ "$n" -lt "$upgrades" ]; do
		n=$((n + 1))
		one $((n % 4 + 1)) >c
		cp sockproxy new
		mv new sockproxy
		reload USR2
		one $((n % 3 + 1)) >c
		reload HUP
	done
	await "the last relays are alone" relays_are $((n % 3 + 1))
	[ ! -d /proc/self/fd ] ||
	    [ "$(readlink "/proc/$PROXY/exe")" = "$PROGRAM" ] ||
	    fail "an old copy runs"
	made=$(churned new-done)
	await "new clients" churned_least new-done $((made + 10))
	churn_stop
	cat churn.out
	logged "$upgrades" 'took over, process'
	proxy_stop
	await "no process is left" processes_are 0
	counts gw.active-requests 0
	counts sockproxy.refused 0
}

# ending WORKERS: a configuration for ends at a known address.
ending()
{
	[ -z "$HANDLER" ] || echo "server.event-handler = \"$HANDLER\""
	# shellcheck disable=SC2086
	cat <<-CONF
		sockproxy.splice = "$SPLICE"
		server.max-worker = $1
		\$SERVER["socket"] == "$HERE:8000" { $(server $ENDS) }
		\$SERVER["socket"] == "$PWD/l.sock" { $(server $ENDS) }
	CONF
}

describe ends_mean_the_same_whoever_relays \
    "random sessions that end at random while relays take over from each other"
ends_mean_the_same_whoever_relays_body()
{
	begin
	own_program
	here
	ends -t "$(atf_config_get seconds 3)"
	ending 1 >c
	launch -- -f c
	ends_through "$HERE:8000" "$PWD/l.sock"
	n=0
	while kill -0 "$ends_pid" 2>/dev/null; do
		n=$((n + 1))
		ending $((n % 3 + 1)) >c
		if [ $((n % 3)) -eq 0 ]; then reload USR2; else reload HUP; fi
	done
	ends_over
	proxy_stop
	counts gw.active-requests 0
}

describe a_bad_program_is_not_taken \
    "missing, no program, crashing, older, refusing, hanging: the old one goes on"
a_bad_program_is_not_taken_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	echoing >c
	launch -- -f c
	before=$(relays)
	n=0
	for how in missing denied text crash older refuse hang; do
		n=$((n + 1))
		rm -f sockproxy
		why="cannot be executed"
		case $how in
		denied)	echo >sockproxy ;;
		text)	echo nonsense >sockproxy
			chmod +x sockproxy ;;
		crash)	printf '#!/bin/sh\nkill -SEGV $$\n' >sockproxy
			why="it crashed" ;;
		older)	printf '#!/bin/sh\necho usage >&2; exit 2\n' >sockproxy
			why="does not know how to take over" ;;
		refuse)	printf '#!/bin/sh\nexit 1\n' >sockproxy
			why="does not take the configuration" ;;
		hang)	printf '#!/bin/sh\nsleep 1000 & echo $! >slept; wait\n' \
			    >sockproxy
			why="took too long" ;;
		esac
		[ ! -e sockproxy ] || [ $how = denied ] || chmod +x sockproxy
		kill -USR2 "$PROXY"
		await "$how is refused" times_logged $n \
		    'error: .*this program goes on'
		said=$(grep 'error: .*this program goes on' proxy.log |
		    tail -n 1)
		echo "$said" | grep -q "$why" || fail "$how: $said"
		client connect "$HERE:8000" rxseed 1 send 1k fin expect-fin
	done
	[ "$(relays)" = "$before" ] || fail "other relays"
	await "what it ran is gone" is_gone "$(cat slept)"
	# A good program, but the configuration has become a bad one.
	cp "$_dir/../sockproxy" sockproxy
	echoing "bad" >c
	kill -USR2 "$PROXY"
	await "it is refused" times_logged 2 'does not take the conf'
	# And with both good again.
	echoing >c
	reload USR2
	client connect "$HERE:8000" rxseed 1 send 1k fin expect-fin
	proxy_stop
	await "no process is left" processes_are 0
	# What was read from standard input is gone.
	launch -- -f - <c
	kill -USR2 "$PROXY"
	await "it is refused" logs 'error: .* as the new program: standard input cannot be'
	kill -HUP "$PROXY"
	await "it is refused" logs 'error: standard input cannot be read again'
	client connect "$HERE:8000" rxseed 1 send 1k fin expect-fin
	proxy_stop
}

# Nor does it keep the file system that it was started in.
holds_no_directory()
{
	for _pid in $(processes); do
		[ ! -d /proc/self/fd ] ||
		    [ "$(readlink "/proc/$_pid/cwd")" = / ] ||
		    fail "process $_pid is in $(readlink "/proc/$_pid/cwd")"
	done
}

describe a_daemon_is_upgraded_from_where_it_was_started \
    "relative paths, -D not given; number, pid file and its lock stay"
a_daemon_is_upgraded_from_where_it_was_started_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	mkfifo go up
	echoing 'server.pid-file = "pid"' 'server.errorlog = "proxy.log"' >c
	./sockproxy -f c || fail "it does not start"
	PROXY=$(cat pid)
	holds_no_directory
	peer one connect "$HERE:8000" rxseed 1 send 1000 recv 1000 tell up \
	    wait go send 5000 fin expect-fin got 6000
	head -n 1 up >/dev/null
	for n in 1 2 3; do
		reload USR2
		[ "$(cat pid)" = "$PROXY" ] || fail "another number"
		sed 's/:8000/:8001/' c >other
		atf_check -s exit:1 -e match:'runs already' ./sockproxy -D -f other
	done
	echo >go
	finish one
	# with the log writer
	[ "$(processes | wc -l)" -eq 3 ] || fail "processes: $(processes)"
	holds_no_directory
	kill -TERM "$PROXY"
	await "no process is left" processes_are 0
	PROXY=
	[ ! -e pid ] || fail "the pid file is still there"
	logs 'sockproxy stopped' || fail "not stopped in order"
}

describe an_upgrade_to_another_pid_file_leaves_no_number \
    "server.pid-file has changed meanwhile, or is not set any more"
an_upgrade_to_another_pid_file_leaves_no_number_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	echoing 'server.pid-file = "pid.1"' >c
	launch -- -f c
	echoing 'server.pid-file = "pid.2"' >c
	reload USR2
	[ "$(cat pid.2)" = "$PROXY" ] || fail "no number in the new one"
	[ ! -s pid.1 ] || fail "the number is still in the old one"
	echoing >c
	reload USR2
	[ ! -s pid.2 ] || fail "the number is still there"
	# An empty one is in nobody's way.
	echoing 'server.pid-file = "pid.1"' >c
	reload USR2
	[ "$(cat pid.1)" = "$PROXY" ] || fail "no number in it"
	proxy_stop
	[ ! -e pid.1 ] || fail "the pid file is still there"
}

describe the_longest_command_line_is_whole_afterwards \
    "LIMIT_BACKENDS backends as words: as many after an upgrade"
the_longest_command_line_is_whole_afterwards_body()
{
	begin
	own_program
	# shellcheck disable=SC2046
	launch -- "$PWD/l.sock" $(awk 'BEGIN { while (n++ < 4096)
	    print "127.0.0.1:" n }')
	reload USR2
	logged 1 'in effect: 1 listener, 4096 backends'
	proxy_stop
}

describe a_signal_in_an_upgrade_is_not_lost \
    "SIGHUP and SIGTERM while the new program tries itself and takes over"
a_signal_in_an_upgrade_is_not_lost_body()
{
	begin
	own_program
	here
	churn -x -s 60 -n 10
	one 2 >c
	launch -- -f c
	say go "$HERE:8000"
	await "sessions" churned_least live 60
	for n in 1 2 3 4 5; do
		kill -USR2 "$PROXY"
		kill -HUP "$PROXY"
		# not in place: it may be read just now
		one 3 >new
		mv new c
		kill -USR1 "$PROXY"
		await "the upgrade" times_logged $n 'took over, process'
		await "the last configuration" relays_are 3
		one 2 >new
		mv new c
		reload
		await "and the next one" relays_are 2
	done
	[ "$(churned reset)" -eq 0 ] || fail "sessions were reset"
	kill -USR2 "$PROXY"
	await "it becomes the new one" times_logged 6 'becoming the new program'
	kill -TERM "$PROXY"
	say stop
	wait "$PROXY" || fail "sockproxy ended with $?"
	PROXY=
	await "no process is left" processes_are 0
	exec 7>&-
	wait "$churn_pid"
	grep -q '^forged: 0' churn.out || fail "$(cat churn.out)"
}

describe what_the_configuration_runs_does_not_end_an_upgrade \
    "it has none of our descriptors, and may hang or fail when that is tried already"
what_the_configuration_runs_does_not_end_an_upgrade_body()
{
	begin
	[ -d /proc/self/fd ] || atf_skip "no /proc tells what a command has"
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	mkfifo go up
	mkfifo gate
	# 1: the start, 2: the try, 3: the new program's first, 4: and it tries again
	echoing 'server.pid-file = "pid"' 'server.errorlog = "log"' \
	    'include_shell "echo >>runs; n=$(wc -l <runs); ls /proc/self/fd >fds.$n; test $n -ne 3 || ! cat gate"' \
	    >c
	launch -- -f c
	peer one connect "$HERE:8000" rxseed 1 send 1000 recv 1000 tell up \
	    wait go send 5000 fin expect-fin got 6000
	head -n 1 up >/dev/null
	kill -USR2 "$PROXY"
	await "the command" test -e fds.3
	await "it does not wait for that" grep -q 'took over' log
	echo >gate
	await "its reload" grep -q 'is not changed' log
	await "it is taken" grep -q 'is in effect' log
	echo >go
	finish one
	for n in 2 3 4; do
		# 3: the directory itself
		[ "$(tr '\n' ' ' <fds.$n)" = '0 1 2 3 ' ] ||
		    fail "command $n has $(cat fds.$n)"
	done
	proxy_stop
}

describe a_relay_of_the_program_before_is_not_as_old_as_the_system \
    "one that is killed before the reload: how long it was known"
a_relay_of_the_program_before_is_not_as_old_as_the_system_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	echoing 'include_shell "echo >>runs; test $(wc -l <runs) -lt 3"' >c
	launch -- -f c
	relay=$(relays | tr -d ' ')
	kill -USR2 "$PROXY"
	await "its reload fails" logs 'is not changed'
	kill -KILL "$relay"
	await "that is seen" logs 'killed by signal 9'
	took=$(sed -n 's/.*killed by signal 9 after \([0-9]*\) s.*/\1/p' proxy.log)
	[ "$took" -le 120 ] || fail "after $took s"
	proxy_stop
}

describe what_is_in_a_sockets_place_is_anothers \
    "files of Unix sockets were replaced: after an upgrade they are not removed"
what_is_in_a_sockets_place_is_anothers_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	{
		echo "sockproxy.control = \"$PWD/ctl.sock\""
		echo "\$SERVER[\"socket\"] == \"$PWD/s\" { $(server "b=$b") }"
	} >c
	launch -- -f c
	mv s old
	rm ctl.sock
	backend other "$PWD/s" forever echo
	backend others "$PWD/ctl.sock" forever echo
	reload USR2
	logs 'another is in its place' || fail "it is not said"
	client connect "$PWD/old" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
	client connect "$PWD/s" rxseed 1 send 1k fin expect-fin got 1k
	client connect "$PWD/ctl.sock" rxseed 1 send 1k fin expect-fin got 1k
}

describe what_cannot_be_taken_over_ends_it \
    "a state that makes no sense: who serves nobody is not to stay"
what_cannot_be_taken_over_ends_it_body()
{
	begin
	here
	backend b 127.0.0.1:0 forever echo
	echoing >c
	for state in 1 '1 2' '1 1 -1 -1' '1 1 -1 -1 l' '1 1 77 78 l 79 1'; do
		atf_check -s exit:1 timeout 5 sh -c \
		    'SOCKPROXY_UPGRADE="$$ $1"; export SOCKPROXY_UPGRADE; shift
		    exec "$@"' sh "$state" "$PROGRAM" -D -f c
	done
}

describe who_cannot_become_another_goes_on \
    "execve(2) fails in the end: sessions, orders and descriptors are as before"
who_cannot_become_another_goes_on_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
who_cannot_become_another_goes_on_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	mkfifo go up
	echoing "sockproxy.control = \"$PWD/ctl\"" 'server.pid-file = "pid"' >c
	launch -- -f c
	peer one connect "$HERE:8000" rxseed 1 send 1000 recv 1000 tell up \
	    wait go send 5000 fin expect-fin got 6000
	head -n 1 up >/dev/null
	inject "$PROXY" -e trace=execve -e inject=execve:error=ENOMEM
	kill -USR2 "$PROXY"
	await "it is refused" logs 'not taken as the new program: out of memory; this'
	let_go
	nothing_inherited
	atf_check -o ignore ./sockproxy ctl -s ./ctl drain b
	atf_check -o ignore ./sockproxy ctl -s ./ctl enable b
	echo >go
	finish one
	reload
	reload USR2
	nothing_inherited
	client connect "$HERE:8000" rxseed 1 send 1k fin expect-fin
	proxy_stop
}

# By what the configuration runs, above all.
nothing_inherited()
{
	for _fd in "/proc/$PROXY/fdinfo/"*; do
		[ "${_fd##*/}" -lt 3 ] ||
		    grep -q 'flags:.*[2367][0-7]\{6\}$' "$_fd" ||
		    [ ! -e "$_fd" ] ||	# closed meanwhile
		    fail "${_fd##*/} is inherited"
	done
}

describe relays_that_cannot_live_do_not_stop_an_upgrade \
    "the only relay is dead just then: who waits at the listener is served"
relays_that_cannot_live_do_not_stop_an_upgrade_head()
{
	atf_set require.user root
	atf_set timeout 120
}
relays_that_cannot_live_do_not_stop_an_upgrade_body()
{
	begin
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	mkdir root
	{
		echo 'server.pid-file = "pid"' "server.chroot = \"$PWD/root\""
		echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }"
	} >c
	launch -- -f c
	# One that died at once is not tried again within the same second.
	rmdir root
	kill -KILL "$(relays | tr -d ' ')"
	await "its successor cannot live" logs 'cannot change the root'
	await "that is seen" logs 'ended by itself with status 1'
	peer early connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	mkdir root
	reload USR2
	finish early
	[ "$(cat pid)" = "$PROXY" ] || fail "another number"
	logged 1 'took over, process'
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	reload
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
	await "no process is left" processes_are 0
	[ ! -e pid ] || fail "the pid file is still there"
}

# Reload: under load, with bad files, half way, and when somebody does not play.

# two WORKERS [LINE ...]: a configuration for churn with two listeners.
two()
{
	_workers=$1
	shift
	[ -z "$HANDLER" ] || echo "server.event-handler = \"$HANDLER\""
	cat <<-CONF
		sockproxy.splice = "$SPLICE"
		server.max-worker = $_workers
		server.max-connections = 2000
		sockproxy.log-sessions = "failed"
		\$SERVER["socket"] == "127.0.0.1:0" {
			sockproxy.balance = "round-robin"
			$(server "a=$c0" "b=$c1")
		}
		\$SERVER["socket"] == "$PWD/l.sock" { $(server "u=${c2:-$c0}") }
	CONF
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

# With -v test_suites.sockproxy.reloads=1000 it is the long proof.
describe no_session_is_cut_by_a_reload \
    "reloads and changes of max-worker under load, every byte checked"
no_session_is_cut_by_a_reload_body()
{
	begin
	reloads=$(atf_config_get reloads 30)
	churn -u "$PWD/u.sock"
	two 2 >c
	launch -- -f c
	say go "$p0" "$PWD/l.sock"
	await "sessions" churned_least live 200
	open=$(parent_fds)
	n=0
	while [ "$n" -lt "$reloads" ]; do
		n=$((n + 1))
		two $((n % 4 + 1)) >c
		reload HUP
	done
	await "the last relays are alone" relays_are $((n % 4 + 1))
	await "the parent's descriptors are back" parent_fds_most \
	    $((open - 2 + n % 4 + 1))
	made=$(churned new)
	await "new clients" churned_least new $((made + 10))
	churn_stop
	cat churn.out
	proxy_stop
	counts gw.active-requests 0
	counts sockproxy.refused 0
	counts sockproxy.ended.done "$(counter sockproxy.accepted)"
}

describe names_are_looked_up_beside_the_parent \
    "a name server that does not answer holds up who reads, and not the parent"
names_are_looked_up_beside_the_parent_head()
{
	atf_set require.user root
	atf_set require.progs strace
}
names_are_looked_up_beside_the_parent_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	{
		echo 'status.listen = "localhost:0"'
		echo "\$SERVER[\"socket\"] == \"localhost:0\" { $(server \
		    "b=localhost:${b##*:}") }"
	} >c
	launch -- -f c
	inject "$PROXY" -P /etc/hosts -e trace=open,openat -e signal=none
	reload
	let_go
	[ ! -s strace.out ] || fail "the parent does: $(cat strace.out)"
	# Another one does.
	inject "$PROXY" -f -P /etc/hosts -e trace=open,openat -e signal=none
	reload
	let_go
	grep -q hosts strace.out || fail "nobody does"
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe a_bad_file_changes_nothing \
    "errors, nothing, a directory, a fifo, a binary, too large, missing"
a_bad_file_changes_nothing_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	conf="\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	echo "$conf" >c
	launch -- -f c
	before=$(relays)
	n=0
	for how in syntax key value empty directory fifo binary huge missing; do
		rm -rf c
		n=$((n + 1))
		case $how in
		syntax)	printf '%s\n\nserver.port = ( 1\n' "$conf" >c
			say='error: .*/c:[345]:[0-9]+: ' ;;
		key)	printf '%s\n  server.max-wroker = 2\n' "$conf" >c
			say='error: .*/c:[0-9]+:3: .*server.max-worker' ;;
		value)	printf 'server.max-worker = 1000\n%s\n' "$conf" >c
			say='error: .*/c:1.*max-worker' ;;
		empty)	: >c
			say='error: ' ;;
		directory) mkdir c
			say='error: .*c.*directory' ;;
		fifo)	mkfifo c
			say='error: .*c.*' ;;
		binary)	head -c 100000 "$PROGRAM" >c
			say='error: .*/c:1:' ;;
		huge)	truncate -s 1G c
			say='error: .*c.*' ;;
		missing) say='error: .*c.*no such file' ;;
		esac
		kill -HUP "$PROXY"
		await "$how is refused" times_logged "$n" 'the configuration is not changed'
		logs "$say" || fail "$how: $(cat proxy.log)"
		client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	done
	[ "$(relays)" = "$before" ] || fail "other relays"
	rm -f c
	echo "$conf" >c
	reload
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe what_is_bound_waits_for_a_restart \
    "other permissions are a warning, an address around ours is said to be"
what_is_bound_waits_for_a_restart_body()
{
	begin
	here
	backend b 127.0.0.1:0 forever echo
	conf()
	{
		echo "sockproxy.control = \"$PWD/ctl\""
		echo "sockproxy.control-perms = \"$2\""
		echo "\$SERVER[\"socket\"] == \"$1:8000\" { $(server "b=$b") }"
		echo "\$SERVER[\"socket\"] == \"$PWD/s\" { $(server "b=$b")"
		echo "server.socket-perms = \"$2\" }"
	}
	conf "$HERE" 0600 >c
	launch -- -f c
	reload
	logs 'stays as' && fail "nothing was changed"
	conf "$HERE" 0666 >c
	reload
	for s in s ctl; do
		case $s in
		s)	key=server.socket-perms ;;
		*)	key=sockproxy.control-perms ;;
		esac
		logs "warning: .*/c:[0-9]+: \"$PWD/$s\" stays as.*: $key has" ||
		    fail "$(cat proxy.log)"
	done
	conf "" 0666 >c
	# the BSDs let an address and all of them have one port
	if [ "$(uname -s)" = Linux ]; then
		kill -HUP "$PROXY"
		await "it is refused" logs 'is not changed'
		logs "\":8000\": address in use; one of ours has the port" ||
		    fail "$(cat proxy.log)"
	fi
	client connect "$HERE:8000" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

describe what_is_not_bound_changes_with_a_reload \
    "the length of a listen queue, and whether first bytes are waited for" ss
what_is_not_bound_changes_with_a_reload_body()
{
	begin
	here
	backend b 127.0.0.1:0 forever text hello recv-print
	# conf BACKLOG SECONDS
	conf()
	{
		echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b")"
		echo "server.listen-backlog = $1"
		echo "server.defer-accept = $2 }"
	}
	conf 10 60 >c
	launch -- -f c
	queue_is 10 "$HERE:8000"
	for n in 20 5; do
		conf $n 0 >c
		reload
		queue_is $n "$HERE:8000"
		client connect "$HERE:8000" within 5000 recv-text hello close
	done
	proxy_stop_now
}

describe what_stays_is_as_it_was_when_a_reload_is_refused \
    "a listen queue, who the control socket belongs to: also when relays do not start" ss
what_stays_is_as_it_was_when_a_reload_is_refused_head()
{
	atf_set descr "$TEXT_what_stays_is_as_it_was_when_a_reload_is_refused"
	atf_set require.user root
	atf_set require.progs ss
}
what_stays_is_as_it_was_when_a_reload_is_refused_body()
{
	begin
	here
	backend b 127.0.0.1:0 forever text hello recv-print
	# conf BACKLOG SECONDS OWNER [LINE ...]
	conf()
	{
		echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b")"
		echo "server.listen-backlog = $1"
		echo "server.defer-accept = $2 }"
		echo "sockproxy.control = \"$PWD/ctl\""
		echo "sockproxy.control-owner = \"$3\""
		shift 3
		printf '%s\n' "$@"
	}
	conf 10 0 root:root >c
	launch -- -f c
	n=0
	for line in "status.listen = \"$b\"" "server.chroot = \"$PWD/none\""; do
		n=$((n + 1))
		conf 20 60 nobody:daemon "$line" >c
		kill -HUP "$PROXY"
		await "$line is refused" times_logged $n \
		    'error: the configuration is not changed'
		queue_is 10 "$HERE:8000"
		[ "$(stat -c %U:%G ctl)" = root:root ] ||
		    fail "$line: the control socket is of $(stat -c %U:%G ctl)"
		client connect "$HERE:8000" within 5000 recv-text hello close
	done
	conf 20 0 nobody:daemon >c
	reload
	queue_is 20 "$HERE:8000"
	[ "$(stat -c %U:%G ctl)" = nobody:daemon ] || fail "it is not given"
	# An owner that is not there is an error all the same.
	conf 20 0 nobody-here >c
	kill -HUP "$PROXY"
	await "it is refused" times_logged $((n + 1)) \
	    'error: the configuration is not changed'
	proxy_stop
}

describe a_socket_whose_file_is_gone_is_made_again \
    "Unix listeners: by a reload, once nobody waits at the old socket any more"
a_socket_whose_file_is_gone_is_made_again_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	for s in s kept; do
		echo "\$SERVER[\"socket\"] == \"$PWD/$s\" { $(server "b=$b") }"
	done >c
	echo 'server.max-connections = 1' >>c
	launch -- -f c
	kept=$(ls -i kept)
	mkfifo in1 more1 in2
	peer one connect "$PWD/s" rxseed 1 send 1k recv 1k tell in1 \
	    wait more1 send 1k fin expect-fin got 2k
	told in1
	# The only session there may be: the second one waits.
	peer two connect "$PWD/s" rxseed 1 tell in2 send 1k fin expect-fin got 1k
	told in2
	rm s
	reload
	logs "warning: .*/c:[0-9]+: the file of \"$PWD/s\" is gone, and clients" ||
	    fail "not told that clients wait"
	[ ! -e s ] || fail "it was made again, and who waits is lost"
	timeout "$LIMIT" sh -c 'echo >more1'
	finish one two
	reload
	client connect "$PWD/s" rxseed 1 send 1k fin expect-fin got 1k
	[ "$(ls -i kept)" = "$kept" ] || fail "the other one was made again, too"
	# Somebody else's is not taken away.
	rm s
	backend other ./s forever discard
	other_file=$(ls -i s)
	reload
	logged 1 "warning: .*/c:[0-9]+: the file of \"$PWD/s\" is gone, and another"
	reload USR2
	logged 2 "warning: .*/c:[0-9]+: the file of \"$PWD/s\" is gone, and another"
	[ "$(ls -i s)" = "$other_file" ] || fail "the other one's is gone"
	rm s
	reload
	client connect "$PWD/s" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
	[ ! -e s ] || fail "it was left"
}

describe a_listener_that_was_shut_is_made_again \
    "who has a listening socket can end it for all: a reload makes another" python3
a_listener_that_was_shut_is_made_again_body()
{
	[ "$(uname)" = Linux ] || atf_skip "pidfd_getfd(2) is Linux's"
	begin
	here
	backend b 127.0.0.1:0 forever echo
	{
		echo "sockproxy.control = \"$PWD/ctl.sock\""
		echo "status.listen = \"$HERE:8001\""
		for s in "$HERE:8000" "$PWD/s"; do
			echo "\$SERVER[\"socket\"] == \"$s\" { $(server "b=$b") }"
		done
	} >c
	launch -- -f c
	# As somebody could who has taken over a relay, or the monitor.
	python3 - "$PROXY" <<-'EOF' || atf_skip "no pidfd_getfd(2) here"
	import ctypes, os, socket, sys
	pidfd = os.pidfd_open(int(sys.argv[1]))
	call = ctypes.CDLL(None, use_errno=True).syscall
	ends = 0
	for fd in range(3, 100):
	    copy = call(438, pidfd, fd, 0)
	    if copy == -1 and ctypes.get_errno() != 9:
	        sys.exit(1)
	    if copy == -1:
	        continue
	    try:
	        s = socket.socket(fileno=copy)
	        if s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
	            s.shutdown(socket.SHUT_RD)
	            ends += 1
	    except OSError:
	        pass
	sys.exit(ends != 4)
	EOF
	client unconnectable "$HERE:8000"
	reload
	for to in "$HERE:8000" "$PWD/s"; do
		logs "warning: .*/c:[0-9]+: \"$to\" does not listen any more" ||
		    fail "not told of $to"
		client connect "$to" rxseed 1 send 1k fin expect-fin got 1k
	done
	for to in "$PWD/ctl.sock" "$HERE:8001"; do
		logs "warning: .*/c:[0-9]+: \"$to\" does not listen any more" ||
		    fail "not told of $to"
	done
	"$PROGRAM" ctl -s ./ctl.sock status >/dev/null || fail "no control"
	"$_dir/ask" "$HERE:8001" 'GET /metrics HTTP/1.0\r\n\r\n' |
	    grep -q '^sockproxy_' || fail "no status page"
	proxy_stop
	[ ! -e s ] && [ ! -e ctl.sock ] || fail "it was left"
}

describe a_reload_may_map_more_than_there_is \
    "room for the sessions of all relays before it, in each: it is used by few"
a_reload_may_map_more_than_there_is_body()
{
	begin
	relays=$(awk '/^MemTotal|^SwapTotal/ { n += $2 } END {
	    print int(n / 4194304) + 1 }' /proc/meminfo 2>/dev/null)
	[ "${relays:-0}" -gt 1 ] && [ "$relays" -le 64 ] ||
	    atf_skip "the bound cannot be more than the memory here"
	[ "$(od -An -tx1 -j4 -N1 "$PROGRAM" | tr -d ' ')" = 02 ] ||
	    atf_skip "a program of 32 bits cannot map so much"
	[ "$(cat /proc/sys/vm/overcommit_memory)" != 2 ] ||
	    atf_skip "this system counts what is mapped"
	backend b 127.0.0.1:0 forever echo
	cat >c <<-CONF
		server.max-worker = $relays
		server.buffers = 65536
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	launch -- -f c
	reload
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

# Of clients held1 and held2; they go on when more1 and more2 are written to.
two_sessions()
{
	mkfifo in1 in2 more1 more2
	for n in 1 2; do
		peer held$n connect "$p0" rxseed 1 send 1k recv 1k tell in$n \
		    wait more$n send 1k fin expect-fin got 2k
		told in$n
	done
}

describe a_lower_limit_cuts_nobody \
    "fewer server.max-connections than there are sessions: who comes waits"
a_lower_limit_cuts_nobody_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	conf()
	{
		echo "server.max-connections = $1"
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	}
	conf 2 >c
	launch -- -f c
	two_sessions
	conf 1 >c
	reload
	peer next connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "it is full" logs 'all 1 sessions are in use: new clients wait \(.*/c:1\)'
	for n in 1 2; do
		timeout "$LIMIT" sh -c "echo >more$n"
		finish held$n
	done
	finish next
	proxy_stop
	counts sockproxy.ended.done 3
}

describe all_listeners_are_replaced \
    "200 by 200 others, with few sessions: both are open for a while"
all_listeners_are_replaced_body()
{
	begin
	all_of_127
	here
	backend b 127.0.0.1:0 forever echo
	# conf ADDRESS
	conf()
	{
		echo 'server.max-connections = 10'
		echo "\$SERVER[\"socket\"] == \"$1:8000\" { $(server "b=$b")"
		echo 'sockproxy.listen = ('
		_n=1
		while [ "$_n" -lt 200 ]; do
			echo "\"$1:$((8000 + _n))\","
			_n=$((_n + 1))
		done
		echo ') }'
	}
	there=127.128.${HERE#127.*.}
	conf "$HERE" >c
	launch -- -f c
	for a in "$there" "$HERE"; do
		conf "$a" >c
		reload
		client connect "$a:8199" rxseed 1 send 1k fin expect-fin got 1k
	done
	proxy_stop
}

describe fewer_descriptors_cut_nobody \
    "server.max-fds too low for the sessions there are, and not to be raised"
fewer_descriptors_cut_nobody_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	conf()
	{
		echo "$@"
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	}
	drop=
	# Without its capability the superuser cannot raise a hard limit.
	[ "$(id -u)" -ne 0 ] || {
		atf_require_prog setpriv
		drop="setpriv --bounding-set -sys_resource --inh-caps -sys_resource"
	}
	printf '%s\n' '#!/bin/sh' 'ulimit -n 215' "exec $drop \"\$@\"" >few
	chmod +x few
	conf 'server.max-connections = 30' >c
	launch ./few -- -f c
	mkfifo in
	n=0
	while [ "$n" -lt 30 ]; do
		n=$((n + 1))
		peer held$n connect "$p0" rxseed 1 send 1k recv 1k tell in park
		told in
	done
	conf 'server.max-fds = 50' >c
	reload
	await "the former one is gone" relays_are 1
	logged 0 'could not be taken over'
	proxy_stop_now
	counts sockproxy.ended.shutdown 30
}

describe more_relays_are_no_more_sessions \
    "one relay has all that there may be, another is new: who comes waits"
more_relays_are_no_more_sessions_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	conf()
	{
		echo 'server.max-connections = 2'
		echo "server.max-worker = $1"
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	}
	conf 1 >c
	launch -- -f c
	two_sessions
	conf 2 >c
	reload
	peer next connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "it is full" logs 'all 2 sessions are in use: new clients wait'
	sleep 0.5	# it is tried again meanwhile
	logged 0 'session [0-9]+:'
	for n in 1 2; do
		timeout "$LIMIT" sh -c "echo >more$n"
		finish held$n
		[ $n = 2 ] || finish next
	done
	proxy_stop
	counts sockproxy.ended.done 3
}

mapped()
{
	[ ! -e "/proc/$PROXY/status" ] ||
		sed -n 's/^VmSize:[^0-9]*//p' "/proc/$PROXY/status"
}

describe a_reload_is_all_or_nothing \
    "an address in use: the listener beside it is not opened either"
a_reload_is_all_or_nothing_body()
{
	begin
	here
	backend b 127.0.0.1:0 forever echo
	backend taken "$HERE:0" forever echo
	conf()
	{
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
		for _a in "$@"; do
			echo "\$SERVER[\"socket\"] == \"$_a\" { $(server "b=$b") }"
		done
	}
	conf >c
	launch -- -f c
	open=$(parent_fds)
	conf "$HERE:8000" "$PWD/new.sock" "$taken" >c
	kill -HUP "$PROXY"
	await "it is refused" logs 'is not changed'
	logs "error: .*/c:[0-9]+: cannot listen on \"$taken\": address in use" ||
	    fail "not said why"
	client unconnectable "$HERE:8000"
	[ ! -e new.sock ] || fail "a socket was left"
	conf "$HERE:8000" "$PWD/none/new.sock" >c
	kill -HUP "$PROXY"
	await "it is refused" times_logged 2 'is not changed'
	logs 'error: .*/c:[0-9]+: .*the directory does not exist' || fail "not said why"
	client unconnectable "$HERE:8000"
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	[ "$(parent_fds)" -eq "$open" ] ||
	    fail "descriptors: $open before, now $(ls -l "/proc/$PROXY/fd")"
	conf "$HERE:8000" "$PWD/new.sock" >c
	reload
	client connect "$HERE:8000" rxseed 1 send 1k fin expect-fin got 1k
	client connect "$PWD/new.sock" rxseed 1 send 1k fin expect-fin got 1k
	conf >c
	reload
	client unconnectable "$HERE:8000"
	[ ! -e new.sock ] || fail "a socket was left"
	# nothing more is mapped, either
	size=$(mapped)
	reload
	conf "$taken" >c
	kill -HUP "$PROXY"
	await "it is refused" times_logged 3 'is not changed'
	[ "$(mapped)" = "$size" ] || fail "$size before, now $(mapped)"
	proxy_stop
}

describe what_is_removed_ends_in_its_own_time \
    "a listener and a backend with live sessions: these go on, and are counted"
what_is_removed_ends_in_its_own_time_body()
{
	begin
	backend old 127.0.0.1:0 forever recv 1000 send 500 recv 3000 send 10k fin expect-fin
	backend new 127.0.0.1:0 accept echo
	mkfifo go_1 go_2 up_1 up_2
	cat >c <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "old=$old") }
		\$SERVER["socket"] == "$PWD/gone.sock" { $(server "old=$old") }
	CONF
	launch -- -f c
	peer one connect "$p0" send 1000 recv 500 tell up_1 wait go_1 send 3000 \
	    fin expect-fin got 10740
	head -n 1 up_1 >/dev/null
	peer two connect "$PWD/gone.sock" send 1000 recv 500 tell up_2 wait go_2 \
	    send 3000 fin expect-fin got 10740
	head -n 1 up_2 >/dev/null
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "new=$new") }" >c
	reload
	[ ! -e gone.sock ] || fail "the socket is still there"
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	echo >go_1
	echo >go_2
	finish one two new
	proxy_stop
	counts sockproxy.accepted 3
	counts sockproxy.ended.done 3
	counts gw.backend.removed.0.connected 2
	counts gw.backend.new.0.connected 1
	counts gw.backend.removed.0.bytes-from-backend 21480
	counts sockproxy.listener.removed.active 0
}

describe what_still_connects_goes_to_no_other_backend \
    "a listener is removed: its clients never get another listener's backends"
what_still_connects_goes_to_no_other_backend_body()
{
	begin
	hanging
	backend other 127.0.0.1:0 forever discard
	conf="\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "other=$other") }"
	cat >c <<-CONF
		sockproxy.debug = 1
		$conf
		\$SERVER["socket"] == "127.0.0.2:0" { $(server "hang=$hang") }
	CONF
	launch -- -f c
	peer one connect "$p1" send 1000 expect-reset
	await "it is connecting" logs 'goes to hang'
	echo "$conf" >c
	reload
	end q1
	end hang
	finish one
	proxy_stop
	counts sockproxy.ended.no-backend 1
	counts gw.backend.other.0.chosen 0
}

describe who_connects_to_a_backend_that_is_removed_does_not_hang \
    "it does not answer: the client goes to one of the new list after 8 seconds"
who_connects_to_a_backend_that_is_removed_does_not_hang_body()
{
	begin
	hanging
	backend new 127.0.0.1:0 accept echo
	cat >c <<-CONF
		sockproxy.debug = 1
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "hang=$hang") }
	CONF
	launch -- -f c
	peer one connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "it is connecting" logs 'goes to hang'
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "new=$new") }" >c
	reload
	finish one new
	proxy_stop
	counts gw.backend.removed.0.timeouts 1
}

# is_locked FILE: who wants it as a pid file is told that sockproxy runs.
is_locked()
{
	atf_check -s exit:1 -e match:'runs already' timeout "$LIMIT" "$PROGRAM" \
	    -D -R 9 -f - 9>ports <<-CONF
		server.pid-file = "$PWD/$1"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
}

describe user_log_and_pid_file_change \
    "server.username, server.errorlog, server.pid-file"
user_log_and_pid_file_change_head()
{
	atf_set require.user root
	atf_set timeout 120
}
user_log_and_pid_file_change_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	conf()
	{
		printf '%s\n' "server.errorlog = \"$1\"" \
		    "server.pid-file = \"$2\"" "server.username = \"$3\"" \
		    "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	}
	conf log.1 pid.1 nobody >c
	launch -- -f c
	conf log.2 pid.2 daemon >c
	kill -HUP "$PROXY"
	await "the other log" grep -q 'is in effect' log.2
	atf_check -o inline:"$PROXY\n" cat pid.2
	[ ! -e pid.1 ] || fail "the old pid file is still there"
	for p in $(relays); do
		ps -o user= -p "$p"
	done | sort -u >users
	[ "$(tr -d ' ' <users)" = daemon ] || fail "$(cat users)"
	# A log that was moved away is opened anew, even if the file is bad.
	mv log.2 log.3
	echo bad >>c
	kill -HUP "$PROXY"
	await "the log is opened anew" test -s log.2
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "relays write there too" grep -q 'session [0-9]*:' log.2
	# A log that cannot be opened: nothing changes.
	conf none/log pid.2 nobody >c
	kill -HUP "$PROXY"
	await "it is refused" grep -q 'none/log: no such file' log.2
	conf log.2 none/pid nobody >c
	kill -HUP "$PROXY"
	await "it is refused" grep -q 'none/pid: no such file' log.2
	# Both the old one and the new one hold the lock all along.
	is_locked pid.2
	# In the foreground no log file means standard error, as at the start.
	conf log.2 pid.2 daemon | sed 1d >c
	kill -HUP "$PROXY"
	await "it is logged here again" logs 'is in effect'
	proxy_stop
	[ ! -e pid.2 ] || fail "the pid file is still there"
}

describe a_log_is_no_pid_file \
    "server.errorlog where the pid file is, or is now, or was: refused"
a_log_is_no_pid_file_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	# conf LOG PID
	conf()
	{
		printf '%s\n' "server.errorlog = \"$1\"" \
		    "server.pid-file = \"$2\"" \
		    "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	}
	conf log pid >c
	launch -- -f c
	ln -f log proxy.log
	n=0
	for names in "pid pid" "pid other" "both both" "pid log"; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		conf $names >c
		kill -HUP "$PROXY"
		await "$names is refused" times_logged $n 'is not changed$'
		[ "$(cat pid)" = "$PROXY" ] || fail "$names: $(cat pid)"
		is_locked pid
	done
	logged 4 'server.errorlog: .*/(pid|both) is the pid file'
	conf log pid >c
	reload
	proxy_stop
	[ ! -e pid ] || fail "the pid file is still there"
}

describe relative_paths_begin_where_it_was_started \
    "in a daemon, too, and when that directory is gone"
relative_paths_begin_where_it_was_started_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	mkdir home
	conf()
	{
		printf '%s\n' "server.errorlog = \"$1\"" \
		    "server.pid-file = \"$PWD/pid\"" \
		    "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	}
	conf log.1 >c
	mkfifo ready
	c=$PWD/c
	(cd home && exec "$PROGRAM" -R 3 -f "$c") 3>ready &
	timeout "$LIMIT" head -n 1 ready >ports
	wait $! || fail "it does not start"
	PROXY=$(cat pid)
	ln home/log.1 proxy.log
	conf log.2 >c
	mv home away
	kill -HUP "$PROXY"
	await "it is refused" logs 'is not changed'
	logs "c:1: server.errorlog: cannot open $PWD/home/log.2: no such file" ||
	    fail "not said why: $(cat proxy.log)"
	kill -USR2 "$PROXY"
	await "it goes on" logs 'started is gone, .* this program goes on'
	# What does not need it does without.
	conf "$PWD/log.3" >c
	kill -HUP "$PROXY"
	await "the new log" grep -q 'is in effect' log.3
	# And there it is again.
	mkdir home
	conf log.2 >c
	kill -HUP "$PROXY"
	await "the new log" grep -q 'is in effect' home/log.2
	kill -TERM "$PROXY"
	await "it stops" grep -q 'sockproxy stopped' home/log.2
	PROXY=
}

describe a_storm_of_signals_is_one_reload_after_the_other \
    "1,000 SIGHUP at once: the last configuration wins, nothing piles up"
a_storm_of_signals_is_one_reload_after_the_other_body()
{
	begin
	churn -s 20
	two 2 >c
	launch -- -f c
	say go "$p0"
	await "sessions" churned_least live 20
	n=0
	while [ "$n" -lt 1000 ]; do
		kill -HUP "$PROXY"
		n=$((n + 1))
		[ "$n" -ne 990 ] || two 3 >c
	done
	await "three relays" logs 'is in effect: .* 3 relays'
	await "only three" relays_are 3
	n=$(grep -c 'is in effect' proxy.log)
	[ "$n" -le 500 ] || fail "$n reloads"
	churn_stop
	proxy_stop
}

describe a_signal_in_a_reload_is_another_reload \
    "SIGHUP while the configuration is read: what was written since is read, too"
a_signal_in_a_reload_is_another_reload_body()
{
	begin
	mkfifo reached gate
	conf()
	{
		printf '%s\n' "$@"
		echo '$SERVER["socket"] == "127.0.0.1:0" { sockproxy.server =' \
		    '( "b" => ( "host" => "127.0.0.1", "port" => 1 ) ) }'
	}
	conf >c
	launch -- -f c
	conf 'include_shell "echo >reached; cat gate"' >c
	kill -HUP "$PROXY"
	told reached
	conf 'server.max-worker = 2' >c
	kill -HUP "$PROXY"
	echo >gate
	await "the first one" logs 'is in effect: .* 1 relay$'
	await "the second one" logs 'is in effect: .* 2 relays$'
	proxy_stop
}

describe a_reload_may_come_at_any_moment \
    "during a reload, and SIGTERM while the next crew starts and takes over"
a_reload_may_come_at_any_moment_head()
{
	atf_set require.user root
	atf_set require.progs strace
	atf_set timeout 120
}
a_reload_may_come_at_any_moment_body()
{
	begin
	own_program
	churn -x -s 60 -n 10
	two 1 >c
	launch -- -f c
	say go "$p0"
	await "sessions" churned_least live 60
	# The relays that begin are late: their sandbox takes them a second.
	hold "$PROXY" prctl 300
	kill -HUP "$PROXY"
	await "the next crew starts" times_logged 1 'reading the configuration'
	# not in place: it may be read just now
	two 2 >new
	mv new c
	kill -HUP "$PROXY"
	kill -USR1 "$PROXY"
	await "it is in effect too" times_logged 2 'is in effect'
	logs 'is in effect: .* 2 relays' || fail "not the second one"
	let_go
	await "those before are gone" relays_are 2
	[ "$(churned reset)" -eq 0 ] || fail "sessions were reset"
	# The old relays are late: handing over takes them seconds.
	for relay in $(relays); do
		hold "$relay" sendmsg 50
	done
	kill -HUP "$PROXY"
	await "handing over begins" times_logged 3 'is in effect'
	kill -TERM "$PROXY"
	wait "$PROXY" || fail "sockproxy ended with $?"
	PROXY=
	await "no process is left" processes_are 0
	say rest 1
	churned forged >forged
	[ "$(cat forged)" -eq 0 ] || fail "$(cat forged) forged ends"
}

# cannot_hand_over CALL ERROR N: the first reload meets it.
cannot_hand_over()
{
	begin
	own_program
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }" >c
	launch -- -f c
	half_way "$p0"
	old=$(relays | tr -d ' ')
	open=$(parent_fds)
	inject "$PROXY" -e trace="$1" -e inject="$1:error=$2:when=$3"
	reload
	logged 1 "process $old\) cannot hand over its sessions"
	await "it listens no more" listens_no_more
	# Nor has who is new to wait for that one.
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	logged 0 'goes on with its sessions'
	echo >go
	finish one
	await "it ends with its session" relays_are 1
	await "no descriptor is left" parent_fds_most "$open"
	let_go
	proxy_stop
	await "no process is left" processes_are 0
	counts sockproxy.accepted 2
	counts sockproxy.ended.done 2
}

# with_strace NAME TEXT
with_strace()
{
	describe "$1" "$2"
	eval "$1_head() {
		atf_set descr \"\$TEXT_$1\"
		atf_set require.user root
		atf_set require.progs strace
		atf_set timeout 120
	}"
}

with_strace who_cannot_hand_over_takes_no_new_clients \
    "no channel from relay to relay: the old one ends with its last session"
who_cannot_hand_over_takes_no_new_clients_body()
{
	# The reader and the relay that begins have two.
	cannot_hand_over socketpair EMFILE 3
}

with_strace who_cannot_take_over_takes_new_clients_at_once \
    "the channel from relay to relay cannot be sent to the new one"
who_cannot_take_over_takes_new_clients_at_once_body()
{
	cannot_hand_over sendmsg EPERM 1
}

with_strace a_moment_without_memory_is_waited_for \
    "ENOMEM for the messages to both relays: the session goes along"
a_moment_without_memory_is_waited_for_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }" >c
	launch -- -f c
	half_way "$p0"
	inject "$PROXY" -e trace=sendmsg \
	    -e inject=sendmsg:error=ENOMEM:when=1+2
	reload
	await "one relay" relays_are 1
	let_go
	[ "$(grep -c INJECTED strace.out)" -eq 2 ] || fail "$(cat strace.out)"
	logged 0 'cannot hand over'
	echo >go
	finish one
	proxy_stop
}

with_strace a_reload_without_memory_changes_nothing \
    "each piece of memory that the parent asks for is refused once"
a_reload_without_memory_changes_nothing_body()
{
	begin
	[ -z "$WRAPPER" ] || atf_skip "the wrapper needs memory too"
	backend b 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }" >c
	launch -- -f c
	half_way "$p0"
	reload
	await "one relay" relays_are 1
	open=$(parent_fds)
	n=0 refused=0
	while [ "$n" -lt 15 ]; do
		n=$((n + 1))
		inject "$PROXY" -e trace='?mmap,?mmap2' \
		    -e inject="?mmap,?mmap2:error=ENOMEM:when=$n"
		kill -HUP "$PROXY"
		await "a verdict" times_logged $((n + 1)) \
		    'is in effect|the configuration is not changed$'
		await "one relay" relays_are 1
		let_go
		grep -q INJECTED strace.out || break
		refused=$((refused + 1))
		client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	done
	[ "$refused" -gt 1 ] || fail "only $refused were refused"
	await "no descriptor is left" parent_fds_most "$open"
	times_logged $refused 'error: .*out of memory' || fail "not said"
	echo >go
	finish one
	proxy_stop
}

with_strace a_session_is_not_lost_without_a_word \
    "each call on the queue of events that a new relay makes fails once"
a_session_is_not_lost_without_a_word_body()
{
	begin
	case ${HANDLER:-$("$PROGRAM" -V | sed -n 's/^waiting: //p')} in
	*epoll*)	;;
	*)		atf_skip "there is no such call" ;;
	esac
	backend b 127.0.0.1:0 forever echo
	mkfifo go up
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }" >c
	launch -- -f c
	n=0 all=0 lost=0
	while [ "$n" -lt 15 ]; do
		n=$((n + 1))
		"$PEER" -t "$LIMIT" connect "$p0" rxseed 1 send 1000 recv 1000 \
		    tell up wait go send 5000 fin expect-fin got 6000 \
		    >one.out 2>one.err &
		one=$!
		head -n 1 up >/dev/null
		inject "$PROXY" -f -e trace=epoll_ctl \
		    -e inject=epoll_ctl:error=ENOSPC:when=$n
		all=$((all + 1))
		kill -HUP "$PROXY"
		await "a verdict" times_logged $all 'is in effect|is not changed'
		await "one relay" relays_are 1
		let_go
		echo >go
		wait "$one" || lost=$((lost + 1))
		logged "$lost" 'could not be taken over: reset'
		grep -q INJECTED strace.out || break
	done
	[ "$n" -gt 3 ] || fail "only $n calls"
	reload
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
}

sockets_of()
{
	for _f in "/proc/$1/fd"/*; do
		readlink "$_f"
	done | grep '^socket:' | sort
}
listens_no_more()
{
	sockets_of "$PROXY" >ours
	sockets_of "$old" >its
	[ -s its ] && [ -z "$(comm -12 ours its)" ]
}

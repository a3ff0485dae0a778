# Starting: what fails and how it says so, going to the background, the pid file,
# the log, and what a process may have inherited.

# conf BACKEND [LINE ...]: a configuration with one listener on a free port.
conf()
{
	_server=$(server "b=$1")
	shift
	printf '%s\n' "$@"
	# shellcheck disable=SC2016
	echo '$SERVER["socket"] == "127.0.0.1:0" {' "$_server" '}'
}

# refused PATTERN ARGUMENT ...: exit status 1, and one line that says why.
refused()
{
	_pattern=$1
	shift
	"$PROGRAM" -D "$@" >refused.out 2>refused.err 9>/dev/null
	_status=$?
	[ "$_status" -eq 1 ] || fail "exit status $_status: $*"
	atf_check cat refused.out
	grep -E 'error: ' refused.err >errors
	atf_check -o match:"$_pattern" cat errors
	[ "$(wc -l <errors)" -eq 1 ] || fail "more than one: $(cat errors)"
}

describe a_name_that_is_our_own_listener_is_a_loop \
    "of a backend, or of a listener; another port or family is none"
a_name_that_is_our_own_listener_is_a_loop_body()
{
	begin
	# nothing is bound before that is seen
	for pair in 127.0.0.1:8099=localhost:8099 :8099=localhost:8099 \
	    localhost:8099=127.0.0.1:8099 localhost:8099=localhost:8099; do
		# the BSDs have it in /etc/hosts as ::1 first
		[ "${pair#*=}" != 127.0.0.1:8099 ] && too='' || too="b2=[::1]:8099"
		echo "\$SERVER[\"socket\"] == \"${pair%%=*}\"" \
		    "{ $(server "b=${pair#*=}" ${too:+"$too"}) }" >loop.conf
		refused "loop.conf:[23]: the backend \"b2?\" is our own listener \"${pair%%=*}\"" \
		    -f loop.conf
	done
	conf localhost:8099 >c
	launch -- -f c
	proxy_stop
}

# background FILE [WORD ...]: start without -D.  The words go in front.  $PROXY is
# its number, from the pid file.
background()
{
	_file=$1
	shift
	rm -f proxy.ready
	mkfifo proxy.ready
	cat proxy.ready >proxy.ports &
	_cat=$!
	"$@" "$PROGRAM" -R 3 -f "$_file" 3>proxy.ready 2>start.err
	_status=$?
	[ "$_status" -eq 0 ] || fail "exit status $_status: $(cat start.err)"
	wait "$_cat"
	while read -r _index _addr; do
		eval "p$_index=\$_addr"
	done <proxy.ports
	PROXY=$(cat pid)
}

# The daemon is nobody's child here: its end shows in its number.
background_stop()
{
	kill -TERM "$PROXY"
	await "sockproxy $PROXY ends" gone "$PROXY"
	PROXY=
}

describe each_failure_of_a_start_names_its_setting \
    "addresses, users, files, limits: exit 1 and one sentence"
each_failure_of_a_start_names_its_setting_body()
{
	begin
	conf 127.0.0.1:1 | sed 's/:0"/:65000"/' >base
	conf 127.0.0.1:1 'server.errorlog = "nowhere/log"' >c
	refused '^sockproxy: error: c:1: server.errorlog: .*nowhere/log: no such file' \
	    -R 9 -f c
	conf 127.0.0.1:1 'server.errorlog = "/"' >c
	refused 'c:1: server.errorlog: cannot open /: ' -R 9 -f c
	conf 127.0.0.1:1 '' 'server.pid-file = "nowhere/pid"' >c
	refused 'c:2: cannot take server.pid-file .*nowhere/pid: no such file' \
	    -R 9 -f c
	conf 127.0.0.1:1 'server.username = "no-such-user"' >c
	refused 'c:1: cannot become "no-such-user": there is no such user' -R 9 -f c
	conf 127.0.0.1:1 'server.username = "1234567890"' >c
	refused 'c:1: cannot become "1234567890": this user has no group' \
	    -R 9 -f c
	conf 127.0.0.1:1 'server.groupname = "no-such-group"' >c
	refused 'c:1: cannot become "no-such-group": there is no such group' -R 9 -f c
	conf 127.0.0.1:1 'server.max-worker = 65' >c
	refused 'c:1.*max-worker.*64' -R 9 -f c
	conf 127.0.0.1:1 'server.max-connections = 1000' \
	    'server.max-fds = 200' >c
	refused 'c:2: server.max-fds = 200 is too low: [0-9]+ descriptors are needed for server.max-connections = 1000' \
	    -R 9 -f c
	conf 127.0.0.1:1 'server.event-handler = "kqueue"' >c
	[ "$(uname -s)" != Linux ] ||
		refused 'c:1.*server.event-handler.*kqueue' -R 9 -f c
	refused '"192.0.2.1:80": address not available' 192.0.2.1:80 127.0.0.1:1
	refused '"/nowhere/socket": the directory does not exist' \
	    /nowhere/socket 127.0.0.1:1
	# No name server is asked: a part of a name has 63 characters at most.
	name=$(printf '%070d' 0).invalid
	refused "cannot listen on \"$name:1\": the name does not resolve: " \
	    "$name:1" 127.0.0.1:1
	touch file
	refused "\"$PWD/file\": a file that is not a socket is in the way" \
	    "$PWD/file" 127.0.0.1:1
	[ -f file ] || fail "the file is gone"
	conf 127.0.0.1:1 'status.listen = "/nowhere/page"' >c
	refused 'c:1: status.listen = "/nowhere/page": cannot listen: the directory does not exist' \
	    -R 9 -f c
	conf 127.0.0.1:1 "sockproxy.control = \"$PWD/file\"" >c
	refused 'c:1: sockproxy.control = .*cannot listen: a file that is not a socket is in the way' \
	    -R 9 -f c
	conf 127.0.0.1:1 "sockproxy.control = \"/$(printf '%0200d' 0)\"" >c
	refused 'c:1: sockproxy.control = .*cannot listen: the path is too long for a socket' \
	    -R 9 -f c
	backend b 127.0.0.1:0 forever discard
	refused "\"$b\": address in use" "$b" 127.0.0.1:1
	backend u "$PWD/socket" forever discard
	refused "\"$PWD/socket\": address in use" "$PWD/socket" 127.0.0.1:1
	[ -S socket ] || fail "the other server's socket is gone"
	refused '-R 8: that descriptor is not open' -R 8 127.0.0.1:0 127.0.0.1:1
	# Nothing is left of all this.
	[ -z "$(find . -name 'pid*')" ] || fail "a pid file was left"
}

describe the_superuser_is_told_of_what_cannot_be \
    "chroot that is not there" 
the_superuser_is_told_of_what_cannot_be_head()
{
	atf_set require.user root
}
the_superuser_is_told_of_what_cannot_be_body()
{
	begin
	conf 127.0.0.1:1 'server.chroot = "/nowhere"' \
	    'server.username = "nobody"' >c
	refused 'c:1: .*server.chroot /nowhere: no such file' -R 9 -f c
}

# needed LISTENERS: descriptors, as the program says.
needed()
{
	for _l in $1; do
		conf 127.0.0.1:1 | sed "s/127.0.0.1:0/127.0.0.$_l:0/"
	done >f
	printf 'server.max-%s\n' 'fds = 64' 'connections = 1000' >>f
	timeout "$LIMIT" "$PROGRAM" -D -R 9 -f f 2>&1 9>/dev/null |
	    sed -n 's/.*too low: \([0-9]*\) descriptors are needed.*/\1/p'
}

describe low_limits_are_refused_with_the_number \
    "RLIMIT_NOFILE: raised when it may be, else the number that would do"
low_limits_are_refused_with_the_number_body()
{
	begin
	# Without its capability the superuser cannot raise a hard limit.
	_drop=
	[ "$(id -u)" -ne 0 ] || {
		atf_require_prog setpriv
		_drop="setpriv --bounding-set -sys_resource --inh-caps -sys_resource"
	}
	conf 127.0.0.1:1 >c
	for n in 100 1000; do
		(ulimit -n $n && exec $_drop "$PROGRAM" -D -R 9 -f c) 2>err 9>/dev/null
		_status=$?
		[ $_status -eq 1 ] || fail "status $_status: $(cat err)"
		atf_check -o match:"error: (c:[0-9]+: )?server.max-connections takes [0-9]+ descriptors, but the limit of open files \\(RLIMIT_NOFILE, ulimit -n\\) is $n: raise that, or set it to [0-9]+ or less" \
		    cat err
		max=$(sed -n 's/.*set it to \([0-9]*\) or less/\1/p' err)
		# And that number does.
		conf 127.0.0.1:1 "server.max-connections = $max" >less
		(ulimit -n $n; launch $_drop -- -f less; proxy_stop) ||
		    fail "$max is not low enough"
		conf 127.0.0.1:1 "server.max-connections = $((max + 1))" >more
		(ulimit -n $n && exec $_drop "$PROGRAM" -D -R 9 -f more) 2>err 9>/dev/null &&
		    fail "$max is not the most"
	done
	# Too few for any session.
	(ulimit -n 30 && exec $_drop "$PROGRAM" -D -R 9 -f c) 2>err 9>/dev/null
	[ $? -eq 1 ] || fail "30 descriptors: $(cat err)"
	atf_check -o match:'ulimit -n\) is 30: raise that$' cat err
	conf 127.0.0.1:1 "server.max-fds = 5000" >fds
	(ulimit -n 1000 && exec $_drop "$PROGRAM" -D -R 9 -f fds) 2>err 9>/dev/null &&
		fail "more descriptors than the limit"
	atf_check -o match:"error: fds:[0-9]+: server.max-fds takes 5000 descriptors, .* is 1000: raise that, or set it to 1000 or less" \
	    cat err
	# One for each listener.
	needed "1 2 3" >three
	needed 1 >one
	[ $(($(cat three) - $(cat one))) -eq 2 ] ||
	    fail "$(cat three) descriptors with two listeners more, $(cat one)"
	# The soft limit alone is no hindrance.
	ulimit -S -n 64
	launch -- -f c
	[ ! -d /proc/self/fd ] || atf_check -o match:'Max open files +2[0-9]{3} ' \
	    cat "/proc/$(relays | tr -d ' ')/limits"
	proxy_stop
	# A limit that was asked for decides how many sessions there can be.
	conf 127.0.0.1:1 'server.max-fds = 500' >c
	launch -- -f c
	logs 'bound: .* [0-9]+ sessions x .*; (500|49[5-9]) descriptors' ||
	    fail "not bound by server.max-fds"
	proxy_stop
	# With too few for any session, how many one takes; and they do.
	conf 127.0.0.1:1 'server.max-fds = 20' >c
	"$PROGRAM" -D -R 9 -f c 2>err 9>/dev/null && fail "20 are enough"
	most=$(sed -n 's/.*error: c:.*server.max-fds = 20 is too low: \([0-9]*\) descriptors are needed for server.max-connections = 1$/\1/p' err)
	[ -n "$most" ] || fail "$(cat err)"
	conf 127.0.0.1:1 "server.max-fds = $most" >c
	launch -- -f c
	proxy_stop
}

describe memory_is_small_and_taken_from_children_first \
    "no huge pages for tables; who is killed for want of memory is not the parent"
memory_is_small_and_taken_from_children_first_body()
{
	begin
	grep -q '^THP_enabled' /proc/self/status 2>/dev/null ||
	    atf_skip "no /proc tells of huge pages"
	"$PROGRAM" -V | grep -q 'sandbox:.*system calls' ||
	    atf_skip "this program has none of what is Linux's own"
	[ ! -e /sys/kernel/mm/transparent_hugepage ] ||
	    grep -q '^THP_enabled:.*1' /proc/self/status ||
	    atf_skip "the tests have no huge pages"
	conf 127.0.0.1:1 'server.errorlog = "log"' >c
	launch -- -f c
	children_first
	kill -KILL "$(relays | tail -n 1 | tr -d ' ')"
	await "another relay" grep -q 'relay 1 started again' log
	children_first
	proxy_stop
}

children_first()
{
	_ours=$(cat "/proc/$PROXY/oom_score_adj")
	for _p in $PROXY $(relays); do
		atf_check -o match:'^THP_enabled:.*0' cat "/proc/$_p/status"
		[ "$_p" = "$PROXY" ] || [ "$_ours" -eq 1000 ] ||
		    [ "$(cat "/proc/$_p/oom_score_adj")" -eq $((_ours + 50)) ] ||
		    fail "$_p is not before its parent"
	done
}

session_of()
{
	# OpenBSD has another word for it
	ps -o sid= -p "$1" 2>/dev/null || ps -o sess= -p "$1"
}

describe the_first_process_ends_when_the_daemon_listens \
    "without -D: status 0, a session of its own, nothing held open"
the_first_process_ends_when_the_daemon_listens_body()
{
	begin
	backend b 127.0.0.1:0 accept echo
	mkdir cwd
	conf "$b" 'server.pid-file = "pid"' 'server.errorlog = "log"' >c
	# Its output ends with the first process: the daemon keeps no copy.
	out=$(background c 2>&1) || fail "$out"
	[ -z "$out" ] || fail "output: $out"
	read -r _index p0 <proxy.ports
	PROXY=$(cat pid)
	client connect "$p0" rxseed 1 send 10k fin expect-fin got 10k
	[ "$(session_of "$PROXY")" != "$(session_of $$)" ] ||
	    fail "in our session"
	if [ -d /proc/self/fd ]; then
		atf_check -o inline:"/\n" readlink "/proc/$PROXY/cwd"
		for fd in 0 1 2; do
			for pid in $PROXY $(relays); do
				atf_check -o inline:"/dev/null\n" \
				    readlink "/proc/$pid/fd/$fd"
			done
		done
		[ -z "$(ls -l /proc/"$PROXY"/fd | grep start.err)" ] ||
		    fail "standard error is still open"
	fi
	background_stop
	[ ! -e pid ] || fail "the pid file is still there"
	atf_check -o match:'told to stop' -o match:'sockproxy stopped' cat log
}

describe a_daemon_that_fails_says_so_in_the_foreground \
    "without -D: status 1, the sentence on standard error and in the log"
a_daemon_that_fails_says_so_in_the_foreground_body()
{
	begin
	backend b 127.0.0.1:0 forever discard
	conf 127.0.0.1:1 'server.pid-file = "pid"' 'server.errorlog = "log"' |
	    sed "s/127.0.0.1:0/$b/" >c
	atf_check -s exit:1 -e match:"^sockproxy: error: c:3: .*address in use" \
	    "$PROGRAM" -f c
	atf_check -o match:" error: c:3: .*address in use" cat log
	[ ! -e pid ] || fail "a pid file was left"
	# What only a relay finds out, too.
	[ "$(id -u)" -eq 0 ] || return 0
	conf 127.0.0.1:1 'server.pid-file = "pid"' 'server.errorlog = "log"' \
	    'server.chroot = "/nowhere"' >c
	atf_check -s exit:1 -e match:"^sockproxy: relay 1: error: c:3: .*nowhere" \
	    sh -c "'$PROGRAM' -R 9 -f c 9>/dev/null"
	[ ! -e pid ] || fail "a pid file was left"
}

describe who_is_not_root_is_told_what_has_no_effect \
    "server.username, server.chroot: a warning that names the line"
who_is_not_root_is_told_what_has_no_effect_body()
{
	begin
	_drop=
	[ "$(id -u)" -ne 0 ] || {
		atf_require_prog setpriv
		_drop="setpriv --reuid=65534 --regid=65534 --clear-groups"
	}
	conf 127.0.0.1:1 "server.chroot = \"$PWD\"" >chroot
	conf 127.0.0.1:1 '' 'server.username = "nobody"' >user
	chmod 755 .
	cp "$PROGRAM" program	# who has nothing may not reach it where it is
	PROGRAM=$PWD/program
	for c in chroot:1 user:2; do
		launch $_drop -- -f "$PWD/${c%:*}"
		atf_check -o match:"warning: .*$c: not started by root: user," \
		    cat proxy.log
		proxy_stop
	done
}

describe the_lock_decides_who_runs \
    "a second one is refused, a number left by a dead one is not in the way"
the_lock_decides_who_runs_body()
{
	begin
	conf 127.0.0.1:1 'server.pid-file = "pid"' >c
	echo "$$" >pid
	launch -- -f c
	atf_check -o inline:"$PROXY\n" cat pid
	refused "c:1: cannot take server.pid-file .*/pid: it is locked: sockproxy runs already" \
	    -R 9 -f c
	atf_check -o inline:"$PROXY\n" cat pid
	kill -KILL "$PROXY"
	wait "$PROXY"
	[ -e pid ] || fail "nobody was there to remove it"
	launch -- -f c
	atf_check -o inline:"$PROXY\n" cat pid
	proxy_stop
	[ ! -e pid ] || fail "the pid file is still there"
	ln -s elsewhere pid
	refused "c:1: cannot take server.pid-file" -R 9 -f c
	[ ! -e elsewhere ] || fail "a symbolic link was followed"
	conf 127.0.0.1:1 'server.pid-file = "c"' >c
	cp c same
	refused "c:1: cannot take server.pid-file .*/c: it holds more than" \
	    -R 9 -f c
	atf_check cmp c same
}

describe sockets_that_we_made_are_removed \
    "Unix listeners: stale files are taken over, ours removed, others' not"
sockets_that_we_made_are_removed_body()
{
	begin
	backend b 127.0.0.1:0 times 2 accept echo
	launch -- "$PWD/s" "$b"
	client connect "$PWD/s" rxseed 1 send 1k fin expect-fin
	relay=$(relays | tr -d ' ')
	kill -KILL "$PROXY"
	wait "$PROXY"
	[ -S s ] || fail "nobody was there to remove it"
	await "its relay ends, too" gone "$relay"
	launch -- "$PWD/s" "$b"
	client connect "$PWD/s" rxseed 1 send 1k fin expect-fin
	proxy_stop
	[ ! -e s ] || fail "the socket is still there"
	launch -- "$PWD/s" "$b"
	rm s
	touch s
	proxy_stop
	[ -f s ] || fail "what others put there was removed"
}

describe the_relay_is_not_the_superuser \
    "user, group, groups, root directory, limits of a relay"
the_relay_is_not_the_superuser_head()
{
	atf_set require.user root
}
the_relay_is_not_the_superuser_body()
{
	begin
	backend b 127.0.0.1:0 accept echo
	mkdir empty
	conf "$b" 'server.username = "nobody"' "server.chroot = \"$PWD/empty\"" \
	    >c
	launch -- -f c
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	relay=$(relays | tr -d ' ')
	uid=$(id -u nobody) gid=$(id -g nobody)
	atf_check -o match:"^ *$uid +$uid$" ps -o uid= -o ruid= -p "$relay"
	[ -d /proc/self/fd ] ||
	    atf_skip "its user is nobody; no /proc tells of the rest"
	atf_check -o match:"^Uid:[[:blank:]]$uid[[:blank:]]$uid[[:blank:]]$uid[[:blank:]]$uid" \
	    -o match:"^Gid:[[:blank:]]$gid[[:blank:]]$gid[[:blank:]]$gid[[:blank:]]$gid" \
	    -o match:"^Groups:[[:blank:]]$gid ?$" \
	    -o match:'^CapEff:[[:blank:]]0+$' -o match:'^CapPrm:[[:blank:]]0+$' \
	    cat "/proc/$relay/status"
	atf_check -o inline:"$PWD/empty\n" readlink "/proc/$relay/root"
	atf_check -o inline:"$PWD/empty\n" readlink "/proc/$relay/cwd"
	atf_check -o match:'Max processes +0 +0 ' \
	    -o match:'Max core file size +0 ' cat "/proc/$relay/limits"
	logged 0 'stay root'
	proxy_stop
	launch -- 127.0.0.1:0 "$b"
	logged 1 'warning: started by root without server.username'
	proxy_stop
}

describe who_waits_for_the_start_may_be_late \
    "-R: a pipe that is full for a moment"
who_waits_for_the_start_may_be_late_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "a pipe has another size here"
	mkfifo full
	exec 7<>full
	dd if=/dev/zero bs=1k count=64 2>/dev/null >&7
	{ exec $WRAPPER "$PROGRAM" -D -R 3 127.0.0.1:0 127.0.0.1:1; } \
	    3>full 2>proxy.log 7>&- &
	PROXY=$!
	await "it listens" logs 'listening on'
	head -c 65536 <&7 >/dev/null
	atf_check -o match:'^0 127.0.0.1:[0-9]+$' timeout "$LIMIT" \
	    head -n 1 <&7
	await "it serves" logs 'sockproxy .* started'
	exec 7<&-
	proxy_stop
}

describe others_descriptors_are_closed \
    "closed 0 to 2, an open 500: nothing strange in either process" bash
others_descriptors_are_closed_body()
{
	begin
	[ -d /proc/self/fd ] || atf_skip "no /proc tells of descriptors"
	backend b 127.0.0.1:0 accept echo
	conf "$b" 'server.errorlog = "log"' >c
	mkfifo held
	rm -f proxy.ready
	mkfifo proxy.ready
	# A shell cannot open 500 by itself everywhere; dup through /dev/fd.
	bash -c 'exec 500<c; exec "$@" 3>proxy.ready 0<&- 1>&- 2>&-' - \
	    "$PROGRAM" -D -R 3 -f c &
	PROXY=$!
	timeout "$LIMIT" cat proxy.ready >proxy.ports
	read -r _index p0 <proxy.ports
	client connect "$p0" rxseed 1 send 10k fin expect-fin got 10k
	for pid in $PROXY $(relays); do
		[ ! -e "/proc/$pid/fd/500" ] || fail "$pid has 500"
		for fd in 0 1 2; do
			atf_check -o inline:'/dev/null\n' \
			    readlink "/proc/$pid/fd/$fd"
		done
		[ -z "$(find /proc/"$pid"/fd -lname '*proxy.ready')" ] ||
		    fail "$pid has proxy.ready"
	done
	proxy_stop
	atf_check -o match:'sockproxy stopped' cat log
}

describe inherited_signals_and_umask_do_no_harm \
    "ignored and blocked signals, umask 0777, a working directory that is gone"
inherited_signals_and_umask_do_no_harm_body()
{
	begin
	conf 127.0.0.1:1 'server.errorlog = "log"' 'server.pid-file = "pid"' >c
	env --ignore-signal=CHLD --ignore-signal=TERM --ignore-signal=PIPE \
	    --block-signal=TERM --block-signal=CHLD --block-signal=HUP \
	    true 2>/dev/null || atf_skip "env cannot ignore and block signals"
	for how in ignore block; do
		launch env --$how-signal=CHLD --$how-signal=TERM \
		    --$how-signal=HUP --$how-signal=PIPE -- -f c
		# the first child is the log writer
		kill -KILL "$(relays | tail -n 1 | tr -d ' ')"
		await "another relay" grep -q 'relay 1 started again' log
		proxy_stop
		rm -f log
	done
	echo 'umask 0777 && exec "$@"' >masked
	launch sh masked -- -f c
	for file in log pid; do
		[ -n "$(find $file -perm -600)" ] || fail "$file: $(ls -l $file)"
	done
	proxy_stop
	mkdir away
	_here=$PWD
	(cd away && rmdir "$_here/away" && exec "$PROGRAM" -D -R 3 127.0.0.1:0 \
	    127.0.0.1:1 3>"$_here/ports" 2>"$_here/err") &
	PROXY=$!
	await "a start in a directory that is gone" test -s ports
	proxy_stop
}

# Resident memory of the first relay, KiB.
resident()
{
	ps -o rss= -p "$(relays | head -n 1 | tr -d ' ')" | tr -d ' '
}

buffers_in_use()
{
	"$PROGRAM" ctl -s ./ctl status | grep -q "^buffers in use  *$1\$"
}

describe a_session_takes_as_much_however_few_there_are \
    "the bound is stated with what each takes, not with a share of a page"
a_session_takes_as_much_however_few_there_are_body()
{
	begin
	for n in 1 5 20 2000; do
		proxy <<-CONF
			server.max-connections = $n
			\$SERVER["socket"] == "127.0.0.1:0" {
				$(server "a=127.0.0.1:9")
			}
		CONF
		proxy_stop
		sed -n 's/.* sessions* x \([0-9]*\) bytes.*/\1/p' proxy.log >>each
	done
	[ "$(grep -c . each)" = 4 ] || fail "$(cat proxy.log)"
	[ "$(sort -u each | grep -c .)" = 1 ] || fail "$(cat each)"
}

describe memory_stays_within_the_stated_bound \
    "resident memory with 1,000 idle and 100 stalled sessions"
memory_stays_within_the_stated_bound_body()
{
	begin
	[ -z "$WRAPPER" ] || atf_skip "the memory would be the wrapper's too"
	mkfifo accepted over idle.ready
	# A shorter queue would drop connections that the proxy takes for made.
	peer idle -r idle.ready backlog 1024 listen 127.0.0.1:0 \
	    many-accept 1000 tell accepted wait over
	idle=127.0.0.1:$(timeout "$LIMIT" head -n 1 idle.ready)
	# Unix sockets take little before they stall.
	backend full "$PWD/full" forever send 8m
	cat >c <<-CONF
		server.max-connections = 1200
		server.buffers = 128
		sockproxy.splice = "disable"
		sockproxy.control = "$PWD/ctl"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "i=$idle") }
		\$SERVER["socket"] == "$PWD/s" { $(server "f=$full") }
	CONF
	launch -- -f c
	atf_check -o match:'bound: .* = .* fixed \+ 1200 sessions x [0-9]+ bytes \+ 128 buffers x 64.0 KiB; [0-9]+ descriptors' \
	    cat proxy.log
	each=$(sed -n 's/.*sessions x \([0-9]*\) bytes.*/\1/p' proxy.log)
	start=$(resident)
	peer many many 1000 "$p0" wait over
	timeout "$LIMIT" head -n 1 accepted >/dev/null ||
	    fail "not all are accepted: $(cat idle.err many.err)"
	idle_kib=$(($(resident) - start))
	echo "$each bytes a session; 1000 of them took $idle_kib KiB"
	# Pages, and what is touched with the first session.
	[ "$idle_kib" -le $((1000 * each / 1024 + 128)) ] ||
	    fail "1000 idle sessions took $idle_kib KiB, stated: $each bytes each"
	peer stall many 100 "$p1" wait over
	await "100 stalled sessions" buffers_in_use 100
	stalled_kib=$(($(resident) - start))
	echo "100 stalled ones: $stalled_kib KiB in all"
	[ "$stalled_kib" -ge 1000 ] || fail "these hold bytes, in $stalled_kib KiB?"
	[ "$stalled_kib" -le $((1200 * each / 1024 + 128 * 64 + 128)) ] ||
	    fail "$stalled_kib KiB are more than stated"
	kill -TERM "$PROXY"
	kill -TERM "$PROXY"
	wait "$PROXY"
	PROXY=
	counts sockproxy.accepted 1100
	counts sockproxy.ended.shutdown 1100
}

describe standard_output_may_be_told_the_ports \
    "-R 1: what is closed then is no log, no socket and no channel later"
standard_output_may_be_told_the_ports_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	mkfifo ports
	cat >c <<-CONF
		server.errorlog = "log"
		sockproxy.log-sessions = "all"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	{ exec $WRAPPER "$PROGRAM" -D -R 1 -f c; } >ports 2>proxy.log &
	PROXY=$!
	# to its end
	p0=$(timeout "$LIMIT" sed 's/^0 //' ports) || fail "not closed: $(cat log)"
	kill -HUP "$PROXY"
	await "the reload is in the log" grep -q 'is in effect' log
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "so is a session" grep -q 'session 1: ' log
	proxy_stop
	grep -q 'sockproxy stopped' log || fail "the end is not: $(cat log)"
}

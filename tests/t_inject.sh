# Starting when system calls fail or signals come in between: strace(1) makes them.

# conf LINE ...
conf()
{
	printf '%s\n' "$@"
	# shellcheck disable=SC2016
	echo '$SERVER["socket"] == "127.0.0.1:0" {' \
	    'sockproxy.server = ( "b" => ( "host" => "127.0.0.1",' \
	    '"port" => 1 ) ) }'
}

# with_strace NAME TEXT: a case that needs a strace that can inject.
with_strace()
{
	describe "$1" "$2" strace
}

# Sanitizers reserve memory beyond any limit, and cannot be traced at their end.
no_sanitizer()
{
	! grep -qE '__(asan|msan|tsan)_init' "$PROGRAM" ||
	    atf_skip "built with a sanitizer"
}

begin_strace()
{
	begin
	no_sanitizer
	[ -z "$WRAPPER" ] || atf_skip "strace cannot trace what is wrapped"
	strace -f -o /dev/null -e inject=getpid:error=EPERM:when=9999 true ||
	    atf_skip "strace cannot inject here"
}

# injected PATTERN WORD ...: with these words for strace it does not start.
injected()
{
	_pattern=$1
	shift
	timeout -s KILL "$LIMIT" strace -f -qq -o trace "$@" \
	    "$PROGRAM" -D -R 9 -f c 9>ready.out 2>err
	_status=$?
	grep -q '(INJECTED)' trace || fail "nothing was injected: $*"
	[ "$_status" -eq 1 ] || fail "exit status $_status with $*: $(cat err)"
	atf_check -o match:"error: $_pattern" cat err
	[ "$(grep -c 'error: ' err)" -eq 1 ] || fail "more than one: $(cat err)"
	[ ! -s ready.out ] || fail "it said that it listens"
	[ ! -e pid ] || fail "a pid file was left"
}

with_strace no_start_with_the_wrong_rights \
    "every way in which giving up rights can fail ends the start"
no_start_with_the_wrong_rights_head()
{
	atf_set require.user root
	atf_set require.progs strace
}
no_start_with_the_wrong_rights_body()
{
	begin_strace
	mkdir empty
	conf 'server.username = "nobody"' "server.chroot = \"$PWD/empty\"" \
	    'server.pid-file = "pid"' >c
	for call in '/^setgroups' '/^set(res)?gid' '/^set(res)?uid'; do
		for error in EPERM EAGAIN; do
			injected 'c:1: cannot become "nobody": ' \
			    -e "inject=$call:error=$error"
		done
	done
	injected 'c:2: cannot change the root directory to server.chroot .*: not permitted' \
	    -e inject=chroot:error=EPERM
	# Calls that say yes and do nothing do not deceive.
	injected 'c:1: cannot become "nobody": ' -e 'inject=/^set(res)?uid:retval=0'
	injected 'c:1: cannot become "nobody": ' -e 'inject=/^set(res)?gid:retval=0'
}

with_strace no_process_no_start "fork fails at the start, and later"
no_process_no_start_body()
{
	begin_strace
	conf 'server.pid-file = "pid"' >c
	injected 'cannot start relay 1: too many processes' \
	    -e 'inject=/^(clone3?|v?fork)$:error=EAGAIN'
	conf 'server.pid-file = "pid"' 'server.errorlog = "log"' >c
	injected 'cannot start the log writer: too many processes' \
	    -e 'inject=/^(clone3?|v?fork)$:error=EAGAIN'
	conf 'server.pid-file = "pid"' >c
	rm -f ready.out
	# The second one fails: a relay that was killed is tried again.
	mkfifo ready
	strace -qq -o trace -e 'inject=/^(clone3?|v?fork)$:error=EAGAIN:when=2' \
	    "$PROGRAM" -D -R 9 -f c 9>ready 2>proxy.log &
	STARTED=$!
	timeout "$LIMIT" head -n 1 ready >ports
	PROXY=$(cat pid)
	kill -KILL "$(relays | tr -d ' ')"
	await "a relay" logs 'relay 1 started again'
	logged 1 'error: cannot start relay 1: too many processes'
	kill -TERM "$PROXY"
	PROXY=
	wait "$STARTED" || fail "sockproxy ended with $?"
	STARTED=
}

with_strace no_word_from_a_relay_no_start \
    "the parent is not told that a relay serves: it does not wait for ever"
no_word_from_a_relay_no_start_body()
{
	begin_strace
	conf 'server.pid-file = "pid"' >c
	injected 'the parent process cannot be told: ' \
	    -e inject=sendmsg:error=EPERM:when=1
}

with_strace a_file_that_cannot_be_opened_is_not_an_empty_one \
    "no descriptor for /etc/passwd, /etc/group: not that there is no such user"
a_file_that_cannot_be_opened_is_not_an_empty_one_head()
{
	atf_set require.user root
	atf_set require.progs strace
}
a_file_that_cannot_be_opened_is_not_an_empty_one_body()
{
	begin_strace
	! grep -q ld-linux "$PROGRAM" || atf_skip "glibc forgets why"
	conf 'server.username = "daemon"' 'server.groupname = "daemon"' \
	    'server.pid-file = "pid"' >c
	for file in /etc/passwd /etc/group; do
		injected 'c:[12]: cannot become "daemon": out of descriptors' \
		    -P $file -e 'inject=/^open(at)?$:error=EMFILE'
	done
}

with_strace no_word_to_who_waits_no_start \
    "-R: each line of what listens that cannot be written"
no_word_to_who_waits_no_start_body()
{
	begin_strace
	{
		conf 'server.pid-file = "pid"'
		echo 'status.listen = "127.0.0.1:0"'
	} >c
	for n in 1 2; do
		timeout -s KILL "$LIMIT" strace -f -qq -o trace \
		    -P "$PWD/ready.out" -e inject=write:error=ENOSPC:when=$n \
		    "$PROGRAM" -D -R 9 -f c 9>ready.out 2>err
		_status=$?
		[ "$_status" -eq 1 ] || fail "exit status $_status: $(cat err)"
		atf_check -o match:'error: -R 9: cannot write .*: no space' \
		    cat err
		[ "$(wc -l <ready.out)" -eq $((n - 1)) ] ||
		    fail "$n: $(cat ready.out)"
		[ ! -e pid ] || fail "a pid file was left"
	done
}

with_strace a_start_that_fails_leaves_no_file \
    "no lock for the pid file, no queue for a Unix socket"
a_start_that_fails_leaves_no_file_body()
{
	begin_strace
	conf "server.pid-file = \"$PWD/pid\"" >c
	injected 'c:1: cannot take server.pid-file .*/pid: ' \
	    -P "$PWD/pid" -e 'inject=/^fcntl:error=ENOLCK'
	# A number that is there was not written by this start.
	echo 1 >number
	conf "server.pid-file = \"$PWD/number\"" >c
	injected 'c:1: cannot take server.pid-file .*/number: ' \
	    -P "$PWD/number" -e 'inject=/^fcntl:error=ENOLCK'
	atf_check -o inline:"1\n" cat number
	conf | sed "s,127.0.0.1:0,$PWD/socket," >c
	injected 'c:2: cannot listen on .*/socket": ' \
	    -e inject=listen:error=EOPNOTSUPP
	[ ! -e socket ] || fail "the socket's file was left"
}

with_strace a_jail_needs_no_devices \
    "without /dev/null and standard input it starts, proxies and is a daemon"
a_jail_needs_no_devices_body()
{
	begin_strace
	backend b 127.0.0.1:0 times 2 accept expect-fin got 10 send 20 fin close
	{
		echo 'server.pid-file = "pid"'
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	} >c
	echo 'exec "$@" <&-' >without
	for how in -D ''; do
		: >ports
		timeout -s KILL "$LIMIT" sh without strace -f -qq -o trace \
		    -P /dev/null -e 'inject=/^open(at)?$:error=ENOENT' \
		    "$PROGRAM" $how -R 3 -f c 3>ports >out 2>err &
		STARTED=$!
		await "it listens" test -s ports
		read -r _ p0 <ports
		client connect "$p0" send 10 fin expect-fin got 20
		kill -TERM "$(cat pid)"
		wait "$STARTED" || fail "$how: $(cat err)"
		STARTED=
		[ "$(grep -c '(INJECTED)' trace)" -ge 2 ] || fail "$(cat trace)"
		[ ! -s out ] || fail "on standard output: $(cat out)"
	done
	finish b
}

describe no_memory_no_start "RLIMIT_AS: the number, and what to lower"
no_memory_no_start_body()
{
	begin
	[ -z "$WRAPPER" ] || atf_skip "the wrapper needs memory too"
	no_sanitizer
	conf 'server.pid-file = "pid"' 'server.buffers = 65535' >c
	# 4 GiB of buffers: 0 to a machine that counts with 32 bits.
	(ulimit -v 2000000 && exec "$PROGRAM" -D -R 9 -f c) 2>err 9>/dev/null
	_status=$?
	[ "$_status" -eq 1 ] || fail "exit status $_status: $(cat err)"
	atf_check -o match:'error: out of memory: .*[0-9] GiB.*server.buffers' \
	    cat err
	[ ! -e pid ] || fail "a pid file was left"
}

with_strace a_signal_at_any_moment_of_the_start \
    "SIGTERM after each system call: an orderly end, and nothing is left"
a_signal_at_any_moment_of_the_start_body()
{
	begin_strace
	conf 'server.pid-file = "pid"' 'server.errorlog = "log"' | sed \
	    "s|127.0.0.1:0|$PWD/s|" >c
	mkfifo ready
	strace -qq -o calls "$PROGRAM" -D -R 9 -f c 9>ready 2>err &
	STARTED=$!
	timeout "$LIMIT" head -n 1 ready >ports
	kill -TERM "$(cat pid)"
	wait "$STARTED"
	STARTED=
	# Every second call up to the first time it waits: its name, and the how
	# manieth of that name it is.
	awk -F '(' '/^[a-z]+[0-9_a-z]*\(/ {
		n[$1]++
		if (($1 == "poll" || $1 == "ppoll") && n[$1] == 2)
			exit
		if ($1 != "execve" && NR % 2 == 0)
			print $1, n[$1]
	}' calls >moments
	[ "$(wc -l <moments)" -gt 20 ] || fail "only few calls: $(cat calls)"
	while read -r call n; do
		timeout -s KILL "$LIMIT" strace -qq -o trace \
		    -e "inject=$call:signal=TERM:when=$n" \
		    "$PROGRAM" -D -R 9 -f c 9>/dev/null 2>err
		_status=$?
		case $_status in
		0|143)	;;
		*)	fail "$call $n: exit status $_status: $(cat err)" ;;
		esac
		[ ! -e pid ] || fail "$call $n: the pid file is still there"
		[ ! -e s ] || fail "$call $n: the socket is still there"
	done <moments
}

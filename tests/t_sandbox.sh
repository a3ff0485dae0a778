# What the processes of the real program can still do, and that they need no more.

# field PID NAME: of /proc/PID/status.
field()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# is_field PID NAME VALUE: if this kernel has it.
is_field()
{
	[ -z "$(field self "$2")" ] || is "$(field "$1" "$2")" "$3" "$2"
}

is()
{
	[ "$1" = "$2" ] || fail "$1 instead of $2: $3"
}

needs_seccomp()
{
	[ -r /proc/self/status ] && [ -n "$(field self Seccomp)" ] ||
	    atf_skip "no seccomp here"
	"$PROGRAM" -V | grep -q 'sandbox:.*system calls' ||
	    atf_skip "this program has no filter of system calls"
}

# caged MODE: a backend that echoes, control socket and page; in that sandbox.
caged()
{
	[ -n "$a" ] || backend a 127.0.0.1:0 forever echo
	{
		echo "sockproxy.sandbox = \"$1\""
		echo "sockproxy.control = \"$PWD/ctl.sock\""
		echo 'status.listen = "127.0.0.1:0"'
		echo "server.errorlog = \"$PWD/sockproxy.log\""
		cat
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" {"
		server "a=$a"
		echo "}"
	} >caged
	shift
	proxy "$@" <caged
}

describe processes_have_given_up_everything \
    "relay, monitor, log writer: user, groups, capabilities, filter, limits, root"
processes_have_given_up_everything_head()
{
	atf_set descr "relay, monitor, log writer: user, groups, capabilities, filter, limits, root"
	atf_set require.user root
	atf_set timeout 120
}
processes_have_given_up_everything_body()
{
	begin
	needs_seccomp
	mkdir empty
	caged kill <<-CONF
		server.username = "nobody"
		server.chroot = "$PWD/empty"
	CONF
	client load 1 5 100 "$p0"
	is "$(relays | grep -c .)" 3 "children"
	for p in $(relays); do
		is_field "$p" NoNewPrivs 1
		is "$(field "$p" Seccomp)" 2 Seccomp
		for c in CapPrm CapEff CapInh CapAmb; do
			is_field "$p" $c 0000000000000000
		done
		u=$(id -u nobody)
		is "$(field "$p" Uid | tr '\t' ' ')" "$u $u $u $u" Uid
		is "$(field "$p" Groups | tr -d ' ')" "$(id -g nobody)" Groups
		is "$(readlink "/proc/$p/root")" "$PWD/empty" root
		is "$(readlink "/proc/$p/cwd")" "$PWD/empty" cwd
		is "$(awk '/^Max processes/ { print $3 }' "/proc/$p/limits")" 0 \
		    "processes it may have"
		is "$(awk '/^Max core file/ { print $5 }' "/proc/$p/limits")" 0 \
		    "core file"
		for f in /proc/"$p"/fd/*; do
			case $(readlink "$f") in
			/dev/null|socket:*|pipe:*|anon_inode:*) ;;
			*/sockproxy.log) echo "$p" >>writers ;;
			*/proxy.log) ;;		# our standard error
			*)	fail "it has $(readlink "$f")" ;;
			esac
		done
	done
	is "$(wc -l <writers)" 1 "processes that have the log"
	proxy_stop
}

describe a_crash_leaves_a_core_file_if_it_is_to \
    "server.core-files, with another user and in each sandbox"
a_crash_leaves_a_core_file_if_it_is_to_head()
{
	atf_set descr "server.core-files, with another user and in each sandbox"
	atf_set require.user root
	atf_set timeout 120
}
a_crash_leaves_a_core_file_if_it_is_to_body()
{
	begin
	needs_seccomp
	case $(cat /proc/sys/kernel/core_pattern 2>/dev/null) in
	"" | */* | *\|*)	atf_skip "core files do not go to where we look" ;;
	esac
	[ "$(ulimit -H -c)" = unlimited ] || atf_skip "no core files here"
	mkdir dumps
	chown nobody dumps
	for mode in disable enable kill; do
		for want in enable disable; do
			proxy <<-CONF
				sockproxy.sandbox = "$mode"
				server.username = "nobody"
				server.chroot = "$PWD/dumps"
				server.core-files = "$want"
				\$SERVER["socket"] == "127.0.0.1:0" { $(server a=127.0.0.1:1) }
			CONF
			kill -SEGV "$(relays | tr -d ' ')"
			await "it is told of" logs 'relay 1 .* was killed by signal 11'
			left=$(grep -c 'signal 11 (core file written)' proxy.log)
			is "$left $(ls dumps | wc -l)" \
			    "$([ $want = disable ] && echo 0 0 || echo 1 1)" \
			    "core files, said and there: $mode, $want"
			rm -f dumps/*
			proxy_stop
		done
	done
}

# mapped PID [MODE]: memory that it shares with others, as inode and offset.
mapped()
{
	awk -v mode="${2:-s}" '/zero/ && index($2, "s") && index($2, mode) {
		print $5, $3 }' "/proc/$1/maps"
}

# writes_its_own: no process can write what is another's to say.
writes_its_own()
{
	: >written
	for p in $(relays); do
		mapped "$p" w >writes
		if [ "$(wc -l <writes)" -eq 1 ]; then
			is "$(mapped "$p" | wc -l)" 1 "what the log writer has"
			continue
		fi
		cat writes >>written
	done
	# two relays with rows and counters, the monitor, and the count of lost lines
	is "$(wc -l <written)" 8 "$(cat written): they write"
	is "$(sort written | uniq -d | wc -l)" 1 "$(cat written): two write"
}

describe what_others_say_can_only_be_read \
    "counters and tables of another relay, orders, the history; also after a reload"
what_others_say_can_only_be_read_body()
{
	begin
	needs_seccomp
	caged enable <<-CONF
		server.max-worker = 2
	CONF
	writes_its_own
	kill -HUP "$PROXY"
	await "the configuration is in effect" grep -q 'is in effect' \
	    sockproxy.log
	await "the others have ended" count_is 4
	writes_its_own
	client load 1 5 100 "$p0"
	proxy_stop
}

# The relay has taken its one session over, and $m is where it counts that, in one of
# the pieces of memory that it shares and may write to.
counts_one()
{
	relays_are 1 || return 1
	p=$(relays | tr -d ' ')
	for m in $(sed -n 's/^\([0-9a-f]*\)-.* .w.s .*zero.*/\1/p' "/proc/$p/maps"); do
		m=$((0x$m + 8))
		dd if="/proc/$p/mem" bs=16 count=1 iflag=skip_bytes skip="$m" \
		    2>dd.err | od -An -td8 | grep -qx ' *1  *0' && return
	done
	return 1
}

# says BYTES: the relay, which is not itself any more, has so many sessions and
# buffers: a word of 64 bits as printf(1) writes it, the lowest byte first.
says()
{
	await "a relay with a session" counts_one
	printf "$1$1" | dd of="/proc/$p/mem" bs=16 count=1 conv=notrunc \
	    oflag=seek_bytes seek="$m" 2>dd.err ||
	    atf_skip "nobody can write to its memory: $(cat dd.err)"
}

describe a_relay_that_lies_stops_nothing \
    "says that it has more than there can be: reload and upgrade all the same"
a_relay_that_lies_stops_nothing_head()
{
	atf_set descr "says that it has more than there can be: reload and upgrade all the same"
	atf_set require.user root
	atf_set timeout 120
}
a_relay_that_lies_stops_nothing_body()
{
	begin
	needs_seccomp
	[ "$(uname -m)" = x86_64 ] || atf_skip "the word is of x86-64"
	backend a 127.0.0.1:0 forever echo
	echo "\$SERVER[\"socket\"] == \"$PWD/in.sock\" { $(server "a=$a") }" >c
	launch -- -f c
	half_way ./in.sock
	n=0
	for word in '\360\377\377\177\0\0\0\0' '\5\0\0\200\0\0\0\0' \
	    '\0\0\0\0\1\0\0\0' '\377\377\377\377\377\377\377\377'; do
		n=$((n + 1))
		says "$word"
		reload
		says "$word"
		reload USR2
		logged "$n" 'took over, process'
	done
	echo >go
	finish one
	proxy_stop
}

count_is()
{
	[ "$(relays | grep -c .)" -eq "$1" ]
}

describe a_socket_outside_the_root_directory_is_explained \
    "no such file, although it is there: the log names server.chroot"
a_socket_outside_the_root_directory_is_explained_head()
{
	atf_set require.user root
	atf_set timeout 120
}
a_socket_outside_the_root_directory_is_explained_body()
{
	begin
	mkdir empty
	backend a ./a.sock forever echo
	proxy <<-CONF
		server.chroot = "$PWD/empty"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server a=./a.sock) }
	CONF
	client connect "$p0" expect-reset got 0
	logged 1 'does not answer: no such file \(below server.chroot, proxy.conf:[0-9]+\); left out'
	proxy_stop
}

# From Linux 4.17 to 5.15 a filter takes speculation away, unless it is asked not to.
describe the_filter_leaves_speculation_alone \
    "seccomp(2) with SPEC_ALLOW; without it, as before Linux 4.17, prctl(2)" strace
the_filter_leaves_speculation_alone_body()
{
	begin
	needs_seccomp
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server a=127.0.0.1:1) }
	CONF
	for how in trace=seccomp inject=seccomp:error=EINVAL; do
		inject "$PROXY" -f -e "$how"
		reload
		let_go
		grep -q 'seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW' \
		    strace.out || fail "$how: $(cat strace.out)"
		for p in $(relays); do
			is "$(field "$p" Seccomp)" 2 "$how: Seccomp"
		done
	done
	proxy_stop
}

describe it_can_be_switched_off "sockproxy.sandbox = disable"
it_can_be_switched_off_body()
{
	begin
	needs_seccomp
	caged disable </dev/null
	for p in $(relays); do
		is "$(field "$p" Seccomp)" "$(field self Seccomp)" Seccomp
	done
	client load 1 5 100 "$p0"
	proxy_stop
	! grep -q 'sandbox:' sockproxy.log || fail "$(grep sandbox sockproxy.log)"
}

# Everything a relay and a monitor ever do, where one forbidden call would kill.
describe nothing_forbidden_is_needed \
    "a whole life in a sandbox that kills: traffic, splice, errors, reloads"
nothing_forbidden_is_needed_body()
{
	begin
	needs_seccomp
	backend a 127.0.0.1:0 forever echo
	refuser b 127.0.0.1:0
	backend u ./u.sock forever echo
	backend r 127.0.0.1:0 forever recv 1 reset
	caged kill <<-CONF
		server.max-worker = 2
		sockproxy.server-default = ( "disable-time" => "10ms" )
		\$SERVER["socket"] == "127.0.0.3:0" {
		sockproxy.balance = "round-robin"
		sockproxy.debug = 3
		$(server "b=$b" "u=$PWD/u.sock" "a=$a") }
		\$SERVER["socket"] == "$PWD/in.sock" { $(server "u=$PWD/u.sock") }
		\$SERVER["socket"] == "127.0.0.2:0" { $(server "r=$r") }
	CONF
	was=$(relays | sort)
	for n in 1 2 3; do
		client load 5 50 100000 "$p0"
		client load 1 1 20000000 "$p0"
		client load 2 4 1000000 ./in.sock
		client load 2 20 1000 "$p3"
		client connect "$p2" send 100 expect-reset
		client connect "$p3" reset
		"$PROGRAM" ctl -s ./ctl.sock status >/dev/null || fail status
		"$PROGRAM" ctl -s ./ctl.sock sessions >/dev/null || fail sessions
		"$PROGRAM" ctl -s ./ctl.sock config >/dev/null || fail config
		"$PROGRAM" ctl -s ./ctl.sock --json reload || fail reload
		await "it answers" "$PROGRAM" ctl -s ./ctl.sock status
	done
	[ "$(relays | sort)" != "$was" ] || fail "no relay is new"
	proxy_stop
	! grep -E 'killed by signal|ended by itself' sockproxy.log ||
	    fail "somebody died"
	grep -q 'relay 1: sandbox: .*system calls' sockproxy.log ||
	    fail "no sandbox: $(cat sockproxy.log)"
}

begin_strace()
{
	begin
	needs_seccomp
	[ -z "$WRAPPER" ] || atf_skip "strace cannot trace what is wrapped"
	strace -f -o /dev/null -e inject=getpid:error=EPERM:when=9999 true ||
	    atf_skip "strace cannot inject here"
}

# The call is not there, or refuses as an old kernel would.
describe old_kernels_only_warn "no Landlock, no filter, no no-new-privileges" strace
old_kernels_only_warn_body()
{
	begin_strace
	a=
	caged enable <<-CONF
		server.pid-file = "$PWD/pid"
	CONF
	proxy_stop
	for what in landlock_create_ruleset:ENOSYS prctl:EINVAL \
	    landlock_create_ruleset:EOPNOTSUPP; do
		rm -f sockproxy.log ready
		mkfifo ready
		strace -f -qq -o trace -e "trace=${what%:*}" \
		    -e inject="${what%:*}:error=${what#*:}" \
		    "$PROGRAM" -D -R 9 -f proxy.conf 9>ready 2>err & strace=$!
		STARTED="$STARTED $strace"
		# strace keeps the fifo open: its end is not to be waited for
		addr=$(timeout "$LIMIT" head -n 2 ready | head -n 1)
		client load 1 5 100 "${addr#0 }"
		kill -TERM "$(cat pid)"
		wait $strace || fail "$what: ended with $?"
		grep -q 'warning: sandbox: not on this kernel: ' \
		    sockproxy.log || fail "$what: $(cat sockproxy.log)"
	done
}

describe a_refusal_stops_the_start \
    "a kernel that takes half of it is not trusted with the rest" strace
a_refusal_stops_the_start_body()
{
	begin_strace
	a=127.0.0.1:9
	caged enable </dev/null
	proxy_stop
	grep 'no files' sockproxy.log | grep -qv 'not on this kernel' ||
	    atf_skip "no Landlock here"
	grep -v errorlog proxy.conf >c
	timeout -s KILL "$LIMIT" strace -f -qq -o trace \
	    -e trace=landlock_restrict_self \
	    -e inject=landlock_restrict_self:error=E2BIG \
	    "$PROGRAM" -D -R 9 -f c 9>ready 2>err
	is $? 1 "exit status"
	atf_check -o match:"relay 1: error: cannot enter the sandbox" cat err
	[ ! -s ready ] || fail "it said that it listens"
}

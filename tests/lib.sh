# lib.sh - what the tests of the real program share; put in front of each of them.
#
# kyua's -v says what is tested: program (path), handler (server.event-handler),
# splice (sockproxy.splice), wrapper (words in front of the program, as valgrind).
# Every port is the system's choice and is told through a fifo; waiting is for
# something that happens, and bounded; what was started is ended by its number.

LIMIT=20	# seconds that anything may take before it counts as hung

# describe NAME TEXT [PROGRAM ...]: a test case, with its head.
describe()
{
	atf_test_case "$1"
	_name=$1 _text=$2
	shift 2
	eval "TEXT_$_name=\$_text PROGS_$_name=\$*"
	set -- "$_name"
	eval "$1_head() {
		atf_set descr \"\$TEXT_$1\"
		atf_set timeout 120
		[ -z \"\$PROGS_$1\" ] || atf_set require.progs \$PROGS_$1
	}"
	CASES="$CASES $1"
}

# A case that makes a network of its own.
describe_in_net()
{
	describe "$1" "$2"
	eval "$1_head() {
		atf_set descr \"\$TEXT_$1\"
		atf_set timeout 120
		atf_set require.user root
		atf_set require.progs unshare nft ip
	}"
}

# A body in a network namespace of its own runs this file again there.
inside()
{
	begin
	[ -z "${IN_NET:-}" ] || return 0
	IN_NET=1 unshare -n "$0" -s "$(atf_get_srcdir)" -r inside.result \
	    -v program="$PROGRAM" -v handler="$HANDLER" -v splice="$SPLICE" \
	    "$1" >inside.out 2>&1
	cat inside.out
	! grep -q '^skipped: ' inside.result ||
	    atf_skip "$(sed 's/^skipped: //' inside.result)"
	grep -q '^passed' inside.result ||
	    fail "inside: $(sed -n 's/^failed: //p' inside.result)"
	atf_pass
}

network()
{
	ip link set lo up
	ip addr add 192.0.2.1/32 dev lo
	ip addr add 192.0.2.2/32 dev lo
	nft add table inet t || atf_skip "no nftables in this kernel"
	nft add chain inet t in '{ type filter hook input priority 0 ; }'
}

atf_init_test_cases()
{
	for _case in $CASES; do
		atf_add_test_case "$_case"
	done
}

# The first line of every body.
begin()
{
	_dir=$(cd "$(atf_get_srcdir)" && pwd)
	PEER=$_dir/peer
	PROGRAM=$(atf_config_get program "$_dir/../sockproxy")
	HANDLER=$(atf_config_get handler "")
	SPLICE=$(atf_config_get splice auto)
	WRAPPER=$(atf_config_get wrapper "")
	SANDBOX=$(atf_config_get sandbox kill)
	[ -z "$WRAPPER" ] || SANDBOX=disable
	[ -x "$PROGRAM" ] || atf_skip "there is no $PROGRAM"
	STARTED=
	PROXY=
	trap end_all EXIT
}

# queue_is N ADDRESS: so many may wait at that listener.
queue_is()
{
	_queue=$(ss -Hltn "src = $2" | awk '{ print $3 }')
	[ "$_queue" = "$1" ] || fail "the queue of $2 is of $_queue, not $1"
}

# probed WORD ...: a connection that ss(8) finds by these has keepalive.
probed()
{
	ss -Htno state established "$@" | grep -q 'timer:(keepalive'
}

# Ends what is still there.  The second signal makes sockproxy not drain.
end_all()
{
	for _pid in $PROXY $STARTED; do
		kill -TERM "$_pid" 2>/dev/null && kill -TERM "$_pid" 2>/dev/null
	done
	[ ! -s proxy.log ] || tail -n 40 proxy.log >&2
}

fail()
{
	# a result is one line
	atf_fail "$(echo "$*" | tr '\n' ' ' | cut -c 1-600)"
}

# await TEXT COMMAND ...: until it succeeds.
await()
{
	_what=$1 _n=0
	shift
	until "$@" >/dev/null 2>&1; do
		_n=$((_n + 1))
		[ "$_n" -lt $((LIMIT * 50)) ] || fail "waited in vain: $_what"
		sleep 0.02
	done
}

# told FIFO: until somebody has written to it.
told()
{
	timeout "$LIMIT" cat "$1" >/dev/null || fail "nothing came from $1"
}

# peer NAME WORD ...: run a script in the background.
peer()
{
	_name=$1
	shift
	"$PEER" -t "$LIMIT" "$@" >"$_name.out" 2>"$_name.err" &
	eval "${_name}_pid=$!"
	STARTED="$STARTED $!"
}

# backend NAME ADDRESS WORD ...: one that listens.  $NAME is then where.
backend()
{
	_verb=listen
	open_backend "$@"
}

# refuser NAME ADDRESS: a bound address that refuses connections.
refuser()
{
	_verb=bind
	open_backend "$1" "$2" park
	# OpenBSD says nothing to who connects to it: there nobody may have the port
	[ "$(uname -s)" != OpenBSD ] || kill "$(eval echo "\$${1}_pid")"
}

open_backend()
{
	_name=$1 _addr=$2
	shift 2
	rm -f "$_name.ready"
	mkfifo "$_name.ready"
	peer "$_name" -r "$_name.ready" "$_verb" "$_addr" "$@"
	_port=$(timeout "$LIMIT" head -n 1 "$_name.ready") ||
	    fail "$_name does not listen: $(cat "$_name.err")"
	case $_addr in
	*:0)	eval "$_name=${_addr%:0}:$_port" ;;
	*)	eval "$_name=$_addr" ;;
	esac
}

# finish NAME ...: they end, and well.
finish()
{
	for _name in "$@"; do
		eval "_pid=\$${_name}_pid"
		wait "$_pid" || fail "$_name: $(cat "$_name.err")"
	done
}

# end NAME: it is not needed any more.
end()
{
	eval "_pid=\$${1}_pid"
	kill -TERM "$_pid"
	wait "$_pid"
	[ ! -s "$1.err" ] || fail "$1: $(cat "$1.err")"
}

# client WORD ...: run a script, which must come out.
client()
{
	"$PEER" -t "$LIMIT" "$@" >client.out 2>client.err ||
	    fail "client $*: $(cat client.err)"
}

# What our socket and a client's (rcvbuf 4096) hold together, while he does not read.
unread()
{
	case $(uname -s) in
	Linux)	echo 300k ;;
	OpenBSD) echo 20k ;;
	*)	echo 100k ;;
	esac
}

# server NAME=ADDRESS ...: a sockproxy.server list for the configuration.
# "name=127.0.0.1:80,connect-timeout=>1" adds keys.
server()
{
	echo "sockproxy.server = ("
	for _one in "$@"; do
		_label=${_one%%=*} _rest=${_one#*=} _keys=
		_addr=${_rest%%,*}
		[ "$_addr" = "$_rest" ] || _keys=", ${_rest#*,}"
		case $_addr in
		/*)	echo "\"$_label\" => ( \"socket\" => \"$_addr\"$_keys )," ;;
		./*)	echo "\"$_label\" => ( \"socket\" => \"$PWD/${_addr#./}\"$_keys )," ;;
		*)	_host=${_addr%:*}
			_host=${_host#\[}
			echo "\"$_label\" => ( \"host\" => \"${_host%\]}\"," \
			    "\"port\" => ${_addr##*:}$_keys )," ;;
		esac
	done
	echo ")"
}

# Every test runs in a sandbox that kills, so that none passes which needs a call
# that is forbidden.  A wrapper has needs of its own.
sandbox_line()
{
	grep -q '^sockproxy.sandbox' proxy.rest ||
	    echo "sockproxy.sandbox = \"$SANDBOX\""
}

# proxy [WORD ...] < configuration: start it.  $PROXY is its number, $p0 $p1 ...
# where its listeners are.  Words go in front of the program.
proxy()
{
	cat >proxy.rest
	{
		[ -z "$HANDLER" ] ||
		    echo "server.event-handler = \"$HANDLER\""
		echo "sockproxy.splice = \"$SPLICE\"" "$(sandbox_line)"
		cat proxy.rest
	} >proxy.conf
	launch "$@" -- -f proxy.conf
}

# launch [WORD ...] -- ARGUMENT ...
launch()
{
	_front=
	while [ "$1" != -- ]; do
		_front="$_front $1"
		shift
	done
	shift
	rm -f proxy.ready
	mkfifo proxy.ready
	# in braces: a shell that begins commands with vfork(2) waits for itself;
	# by way of 9: OpenBSD's ksh gives it nothing to read otherwise
	{
		{ exec $_front $WRAPPER "$PROGRAM" -D -R 3 "$@"; } \
		    <&9 9<&- 3>proxy.ready 2>proxy.log &
	} 9<&0
	PROXY=$!
	timeout "$LIMIT" cat proxy.ready >proxy.ports ||
	    fail "sockproxy does not start: $(cat proxy.log)"
	[ -s proxy.ports ] || fail "sockproxy does not start: $(cat proxy.log)"
	while read -r _index _addr; do
		eval "p$_index=\$_addr"
	done <proxy.ports
}

# The relays: children of the parent that is ours.
relays()
{
	ps -A -o ppid= -o pid= | awk -v p="$PROXY" '$1 == p { print $2 }'
}

# Descriptors of the first relay; where nobody can tell, always the same.
descriptors()
{
	[ -d /proc/self/fd ] || { echo 0; return; }
	ls "/proc/$(relays | head -n 1 | tr -d ' ')/fd" | wc -l
}

descriptors_are()
{
	[ "$(descriptors)" -eq "$1" ]
}

# logged COUNT PATTERN: so many lines of the log match.
logged()
{
	_n=$(grep -cE -e "$2" proxy.log)
	[ "$_n" -eq "$1" ] || fail "$_n lines instead of $1: $2"
}

logs()
{
	grep -qE -e "$1" proxy.log
}

# ended: it was told to end, and does; exit status 0.
ended()
{
	wait "$PROXY"
	_status=$?
	PROXY=
	[ "$_status" -eq 0 ] ||
	    fail "sockproxy ended with $_status: $(tail proxy.log)"
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

# proxy_stop: in order.
proxy_stop()
{
	kill -TERM "$PROXY"
	ended
}

# is_gone PID: it has ended, whether anybody has asked for its status or not.
is_gone()
{
	case $(ps -o stat= -p "$1") in
	""|*Z*)	return 0 ;;
	esac
	return 1
}

# proxy_stop_now: without waiting for sessions; exit status 0 too.
proxy_stop_now()
{
	kill -TERM "$PROXY"
	await "it heard that" logs "told to stop"
	kill -TERM "$PROXY" 2>/dev/null
	ended
}

# Whether the manual has a statistics key of that name.
known()
{
	echo "$1" | sed -e 's/^gw\.backend\..*\.load$/gw.backend.LABEL.load/' \
	    -e 's/^gw\.backend\..*\.0\./gw.backend.LABEL.0./' \
	    -e 's/^sockproxy\.listener\..*\./sockproxy.listener.ADDRESS./' \
	    -e 's/^\(sockproxy\.ended\)\.\(.*\)/\1.REASON \2/' | {
		read -r _key _reason
		grep -q "^\.It Ic $_key\$" "$_dir/../../sockproxy.8" &&
		grep -q "Pq Ic ${_reason:-done}\$" "$_dir/../../sockproxy.8"
	}
}

# After proxy_stop: the value of a statistics key.  Those that are 0 are not in the log.
counter()
{
	known "$1" || fail "there is no counter $1"
	awk -v key=" $1: " '
	/ gw\.active-requests: [0-9]+$/ { value = 0 }
	index($0, key) { value = $NF }
	END { print value }' proxy.log
}

counts()
{
	[ "$(counter "$1")" = "$2" ] || fail "$1 is $(counter "$1"), not $2"
}

# ---- load without an end (churn.c) ---------------------------------------------

# churn [OPTION ...]: in the background.  $c0 and $c1 (and $c2 with -u) are its
# backends; "say go ADDRESS ..." lets it begin.
churn()
{
	[ -x "$_dir/churn" ] || atf_skip "there is no churn on this system"
	rm -f churn.ready churn.in churn.told
	mkfifo churn.ready churn.in churn.told
	"$_dir/churn" -r churn.ready "$@" <churn.in >churn.out 2>churn.err &
	churn_pid=$!
	STARTED="$STARTED $!"
	exec 7>churn.in
	timeout "$LIMIT" cat churn.ready >churn.doors ||
	    fail "churn does not listen: $(cat churn.err)"
	{ read -r c0; read -r c1; read -r c2; } <churn.doors
}

say()
{
	echo "$*" >&7
}

# churned KEY: as it is now.
churned()
{
	say tell churn.told
	timeout "$LIMIT" sed -n "s/^$1: //p" churn.told
}

churned_least()
{
	[ "$(churned "$1")" -ge "$2" ]
}

# End it: nothing was lost, unless a status is given that it ends with.
churn_stop()
{
	say stop
	exec 7>&-
	wait "$churn_pid"
	_status=$?
	[ "$_status" -eq "${1:-0}" ] ||
	    fail "churn: status $_status: $(cat churn.out) $(head churn.err)"
}

# ---- random ends (ends.c) -------------------------------------------------------

# ends [OPTION ...]: in the background.  $ENDS are words for "server".
ends()
{
	mkfifo ends.ready ends.targets
	"$_dir/ends" -r ends.ready -u "$PWD/ends.sock" "$@" ends.targets \
	    >ends.out 2>&1 &
	ends_pid=$!
	STARTED="$STARTED $!"
	timeout "$LIMIT" cat ends.ready >ends.doors ||
	    fail "ends does not listen: $(cat ends.out)"
	ENDS=$(awk '{ printf " e%d=%s", NR, $0 }' ends.doors)
}

# ends_through ADDRESS ...: that is where the proxy listens.
ends_through()
{
	printf '%s\n' "$@" >ends.targets
}

# Its time is over, and all sessions were right.
ends_over()
{
	wait "$ends_pid" || fail "ends: status $?: $(head -n 20 ends.out)"
	cat ends.out
}

# An address that no other process uses, for ports that must be known before.
here()
{
	HERE=127.$((64 + $$ / 65536 % 64)).$(($$ / 256 % 256)).$(($$ % 256))
	# not all of 127/8 is ours elsewhere
	[ "$(uname -s)" = Linux ] || HERE=127.0.0.1
}

# For clients that differ in their addresses.
all_of_127()
{
	[ "$(uname -s)" = Linux ] || atf_skip "not all of 127/8 is ours here"
}

# half_way ADDRESS: a session of peer one, which goes on when the fifo "go" is written to.
half_way()
{
	mkfifo up go
	peer one connect "$1" rxseed 1 send 1000 recv 1000 tell up wait go \
	    send 5000 fin expect-fin got 6000
	timeout "$LIMIT" head -n 1 up >/dev/null
}

# A copy of the program, whose processes can be told from others'.
own_program()
{
	cp "$PROGRAM" sockproxy
	PROGRAM=$PWD/sockproxy
}

processes()
{
	[ -d /proc/self/fd ] || {
		# after an upgrade it is called by its directory and what was typed
		ps -A -ww -o pid= -o args= | awk -v d="$PWD/" '
		    $2 == d "sockproxy" || $2 == d "./sockproxy" ||
		    $2 == "./sockproxy" { print $1 }'
		return
	}
	for _p in /proc/[0-9]*; do
		case $(readlink "$_p/exe" 2>/dev/null) in
		"$PWD/sockproxy"*)	echo "${_p#/proc/}" ;;
		esac
	done
}

processes_are()
{
	# shellcheck disable=SC2046
	set -- "$1" $(processes)
	[ $(($# - 1)) -eq "$1" ]
}

relays_are()
{
	[ "$(relays | wc -l)" -eq "$1" ]
}

# Descriptors of the parent, as above.
parent_fds()
{
	[ -d /proc/self/fd ] || { echo 0; return; }
	find "/proc/$PROXY/fd" -type l | wc -l
}

parent_fds_most()
{
	[ ! -d /proc/self/fd ] || [ "$(parent_fds)" -le "$1" ]
}

# The relays other than these.
relays_but()
{
	relays | tr -d ' ' | grep -vxF "$(printf '%s\n' "$@")"
}

# times_logged COUNT PATTERN: at least so often, for await.
times_logged()
{
	[ "$(grep -cE -e "$2" proxy.log)" -ge "$1" ]
}

# reload [SIGNAL]: and wait until it is in effect.
reload()
{
	_effects=$(grep -c 'is in effect' proxy.log)
	kill "-${1:-HUP}" "$PROXY"
	await "the configuration is in effect" times_logged $((_effects + 1)) \
	    'is in effect'
}

# A backend at $hang that never answers: its queue is full.  "end q1" and "end hang".
hanging()
{
	[ "$(uname -s)" = Linux ] ||
	    atf_skip "elsewhere a queue that is full resets"
	case $(uname -r) in
	[23].* | 4.[0-9].*)
		atf_skip "who connects to a full queue is connected here" ;;
	esac
	mkfifo hang.ready
	peer hang -r hang.ready backlog 0 listen 127.0.0.1:0 park
	hang=127.0.0.1:$(timeout "$LIMIT" cat hang.ready)
	peer q1 connect "$hang" park
	await "the queue is full" sh -c \
	    "! timeout 0.2 '$PEER' connect $hang"
}

# inject PID WORD ...: strace meddles with system calls of a process until let_go.
inject()
{
	_pid=$1
	shift
	strace -q -o strace.out -p "$_pid" "$@" 2>/dev/null &
	STRACE=$!
	STARTED="$STARTED $!"
	await "strace attaches" grep -qE '^TracerPid:[[:blank:]]*[1-9]' \
	    "/proc/$_pid/status"
}

# hold PID CALL MS: each such system call of a process is late by so much.
hold()
{
	inject "$1" -f -e trace="$2" \
	    -e inject="$2:delay_enter=$(($3 * 1000))"
}

let_go()
{
	kill -INT "$STRACE"
	wait "$STRACE"
}

# Faults of the network and of the system, in a network of the test's own or by
# strace.  FAULTS in tests/README.md says which is which.

needs_epoll()
{
	case $HANDLER:$("$PROGRAM" -V) in
	poll:*)	atf_skip "not with epoll" ;;
	*"waiting: epoll"*)	;;
	*)	atf_skip "no epoll" ;;
	esac
}

# served BY WITHIN: a client gets BY's answer in so many milliseconds.
served()
{
	client connect "$p0" within "$2" recv-text "$1" fin expect-fin
}

# two_backends FIRST-ADDRESS [KEYS]: the first never works, "good" always.
two_backends()
{
	backend good 127.0.0.1:0 forever text good fin expect-end
	proxy <<-CONF
		sockproxy.balance = "round-robin"
		sockproxy.debug = 2
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "bad=$1${2:+,$2}" "good=$good") }
	CONF
}

describe_in_net dropped_syn_times_out \
    "SYN dropped: connect-timeout, then the next backend"
dropped_syn_times_out_body()
{
	inside dropped_syn_times_out
	network
	nft add rule inet t in ip daddr 192.0.2.1 drop
	two_backends 192.0.2.1:80 '"connect-timeout" => "400ms"'
	client connect "$p0" longer 350 within 1500 recv-text good fin expect-fin
	served good 200
	proxy_stop
	counts gw.backend.bad.0.timeouts 1
	# what the good one took, not both
	logged 0 'with good: .*, connect (0\.[4-9]|[1-9])'
}

describe_in_net each_kind_of_refusal_is_passed_over \
    "reset, unreachable, prohibited, no route: the next backend at once"
each_kind_of_refusal_is_passed_over_body()
{
	inside each_kind_of_refusal_is_passed_over
	network
	nft add rule inet t in ip daddr 192.0.2.1 tcp dport 81 \
	    reject with tcp reset
	nft add rule inet t in ip daddr 192.0.2.1 tcp dport 82 \
	    reject with icmpx admin-prohibited
	nft add rule inet t in ip daddr 192.0.2.1 tcp dport 83 \
	    reject with icmpx host-unreachable
	for bad in 192.0.2.1:81 192.0.2.1:82 192.0.2.1:83 198.51.100.1:84; do
		two_backends "$bad"
		served good 300
		served good 300
		proxy_stop
		counts gw.backend.bad.0.died 1
		counts sockproxy.ended.done 2
		end good
	done
}

describe_in_net no_source_port_is_not_the_backends_fault \
    "EADDRNOTAVAIL: the client is reset, the backend is not left out"
no_source_port_is_not_the_backends_fault_body()
{
	inside no_source_port_is_not_the_backends_fault
	network
	# the kernel takes a port in TIME_WAIT again for 127.0.0.1 only
	backend b 127.0.0.1:0 forever text hi expect-end
	proxy <<-CONF
		\$SERVER["socket"] == "$PWD/p.sock" { $(server "b=$b") }
	CONF
	echo "40000 40003" >/proc/sys/net/ipv4/ip_local_port_range
	for i in 1 2 3 4; do
		peer "held$i" connect ./p.sock recv-text hi say in park
		await "session $i" grep -q in "held$i.out"
	done
	# a Unix client has no reset to see: it gets an end without bytes
	client connect ./p.sock expect-end got 0
	kill "$held1_pid"
	await "a port is free again" sh -c \
	    "'$PEER' -t 5 connect ./p.sock recv-text hi 2>/dev/null"
	proxy_stop_now
	[ "$(counter sockproxy.ended.no-resources)" -ge 1 ] || fail "no reason"
	logs 'memory or ports \(no local port or address is left for it\)' ||
	    fail "$(cat proxy.log)"
	counts gw.backend.b.0.died 0
}

describe_in_net client_that_resets_cancels_the_connect \
    "while connecting: a reset gives up, a FIN does not"
client_that_resets_cancels_the_connect_body()
{
	inside client_that_resets_cancels_the_connect
	network
	nft add rule inet t in ip daddr 192.0.2.1 drop
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server 'b=192.0.2.1:80,"connect-timeout" => "3s"') }
	CONF
	before=$(descriptors)
	for bytes in 0 100; do
		client connect "$p0" send $bytes reset
		await "the session ends" descriptors_are "$before"
		grep -q 'could not be\|timed out' proxy.log &&
		    fail "with $bytes bytes it waited for the backend"
	done
	# closed in order: its last words could still be delivered
	client connect "$p0" send 100 fin longer 2000 within 5000 expect-reset
	await "no descriptor is left" descriptors_are "$before"
	proxy_stop
	counts sockproxy.ended.client-gone 2
	counts sockproxy.ended.no-backend 1
}

describe_in_net vanished_peer_is_found \
    "nothing comes back any more: the session ends, both sides are freed"
vanished_peer_is_found_body()
{
	inside vanished_peer_is_found
	network
	backend b 127.0.0.1:0 forever expect-end
	proxy <<-CONF
		server.max-read-idle = "1s"
		\$SERVER["socket"] == "192.0.2.2:0" { $(server "b=$b") }
	CONF
	before=$(descriptors)
	peer gone source 192.0.2.1 connect "$p0" send 100 say in park
	await "it is connected" grep -q in gone.out
	nft add rule inet t in ip saddr 192.0.2.1 drop
	nft add rule inet t in ip daddr 192.0.2.1 drop
	await "both descriptors are back" descriptors_are "$before"
	proxy_stop
	counts sockproxy.ended.read-idle 1
}

describe_in_net who_vanished_does_not_refuse_bytes \
    "half closed, then gone: lost, not closed, and the other side is reset"
who_vanished_does_not_refuse_bytes_body()
{
	inside who_vanished_does_not_refuse_bytes
	network
	echo 2 >/proc/sys/net/ipv4/tcp_retries2
	backend b 127.0.0.1:0 accept expect-fin send-until-error
	backend gone 192.0.2.1:0 forever fin slow-recv 100m 1k 10
	proxy <<-CONF
		\$SERVER["socket"] == "192.0.2.2:0" { $(server "b=$b") }
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "gone=$gone") }
	CONF
	before=$(descriptors)
	peer there source 192.0.2.1 connect "$p0" fin recv 1k say in \
	    slow-recv 100m 1k 10
	peer here connect "$p1" expect-fin say in send-until-error
	await "the client is served" grep -q in there.out
	await "the backend, too" grep -q in here.out
	nft add rule inet t in ip saddr 192.0.2.1 drop
	nft add rule inet t in ip daddr 192.0.2.1 drop
	finish b here
	await "all descriptors are back" descriptors_are "$before"
	proxy_stop
	logged 1 'with b: the connection to the client was lost \(timed out\)'
	logged 1 'with gone: the connection to the backend was lost \(timed out\)'
}

# Much of what a side has got is on its way, and there is room for more when a third
# of that has arrived: so long nothing can be moved.
roomy_network()
{
	network
	ip link set lo mtu 1500
	echo 4096 2097152 4194304 >/proc/sys/net/ipv4/tcp_wmem
	echo 4096 65536 65536 >/proc/sys/net/ipv4/tcp_rmem
}

describe_in_net who_takes_bytes_slowly_is_not_silent \
    "limits of silence: a peer takes what the system still holds"
who_takes_bytes_slowly_is_not_silent_body()
{
	inside who_takes_bytes_slowly_is_not_silent
	# The fallback of all jobs; what a socket holds is told on every system we know.
	! "$PROGRAM" -V | grep -q '^splicing: none' ||
	    atf_skip "this program cannot tell what the system still holds"
	roomy_network
	slowly="slow-recv 3m 20k 20"
	backend up 127.0.0.1:0 accept $slowly fin expect-fin
	backend down 127.0.0.1:0 accept send 3m expect-fin fin
	backend half 127.0.0.1:0 accept send 3m fin expect-fin
	proxy <<-CONF
		server.max-read-idle = "500ms"
		sockproxy.half-close-timeout = "500ms"
		sockproxy.server-default = ( "write-timeout" => "500ms" )
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$up") }
		\$SERVER["socket"] == "192.0.2.1:0" { $(server "b=$down") }
		\$SERVER["socket"] == "192.0.2.2:0" { $(server "b=$half") }
	CONF
	peer c0 connect "$p0" send 3m fin expect-fin
	peer c1 connect "$p1" $slowly fin expect-fin
	peer c2 connect "$p2" $slowly expect-fin fin
	finish c0 c1 c2 up down half
	proxy_stop
	counts sockproxy.ended.done 3
}

describe_in_net sessions_that_last_are_probed \
    "keepalive on the client's side at once, on the backend's when it lasts"
sessions_that_last_are_probed_body()
{
	inside sessions_that_last_are_probed
	network
	backend b 192.0.2.1:0 forever expect-end
	proxy <<-CONF
		\$SERVER["socket"] == "192.0.2.2:0" { $(server "b=$b") }
	CONF
	peer stays connect "$p0" send 100 say in park
	await "it is connected" grep -q in stays.out
	await "the client's side" probed src "192.0.2.2:${p0##*:}"
	await "the backend's side" probed dst "192.0.2.1:${b##*:}"
	end stays
	proxy_stop
}

describe_in_net killed_socket_is_an_error_like_others \
    "ss -K on either side: ECONNABORTED ends the session, not the process"
killed_socket_is_an_error_like_others_body()
{
	inside killed_socket_is_an_error_like_others
	network
	backend b 192.0.2.1:0 forever text hi expect-end
	proxy <<-CONF
		\$SERVER["socket"] == "192.0.2.2:0" { $(server "b=$b") }
	CONF
	before=$(descriptors)
	for port in "${b##*:}" "${p0##*:}"; do
		peer cut connect "$p0" recv-text hi say in expect-end
		await "it is connected" grep -q in cut.out
		ss -K sport = "$port" >ss.out 2>&1
		grep -q "$port" ss.out || atf_skip "this kernel cannot kill sockets"
		finish cut
		rm cut.out
	done
	await "all descriptors are back" descriptors_are "$before"
	served_hi
	proxy_stop
}

served_hi()
{
	client connect "$p0" recv-text hi fin expect-fin
}

half_closed()
{
	ss -Htn state close-wait "$1" | grep -q .
}

describe_in_net who_is_lost_behind_his_end_is_told_of \
    "half closed, then lost: the session ends though the other side is silent"
who_is_lost_behind_his_end_is_told_of_body()
{
	inside who_is_lost_behind_his_end_is_told_of
	network
	mkfifo in1 in2
	backend b 192.0.2.1:0 accept expect-fin tell in1 park
	backend ends 192.0.2.1:0 accept fin park
	proxy <<-CONF
		\$SERVER["socket"] == "192.0.2.2:0" { $(server "b=$b") }
		\$SERVER["socket"] == "192.0.2.1:0" { $(server "ends=$ends") }
	CONF
	before=$(descriptors)
	# the ends have been read, and passed on
	peer there connect "$p0" fin park
	told in1
	peer here connect "$p1" expect-fin tell in2 park
	told in2
	for its in "sport = ${p0##*:}" "dport = ${ends##*:}"; do
		await "it is half closed" half_closed "$its"
		ss -K state close-wait "$its" >ss.out 2>&1
		grep -q "${its##* }" ss.out ||
		    atf_skip "this kernel cannot kill sockets"
	done
	await "all descriptors are back" descriptors_are "$before"
	proxy_stop
	logged 1 'with b: the connection to the client was lost \('
	logged 1 'with ends: the connection to the backend was lost \('
}

describe_in_net no_ipv6_is_no_harm "a kernel without IPv6: it says so, or serves"
no_ipv6_is_no_harm_body()
{
	inside no_ipv6_is_no_harm
	network
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	two_backends '[2001:db8::1]:80'
	served good 300
	proxy_stop
}

describe_in_net a_zone_is_an_interface_by_name \
    "link-local addresses as listener and backend; one that is not there"
a_zone_is_an_interface_by_name_body()
{
	inside a_zone_is_an_interface_by_name
	network
	ip addr add fe80::1/64 dev lo
	backend b '[fe80::1%lo]:0' forever text good fin expect-end
	proxy <<-CONF
		status.listen = "[fe80::1%lo]:0"
		\$SERVER["socket"] == "[fe80::1%lo]:0" {
		$(server "gone=[fe80::1%nowhere]:80" "b=$b") }
	CONF
	served good 1000
	logged 1 'no address for a backend: "fe80::1%nowhere" does not resolve'
	proxy_stop
	sed 's/%lo\]:0" {/%nowhere]:0" {/' proxy.conf >bad
	atf_check -s exit:1 -e match:'cannot listen on.*%nowhere.*not resolve' \
	    "$PROGRAM" -D -R 2 -f bad
	sed '/status.listen/s/%lo/%nowhere/' proxy.conf >bad
	atf_check -s exit:1 -e match:'[0-9]: status.listen = .*%nowhere.*: the name does not resolve: there is no such name' \
	    "$PROGRAM" -D -R 2 -f bad
}

# A line that loses packets (but none that would make churn wait for a connection),
# doubles some, has small ones, and little room at both ends.
bad_network()
{
	network
	ip link set lo mtu 576
	echo 4096 16384 65536 >/proc/sys/net/ipv4/tcp_rmem
	echo 4096 16384 65536 >/proc/sys/net/ipv4/tcp_wmem
	nft add rule inet t in 'tcp flags & syn == 0' \
	    numgen random mod 100 '<' 2 drop
	nft add table ip d
	nft add chain ip d out '{ type filter hook output priority 0 ; }'
	nft add rule ip d out ip protocol tcp numgen random mod 100 '<' 2 \
	    dup to 127.0.0.1 device lo
}

describe_in_net a_bad_network_loses_and_forges_nothing \
    "packets are lost and doubled, and reloads meanwhile: every byte, every end"
a_bad_network_loses_and_forges_nothing_body()
{
	inside a_bad_network_loses_and_forges_nothing
	bad_network
	churn -s 24 -n 5
	proxy <<-CONF
		sockproxy.log-sessions = "failed"
		\$SERVER["socket"] == "127.0.0.1:0" {
		$(server "a=$c0" "b=$c1") }
	CONF
	say go "$p0"
	for megabytes in 2 4 6; do
		await "bytes" churned_least bytes $((megabytes * 1000000))
		reload
	done
	await "new clients" churned_least new-done 10
	churn_stop
	proxy_stop
	logged 0 'session [0-9]+:'
	counts sockproxy.ended.done "$(counter sockproxy.accepted)"
}

# ---- system calls that fail, by strace ----------------------------------------

# strace replaces the number of a call that it makes fail, and a filter of system
# calls would take that for a forbidden one.
uncaged()
{
	SANDBOX=disable
}

# A proxy without a sandbox, in front of a backend that echoes.
uncaged_echo()
{
	uncaged
	backend b 127.0.0.1:0 forever echo
	proxy <<-CONF
		sockproxy.sandbox = "disable"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
}

# injected WHAT: the relay of a proxy gets these faults.
injected()
{
	strace -qq -f -o strace.out "$@" -p "$(relays | head -n 1 | tr -d ' ')" \
	    2>strace.err &
	STRACE=$!
	STARTED="$STARTED $STRACE"
	await "strace is attached" sh -c \
	    "grep -q 'TracerPid:	$STRACE' /proc/$(relays | head -n 1 |
	    tr -d ' ')/status"
}

describe failing_accepts_are_survived \
    "accept: ECONNABORTED, EPROTO, EPERM, EMFILE, ENFILE, ENOBUFS, EINTR" strace
failing_accepts_are_survived_body()
{
	begin
	uncaged_echo
	# a connection that is lost is passed over, what we lack is waited for
	for error in ECONNABORTED EPROTO EPERM EINTR EMFILE ENFILE ENOBUFS \
	    ENOMEM; do
		injected -e trace=accept,accept4 \
		    -e inject=accept,accept4:error=$error:when=1+3
		client load 5 12 1000 "$p0"
		kill "$STRACE"
		wait "$STRACE"
		[ $error != EINTR ] || logged 0 'accepting no one'
	done
	end b
	proxy_stop
	logs 'accepting no one' || fail "it did not pause"
	counts sockproxy.ended.done 96
}

describe accepts_that_only_fail_do_not_spin \
    "accept: EPERM, and nothing else: tried at times, and then it goes on" strace
accepts_that_only_fail_do_not_spin_body()
{
	begin
	uncaged_echo
	injected -e trace=accept,accept4 -e inject=accept,accept4:error=EPERM
	peer one connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	await "it pauses" logs 'accepting no one for a while'
	kill "$STRACE"
	wait "$STRACE"
	finish one
	end b
	proxy_stop
	logged 1 'accepting no one for a while'
	logged 1 'accepting clients again'
}

describe who_is_inside_is_served_in_a_storm \
    "many clients at once: some are let in, then those inside have their turn" strace
who_is_inside_is_served_in_a_storm_body()
{
	begin
	uncaged_echo
	waits=?epoll_wait,epoll_pwait,?epoll_pwait2,?poll,ppoll
	injected -e trace=$waits,?accept,accept4
	relay=$(relays | head -n 1 | tr -d ' ')
	kill -STOP "$relay"
	peer storm load 300 300 1 "$p0"
	await "all wait at the listener" waiting 300
	kill -CONT "$relay"
	finish storm
	kill "$STRACE"
	wait "$STRACE"
	most=$(awk '/accept/ && !/= -1/ { if (++n > most) most = n }
	    /poll/ { n = 0 } END { print most + 0 }' strace.out)
	# LIMIT_ACCEPTS
	[ "$most" -gt 1 ] && [ "$most" -le 64 ] || fail "$most in one turn"
	end b
	proxy_stop
	counts sockproxy.ended.done 300
}

# So many clients wait at the first listener.
waiting()
{
	[ "$(ss -Hltn src "$p0" | awk '{ print $2 }')" = "$1" ]
}

describe interrupted_calls_lose_nothing \
    "EINTR on every other read, write and wait" strace
interrupted_calls_lose_nothing_body()
{
	begin
	uncaged_echo
	# recv and send: with socketcall(2)
	calls=read,?recv,recvfrom,write,?send,sendto,epoll_wait,epoll_pwait,poll,ppoll
	injected -e trace=$calls,splice -e inject=$calls,splice:error=EINTR:when=1+2
	client load 3 6 200k "$p0"
	# bulk
	client load 2 2 3m "$p0"
	kill "$STRACE"
	wait "$STRACE"
	for call in 'recv(from)?' 'send(to)?' \
	    $(! grep -q 'splice(' strace.out || echo splice); do
		grep -qE "^[0-9]+ +$call\\(.*INJECTED" strace.out ||
		    fail "nothing was injected: $call"
	done
	end b
	proxy_stop
	counts sockproxy.ended.done 8
}

describe no_memory_to_wait_is_a_rest \
    "epoll_wait: ENOMEM: it tries again, and not at once" strace
no_memory_to_wait_is_a_rest_body()
{
	begin
	uncaged
	needs_epoll
	backend b 127.0.0.1:0 forever echo
	proxy <<-CONF
		sockproxy.sandbox = "disable"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	calls=?epoll_wait,epoll_pwait,?epoll_pwait2
	injected -e trace="$calls,?poll,ppoll" \
	    -e inject="$calls:error=ENOMEM:when=1..20"
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	kill "$STRACE"
	wait "$STRACE"
	atf_check -o inline:"20\n" grep -c 'ENOMEM.*INJECTED' strace.out
	atf_check -o inline:"20\n" grep -cE ' p?poll(_time64)?\(NULL, 0,' strace.out
	end b
	proxy_stop
	logged 0 'waiting for events'
}

describe a_wait_that_fails_is_told_of \
    "wait: EINVAL: the log says so, and another relay takes over" strace
a_wait_that_fails_is_told_of_body()
{
	begin
	uncaged_echo
	calls=?epoll_wait,epoll_pwait,?poll,ppoll
	strace -qq -o strace.out -e trace=$calls -e inject=$calls:error=EINVAL \
	    -p "$(relays | head -n 1 | tr -d ' ')" 2>strace.err &
	STRACE=$!
	STARTED="$STARTED $!"
	peer wakes connect "$p0" park
	await "it is told" logs 'waiting for events failed: [Ii]nvalid argument'
	wait "$STRACE"
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	proxy_stop
	logged 1 'waiting for events failed'
}

describe no_memory_for_bytes_is_a_rest \
    "send: ENOBUFS: it tries again, waits in between, and nothing is lost" strace
no_memory_for_bytes_is_a_rest_body()
{
	begin
	uncaged_echo
	waits=?epoll_wait,epoll_pwait,?epoll_pwait2,?poll,ppoll
	sends=?send,sendto
	injected -e trace=$waits,$sends \
	    -e inject=$sends:error=ENOBUFS:when=1..10
	client connect "$p0" rxseed 1 send 1k fin expect-fin got 1k
	kill "$STRACE"
	wait "$STRACE"
	atf_check -o inline:"10\n" awk '/INJECTED/ && waited { n++ }
	    { waited = /poll/ } END { print n }' strace.out
	end b
	proxy_stop
	counts sockproxy.ended.done 1
}

describe what_cannot_be_spliced_is_copied \
    "splice: EINVAL, ENOMEM, with bytes in the pipe and without; ENOSYS" strace
what_cannot_be_spliced_is_copied_body()
{
	begin
	uncaged
	case $SPLICE:$("$PROGRAM" -V) in
	auto:*"through pipes"*)	;;
	*)	atf_skip "no splice(2)" ;;
	esac
	# into the pipe, out of it
	for how in EINVAL:when=5 EINVAL:when=6 ENOMEM:when=5 ENOMEM:when=6 \
	    ENOSYS:when=1; do
		backend b 127.0.0.1:0 accept send 8m expect-fin got 8m fin
		proxy <<-CONF
			sockproxy.sandbox = "disable"
			\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
		CONF
		injected -e trace=splice -e inject=splice:error=$how
		client connect "$p0" recv 8m send 8m fin expect-fin got 8m
		kill "$STRACE"
		wait "$STRACE"
		[ "$(grep -c INJECTED strace.out)" -eq 1 ] ||
		    fail "$how: $(head strace.out)"
		finish b
		proxy_stop
		counts sockproxy.ended.done 1
	done
}

describe failing_socket_calls_end_one_session \
    "socket: EMFILE, ENOBUFS; connect: EACCES, ENETUNREACH: nothing leaks" strace
failing_socket_calls_end_one_session_body()
{
	begin
	uncaged
	backend b 127.0.0.1:0 forever echo
	proxy <<-CONF
		sockproxy.sandbox = "disable"
		sockproxy.server-default = ( "disable-time" => "1ms" )
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	before=$(descriptors)
	for inject in socket:error=EMFILE socket:error=ENOBUFS \
	    connect:error=EACCES connect:error=ENETUNREACH \
	    connect:error=EADDRNOTAVAIL setsockopt:error=EINVAL; do
		injected -e trace="${inject%%:*}" -e inject="$inject"
		client connect "$p0" offer 1 fin discard close
		kill "$STRACE"
		wait "$STRACE"
		client connect "$p0" rxseed 1 send 10 fin expect-fin got 10 close
	done
	await "all descriptors are back" descriptors_are "$before"
	end b
	proxy_stop
	# what we lack is not the backend's failure
	counts sockproxy.ended.no-resources 3
	counts gw.backend.b.0.died 2
}

describe a_listener_that_cannot_be_watched_is_tried_again \
    "epoll_ctl: ENOMEM when the table of sessions has room again" strace
a_listener_that_cannot_be_watched_is_tried_again_body()
{
	begin
	uncaged
	needs_epoll
	mkfifo go
	backend b 127.0.0.1:0 forever echo
	proxy <<-CONF
		sockproxy.sandbox = "disable"
		server.max-connections = 1
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	peer one connect "$p0" rxseed 1 send 1 recv 1 say in wait go fin expect-fin
	await "it is served" grep -q in one.out
	peer two connect "$p0" rxseed 1 send 1 fin expect-fin got 1
	await "the next one waits" logs 'sessions are in use'
	injected -e trace=epoll_ctl -e inject=epoll_ctl:error=ENOMEM:when=1..2
	: >go
	finish one two
	kill "$STRACE"
	wait "$STRACE"
	end b
	proxy_stop
}

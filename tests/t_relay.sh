# Bytes and ends through the real program: nothing lost, no end forged.

SIZES="0 1 2 1459 1460 1461 16383 16384 16385 65535 65536 65537 131072 1048577"

# in_front_of WORD ...: a proxy in front of backend "b", which does these.
in_front_of()
{
	backend b 127.0.0.1:0 "$@"
	proxy <<-CONF
		sockproxy.debug = 3
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
}

describe upload_is_complete_when_the_client_closes_at_once \
    "100 uploads of 100 kB to 16 MiB, the client closing at once"
upload_is_complete_when_the_client_closes_at_once_body()
{
	begin
	in_front_of times 100 accept expect-fin close
	sizes=$(awk 'BEGIN { for (i = 0; i < 100; i++)
	    print int(100000 * exp(log(16777216 / 100000) * i / 99)) }')
	for n in $sizes; do
		client connect "$p0" send "$n" close
		echo "FIN after $n bytes" >>expected
	done
	finish b
	atf_check -o file:expected cat b.out
	proxy_stop
}

describe every_size_arrives_with_its_fin \
    "FIN right behind the data, both ways, sizes around every boundary"
every_size_arrives_with_its_fin_body()
{
	begin
	for n in $SIZES; do
		echo "accept expect-fin got $n send $n fin close"
	done | tr '\n' ' ' >script
	# shellcheck disable=SC2046
	in_front_of $(cat script)
	for n in $SIZES; do
		client connect "$p0" send "$n" fin expect-fin got "$n"
	done
	finish b
	proxy_stop
}

describe answer_comes_after_the_fin_of_the_client \
    "replies after the client has half closed, 32 of 32, with and without data"
answer_comes_after_the_fin_of_the_client_body()
{
	begin
	in_front_of times 64 accept expect-fin send 100k fin close
	for _ in $(seq 32); do
		client connect "$p0" send 777 fin expect-fin got 100k close
		client connect "$p0" fin expect-fin got 100k close
	done
	finish b
	proxy_stop
}

describe client_goes_on_after_the_fin_of_the_backend \
    "the backend half closes first, the client sends on"
client_goes_on_after_the_fin_of_the_backend_body()
{
	begin
	in_front_of times 32 accept send 10 fin expect-fin got 1m close
	for _ in $(seq 32); do
		client connect "$p0" expect-fin got 10 send 1m fin close
	done
	finish b
	proxy_stop
}

describe bulk_that_pauses_is_not_held_back \
    "bursts of megabytes, each to its last byte before the next one begins"
bulk_that_pauses_is_not_held_back_body()
{
	begin
	in_front_of accept times 40 recv 4000003 send 1 send 3000001 recv 1
	client connect "$p0" times 40 send 4000003 recv 1 recv 3000001 send 1
	finish b
	proxy_stop
}

describe reset_of_the_client_is_a_reset_at_the_backend \
    "a client's reset is passed on, after what it sent"
reset_of_the_client_is_a_reset_at_the_backend_body()
{
	begin
	# who resets before there is a connection to the backend has sent nothing
	in_front_of times 20 accept text ! expect-reset got 50000 close
	for _ in $(seq 20); do
		client connect "$p0" recv-text ! send 50000 sent-all reset
	done
	finish b
	proxy_stop
	counts sockproxy.ended.client-reset 20
}

describe reset_of_the_backend_is_a_reset_at_the_client \
    "a backend's reset is passed on, after what it sent"
reset_of_the_backend_is_a_reset_at_the_client_body()
{
	begin
	in_front_of times 20 accept recv 10 send 50000 sent-all reset
	for _ in $(seq 20); do
		client connect "$p0" send 10 expect-reset got 50000
	done
	finish b
	proxy_stop
	counts sockproxy.ended.backend-reset 20
}

describe reset_waits_for_the_bytes_before_it \
    "a client that reads late gets all the backend sent before its reset"
reset_waits_for_the_bytes_before_it_body()
{
	begin
	mkfifo done
	# what we and the kernel hold together, with its defaults
	much=300k
	[ "$(uname -s)" = Linux ] || much=100k
	in_front_of accept send $much sent-all reset tell done
	client rcvbuf 4096 connect "$p0" wait done slow-recv $much 16k 1 \
	    expect-reset got $much
	finish b
	proxy_stop
}

can_tell_what_is_unsent()
{
	# The fallback of all jobs; what a socket holds is told on every system we know.
	! "$PROGRAM" -V | grep -q '^splicing: none' ||
	    atf_skip "this program cannot tell what the system still holds"
}

describe a_slow_reader_gets_the_bytes_before_a_reset \
    "from a relay that is nobody's: it may know less than the superuser's"
a_slow_reader_gets_the_bytes_before_a_reset_body()
{
	begin
	can_tell_what_is_unsent
	backend b 127.0.0.1:0 accept send 100k sent-all reset
	proxy <<-CONF
		$([ "$(id -u)" -ne 0 ] || echo 'server.username = "nobody"')
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
	CONF
	client rcvbuf 4096 connect "$p0" slow-recv 100k 5k 40 expect-reset \
	    got 100k
	finish b
	proxy_stop
}

describe session_lasts_until_its_end_has_arrived \
    "both sides have ended, a client has yet to read: the session waits for it"
session_lasts_until_its_end_has_arrived_body()
{
	begin
	can_tell_what_is_unsent
	mkfifo go
	much=$(unread)
	in_front_of accept expect-fin send $much fin close
	peer one rcvbuf 4096 connect "$p0" fin wait go expect-fin got $much
	await "it has gone to the client's socket" logs "relay -> last"
	logged 0 "session 1: .* both sides sent their end"
	echo >go
	finish b
	finish one
	await "all has arrived" logs "session 1: .* both sides sent their end"
	proxy_stop
	counts sockproxy.ended.done 1
}

# last NUMBER WORD ...: session NUMBER is in its last state, as client cNUMBER has yet
# to read, which does these words when fifo goNUMBER is written to.
last()
{
	_number=$1
	shift
	mkfifo "go$_number"
	peer "c$_number" rcvbuf 4096 connect "$p0" fin wait "go$_number" "$@"
	await "it has gone to the client's socket" \
	    logs "session $_number: relay -> last"
}

over()
{
	logs "session $1: .* both sides sent their end"
}

describe what_is_on_its_way_outlives_others \
    "in the last state: a reload, a client that resets, a stop"
what_is_on_its_way_outlives_others_body()
{
	begin
	! "$PROGRAM" -V | grep -q '^splicing: none' ||
	    atf_skip "this program cannot tell what the system still holds"
	much=$(unread)
	in_front_of forever expect-fin send $much fin close
	last 1 expect-fin got $much
	last 2 reset
	last 3 expect-fin got $much
	reload
	await "one relay" relays_are 1
	over '[123]' && fail "it is over"
	echo >go1
	finish c1
	await "all has arrived" over 1
	# at once, and not when nothing has arrived for ten seconds
	echo >go2
	finish c2
	LIMIT=5
	await "nobody is there any more" over 2
	LIMIT=20
	over 3 && fail "it is over"
	proxy_stop_now
	echo >go3
	finish c3
	counts sockproxy.ended.done 3
	counts gw.backend.b.load 0
}

describe reset_right_after_a_fin_is_not_swallowed \
    "FIN and then reset by the client, while the backend sends"
reset_right_after_a_fin_is_not_swallowed_body()
{
	begin
	mkfifo go gone
	in_front_of accept recv 10 tell go wait gone send-until-error close
	client connect "$p0" send 10 wait go fin reset tell gone
	finish b
	await "the session ends" logs "session 1: .* on "
	proxy_stop
}

describe end_before_a_reset_is_passed_on \
    "the backend answers, ends and resets, and only then the client's end comes"
end_before_a_reset_is_passed_on_body()
{
	begin
	mkfifo there go gone end ended
	# elsewhere a reset is told before the end in front of it
	[ "$(uname -s)" = Linux ] && seen=expect-fin || seen=expect-reset
	in_front_of accept recv 10 tell there wait go send 5000 fin reset tell gone
	peer one connect "$p0" send 10 wait end fin tell ended $seen got 5000
	told there
	# the relay finds all of it at once
	relay=$(relays | tr -d ' ')
	kill -STOP "$relay"
	: >go
	told gone
	: >end
	told ended
	kill -CONT "$relay"
	finish one b
	await "the session ends" logs "session 1: .* on "
	proxy_stop
}

describe backend_that_answers_early_is_heard \
    "the backend answers and closes with the request unread"
backend_that_answers_early_is_heard_body()
{
	begin
	# Closing with bytes unread makes the backend's kernel send a reset.
	in_front_of times 20 accept recv 1000 send 5000 sent-all close
	for _ in $(seq 20); do
		client connect "$p0" offer 1m expect-end got 5000
	done
	finish b
	proxy_stop
}

describe server_may_speak_first \
    "the backend is connected before the client says a word"
server_may_speak_first_body()
{
	begin
	in_front_of accept text "220 hello" recv-text HELO fin recv-text bye \
	    expect-fin
	client connect "$p0" recv-text "220 hello" text HELO \
	    expect-fin text bye close
	finish b
	proxy_stop
}

describe both_ways_at_once "16 MiB both ways through an echo, 8 at a time"
both_ways_at_once_body()
{
	begin
	in_front_of forever echo
	client load 8 16 16m "$p0"
	client load 50 1000 1500 "$p0"
	end b
	proxy_stop
	counts sockproxy.requests 1016
	counts gw.active-requests 0
	# else every test of splicing was one of copying
	spliced=$(counter sockproxy.bytes-spliced)
	case $SPLICE:$("$PROGRAM" -V) in
	disable:* | *"splicing: none"*)
		[ "$spliced" -eq 0 ] ;;
	*)	[ "$spliced" -ge 50000000 ] ;;
	esac || fail "$spliced bytes were spliced"
}

describe bytes_pass_unchanged_one_by_one \
    "one byte with each write, without Nagle"
bytes_pass_unchanged_one_by_one_body()
{
	begin
	in_front_of accept trickle 3000 1 fin expect-fin got 3000
	client connect "$p0" trickle 3000 1 fin expect-fin got 3000
	finish b
	proxy_stop
}

describe small_messages_do_not_wait \
    "two small writes in a row: no delayed acknowledgement between them"
small_messages_do_not_wait_body()
{
	begin
	in_front_of accept times 100 recv 2 send 2
	# with Nagle's algorithm each pair would take 40 ms, where it takes 5; or 200
	# where it takes 40, as 2 ms are up to two ticks of 10
	most=2500
	[ "$(uname -s)" = Linux ] || most=10000
	client connect "$p0" within "$most" pairs 100 fin expect-fin
	finish b
	proxy_stop
}

describe stalled_reader_holds_nobody_up \
    "a client that does not read, while others go on"
stalled_reader_holds_nobody_up_body()
{
	begin
	mkfifo stalled go
	in_front_of forever recv 1 send 8m expect-fin close
	peer slow rcvbuf 4096 connect "$p0" send 1 recv 1000 tell stalled \
	    wait go recv 8387608 fin expect-fin got 8m
	told stalled
	for _ in 1 2 3 4 5; do
		client connect "$p0" send 1 recv 8m fin expect-fin
	done
	: >go
	finish slow
	end b
	proxy_stop
}

describe backend_that_does_not_read_throttles_its_client \
    "the client stops when everything between is full, and goes on"
backend_that_does_not_read_throttles_its_client_body()
{
	begin
	mkfifo go full
	in_front_of rcvbuf 4096 accept wait go expect-fin close
	peer up sndbuf 4096 connect "$p0" fill tell full fin expect-fin
	told full
	: >go
	finish up b
	n=$(sed -n 's/filled //p' up.out)
	atf_check -o inline:"FIN after $n bytes\n" cat b.out
	proxy_stop
}

# Linux since 5.15; where it cannot be sent, there is none to lose.
describe urgent_byte_of_a_unix_socket_is_a_byte_too \
    "out-of-band data between Unix sockets, both ways"
urgent_byte_of_a_unix_socket_is_a_byte_too_body()
{
	begin
	backend b ./b.sock accept recv-text hi! oob ? send 1000 fin expect-fin
	proxy <<-CONF
		\$SERVER["socket"] == "$PWD/front.sock" { $(server "b=./b.sock") }
	CONF
	peer up connect "$PWD/front.sock" text hi oob ! recv-text ? \
	    expect-fin got 1000 fin
	_status=0
	wait "$up_pid" || _status=$?
	[ "$_status" -eq 0 ] || ! grep -q 'not supported' up.err ||
	    atf_skip "Unix sockets have no urgent bytes here"
	[ "$_status" -eq 0 ] || fail "$(cat up.err)"
	finish b
	proxy_stop
}

describe urgent_byte_passes_in_line \
    "out-of-band data becomes part of the stream, and the loop rests"
urgent_byte_passes_in_line_body()
{
	begin
	mkfifo sent rest go
	in_front_of accept recv 1000 recv-text ! tell sent wait rest \
	    expect-fin got 2000 close
	peer up connect "$p0" send 1000 oob ! wait go send 1000 fin expect-fin
	told sent
	before=$(cpu_ticks)
	# Half a second in which a spinning loop would burn fifty ticks.
	sleep 0.5
	after=$(cpu_ticks)
	[ $((after - before)) -lt 10 ] || fail "$before to $after ticks"
	: >go
	: >rest
	finish up b
	proxy_stop
}

# Clock ticks that the relay used so far.
cpu_ticks()
{
	awk '{ print $14 + $15 }' "/proc/$(relays | head -n 1 | tr -d ' ')/stat"
}

describe addresses_of_every_kind \
    "IPv4, IPv6, Unix and abstract, on both sides"
addresses_of_every_kind_body()
{
	begin
	backend b4 127.0.0.1:0 forever echo
	backend b6 '[::1]:0' forever echo
	backend bu ./b.sock forever echo
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b6") }
		\$SERVER["socket"] == "[::1]:0" { $(server "b=$bu") }
		\$SERVER["socket"] == "$PWD/p.sock" { $(server "b=$b4") }
	CONF
	client load 4 20 300k "$p0"
	client load 4 20 300k "$p1"
	client load 4 20 300k ./p.sock
	for b in b4 b6 bu; do
		end "$b"
	done
	proxy_stop
	[ ! -e p.sock ] || fail "the Unix socket is still there"
}

describe unix_sockets_keep_ends_apart \
    "half close and data in front of a close over Unix sockets"
unix_sockets_keep_ends_apart_body()
{
	begin
	backend bu ./b.sock times 10 accept expect-fin got 1m send 200k fin \
	    close
	proxy <<-CONF
		\$SERVER["socket"] == "$PWD/p.sock" { $(server "b=$bu") }
	CONF
	for _ in $(seq 10); do
		client connect ./p.sock send 1m fin expect-fin got 200k
	done
	finish bu
	proxy_stop
}

describe who_sends_over_a_unix_socket_sees_a_reset \
    "a reset while bytes wait that nobody has read: no end, on Linux"
who_sends_over_a_unix_socket_sees_a_reset_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "Unix sockets have no reset here"
	mkfifo full go
	backend b 127.0.0.1:0 rcvbuf 4096 accept send 1000 wait go reset
	proxy <<-CONF
		\$SERVER["socket"] == "$PWD/p.sock" { $(server "b=$b") }
	CONF
	peer c connect "$PWD/p.sock" fill tell full expect-reset got 1000
	told full
	echo >go
	finish b c
	proxy_stop
}

describe who_reads_no_more_of_a_unix_socket_is_not_sent_to \
    "shutdown for reading is passed on from one Unix socket to another, on Linux"
who_reads_no_more_of_a_unix_socket_is_not_sent_to_body()
{
	begin
	[ "$(uname -s)" = Linux ] || atf_skip "not a matter of the sender elsewhere"
	mkfifo up go
	backend b ./b.sock accept recv-text hi send-until-error recv 1000 \
	    tell up expect-end got 1000
	proxy <<-CONF
		\$SERVER["socket"] == "$PWD/p.sock" { $(server "b=./b.sock") }
	CONF
	peer c connect "$PWD/p.sock" deaf text hi send 1000 wait go fin expect-fin
	told up
	echo >go
	finish b c
	proxy_stop
	logs 'takes no more bytes' || fail "the log has another reason"
}

describe ten_ways_to_end_leave_no_descriptor \
    "5,000 short connections, ended in ten ways"
ten_ways_to_end_leave_no_descriptor_body()
{
	begin
	backend b 127.0.0.1:0 forever discard
	backend answer 127.0.0.1:0 forever send 2000 fin discard
	backend reset 127.0.0.1:0 forever send 100 reset
	backend shut 127.0.0.1:0 forever close
	refuser down 127.0.0.1:0
	proxy <<-CONF
		sockproxy.log-sessions = "none"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server "b=$b") }
		\$SERVER["socket"] == "127.0.0.2:0" { $(server "a=$answer") }
		\$SERVER["socket"] == "127.0.0.3:0" { $(server "r=$reset") }
		\$SERVER["socket"] == "127.0.0.4:0" { $(server "s=$shut") }
		\$SERVER["socket"] == "127.0.0.5:0" { $(server "d=$down") }
	CONF
	# one to warm up, then the same number before and after
	client connect "$p0" send 10 fin expect-fin close
	await "the first session ends" descriptors_are "$(($(descriptors)))"
	before=$(descriptors)
	client times 500 connect "$p0" close
	client times 500 connect "$p0" reset
	client times 500 connect "$p0" send 100 close
	client times 500 connect "$p0" send 100 reset
	client times 500 connect "$p0" send 100 fin expect-fin close
	client times 500 connect "$p1" expect-fin got 2000 close
	client times 500 connect "$p1" recv 1000 reset
	# where the system cannot say what was delivered, a reset waits a while
	case $PROGRAM in *generic*) n=20 ;; *) n=500 ;; esac
	client times $n connect "$p2" expect-reset close
	client times 500 connect "$p3" expect-fin close
	# OpenBSD refuses no more than net.inet.tcp.rstppslimit (100) a second
	case $(uname -s) in OpenBSD) m=50 ;; *) m=500 ;; esac
	client times $m unconnectable "$p4"
	await "all descriptors are back" descriptors_are "$before"
	for b in b answer reset shut; do
		kill "$(eval echo "\$${b}_pid")"
	done
	proxy_stop
	counts gw.active-requests 0
	# BSD takes those that are reset out of the queue, if nobody was there before
	case $(uname -s) in
	Linux)	counts sockproxy.accepted $((4501 + n)) ;;
	*)	[ "$(counter sockproxy.accepted)" -ge $((3001 + n + m)) ] ||
		    fail "$(counter sockproxy.accepted) accepted" ;;
	esac
	for b in b a r s d; do
		counts "gw.backend.$b.load" 0
	done
}

# With -v test_suites.sockproxy.seconds=600 it is the long proof.
describe what_an_end_means_is_passed_on \
    "random sessions, of all kinds of sockets, that are ended and reset at random"
what_an_end_means_is_passed_on_body()
{
	begin
	ends -t "$(atf_config_get seconds 3)"
	# shellcheck disable=SC2086
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" { $(server $ENDS) }
		\$SERVER["socket"] == "$PWD/l.sock" { $(server $ENDS) }
	CONF
	ends_through "$p0" "$PWD/l.sock"
	ends_over
	proxy_stop
	counts gw.active-requests 0
	logged 0 'this cannot happen'
}

# The log: its file, the process that writes it, and whoever does not take lines.

# with_log [CONF-LINE ...]: a proxy with an echoing backend and the file "log".
with_log()
{
	backend b 127.0.0.1:0 forever echo
	here
	{
		echo 'server.errorlog = "log"'
		printf '%s\n' "$@"
		echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }"
	} >c
	launch -- -f c
}

# Those of our processes that have the log's file.
writers()
{
	[ -d /proc/self/fd ] || {
		fstat log | awk 'NR > 1 { print $3 }' | sort -u
		return
	}
	for _p in $PROXY $(relays); do
		[ -z "$(find "/proc/$_p/fd" -lname "$PWD/log")" ] || echo "$_p"
	done
}

needs_proc()
{
	[ -d /proc/self/fd ] || atf_skip "no /proc tells of descriptors"
}

needs_word_of_files()
{
	[ -d /proc/self/fd ] || command -v fstat >/dev/null ||
	    atf_skip "neither /proc nor fstat(1) tells of descriptors"
}

one_writer()
{
	[ "$(writers | wc -l)" -eq 1 ]
}

is_stopped()
{
	ps -o stat= -p "$1" | grep -q T
}

session_ended()
{
	grep -q " $1 bytes from the client" log
}

# A line for a session, which may be held back for a second after a flood.
session_in()
{
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	grep -q 'relay 1: session [0-9]*: .* 1.0 KiB from the client' "$1"
}

describe only_the_log_writer_has_the_file \
    "neither the parent, nor a relay, nor the monitor"
only_the_log_writer_has_the_file_body()
{
	begin
	needs_word_of_files
	with_log "server.max-worker = 2" "sockproxy.control = \"$PWD/ctl\""
	await "one has it" one_writer
	[ "$(writers)" != "$PROXY" ] || fail "the parent has it"
	await "four children" relays_are 4
	# after reloads, too: good ones and bad ones
	kill -HUP "$PROXY"
	await "a reload" grep -q 'is in effect' log
	await "one has it" one_writer
	before=$(writers)
	mv log log.1
	echo bad >>c
	kill -HUP "$PROXY"
	await "a new file" test -s log
	await "one has it" one_writer
	[ "$(writers)" = "$before" ] || fail "another one has it"
	proxy_stop
	atf_check -o match:'sockproxy stopped' cat log
}

describe a_line_is_text_whoever_wrote_it \
    "a process that is not itself any more writes to the pipe of the log"
a_line_is_text_whoever_wrote_it_body()
{
	begin
	needs_proc
	with_log
	for fd in "/proc/$PROXY/fd"/*; do
		case $(readlink "$fd") in
		pipe:*)	printf 'it \033[2Jis \000not\177 \302\2332Jme\n' >"$fd" || : ;;
		esac
	done
	await "the line" grep -q 'it .*me' log
	atf_check -o ignore grep -a 'it ?\[2Jis ?not? ??2Jme$' log
	proxy_stop
}

describe a_log_that_stalls_holds_nobody_up \
    "who writes it is stopped: sessions go on, and what was lost is counted"
a_log_that_stalls_holds_nobody_up_body()
{
	begin
	needs_word_of_files
	with_log 'sockproxy.debug = 3'
	await "one has it" one_writer
	kill -STOP "$(writers)"
	await "it is stopped" is_stopped "$(writers)"
	size=$(wc -c <log)
	client load 20 3000 10 "$p0"
	[ "$(wc -c <log)" -eq "$size" ] || fail "somebody has written"
	kill -CONT "$(writers)"
	await "word of lost lines" \
	    grep -qE 'warning: [0-9]+ log lines were lost' log
	await "a line of a session" session_in log
	! grep -vE '^[0-9-]{10} [0-9:]{8} ' log || fail "not a line of ours"
	grep -q 'the log writer .* was stopped by signal' log ||
	    fail "nobody said that"
	proxy_stop
}

describe a_dead_log_writer_is_replaced "and no line is lost"
a_dead_log_writer_is_replaced_body()
{
	begin
	needs_word_of_files
	with_log
	for n in 11 12 13; do
		await "one has it" one_writer
		kill -KILL "$(writers)"
		client connect "$p0" rxseed 1 send $n fin expect-fin got $n
		await "the line of the session" session_ended $n
	done
	[ "$(grep -c 'error: the log writer .* was killed by signal 9' log)" \
	    -eq 3 ] || fail "not said three times"
	# its file may be another one by now
	await "one has it" one_writer
	writer=$(writers)
	mv log log.1
	kill -KILL "$writer"
	await "a new file" test -s log
	proxy_stop
	! grep -q 'lines* w[a-z]* lost' log log.1 || fail "lines were lost"
}

describe the_last_lines_are_written_before_it_ends \
    "more than a thousand statistics; and not when nobody writes them"
the_last_lines_are_written_before_it_ends_body()
{
	begin
	needs_word_of_files
	{
		echo 'server.errorlog = "log"'
		echo '$SERVER["socket"] == "127.0.0.1:0" { sockproxy.server = ('
		for n in $(seq 1200); do
			echo "\"a-backend-with-quite-a-long-name-$n\"" \
			    "=> ( \"host\" => \"127.0.0.1\", \"port\" => $n ),"
		done
		echo ') }'
	} >c
	launch -- -f c
	await "one has it" one_writer
	proxy_stop
	[ "$(tail -n 1 log | cut -d ' ' -f 3-)" = "sockproxy stopped" ] ||
	    fail "the last line is: $(tail -n 1 log)"
	n=$(grep -c 'gw.backend.a-backend.*\.up: 1' log)
	[ "$n" -eq 1200 ] || fail "$n of 1200 backends"
	! grep -q 'lines* w[a-z]* lost' log || fail "lines were lost"
	launch -- -f c
	await "one has it" one_writer
	writer=$(writers)
	kill -STOP "$writer"
	proxy_stop
	kill -CONT "$writer"
	await "it has ended" gone "$writer"
}

describe failed_sessions_have_lines_of_their_own \
    "a flood of sessions that end well leaves room for one that does not"
failed_sessions_have_lines_of_their_own_body()
{
	begin
	with_log
	client load 10 400 10 "$p0"
	client connect "$p0" rxseed 1 send 10 recv 10 reset
	await "the line of a failed session" \
	    grep -q 'the client reset the connection' log
	await "word of the others" \
	    grep -q 'more lines like this .*: session ends' log
	proxy_stop
}

upgraded()
{
	[ "$(grep -c 'took over' log)" -eq "$1" ]
}

in_effect()
{
	[ "$(grep -c 'the configuration is in effect' log)" -eq "$1" ]
}

describe no_log_writer_is_left \
    "after a reload, an upgrade, and when the parent was killed"
no_log_writer_is_left_body()
{
	begin
	needs_word_of_files
	own_program
	with_log
	await "one has it" one_writer
	open=$(parent_fds)
	for n in 1 2 3; do
		kill -HUP "$PROXY"
		await "a reload" in_effect $n
		await "one has it" one_writer
		await "two children" relays_are 2
	done
	await "it has $open descriptors again" eval '[ "$(parent_fds)" -eq $open ]'
	for n in 1 2 3; do
		kill -USR2 "$PROXY"
		await "an upgrade" upgraded $n
		await "one has it" one_writer
		await "two children" relays_are 2
		client connect "$p0" rxseed 1 send 1$n fin expect-fin got 1$n
		await "the line of the session" session_ended 1$n
	done
	kill -KILL "$PROXY"
	await "nobody is left" processes_are 0
	PROXY=
	grep -q 'the parent process is gone' log || fail "not said"
}

describe the_log_is_opened_anew \
    "SIGHUP and SIGUSR1: lines of all processes go to the new file"
the_log_is_opened_anew_body()
{
	begin
	with_log
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
	atf_check -o match:' warning: [0-9]+ log lines? w[a-z]+ lost' \
	    cat "$log"
	proxy_stop
}

describe a_limit_of_files_kills_nobody \
    "RLIMIT_FSIZE: the log is as long as it may be, and everybody lives"
a_limit_of_files_kills_nobody_body()
{
	begin
	[ -z "$WRAPPER" ] || atf_skip "the wrapper may write files, too"
	backend b 127.0.0.1:0 forever echo
	{
		echo 'server.errorlog = "log"'
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	} >c
	# 4 or 8 KiB
	echo 'ulimit -f 8 && exec "$@"' >limited
	launch sh limited -- -f c
	before=$(relays)
	client times 200 connect "$p0" rxseed 1 send 1k fin expect-fin close
	size=$(wc -c <log)
	[ "$size" -gt 3000 ] && [ "$size" -le 8192 ] || fail "the log has $size"
	[ "$(relays)" = "$before" ] || fail "$before became $(relays)"
	: >log
	await "a line of a session" session_in log
	proxy_stop
}

# RFC 8536: one type, of 5,400 s, with the name XYZ.
zone_data()
{
	printf 'TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\0\0\0\001\0\0\0\004\0\0\025\030\0\0XYZ\0'
}

# Hours and minutes now, in the same zone.
in_that_zone()
{
	TZ=XYZ-1:30 date '+ %H:%M'
}

another_second()
{
	session_in log && [ "$(cut -c 1-19 log | sort -u | wc -l)" -ge 3 ]
}

describe a_time_zone_may_be_written_anew \
    "its file is cut off in between, as cp does to /etc/localtime"
a_time_zone_may_be_written_anew_body()
{
	begin
	backend b 127.0.0.1:0 forever echo
	{
		echo 'server.errorlog = "log"'
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server "b=$b") }"
	} >c
	{ zone_data; zone_data; printf '\nXYZ-1:30\n'; } >zone
	launch env "TZ=:$PWD/zone" -- -f c
	before=$(relays)
	: >zone
	: >log
	first=$(in_that_zone)
	# a stamp is made once in a second
	await "the next second" another_second
	tail -n 1 log | grep -qE "$first|$(in_that_zone)" ||
	    fail "not that zone: $(cat log)"
	[ "$(relays)" = "$before" ] || fail "$before became $(relays)"
	proxy_stop
}

describe the_systems_logger_is_told_facility_and_name \
    "server.errorlog-use-syslog; by the next program of an upgrade, too"
the_systems_logger_is_told_facility_and_name_head()
{
	atf_set require.user root
	atf_set require.progs unshare python3
	atf_set timeout 120
}
the_systems_logger_is_told_facility_and_name_body()
{
	begin
	unshare -m true || atf_skip "no mount namespaces here"
	own_program
	here
	backend b 127.0.0.1:0 forever echo
	cat >logger <<-'PY'
		import os, socket
		log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		log.bind('/dev/log')
		open('logger.pid', 'w').write(str(os.getpid()))
		lines = open('lines', 'w')
		while True:
		    print(log.recv(2000).decode(), file=lines, flush=True)
	PY
	cat >inner <<-'SH'
		mount -t tmpfs none /dev
		mknod -m 666 /dev/null c 1 3
		python3 logger 3>&- &
		until [ -s logger.pid ]; do sleep 0.02; done
		exec "$@"
	SH
	{
		echo 'server.errorlog-use-syslog = "enable"'
		echo 'server.syslog-facility = "local3"'
		echo "\$SERVER[\"socket\"] == \"$HERE:8000\" { $(server "b=$b") }"
	} >c
	launch unshare -m sh inner -- -f c
	STARTED="$STARTED $(cat logger.pid)"
	front="^<157>[A-Z][a-z][a-z] [ 0-9][0-9] ..:..:.. sockproxy.$PROXY.: "
	await "the start" grep -q "${front}sockproxy .* started" lines
	client connect "$HERE:8000" txseed 1 rxseed 1 send 10 fin expect-fin \
	    got 10 close
	await "an end in order, for information" \
	    grep -q '^<158>.* session 1: .* both sides sent their end' lines
	client connect "$HERE:8000" reset
	await "another one, worth a look" grep -q '^<157>.* session 2: ' lines
	kill -USR2 "$PROXY"
	await "the next program" grep -q "${front}sockproxy .* took over" lines
	await "its reload" grep -q "in effect" lines
	proxy_stop
	await "the end" grep -q "${front}sockproxy stopped" lines
	! grep -v '^<15[2-9]>' lines || fail "other facilities"
}

# Its own word is in the log of the configuration that is not taken.
describe who_did_not_start_is_to_be_read_about "a reload with another log and a bad chroot"
who_did_not_start_is_to_be_read_about_body()
{
	begin
	[ "$(id -u)" = 0 ] || atf_skip "chroot wants root"
	with_log
	sed -i.before 's/"log"/"log2"/' c
	echo 'server.chroot = "none"' >>c
	kill -HUP "$PROXY"
	await "the end of the reload" grep -q 'not changed: ' log
	where=$(sed -n 's/.*a relay did not start, see //p' log)
	[ "$where" = "$PWD/log2" ] || fail "it says: $where"
	atf_check grep -q 'server.chroot.*no such file' "$where"
	proxy_stop
}

# Listening sockets from the service manager: LISTEN_FDS and LISTEN_PID.

# What runs between the service manager and sockproxy: the port is known now.
inner()
{
	cat >inner <<-SH
		read -r port <given
		{
			echo 'server.systemd-socket-activation = "enable"'
			echo "\\\$SERVER[\\"socket\\"] == \\"127.0.0.1:\$port\\" {"
			cat servers
			echo "}"
			cat more 2>/dev/null
		} >c
		exec $WRAPPER "$PROGRAM" "\$@" -f c
	SH
	server "b=$1" >servers
}

# activated WORD ...: start it so, with the words of activate.  $PROXY and $p0.
activated()
{
	rm -f ready
	mkfifo ready
	"$ACTIVATE" "$@" sh inner -D -R 9 9>ready 2>proxy.log &
	PROXY=$!
	timeout "$LIMIT" cat ready >proxy.ports
	[ -s proxy.ports ] || fail "sockproxy does not start: $(cat proxy.log)"
	read -r _index p0 <proxy.ports
}

# refused PATTERN WORD ...: as above, but it does not start.
refused()
{
	_pattern=$1
	shift
	"$ACTIVATE" "$@" sh inner -D 2>err
	_status=$?
	[ "$_status" -eq 1 ] || fail "exit status $_status: $(cat err)"
	atf_check -o match:"^sockproxy: error: $_pattern|^[-0-9: ]*error: $_pattern" \
	    cat err
}

begin_activated()
{
	begin
	ACTIVATE=$_dir/activate
	backend b 127.0.0.1:0 forever echo
	inner "$b"
}

describe a_given_socket_is_used "and clients are served"
a_given_socket_is_used_body()
{
	begin_activated
	activated stream 0
	[ "$p0" = "127.0.0.1:$(cat given)" ] || fail "listens on $p0"
	client connect "$p0" rxseed 1 send 100k fin expect-fin got 100k
	proxy_stop
}

describe its_queue_is_the_service_managers \
    "unless server.listen-backlog says otherwise, and after a reload too" ss
its_queue_is_the_service_managers_body()
{
	begin_activated
	activated stream 0
	queue_is 16 "$p0"
	reload
	queue_is 16 "$p0"
	echo 'server.listen-backlog = 20' >>c
	reload
	queue_is 20 "$p0"
	proxy_stop
}

describe it_is_used_in_the_background_too \
    "the process that the sockets are for is not the one that stays"
it_is_used_in_the_background_too_body()
{
	begin_activated
	echo 'server.pid-file = "pid"' >more
	"$ACTIVATE" stream 0 sh inner 2>err || fail "status $?: $(cat err)"
	PROXY=$(cat pid)
	client connect "127.0.0.1:$(cat given)" rxseed 1 send 1k fin expect-fin
	kill -TERM "$PROXY"
	await "the pid file is removed" test ! -e pid
	PROXY=
}

describe a_socket_of_the_service_manager_stays \
    "a Unix socket that was given is not removed"
a_socket_of_the_service_manager_stays_body()
{
	begin_activated
	echo none >given
	cat >inner <<-SH
		{
			echo 'server.systemd-socket-activation = "enable"'
			echo "\\\$SERVER[\\"socket\\"] == \\"$PWD/s\\" {"
			cat servers
			echo "}"
		} >c
		exec $WRAPPER "$PROGRAM" "\$@" -f c
	SH
	activated unix "$PWD/s"
	client connect "$PWD/s" rxseed 1 send 1k fin expect-fin
	proxy_stop
	[ -S s ] || fail "the socket is gone"
}

# alone [SIGNAL]: what comes of who comes in a drain, after that signal.
alone()
{
	begin_activated
	# the service manager has it, too
	{ echo 'sleep 60 <&3 9>&- & echo $! >holder'; cat inner; } >i
	mv i inner
	activated stream 0
	STARTED="$STARTED $(cat holder)"
	[ $# -eq 0 ] || reload "$1"
	half_way "$p0"
	kill -TERM "$PROXY"
	await "it drains" logs 'no new clients'
	peer two connect "$p0" say in send 10 expect-reset got 0
	await "the next client waits" grep -q in two.out
	echo >go
	finish one
	ended
	kill "$(cat holder)"
	finish two
	counts sockproxy.accepted 1
}

describe who_comes_in_a_drain_is_not_served \
    "a socket that was given takes clients on, but they are the next one's"
who_comes_in_a_drain_is_not_served_body()
{
	alone
}

describe a_socket_is_given_to_the_next_program_as_well \
    "after an upgrade it is the service manager's as before"
a_socket_is_given_to_the_next_program_as_well_body()
{
	alone USR2
}

describe what_cannot_be_used_is_refused \
    "not listening, not a stream, not a socket, another address, lies"
what_cannot_be_used_is_refused_body()
{
	begin_activated
	refused 'descriptor 3 of the service manager cannot be used: it does not listen' \
	    deaf 0
	refused 'descriptor 3 of the service manager cannot be used: it is not a stream socket' \
	    dgram 0
	refused 'descriptor 3 of the service manager listens on .*/s, which the configuration does not' \
	    unix "$PWD/s"
	refused 'descriptor 3 of the service manager cannot be used: it is not a socket' \
	    file given
	refused 'the sockets of the service manager cannot be used: LISTEN_FDS and LISTEN_PID name a descriptor that is not open' \
	    -n 40 stream 0
	refused 'the sockets of the service manager cannot be used: LISTEN_FDS and LISTEN_PID make no sense' \
	    -n x stream 0
	refused 'the sockets of the service manager cannot be used: LISTEN_FDS and LISTEN_PID make no sense' \
	    -n 99999999999 stream 0
}

describe what_is_meant_for_others_is_left_alone \
    "LISTEN_PID of another process, or the setting is off"
what_is_meant_for_others_is_left_alone_body()
{
	begin_activated
	# The descriptor is closed like any other, so its address is free.
	activated -p 1 stream 0
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	proxy_stop
	sed 's/"enable"/"disable"/' inner >off
	mv off inner
	activated stream 0
	client connect "$p0" rxseed 1 send 1k fin expect-fin
	proxy_stop
	activated -n x stream 0
	proxy_stop
}

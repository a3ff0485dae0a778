# Real clients and servers through the program.

# through BACKEND: a proxy in front of it on TCP ($p0) and on ./p.sock.
through()
{
	proxy <<-CONF
		\$SERVER["socket"] == "127.0.0.1:0" {
			sockproxy.listen = ( "unix:$PWD/p.sock" )
			$(server "b=$1")
		}
	CONF
}

# A port that was free a moment ago, for servers that cannot choose one and tell.
# Such a server is started again with another when somebody was quicker.
free_port()
{
	rm -f port.ready
	mkfifo port.ready
	"$PEER" -r port.ready bind 127.0.0.1:0 &
	_port=$(timeout "$LIMIT" head -n 1 port.ready)
	wait $!
	echo "$_port"
}

# serve NAME TRY COMMAND ...: start a server in the background on $port (which is
# set anew for each attempt) until TRY succeeds.
serve()
{
	_server=$1 _try=$2
	shift 2
	for _attempt in 1 2 3 4 5; do
		port=$(free_port)
		export port
		"$@" >"$_server.out" 2>&1 &
		_pid=$!
		_n=0
		while kill -0 "$_pid" 2>/dev/null && [ $_n -lt 250 ]; do
			if sh -c "$_try" >/dev/null 2>&1; then
				STARTED="$STARTED $_pid"
				eval "${_server}_pid=$_pid"
				return
			fi
			_n=$((_n + 1))
			sleep 0.02
		done
		kill "$_pid" 2>/dev/null
	done
	fail "$_server does not start: $(cat "$_server.out")"
}

describe curl_gets_and_puts "HTTP both ways with curl, 64 MiB" \
    curl python3
curl_gets_and_puts_body()
{
	begin
	mkdir served
	dd if=/dev/urandom of=served/big bs=1048576 count=64 2>/dev/null
	mkdir there
	serve http 'curl -sf http://127.0.0.1:$port/' python3_http
	through "127.0.0.1:$port"
	atf_check -o ignore curl -sf -o there/big "http://$p0/big"
	atf_check cmp served/big there/big
	atf_check -o ignore curl -sf --unix-socket ./p.sock -o there/unix \
	    "http://localhost/big"
	atf_check cmp served/big there/unix
	# 40 at a time
	for i in $(seq 40); do
		echo "url = http://$p0/small$i"
		echo "output = there/small$i"
		echo "$i" >"served/small$i"
	done >list
	atf_check -e ignore curl -sSf --parallel --parallel-max 40 -K list
	for i in $(seq 40); do
		atf_check cmp "served/small$i" "there/small$i"
	done
	proxy_stop
}

python3_http()
{
	exec python3 -m http.server --bind 127.0.0.1 --directory served "$port"
}

describe redis_over_tcp_and_unix "redis-cli with redis-server, pipelines too" \
    redis-cli redis-server
redis_over_tcp_and_unix_body()
{
	begin
	serve redis 'redis-cli -p $port ping | grep -q PONG' redis
	for b in "127.0.0.1:$port" ./redis.sock; do
		through "$b"
		proxied=${p0##*:}
		atf_check -o inline:"OK\n" redis-cli -p "$proxied" \
		    set "key of $b" value
		atf_check -o inline:"value\n" redis-cli -s ./p.sock \
		    get "key of $b"
		# 20,000 commands in one stream, the end right behind them
		awk 'BEGIN { for (i = 0; i < 20000; i++)
		    print "INCR n\r" }' >commands
		atf_check -o match:"errors: 0, replies: 20000" -e ignore \
		    sh -c "redis-cli -p $proxied --pipe <commands"
		atf_check -o inline:"20000\n" redis-cli -p "$proxied" get n
		atf_check -o ignore redis-cli -p "$proxied" del n
		atf_check -o ignore redis-benchmark -p "$proxied" -n 5000 \
		    -c 50 -q -t get,set
		proxy_stop
		counts sockproxy.ended.backend-reset 0
	done
}

redis()
{
	exec redis-server --port "$port" --bind 127.0.0.1 --save '' \
	    --appendonly no --unixsocket "$PWD/redis.sock"
}

describe ssh_where_the_server_speaks_first \
    "ssh with an sshd of its own: a command, its status, and 20 MiB" \
    ssh ssh-keygen
ssh_where_the_server_speaks_first_head()
{
	atf_set descr "$TEXT_ssh_where_the_server_speaks_first"
	atf_set timeout 120
	atf_set require.user root
	atf_set require.progs ssh ssh-keygen
}
ssh_where_the_server_speaks_first_body()
{
	begin
	SSHD=$(PATH=$PATH:/usr/sbin command -v sshd) || atf_skip "no sshd"
	mkdir -p empty
	ssh-keygen -q -t ed25519 -N '' -f host_key
	ssh-keygen -q -t ed25519 -N '' -f user_key
	cp user_key.pub authorized
	chmod 600 authorized
	mkdir -p -m 0755 /run/sshd
	serve ssh "timeout 2 '$PEER' connect 127.0.0.1:\$port recv-text SSH-2.0" \
	    run_sshd
	through "127.0.0.1:$port"
	dd if=/dev/urandom of=big bs=1048576 count=20 2>/dev/null
	on="ssh -F none -i user_key -p ${p0##*:} -o BatchMode=yes
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=known
	    -o LogLevel=ERROR root@127.0.0.1"
	atf_check -s exit:7 -o inline:"hello\n" $on 'echo hello; exit 7'
	atf_check -o save:back $on cat <big
	atf_check cmp big back
	proxy_stop
}

run_sshd()
{
	exec "$SSHD" -D -e -f /dev/null -h "$PWD/host_key" -p "$port" \
	    -o ListenAddress=127.0.0.1 -o AuthorizedKeysFile="$PWD/authorized" \
	    -o StrictModes=no -o UsePAM=no -o PidFile=none \
	    -o PermitRootLogin=yes
}

describe iperf_both_ways "iperf3: streams both ways" iperf3
iperf_both_ways_body()
{
	begin
	serve iperf 'grep -q listening iperf.out' iperf
	through "127.0.0.1:$port"
	for way in "" -R --bidir; do
		atf_check -o match:"receiver" iperf3 -c 127.0.0.1 \
		    -p "${p0##*:}" -n 50M -P 2 $way
	done
	proxy_stop
}

iperf()
{
	exec iperf3 -s -B 127.0.0.1 -p "$port" --forceflush
}

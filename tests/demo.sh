#!/bin/sh
# demo.sh BUILD - sockproxy at work: two small backends, the example configuration,
# traffic.  Uses free ports and a directory of its own; needs nothing else.
# Stays up until interrupted, unless DEMO=once.
set -u

build=$PWD/${1:-build}
root=$PWD
demo=$build/tests/demo
dir=$(mktemp -d "${TMPDIR:-/tmp}/sockproxy-demo.XXXXXX") || exit 1
cd "$dir" || exit 1
proxy='' one='' two='' status=0

finish()
{
	trap - EXIT INT TERM
	[ -z "$proxy" ] || { kill -TERM "$proxy" && wait "$proxy"; } 2>/dev/null
	for pid in $one $two; do
		kill -TERM "$pid" 2>/dev/null
	done
	if [ -s log ]; then
		say "What it counted (sockproxy writes this when it stops):"
		grep -E 'gw\.|sockproxy\.(accepted|bytes|ended\.[a-z-]*: [1-9])' log |
		    sed 's/^[0-9-]* [0-9:]* /    /'
	fi
	cd / && rm -rf "$dir"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

say()
{
	printf '\n%s\n' "$*"
}

# backend NAME PORT: its port is in $port then, its number in $pid.
backend()
{
	rm -f "$1.port"
	mkfifo "$1.port"
	# in braces: a shell that begins commands with vfork(2) waits for itself
	{ exec "$demo" backend "$1" "$2"; } >"$1.port" &
	pid=$!
	read -r port <"$1.port"
}

# try WORDS COMMAND ...: run it and show what it says.
try()
{
	say "$1"
	shift
	"$@" >out 2>&1 || status=1
	sed 's/^/    /' out
}

backend one 0; one=$pid port_one=$port
backend two 0; two=$pid port_two=$port

# The example as it is shipped, but for the ports.
sed -e 's/":8080"/"127.0.0.1:0"/' -e "s/8001/$port_one/" \
    -e "s/8002/$port_two/" "$root/dist/sockproxy.conf" >sockproxy.conf
echo 'status.listen = "127.0.0.1:0"' >>sockproxy.conf
say "The configuration (dist/sockproxy.conf on free ports):"
sed -n -e '/^#/d' -e '/./s/^/    /p' sockproxy.conf

mkfifo ready
{ exec "$build/sockproxy" -D -R 3 -f sockproxy.conf; } 3>ready 2>log &
proxy=$!
listening=$(cat ready)
if [ -z "$listening" ]; then
	cat log
	status=1
	exit 1
fi
address=$(echo "$listening" | sed -n 's/^0 //p')
page=$(echo "$listening" | sed -n 's/^status //p')
at=${address##*:}
say "sockproxy listens on $address, its log says:"
sed 's/^/    /' log

try "300 connections, taking turns:" "$demo" names "$at" 300
try "64 MiB there and back through it:" "$demo" copy "$at" 67108864
say "Three reloads, while 256 MiB go through:"
"$demo" copy "$at" 268435456 >copied 2>&1 &
copying=$!
for n in 1 2 3; do
	kill -HUP "$proxy"
	tries=0
	while [ "$(grep -c 'configuration is in effect' log)" -lt $n ] &&
	    [ $tries -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
done
wait "$copying" || status=1
sed 's/^/    /' copied
echo "    $(grep -c "configuration is in effect" log) reloads took effect meanwhile"

try "A half close: the client ends first, the answer comes after:" \
    "$demo" half "$at"
say "Backend two is killed."
kill "$two"
wait "$two" 2>/dev/null
try "100 more connections, no client notices:" "$demo" names "$at" 100
backend two "$port_two"; two=$pid
say "Backend two is back; after its disable-time (1 s) it is used again."
sleep 1.1
try "100 more connections:" "$demo" names "$at" 100
say "The log, without the lines of sessions that ended well:"
grep -vE 'session [0-9]+:.*both sides sent their end' log | tail -n +4 |
    sed 's/^/    /'
say "And one of those:"
grep -E 'session [0-9]+:.*both sides sent their end' log | tail -n 1 |
    sed 's/^/    /'

[ "${DEMO:-}" != once ] || exit
say "Try it: curl http://$address/    Status page: http://$page/
Interrupt (^C) ends the demo."
wait "$proxy"

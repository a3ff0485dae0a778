#!/bin/sh
# churn.sh - the long proof: reloads and upgrades under load, every byte checked.
#
# PROGRAM and CHURN are the two programs, RELOADS and UPGRADES how many of each,
# HANDLERS which event handlers (each does all of them).  The number of relays goes
# from 1 to 4 and back all the time.  Exit status 0: no byte was lost, no connection
# refused or reset, no process and no descriptor left.
set -u
export LC_ALL=C

RELOADS=${RELOADS:-1000} UPGRADES=${UPGRADES:-200} HANDLERS=${HANDLERS:-}
[ -n "$HANDLERS" ] || HANDLERS=$("$PROGRAM" -V | sed -n 's/^waiting: //p')
PROGRAM=$(cd "$(dirname "$PROGRAM")" && pwd)/${PROGRAM##*/}
CHURN=$(cd "$(dirname "$CHURN")" && pwd)/${CHURN##*/}
# Ports must be known before an upgrade: an address that nobody else uses, where
# all of 127/8 is ours.
case $(uname -s) in
Linux)	here=127.$((64 + $$ / 65536 % 64)).$(($$ / 256 % 256)).$(($$ % 256)) ;;
*)	here=127.0.0.1 ;;
esac
dir=$(mktemp -d) || exit 1
load='' proxy=''
trap 'kill $load $proxy 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1
bad=0

die()
{
	echo "churn: $*" >&2
	tail -n 20 log load.err >&2
	exit 1
}

await()
{
	_n=0
	until [ "$(grep -c "$2" log)" -ge "$1" ]; do
		sleep 0.02
		_n=$((_n + 1))
		[ $_n -lt 1500 ] || die "waited in vain for \"$2\" ($1)"
	done
}

conf()
{
	cat <<-CONF
		server.event-handler = "$handler"
		server.max-worker = $1
		server.max-connections = 2000
		server.pid-file = "$dir/pid"
		server.errorlog = "$dir/log"
		sockproxy.log-sessions = "failed"
		\$SERVER["socket"] == "$here:8000" {
			sockproxy.balance = "round-robin"
			sockproxy.server = ( "$one", "$two" )
		}
		\$SERVER["socket"] == "$here:8001" { sockproxy.server = ( "$unix" ) }
		\$SERVER["socket"] == "$dir/l.sock" { sockproxy.server = ( "$two" ) }
	CONF
}

told()
{
	echo "tell told" >&7
	cat told
}

children()
{
	ps -A -o ppid= -o pid= | awk -v p="$proxy" '$1 == p { print $2 }'
}

# Memory of all processes, KiB, each page shared out.
pss()
{
	[ -d /proc/self ] || return
	for p in $proxy $(children); do
		sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$p/smaps_rollup"
	done 2>/dev/null | awk '{ n += $1 } END { print n }'
}

progress()
{
	told >now
	awk -v n="$1" -v all="$2" -v pss="$(pss)" -v children="$(children | wc -l)" \
	    -v fds="$(find "/proc/$proxy/fd" -type l 2>/dev/null | wc -l)" -F ': ' '
	{ v[$1] = $2 }
	END {
		printf "%d/%d: %d sessions, %.1f GiB, %d new clients (slowest " \
		    "%d ms), refused %d, reset %d, forged %d, corrupt %d; " \
		    "children %d, descriptors of the parent %d, PSS %d KiB\n",
		    n, all, v["live"], v["bytes"] / 1073741824, v["new"],
		    v["new-slowest-ms"], v["refused"], v["reset"], v["forged"],
		    v["corrupt"], children, fds, pss
	}' now
}

round()
{
	total=$((RELOADS + UPGRADES)) n=0 upgrades=0
	rm -f doors in told log pid u.sock
	mkfifo doors in told
	"$CHURN" -t 120 -u "$dir/u.sock" -r doors <in >load.out 2>load.err &
	load=$!
	exec 7>in
	{ read -r one; read -r two; read -r unix; } <doors
	: >log
	cp "$PROGRAM" sockproxy
	conf 2 >conf
	"$dir/sockproxy" -D -f conf 7>&- &
	proxy=$!
	await 1 'started, process'
	echo "go $here:8000 $here:8001 $dir/l.sock" >&7
	progress 0 $total
	while [ $n -lt $total ]; do
		n=$((n + 1))
		conf $((n % 4 + 1)) >conf
		if [ $((n * UPGRADES / total)) -gt $upgrades ]; then
			upgrades=$((upgrades + 1))
			kill -USR2 $proxy
		else
			kill -HUP $proxy
		fi
		await $n 'is in effect'
		[ $((n % 100)) -ne 0 ] || progress $n $total
	done
	progress $n $total
	echo stop >&7
	exec 7>&-
	wait $load || bad=1
	load=
	kill -TERM $proxy
	wait $proxy || bad=1
	proxy=
	tr '\n' ' ' <load.out
	echo
	cat load.err
	grep -E 'error:|was killed|taken over: reset|lines* w[a-z]* lost' log && bad=1
	ps -A -o pid= -o args= | grep -F "$dir/sockproxy" | grep -v grep &&
	    bad=1
}

for handler in $HANDLERS; do
	echo "== $handler: $RELOADS reloads, $UPGRADES upgrades"
	time=$(date +%s)
	round
	echo "$handler: $(($(date +%s) - time)) s"
done
[ $bad -eq 0 ] && echo "nothing was lost" || echo "SOMETHING WENT WRONG"
exit $bad

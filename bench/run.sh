#!/bin/sh
#
# run.sh - run the benchmark: every scenario with every program, in turn, and
# report.  See README.md.  Needs a shell, awk and a C compiler.
#
# usage: run.sh [-qk] [-b sockproxy] [-f factor] [-n rounds] [-o directory]
#            [-s scenario,...] [-t strace | perf] [-p program,...] [program ...]
#        run.sh -w [-o directory]

usage()
{
	sed -n 's/^# usage: /usage: /p; s/^#  \(   *\)\(\[-s\|run\)/\1\2/p' "$0" >&2
	exit 2
}

die()
{
	echo "run.sh: $*" >&2
	exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
case $here in */build*/bench) top=$(dirname "$top") ;; esac
binary= factor=1 keep= out= programs= quick= rounds= scenarios= tool= write=

while getopts b:f:kn:o:p:qs:t:w option; do
	case $option in
	b) binary=$OPTARG ;;
	f) factor=$OPTARG ;;
	k) keep=1 ;;
	n) rounds=$OPTARG ;;
	o) out=$OPTARG ;;
	p) programs="$programs $OPTARG" ;;
	q) quick=1 ;;
	s) scenarios="$scenarios $OPTARG" ;;
	t) tool=$OPTARG ;;
	w) write=1 ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
programs=$(echo "$programs $*" | sed 's/,\([a-z.-]*=\)/@\1/g' |
    tr , ' ' | tr @ ,)
scenarios=$(echo "$scenarios" | tr , ' ')

# ---- where things are --------------------------------------------------------

out=${out:-$top/build/bench/out}
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
load=$out/load
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# replace FILE WITH: what is in FILE between the comments, by the other file.
replace()
{
	test -s "$2" || die "there is no $2: run the benchmark first"
	awk -v with="$2" '
	/^<!-- end of the last run -->/ { inside = 0; ends++ }
	!inside { print }
	/^<!-- the last run/ {
		inside = 1
		begins++
		while ((getline line <with) > 0)
			print line
	}
	END { exit begins != 1 || ends != 1 }' "$1" >"$out/new" ||
	    die "$1: the comments around the last run are not there once"
	cat "$out/new" >"$1"
	rm -f "$out/new"
	echo "$1: $(wc -l <"$2") lines of $2"
}

if [ -n "$write" ]; then
	replace "$top/README.md" "$out/report.md" &&
	    replace "$top/bench/README.md" "$out/report-full.md"
	exit
fi

compile()
{
	for f in "$here"/*.[ch]; do
		test -n "$(find "$f" -newer "$load" 2>/dev/null)" && break
		test -x "$load" || break
		f=
	done
	test -z "$f" && return
	${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -o "$load" "$here"/*.c ||
	    die "cannot build the load generator"
}

if [ -z "$BENCH_NETNS" ]; then
	test "$(uname -s)" = Linux || die "the load generator is for Linux"
	compile
	set -- -o "$out" -f "$factor" -p "$programs" -s "$scenarios"
	test -z "$binary" || set -- "$@" -b "$binary"
	test -z "$keep" || set -- "$@" -k
	test -z "$quick" || set -- "$@" -q
	test -z "$rounds" || set -- "$@" -n "$rounds"
	test -z "$tool" || set -- "$@" -t "$tool"
	# As root in a network of its own; otherwise on the loopback that is.
	exec "$load" netns /bin/sh "$here/run.sh" "$@"
fi

proxyd=
for f in /lib/systemd /usr/lib/systemd /usr/libexec; do
	test -x $f/systemd-socket-proxyd && proxyd=$f/systemd-socket-proxyd
done
stream=
for f in /usr/lib/nginx/modules /usr/lib64/nginx/modules \
    /usr/local/libexec/nginx; do
	test -f $f/ngx_stream_module.so &&
	    stream="load_module $f/ngx_stream_module.so;"
done
if [ -z "$binary" ]; then
	for f in "$top/build-musl/sockproxy" "$top/build/sockproxy"; do
		test -x "$f" && binary=$f && break
	done
fi

have()
{
	command -v "$1" >/dev/null 2>&1
}

# Is program $1 here?
installed()
{
	case $1 in
	direct) ;;
	sockproxy | sockproxy-*) test -n "$binary" ;;
	*=*) ;;
	haproxy | haproxy-splice) have haproxy ;;
	nginx) have nginx && { test -n "$stream" ||
	    nginx -V 2>&1 | grep -q 'with-stream\( \|$\)'; } ;;
	socket-proxyd) test -n "$proxyd" ;;
	lighttpd | pen | rinetd) have "$1" ;;
	*) die "no program $1 (a binary: LABEL=PATH[,KEY=VALUE])" ;;
	esac
}

version()
{
	case $1 in
	direct) echo - ;;
	sockproxy | sockproxy-*) "$binary" -v 2>&1 ;;
	*=*) echo "${1#*=}" ;;
	haproxy*) haproxy -v ;;
	nginx) nginx -v 2>&1 | sed 's/.*nginx.//' ;;
	lighttpd) lighttpd -v ;;
	pen) dpkg-query -W -f '${Version}' pen 2>/dev/null ;;
	rinetd) rinetd -v ;;
	socket-proxyd) "$proxyd" --version ;;
	esac 2>/dev/null | sed -n 1p
}

# One measurement of scenario $1 with program $2.
measure()
{
	s=$1 p=$2 tooled=${tool:+-T $tool}
	set -- run -s "$s" -d "$out/tmp" -f "$factor" $tooled
	case $p in
	direct)
		"$load" "$@" ;;
	haproxy)
		"$load" "$@" -c "$here/configs/haproxy.conf" -- \
		    haproxy -db -f @DIR@/config ;;
	haproxy-splice)
		"$load" "$@" -c "$here/configs/haproxy.conf" -e \
		    'option splice-request
	option splice-response' -- haproxy -db -f @DIR@/config ;;
	lighttpd)
		"$load" "$@" -w -c "$here/configs/lighttpd.conf" -- \
		    lighttpd -D -f @DIR@/config ;;
	nginx)
		"$load" "$@" -w -c "$here/configs/nginx.conf" -e "$stream" -- \
		    nginx -p @DIR@ -c @DIR@/config ;;
	pen)
		"$load" "$@" -- pen -f -r -c @SESSIONS@ -x @SESSIONS@ \
		    127.0.0.1:@LISTEN@ @HOST@:@BACKEND@ ;;
	rinetd)
		"$load" "$@" -c "$here/configs/rinetd.conf" -- \
		    rinetd -f -c @DIR@/config ;;
	socket-proxyd)
		"$load" "$@" -a -n 6 -- "$proxyd" -c @SESSIONS@ \
		    127.0.0.1:@BACKEND@ ;;
	sockproxy)
		measure_own "$binary" '' "$@" ;;
	sockproxy-poll)
		measure_own "$binary" ,event-handler=poll "$@" ;;
	sockproxy-copy)
		measure_own "$binary" ,splice=disable "$@" ;;
	*=*)
		p=${p#*=}
		options=${p#"${p%%,*}"}
		measure_own "${p%%,*}" "$options" "$@" ;;
	esac
}

# Our own binary $1 with options $2 (",splice=disable,event-handler=poll"), and
# the arguments of load.
measure_own()
{
	own=$1
	extra=$(echo "$2" | tr , '\n' | sed -n '
	    s/^splice=/sockproxy.splice=/
	    s/^event-handler=/server.event-handler=/
	    s/^\([^=]*\)=\(.*\)/\1 := "\2"/p')
	shift 2
	"$load" "$@" -w -c "$here/configs/sockproxy.conf" -e "$extra" -- \
	    "$own" -D -f @DIR@/config
}

# Did a run with this result fail while others had most of the machine?  It is
# made once more then.
crowded()
{
	case $1 in *fail=*) ;; *) return 1 ;; esac
	echo "$1" | tr ' ' '\n' |
	    awk -F = '$1 == "noise" { n = $2 } END { exit !(n > 0.5) }'
}

# What program $1 cannot do at all in scenario $2, or says nothing there.
impossible()
{
	case $1/$2 in
	direct/start-* | direct/idle* | direct/scale* | pen/start-500) return 0 ;;
	esac
	return 1
}

kind()
{
	case $1 in
	direct) echo direct ;;
	sockproxy | sockproxy-* | *=*) echo own ;;
	*) echo peer ;;
	esac
}

# ---- what to run -------------------------------------------------------------

all="direct haproxy haproxy-splice nginx lighttpd pen rinetd socket-proxyd"
if [ -n "$tool" ]; then
	: "${rounds:=1}"
	test -n "$(echo $scenarios)" || scenarios="churn-1 ping-1 bulk-up"
	all=${all#direct }
elif [ -n "$quick" ]; then
	: "${rounds:=2}"
	factor=$(echo "$factor" | awk '{ print $1 * 0.1 }')
	test -n "$(echo $scenarios)" ||
	    scenarios="bulk-up bulk-down ping-1 ping-100 paced churn start-1"
fi
: "${rounds:=3}"
test -n "$(echo $scenarios)" ||
    scenarios=$("$load" list | grep -v churn-1)
for s in $scenarios; do
	"$load" list | grep -qxF -e "$s" ||
	    die "no scenario $s; there are:" $("$load" list)
done
test -n "$(echo $programs)" || programs="sockproxy $all"
chosen=
for p in $programs; do
	if installed "$p"; then
		chosen="$chosen $p"
	else
		echo "run.sh: $p is not here, left out" >&2
	fi
done
test -n "$chosen" || die "nothing to measure"
reversed=
for p in $chosen; do
	reversed="$p $reversed"
done

# ---- run ---------------------------------------------------------------------

rm -rf "$out/tmp"
mkdir -p "$out/tmp"
: >"$out/raw.txt"
{
	echo "date $(date -u '+%Y-%m-%d %H:%M UTC')"
	echo "system $(uname -srm)"
	echo "processor $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo |
	    sed -n 1p), $(grep -c ^processor /proc/cpuinfo) of them"
	echo "rounds $rounds"
	echo "factor $factor"
	echo "descriptors $(ulimit -Hn)"
	echo "network $(test "$BENCH_NETNS" = 1 && echo 'a namespace of its own' ||
	    echo 'the loopback of the host')"
	for p in $chosen; do
		echo "program ${p%%=*} $(kind "$p") $(version "$p")"
		case $p in
		sockproxy) echo "binary $("$load" describe "$binary")" ;;
		esac
	done
} >"$out/meta.txt"
grep '^binary' "$out/meta.txt" | grep -qv static,stripped &&
    echo "run.sh: $binary is not a static, stripped build" >&2

count=$(($(echo $scenarios | wc -w) * $(echo $chosen | wc -w) * rounds))
number=0 round=0 hopeless=
while [ $((round += 1)) -le "$rounds" ]; do
	order=$chosen
	test $((round % 2)) = 1 || order=$reversed
	for s in $scenarios; do
		for p in $order; do
			number=$((number + 1))
			impossible "$p" "$s" && continue
			case " $hopeless " in *" $s/$p "*) continue ;; esac
			begun=$(date +%s)
			line=$(measure "$s" "$p" 2>"$out/tmp/stderr")
			crowded "$line" &&
			    line=$(measure "$s" "$p" 2>"$out/tmp/stderr")
			name=${p%%=*}
			# What takes so long to fail does not get better.
			case $line in
			*fail=*) test $(($(date +%s) - begun)) -lt 20 ||
			    hopeless="$hopeless $s/$p" ;;
			*cannot=*) hopeless="$hopeless $s/$p" ;;
			esac
			echo "round=$round scenario=$s program=$name $line" \
			    >>"$out/raw.txt"
			case $tool in
			strace | perf)
				cp "$out/tmp/tool.out" "$out/$tool.$s.$name" ;;
			esac
			printf '%d/%d %-10s %-15s %s\n' $number $count "$s" \
			    "$name" "$(echo "$line" | tr ' ' '\n' | grep -E \
			    '^(cpu|among|ms|p50|p99|noise|rate|fail|cannot)=' |
			    tr '\n' ' ')" >&2
		done
	done
done
test -n "$keep" || rm -rf "$out/tmp"

# ---- report ------------------------------------------------------------------

case $tool in
strace)
	exec awk -f "$here/calls.awk" "$out/raw.txt" "$out"/strace.*.* ;;
perf)
	echo "perf report -i $out/perf.SCENARIO.PROGRAM"
	exit 0 ;;
esac
awk -v json="$out/report.json" -v html="$out/report.html" \
    -v brief="$out/report.md" -v full="$out/report-full.md" \
    -f "$here/report.awk" -f "$here/report_text.awk" \
    -f "$here/report_md.awk" -f "$here/report_json.awk" \
    -f "$here/report_html.awk" "$out/meta.txt" "$out/raw.txt" || exit 1
echo "report: $out/report.html, report.json, report.md, report-full.md"

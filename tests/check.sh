#!/bin/sh
# check.sh [quick | full | units | valgrind] - all tests, and how many passed.
#
# Unit tests run once.  Tests of the real program run with each build: static with
# musl, glibc, and the fallback of every compat job; and with each event handler,
# copied and spliced.  Every pair of these choices occurs; "full" runs them all,
# "quick" runs one, "units" none, "valgrind" one under valgrind.  Tests that wait for
# most of their time run with one, those of control once with each build.  All is
# built for 32 bits, too, and most of it run; with "full" all of that, and what an
# emulator can run for a machine of the other byte order.  MAKE and BUILD (the glibc
# build's directory) come from the Makefile, so do UNIT, ONCE, CONTROL, PATIENT and
# SYSTEM, the names of the tests.
set -u

how=${1:-pairs}
results=$BUILD/results
root=$BUILD	# the build directory whose tests run
v=test_suites.sockproxy
passed=0 failed=0 skipped=0
together=3	# so many at a time: most of them wait for most of their time

# ---- what the tests need -----------------------------------------------------

missing()
{
	for p in kyua atf-sh mandoc curl redis-server redis-cli iperf3 ssh nft \
	    python3 strace valgrind; do
		PATH=$PATH:/usr/sbin:/sbin command -v $p >/dev/null || echo $p
	done
	[ -n "$(find /usr/include /usr/local/include -name atf-c.h 2>/dev/null)" ] ||
		echo atf-c.h
	[ "$(uname -s)" != Linux ] || [ -n "$NO_MUSL" ] ||
		command -v "$MUSL_CC" >/dev/null || echo "$MUSL_CC"
}

# The command that installs them here; empty where we know none.
install_command()
{
	if command -v apt-get >/dev/null; then
		echo "apt-get install -y atf-sh libatf-dev kyua mandoc musl-tools" \
		    "curl redis-server redis-tools iperf3 openssh-client" \
		    "openssh-server nftables iproute2 procps python3 strace" \
		    "util-linux valgrind"
	elif command -v apk >/dev/null; then
		echo "apk add atf atf-dev kyua mandoc musl-dev curl redis iperf3" \
		    "openssh nftables iproute2 procps python3 strace util-linux" \
		    "valgrind"
	elif command -v dnf >/dev/null; then
		echo "dnf install -y libatf-sh libatf-c-devel kyua mandoc musl-gcc" \
		    "curl redis iperf3 openssh-server nftables iproute procps-ng" \
		    "python3 strace util-linux valgrind"
	elif command -v pkg >/dev/null; then
		echo "pkg install -y atf kyua mandoc curl redis iperf3 python3"
	elif command -v pkg_add >/dev/null; then
		echo "pkg_add atf kyua curl redis iperf3 python%3"
	elif command -v pkgin >/dev/null; then
		echo "pkgin -y install kyua curl redis iperf3"
	fi
}

case $PWD in
*[[:blank:]]*)
	echo "atf-sh takes no directory with a blank in its name: $PWD"
	exit 1 ;;
esac
lack=$(missing | tr '\n' ' ')
if [ -n "$lack" ]; then
	command=$(install_command)
	echo "Missing for the tests: $lack"
	if [ "$(id -u)" -eq 0 ] && [ -n "$command" ]; then
		[ "${command#apt-get}" = "$command" ] || apt-get update -q
		echo "$command"
		DEBIAN_FRONTEND=noninteractive $command ||
			echo "That failed: what needs them is skipped."
	else
		echo "Install them with: ${command:-your package manager}"
	fi
	for p in kyua atf-sh; do
		command -v $p >/dev/null || exit 1
	done
fi

# ---- running -------------------------------------------------------------------

# Add up a results file: kyua's own summary counts skipped cases as passed.
count()
{
	set -- $(kyua report --results-file="$1" \
	    --results-filter=broken,failed 2>/dev/null |
	    sed -n 's/^Test cases: \([0-9]*\) total, \([0-9]*\) skipped, \([0-9]*\) expected failures, \([0-9]*\) broken, \([0-9]*\) failed$/\1 \2 \3 \4 \5/p')
	if [ $# -ne 5 ]; then
		failed=$((failed + 1))
		return
	fi
	failed=$((failed + $4 + $5))
	skipped=$((skipped + $2))
	passed=$((passed + $1 - $2 - $4 - $5))
}

# suite NAME VARIABLES TEST ...: run these with these -v.
suite()
{
	db=$results/$1.db
	vars=$2
	printf '== %s\n' "$1"
	shift 2
	# shellcheck disable=SC2086
	kyua --loglevel=warning -v parallelism=$together $vars test \
	    -k "$PWD/Kyuafile" --build-root="$PWD/$root" \
	    --results-file="$db" "$@" >"$db.out" 2>&1
	grep -E ' ->  (failed|broken)' "$db.out"
	grep -E '^kyua: E|match any test' "$db.out" && failed=$((failed + 1))
	count "$db"
	alone "$db" "$vars"
}

# alone RESULTS VARIABLES: what failed beside another test runs once more by itself,
# for many a limit is a time.  What passes then is counted so, and it is said.
alone()
{
	for c in $(sed -n 's/^\(tests[^ ]*\)  ->  \(failed\|broken\).*/\1/p' \
	    "$1.out"); do
		# shellcheck disable=SC2086
		kyua --loglevel=warning -v parallelism=1 $2 test \
		    -k "$PWD/Kyuafile" --build-root="$PWD/$root" \
		    --results-file="$1.alone" "$c" >"$1.alone.out" 2>&1
		status=$?
		rm -f "$1.alone"
		[ $status -eq 0 ] || continue
		echo "$c  ->  passed when it ran alone"
		failed=$((failed - 1))
		passed=$((passed + 1))
	done
}

# system NAME PROGRAM HANDLER SPLICE TEST ...
system()
{
	name=$1
	vars="-v $v.program=$PWD/$2 -v $v.splice=$4"
	[ -z "$3" ] || vars="$vars -v $v.handler=$3"
	[ -z "${WRAPPER:-}" ] || vars="$vars -v $v.wrapper=$WRAPPER"
	shift 4
	suite "$name" "$vars" "$@"
}

# absent NAME WHY: a suite that cannot run here.
absent()
{
	echo "$1  ->  skipped: $2  [0s]" | tee "$results/$1.db.out"
	skipped=$((skipped + 1))
}

# made CC [WORD ...]: what this compiler makes runs here, by these words.
made()
{
	by=$1
	shift
	printf '#include <stdio.h>\nint main(void) { return puts("") == EOF; }\n' \
	    >"$results/try.c"
	$by -o "$results/try" "$results/try.c" && "$@" "$results/try"
} >/dev/null 2>&1

# obtain PACKAGE ...: only where that takes nothing away.
obtain()
{
	[ "$(id -u)" -eq 0 ] && command -v apt-get || return
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove \
	    --no-install-recommends "$@"
} >"$results/obtain.out" 2>&1

# foreign DIRECTORY CC: everything for another machine, for which ATF is not there.
foreign()
{
	$MAKE WERROR=-Werror variant VARIANT="$1" CC="$2" ATF= \
	    CFLAGS='-I tests' || exit 1
}

# bits_32 TEST ...: the tests, too, are programs of 32 bits.
bits_32()
{
	if ! command -v gcc >/dev/null; then
		absent bits-32 "there is no gcc"
		return
	fi
	# Debian's asm/ is where it is for 64 bits; and its package for any version of
	# gcc, which brings another, is not for who has compilers for other machines.
	cc="gcc -m32 -idirafter /usr/include/$(gcc -print-multiarch)"
	needs=gcc-$(gcc -dumpversion)-multilib
	made "$cc" || obtain "$needs"
	if ! made "$cc"; then
		absent bits-32 "gcc -m32 makes nothing that runs here ($needs)"
		return
	fi
	foreign build-m32 "$cc"
	root=build-m32
	system bits-32 build-m32/sockproxy "" auto $UNIT tests/t_fuzz \
	    tests/t_sim "$@"
	root=$BUILD
}

# Big endian, in qemu-user: it has no filters of system calls, not every system call,
# errors of its own (t_cage, t_contract, t_wait), and a writer of counters is stopped
# in the middle of one now and then (t_stat).  Nor can it execute a new program.
big_endian()
{
	lib=/usr/mips-linux-gnu
	needs="gcc-mips-linux-gnu libc6-dev-mips-cross qemu-user"
	made mips-linux-gnu-gcc qemu-mips -L $lib || obtain $needs
	if ! made mips-linux-gnu-gcc qemu-mips -L $lib; then
		absent big-endian "no compiler or emulator for MIPS ($needs)"
		return
	fi
	foreign build-mips mips-linux-gnu-gcc
	# the tests and their helpers as they are here, but for these programs
	rm -rf build-qemu
	mkdir -p build-qemu/tests
	ln -s "$PWD/$BUILD"/tests/* build-qemu/tests
	rm build-qemu/tests/fuzz build-qemu/tests/sim
	mkdir build-qemu/tests/fuzz build-qemu/tests/sim
	units=
	for p in $UNIT; do
		case $p in
		*/t_cage | */t_contract | */t_stat | */t_wait)	;;
		*)	units="$units $p" ;;
		esac
	done
	for p in sockproxy $units tests/fuzz/fuzz_conf tests/fuzz/fuzz_ctl \
	    tests/fuzz/fuzz_sim tests/sim/sim tests/sim/sim-contract; do
		rm -f build-qemu/$p
		cat >build-qemu/$p <<-END
			#!/bin/sh
			exec qemu-mips -L $lib "$PWD/build-mips/$p" "\$@"
		END
		chmod +x build-qemu/$p
	done
	root=build-qemu
	suite big-endian "-v $v.program=$PWD/build-qemu/sockproxy
	    -v $v.sandbox=disable" $units tests/t_fuzz tests/t_sim \
	    tests/t_relay tests/t_signals tests/t_start tests/t_status
	root=$BUILD
}

rm -rf "$results"
mkdir -p "$results"

if [ "$how" != units ] && [ "$how" != valgrind ]; then
	$MAKE WERROR=-Werror tests || exit 1
fi
queue=$("$BUILD/sockproxy" -V | sed -n 's/^waiting: \([a-z]*\).*/\1/p')
musl=
if [ "$how" != units ] && [ "$how" != valgrind ] && [ "$(uname -s)" = Linux ] &&
    command -v "$MUSL_CC" >/dev/null; then
	$MAKE WERROR=-Werror static || exit 1
	musl=build-musl/sockproxy
fi

# shellcheck disable=SC2086
[ "$how" = valgrind ] || suite unit "" $UNIT $ONCE
# packages for musl have its functions; in "static" some are ours
if [ -n "$musl" ]; then
	foreign build-libc-musl "$MUSL_CC"
	root=build-libc-musl
	# shellcheck disable=SC2086
	suite unit-musl "" $UNIT
	root=$BUILD
fi
case $how in
units)
	;;
valgrind)
	cat >"$results/valgrind" <<-END
		#!/bin/sh
		exec valgrind -q --error-exitcode=99 --track-fds=yes \
		    --leak-check=full --trace-children=no "\$@"
	END
	chmod +x "$results/valgrind"
	WRAPPER=$PWD/$results/valgrind
	for t in $UNIT; do
		for c in $("$BUILD/$t" -l 2>/dev/null |
		    sed -n 's/^ident: //p'); do
			mkdir -p "$results/w"
			if (cd "$results/w" && "$WRAPPER" "../../../$BUILD/$t" \
			    -s "../../../$BUILD/tests" "$c") \
			    >"$results/$c.out" 2>&1; then
				passed=$((passed + 1))
			else
				failed=$((failed + 1))
				echo "$t:$c  ->  failed, see $results/$c.out"
			fi
			rm -rf "$results/w"
		done
	done
	system valgrind "$BUILD/sockproxy" "" auto $SYSTEM $CONTROL
	;;
quick)
	system quick "${musl:-$BUILD/sockproxy}" "" auto $SYSTEM $CONTROL
	;;
full)
	for p in $musl $BUILD/sockproxy; do
		for h in $queue poll; do
			for s in auto disable; do
				system "${p%%/*}-$h-$s" "$p" "$h" "$s" \
				    $SYSTEM $CONTROL
			done
		done
	done
	;;
*)
	if [ -n "$musl" ]; then
		system "musl-$queue-auto" "$musl" "$queue" auto $SYSTEM $CONTROL
		system "musl-poll-disable" "$musl" poll disable $SYSTEM
	fi
	system "libc-$queue-disable" "$BUILD/sockproxy" "$queue" disable $SYSTEM
	system "libc-poll-auto" "$BUILD/sockproxy" poll auto $SYSTEM $CONTROL
	;;
esac
if [ "$how" != units ] && [ "$how" != valgrind ]; then
	system patient "${musl:-$BUILD/sockproxy}" "" auto $PATIENT
fi
if [ "$how" = pairs ] || [ "$how" = full ]; then
	$MAKE WERROR=-Werror generic || exit 1
	system generic build-generic/sockproxy "" auto $SYSTEM $CONTROL
fi
if [ "$(uname -s)" = Linux ]; then
	case $how in
	full)
		bits_32 $SYSTEM $CONTROL $PATIENT
		big_endian ;;
	pairs)
		# but for what takes longest
		bits_32 $(echo "$SYSTEM $CONTROL" | tr ' ' '\n' |
		    grep -v -e t_clients -e t_relay_faults -e t_workers) ;;
	esac
fi

# why, and how many
sed -n 's/^.*  ->  skipped: \(.*\)  \[[^[]*$/skipped: \1/p' "$results"/*.db.out |
    sort | uniq -c
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

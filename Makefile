# sockproxy - for GNU make, bmake, the BSDs' make and any POSIX 2024 make.
#
# Objects go to a build directory for each variant (build, build-musl,
# build-asan ...).  It mirrors the tree with symbolic links, and this Makefile
# runs once more in there: so every path below is the same in all of them.
# Lists are kept by hand, sorted.  "make help" names the targets.

VERSION = 0.1

# What a user may set.  OPT is apart from CFLAGS because some systems preset
# CFLAGS to something without optimisation.
CC ?= cc
OPT = -O2 -g
CFLAGS ?=
LDFLAGS ?=
PREFIX = /usr/local
DESTDIR =
MANDIR = $(PREFIX)/share/man
EXAMPLES = $(PREFIX)/share/examples/sockproxy
# What "make install" takes; build-musl/sockproxy after "make static".
BINARY = build/sockproxy
MUSL_CC = musl-gcc
CLANG = clang
AFL_CC = afl-clang-fast
AFL_FUZZ = afl-fuzz
ZIG = zig
STRIP = strip
# -Werror is for those who change the code, not for those who build it.
WERROR =
KEEP =
# Seeds of "make sim" and "make sim-night", seconds of "make fuzz".
SEEDS = 2000
SECONDS = 60
# Reloads and upgrades of "make churn".
RELOADS = 1000
UPGRADES = 200
# "quick" or "full" for make check, "once" for make demo.
CHECK =
DEMO ?=
NO_MUSL =
# Nothing for a machine that ATF is not there for, with CFLAGS='-I tests' (atf-c.h).
ATF = -latf-c
VARIANT = build-variant
FUZZ =

# The system whose compat files are built; "generic" is the fallback of each.
COMPAT_SYSTEM != case `uname -s` in \
	Linux | FreeBSD | OpenBSD | NetBSD | DragonFly | Darwin) uname -s ;; \
	*) echo generic ;; esac

# -iquote, not -I: <limits.h> is the system's, "limits.h" is ours.  Gcc's <limits.h>
# meets ours all the same, in place of what is the system's of it (MB_LEN_MAX).
STD_CFLAGS = -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -fno-common -iquote src -iquote compat \
	-DVERSION='"$(VERSION)"'

# Only compat and the tests see more than ISO C: src must not.  Sizes of files and
# times are 64 bits wide with glibc too, on 32-bit machines.
SYSTEM_Linux = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
SYSTEM_FreeBSD =
SYSTEM_OpenBSD =
SYSTEM_NetBSD = -D_NETBSD_SOURCE
SYSTEM_DragonFly =
SYSTEM_Darwin = -D_DARWIN_C_SOURCE
SYSTEM_generic = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
SYSTEM = $(SYSTEM_$(COMPAT_SYSTEM))
DEFS_src = -Wpedantic
DEFS_compat = $(SYSTEM)
DEFS_tests = $(SYSTEM)
DEFS_tests/fuzz = $(SYSTEM) -iquote tests
DEFS_tests/sim = $(SYSTEM) -iquote tests
DEFS_bench = $(SYSTEM)

# ---- what there is -----------------------------------------------------------

HEADERS = compat/attr.h compat/chan.h compat/chan_fds.h compat/console.h \
	compat/fd.h compat/file.h compat/line.h compat/logio.h compat/mem.h compat/name.h \
	compat/notify.h compat/os.h compat/os_sys.h compat/owner.h \
	compat/proc.h compat/proc_close.h compat/proc_signal.h \
	compat/sandbox.h compat/sandbox_filter.h compat/splice.h \
	compat/wait.h compat/wait_kind.h \
	src/addr.h src/backend.h src/board.h src/bound.h src/buf.h \
	src/channel.h src/child.h src/client.h src/conf.h src/conf_int.h src/confine.h \
	src/connect.h src/crew.h src/ctl.h src/ctlclient.h src/doors.h \
	src/expire.h src/former.h src/gather.h src/half.h src/handover.h src/history.h \
	src/http.h src/ids.h src/key.h src/last.h src/lex.h src/limits.h src/listen.h \
	src/listener.h src/log.h src/loop.h src/manager.h src/monitor.h \
	src/must.h src/operate.h src/out.h src/parent.h src/place.h \
	src/rate.h src/reader.h src/relay.h src/report.h src/resolve.h \
	src/session.h src/setup.h src/share.h src/start.h src/stat.h \
	src/status.h src/table.h src/text.h src/upgrade.h src/view.h \
	src/watcher.h src/writer.h tests/atf-c.h tests/conf_same.h \
	tests/contract.h tests/fuzz/fuzz.h tests/peer.h tests/sim/sim.h \
	tests/sim/sim_check.h tests/unit.h

# All but main.c, which tests must not have.
SRC = src/addr.c src/backend.c src/board.c src/bound.c src/buf.c \
	src/channel.c src/child.c src/client.c src/conf.c src/conf_addr.c \
	src/conf_assign.c src/conf_build.c src/conf_cond.c src/conf_dump.c \
	src/conf_expr.c src/conf_pool.c src/conf_value.c \
	src/confine.c src/connect.c src/crew.c src/ctl.c src/ctlclient.c src/doors.c \
	src/expire.c src/former.c src/gather.c src/half.c src/handover.c src/history.c \
	src/http.c src/ids.c src/json.c src/key.c src/key_value.c src/last.c src/lex.c \
	src/listen.c src/listener.c src/listing.c src/log.c src/loop.c \
	src/manager.c src/metrics.c src/monitor.c src/must.c src/operate.c \
	src/out.c src/page.c src/parent.c src/place.c src/rate.c src/reader.c \
	src/relay.c src/report.c src/resolve.c src/session.c src/share.c \
	src/start.c src/stat.c src/stat_text.c src/status.c src/table.c \
	src/text.c src/upgrade.c src/view.c src/watcher.c src/writer.c
COMPAT_ALL = compat/chan.c compat/console.c compat/fd.c compat/file.c \
	compat/file_glob.c compat/file_run.c compat/file_socket.c compat/line.c \
	compat/logio.c compat/mem.c compat/name.c compat/notify.c \
	compat/os_addr.c compat/os_listen.c compat/os_sock.c compat/owner.c \
	compat/proc.c compat/proc_close.c compat/proc_signal.c \
	compat/proc_user.c compat/wait.c compat/wait_poll.c
COMPAT_Linux = compat/chan_packet.c compat/logio_syslog.c compat/os_accept4.c \
	compat/os_linux.c compat/os_socketcall.c compat/proc_close_linux.c \
	compat/proc_linux.c compat/sandbox_filter.c compat/sandbox_linux.c \
	compat/splice_linux.c compat/wait_epoll.c
COMPAT_FreeBSD = compat/chan_packet.c compat/logio_syslog.c \
	compat/os_accept4.c compat/os_bsd.c compat/os_freebsd.c \
	compat/proc_close_bsd.c compat/proc_none.c compat/sandbox_freebsd.c \
	compat/splice_bsd.c compat/splice_empty.c compat/wait_kqueue.c
COMPAT_OpenBSD = compat/chan_packet.c compat/logio_sendsyslog.c \
	compat/os_accept4.c compat/os_openbsd.c compat/proc_close_bsd.c \
	compat/proc_none.c compat/sandbox_openbsd.c compat/splice_bsd.c \
	compat/splice_empty.c compat/wait_kqueue.c
COMPAT_NetBSD = compat/chan_packet.c compat/logio_syslog.c compat/os_accept4.c \
	compat/os_bsd.c compat/os_netbsd.c compat/proc_close_bsd.c \
	compat/proc_none.c compat/sandbox_none.c compat/splice_empty.c \
	compat/splice_none.c compat/wait_kqueue.c
COMPAT_DragonFly = compat/chan_packet.c compat/logio_syslog.c \
	compat/os_accept4.c compat/os_dragonfly.c compat/os_none.c \
	compat/proc_close_bsd.c compat/proc_none.c compat/sandbox_none.c \
	compat/splice_empty.c compat/splice_none.c compat/wait_kqueue.c
COMPAT_Darwin = compat/chan_stream.c compat/logio_syslog.c compat/os_accept.c \
	compat/os_darwin.c compat/os_none.c compat/proc_close_none.c \
	compat/proc_none.c compat/sandbox_none.c compat/splice_empty.c \
	compat/splice_none.c compat/wait_kqueue.c
COMPAT_generic = compat/chan_stream.c compat/logio_syslog.c compat/os_accept.c \
	compat/os_generic.c compat/os_none.c compat/proc_close_none.c \
	compat/proc_none.c compat/sandbox_none.c compat/splice_empty.c \
	compat/splice_none.c compat/wait_none.c
# Instead of something in the C library: "make static" only.
COMPAT_SMALL = compat/small.c compat/small_env.c compat/small_fork.c \
	compat/small_heap.c compat/small_musl.c compat/small_proc.c \
	compat/small_user.c compat/small_zone.c
INSTEAD =
COMPAT = $(COMPAT_ALL) $(COMPAT_$(COMPAT_SYSTEM)) $(INSTEAD)
SIM = tests/sim/sim_actor.c tests/sim/sim_chan.c tests/sim/sim_check.c \
	tests/sim/sim_crash.c tests/sim/sim_door.c tests/sim/sim_net.c \
	tests/sim/sim_os.c tests/sim/sim_pattern.c tests/sim/sim_plan.c \
	tests/sim/sim_rng.c tests/sim/sim_run.c tests/sim/sim_script.c \
	tests/sim/sim_splice.c tests/sim/sim_sys.c tests/sim/sim_trace.c \
	tests/sim/sim_turn.c tests/sim/sim_wait.c

FUZZERS = tests/fuzz/fuzz_conf tests/fuzz/fuzz_ctl tests/fuzz/fuzz_sim
FUZZ_MAIN = tests/fuzz/fuzz_main.o

# What several tests share.
PARTS = tests/contract.c tests/contract_os.c tests/contract_splice.c \
	tests/contract_wait.c
PEER = tests/peer.c tests/peer_load.c tests/peer_net.c
# Run once; UNIT_TESTS in C, ONCE_TESTS not.  SYSTEM_TESTS run with each build of
# the program, each way to wait and each way to move bytes, CONTROL_TESTS with each
# build: what they are about does neither.  PATIENT_TESTS run with one: they sleep for
# the most part.
UNIT_TESTS = tests/t_addr tests/t_backend tests/t_cage tests/t_chan tests/t_conf \
	tests/t_contract tests/t_crew tests/t_file tests/t_handover \
	tests/t_http tests/t_lex tests/t_log tests/t_notify tests/t_os \
	tests/t_proc tests/t_rate tests/t_report tests/t_small tests/t_stat \
	tests/t_table tests/t_text tests/t_view tests/t_wait
ONCE_TESTS = tests/t_dist tests/t_fuzz tests/t_layers tests/t_manual \
	tests/t_sim
PATIENT_TESTS = tests/t_hangs
CONTROL_TESTS = tests/t_activate tests/t_ctl tests/t_lighttpd tests/t_logfile \
	tests/t_options tests/t_start tests/t_status
SYSTEM_TESTS = tests/t_clients tests/t_inject tests/t_relay \
	tests/t_relay_backends tests/t_relay_faults tests/t_relay_limits \
	tests/t_reload tests/t_sandbox tests/t_signals tests/t_upgrade \
	tests/t_workers

OBJS = src/main.o $(SRC:.c=.o) $(COMPAT:.c=.o)

# ---- targets for people ------------------------------------------------------

# Lay out the build directory $$b.
TREE = for d in src compat tests tests/fuzz tests/sim bench; do \
	up=../..; test $$d = $${d%/*} || up=../../..; mkdir -p $$b/$$d || exit 1; \
	for f in $$d/*.[ch] $$d/*.sh; do \
		test ! -e $$f || test -e $$b/$$f || ln -sf $$up/$$f $$b/$$f; \
	done; done; test -e $$b/Makefile || ln -sf ../Makefile $$b/Makefile

# Small: a fixed address (nothing in a static program moves anyhow; tables of
# pointers are then read-only from the start and RELRO has nothing to protect),
# no tables for unwinding, one segment for code and constants, and the small
# variables together behind the large tables: few pages are ever written to.
# SMALLER is for gcc 12 and later: -Oz instead of -Os, and four that take another
# 1.4 % and a few instructions for each byte and session away; "make static" asks
# the compiler whether it knows them.
SMALL = -flto=auto -ffunction-sections -fdata-sections -fno-pie \
	-fno-unwind-tables -fno-asynchronous-unwind-tables
SMALLER = -Oz -flto-partition=one -fno-caller-saves -fno-jump-tables \
	-fno-tree-forwprop
SMALL_LINK = -static -no-pie -Wl,--gc-sections -Wl,--sort-section=alignment \
	-Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro
MUSL = CC='$(MUSL_CC)' OPT="$$o $(SMALL)" LDFLAGS='$(SMALL_LINK) $(LDFLAGS)' \
	INSTEAD='$(COMPAT_SMALL)'
ASAN = CC='$(CLANG)' OPT='-O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer'
MSAN = CC='$(CLANG)' OPT='-O1 -g -fsanitize=memory -fno-omit-frame-pointer'
# The simulator is told from its turns a second.
SIM_OPT = -O2 -g -flto
COVERAGE = CC=gcc OPT='-O0 -g --coverage'

CHECKS = UNIT='$(UNIT_TESTS)' ONCE='$(ONCE_TESTS)' SYSTEM='$(SYSTEM_TESTS)' \
	CONTROL='$(CONTROL_TESTS)' PATIENT='$(PATIENT_TESTS)' \
	MAKE='$(MAKE)' MUSL_CC='$(MUSL_CC)' NO_MUSL='$(NO_MUSL)' SEEDS='$(SEEDS)'

all:
	@b=build; $(TREE)
	@cd build && $(MAKE) program

static:
	@b=build-musl; $(TREE)
	@o=-Os; if $(MUSL_CC) $(SMALLER) -E - </dev/null >/dev/null 2>&1; then \
		o='$(SMALLER)'; fi; \
		cd build-musl && $(MAKE) $(MUSL) program
	@$(STRIP) -R .comment -o build-musl/sockproxy.stripped \
	    build-musl/sockproxy
	@mv build-musl/sockproxy.stripped build-musl/sockproxy
	@echo "build-musl/sockproxy: `wc -c < build-musl/sockproxy` bytes"

tests:
	@b=build; $(TREE)
	@cd build && $(MAKE) WERROR='$(WERROR)' program test-programs

# Everything in a directory of its own, with whatever is set on the command line.
variant:
	@b='$(VARIANT)'; $(TREE)
	@cd '$(VARIANT)' && $(MAKE) program test-programs

generic:
	@b=build-generic; $(TREE)
	@cd build-generic && $(MAKE) COMPAT_SYSTEM=generic program

# Compile and link for systems that are not here.  zig (0.16) has their headers and
# libraries, but DragonFly's.
systems:
	@for s in Darwin:aarch64-macos FreeBSD:x86_64-freebsd \
	    NetBSD:x86_64-netbsd OpenBSD:x86_64-openbsd; do \
		b=build-$${s%:*}; $(TREE); echo "== $$b"; \
		(cd $$b && $(MAKE) COMPAT_SYSTEM=$${s%:*} WERROR=-Werror \
		    CC='$(ZIG) cc -target '$${s#*:} program) || exit 1; done

check:
	@$(CHECKS) BUILD=build sh tests/check.sh $(CHECK)

# Unit tests, simulator, and the program once, with what each tool adds.
# Without t_cage: a filter of system calls ends a sanitizer's own.  libatf leaks.
check-asan:
	@b=build-asan; $(TREE)
	@cd build-asan && $(MAKE) $(ASAN) program test-programs
	@$(CHECKS) UNIT='$(UNIT_TESTS:tests/t_cage=)' BUILD=build-asan \
	    ASAN_OPTIONS=detect_leaks=0 sh tests/check.sh units

check-msan:
	@b=build-msan; $(TREE)
	@cd build-msan && $(MAKE) $(MSAN) tests/sim/sim \
	    tests/sim/sim-contract $(FUZZERS)
	cd build-msan && tests/sim/sim -q -n $(SEEDS) && \
	    tests/sim/sim-contract && \
	    tests/fuzz/fuzz_conf ../tests/conf/good ../tests/conf/bad

check-valgrind: tests
	@$(CHECKS) BUILD=build sh tests/check.sh valgrind

# What the unit tests and the simulator reach, line by line; the program as a
# whole is not counted, as most of its processes end without writing it down.
coverage:
	@b=build-cov; $(TREE)
	@cd build-cov && find . -name '*.gcda' -exec rm -f {} +
	@cd build-cov && $(MAKE) $(COVERAGE) program test-programs
	@BUILD=build-cov SEEDS='$(SEEDS)' UNIT='$(UNIT_TESTS)' \
	    sh tests/coverage.sh

sim:
	@b=build-sim; $(TREE)
	@cd build-sim && $(MAKE) OPT='$(SIM_OPT)' tests/sim/sim
	build-sim/tests/sim/sim -n $(SEEDS)

sim-night:
	@b=build-sim; $(TREE)
	@cd build-sim && $(MAKE) OPT='$(SIM_OPT)' tests/sim/sim
	build-sim/tests/sim/sim -n $(SEEDS) -s `date +%s` \
	    -j `getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1`

fuzz:
	@b=build-fuzz; $(TREE)
	@cd build-fuzz && $(MAKE) CC='$(CLANG)' FUZZ=-fsanitize=fuzzer \
	    OPT='-O1 -g -DLIBFUZZER -fsanitize=fuzzer-no-link,address,undefined' \
	    $(FUZZERS)
	@for f in $(FUZZERS); do \
		mkdir -p build-fuzz/corpus/$$f || exit 1; \
		echo "== $$f, $(SECONDS) seconds"; \
		build-fuzz/$$f -max_total_time=$(SECONDS) -print_final_stats=1 \
		    build-fuzz/corpus/$$f tests/fuzz/corpus/$${f##*/} \
		    || exit 1; done

# The same with AFL++; what it found stays in build-afl/found.
fuzz-afl:
	@b=build-afl; $(TREE)
	@cd build-afl && $(MAKE) CC='$(AFL_CC)' $(FUZZERS)
	@for f in $(FUZZERS); do \
		d=build-afl/found/$${f##*/}; mkdir -p $$d || exit 1; \
		echo "== $$f, $(SECONDS) seconds"; \
		AFL_AUTORESUME=1 AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 \
		    AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		    $(AFL_FUZZ) -V $(SECONDS) -i tests/fuzz/corpus/$${f##*/} -o $$d \
		    -- build-afl/$$f || exit 1; \
		for c in $$d/default/crashes/id* $$d/default/hangs/id*; do \
			if test -e "$$c"; then ls $$d/default/crashes/id* \
			    $$d/default/hangs/id*; exit 1; fi; done; done

bench: static
	sh bench/run.sh

bench-quick: static
	sh bench/run.sh -q

# The tables of the last run into README.md and bench/README.md.
bench-write:
	sh bench/run.sh -w

churn:
	@b=build; $(TREE)
	@cd build && $(MAKE) program tests/churn
	@PROGRAM=build/sockproxy CHURN=build/tests/churn RELOADS='$(RELOADS)' \
	    UPGRADES='$(UPGRADES)' sh tests/churn.sh

demo:
	@b=build; $(TREE)
	@cd build && $(MAKE) program tests/demo
	@DEMO='$(DEMO)' sh tests/demo.sh build

# Builds what is missing; what there is keeps the flags it was built with.
install:
	@$(MAKE) KEEP=flags all
	mkdir -p "$(DESTDIR)$(PREFIX)/sbin" "$(DESTDIR)$(EXAMPLES)" \
	    "$(DESTDIR)$(MANDIR)/man5" "$(DESTDIR)$(MANDIR)/man8"
	install -m 0755 $(BINARY) "$(DESTDIR)$(PREFIX)/sbin/sockproxy"
	install -m 0644 sockproxy.8 "$(DESTDIR)$(MANDIR)/man8/sockproxy.8"
	install -m 0644 sockproxy.conf.5 \
	    "$(DESTDIR)$(MANDIR)/man5/sockproxy.conf.5"
	install -m 0644 dist/sockproxy.conf \
	    "$(DESTDIR)$(EXAMPLES)/sockproxy.conf"

# What install put there; directories stay, but for the example's own, if empty.
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/sbin/sockproxy" \
	    "$(DESTDIR)$(MANDIR)/man8/sockproxy.8" \
	    "$(DESTDIR)$(MANDIR)/man5/sockproxy.conf.5" \
	    "$(DESTDIR)$(EXAMPLES)/sockproxy.conf"
	rmdir "$(DESTDIR)$(EXAMPLES)" 2>/dev/null || :

# Not through a pipe, whose status is that of gzip.
dist:
	git archive -9 --prefix=sockproxy-$(VERSION)/ \
	    -o sockproxy-$(VERSION).tar.gz HEAD || \
	    { rm -f sockproxy-$(VERSION).tar.gz; exit 1; }

help:
	@echo "all           build/sockproxy (the default)"
	@echo "static        build-musl/sockproxy: static, stripped, with musl"
	@echo "generic       build-generic/sockproxy: what any system has, only"
	@echo "systems       for BSDs and macOS, to see that it compiles; ZIG="
	@echo "install       program, manuals, example; DESTDIR= PREFIX= BINARY="
	@echo "uninstall     takes these away again"
	@echo "demo          see it work; DEMO=once: and end"
	@echo "check         every test; CHECK=quick or CHECK=full"
	@echo "check-asan check-msan check-valgrind coverage   tests under tools"
	@echo "churn         RELOADS= and UPGRADES= under load, nothing lost"
	@echo "sim           the simulator, SEEDS= of them; sim-night: all cores"
	@echo "fuzz fuzz-afl each fuzzer for SECONDS=, with libFuzzer or AFL++"
	@echo "bench bench-quick   against other proxies; bench-write: into README.md"
	@echo "clean dist help"

clean:
	rm -rf build build-Darwin build-FreeBSD build-NetBSD build-OpenBSD \
	    build-afl build-asan build-clang build-cov build-fuzz build-generic \
	    build-libc-musl build-m32 build-mips build-msan build-musl build-qemu \
	    build-sim build-variant \
	    sockproxy-$(VERSION).tar.gz

# ---- in a build directory ----------------------------------------------------

program: sockproxy

# What is built with; written anew only when it changes, and then all else is, too.
flags: always
	@echo $(CC) $(OPT) $(CFLAGS) $(LDFLAGS) >flags.now
	@test -e '$(KEEP)' || cmp -s flags.now flags || cp flags.now flags

always:

sockproxy: $(OBJS)
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJS)

# What tests link with: an archive, so that a test may bring its own of anything,
# and the simulator all of compat.
libsrc.a: $(SRC:.c=.o)
	rm -f $@
	$(AR) rc $@ $(SRC:.c=.o)
	ranlib $@

libcompat.a: $(COMPAT:.c=.o)
	rm -f $@
	$(AR) rc $@ $(COMPAT:.c=.o)
	ranlib $@

test-programs: $(UNIT_TESTS) $(ONCE_TESTS) $(PATIENT_TESTS) $(SYSTEM_TESTS) \
	$(CONTROL_TESTS) \
	$(FUZZERS) tests/activate tests/ask tests/churn tests/ends tests/keys \
	tests/peer tests/sim/sim tests/sim/sim-contract

$(OBJS) $(PARTS:.c=.o) $(PEER:.c=.o) $(SIM:.c=.o) $(FUZZERS:=.o) $(FUZZ_MAIN) \
    tests/keys.o tests/sim/sim.o tests/sim/sim_contract.o: $(HEADERS) flags

$(UNIT_TESTS): libcompat.a libparts.a libsrc.a $(HEADERS)

$(ONCE_TESTS) $(PATIENT_TESTS) $(SYSTEM_TESTS) $(CONTROL_TESTS): tests/lib.sh

libparts.a: $(PARTS:.c=.o)
	rm -f $@
	$(AR) rc $@ $(PARTS:.c=.o)
	ranlib $@

tests/ask: tests/ask.o
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ tests/ask.o

tests/activate: tests/activate.o
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ tests/activate.o

tests/peer: $(PEER:.c=.o)
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $(PEER:.c=.o)

tests/churn: tests/churn.o tests/peer_net.o
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ tests/churn.o tests/peer_net.o

tests/ends: tests/ends.o tests/peer_net.o
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ tests/ends.o tests/peer_net.o

tests/keys: tests/keys.o libsrc.a libcompat.a
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ tests/keys.o libsrc.a \
	    libcompat.a

# The simulator is linked with src, unchanged, and with no file of compat.
libsim.a: $(SIM:.c=.o)
	rm -f $@
	$(AR) rc $@ $(SIM:.c=.o)
	ranlib $@

tests/sim/sim: tests/sim/sim.o libsim.a libsrc.a
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ tests/sim/sim.o libsim.a \
	    libsrc.a

tests/sim/sim-contract: tests/sim/sim_contract.o libparts.a libsim.a libsrc.a
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ tests/sim/sim_contract.o \
	    libparts.a libsim.a libsrc.a

tests/fuzz/fuzz_conf: tests/fuzz/fuzz_conf.o $(FUZZ_MAIN) libparts.a libsrc.a libcompat.a
	$(CC) $(OPT) $(CFLAGS) $(FUZZ) $(LDFLAGS) -o $@ \
	    tests/fuzz/fuzz_conf.o $(FUZZ_MAIN) libparts.a libsrc.a libcompat.a

tests/fuzz/fuzz_ctl.o: src/channel.c src/child.c src/client.c

tests/fuzz/fuzz_ctl: tests/fuzz/fuzz_ctl.o $(FUZZ_MAIN) libparts.a libsrc.a libcompat.a
	$(CC) $(OPT) $(CFLAGS) $(FUZZ) $(LDFLAGS) -o $@ \
	    tests/fuzz/fuzz_ctl.o $(FUZZ_MAIN) libparts.a libsrc.a libcompat.a

tests/fuzz/fuzz_sim: tests/fuzz/fuzz_sim.o $(FUZZ_MAIN) libsim.a libsrc.a
	$(CC) $(OPT) $(CFLAGS) $(FUZZ) $(LDFLAGS) -o $@ \
	    tests/fuzz/fuzz_sim.o $(FUZZ_MAIN) libsim.a libsrc.a

tests/demo: tests/demo.c
	$(CC) $(STD_CFLAGS) $(SYSTEM) $(WERROR) $(OPT) $(CFLAGS) $(LDFLAGS) \
	    -o $@ tests/demo.c

.SUFFIXES: .c .o .sh
.c.o:
	$(CC) $(STD_CFLAGS) $(DEFS_$(@D)) $(WERROR) $(OPT) $(CFLAGS) -c -o $@ $<
.c:
	$(CC) $(STD_CFLAGS) $(DEFS_$(@D)) $(WERROR) $(OPT) $(CFLAGS) $(LDFLAGS) \
	    -o $@ $< libparts.a libsrc.a libcompat.a $(ATF) -lpthread
.sh:
	{ echo "#! `command -v atf-sh`"; cat tests/lib.sh $<; } > $@
	chmod +x $@

.PHONY: all always bench bench-quick bench-write check check-asan check-msan \
	check-valgrind churn clean coverage demo dist fuzz fuzz-afl generic help \
	install program sim sim-night static test-programs tests uninstall variant

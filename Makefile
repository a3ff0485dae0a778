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
MUSL_CC = musl-gcc
CLANG = clang
AFL_CC = afl-clang-fast
STRIP = strip
# -Werror is for those who change the code, not for those who build it.
WERROR =
# Seeds of "make sim" and "make sim-night", seconds of "make fuzz".
SEEDS = 2000
SECONDS = 60

# The system whose compat files are built; "generic" is the fallback of each.
COMPAT_SYSTEM != case `uname -s` in \
	Linux | FreeBSD | OpenBSD | NetBSD | DragonFly | Darwin) uname -s ;; \
	*) echo generic ;; esac

STD_CFLAGS = -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -fno-common -Isrc -Icompat \
	-DVERSION='"$(VERSION)"'

# Only compat and the tests see more than ISO C: src must not.
SYSTEM_Linux = -D_GNU_SOURCE
SYSTEM_FreeBSD =
SYSTEM_OpenBSD =
SYSTEM_NetBSD = -D_NETBSD_SOURCE
SYSTEM_DragonFly =
SYSTEM_Darwin = -D_DARWIN_C_SOURCE
SYSTEM_generic = -D_GNU_SOURCE
SYSTEM = $(SYSTEM_$(COMPAT_SYSTEM))
DEFS_src =
DEFS_compat = $(SYSTEM)
DEFS_tests = $(SYSTEM)
DEFS_tests/fuzz = $(SYSTEM)
DEFS_tests/sim = $(SYSTEM)
DEFS_bench = $(SYSTEM)

# ---- what there is -----------------------------------------------------------

HEADERS = compat/attr.h compat/mem.h compat/os.h compat/splice.h \
	compat/wait.h src/addr.h src/backend.h src/buf.h src/conf.h \
	src/half.h src/limits.h src/log.h src/must.h src/setup.h src/stat.h \
	src/text.h

SRC_MAIN = src/main.c src/parent.c
# The data path, which the simulator runs too.
SRC_CORE = src/backend.c src/buf.c src/half.c src/listener.c src/loop.c \
	src/session.c
SRC_BASE = src/addr.c src/bound.c src/conf.c src/key.c src/lex.c src/log.c \
	src/must.c src/resolve.c src/stat.c src/text.c
SRC = $(SRC_BASE) $(SRC_CORE) $(SRC_MAIN)

COMPAT_ALL = compat/mem.c compat/os_sock.c compat/proc.c compat/wait_poll.c
COMPAT_Linux = compat/splice_linux.c compat/wait_epoll.c
COMPAT_FreeBSD = compat/splice_bsd.c compat/wait_kqueue.c
COMPAT_OpenBSD = compat/splice_bsd.c compat/wait_kqueue.c
COMPAT_NetBSD = compat/splice_none.c compat/wait_kqueue.c
COMPAT_DragonFly = compat/splice_none.c compat/wait_kqueue.c
COMPAT_Darwin = compat/splice_none.c compat/wait_kqueue.c
COMPAT_generic = compat/splice_none.c compat/wait_none.c
COMPAT = $(COMPAT_ALL) $(COMPAT_$(COMPAT_SYSTEM))

UNIT_TESTS = tests/t_text
SYSTEM_TESTS = tests/t_layers

OBJS = $(SRC:.c=.o) $(COMPAT:.c=.o)
LIB_OBJS = src/parent.o $(SRC_BASE:.c=.o) $(SRC_CORE:.c=.o) $(COMPAT:.c=.o)

# ---- targets for people ------------------------------------------------------

# Lay out the build directory $$b.
TREE = for d in src compat tests tests/fuzz tests/sim bench; do \
	up=../..; test $$d = $${d%/*} || up=../../..; mkdir -p $$b/$$d; \
	for f in $$d/*.[ch] $$d/*.sh; do \
		test ! -e $$f || test -e $$b/$$f || ln -sf $$up/$$f $$b/$$f; \
	done; done; test -e $$b/Makefile || ln -sf ../Makefile $$b/Makefile

MUSL = CC='$(MUSL_CC)' OPT='-Os -flto -ffunction-sections -fdata-sections' \
	LDFLAGS='-static -Wl,--gc-sections $(LDFLAGS)'
ASAN = CC='$(CLANG)' OPT='-O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer'
MSAN = CC='$(CLANG)' OPT='-O1 -g -fsanitize=memory -fno-omit-frame-pointer'
COVERAGE = CC=gcc OPT='-O0 -g --coverage'

all:
	@b=build; $(TREE)
	@cd build && $(MAKE) program

static:
	@b=build-musl; $(TREE)
	@cd build-musl && $(MAKE) $(MUSL) program
	@$(STRIP) -o build-musl/sockproxy.stripped build-musl/sockproxy
	@mv build-musl/sockproxy.stripped build-musl/sockproxy
	@echo "build-musl/sockproxy: `wc -c < build-musl/sockproxy` bytes"

tests:
	@b=build; $(TREE)
	@cd build && $(MAKE) WERROR='$(WERROR)' program test-programs

help:
	@echo "all          build/sockproxy (the default)"
	@echo "static       build-musl/sockproxy: static, stripped, with musl"
	@echo "install      all and the manuals, to DESTDIR PREFIX"
	@echo "check        every test, with both builds"
	@echo "demo         see it work (DEMO=once: and end)"
	@echo "clean dist help"

clean:
	rm -rf build build-asan build-cov build-fuzz build-generic build-msan \
	    build-musl build-valgrind

# ---- in a build directory ----------------------------------------------------

program: sockproxy

sockproxy: $(OBJS)
	$(CC) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJS)

libsockproxy.a: $(LIB_OBJS)
	rm -f $@
	$(AR) rc $@ $(LIB_OBJS)
	ranlib $@

test-programs: $(UNIT_TESTS) $(SYSTEM_TESTS) tests/peer tests/demo

$(OBJS): $(HEADERS)

$(UNIT_TESTS): libsockproxy.a $(HEADERS)

tests/peer: tests/peer.c
	$(CC) $(STD_CFLAGS) $(SYSTEM) $(WERROR) $(OPT) $(CFLAGS) $(LDFLAGS) \
	    -o $@ tests/peer.c

tests/demo: tests/demo.c
	$(CC) $(STD_CFLAGS) $(SYSTEM) $(WERROR) $(OPT) $(CFLAGS) $(LDFLAGS) \
	    -o $@ tests/demo.c

.SUFFIXES: .c .o .sh
.c.o:
	$(CC) $(STD_CFLAGS) $(DEFS_$(@D)) $(WERROR) $(OPT) $(CFLAGS) -c -o $@ $<
.c:
	$(CC) $(STD_CFLAGS) $(DEFS_$(@D)) $(WERROR) $(OPT) $(CFLAGS) $(LDFLAGS) \
	    -o $@ $< libsockproxy.a -latf-c
.sh:
	{ echo "#! `command -v atf-sh`"; cat $<; } > $@
	chmod +x $@

.PHONY: all clean help program static test-programs tests

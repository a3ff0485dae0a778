/*
 * sandbox_filter.c - a filter of system calls, made by hand: seccomp(2).
 *
 * It allows the calls of a process that moves bytes between sockets; everything
 * else fails with EPERM (or ends the process), and so do x32's calls on x86-64,
 * whose numbers are others.  Both C libraries and all machines are served by one
 * list: a call that a machine lacks has no SYS_ name there.  As in sandbox_linux.c,
 * the kernel's structures and numbers are written down here.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "sandbox.h"
#include "sandbox_filter.h"

#ifndef PR_SET_SECCOMP
#define PR_SET_SECCOMP		22
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN		0x20000000
#endif
#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ		1031
#define F_GETPIPE_SZ		1032
#endif

/* The machine as the kernel names it to a filter: ELF number, width, order. */
#define ARCH_64		0x80000000u
#define ARCH_LITTLE	0x40000000u
#define ARCH_N32	0x20000000u

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define ARCH_ORDER	ARCH_LITTLE
#else
#define ARCH_ORDER	0
#endif

#if defined(__x86_64__)
#define ARCH		(EM_X86_64 | ARCH_64 | ARCH_LITTLE)
#elif defined(__i386__)
#define ARCH		(EM_386 | ARCH_LITTLE)
#elif defined(__aarch64__)
#define ARCH		(EM_AARCH64 | ARCH_64 | ARCH_LITTLE)
#elif defined(__arm__)
#define ARCH		(EM_ARM | ARCH_ORDER)
#elif defined(__mips__) && defined(_ABIN32)
#define ARCH		(EM_MIPS | ARCH_64 | ARCH_N32 | ARCH_ORDER)
#elif defined(__mips64)
#define ARCH		(EM_MIPS | ARCH_64 | ARCH_ORDER)
#elif defined(__mips__)
#define ARCH		(EM_MIPS | ARCH_ORDER)
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH		(243 | ARCH_64 | ARCH_LITTLE)
#elif defined(__riscv)
#define ARCH		(243 | ARCH_LITTLE)
#elif defined(__powerpc64__)
#define ARCH		(EM_PPC64 | ARCH_64 | ARCH_ORDER)
#elif defined(__powerpc__)
#define ARCH		(EM_PPC | ARCH_ORDER)
#elif defined(__s390x__)
#define ARCH		(EM_S390 | ARCH_64)
#elif defined(__loongarch64)
#define ARCH		(258 | ARCH_64 | ARCH_LITTLE)
#endif

enum {
	SECCOMP_FILTER = 2,		/* mode of PR_SET_SECCOMP */
	SECCOMP_SET_FILTER = 1,		/* the same for seccomp(2) */
	SECCOMP_SPEC_ALLOW = 4,		/* and a flag of it */

	/* classic BPF, as far as it is used */
	BPF_LOAD = 0x20,		/* a 32-bit word of struct call */
	BPF_IF_EQUAL = 0x15,
	BPF_IF_NOT_LESS = 0x35,
	BPF_IF_BITS = 0x45,
	BPF_RETURN = 0x06
};

#define RETURN_ALLOW	0x7fff0000u
#define RETURN_ERROR	0x00050000u	/* with the error number */
#define RETURN_KILL	0x80000000u	/* older kernels: the thread, which is all
					   that there is */

/* What a filter sees of a call. */
struct call {
	int32_t		number;
	uint32_t	arch;
	uint64_t	address;
	uint64_t	args[6];
};

struct bpf_insn {
	uint16_t	code;
	uint8_t		yes, no;	/* instructions to skip */
	uint32_t	k;
};

struct bpf_prog {
	unsigned short	 len;
	struct bpf_insn	*insns;
};

#ifdef ARCH

/*
 * Calls that are allowed whatever they are asked, those that are made most in
 * front (kernels before 5.11 go through the list every time).
 */
static const uint16_t calls[] = {
#ifdef SYS_recvfrom
	SYS_recvfrom,
#endif
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_epoll_pwait,
#ifdef SYS_epoll_pwait2
	SYS_epoll_pwait2,
#endif
	SYS_splice,
	SYS_read, SYS_write,
#ifdef SYS_recv
	SYS_recv,
#endif
#ifdef SYS_send
	SYS_send,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_ppoll
	SYS_ppoll,
#endif
#ifdef SYS_ppoll_time64
	SYS_ppoll_time64,
#endif
#ifdef SYS_accept
	SYS_accept,
#endif
#ifdef SYS_accept4
	SYS_accept4,
#endif
#ifdef SYS_connect
	SYS_connect,
#endif
#ifdef SYS_setsockopt
	SYS_setsockopt,
#endif
#ifdef SYS_getsockopt
	SYS_getsockopt,
#endif
	SYS_epoll_ctl, SYS_close,
#ifdef SYS_shutdown
	SYS_shutdown,
#endif
#ifdef SYS_getsockname
	SYS_getsockname, SYS_getpeername,
#endif
	SYS_pipe2,
#ifdef SYS_clock_gettime
	SYS_clock_gettime,
#endif
#ifdef SYS_clock_gettime32	/* musl's name for it on 32-bit machines */
	SYS_clock_gettime32,
#endif
#ifdef SYS_clock_gettime64
	SYS_clock_gettime64,
#endif
	/* the channel: messages with descriptors */
#ifdef SYS_recvmsg
	SYS_recvmsg,
#endif
	SYS_readv, SYS_writev,
	/* memory */
	SYS_munmap, SYS_madvise, SYS_brk,
	/* the C library at its work: time of day, locks, signals, the end */
#ifdef SYS_gettimeofday
	SYS_gettimeofday,
#endif
#ifdef SYS_time
	SYS_time,
#endif
#ifdef SYS_futex
	SYS_futex,
#endif
#ifdef SYS_futex_time64
	SYS_futex_time64,
#endif
#ifdef SYS_getrandom
	SYS_getrandom,
#endif
	SYS_getpid, SYS_gettid,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
#ifdef SYS_sigreturn
	SYS_sigreturn,
#endif
	SYS_restart_syscall, SYS_exit, SYS_exit_group
};

enum when { ALWAYS, WITH_TCP, WITH_UNIX, WITHOUT_SOCKET,
	AND };			/* what the one before it asks, and this */

enum check {			/* of an argument against a value */
	EQUAL = BPF_IF_EQUAL,
	NO_BITS = BPF_IF_BITS,
	NOT_LESS = BPF_IF_NOT_LESS
};

enum { OUR_PID = 0x7fffffff };	/* as a value: this process's number */

/* Where there are two, no C library uses the older. */
#ifdef SYS_fcntl64
enum { FCNTL = SYS_fcntl64 };
#else
enum { FCNTL = SYS_fcntl };
#endif

#ifdef SYS_socketcall
enum {				/* socketcall(2) */
	SOCKETCALL_SOCKET = 1,
	SOCKETCALL_CONNECT = 3,
	SOCKETCALL_ACCEPT = 5,
	SOCKETCALL_GETSOCKNAME = 6,
	SOCKETCALL_GETPEERNAME = 7,
	SOCKETCALL_SEND = 9	/* and all that came later: receiving, options,
				   shutdown, messages, accept4 */
};
#endif

/*
 * Calls that are allowed when the low half of an argument is right, or of several.
 * The first one stands in front of all others: it is made most, and to have looked
 * costs nothing that could be measured.
 */
static const struct rule {
	uint16_t	number;
	uint8_t		when;
	uint8_t		arg;
	uint8_t		check;
	uint32_t	value;
} rules[] = {
#define STREAM	{ 0, AND, 1, EQUAL, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC }
#define OF_TCP	{ 0, AND, 2, EQUAL, 0 }
	/*
	 * A connection that begins with its first bytes goes to any port: Landlock
	 * looks at connect(2) alone.  It looks at TCP alone, too: no datagrams, and
	 * none of the protocols that can do without it and fall back to it.
	 */
#ifdef SYS_sendto
	{ SYS_sendto, ALWAYS, 3, NO_BITS, MSG_FASTOPEN },
#endif
#ifdef SYS_sendmsg
	{ SYS_sendmsg, ALWAYS, 2, NO_BITS, MSG_FASTOPEN },
#endif
#ifdef SYS_socket
	{ SYS_socket, WITH_TCP, 0, EQUAL, AF_INET }, STREAM, OF_TCP,
	{ SYS_socket, WITH_TCP, 0, EQUAL, AF_INET6 }, STREAM, OF_TCP,
	{ SYS_socket, WITH_UNIX, 0, EQUAL, AF_UNIX },
#endif
#ifdef SYS_socketcall
	/*
	 * All calls for sockets in one, by number, with arguments in memory, where
	 * a filter does not look.  Making one is not among them, see
	 * os_socketcall.c; nor are listen(2) and socketpair(2).
	 */
	{ SYS_socketcall, ALWAYS, 0, NOT_LESS, SOCKETCALL_SEND },
	{ SYS_socketcall, ALWAYS, 0, EQUAL, SOCKETCALL_CONNECT },
	{ SYS_socketcall, ALWAYS, 0, EQUAL, SOCKETCALL_ACCEPT },
	{ SYS_socketcall, ALWAYS, 0, EQUAL, SOCKETCALL_GETSOCKNAME },
	{ SYS_socketcall, ALWAYS, 0, EQUAL, SOCKETCALL_GETPEERNAME },
	{ SYS_socketcall, WITHOUT_SOCKET, 0, EQUAL, SOCKETCALL_SOCKET },
#endif
	/*
	 * Not F_SETOWN and its like, by which descriptors send signals.  Flags can
	 * only become what all of ours have: listeners and the log are shared, and
	 * whoever waits there would wait for ever.  musl adds O_LARGEFILE.
	 */
	{ FCNTL, ALWAYS, 1, EQUAL, F_GETFL },
	{ FCNTL, ALWAYS, 1, EQUAL, F_SETFL },
	{ 0, AND, 2, EQUAL, O_RDWR | O_NONBLOCK },
	{ FCNTL, ALWAYS, 1, EQUAL, F_SETFL },
	{ 0, AND, 2, EQUAL, O_RDWR | O_NONBLOCK | O_LARGEFILE },
	{ FCNTL, ALWAYS, 1, EQUAL, F_SETFD },
	{ FCNTL, ALWAYS, 1, EQUAL, F_GETPIPE_SZ },
	{ FCNTL, ALWAYS, 1, EQUAL, F_SETPIPE_SZ },
	{ SYS_ioctl, ALWAYS, 1, EQUAL, TIOCOUTQ },
	{ SYS_ioctl, ALWAYS, 1, EQUAL, FIONREAD },
	{ SYS_ioctl, ALWAYS, 1, EQUAL, SIOCATMARK },
	/*
	 * No PROT_EXEC, and no mprotect(2): what the monitor only reads stays
	 * so, and a C library that wants to enlarge its heap with it is told
	 * that there is none.  The older of two calls takes its arguments from
	 * memory on some machines, and no C library uses it where there are two;
	 * s390x has but that one.
	 */
#ifdef SYS_mmap2
	{ SYS_mmap2, ALWAYS, 2, NO_BITS, PROT_EXEC },
#elif defined(__s390x__)
	{ SYS_mmap, ALWAYS, 2, NO_BITS, 0 },
#else
	{ SYS_mmap, ALWAYS, 2, NO_BITS, PROT_EXEC },
#endif
	/* abort(3): signals to itself */
	{ SYS_tgkill, ALWAYS, 0, EQUAL, OUR_PID },
	{ SYS_tkill, ALWAYS, 0, EQUAL, OUR_PID }
};

enum {
	NCALLS = sizeof(calls) / sizeof(calls[0]),
	NRULES = sizeof(rules) / sizeof(rules[0])
};

struct prog {
	unsigned	n;
	struct bpf_insn	insns[5 + 2 * NCALLS + 5 * NRULES];	/* at most */
};

static void
emit(struct prog *prog, uint16_t code, uint8_t yes, uint8_t no, uint32_t k)
{
	prog->insns[prog->n++] = (struct bpf_insn){ .code = code, .yes = yes,
	    .no = no, .k = k };
}

static uint32_t
arg_low(unsigned arg)
{
	return (uint32_t)(offsetof(struct call, args) + arg * 8 +
	    (ARCH_ORDER == ARCH_LITTLE ? 0 : 4));
}

/* A kernel that has but socketcall(2) for it: before 4.3 on i386. */
static bool
no_socket_call(void)
{
#if defined(SYS_socketcall) && defined(SYS_socket)
	return syscall(SYS_socket, -1, 0, 0) == -1 && errno == ENOSYS;
#else
	return true;
#endif
}

static bool
applies(const struct rule *rule, const struct sandbox_need *need)
{
	switch (rule->when) {
	case WITH_TCP:
		return sandbox_has(need, SANDBOX_TCP);
	case WITH_UNIX:
		return need->logger || sandbox_has(need, SANDBOX_UNIX);
	case WITHOUT_SOCKET:
		return no_socket_call();
	default:
		return rule->when == ALWAYS;
	}
}

/* A rule with those that it goes together with. */
static void
emit_rule(struct prog *prog, const struct rule *rule)
{
	uint8_t		bits, left = 2;	/* instructions, to the last one here */
	unsigned	n = 1;
	uint32_t	value;

	while (rule + n < rules + NRULES && rule[n].when == AND)
		n++;
	left += 2 * n;
	emit(prog, BPF_IF_EQUAL, 0, left, (uint32_t)rule->number);
	for (; n > 0; n--, rule++) {
		bits = rule->check == NO_BITS;
		value = rule->value == OUR_PID ? (uint32_t)getpid() :
		    rule->value;
		left -= 2;
		emit(prog, BPF_LOAD, 0, 0, arg_low(rule->arg));
		emit(prog, rule->check, bits ? left - 1 : 0,
		    bits ? 0 : left - 1, value);
	}
	emit(prog, BPF_RETURN, 0, 0, RETURN_ALLOW);
	emit(prog, BPF_LOAD, 0, 0, offsetof(struct call, number));
}

static void
make_filter(struct prog *prog, const struct sandbox_need *need)
{
	const uint32_t	refuse = need->kill ? RETURN_KILL :
	    RETURN_ERROR | EPERM;
	unsigned	i;

	emit(prog, BPF_LOAD, 0, 0, offsetof(struct call, arch));
	emit(prog, BPF_IF_EQUAL, 1, 0, ARCH);
	emit(prog, BPF_RETURN, 0, 0, refuse);
	emit(prog, BPF_LOAD, 0, 0, offsetof(struct call, number));
	emit_rule(prog, rules);
	for (i = 0; i < NCALLS; i++) {
		emit(prog, BPF_IF_EQUAL, 0, 1, (uint32_t)calls[i]);
		emit(prog, BPF_RETURN, 0, 0, RETURN_ALLOW);
	}
	for (i = 1; i < NRULES; i++)
		if (applies(&rules[i], need))
			emit_rule(prog, &rules[i]);
	emit(prog, BPF_RETURN, 0, 0, refuse);
}

/*
 * Linux 4.17 to 5.15 takes a process with a filter for one that runs code of
 * strangers, and lets it speculate no more, on processors that need that against
 * its own kind: all of it is slower.  We run none.
 */
static int
seccomp_fast(const struct bpf_prog *arg)
{
#ifdef SYS_seccomp
	return (int)syscall(SYS_seccomp, SECCOMP_SET_FILTER,
	    SECCOMP_SPEC_ALLOW, arg);
#else
	(void)arg;
	return -1;
#endif
}

int
sandbox_filter(const struct sandbox_need *need)
{
	struct prog	prog;
	struct bpf_prog	arg;

	prog.n = 0;
	make_filter(&prog, need);
	arg.len = (unsigned short)prog.n;
	arg.insns = prog.insns;
	if (seccomp_fast(&arg) == 0 ||
	    syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_FILTER, &arg, 0, 0) == 0)
		return SANDBOX_CALLS;
	/*
	 * EINVAL is also what a kernel without filters says, and the program
	 * is the same everywhere: a mistake in it shows in the tests.
	 */
	return errno == EINVAL || errno == ENOSYS ? 0 : -errno;
}

#else	/* a machine whose number we do not know */

int
sandbox_filter(const struct sandbox_need *need)
{
	(void)need;
	return 0;
}

#endif

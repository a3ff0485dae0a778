/*
 * sim_contract.c - the contract's cases on the simulated system: each with every
 * kind of waiter, every family of addresses, and both ways of splicing.
 *
 *	sim-contract [-v] [name ...]
 *
 * Linked with tests/contract*.o, sim_chan.o sim_net.o sim_os.o sim_rng.o
 * sim_splice.o sim_trace.o sim_wait.o and nothing of src/.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "sim.h"

/* One system as it is somewhere: how it waits, how it splices. */
static const struct {
	const char	*name, *waiter;
	enum shape	 shape;
	int		 splice;
} systems[] = {
	{ "linux", "epoll", SHAPE_LINUX, SPLICE_PUMPED },
	{ "linux", "poll", SHAPE_LINUX, SPLICE_PUMPED },
	{ "linux", "epoll", SHAPE_LINUX, SPLICE_NONE },
	{ "bsd", "kqueue", SHAPE_BSD, SPLICE_DETACHED },
	{ "bsd", "poll", SHAPE_BSD, SPLICE_DETACHED },
	{ "bsd", "kqueue", SHAPE_BSD, SPLICE_NONE }
};

static const struct {
	const char	*name;
	enum os_family	 family;
	unsigned	 mask;
} families[] = {
	{ "ipv4", OS_IPV4, CONTRACT_TCP },
	{ "ipv6", OS_IPV6, CONTRACT_TCP },
	{ "unix", OS_UNIX, CONTRACT_UNIX }
};

static jmp_buf	out;
static bool	verbose;
static unsigned	passed, failed, skipped;
static char	where[256];

/* --- what the world asks of a relay: nobody is there --------------------- */

struct plan plan;

struct sock *
check_mate(struct sock *s)
{
	(void)s;
	return NULL;
}

void
check_read(struct sock *s, long n)
{
	(void)s;
	(void)n;
}

void
check_write(struct sock *s, const void *from, size_t n)
{
	(void)s;
	(void)from;
	(void)n;
}

void
check_move(struct sock *from, struct sock *to, uint64_t pos, size_t n)
{
	(void)from;
	(void)to;
	(void)pos;
	(void)n;
}

void
check_fin(struct sock *s, const char *call)
{
	(void)s;
	(void)call;
}

void
check_close(struct sock *s, bool orderly)
{
	(void)s;
	(void)orderly;
}

void
check_wait(uint64_t until)
{
	(void)until;
}

_Noreturn void
sim_crash(void)
{
	abort();
}

void
crash_orphan(struct sock *s)
{
	(void)s;
}

struct service services[SIM_SERVICES];

struct service *
actor_service(const struct os_addr *a)
{
	(void)a;
	return NULL;
}

int
actor_serve(unsigned service, struct sock *s)
{
	(void)service;
	(void)s;
	return -1;
}

void
actor_connected(struct sock *s)
{
	(void)s;
}

void
actor_wake(int i)
{
	(void)i;
}

void
actor_event(enum ev_kind kind, unsigned id, uint32_t arg)
{
	(void)kind;
	(void)id;
	(void)arg;
}

/* --- what the contract asks of a system ---------------------------------- */

void
contract_pump(void)
{
	net_until(W.now + 100);
}

void
contract_fail(const char *file, int line, const char *what, long value)
{
	failed++;
	printf("failed: %s\n  %s:%d: not true: %s (%ld)\n", where, file, line,
	    what, value);
	longjmp(out, 1);
}

void
contract_skip(const char *why)
{
	skipped++;
	if (verbose)
		printf("skipped: %s: %s\n", where, why);
	longjmp(out, 1);
}

bool
contract_linux(void)
{
	return W.shape == SHAPE_LINUX;
}

bool
contract_linux_since(long major, long minor)
{
	(void)major;
	(void)minor;
	return contract_linux();
}

static void
run(const struct contract_case *c, unsigned sys, unsigned fam)
{
	static const struct sim_mask none = { 0, 0 };

	snprintf(where, sizeof(where), "%s (%s, %s, splice %d, %s)", c->name,
	    systems[sys].name, systems[sys].waiter, systems[sys].splice,
	    families[fam].name);
	net_reset_world();
	rng_seed(1, &none);
	os_reset_world();
	wait_reset_world();
	splice_reset_world(systems[sys].splice, 65536);
	trace_reset(1);
	W.contract = true;
	W.shape = systems[sys].shape;
	W.fd_limit = SIM_FDS - 8;
	W.lat_max = 10;
	trace_live = verbose;
	trace_armed = true;
	if (setjmp(out) != 0)
		return;
	if (setjmp(trace_out) != 0) {
		failed++;
		printf("failed: %s\n", where);
		return;
	}
	if (verbose)
		printf("%s\n", where);
	contract_run(c, systems[sys].waiter, families[fam].family);
	passed++;
}

static bool
asked_for(const char *name, char *const *names, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return n == 0;
}

int
main(int argc, char **argv)
{
	const struct contract_case *c;
	unsigned i, sys, fam;

	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		verbose = true;
		argc--;
		argv++;
	}
	for (i = 0; (c = contract_case(i)) != NULL; i++) {
		if (!asked_for(c->name, argv + 1, argc - 1))
			continue;
		for (sys = 0; sys < sizeof(systems) / sizeof(systems[0]); sys++)
			for (fam = 0; fam < 3; fam++)
				if (c->families & families[fam].mask)
					run(c, sys, fam);
	}
	printf("%u held, %u failed, %u skipped\n", passed, failed, skipped);
	return failed > 0;
}

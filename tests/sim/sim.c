/*
 * sim.c - the simulator's runner.
 *
 *	sim SEED ...			run these, with a live trace: -v
 *	sim -n COUNT [-s FIRST] [-j JOBS] [-k] [-q]	run many; -k: go on after
 *					a failure, -q: no progress line
 *	-c MASK -f MASK			only these clients and faults (hex)
 *
 * A failure prints the seed, turn, invariant and session, the last events, and
 * the smallest set of clients and faults that still shows it.
 *
 * Linked with tests/sim/sim_*.o (but sim_contract.o) and an archive of src/: no
 * compat object, and of src neither conf, log nor must, which sim_sys.c and
 * sim_trace.c stand in for.  It is about twice as fast with -flto.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

enum { JOBS_MAX = 64, NAME_MAX_ = 32 };

/* What a job tells the others while it runs. */
struct board {
	struct tally	tally;
	uint64_t	seed;
	char		failed[NAME_MAX_];
	bool		stop;
};

static struct board *boards, *own;
static struct sim_mask mask = { UINT64_MAX, UINT64_MAX };
static bool	keep_going, quiet;

static double
seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- crashes are findings too -------------------------------------------- */

static void
tell_where(void)
{
	printf("seed=%llu turn=%llu invariant=crash session=-1\n",
	    (unsigned long long)(own != NULL ? own->seed : 0),
	    (unsigned long long)trace_turn);
	fflush(stdout);
}

void	__asan_on_error(void);

void
__asan_on_error(void)
{
	tell_where();
}

static void
crashed(int sig)
{
	tell_where();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* --- making a case small ------------------------------------------------- */

/* Run it in a child; true when it breaks the same invariant. */
static bool
still_fails(uint64_t seed, const struct sim_mask *m, const char *invariant)
{
	struct board *b = &boards[JOBS_MAX];
	int status;
	pid_t pid;

	memset(b->failed, 0, sizeof(b->failed));
	fflush(stdout);
	if ((pid = fork()) == 0) {
		trace_quiet = true;
		alarm(20);
		if (!sim_run(seed, m))
			strncpy(b->failed, sim_failed, sizeof(b->failed) - 1);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		strcpy(b->failed, "crash");
	return strcmp(b->failed, invariant) == 0;
}

static bool
drop_bits(uint64_t seed, struct sim_mask *m, uint64_t *bits, unsigned width,
    const char *invariant)
{
	uint64_t before = *bits, group;
	unsigned i;
	bool changed = false;

	for (i = 0; i < 64; i += width) {
		group = (width == 64 ? UINT64_MAX : (1ULL << width) - 1) << i;
		if ((*bits & group) == 0)
			continue;
		before = *bits;
		*bits &= ~group;
		if (still_fails(seed, m, invariant))
			changed = true;
		else
			*bits = before;
	}
	return changed;
}

static void
shrink(uint64_t seed, const char *invariant)
{
	struct sim_mask m = mask;
	unsigned width, i;
	bool changed = true;
	char name[NAME_MAX_];

	snprintf(name, sizeof(name), "%s", invariant);
	m.faults &= (1ULL << FAULTS) - 1;
	while (changed) {
		changed = false;
		for (width = 32; width > 0; width /= 2) {
			changed |= drop_bits(seed, &m, &m.clients, width, name);
			changed |= drop_bits(seed, &m, &m.faults, width, name);
		}
	}
	printf("smallest: sim -v -c %llx -f %llx %llu\n  clients",
	    (unsigned long long)m.clients, (unsigned long long)m.faults,
	    (unsigned long long)seed);
	for (i = 0; i < 64; i++)
		if (m.clients >> i & 1)
			printf(" %u", i);
	printf("\n  faults ");
	for (i = 0; i < FAULTS; i++)
		if (m.faults >> i & 1)
			printf(" %s", fault_names[i]);
	printf("\n");
	fflush(stdout);
}

/* --- running many -------------------------------------------------------- */

static void
job(unsigned index, unsigned jobs, uint64_t first, uint64_t count)
{
	uint64_t i;

	own = &boards[index];
	for (i = index; i < count && !boards[0].stop; i += jobs) {
		own->seed = first + i;
		if (!sim_run(first + i, &mask)) {
			snprintf(own->failed, sizeof(own->failed), "%s",
			    sim_failed);
			shrink(first + i, sim_failed);
			if (!keep_going)
				boards[0].stop = true;
		}
		if (i / jobs % 16 == 0)
			own->tally = tally;
	}
	own->tally = tally;
}

static void
add(struct tally *sum, const struct tally *t)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)t;
	size_t i;

	for (i = 0; i < sizeof(*t) / sizeof(*from); i++)
		to[i] += from[i];
}

static void
gather(struct tally *sum, unsigned jobs)
{
	unsigned i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < jobs; i++)
		add(sum, &boards[i].tally);
}

static void
progress(unsigned jobs, uint64_t count, double since)
{
	struct tally t;
	double took = seconds() - since;

	if (quiet)
		return;
	gather(&t, jobs);
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " seeds, %.1f M turns, "
	    "%.2f M/s, %" PRIu64 " failures ", t.seeds, count,
	    (double)t.turns / 1e6, (double)t.turns / 1e6 / took, t.failures);
}

static void
summary(const struct tally *t, double took)
{
	static const char *const seen[SEENS] = { "never in", "reset",
	    "both ends", "end", "left first", "open" };
	unsigned i;

	printf("seeds %" PRIu64 "  turns %" PRIu64 "  clients %" PRIu64
	    "  sessions %" PRIu64 "  bytes %" PRIu64 "  (spliced %" PRIu64
	    ")\n", t->seeds, t->turns, t->clients, t->sessions, t->bytes,
	    t->spliced);
	printf("turns/s %.0f  seconds %.1f  connects %" PRIu64 "  failovers %"
	    PRIu64 "  drains %" PRIu64 "  handovers %" PRIu64 " (%" PRIu64
	    " messages)  log lines %" PRIu64 "\n",
	    (double)t->turns / took, took, t->connects, t->failovers,
	    t->drains, t->handovers, t->handed, t->lines);
	printf("crashes %" PRIu64 "  (sessions lost %" PRIu64 "; handing over %"
	    PRIu64 ", taking over %" PRIu64 ", draining %" PRIu64 ")\n",
	    t->crashes, t->lost, t->died_giving, t->died_taking,
	    t->died_draining);
	printf("waiters  epoll %" PRIu64 " (gathers %" PRIu64 ")  kqueue %"
	    PRIu64 "  poll %" PRIu64 "   splice  none %" PRIu64 "  pumped %" PRIu64 "  detached %" PRIu64
	    "\n", t->waiter[0], t->gathers, t->waiter[1], t->waiter[2], t->splice[0],
	    t->splice[1], t->splice[2]);
	printf("ended   ");
	for (i = 0; i < REASONS; i++)
		printf(" %s %" PRIu64, reason_key(i), t->ended[i]);
	printf("\nseen    ");
	for (i = 0; i < SEENS; i++)
		printf(" %s %" PRIu64 ",", seen[i], t->seen[i]);
	printf("\nfaults  ");
	for (i = 0; i < FAULTS; i++)
		printf(" %s %" PRIu64, fault_names[i], t->struck[i]);
	printf("\nfailures %" PRIu64 "\n", t->failures);
}

static int
run_many(uint64_t first, uint64_t count, unsigned jobs)
{
	struct timespec nap = { 0, 200000000 };
	struct tally t;
	double since = seconds();
	unsigned i, left = jobs;
	int status;
	bool crash = false;
	pid_t pid;

	fflush(stdout);
	for (i = 0; i < jobs; i++) {
		if ((pid = fork()) == -1) {
			perror("fork");
			return 1;
		}
		if (pid == 0) {
			job(i, jobs, first, count);
			exit(0);	/* not _exit: coverage is written */
		}
	}
	while (left > 0) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0) {
			left--;
			crash |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
			continue;
		}
		progress(jobs, count, since);
		(void)nanosleep(&nap, NULL);
	}
	if (!quiet)
		fprintf(stderr, "\r%79s\r", "");
	gather(&t, jobs);
	summary(&t, seconds() - since);
	return t.failures > 0 || crash;
}

static int
run_each(char *const *seeds, int n)
{
	double since = seconds();
	int i, bad = 0;

	own = &boards[0];
	for (i = 0; i < n; i++) {
		own->seed = strtoull(seeds[i], NULL, 0);
		if (!sim_run(own->seed, &mask)) {
			bad = 1;
			if (mask.clients == UINT64_MAX && !trace_live)
				shrink(own->seed, sim_failed);
		}
	}
	if (!bad)
		summary(&tally, seconds() - since);
	return bad;
}

static void
usage(void)
{
	fprintf(stderr, "usage: sim [-kqv] [-c clients] [-f faults] "
	    "[-n count] [-s first] [-j jobs] [seed ...]\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	uint64_t first = 1, count = 0;
	unsigned jobs = 1;
	int ch;

	while ((ch = getopt(argc, argv, "c:f:j:kn:qs:v")) != -1) {
		switch (ch) {
		case 'c':
			mask.clients = strtoull(optarg, NULL, 16);
			break;
		case 'f':
			mask.faults = strtoull(optarg, NULL, 16);
			break;
		case 'j':
			jobs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'k':
			keep_going = true;
			break;
		case 'n':
			count = strtoull(optarg, NULL, 10);
			break;
		case 'q':
			quiet = true;
			break;
		case 's':
			first = strtoull(optarg, NULL, 10);
			break;
		case 'v':
			trace_live = sys_print = true;
			break;
		default:
			usage();
		}
	}
	if (jobs < 1 || jobs > JOBS_MAX || (count == 0) == (optind == argc))
		usage();
	boards = mmap(NULL, sizeof(*boards) * (JOBS_MAX + 1), PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (boards == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	pattern_init();
	signal(SIGSEGV, crashed);
	signal(SIGBUS, crashed);
	signal(SIGFPE, crashed);
	return count > 0 ? run_many(first, count, jobs) :
	    run_each(argv + optind, argc - optind);
}

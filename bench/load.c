/*
 * load.c - one measurement: what is done in a scenario and printed of it.
 *
 *	load run -s scenario [-aw] [-c template] [-e extra] [-d dir]
 *	    [-f factor] [-n descriptors] [-T strace|perf] [--] program argument ...
 *	load netns command argument ...
 *	load describe file
 *	load list
 *
 * Without a program the client talks to the backend directly.  -a: the program
 * gets its listeners as descriptors; -n: so many descriptors a session (2); -w:
 * it can spread over several processes.
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum {
	SETTLE_MS = 100,	/* what is still under way in the kernel */
	QUIET_MS = 5000,	/* the longest wait for silence */
	LATE_MS = 2500,		/* until new sessions are old ones */
	MAX_STRETCHES = 8,
	SLICES = 7
};

struct options {
	struct proxy_how how;
	struct plan	plan;
	const struct scenario *scenario;
	const char	*tool;
	double		factor;
	unsigned	per_session;	/* descriptors */
	bool		spreads;	/* over several processes */
};

struct shared *shared;
volatile uint64_t deadline_ns;
static char pattern[PERIOD + CHUNK];
static pid_t main_pid;
static struct usage begun;	/* when the measurement was */

/*
 * Between two moments: the share of a processor that the program used, and of
 * the two that neither it nor client and backend did.
 */
static void
usage_load(const struct usage *a, const struct usage *b, double *load,
    double *noise)
{
	double wall = b->at_ns - a->at_ns, cpu = b->cpu_ns - a->cpu_ns;
	double others = (double)(b->busy_ns - a->busy_ns) - cpu -
	    (b->own_ns - a->own_ns);

	*load = cpu / wall;
	*noise = others < 0 ? 0 : others / (2 * wall);
}

/*
 * Give up: say why on the line that the driver reads, and how busy the machine
 * was with other things.  In a helper, end; the main process sees it.
 */
void
fail(const char *fmt, ...)
{
	struct usage was = begun, now;
	char text[512], *p;
	double load, noise;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (getpid() != main_pid) {
		snprintf(shared->why, sizeof(shared->why), "%s", text);
		_exit(1);
	}
	begun.at_ns = 0;
	if (was.at_ns != 0) {
		proxy_usage(&now, false);
		usage_load(&was, &now, &load, &noise);
		printf("noise=%.3f ", noise);
	}
	proxy_tool_end();
	proxy_kill();
	if (shared != NULL && shared->why[0] != '\0')
		memcpy(text, shared->why, sizeof(text));
	for (p = text; *p != '\0'; p++)
		if (*p == ' ' || *p == '\t')
			*p = '_';
	printf("fail=%s\n", text);
	fflush(stdout);
	_exit(1);
}

/*
 * Interrupted: no time is left, and what waits next cleans up.
 */
static void
interrupted(int sig)
{
	(void)sig;
	deadline_ns = 0;
}

uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void
pin(int cpu)
{
	cpu_set_t set;

	if (cpu == -1)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void
pattern_fill(void)
{
	uint64_t x = 88172645463325252ULL;
	size_t i;

	for (i = 0; i < PERIOD; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		pattern[i] = (char)(x >> 32);
	}
	for (; i < sizeof(pattern); i++)
		pattern[i] = pattern[i - PERIOD];
}

const char *
pattern_at(uint64_t offset)
{
	return pattern + offset % PERIOD;
}

uint64_t
answer_seed(uint64_t seed)
{
	return seed * 31 + 12345;
}

/* ---- the scenarios ---- */

static void
print_usage(const struct usage *a, const struct usage *b, double done)
{
	double load, noise;

	usage_load(a, b, &load, &noise);
	printf("cpu=%.3f load=%.3f noise=%.3f ",
	    (b->cpu_ns - a->cpu_ns) / 1e3 / done, load, noise);
}

static void
print_numbers(const struct numbers *r)
{
	printf("done=%.6g seconds=%.4f rate=%.6g ", r->done, r->seconds,
	    r->done / r->seconds);
	if (r->p50 > 0)
		printf("p50=%.1f p99=%.1f max=%.1f ", r->p50, r->p99, r->max);
	if (r->late > 0)
		printf("late=%llu ", (unsigned long long)r->late);
}

static void
settle(unsigned ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/*
 * Wait until neither the program nor client and backend do anything: queues that
 * fill, connections that end.
 */
static void
settle_quiet(void)
{
	struct usage before, after;
	unsigned ms = 0;

	settle(SETTLE_MS);
	proxy_usage(&after, false);
	do {
		before = after;
		settle(SETTLE_MS);
		proxy_usage(&after, false);
	} while (after.cpu_ns + after.own_ns - before.cpu_ns - before.own_ns >
	    SETTLE_MS * 20000 && (ms += SETTLE_MS) < QUIET_MS);
}

static void
drive(const struct scenario *s, double factor, struct numbers *r)
{
	uint64_t amount = s->amount * factor;

	memset(r, 0, sizeof(*r));
	switch (s->what) {
	case BULK:
		client_bulk(r, s->conns, s->up * factor, s->down * factor);
		break;
	case PACED:
		client_paced(r, s->conns, s->amount, s->seconds * factor);
		break;
	case CHURN:
		client_churn(r, s->conns, amount);
		break;
	default:
		if (amount < s->conns * 2)
			amount = s->conns * 2;
		client_rounds(r, s->conns, amount, s->seconds * factor);
		break;
	}
}

/*
 * Traffic, and the CPU that the program needed for it.
 */
static void
run_traffic(const struct options *o)
{
	const struct scenario *s = o->scenario;
	struct usage before, after;
	struct numbers r;
	char file[600];

	if (s->what == ROUNDS || s->what == PACED)
		client_connect(s->conns);
	settle(20);
	snprintf(file, sizeof(file), "%s/tool.out", o->how.dir);
	if (o->tool != NULL)
		proxy_tool(o->tool, file);
	proxy_usage(&before, false);
	drive(s, o->factor, &r);
	if (s->what == CHURN)
		settle(5);
	proxy_usage(&after, true);
	proxy_tool_end();
	print_usage(&before, &after, r.done);
	print_numbers(&r);
	printf("pss=%llu ", (unsigned long long)after.pss / 1024);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *x, unsigned n)
{
	qsort(x, n, sizeof(x[0]), compare);
	return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* A stretch of traffic of the idle scenarios; medians, when it is several. */
struct stretch {
	double		cpu;		/* ns of a round trip */
	double		rate;
	double		p50, p99;	/* us */
	double		load, noise;	/* of the program's core; of others */
};

/*
 * In slices, of whose CPU it is the median: what others do on the machine comes
 * in bursts.
 */
static void
stretch_drive(struct stretch *t, const struct options *o)
{
	struct usage first, before, after;
	double cpu[SLICES];
	struct numbers r;
	unsigned i;

	memset(t, 0, sizeof(*t));
	settle_quiet();
	proxy_usage(&first, false);
	before = first;
	for (i = 0; i < SLICES; i++) {
		drive(o->scenario, o->factor / SLICES, &r);
		proxy_usage(&after, false);
		cpu[i] = (after.cpu_ns - before.cpu_ns) / r.done;
		t->rate += r.done / r.seconds / SLICES;
		t->p50 += r.p50 / SLICES;
		t->p99 += r.p99 / SLICES;
		before = after;
	}
	t->cpu = median(cpu, SLICES);
	usage_load(&first, &after, &t->load, &t->noise);
}

static struct stretch
stretch_median(const struct stretch *t, unsigned n)
{
	static const size_t fields[] = { offsetof(struct stretch, cpu),
	    offsetof(struct stretch, rate), offsetof(struct stretch, p50),
	    offsetof(struct stretch, p99), offsetof(struct stretch, load),
	    offsetof(struct stretch, noise) };
	double x[MAX_STRETCHES];
	struct stretch all;
	unsigned i, k;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		for (k = 0; k < n; k++)
			x[k] = *(const double *)
			    ((const char *)&t[k] + fields[i]);
		*(double *)((char *)&all + fields[i]) = median(x, n);
	}
	return all;
}

/*
 * Fail unless the backend still has so many sessions: nobody looks at idle ones.
 */
static void
sessions_are(unsigned n)
{
	uint64_t active = atomic_load(&shared->active);

	if (active != n)
		fail("%llu sessions instead of %u are left",
		    (unsigned long long)active, n);
}

/*
 * Open the idle sessions, with those that will have traffic spread among them,
 * and print what idle ones cost by themselves: opening, a second of nothing,
 * memory.  What a program does to sessions that turn out to last (keepalive) is part
 * of opening them.
 */
static void
open_among(const struct options *o)
{
	unsigned n = o->plan.idle + o->scenario->conns;
	struct usage before, open, later;
	uint64_t start;
	double seconds;

	proxy_usage(&before, true);
	start = now_ns();
	client_hold(o->plan.idle, o->plan.held, o->scenario->conns);
	seconds = (now_ns() - start) / 1e9;
	settle_quiet();
	settle(LATE_MS);
	proxy_usage(&open, true);
	settle(1000);
	proxy_usage(&later, false);
	printf("sessions=%u workers=%u open_rate=%.0f open_cpu=%.3f ",
	    o->plan.idle, o->plan.workers, n / seconds,
	    (open.cpu_ns - before.cpu_ns) / 1e3 / n);
	printf("idle_cpu=%.3f session_bytes=%.0f pss=%llu ",
	    (later.cpu_ns - open.cpu_ns) / 1e3,
	    ((double)open.pss - before.pss) / n,
	    (unsigned long long)open.pss / 1024);
}

/*
 * The same traffic with idle sessions around it and without, in turn, beginning
 * and ending with them.  It is on the same sessions all the time: where a
 * program keeps them, and in which process, makes no difference then.
 */
static void
run_idle(const struct options *o)
{
	const struct scenario *s = o->scenario;
	struct stretch among[MAX_STRETCHES], alone[MAX_STRETCHES], m;
	double times[MAX_STRETCHES];
	unsigned k;

	client_connect(8);		/* memory that is touched with the first */
	client_let_go(0);
	settle_quiet();
	open_among(o);
	for (k = 0; ; k++) {
		client_stall(s->stalled, 8 << 20);
		stretch_drive(&among[k], o);
		sessions_are(o->plan.idle + s->conns + s->stalled);
		client_let_go(s->conns);
		if (k == s->pairs)
			break;
		stretch_drive(&alone[k], o);
		client_hold(o->plan.idle, o->plan.held, 0);
	}
	for (k = 0; k < s->pairs; k++)
		times[k] = (among[k].cpu + among[k + 1].cpu) / 2 / alone[k].cpu;
	m = stretch_median(among, k + 1);
	printf("cpu=%.3f rate=%.6g p50=%.1f p99=%.1f load=%.3f noise=%.3f ",
	    m.cpu / 1e3, m.rate, m.p50, m.p99, m.load, m.noise);
	m = stretch_median(alone, k);
	printf("cpu_alone=%.3f rate_alone=%.6g p50_alone=%.1f p99_alone=%.1f ",
	    m.cpu / 1e3, m.rate, m.p50, m.p99);
	if (m.cpu > 0)			/* a direct connection has none */
		printf("among=%.4f ", median(times, k));
}

/*
 * From the call of exec until the last listener has answered; then all must.
 */
static void
run_start(const struct options *o)
{
	double ms[16], cpu[16];
	struct usage u;
	unsigned i, k, n = o->scenario->amount;

	for (k = 0; k < n; k++) {
		if (k > 0)
			proxy_kill();
		proxy_start(&o->how);
		ms[k] = (now_ns() - shared->exec_ns) / 1e6;
		proxy_usage(&u, false);
		cpu[k] = u.cpu_ns / 1e6;
		for (i = 0; i < o->how.listeners; i++)
			if (!client_probe(proxy_port(i)))
				fail("listener %u does not answer", i);
		settle(50);
		proxy_usage(&u, true);
	}
	qsort(ms, n, sizeof(ms[0]), compare);
	qsort(cpu, n, sizeof(cpu[0]), compare);
	printf("ms=%.3f start_cpu=%.3f pss=%llu ", ms[n / 2], cpu[n / 2],
	    (unsigned long long)u.pss / 1024);
}

static int
run(struct options *o)
{
	const struct scenario *s = o->scenario;
	bool direct = o->how.argv[0] == NULL;
	struct plan *p = &o->plan;
	uint16_t port;
	int cpu0, cpu1;

	plan_make(p, s, o->factor, o->per_session, o->spreads);
	if (direct)
		p->workers = 1;
	if (p->workers == 0) {
		printf("cannot=descriptors sessions=%u\n", p->idle);
		return 0;
	}
	deadline_ns = now_ns() + 30000000000ULL + p->sessions * 1000000ULL;
	system_cpus(&cpu0, &cpu1);
	o->how.cpu = cpu0;
	o->how.sessions = p->sessions;
	o->how.descriptors = p->descriptors;
	o->how.workers = p->workers;
	o->how.hosts = p->hosts;
	o->how.listeners = s->what == START ? s->conns : 1;
	backend_start(cpu1, p->hosts, &o->how.backend);
	pin(cpu1);
	proxy_watch(cpu0, cpu1);
	proxy_usage(&begun, false);
	if (s->what == START) {
		run_start(o);
	} else {
		port = direct ? o->how.backend : proxy_start(&o->how);
		client_open(port, direct ? p->hosts : 1,
		    s->conns + s->stalled + 1);
		if (s->what == ROUNDS && s->down > 0)
			client_answers(s->down);
		if (s->what == IDLING)
			run_idle(o);
		else
			run_traffic(o);
	}
	printf("ok=1\n");
	proxy_kill();
	helper_kill();
	return 0;
}

static void
usage(void)
{
	fprintf(stderr, "usage: load run -s scenario [-aw] [-c template] "
	    "[-e extra] [-d dir] [-f factor] [-n descriptors] [-T tool] "
	    "[program ...]\n"
	    "       load netns command ...\n"
	    "       load describe file\n"
	    "       load list\n");
	exit(2);
}

static const struct scenario *
scenario_find(const char *name)
{
	const struct scenario *s = plan_scenario(name);

	if (s != NULL)
		return s;
	fprintf(stderr, "load: no scenario %s\n", name);
	exit(2);
}

int
main(int argc, char **argv)
{
	struct options o = { .how = { .extra = "", .dir = "." },
	    .factor = 1, .per_session = 2 };
	int c;

	main_pid = getpid();
	if (argc > 2 && strcmp(argv[1], "netns") == 0)
		return system_netns(argv + 2);
	if (argc == 3 && strcmp(argv[1], "describe") == 0)
		return system_describe(argv[2]);
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		plan_list();
		return 0;
	}
	if (argc < 2 || strcmp(argv[1], "run") != 0)
		usage();
	optind = 2;
	while ((c = getopt(argc, argv, "+ac:d:e:f:n:s:T:w")) != -1) {
		switch (c) {
		case 'a': o.how.activated = true; break;
		case 'c': o.how.config = optarg; break;
		case 'd': o.how.dir = optarg; break;
		case 'e': o.how.extra = optarg; break;
		case 'f': o.factor = atof(optarg); break;
		case 'n': o.per_session = atoi(optarg); break;
		case 's': o.scenario = scenario_find(optarg); break;
		case 'T': o.tool = optarg; break;
		case 'w': o.spreads = true; break;
		default: usage();
		}
	}
	if (o.scenario == NULL || o.factor <= 0 || o.per_session == 0)
		usage();
	o.how.argv = argv + optind;
	if (o.how.argv[0] == NULL && o.scenario->what == START)
		usage();
	pattern_fill();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fail("no memory");
	return run(&o);
}

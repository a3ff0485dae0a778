/*
 * load.c - one measurement: the scenarios and what is printed of them.
 *
 *	load run -s scenario [-c template] [-e extra] [-d dir] [-f factor]
 *	    [-a] [-T strace|perf] [--] program argument ...
 *	load netns command argument ...
 *	load describe file
 *	load list
 *
 * Without a program the client talks to the backend directly.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <net/if.h>
#include <netinet/in.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum what { BULK, ROUNDS, PACED, CHURN, IDLING, START };

/*
 * The scenarios of a run.  amount: bulk: bytes of a session each way; rounds,
 * churn: how many; paced: a second.
 */
static const struct scenario {
	const char	*name;
	enum what	what;
	unsigned	conns;		/* sessions with traffic */
	unsigned	idle, stalled;	/* more of them, without */
	uint64_t	up, down;	/* bulk: bytes a session; rounds: an answer */
	uint64_t	amount;
	double		seconds;	/* at most */
	const char	*unit;
} scenarios[] = {
	{ "bulk-up", BULK, 1, 0, 0, 1 << 30, 0, 0, 0, "GiB" },
	{ "bulk-down", BULK, 1, 0, 0, 0, 1 << 30, 0, 0, "GiB" },
	{ "bulk-both", BULK, 1, 0, 0, 1 << 29, 1 << 29, 0, 0, "GiB" },
	{ "bulk-16", BULK, 16, 0, 0, 1 << 26, 1 << 26, 0, 0, "GiB" },
	{ "ping-1", ROUNDS, 1, 0, 0, 0, 0, 20000, 1, "round trip" },
	{ "ping-100", ROUNDS, 100, 0, 0, 0, 0, 80000, 1.5, "round trip" },
	{ "ping-1000", ROUNDS, 1000, 0, 0, 0, 0, 80000, 1.5, "round trip" },
	{ "objects", ROUNDS, 1, 0, 0, 0, 1 << 20, 2000, 2, "object" },
	{ "paced", PACED, 100, 0, 0, 0, 0, 5000, 2, "round trip" },
	{ "churn", CHURN, 16, 0, 0, 0, 0, 10000, 0, "connection" },
	{ "churn-1", CHURN, 1, 0, 0, 0, 0, 2000, 0, "connection" },
	{ "idle", IDLING, 100, 10000, 0, 0, 0, 80000, 1, "round trip" },
	{ "scale", IDLING, 1000, 50000, 50, 0, 0, 80000, 1, "round trip" },
	{ "start-1", START, 1, 0, 0, 0, 0, 5, 0, "start" },
	{ "start-500", START, 500, 0, 0, 0, 0, 3, 0, "start" },
};

struct options {
	struct proxy_how how;
	const struct scenario *scenario;
	const char	*tool;
	double		factor;
};

struct shared *shared;
volatile uint64_t deadline_ns;
static char pattern[PERIOD + CHUNK];
static pid_t main_pid;

/*
 * Give up: say why on the line that the driver reads.  In the backend, end; the
 * main process sees it.
 */
void
fail(const char *fmt, ...)
{
	char text[512], *p;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (getpid() != main_pid) {
		snprintf(shared->why, sizeof(shared->why), "%s", text);
		_exit(1);
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

/*
 * The processors for the program (the first) and for the traffic (the second);
 * with one only, nobody is pinned.
 */
static void
cpus(int *first, int *second)
{
	cpu_set_t set;
	int i;

	*first = *second = -1;
	if (sched_getaffinity(0, sizeof(set), &set) == -1 ||
	    CPU_COUNT(&set) < 2)
		return;
	for (i = 0; *second == -1; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		*(*first == -1 ? first : second) = i;
	}
}

static long
number_in(const char *path, int field)
{
	long a = 0, b = 0;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld %ld", &a, &b) < field)
		a = b = 0;
	fclose(f);
	return field == 1 ? a : b;
}

/*
 * Raise the limit of descriptors as far as sessions need it, and return how
 * many sessions this system lets us have: the program needs two descriptors
 * for each, and a port towards the one backend.
 */
static unsigned
sessions_possible(unsigned wanted, unsigned *descriptors)
{
	static const char range[] = "/proc/sys/net/ipv4/ip_local_port_range";
	struct rlimit limit;
	unsigned long max, ports;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < wanted * 5 / 2 + 2048) {
		limit.rlim_cur = limit.rlim_max = wanted * 5 / 2 + 2048;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	*descriptors = limit.rlim_cur;
	/* lighttpd takes no client when 90 % of its descriptors are used */
	max = (limit.rlim_cur - 1024) * 9 / 20;
	ports = (number_in(range, 2) - number_in(range, 1)) * 9 / 10;
	if (max > ports)
		max = ports;
	return wanted < max ? wanted : max;
}

/* ---- the scenarios ---- */

static void
print_usage(const struct usage *a, const struct usage *b, double done)
{
	double wall = b->at_ns - a->at_ns, cpu = b->cpu_ns - a->cpu_ns;
	double others = (double)(b->busy_ns - a->busy_ns) - cpu -
	    (b->own_ns - a->own_ns);

	printf("cpu=%.3f cpu_total_ms=%.3f load=%.3f noise=%.3f ",
	    cpu / 1e3 / done, cpu / 1e6, cpu / wall,
	    others < 0 ? 0 : others / (2 * wall));
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

/*
 * The same traffic without and with many idle sessions around it, and what
 * these cost: opening, a second of nothing, memory.
 */
static void
run_idle(const struct options *o, unsigned idle)
{
	const struct scenario *s = o->scenario;
	struct usage u[6];
	struct numbers alone, among;
	double opening;
	uint64_t start;

	client_connect(s->conns);
	settle(20);
	proxy_usage(&u[0], true);
	drive(s, o->factor, &alone);
	proxy_usage(&u[1], true);
	start = now_ns();
	client_connect(idle);
	opening = (now_ns() - start) / 1e9;
	settle(20);
	proxy_usage(&u[2], true);
	settle(1000);
	proxy_usage(&u[3], false);
	client_stall(s->stalled, 8 << 20);
	settle(s->stalled > 0 ? 100 : 0);
	proxy_usage(&u[4], false);
	drive(s, o->factor, &among);
	proxy_usage(&u[5], true);

	print_usage(&u[4], &u[5], among.done);
	print_numbers(&among);
	printf("sessions=%u cpu_alone=%.3f ", idle,
	    (u[1].cpu_ns - u[0].cpu_ns) / 1e3 / alone.done);
	printf("open_rate=%.0f open_cpu=%.3f ", idle / opening,
	    (u[2].cpu_ns - u[1].cpu_ns) / 1e3 / idle);
	printf("idle_cpu=%.3f session_bytes=%.0f pss=%llu ",
	    (u[3].cpu_ns - u[2].cpu_ns) / 1e3,
	    ((double)u[2].pss - u[1].pss) / idle,
	    (unsigned long long)u[5].pss / 1024);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
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
	unsigned idle, sessions = s->conns + s->idle + s->stalled + 64;
	bool direct = o->how.argv[0] == NULL;
	uint16_t port;
	pid_t backend;
	int cpu0, cpu1;

	cpus(&cpu0, &cpu1);
	if (s->what == START)
		sessions = 1024;
	sessions = sessions_possible(sessions < 1024 ? 1024 : sessions,
	    &o->how.descriptors);
	idle = s->idle * (s->idle > 0 && o->factor < 1 ? o->factor : 1);
	if (idle > sessions - s->conns - s->stalled)
		idle = sessions - s->conns - s->stalled;
	deadline_ns = now_ns() + 30000000000ULL;
	o->how.cpu = cpu0;
	o->how.sessions = sessions;
	o->how.listeners = s->what == START ? s->conns : 1;
	backend = backend_start(cpu1, &o->how.backend);
	pin(cpu1);
	proxy_watch(backend, cpu0, cpu1);
	if (s->what == START) {
		run_start(o);
	} else {
		port = direct ? o->how.backend : proxy_start(&o->how);
		client_open(port, sessions + 1);
		if (s->what == ROUNDS && s->down > 0)
			client_answers(s->down);
		if (s->what == IDLING)
			run_idle(o, idle);
		else
			run_traffic(o);
	}
	printf("ok=1\n");
	proxy_kill();
	kill(backend, SIGKILL);
	return 0;
}

/* ---- the other verbs ---- */

/*
 * Run a command in a network of its own, with enough ports and a congestion
 * control that does without timers.
 */
static int
netns(char **argv)
{
	static const struct { const char *file, *text; } settings[] = {
		{ "ip_local_port_range", "1024 65535" },
		{ "tcp_max_syn_backlog", "65536" },
		/* bbr, where it is the default, paces: timers, not work;
		   all but reno may be refused in here */
		{ "tcp_congestion_control", "reno" },
	};
	struct ifreq ifr;
	char path[128];
	unsigned i;
	int fd;

	if (unshare(CLONE_NEWNET) == 0) {
		memset(&ifr, 0, sizeof(ifr));
		strcpy(ifr.ifr_name, "lo");
		ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (ioctl(fd, SIOCSIFFLAGS, &ifr) == -1)
			fprintf(stderr, "lo: %s\n", strerror(errno));
		close(fd);
		for (i = 0; i < sizeof(settings) / sizeof(settings[0]);
		    i++) {
			snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s",
			    settings[i].file);
			if ((fd = open(path, O_WRONLY)) == -1 || write(fd,
			    settings[i].text, strlen(settings[i].text)) == -1)
				fprintf(stderr, "%s: %s\n", path,
				    strerror(errno));
			close(fd);
		}
		setenv("BENCH_NETNS", "1", 1);
	} else
		setenv("BENCH_NETNS", "0", 1);
	execvp(argv[0], argv);
	perror(argv[0]);
	return 1;
}

/*
 * Size of a program, and whether it is static and stripped.
 */
static int
describe(const char *path)
{
	bool dynamic = false, symbols = false;
	unsigned char *p;
	struct stat st;
	Elf64_Ehdr *eh;
	Elf64_Phdr *ph;
	Elf64_Shdr *sh;
	int fd, i;

	if ((fd = open(path, O_RDONLY)) == -1 || fstat(fd, &st) == -1 ||
	    (p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) ==
	    MAP_FAILED) {
		perror(path);
		return 1;
	}
	eh = (Elf64_Ehdr *)p;
	if (memcmp(p, ELFMAG, SELFMAG) != 0 ||
	    p[EI_CLASS] != ELFCLASS64) {
		printf("size=%lld kind=unknown\n", (long long)st.st_size);
		return 0;
	}
	ph = (Elf64_Phdr *)(p + eh->e_phoff);
	for (i = 0; i < eh->e_phnum; i++)
		dynamic |= ph[i].p_type == PT_INTERP;
	sh = (Elf64_Shdr *)(p + eh->e_shoff);
	for (i = 0; i < eh->e_shnum; i++)
		symbols |= sh[i].sh_type == SHT_SYMTAB;
	printf("size=%lld kind=%s,%s\n", (long long)st.st_size,
	    dynamic ? "dynamic" : "static", symbols ? "symbols" : "stripped");
	return 0;
}

static int
list(void)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		puts(scenarios[i].name);
	return 0;
}

static void
usage(void)
{
	fprintf(stderr, "usage: load run -s scenario [-c template] [-e extra] "
	    "[-d dir] [-f factor] [-a] [-T tool] [program ...]\n"
	    "       load netns command ...\n"
	    "       load describe file\n"
	    "       load list\n");
	exit(2);
}

static const struct scenario *
scenario_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	fprintf(stderr, "load: no scenario %s\n", name);
	exit(2);
}

int
main(int argc, char **argv)
{
	struct options o = { .how = { .extra = "", .dir = "." },
	    .factor = 1 };
	int c;

	main_pid = getpid();
	if (argc > 2 && strcmp(argv[1], "netns") == 0)
		return netns(argv + 2);
	if (argc == 3 && strcmp(argv[1], "describe") == 0)
		return describe(argv[2]);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	if (argc < 2 || strcmp(argv[1], "run") != 0)
		usage();
	optind = 2;
	while ((c = getopt(argc, argv, "+ac:d:e:f:s:T:")) != -1) {
		switch (c) {
		case 'a': o.how.activated = true; break;
		case 'c': o.how.config = optarg; break;
		case 'd': o.how.dir = optarg; break;
		case 'e': o.how.extra = optarg; break;
		case 'f': o.factor = atof(optarg); break;
		case 's': o.scenario = scenario_find(optarg); break;
		case 'T': o.tool = optarg; break;
		default: usage();
		}
	}
	if (o.scenario == NULL || o.factor <= 0)
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

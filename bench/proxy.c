/*
 * proxy.c - the program under test: its configuration, its processes, what they
 * use.
 *
 * Every process below this one that is neither a helper (backend, client) nor a
 * tool belongs to the program under test; orphans come to us, so that none gets away.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static struct {
	pid_t		pid, tool;
	pid_t		helpers[MAX_HELPERS];
	unsigned	nhelpers;
	uint64_t	ended_ns;	/* CPU of helpers that are no more */
	int		cpu0, cpu1;
	unsigned	listeners;
	uint16_t	ports[MAX_LISTENERS];
	char		log[512];
} proxy = { .cpu0 = -1, .cpu1 = -1 };

/*
 * CPU time of a process with all its threads, the ended ones too, in ns: the
 * scheduler's own account, not the clock tick's.
 */
static uint64_t
process_cpu(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- the helpers ---- */

void
helper_add(pid_t pid)
{
	if (proxy.nhelpers == MAX_HELPERS)
		fail("too many processes of client and backend");
	proxy.helpers[proxy.nhelpers++] = pid;
}

static bool
is_helper(pid_t pid)
{
	unsigned i;

	for (i = 0; i < proxy.nhelpers; i++)
		if (proxy.helpers[i] == pid)
			return true;
	return false;
}

void
helper_end(pid_t pid)
{
	unsigned i;

	for (i = 0; i < proxy.nhelpers; i++) {
		if (proxy.helpers[i] != pid)
			continue;
		proxy.ended_ns += process_cpu(pid);
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
		proxy.helpers[i] = proxy.helpers[--proxy.nhelpers];
	}
}

void
helper_kill(void)
{
	while (proxy.nhelpers > 0) {
		kill(proxy.helpers[--proxy.nhelpers], SIGKILL);
		waitpid(proxy.helpers[proxy.nhelpers], NULL, 0);
	}
}

/* ---- the configuration ---- */

/*
 * Address of this host of the backend.
 */
static const char *
host_name(unsigned host)
{
	static char name[32];

	snprintf(name, sizeof(name), "127.0.0.%u", host + 1);
	return name;
}

/*
 * Listeners on free ports.  They are all open at once, so that no port comes
 * twice; a program that binds itself gets the number only.
 */
static void
listeners_open(unsigned n, int fds[], bool activated)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int one = 1;
	unsigned i;

	for (i = 0; i < n; i++) {
		memset(&sin, 0, sizeof(sin));
		sin.sin_family = AF_INET;
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (bind(fds[i], (struct sockaddr *)&sin, len) == -1 ||
		    (activated && listen(fds[i], 4096) == -1) ||
		    getsockname(fds[i], (struct sockaddr *)&sin, &len) == -1)
			fail("listener: %s", strerror(errno));
		proxy.ports[i] = ntohs(sin.sin_port);
	}
	proxy.listeners = n;
}

/*
 * Write text to out with every @WORD@ replaced.  @SHARE@ and the descriptors are
 * those of one process, with room for an unequal share.
 */
static void
expand(FILE *out, const char *text, size_t len, const struct proxy_how *how,
    unsigned port, const char *host)
{
	unsigned share = how->workers == 1 ? how->sessions :
	    how->sessions / how->workers * 11 / 10;
	unsigned fds = share * 2 + how->listeners + 64;
	unsigned many = fds * 5 / 4 < how->descriptors ? fds * 5 / 4 :
	    how->descriptors;
	const char *end = text + len, *word;
	const struct { const char *name; const char *text; unsigned number; }
	    words[] = {
		{ "@LISTEN@", NULL, port },
		{ "@BACKEND@", NULL, how->backend },
		{ "@HOST@", host, 0 },
		{ "@SESSIONS@", NULL, how->sessions },
		{ "@SHARE@", NULL, share },
		{ "@WORKERS@", NULL, how->workers },
		{ "@FDS@", NULL, fds },
		{ "@MANYFDS@", NULL, many },
		{ "@EXTRA@", how->extra, 0 },
		{ "@DIR@", how->dir, 0 },
	};
	size_t i, n = sizeof(words) / sizeof(words[0]);

	while (text < end) {
		if ((word = memchr(text, '@', end - text)) == NULL)
			word = end;
		fwrite(text, 1, word - text, out);
		text = word;
		for (i = 0; i < n && text < end; i++)
			if (strncmp(text, words[i].name,
			    strlen(words[i].name)) == 0)
				break;
		if (text == end)
			break;
		if (i == n) {
			putc(*text++, out);
			continue;
		}
		if (words[i].text != NULL)
			fputs(words[i].text, out);
		else
			fprintf(out, "%u", words[i].number);
		text += strlen(words[i].name);
	}
}

/*
 * The same line by line: one that begins with @MANY@ is for a program in several
 * processes, one that has @HOST@ is written once for each host of the backend.
 */
static void
expand_lines(FILE *out, const char *text, size_t len,
    const struct proxy_how *how, unsigned port)
{
	static const char many[] = "@MANY@";
	const char *end = text + len, *next;
	unsigned i;

	for (; text < end; text = next) {
		if ((next = memchr(text, '\n', end - text)) == NULL)
			next = end;
		else
			next++;
		if (strncmp(text, many, strlen(many)) == 0) {
			if (how->workers == 1)
				continue;
			text += strlen(many);
		}
		i = memmem(text, next - text, "@HOST@", 6) == NULL ?
		    how->hosts - 1 : 0;
		for (; i < how->hosts; i++)
			expand(out, text, next - text, how, port, host_name(i));
	}
}

static char *
slurp(const char *path)
{
	static char text[65536];
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/*
 * Make the configuration from the template.  What is between @EACH@ and @END@
 * is written once for each listener.
 */
static void
config_write(const struct proxy_how *how, const char *path)
{
	char *text = slurp(how->config), *each, *end;
	FILE *out;
	unsigned i;

	if (text == NULL || (out = fopen(path, "we")) == NULL)
		fail("%s: %s", text == NULL ? how->config : path,
		    strerror(errno));
	each = strstr(text, "@EACH@\n");
	end = strstr(text, "@END@\n");
	if (each != NULL && end != NULL) {
		expand_lines(out, text, each - text, how, proxy.ports[0]);
		each += strlen("@EACH@\n");
		for (i = 0; i < how->listeners; i++)
			expand_lines(out, each, end - each, how,
			    proxy.ports[i]);
		text = end + strlen("@END@\n");
	}
	expand_lines(out, text, strlen(text), how, proxy.ports[0]);
	if (fclose(out) != 0)
		fail("%s: %s", path, strerror(errno));
}

/* ---- its processes ---- */

static void
proxy_exec(const struct proxy_how *how, char **argv, int fds[])
{
	struct rlimit limit;
	char number[16];
	unsigned i;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(how->cpu);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	fd = open(proxy.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (how->activated) {
		for (i = 0; i < how->listeners; i++)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC,
			    3 + how->listeners);
		for (i = 0; i < how->listeners; i++)
			dup2(fds[i], 3 + i);
		snprintf(number, sizeof(number), "%ld", (long)getpid());
		setenv("LISTEN_PID", number, 1);
		snprintf(number, sizeof(number), "%u", how->listeners);
		setenv("LISTEN_FDS", number, 1);
	}
	atomic_store(&shared->exec_ns, now_ns());
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/*
 * The argument with its words replaced, in memory that is kept.
 */
static char *
argument(const struct proxy_how *how, const char *arg, const char *host)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		fail("no memory");
	expand(out, arg, strlen(arg), how, proxy.ports[0], host);
	fclose(out);
	return text;
}

/*
 * The arguments; one that has @HOST@ comes once for each host of the backend.
 */
static void
arguments(const struct proxy_how *how, char *argv[], unsigned max)
{
	unsigned i, host, n = 0;

	for (i = 0; how->argv[i] != NULL; i++) {
		host = strstr(how->argv[i], "@HOST@") == NULL ?
		    how->hosts - 1 : 0;
		for (; host < how->hosts && n < max - 1; host++)
			argv[n++] = argument(how, how->argv[i],
			    host_name(host));
	}
	argv[n] = NULL;
}

/*
 * Start the program; return when its last listener answers.
 */
uint16_t
proxy_start(const struct proxy_how *how)
{
	struct timespec pause = { 0, 20000 };
	int fds[MAX_LISTENERS];
	char path[512], *argv[64];
	unsigned i;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_TIMERSLACK, 1);
	listeners_open(how->listeners, fds, how->activated);
	snprintf(path, sizeof(path), "%s/config", how->dir);
	snprintf(proxy.log, sizeof(proxy.log), "%s/log", how->dir);
	if (how->config != NULL)
		config_write(how, path);
	arguments(how, argv, sizeof(argv) / sizeof(argv[0]));
	if (!how->activated)
		for (i = 0; i < how->listeners; i++)
			close(fds[i]);
	atomic_store(&shared->exec_ns, 0);
	if ((proxy.pid = fork()) == -1)
		fail("fork: %s", strerror(errno));
	if (proxy.pid == 0)
		proxy_exec(how, argv, fds);
	if (how->activated)
		for (i = 0; i < how->listeners; i++)
			close(fds[i]);
	while (!client_probe(proxy.ports[how->listeners - 1])) {
		proxy_check();
		if (now_ns() > deadline_ns)
			fail("does not answer");
		nanosleep(&pause, NULL);
	}
	return proxy.ports[how->listeners - 1];
}

uint16_t
proxy_port(unsigned listener)
{
	return proxy.ports[listener];
}

/*
 * Fail when the program or a helper has ended, with the last line it wrote.
 */
void
proxy_check(void)
{
	char *text, *p, *last = NULL;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (is_helper(pid))
			fail("%s", shared->why);
		if (pid != proxy.pid)
			continue;
		proxy.pid = 0;
		text = slurp(proxy.log);
		for (p = text; p != NULL && *p != '\0'; p++)
			if (!isspace((unsigned char)*p) &&
			    (p == text || p[-1] == '\n'))
				last = p;
		if (last != NULL)
			last[strcspn(last, "\n")] = '\0';
		fail("ended by itself: %s", last == NULL ? "" : last);
	}
}

/*
 * Parent of a process, and the CPU ticks of its children that have ended.
 */
static pid_t
process_parent(pid_t pid, uint64_t *ticks)
{
	unsigned long cutime = 0, cstime = 0;
	char path[64], *text, *p;
	int ppid = -1;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((text = slurp(path)) == NULL || (p = strrchr(text, ')')) == NULL)
		return -1;
	if (sscanf(p + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
	    "%*u %lu %lu", &ppid, &cutime, &cstime) < 3)
		return -1;
	*ticks = cutime + cstime;
	return ppid;
}

/*
 * The processes of the program, and their ended children's ticks.
 */
static unsigned
tree(pid_t pids[], uint64_t *ticks)
{
	static struct { pid_t pid, parent; uint64_t ticks; } all[32768];
	struct dirent *d;
	unsigned i, k, n = 0, count = 0;
	DIR *dir;

	if ((dir = opendir("/proc")) == NULL)
		fail("/proc: %s", strerror(errno));
	while ((d = readdir(dir)) != NULL && n < 32768) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		all[n].pid = atol(d->d_name);
		all[n].parent = process_parent(all[n].pid, &all[n].ticks);
		n++;
	}
	closedir(dir);
	*ticks = 0;
	for (i = 0; i < n; i++)
		if (all[i].parent == getpid() && !is_helper(all[i].pid) &&
		    all[i].pid != proxy.tool && count < MAX_PIDS)
			pids[count++] = all[i].pid;
	for (k = 0; k < count; k++)
		for (i = 0; i < n; i++) {
			if (all[i].parent == pids[k] && count < MAX_PIDS)
				pids[count++] = all[i].pid;
			if (all[i].pid == pids[k])
				*ticks += all[i].ticks;
		}
	return count;
}

/*
 * End every process of the program.  Killing makes children orphans, which
 * come to us: go on until none is left.
 */
void
proxy_kill(void)
{
	struct timespec ms = { 0, 1000000 };
	pid_t pids[MAX_PIDS];
	uint64_t ticks;
	unsigned i, n, tries;

	for (tries = 0; tries < 2000 && (n = tree(pids, &ticks)) > 0; tries++) {
		for (i = 0; i < n; i++)
			kill(pids[i], SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		nanosleep(&ms, NULL);
	}
	proxy.pid = 0;
}

/* ---- what it uses ---- */

void
proxy_watch(int cpu0, int cpu1)
{
	proxy.cpu0 = cpu0;
	proxy.cpu1 = cpu1;
}

static uint64_t
process_pss(pid_t pid)
{
	unsigned long long kib = 0;
	char path[64], *text, *p;

	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
	if ((text = slurp(path)) != NULL &&
	    (p = strstr(text, "\nPss:")) != NULL)
		sscanf(p + 5, "%llu", &kib);
	return kib * 1024;
}

/*
 * Time that processor cpu was not idle, by anybody, in ns (clock ticks).
 */
static uint64_t
cpu_busy(int cpu)
{
	unsigned long long user = 0, nice = 0, sys = 0, irq = 0, soft = 0,
	    steal = 0;
	char name[16], *text, *p;

	snprintf(name, sizeof(name), "\ncpu%d ", cpu);
	if (cpu == -1 || (text = slurp("/proc/stat")) == NULL ||
	    (p = strstr(text, name)) == NULL)
		return 0;
	sscanf(p + strlen(name), "%llu %llu %llu %*u %*u %llu %llu %llu",
	    &user, &nice, &sys, &irq, &soft, &steal);
	return (user + nice + sys + irq + soft + steal) *
	    (1000000000 / sysconf(_SC_CLK_TCK));
}

void
proxy_usage(struct usage *u, bool pss)
{
	pid_t pids[MAX_PIDS];
	uint64_t ticks;
	unsigned i, n;

	memset(u, 0, sizeof(*u));
	n = tree(pids, &ticks);
	u->cpu_ns = ticks * (1000000000 / sysconf(_SC_CLK_TCK));
	for (i = 0; i < n; i++) {
		u->cpu_ns += process_cpu(pids[i]);
		if (pss)
			u->pss += process_pss(pids[i]);
	}
	u->own_ns = process_cpu(getpid()) + proxy.ended_ns;
	for (i = 0; i < proxy.nhelpers; i++)
		u->own_ns += process_cpu(proxy.helpers[i]);
	u->busy_ns = cpu_busy(proxy.cpu0) +
	    (proxy.cpu1 == proxy.cpu0 ? 0 : cpu_busy(proxy.cpu1));
	u->at_ns = now_ns();
}

/* ---- tools that look on ---- */

static bool
traced(pid_t pid)
{
	char path[64], *text, *p;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	return (text = slurp(path)) != NULL &&
	    (p = strstr(text, "\nTracerPid:")) != NULL &&
	    atol(p + strlen("\nTracerPid:")) != 0;
}

/*
 * Attach strace (counting system calls) or perf to the program; return when
 * it has begun.
 */
void
proxy_tool(const char *tool, const char *file)
{
	struct timespec ms = { 0, 1000000 }, start = { 0, 500000000 };
	bool strace = strcmp(tool, "strace") == 0;
	char *argv[8 + 2 * MAX_PIDS], list[MAX_PIDS * 12] = "";
	pid_t pids[MAX_PIDS];
	unsigned i, k = 0, n;
	uint64_t ticks;
	int fd;

	n = tree(pids, &ticks);
	argv[k++] = (char *)(strace ? "strace" : "perf");
	argv[k++] = (char *)(strace ? "-fc" : "record");
	argv[k++] = (char *)(strace ? "-qq" : "-g");
	argv[k++] = (char *)"-o";
	argv[k++] = (char *)file;
	for (i = 0; i < n; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list),
		    "%s%ld", i == 0 ? "" : ",", (long)pids[i]);
	argv[k++] = (char *)"-p";
	argv[k++] = list;
	argv[k] = NULL;
	if ((proxy.tool = fork()) == 0) {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	for (i = 0; strace && i < n; i++)
		while (!traced(pids[i])) {
			if (now_ns() > deadline_ns)
				fail("strace does not start");
			nanosleep(&ms, NULL);
		}
	if (!strace)
		nanosleep(&start, NULL);
}

void
proxy_tool_end(void)
{
	if (proxy.tool <= 0)
		return;
	kill(proxy.tool, SIGINT);
	waitpid(proxy.tool, NULL, 0);
	proxy.tool = 0;
}

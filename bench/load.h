/*
 * load.h - the load generator of the benchmark, and what its files share.
 *
 * One run of "load" is one measurement: it starts a backend of its own, starts
 * the proxy in front of it, sends the traffic of one scenario through, checks
 * every byte that arrives, and prints one line of numbers.  Linux only: it
 * reads /proc.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	CHUNK = 256 * 1024,	/* bytes of one read or write */
	PERIOD = 65521,		/* of the pattern: a prime, so that no block
				   that moved fits by accident */
	ACK = 8,		/* bytes the backend sends when it has all */
	ROUND = 64,		/* bytes of a request, and mostly of its answer */
	MAX_LISTENERS = 1024,
	MAX_PIDS = 256,
	MAX_HOSTS = 16,		/* of the backend, 127.0.0.1 and on */
	MAX_HELPERS = 64,	/* processes of client and backend */
	MAX_WORKERS = 16	/* of the program */
};

enum kind { KIND_XFER = 1, KIND_ROUNDS };

/* The first bytes of each connection say what it is for. */
struct header {
	uint32_t	magic;
	uint32_t	kind;
	uint64_t	seed;		/* where in the pattern both streams start */
	uint64_t	up, down;	/* KIND_XFER: bytes each way; KIND_ROUNDS:
					   down is the size of an answer */
};

/* Written by backend and holders of sessions, read by the client: memory of all. */
struct shared {
	_Atomic uint64_t accepted;
	_Atomic uint64_t active;	/* connections now */
	_Atomic uint64_t resets;	/* ended by a reset */
	_Atomic uint64_t held;		/* idle sessions that are open */
	_Atomic uint64_t exec_ns;	/* when the proxy's exec was called */
	char		why[512];	/* one of them has given up */
};

/* ---- load.c ---- */
#define MAGIC 0x6b636f73u
extern struct shared *shared;
extern volatile uint64_t deadline_ns;	/* the run has failed after this */

void	fail(const char *, ...) __attribute__((format(printf, 1, 2), noreturn));
uint64_t now_ns(void);
void	pin(int cpu);
const char *pattern_at(uint64_t offset);
uint64_t answer_seed(uint64_t seed);	/* the answers' place in the pattern */

/* ---- plan.c ---- */
enum what { BULK, ROUNDS, PACED, CHURN, IDLING, START };

/*
 * What happens.  amount: bulk: bytes of a session each way; rounds, churn: how
 * many; paced: a second.
 */
struct scenario {
	const char	*name;
	enum what	what;
	unsigned	conns;		/* sessions with traffic */
	unsigned	idle, stalled;	/* more of them, without */
	uint64_t	up, down;	/* bulk: bytes a session; rounds: an answer */
	uint64_t	amount;
	double		seconds;	/* at most */
	unsigned	pairs;		/* idle: with and without, so often */
	bool		single;		/* the program is one process */
};

/* How many of everything, on this system. */
struct plan {
	unsigned	descriptors;	/* of a process, at most */
	unsigned	sessions;	/* that the program must be able to hold */
	unsigned	idle;		/* of them */
	unsigned	held;		/* idle ones of one process of the client */
	unsigned	hosts;		/* of the backend, a process each */
	unsigned	workers;	/* of the program; 0: it cannot */
};

const struct scenario *plan_scenario(const char *name);	/* or NULL */
void	plan_list(void);
void	plan_make(struct plan *, const struct scenario *, double factor,
	    unsigned per_session, bool spreads);

/* ---- system.c ---- */
int	system_netns(char **argv);
int	system_describe(const char *path);
void	system_cpus(int *first, int *second);

/* ---- backend.c ---- */
void	backend_start(int cpu, unsigned hosts, uint16_t *port);

/* ---- client.c ---- */
struct numbers {
	double		done;		/* units of work */
	double		seconds;
	double		p50, p99, max;	/* us */
	uint64_t	late;		/* paced: no connection was free */
};

void	client_open(uint16_t port, unsigned hosts, unsigned max);
void	client_close(unsigned first);	/* that session and all after it */
void	client_answers(uint64_t bytes);	/* size; sessions from here on */
void	client_connect(unsigned n);	/* so many more sessions, confirmed */
void	client_stall(unsigned n, uint64_t bytes);
void	client_bulk(struct numbers *, unsigned n, uint64_t up, uint64_t down);
void	client_rounds(struct numbers *, unsigned active, uint64_t total,
	    double seconds);
void	client_paced(struct numbers *, unsigned active, unsigned per_second,
	    double seconds);
void	client_churn(struct numbers *, unsigned width, uint64_t total);
void	client_hold(unsigned idle, unsigned most, unsigned own);
void	client_let_go(unsigned first);
bool	client_probe(uint16_t port);	/* one blocking round trip */

/* ---- proxy.c ---- */
struct proxy_how {
	char *const	*argv;
	const char	*config;	/* template, or NULL */
	const char	*extra;		/* @EXTRA@ */
	const char	*dir;		/* for its files */
	unsigned	listeners;
	unsigned	sessions;	/* that it must be able to hold */
	unsigned	descriptors;	/* of one of its processes, at most */
	unsigned	workers;	/* processes it is to use */
	unsigned	hosts;		/* of the backend */
	bool		activated;	/* gets its listeners as descriptors */
	int		cpu;
	uint16_t	backend;
};

struct usage {
	uint64_t	cpu_ns;		/* of the whole tree */
	uint64_t	pss;		/* bytes; only when asked */
	uint64_t	busy_ns;	/* of the processors used, all processes */
	uint64_t	own_ns;		/* client and backend */
	uint64_t	at_ns;
};

uint16_t proxy_start(const struct proxy_how *);	/* the last listener */
uint16_t proxy_port(unsigned listener);
void	proxy_check(void);		/* fails when it has died */
void	proxy_kill(void);
void	proxy_watch(int cpu0, int cpu1);
void	proxy_usage(struct usage *, bool pss);
void	proxy_tool(const char *tool, const char *file);
void	proxy_tool_end(void);
void	helper_add(pid_t);		/* is no process of the program */
void	helper_end(pid_t);
void	helper_kill(void);

#endif

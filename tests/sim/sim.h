/*
 * sim.h - the simulated system: what its parts know of each other.
 *
 * sim_rng      every decision, from a seed or from a fuzzer's bytes
 * sim_net      sockets, links and the clock: the model, no policy
 * sim_pattern  the bytes of streams
 * sim_os       os.h over sim_net, with sim_door for connections as they begin;
 *              sim_wait wait.h; sim_splice splice.h
 * sim_chan     messages between the parent and relays, one after the other
 * sim_sys      the rest of compat that the relay is linked with
 * sim_actor    clients and backends that play scripts; sim_script writes them
 * sim_plan     configuration and actors of a seed
 * sim_crash    the end of a relay at any moment, and what its kernel does then
 * sim_check    invariants and the oracle at every call; sim_turn after turns
 * sim_trace    the last events, and how a run fails
 * sim_run      one seed from the plan to the end
 * sim          the runner: seeds, jobs, shrinker, summary
 *
 * Times in here are microseconds of the world; what the relay sees is
 * os_now_ms(), which can jump and stand still.
 */
#ifndef SIM_H
#define SIM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os.h"
#include "setup.h"
#include "splice.h"
#include "stat.h"

enum {
	SIM_FDS = 512,
	SIM_SOCKS = 4096,
	SIM_CLIENTS = 64,		/* a mask of them is one word */
	SIM_ACTORS = SIM_SOCKS / 2,
	SIM_ADDRS = 3,			/* of a backend, at most */
	SIM_SERVICES = 8 * SIM_ADDRS,
	SIM_LISTENERS = 4,
	SIM_BACKLOG = 64,
	SIM_OPS = 48,
	SIM_CHAN_FDS = 8,		/* with a message */
	SIM_CALLS = 200000,		/* in one turn at most */
	SIM_RING = 1 << 20		/* bytes kept of a real stream */
};

#define SIM_MS		1000ULL
#define SIM_S		1000000ULL
#define SIM_NEVER	UINT64_MAX

/* --- sim_rng: decisions -------------------------------------------------- */

/* Faults, each with a generator of its own, so that one can be left out. */
enum fault {
	FAULT_SHORT_READ,
	FAULT_SHORT_WRITE,
	FAULT_READ_AGAIN,	/* would block though ready */
	FAULT_WRITE_AGAIN,
	FAULT_NOBUFS,		/* ENOBUFS, ENOMEM from read and write */
	FAULT_SPURIOUS,		/* an event of nothing */
	FAULT_RACE,		/* the world moves on between two calls */
	FAULT_CONNECT_NOW,	/* connected or refused at once */
	FAULT_CONNECT_SLOW,
	FAULT_CONNECT_REFUSED,
	FAULT_CONNECT_DROP,	/* never answered */
	FAULT_CONNECT_UNREACH,	/* other errors of the network */
	FAULT_CONNECT_PORTS,	/* EADDRNOTAVAIL */
	FAULT_CONNECT_SHORT,	/* EMFILE, ENFILE, ENOBUFS, ENOMEM */
	FAULT_CONNECT_BACKLOG,	/* EAGAIN of a Unix socket */
	FAULT_CONNECT_RESET,	/* made and reset before anybody looked */
	FAULT_ACCEPT_ABORTED,
	FAULT_ACCEPT_SHORT,	/* EMFILE, ENFILE, ENOBUFS, ENOMEM */
	FAULT_ACCEPT_AGAIN,	/* another one took it */
	FAULT_FDS,		/* a low limit of descriptors */
	FAULT_NETWORK,		/* a connection dies of a network error */
	FAULT_RESET,		/* a connection is reset from outside */
	FAULT_CLOCK_JUMP,
	FAULT_CLOCK_STILL,
	FAULT_FLAP,		/* backends go and come back */
	FAULT_WAIT,		/* waiting fails, or ends early */
	FAULT_WAIT_ADD,
	FAULT_LANE,		/* no lane, no pipe */
	FAULT_LANE_FULL,	/* a pipe takes less than it should */
	FAULT_LANE_SHORT,	/* no memory to empty a pipe */
	FAULT_SHUTDOWN,		/* shutdown fails */
	FAULT_VANISH,		/* a peer loses its power */
	FAULT_DRAIN,		/* the operator ends it somewhere */
	FAULT_CRASH,		/* the relay dies */
	FAULTS
};

enum stream {
	STREAM_PLAN = FAULTS,	/* configuration and cast */
	STREAM_NET,		/* latencies, sizes */
	STREAM_ACTOR,		/* + index of the client: its script */
	STREAMS = STREAM_ACTOR + SIM_CLIENTS
};

/* Whoever reduces a case leaves out clients and faults. */
struct sim_mask {
	uint64_t	clients;
	uint64_t	faults;
};

void	 rng_seed(uint64_t, const struct sim_mask *);
void	 rng_tape(const uint8_t *, size_t);	/* decisions come from here first */
uint32_t rng_u32(unsigned stream);
uint32_t rng_below(unsigned stream, uint32_t);
uint32_t rng_range(unsigned stream, uint32_t lo, uint32_t hi);
bool	 rng_chance(unsigned stream, unsigned percent);
/* How often a fault strikes: once in mean opportunities; 0 is never. */
void	 fault_rate(enum fault, uint32_t mean);
bool	 fault_on(enum fault);
bool	 fault_slow(enum fault);
uint32_t fault_pick(enum fault, uint32_t below);
extern uint32_t fault_left[FAULTS];

/* Whether it strikes now.  The common case is a decrement. */
static inline bool
fault(enum fault f)
{
	if (--fault_left[f] != 0)
		return false;
	return fault_slow(f);
}

extern const char *const fault_names[FAULTS];

/* --- sim_net: sockets ---------------------------------------------------- */

enum sock_state {
	SOCK_FREE,
	SOCK_LISTEN,
	SOCK_CONNECTING,
	SOCK_FAILED,		/* the connect did not succeed */
	SOCK_OPEN
};

struct sock {
	uint8_t		state;
	bool		local;		/* a Unix socket */
	bool		api;		/* the code under test holds it */
	bool		gone;		/* its owner has closed it */
	bool		dead;		/* reset or failed: nothing is sent */
	bool		cut;		/* the network carries nothing any more */
	bool		rx_fin;		/* the peer's end has arrived */
	bool		tx_fin;		/* our end was sent */
	bool		fin_gone;	/* and has arrived */
	bool		nospace;	/* a write was refused */
	bool		blocked;	/* the link waits for room at the peer */
	bool		linked;		/* an EV_LINK is under way */
	bool		rst_got;	/* a reset arrived */
	bool		eof_got;	/* the owner has read a true end */
	bool		fake_got;	/* the owner has read an end of nobody's */
	bool		err_got;	/* the owner has seen an error */
	bool		was_reset;	/* the owner ended it with a reset */
	bool		was_closed;	/* the owner ended it in order */
	bool		lossy;		/* the owner's close destroyed bytes */
	bool		wake_on;	/* an EV_WAKE is under way */
	bool		never;		/* the connect was never answered */
	bool		late;		/* or while it was given up */
	bool		hidden;		/* spliced: readable is not reported */
	int8_t		lane_in;	/* a lane moves to here by itself: + 1 */
	int8_t		lane_out;	/* a lane moves from here: + 1 */
	bool		accepted;	/* listen queue: taken */
	bool		accept_reset;	/* reset before accept */
	bool		real;		/* both ends are ours: bytes are kept */
	bool		chan;		/* carries messages (sim_chan) */
	bool		kept;		/* a listener that the parent has too */
	bool		fin_failed;	/* shutdown said an error */
	bool		crashed;	/* its owner died with it */
	int8_t		row;		/* of the session table; -1 */
	int		err;		/* positive; what the next call reports */
	int		why;		/* first error that arrived */
	int		fd;
	int		actor;		/* plays the other end; -1 */
	int		service;	/* backend it is a connection of; -1 */
	uint32_t	tried;		/* a client: services it was given to */
	uint64_t	tried_in;	/* after so many handovers */
	unsigned	id;
	struct sock	*peer;
	struct sock	*mate;		/* the session's other side, once known */
	uint8_t		*ring;		/* real: bytes this end has sent */
	uint64_t	key;		/* pattern that this end sends */
	uint64_t	rx_total, rx_taken, peeked;
	uint64_t	tx_total, tx_gone;
	uint32_t	rx_cap, tx_cap;
	uint32_t	lat, gap, chunk;	/* us, us, bytes: of what it sends */
	uint64_t	born_us, gone_us;
	uint64_t	rx_us, tx_us;	/* last arrival here; last arrival there */
	uint64_t	dead_us;
	/* the relay's clock, ms */
	uint64_t	read_ms, write_ms;	/* last byte read, last written */
	uint64_t	again_ms;	/* last denied that it had any */
	uint64_t	tx_ms;			/* last arrival there */
	uint64_t	owner_turn;		/* when an owner was last seen */
	/* listeners */
	struct os_addr	addr;
	struct sock	*queue[SIM_BACKLOG];
	unsigned	nqueue, backlog;
};

enum ev_kind {
	EV_LINK, EV_RST, EV_ERROR, EV_CONNECT, EV_WAKE, EV_ACTOR, EV_READER,
	EV_ARRIVE, EV_FLAP, EV_DRAIN, EV_OPERATOR, EV_HANDOVER
};

enum shape { SHAPE_LINUX, SHAPE_BSD };
enum flavour { FLAVOUR_TINY, FLAVOUR_NORMAL, FLAVOUR_BULK };

struct world {
	uint64_t	now;		/* us */
	uint64_t	base_ms;	/* what the clock says at now 0 */
	uint64_t	jumped_ms;
	uint64_t	frozen_until;	/* us */
	uint64_t	frozen_ms;
	uint64_t	last_ms;	/* what the clock said last */
	enum shape	shape;
	bool		blind;		/* os_unsent cannot say */
	bool		contract;	/* both ends of everything are ours */
	unsigned	fd_limit;
	unsigned	nsocks;
	uint64_t	progress;	/* things that happened to descriptors */
	uint64_t	happened;	/* things that happened in the world */
	unsigned	calls;		/* since the last wait */
	bool		awake;		/* the last wait found something at once */
	bool		timed_out;	/* the last wait found nothing */
	bool		asleep;		/* nothing will ever happen any more */
	uint64_t	bytes;
	uint32_t	lat_max;	/* us */
	enum flavour	flavour;
	unsigned	temper;		/* percent of clients that misbehave */
	uint32_t	arrivals_us;	/* they all come within this */
	uint32_t	orders;		/* 1 << EV_DRAIN ...: for between turns */
	bool		dirty_all;	/* descriptors came or went */
	bool		draining, killed;
	uint64_t	drain_due_ms;	/* from then on bytes may be destroyed */
	unsigned	channels;	/* to the parent, open */
	struct sock	*adopt[2];	/* predecessors' sessions come here */
	bool		hold;		/* and as long, nobody is accepted */
	unsigned	shortages;	/* that accepting met */
	bool		nobody;		/* the relay is dead, and none follows yet */
	bool		died;		/* some relay has */
};

extern struct world W;

/* Sessions of a predecessor are still on their way. */
static inline bool
adopting(void)
{
	return (W.adopt[0] != NULL && !W.adopt[0]->gone) ||
	    (W.adopt[1] != NULL && !W.adopt[1]->gone);
}

extern struct sock socks[SIM_SOCKS];

void	net_reset_world(void);
struct sock *net_sock(void);
/* Two ends; nothing is connected yet. */
struct sock *net_pair(bool local);
void	net_at(uint64_t when, enum ev_kind, unsigned id, uint32_t arg);
void	net_after(uint64_t us, enum ev_kind, unsigned id, uint32_t arg);
/* When the next thing happens, SIM_NEVER when nothing will. */
uint64_t net_next(void);
/* Let time pass until then, and what is due happen. */
void	net_until(uint64_t us);
void	net_race(void);
unsigned net_pending(void);

unsigned net_space(const struct sock *);	/* bytes a write would take */
unsigned net_unread(const struct sock *);
unsigned net_mask(const struct sock *);		/* WAIT_* bits that hold now */
void	net_wake(struct sock *, unsigned bits);
void	net_kick(struct sock *);
size_t	net_send(struct sock *, size_t);	/* space was checked */
void	net_took(struct sock *, size_t);
void	net_fin(struct sock *);
void	net_close(struct sock *);
void	net_kill(struct sock *);		/* its owner resets it */
void	net_error(struct sock *, int err);	/* the network kills it */
void	net_vanish(struct sock *);
/* A connection for a listener of ours; NULL: its queue is full. */
struct sock *net_arrive(struct sock *listener, int actor);

/* The pattern: what a stream has at a position. */
void	pattern_init(void);
void	pattern_fill(uint64_t key, uint64_t pos, uint8_t *, size_t);
size_t	pattern_differs(uint64_t key, uint64_t pos, const uint8_t *, size_t);

/* --- sim_os -------------------------------------------------------------- */

enum desc_kind { DESC_FREE, DESC_SOCK, DESC_LISTEN, DESC_PIPE };

struct desc {
	uint8_t		kind;
	uint8_t		pipe;		/* DESC_PIPE under way: what is in it */
	struct sock	*s;
};
extern struct desc descs[SIM_FDS];
extern unsigned ndescs;			/* open ones */

void	os_reset_world(void);
int	desc_new(enum desc_kind, struct sock *);
void	desc_free(int);
struct sock *desc_sock(int, const char *call);
void	close_listener(struct sock *);
/* One attempt to read or write for splice: what the real calls would do. */
int	os_take_error(struct sock *);

/* --- sim_wait ------------------------------------------------------------ */

void	wait_reset_world(void);
void	wait_edge(int fd, unsigned bits);
bool	wait_watches(int fd);
bool	wait_idle(void);		/* no event is on its way */

/* --- sim_splice ---------------------------------------------------------- */

void	splice_reset_world(int kind, unsigned capacity);
void	splice_crash(void);		/* who had the lanes is dead */
void	splice_moves(struct sock *);	/* detached lanes: source or sink changed */
unsigned splice_lanes(void);		/* in use */
unsigned splice_pipes(void);		/* descriptors of pipes */

/* --- sim_chan: between processes ----------------------------------------- */

void	chan_reset_world(void);
struct sock *chan_make(void);
void	chan_gone(struct sock *);
bool	chan_holds(const struct sock *);	/* a message has it */
/* Throw a message to s away: false when there is none, else who was in it, n of them
   (NULL: a pipe). */
bool	chan_lose(const struct sock *s, struct sock **who, unsigned *n);

/* --- sim_sys ------------------------------------------------------------- */

void	sys_reset_world(void);
void	sys_keep(void);
void	sys_share(void);
void	sys_crashed(void);
void	sys_started(bool);	/* from here on nothing is allocated */
extern bool sys_print;			/* log lines to stdout */
extern bool sys_short;			/* memory ran out */
extern uint64_t sys_lines;

/* --- sim_actor ----------------------------------------------------------- */

enum op_kind {
	OP_SEND, OP_PAUSE, OP_FIN, OP_CLOSE, OP_RESET, OP_VANISH, OP_WAIT,
	OP_WAIT_END, OP_FAST, OP_SLOW, OP_STOP, OP_END
};

struct op {
	uint8_t		kind;
	uint32_t	n;		/* bytes, us, or bytes received */
};

struct actor {
	struct sock	*s;
	uint8_t		reader;		/* OP_FAST, OP_SLOW, OP_STOP */
	bool		client, done, scheduled, reading, late;
	bool		began;		/* has its script */
	uint8_t		nops, op;
	int		other;		/* backend: the client it serves; -1 */
	uint8_t		talk;		/* enum talk */
	unsigned	service;
	uint32_t	chunk, gap;	/* writing: bytes, us */
	uint32_t	rchunk, rgap;	/* reading slowly */
	uint32_t	left;		/* of the current OP_SEND */
	uint64_t	patience;	/* us; waits end then */
	uint64_t	waited;		/* since */
	uint64_t	a, b;		/* what the talk is about: bytes each way */
	unsigned	rounds;
	unsigned	tries;		/* connects */
	struct op	ops[SIM_OPS];
};

/* A backend as the world has it. */
struct service {
	struct os_addr	addr;
	bool		up, local;
	bool		drops;		/* SYNs are not answered */
	uint32_t	accept_us;	/* takes connections so late */
	uint8_t		flaps;
	uint8_t		temper;		/* percent of conversations that end badly */
	uint64_t	backlog_until;	/* us; Unix: full until then */
};

extern struct actor actors[SIM_ACTORS];
extern unsigned nactors, nclients;
extern struct service services[SIM_SERVICES];
extern unsigned nservices;
extern struct sock *sim_listeners[SIM_LISTENERS];
extern unsigned sim_nlisteners;

void	actor_reset_world(void);
void	actor_cast(unsigned client);	/* its script */
void	actor_shape(struct actor *, unsigned stream);
void	actor_begin(struct actor *);	/* a backend's script */
int	actor_serve(unsigned service, struct sock *);	/* a backend's connection */
void	actor_wake(int);
void	actor_connected(struct sock *relay_end);
void	actor_event(enum ev_kind, unsigned id, uint32_t arg);
unsigned actor_clients_left(void);
struct service *actor_service(const struct os_addr *);

/* --- sim_plan ------------------------------------------------------------ */

extern struct setup plan_setup;
struct plan {
	uint64_t	drain_us;	/* when the operator drains; SIM_NEVER */
	uint32_t	graceful_ms;
	uint64_t	again_us;	/* and again */
	uint64_t	stop_us;	/* when we drain at the latest */
	const char	*waiter;
	int		splice;
	unsigned	pipe;
	bool		by_channel;	/* the parent orders it */
	bool		hands_over;	/* now and then, and while much gathers */
	bool		no_start;	/* registering fails at the start */
	unsigned	crashes;	/* that are still to come, at most */
	unsigned	short_at;	/* so many allocations succeed; 0: all */
	uint64_t	turns;		/* at most, before we drain */
};
extern struct plan plan;
void	plan_make(uint64_t seed);
void	plan_change(void);

/* --- sim_crash ----------------------------------------------------------- */

void	crash_begin(void);
bool	crash_turn(bool *alive);	/* loop_turn; false: the relay died in it */
void	crash_soon(void);
void	crash_close(int but);		/* but: the parent's; -1: none */
void	crash_orphan(struct sock *);	/* its last descriptor may be gone */
void	crash_review(void);		/* at the end: what the others have seen */
_Noreturn void sim_crash(void);

/* It may die at every system call. */
static inline void
may_die(void)
{
	if (fault(FAULT_CRASH))
		sim_crash();
}

/* --- sim_check ----------------------------------------------------------- */

void	check_reset_world(void);
void	check_successor(void);
void	check_crash(bool saved);	/* saved: a successor may have sessions */
void	check_turn(bool alive);
void	check_wait(uint64_t until_us);	/* the relay is about to sleep */
void	check_read(struct sock *, long n);
void	check_write(struct sock *, const void *, size_t);
void	check_move(struct sock *from, struct sock *to, uint64_t pos, size_t);
void	check_fin(struct sock *, const char *call);
void	check_close(struct sock *, bool orderly);
void	check_end(void);		/* the loop has finished */
struct sock *check_mate(struct sock *);

/* --- sim_trace ----------------------------------------------------------- */

/* How it ended for a client. */
enum seen { SEEN_NOTHING, SEEN_RESET, SEEN_BOTH_ENDS, SEEN_END, SEEN_LEFT,
	SEEN_OPEN, SEENS };

struct tally {
	uint64_t	seeds, turns, sessions, bytes, clients;
	uint64_t	lines, failures;
	uint64_t	struck[FAULTS];
	uint64_t	ended[REASONS];
	uint64_t	seen[SEENS];
	uint64_t	waiter[3], splice[3];
	uint64_t	connects, failovers, spliced, drains, handovers;
	uint64_t	handed, gathers;
	uint64_t	crashes, lost;	/* relays that died, sessions with them */
	uint64_t	died_giving, died_taking, died_draining;
};
extern struct tally tally;

void	trace_reset(uint64_t seed);
void	trace(const char *what, int fd, int64_t a, int64_t b);
extern uint64_t trace_turn;
extern bool trace_live;			/* print at once */
extern bool trace_quiet;		/* print nothing */
extern bool trace_armed;
extern jmp_buf trace_out;		/* where a failure goes when armed */
/* Ends the run of this seed. */
_Noreturn void sim_fail(const char *invariant, long session, const char *, ...);

/* One seed; true when it held.  */
bool	sim_run(uint64_t seed, const struct sim_mask *);
/* The same, with decisions from a fuzzer.  The plan is the seed's. */
bool	sim_run_tape(uint64_t seed, const uint8_t *, size_t);
extern const char *sim_failed;		/* the invariant that broke */

#endif

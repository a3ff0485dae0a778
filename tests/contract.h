/*
 * contract.h - what os.h, wait.h and splice.h promise, as cases that run on the
 * real system and on the simulated one.  contract*.c use nothing but these three
 * headers, so what holds for one must hold for the other.
 *
 * A case runs with one kind of waiter and one family of addresses, alone in its
 * process or directory.  Both ends of every connection are its own.
 */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"
#include "os.h"
#include "splice.h"
#include "wait.h"

enum {
	CONTRACT_TCP = 1,	/* runs with OS_IPV4 and OS_IPV6 */
	CONTRACT_UNIX = 2,
	CONTRACT_ALL = 3
};

struct contract_case {
	const char	*name;
	const char	*descr;
	void		 (*run)(void);
	unsigned	 families;
};

/* The cases, i from 0; NULL behind the last one. */
const struct contract_case *contract_case(unsigned i);

/*
 * Run one case.  Returns when it holds.
 */
void	contract_run(const struct contract_case *, const char *kind,
	    enum os_family);

/* ---- what each of the two systems brings ---- */

/* Let time pass: the simulated world goes on, the real one does so anyway. */
void	contract_pump(void);

/* The case does not hold, or cannot be run here. */
ATTR_NORETURN void contract_fail(const char *file, int line, const char *what,
    long value);
ATTR_NORETURN void contract_skip(const char *why);

/*
 * Whether this is Linux, or behaves like it, where systems are known to differ.
 */
bool	contract_linux(void);

/* The same, of this version at least. */
bool	contract_linux_since(long major, long minor);

/* ---- what the cases share (contract.c) ---- */

/*
 * Whether this waiter may not tell of an error alone: NetBSD's poll(2) knows
 * neither POLLERR nor POLLHUP of a socket.
 */
bool	contract_deaf(void);

#define EXPECT(x) \
	((x) ? (void)0 : contract_fail(__FILE__, __LINE__, #x, 0))
#define EXPECT_EQ(a, b) expect_eq((long)(a), (long)(b), #a " == " #b, \
	__FILE__, __LINE__)

void	expect_eq(long, long, const char *, const char *, int);

/* A descriptor as its owner keeps it: registered, with ready bits. */
struct end {
	int		fd;
	uint32_t	ready;		/* WAIT_READ, WAIT_WRITE */
	bool		end;		/* WAIT_END has come */
	bool		error;		/* WAIT_ERROR has come */
	unsigned	events;		/* how many, in all */
};

enum { CONTRACT_ENDS = 64 };

enum os_family contract_family(void);

/* A free address of the family, listened to.  *a is where it is. */
int	contract_listen(struct os_addr *a, int backlog);

/* Watch a descriptor; the end is forgotten again with contract_forget. */
struct end *contract_watch(int fd, enum wait_how);
void	contract_forget(struct end *);

/* The token of its events. */
uint32_t contract_token(const struct end *);

/* Take it out of the waiter, and close it or reset it. */
void	contract_close(struct end *);
void	contract_reset(struct end *);

/* A connection: both ends watched. */
void	contract_pair(struct end **client, struct end **server);
struct end *contract_connect(const struct os_addr *);
struct end *contract_accept(struct end *listener, struct os_peer *);

/*
 * One turn of waiting, at most so long; events are kept in the ends.  Returns
 * their number.
 */
int	contract_turn(int timeout_ms);

/*
 * Want these bits of one end until one of them is ready, or (false) it takes too
 * long.
 */
bool	contract_await(struct end *, uint32_t bits);

/* Nothing more is on its way: turns without an event. */
void	contract_settle(void);

/*
 * Read or write so many bytes of the pattern from offset, waiting as an owner
 * would.
 */
void	contract_read(struct end *, uint64_t offset, size_t);
void	contract_write(struct end *, uint64_t offset, size_t);

/*
 * From one end to the other, however little fits in between.
 */
void	contract_pass(struct end *from, struct end *to, uint64_t offset,
	    size_t);

/* Write the pattern until it would block; returns how much. */
size_t	contract_fill(struct end *, uint64_t offset);

/* The next read gives the end of the stream; or this error. */
void	contract_read_end(struct end *);
void	contract_read_error(struct end *, int error);

/* Whether these bytes are the pattern from offset. */
void	contract_pattern(unsigned char *, uint64_t offset, size_t);
bool	contract_is_pattern(const unsigned char *, uint64_t offset, size_t);

/* The three tables; each ends with a NULL name. */
extern const struct contract_case contract_os_cases[];
extern const struct contract_case contract_wait_cases[];
extern const struct contract_case contract_splice_cases[];

#endif

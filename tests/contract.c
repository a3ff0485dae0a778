/*
 * contract.c - the ground the contract's cases stand on: ends of connections,
 * kept as a session keeps its sides, and bytes that tell where they belong.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"

enum {
	ROUNDS = 1000,		/* of waiting before a case gives up */
	ROUND_MS = 5,
	CHUNK = 16384
};

static struct end	ends[CONTRACT_ENDS];
static enum os_family	family;
static unsigned		nlisteners;

void
expect_eq(long a, long b, const char *what, const char *file, int line)
{
	if (a != b)
		contract_fail(file, line, what, a);
}

bool
contract_deaf(void)
{
	return !contract_linux() && strcmp(wait_kind(), "poll") == 0;
}

enum os_family
contract_family(void)
{
	return family;
}

const struct contract_case *
contract_case(unsigned i)
{
	static const struct contract_case *const tables[] = {
		contract_os_cases, contract_wait_cases, contract_splice_cases
	};
	const struct contract_case	*c;
	unsigned			 t;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (c = tables[t]; c->name != NULL; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

void
contract_run(const struct contract_case *c, const char *kind,
    enum os_family f)
{
	unsigned	i;

	family = f;
	nlisteners = 0;
	for (i = 0; i < CONTRACT_ENDS; i++)
		ends[i].fd = -1;
	EXPECT_EQ(wait_open(kind, 512), 0);
	EXPECT(strcmp(wait_kind(), kind) == 0);
	c->run();
	for (i = 0; i < CONTRACT_ENDS; i++)
		if (ends[i].fd != -1)
			contract_close(&ends[i]);
	wait_close();
}

/* ---- the pattern ---- */

static unsigned char
byte_at(uint64_t offset)
{
	uint64_t	x = (offset >> 3) * 0x9e3779b97f4a7c15ULL;

	return (unsigned char)(x >> (8 * (offset & 7)));
}

void
contract_pattern(unsigned char *p, uint64_t offset, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		p[i] = byte_at(offset + i);
}

bool
contract_is_pattern(const unsigned char *p, uint64_t offset, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if (p[i] != byte_at(offset + i))
			return false;
	return true;
}

/* ---- ends ---- */

int
contract_listen(struct os_addr *a, int backlog)
{
	struct os_listen	 how;
	int			 fd;

	memset(a, 0, sizeof(*a));
	memset(&how, 0, sizeof(how));
	how.backlog = backlog;
	how.mode = -1;
	a->family = (uint8_t)family;
	switch (family) {
	case OS_IPV4:
		a->u.ip[0] = 127;
		a->u.ip[3] = 1;
		break;
	case OS_IPV6:
		a->u.ip[15] = 1;
		how.v6only = true;
		break;
	default:
		strcpy(a->u.path, "listenerA");
		a->pathlen = (uint8_t)strlen(a->u.path);
		a->u.path[a->pathlen - 1] = (char)('A' + nlisteners);
	}
	nlisteners++;
	fd = os_listen(a, &how);
	EXPECT(fd >= 0);
	if (family != OS_UNIX)
		EXPECT_EQ(os_sockname(fd, a), 0);
	return fd;
}

struct end *
contract_watch(int fd, enum wait_how how)
{
	unsigned	i;

	for (i = 0; i < CONTRACT_ENDS && ends[i].fd != -1; i++)
		continue;
	EXPECT(i < CONTRACT_ENDS);
	memset(&ends[i], 0, sizeof(ends[i]));
	ends[i].fd = fd;
	EXPECT_EQ(wait_add(fd, how, i), 0);
	if (how == WAIT_LEVEL)
		wait_want(fd, 0);	/* not before contract_await */
	return &ends[i];
}

uint32_t
contract_token(const struct end *e)
{
	return (uint32_t)(e - ends);
}

void
contract_forget(struct end *e)
{
	wait_del(e->fd);
	e->fd = -1;
}

void
contract_close(struct end *e)
{
	int	fd = e->fd;

	contract_forget(e);
	os_close(fd);
}

void
contract_reset(struct end *e)
{
	int	fd = e->fd;

	contract_forget(e);
	os_reset(fd);
}

struct end *
contract_connect(const struct os_addr *a)
{
	struct end	*e;
	bool		 pending;
	int		 fd, error;

	fd = os_connect(a, &pending);
	EXPECT(fd >= 0);
	e = contract_watch(fd, WAIT_EDGE);
	while (pending) {
		EXPECT(contract_await(e, WAIT_WRITE));
		error = os_connected(fd, a);
		EXPECT(error == 0 || error == -EINPROGRESS);
		pending = error != 0;
		if (pending)
			e->ready = 0;
	}
	return e;
}

struct end *
contract_accept(struct end *l, struct os_peer *peer)
{
	struct os_peer	p;
	int		fd, i;

	for (i = 0; i < ROUNDS; i++) {
		fd = os_accept(l->fd, peer != NULL ? peer : &p);
		if (fd != -EAGAIN)
			break;
		(void)contract_await(l, WAIT_READ);
		l->ready = 0;
	}
	EXPECT(fd >= 0);
	return contract_watch(fd, WAIT_EDGE);
}

void
contract_pair(struct end **client, struct end **server)
{
	struct os_addr	 a;
	struct end	*l;

	l = contract_watch(contract_listen(&a, 8), WAIT_LEVEL);
	*client = contract_connect(&a);
	*server = contract_accept(l, NULL);
	contract_close(l);
}

/* ---- waiting ---- */

int
contract_turn(int timeout_ms)
{
	struct wait_event	ev[16];
	struct end		*e;
	int			i, n;

	contract_pump();
	n = wait_turn(ev, 16, timeout_ms);
	EXPECT(n >= 0);
	for (i = 0; i < n; i++) {
		EXPECT(ev[i].token < CONTRACT_ENDS);
		EXPECT(ev[i].got != 0);
		e = &ends[ev[i].token];
		EXPECT(e->fd != -1);
		e->events++;
		e->ready |= ev[i].got & (WAIT_READ | WAIT_WRITE);
		e->end |= (ev[i].got & WAIT_END) != 0;
		e->error |= (ev[i].got & WAIT_ERROR) != 0;
	}
	return n;
}

bool
contract_await(struct end *e, uint32_t bits)
{
	const uint64_t	until = os_now_ms() + ROUNDS * ROUND_MS;
	bool		found;
	int		i;

	wait_want(e->fd, bits);
	for (i = 0;; i++) {
		found = e->ready & bits || (bits & WAIT_ERROR && e->error);
		/* a turn that ends with another's event takes no time */
		if (found || (i >= ROUNDS && os_now_ms() >= until))
			break;
		(void)contract_turn(ROUND_MS);
	}
	wait_want(e->fd, 0);
	return found;
}

void
contract_settle(void)
{
	int	i, quiet = 0;

	for (i = 0; i < ROUNDS && quiet < 2; i++)
		quiet = contract_turn(ROUND_MS) == 0 ? quiet + 1 : 0;
	EXPECT(i < ROUNDS);
}

/* ---- bytes ---- */

/*
 * Read once; a would-block takes the ready bit away, and so does a short read
 * of TCP, unless something besides bytes was reported: this is the rule that a
 * session lives by, so the waiter must keep up with it.
 */
static long
read_once(struct end *e, void *buf, size_t size)
{
	long	n;

	n = os_read(e->fd, buf, size);
	if (n == -EAGAIN)
		e->ready &= ~(uint32_t)WAIT_READ;
	if (n > 0 && (size_t)n < size && !e->end && family != OS_UNIX)
		e->ready &= ~(uint32_t)WAIT_READ;
	return n;
}

void
contract_read(struct end *e, uint64_t offset, size_t size)
{
	static unsigned char	buf[CHUNK];
	long			n;

	while (size > 0) {
		if (!(e->ready & WAIT_READ))
			EXPECT(contract_await(e, WAIT_READ));
		n = read_once(e, buf, size < CHUNK ? size : CHUNK);
		if (n == -EAGAIN)
			continue;
		EXPECT(n > 0);
		EXPECT(contract_is_pattern(buf, offset, (size_t)n));
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
}

void
contract_write(struct end *e, uint64_t offset, size_t size)
{
	static unsigned char	buf[CHUNK];
	size_t			len;
	long			n;

	while (size > 0) {
		len = size < CHUNK ? size : CHUNK;
		contract_pattern(buf, offset, len);
		n = os_write(e->fd, buf, len);
		if (n == -EAGAIN) {
			e->ready &= ~(uint32_t)WAIT_WRITE;
			EXPECT(contract_await(e, WAIT_WRITE));
			continue;
		}
		EXPECT(n > 0);
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
}

void
contract_pass(struct end *from, struct end *to, uint64_t offset, size_t size)
{
	static unsigned char	buf[CHUNK];
	size_t			len, written = 0, read = 0;
	long			n;

	while (written < size) {
		len = size - written < CHUNK ? size - written : CHUNK;
		contract_pattern(buf, offset + written, len);
		n = os_write(from->fd, buf, len);
		if (n == -EAGAIN) {
			from->ready &= ~(uint32_t)WAIT_WRITE;
			contract_read(to, offset + read, written - read);
			read = written;
			EXPECT(contract_await(from, WAIT_WRITE));
			continue;
		}
		EXPECT(n > 0);
		written += (size_t)n;
	}
	contract_read(to, offset + read, size - read);
}

size_t
contract_fill(struct end *e, uint64_t offset)
{
	static unsigned char	buf[CHUNK];
	size_t			total = 0;
	bool			full = false;
	long			n;

	for (;;) {
		contract_pattern(buf, offset + total, CHUNK);
		n = os_write(e->fd, buf, CHUNK);
		if (n == -EAGAIN && full)
			break;
		if ((full = n == -EAGAIN)) {
			/* some of it may be about to cross */
			(void)contract_turn(ROUND_MS);
			continue;
		}
		EXPECT(n > 0);
		total += (size_t)n;
		EXPECT(total < (size_t)1 << 28);
		contract_pump();
	}
	e->ready &= ~(uint32_t)WAIT_WRITE;
	return total;
}

static void
read_last(struct end *e, long expected)
{
	char	byte;
	long	n;
	int	i;

	for (i = 0; i < ROUNDS; i++) {
		if (!(e->ready & WAIT_READ))
			EXPECT(contract_await(e, WAIT_READ));
		if ((n = read_once(e, &byte, 1)) != -EAGAIN)
			break;
	}
	EXPECT(i < ROUNDS);
	EXPECT_EQ(n, expected);
}

void
contract_read_end(struct end *e)
{
	read_last(e, 0);
}

void
contract_read_error(struct end *e, int error)
{
	read_last(e, error);
}

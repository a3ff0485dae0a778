/*
 * half.h - one direction of a session: take bytes from a source, give them to a
 * sink, in order, each once, and pass on the end when everything before it is
 * delivered.
 *
 * It reads only when it holds nothing, so it waits for one thing at a time, and
 * an end or error of the source can only arrive when all its bytes are out.
 */
#ifndef HALF_H
#define HALF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum half_state {
	HALF_FILL,	/* holds nothing; waits for the source */
	HALF_PASS,	/* as FILL, but no buffer was free and the sink took less
			   than the source has: waits for the sink */
	HALF_DRAIN,	/* holds bytes; waits for the sink */
	HALF_SPLICE,	/* the kernel moves; waits as the lane says */
	HALF_FIN,	/* the source has ended: the sink is told */
	HALF_DONE
};

enum half_end {
	HALF_OPEN,	/* not DONE yet */
	HALF_CLEAN,	/* end of stream passed on behind the last byte */
	HALF_LOST,	/* the source failed; all it gave is delivered */
	HALF_BROKEN,	/* the sink failed; the rest has nowhere to go */
	HALF_DROPPED	/* the session gave it up */
};

/* One socket of a session. */
struct side {
	int		fd;	/* owned by the session; -1 is none */
	uint8_t		ready;	/* WAIT_*: set by events, cleared by would-block */
	uint8_t		asked;	/* WAIT_*: what wait_want was told */
	uint8_t		local : 1;	/* a Unix socket */
	uint8_t		cut : 1;	/* an error was reported, so an end of stream
					   that is read from here later is not the
					   peer's */
	uint8_t		ended : 1;	/* LAST: its end was read */
	uint8_t		owed : 1;	/* not all was acknowledged when last asked */
	uint8_t		gathers;	/* wait_gather's mark, LIMIT_GATHER_UNIT;
					   0: it is not on */
	int		error;	/* why cut, an errno */
	uint32_t	acked;	/* bytes that its peer had acknowledged when last
					   asked, modulo 2^32 */
};

struct half {
	uint8_t		state;		/* enum half_state; half_to writes it */
	uint8_t		end;		/* enum half_end */
	uint8_t		bulk;		/* large reads in a row; SPLICE: how sure
					   it is to go on like that */
	uint8_t		chatty;		/* small splices in a row */
	int		error;		/* errno behind LOST and BROKEN */
	int		buf;		/* leased buffer in DRAIN, else -1 */
	int16_t		lane;		/* splice lane, else -1 */
	uint16_t	off;		/* of what is not delivered, in buf */
	uint32_t	len;
	uint32_t	owed;		/* delivered, but still in the source's queue */
	uint64_t	bytes;		/* delivered to the sink */
	uint64_t	moved_ms;	/* when a byte moved last, also from the sink's
					   kernel to its peer, as far as seen */
	uint64_t	rest_ms;	/* nothing is done before then */
	uint64_t	pay_us;		/* nothing is taken before then (byte rate); us */
};

/* What a half may do in one turn. */
struct half_leave {
	uint64_t	now;		/* ms */
	size_t		take;		/* bytes to take from the source at most */
	bool		splice;		/* may splice; else it ends what it began */
};

void	half_start(struct half *, uint64_t now);

/*
 * Whether there is something to do: the one thing it waits for is there.
 */
bool	half_ready(const struct half *, const struct side *from,
    const struct side *to, uint64_t now);

/*
 * Do it, within leave.  Returns the bytes taken from the source.  Afterwards
 * half_want says what it waits for.
 */
size_t	half_run(struct half *, struct side *from, struct side *to,
    const struct half_leave *);

/*
 * Nothing is read any more from a source that has ended: should its connection be
 * lost now, but for a reset, the half is LOST all the same.
 */
void	half_ended(struct half *, struct side *from);

/*
 * WAIT_READ when it waits for the source, WAIT_WRITE when for the sink, 0 when
 * for nothing.
 */
unsigned half_want(const struct half *);

/*
 * Bytes taken from the source that the sink does not have.
 */
size_t	half_held(const struct half *);

/*
 * Bring bytes and moved_ms up to date where the kernel moves on its own.
 */
void	half_refresh(struct half *, struct side *from, struct side *to,
    uint64_t now);

/*
 * The time until which it rests, 0 when it does not.
 */
uint64_t half_rests(const struct half *, uint64_t now);

/*
 * Stop splicing if nothing is held, and go on by hand.
 */
void	half_halt(struct half *, struct side *from);

/*
 * Give it up: what is held is lost.  No effect on a half that is DONE.
 */
void	half_drop(struct half *, struct side *from);

#endif

/*
 * out.h - text into a buffer of fixed size, for readers who take it when they like.
 *
 * What does not fit any more is not written and over is set; the writer goes back
 * to a mark and goes on from there when the buffer has been emptied.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"

struct out {
	char	*buf;
	size_t	 size;
	size_t	 len;
	bool	 over;		/* something did not fit */
};

void	out_bytes(struct out *, const char *, size_t);
void	out_string(struct out *, const char *);
void	out_format(struct out *, const char *, ...) ATTR_PRINTF(2, 3);

/*
 * How a string is written: as text of an HTML page, as the inside of a JSON string,
 * as that of a Prometheus label, for a terminal (what could steer it is '?'), or as
 * it is.  Bytes that are not UTF-8 become U+FFFD.  Returns its columns, one for each
 * byte or UTF-8 sequence.
 */
enum out_kind { OUT_HTML = 'h', OUT_JSON = 'j', OUT_LABEL = 'l',
	OUT_PLAIN = 'p', OUT_AS_IS = 's' };
unsigned out_text(struct out *, const char *, enum out_kind);

/*
 * A form is text with marks, each of which shows one member of a record: at says
 * which ones, in the order of the marks, with OUT_AT.  A mark is '%', a width or a
 * '*' (the width is a member too, the one before), and
 *
 *	h j l p s	a const char *, as in enum out_kind, j and l with their
 *			quotes; flush left.  NULL is - or, with j and s, null
 *	n		a uint64_t, as are all that follow; flush right
 *	b t		bytes and milliseconds, for people
 *	d m		thousandths, as 1.2 and as 1.234
 *	y		two of them, what clients and backends sent, as a JSON object
 *	%		nothing but itself
 */
#define OUT_AT(record, member)	(offsetof(record, member) / 4)
enum { OUT_AT_NEXT = sizeof(uint64_t) / 4 };	/* to the next number */
void	out_form(struct out *, const char *form, const uint8_t *at,
	    const void *record);

/*
 * The bytes of the UTF-8 sequence at the start of a string, 0 when it is none.
 */
size_t	out_sequence(const char *);

#endif

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
void	out_number(struct out *, uint64_t);

/*
 * A number with so many decimals, of which v is that many digits too large:
 * out_decimal(out, 1234, 3) is "1.234".
 */
void	out_decimal(struct out *, uint64_t v, unsigned decimals);

/*
 * A string in at least width columns (of one byte each, or one UTF-8 sequence),
 * flush left or right.  Bytes that could steer a terminal are shown as '?'.
 */
void	out_left(struct out *, const char *, unsigned width);
void	out_right(struct out *, const char *, unsigned width);

/*
 * A string as JSON with its quotes, as text of an HTML page, and as the value of
 * a Prometheus label with its quotes.  Bytes that are not UTF-8 become U+FFFD.
 */
void	out_json(struct out *, const char *);
void	out_html(struct out *, const char *);
void	out_label(struct out *, const char *);

/*
 * The bytes of the UTF-8 sequence at the start of a string, 0 when it is none.
 */
size_t	out_sequence(const char *);

#endif

/*
 * text.h - text into fixed buffers, and numbers out of text.  The small part of
 * printf that a daemon needs, without the rest of it.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"

/*
 * Write into buf as snprintf does: always ended, cut when too long, returns the
 * length it would have had.  Knows %s %.*s %.9s %c %d %u %x %o and %%, all
 * numbers with leading zeroes (%04x), those without a sign with ll.  Anything else
 * is a MUST.
 */
size_t	text_format(char *, size_t, const char *, ...) ATTR_PRINTF(3, 4);
size_t	text_vformat(char *, size_t, const char *, va_list);

/*
 * A span of milliseconds for people: "0.004 s", "12.3 s", "3 min 5 s",
 * "2 h 3 min".  Returns buf.
 */
enum { TEXT_SHORT = 32 };
const char *text_span(char buf[TEXT_SHORT], uint64_t);

/*
 * Bytes for people: "812 bytes", "1.5 KiB", "3.2 GiB".  Returns buf.
 */
const char *text_bytes(char buf[TEXT_SHORT], uint64_t);

/*
 * Decimal digits, no sign, no blank.  Returns what is behind them; NULL when there
 * are none, or they are over max.
 */
const char *text_digits(const char *, uint64_t max, uint64_t *);

/*
 * The same; false when something is behind them, too.
 */
bool	text_number(const char *, uint64_t max, uint64_t *);

/*
 * Bytes that could end a line or steer a terminal become '?': all of a text, or of
 * so many bytes those that are none of but.
 */
void	text_plain(char *);
void	text_tame(char *, size_t, const char *but);

/*
 * Edit distance of two words, for "did you mean"; at most limit + 1.
 */
unsigned text_distance(const char *, const char *, unsigned limit);

/*
 * The n-th string of several that stand one behind the other, each with its NUL.
 */
const char *text_nth(const char *, unsigned n);

/*
 * What makes a noun with that number a plural: "s", or nothing.
 */
const char *text_s(uint64_t n);

/* ISO C has no case-blind comparison. */
int	text_casecmp(const char *, const char *);

/*
 * A number that is the same for strings that are equal but for case.
 */
uint32_t text_casehash(const char *);

#endif

/*
 * http.h - as much of HTTP/1.1 (RFC 9110, 9112) as it takes to show pages: requests
 * of a bounded size with no body, one on a connection.  No sockets here.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"

enum {
	HTTP_HEAD = 4096,	/* bytes of a request with all its fields */
	HTTP_PATH = 64,		/* longer ones are nobody's */
	HTTP_CHUNK_HEAD = 6,	/* room in front of a chunk: "1a2b\r\n" */
	HTTP_CHUNK_TAIL = 2,	/* and behind it */
	HTTP_CHUNK_MAX = 0xffff
};

struct http_request {
	char	path[HTTP_PATH];	/* without a query; "" when too long */
	bool	head;			/* HEAD: the answer has no body */
	bool	chunks;			/* the client knows chunks (HTTP/1.1) */
};

/*
 * Look at what came so far.  Returns 0 when more is needed, the length of a whole
 * request, or the negated status of a refusal: -400 it makes no sense, -405 not
 * GET or HEAD, -414, -431 too large, -505 not HTTP/1.
 */
int	http_parse(const char *, size_t, struct http_request *);

/*
 * The head of an answer; its body comes in chunks, or up to the end.  http_error: a
 * whole answer of one line (with no body when head).
 */
void	http_head(struct out *, unsigned status, const char *type, bool chunks);
void	http_error(struct out *, unsigned status, bool head);

/*
 * Make a chunk of n bytes that stand at buf + HTTP_CHUNK_HEAD.  Returns where in
 * buf it begins; HTTP_CHUNK_TAIL bytes are written behind it.  n = 0 is the end
 * of the body.
 */
size_t	http_chunk(char *buf, size_t n);

#endif

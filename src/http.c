/*
 * http.c - requests and the heads of answers.
 *
 * Strict in what is refused, since nobody needs to be misunderstood here: a field
 * that continues on the next line, blanks in front of a colon, a NUL, two Hosts.
 */
#include <string.h>

#include "http.h"
#include "text.h"

enum { REQUEST_LINE = 2048 };

/* One line of a request, without its line end. */
struct line {
	const char	*s;
	size_t		 len;
};

/*
 * Take the next line off.  False when it is not whole yet.
 */
static bool
next_line(const char **at, const char *end, struct line *line)
{
	const char	*nl = memchr(*at, '\n', (size_t)(end - *at));

	if (nl == NULL)
		return false;
	line->s = *at;
	line->len = (size_t)(nl - *at);
	if (line->len > 0 && nl[-1] == '\r')
		line->len--;
	*at = nl + 1;
	return true;
}

/* RFC 9110 5.6.2 */
static bool
is_token(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool
has_controls(const struct line *line)
{
	size_t	i;

	for (i = 0; i < line->len; i++)
		if (((unsigned char)line->s[i] < ' ' && line->s[i] != '\t') ||
		    line->s[i] == 0x7f)
			return true;
	return false;
}

static bool
equals(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(s, word, len) == 0;
}

/*
 * "/path?query", or "http://host/path?query" as for a proxy.
 */
static int
take_target(const char *s, size_t len, struct http_request *req)
{
	static const char	scheme[] = "http://";
	const char		*end = s + len, *p;
	size_t			 n = 0;

	if (len >= sizeof(scheme) - 1 &&
	    memcmp(s, scheme, sizeof(scheme) - 1) == 0) {
		s += sizeof(scheme) - 1;
		if (s == end || *s == '/')
			return -400;
		while (s < end && *s != '/')
			s++;
		if (s == end) {
			memcpy(req->path, "/", 2);
			return 0;
		}
	}
	if (s == end || *s != '/')
		return -400;
	for (p = s; p < end; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return -400;
	while (s + n < end && s[n] != '?' && s[n] != '#')
		n++;
	if (n >= sizeof(req->path))
		n = 0;
	memcpy(req->path, s, n);
	req->path[n] = '\0';
	return 0;
}

static int
take_version(const char *s, size_t len, struct http_request *req)
{
	if (len != 8 || memcmp(s, "HTTP/", 5) != 0 || s[6] != '.' ||
	    s[5] < '0' || s[5] > '9' || s[7] < '0' || s[7] > '9')
		return -400;
	if (s[5] != '1')
		return -505;
	req->chunks = s[7] != '0';
	return 0;
}

static int
take_request_line(const struct line *line, struct http_request *req)
{
	const char	*s = line->s, *end = s + line->len, *target, *version;
	size_t		 method = 0;
	int		 error;

	while (method < line->len && is_token(s[method]))
		method++;
	if (method == 0 || method == line->len || s[method] != ' ')
		return -400;
	target = s + method + 1;
	version = memchr(target, ' ', (size_t)(end - target));
	if (version == NULL)
		return -400;
	error = take_version(version + 1, (size_t)(end - version) - 1, req);
	if (error == 0)
		error = take_target(target, (size_t)(version - target), req);
	if (error != 0)
		return error;
	req->head = equals(s, method, "HEAD");
	return req->head || equals(s, method, "GET") ? 0 : -405;
}

/*
 * Nothing in the fields matters to us but that they are fields.
 */
static int
take_field(const struct line *line, unsigned *hosts)
{
	size_t	n = 0;
	char	name[5] = "";

	while (n < line->len && is_token(line->s[n]))
		n++;
	if (n == 0 || n == line->len || line->s[n] != ':' ||
	    has_controls(line))
		return -400;
	if (n == 4) {
		memcpy(name, line->s, 4);
		*hosts += text_casecmp(name, "host") == 0;
	}
	return 0;
}

static int
too_large(const char *buf, size_t len)
{
	if (memchr(buf, '\n', len) == NULL && len > REQUEST_LINE)
		return -414;
	return len >= HTTP_HEAD ? -431 : 0;
}

/*
 * A refusal of the request line waits for the fields: who is answered in the
 * middle of his sentence may not listen.
 */
int
http_parse(const char *buf, size_t len, struct http_request *req)
{
	const char	*at = buf, *end = buf + len;
	struct line	 line;
	unsigned	 hosts = 0;
	int		 error;

	memset(req, 0, sizeof(*req));
	do {
		if (!next_line(&at, end, &line))
			return too_large(buf, len);
	} while (line.len == 0);
	if (line.len > REQUEST_LINE)
		return -414;
	if ((error = take_request_line(&line, req)) == -400 || error == -505)
		return error;
	for (;;) {
		if (!next_line(&at, end, &line))
			return too_large(buf, len);
		if (line.len == 0)
			break;
		if (take_field(&line, &hosts) != 0)
			return -400;
	}
	if (hosts > 1 || (hosts == 0 && req->chunks))
		return -400;
	return error != 0 ? error : (int)(at - buf);
}

static const char *
reason_phrase(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 414:
		return "URI Too Long";
	case 431:
		return "Request Header Fields Too Large";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

/*
 * The page is nobody's frame and takes nothing from anywhere; what it shows is
 * never the same twice.
 */
void
http_head(struct out *out, const struct http_answer *answer)
{
	out_format(out, "HTTP/1.1 %u %s\r\n", answer->status,
	    reason_phrase(answer->status));
	out_format(out, "Content-Type: %s\r\n", answer->type);
	if (answer->chunks)
		out_string(out, "Transfer-Encoding: chunked\r\n");
	if (answer->status == 405)
		out_string(out, "Allow: GET, HEAD\r\n");
	out_string(out, "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "Content-Security-Policy: default-src 'none'; img-src data:; "
	    "style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"
	    "Connection: close\r\n\r\n");
}

void
http_error(struct out *out, unsigned status, bool head)
{
	struct http_answer	answer = { .status = status,
				    .type = "text/plain; charset=utf-8" };

	http_head(out, &answer);
	if (!head)
		out_format(out, "%u %s\n", status, reason_phrase(status));
}

size_t
http_chunk(char *buf, size_t n)
{
	char	head[HTTP_CHUNK_HEAD + 1];
	size_t	len;

	len = text_format(head, sizeof(head), "%x\r\n", (unsigned)n);
	memcpy(buf + HTTP_CHUNK_HEAD - len, head, len);
	memcpy(buf + HTTP_CHUNK_HEAD + n, "\r\n", HTTP_CHUNK_TAIL);
	return HTTP_CHUNK_HEAD - len;
}

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

/* RFC 9110 5.6.2 */
static const char	*const token = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "!#$%&'*+-.^_`|~";

/*
 * Take the next line off, without its line end.  Returns its length, or -1 when it
 * is not whole yet.
 */
static int
next_line(const char **at, const char *end, char *line)
{
	const char	*nl = memchr(*at, '\n', (size_t)(end - *at));
	size_t		 n;

	if (nl == NULL)
		return -1;
	n = (size_t)(nl - *at);
	memcpy(line, *at, n);
	*at = nl + 1;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	return (int)n;
}

static bool
has_controls(const char *line, int n)
{
	for (; n > 0; n--, line++)
		if (((unsigned char)*line < ' ' && *line != '\t') ||
		    *line == 0x7f)
			return true;
	return false;
}

/*
 * "/path?query", or "http://host/path?query" as for a proxy.
 */
static int
take_target(const char *s, struct http_request *req)
{
	const char	*p;
	size_t		 n;

	if (strncmp(s, "http://", 7) == 0) {
		s += 7;
		n = strcspn(s, "/");
		if (n == 0)
			return -400;
		s = s[n] == '\0' ? "/" : s + n;
	}
	if (*s != '/')
		return -400;
	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return -400;
	n = strcspn(s, "?#");
	if (n < sizeof(req->path))
		memcpy(req->path, s, n);
	return 0;
}

static int
take_version(const char *s, struct http_request *req)
{
	unsigned	major, minor;

	if (strlen(s) != 8 || memcmp(s, "HTTP/", 5) != 0 || s[6] != '.')
		return -400;
	major = (unsigned)s[5] - '0';
	minor = (unsigned)s[7] - '0';
	if (major > 9 || minor > 9)
		return -400;
	if (major != 1)
		return -505;
	req->chunks = minor > 0;
	return 0;
}

static int
take_request_line(char *line, struct http_request *req)
{
	char	*target, *version;
	size_t	 n = strspn(line, token);
	int	 error;

	if (n == 0 || line[n] != ' ')
		return -400;
	line[n] = '\0';
	target = line + n + 1;
	if ((version = strchr(target, ' ')) == NULL)
		return -400;
	*version++ = '\0';
	if ((error = take_version(version, req)) != 0 ||
	    (error = take_target(target, req)) != 0)
		return error;
	req->head = strcmp(line, "HEAD") == 0;
	return req->head || strcmp(line, "GET") == 0 ? 0 : -405;
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
 * middle of his sentence may not listen.  Nothing in the fields matters to us but
 * that they are fields.
 */
int
http_parse(const char *buf, size_t len, struct http_request *req)
{
	const char	*at = buf, *end = buf + len;
	char		 line[HTTP_HEAD + 1];
	unsigned	 hosts = 0;
	size_t		 name;
	int		 n, error;

	memset(req, 0, sizeof(*req));
	if (len > HTTP_HEAD)
		return -431;
	do {
		if ((n = next_line(&at, end, line)) == -1)
			return too_large(buf, len);
	} while (n == 0);
	if (n > REQUEST_LINE)
		return -414;
	error = has_controls(line, n) ? -400 : take_request_line(line, req);
	if (error == -400 || error == -505)
		return error;
	for (;;) {
		if ((n = next_line(&at, end, line)) == -1)
			return too_large(buf, len);
		if (n == 0)
			break;
		name = strspn(line, token);
		if (name == 0 || line[name] != ':' || has_controls(line, n))
			return -400;
		line[name] = '\0';
		hosts += text_casecmp(line, "host") == 0;
	}
	if (hosts > 1 || (hosts == 0 && req->chunks))
		return -400;
	return error != 0 ? error : (int)(at - buf);
}

static const uint16_t	statuses[] = { 200, 404, 405, 408, 414, 431, 505, 400 };

/* In the same order. */
static const char	*const phrases = "OK\0Not Found\0Method Not Allowed\0"
			    "Request Timeout\0URI Too Long\0"
			    "Request Header Fields Too Large\0"
			    "HTTP Version Not Supported\0Bad Request";

static const char *
reason_phrase(unsigned status)
{
	unsigned	i = 0;

	while (statuses[i] != status && statuses[i] != 400)
		i++;
	return text_nth(phrases, i);
}

/*
 * The page is nobody's frame and takes nothing from anywhere; what it shows is
 * never the same twice.
 */
void
http_head(struct out *out, unsigned status, const char *type, bool chunks)
{
	out_format(out, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\n%s%s", status,
	    reason_phrase(status), type,
	    chunks ? "Transfer-Encoding: chunked\r\n" : "",
	    status == 405 ? "Allow: GET, HEAD\r\n" : "");
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
	http_head(out, status, "text/plain; charset=utf-8", false);
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

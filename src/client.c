/*
 * client.c - the machine of one who asks: reads, waits, writes, lingers.
 *
 * Owns its socket.  Whoever is slow has his own limits and costs nobody else a
 * thing: nothing here waits, and all memory is in the struct.
 */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "ctl.h"
#include "must.h"
#include "operate.h"
#include "os.h"
#include "text.h"
#include "wait.h"

enum {
	ROUNDS = 4,		/* buffers that one client gets in one turn */
	RELOAD_END = 64		/* bytes that the end of a reload may take */
};

static const char *const unheard = "the parent process does not answer";
static const char *const upgraded = "the parent process has ended, or become "
    "another program, which reads the configuration: see the log";

static const uint8_t legal[] = {
	[CLIENT_READS] = 1 << CLIENT_KILLS | 1 << CLIENT_RELOADS |
	    1 << CLIENT_WRITES,
	[CLIENT_KILLS] = 1 << CLIENT_WRITES,
	[CLIENT_RELOADS] = 1 << CLIENT_WRITES,
	[CLIENT_WRITES] = 1 << CLIENT_LINGERS,
	[CLIENT_LINGERS] = 0
};

static void
client_to(struct client *c, enum client_state state, uint64_t now)
{
	MUST(legal[c->state] & 1 << state);
	c->state = (uint8_t)state;
	c->since_ms = now;
}

void
client_start(struct client *c, int fd, enum client_kind kind, uint64_t now)
{
	c->fd = fd;
	c->kind = (uint8_t)kind;
	c->state = CLIENT_READS;
	c->viewing = c->chunks = c->last = c->json = false;
	c->in_len = c->out_at = c->out_len = c->lines = c->left_out = 0;
	c->start_ms = c->since_ms = now;
	c->tail[0] = '\0';
}

void
client_drop(struct client *c)
{
	if (c->kind == CLIENT_NONE)
		return;
	if (c->state == CLIENT_LINGERS)
		os_close(c->fd);
	else
		os_reset(c->fd);
	c->kind = CLIENT_NONE;
}

/* The free part of the buffer, where a chunk has room for its ends. */
static struct out
room(struct client *c)
{
	uint32_t	first = c->chunks ? HTTP_CHUNK_HEAD : 0;
	uint32_t	last = c->chunks ? HTTP_CHUNK_TAIL : 0;

	return (struct out){ .buf = c->out + c->out_len + first,
	    .size = sizeof(c->out) - c->out_len - first - last };
}

static void
view(struct client *c, enum view_kind kind)
{
	view_begin(&c->view, kind);
	c->viewing = true;
}

/*
 * Control socket: the answer ends with a line that says what came of it.
 */

static void
finish(struct client *c, const char *error, uint64_t now)
{
	(void)text_format(c->tail, sizeof(c->tail), "%s%s\n",
	    error == NULL ? "" : "error: ", error == NULL ? "ok" : error);
	client_to(c, CLIENT_WRITES, now);
}

static void
operate(struct client *c, const struct ctl_request *req, uint64_t now)
{
	struct out	 out = room(c);
	char		 buf[OPERATE_ERROR];
	const char	*error = operate_start(req, &out, &c->victim, buf);

	c->json = req->json;
	if (error == NULL && req->command == CTL_KILL)
		client_to(c, CLIENT_KILLS, now);
	else if (error == NULL && req->command == CTL_RELOAD) {
		out_string(&out, c->json ? "{\"messages\":[" : "");
		client_to(c, CLIENT_RELOADS, now);
	} else
		finish(c, error, now);
	c->out_len = (uint32_t)out.len;
}

/* A line, or all there was before the client's end. */
static void
control_read(struct client *c, bool ended, uint64_t now)
{
	const char		*nl = memchr(c->in, '\n', c->in_len), *wrong;
	struct ctl_request	 req;
	enum view_kind		 kind;
	char			 buf[CLIENT_TAIL];

	if (nl == NULL && !ended && c->in_len < CTL_LINE)
		return;
	wrong = ctl_parse(c->in, nl == NULL ? c->in_len :
	    (size_t)(nl - c->in), &req, buf, sizeof(buf));
	if (wrong != NULL)
		finish(c, wrong, now);
	else if (ctl_view(&req, &kind)) {
		view(c, kind);
		finish(c, NULL, now);
	} else
		operate(c, &req, now);
}

/*
 * HTTP.
 */

/* Path and type of each. */
static const char	*const pages =
    "/\0" "text/html; charset=utf-8\0"
    "/metrics\0" "text/plain; version=0.0.4; charset=utf-8\0"
    "/status.json\0" "application/json\0"
    "/server-statistics\0" "text/plain; charset=utf-8";
static const uint8_t	kinds[] = { VIEW_PAGE, VIEW_METRICS, VIEW_JSON_STATUS,
	VIEW_STATISTICS };
enum { PAGES = sizeof(kinds) };

static void
http_refuse(struct client *c, unsigned status, bool head, uint64_t now)
{
	struct out	out = room(c);

	http_error(&out, status, head);
	c->out_len = (uint32_t)out.len;
	client_to(c, CLIENT_WRITES, now);
}

static void
http_read(struct client *c, uint64_t now)
{
	struct http_request	req;
	struct out		out = room(c);
	int			n = http_parse(c->in, c->in_len, &req);
	unsigned		i = 0;

	if (n == 0)
		return;
	while (i < PAGES && strcmp(req.path, text_nth(pages, 2 * i)) != 0)
		i++;
	if (n < 0 || i == PAGES) {
		http_refuse(c, n < 0 ? (unsigned)-n : 404, req.head, now);
		return;
	}
	http_head(&out, 200, text_nth(pages, 2 * i + 1), req.chunks);
	c->out_len = (uint32_t)out.len;
	if (!req.head) {
		view(c, kinds[i]);
		c->chunks = req.chunks;
	}
	client_to(c, CLIENT_WRITES, now);
}

/*
 * Reading and writing.
 */

/* False when the client has gone. */
static bool
read_some(struct client *c, uint64_t now)
{
	size_t	size = c->kind == CLIENT_CONTROL ? CTL_LINE : sizeof(c->in);
	long	n;

	MUST(c->in_len < size);
	n = os_read(c->fd, c->in + c->in_len, size - c->in_len);
	if (n == -EAGAIN)
		return true;
	if (n < 0 || (n == 0 && (c->in_len == 0 || c->kind == CLIENT_HTTP)))
		return false;
	c->in_len += (uint32_t)n;
	if (c->kind == CLIENT_CONTROL)
		control_read(c, n == 0, now);
	else
		http_read(c, now);
	return true;
}

/* What is sent on after the request is of no interest, but its end is. */
static bool
discard(struct client *c)
{
	int	rounds;
	long	n;

	for (rounds = 0; rounds < ROUNDS; rounds++) {
		n = os_read(c->fd, c->in, sizeof(c->in));
		if (n == -EAGAIN)
			return true;
		if (n <= 0)
			return false;
	}
	return true;
}

/* Fill the empty buffer.  False when all has been said. */
static bool
make_more(struct client *c)
{
	struct out	out = room(c);

	if (c->viewing)
		c->viewing = view_more(&c->view, &out);
	if (out.len == 0) {
		if (c->last)
			return false;
		c->last = true;
		if (!c->chunks)
			out_string(&out, c->tail);
	}
	c->out_len = (uint32_t)out.len;
	if (c->chunks) {
		/* one of nothing is the last */
		c->out_at = (uint32_t)http_chunk(c->out, out.len);
		c->out_len += HTTP_CHUNK_HEAD + HTTP_CHUNK_TAIL;
	}
	return c->out_len > 0;
}

/* False when the client takes no more. */
static bool
write_some(struct client *c, uint64_t now)
{
	int	rounds = 0;
	long	n;

	for (;;) {
		if (c->out_at == c->out_len) {
			c->out_at = c->out_len = 0;
			if (c->state == CLIENT_RELOADS || rounds++ == ROUNDS)
				return true;
			if (!make_more(c))
				break;
		}
		n = os_write(c->fd, c->out + c->out_at, c->out_len - c->out_at);
		if (n == -EAGAIN)
			return true;
		if (n < 0)
			return false;
		c->out_at += (uint32_t)n;
		c->since_ms = now;
	}
	(void)os_shutdown(c->fd);
	client_to(c, CLIENT_LINGERS, now);
	return true;
}

/*
 * Waiting for others.
 */

static void
look_at_victim(struct client *c, uint64_t now)
{
	struct out	out = room(c);

	if (status_lives(&c->victim))
		return;
	if (status_left(&c->victim)) {
		finish(c, "its relay has ended; try again", now);
		return;
	}
	out_string(&out, c->json ? "{\"killed\":true}\n" :
	    "the session is ended\n");
	c->out_len = (uint32_t)out.len;
	finish(c, NULL, now);
}

/* A line of the parent, as long as the client leaves room for it. */
static void
reload_line(struct client *c, const char *text)
{
	struct out	out = room(c);

	out.size -= RELOAD_END;
	operate_line(text, c->json, c->lines == 0, &out);
	c->left_out += out.over;
	if (out.over)
		return;
	c->lines++;
	c->out_len += (uint32_t)out.len;
}

static void
reload_end(struct client *c, const char *error, uint64_t now)
{
	struct out	out = room(c);
	char		text[RELOAD_END / 2];

	if (c->left_out > 0) {
		(void)text_format(text, sizeof(text),
		    "and %u more, in the log", c->left_out);
		operate_line(text, c->json, c->lines == 0, &out);
	}
	out_string(&out, c->json ? "]}\n" : "");
	c->out_len += (uint32_t)out.len;
	finish(c, error, now);
}

void
client_note(struct client *c, const struct channel_note *note, uint64_t now)
{
	if (c->kind == CLIENT_NONE || c->state != CLIENT_RELOADS)
		return;
	/* one that dies takes us along, see monitor.c */
	if (note->order == CHANNEL_GONE)
		reload_end(c, upgraded, now);
	else if (note->value < c->victim.number)
		return;		/* what was read before this one was asked for */
	else if (note->order == CHANNEL_SAID)
		reload_line(c, note->text);
	else
		reload_end(c, note->order == CHANNEL_RELOADED ? NULL : "the "
		    "configuration was not taken; all is as it was", now);
}

uint64_t
client_due(const struct client *c)
{
	static const uint32_t	limits[] = {
		[CLIENT_READS] = CLIENT_READ_MS,
		[CLIENT_KILLS] = CLIENT_KILL_MS,
		[CLIENT_RELOADS] = CLIENT_RELOAD_MS,
		[CLIENT_WRITES] = CLIENT_STALL_MS,
		[CLIENT_LINGERS] = CLIENT_LINGER_MS
	};
	uint64_t	due = c->start_ms + CLIENT_ALL_MS;
	uint64_t	one = c->since_ms + limits[c->state];

	return one < due ? one : due;
}

/* Over a limit: who waits for something is told so. */
static bool
expire(struct client *c, uint64_t now)
{
	if (c->state > CLIENT_RELOADS)
		return false;
	if (c->state == CLIENT_RELOADS)
		reload_end(c, unheard, now);
	else if (c->state == CLIENT_KILLS)
		finish(c, "the relay has not ended it in time", now);
	else if (c->kind == CLIENT_CONTROL)
		finish(c, "no command came in time", now);
	else if (c->in_len > 0)
		http_refuse(c, 408, false, now);
	/* a connection that was only opened has nothing to be told */
	return c->state == CLIENT_WRITES;
}

bool
client_run(struct client *c, uint64_t now)
{
	bool	alive = true;

	if (c->state == CLIENT_READS)
		alive = read_some(c, now);
	if (alive && c->state == CLIENT_KILLS)
		look_at_victim(c, now);
	if (alive && client_due(c) <= now)
		alive = expire(c, now);
	if (alive && (c->state == CLIENT_WRITES || c->state == CLIENT_RELOADS))
		alive = write_some(c, now);
	if (alive && c->state == CLIENT_LINGERS)
		alive = discard(c);
	return alive;
}

uint32_t
client_want(const struct client *c)
{
	switch (c->state) {
	case CLIENT_READS:
	case CLIENT_LINGERS:
		return WAIT_READ;
	case CLIENT_WRITES:
		return WAIT_WRITE;
	default:
		return c->out_at < c->out_len ? WAIT_WRITE : 0;
	}
}

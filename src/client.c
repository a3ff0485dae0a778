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

enum { ROUNDS = 4 };	/* buffers that one client gets in one turn */

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
	c->in_len = c->out_at = c->out_len = c->lines = 0;
	c->start_ms = c->since_ms = now;
	c->tail[0] = '\0';
}

void
client_drop(struct client *c)
{
	if (c->fd == -1)
		return;
	if (c->state == CLIENT_LINGERS)
		os_close(c->fd);
	else
		os_reset(c->fd);
	c->fd = -1;
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

/*
 * Control socket: the answer ends with a line that says what came of it.
 */

static void
finish(struct client *c, const char *error, uint64_t now)
{
	if (error == NULL)
		(void)text_format(c->tail, sizeof(c->tail), "ok\n");
	else
		(void)text_format(c->tail, sizeof(c->tail), "error: %s\n",
		    error);
	client_to(c, CLIENT_WRITES, now);
}

static void
operate(struct client *c, const struct ctl_request *req, uint64_t now)
{
	struct out	out = room(c);
	char		error[OPERATE_ERROR];

	switch (operate_start(req, &out, &c->victim, error)) {
	case OPERATE_DONE:
		c->out_len = (uint32_t)out.len;
		finish(c, NULL, now);
		break;
	case OPERATE_FAILED:
		finish(c, error, now);
		break;
	case OPERATE_KILLING:
		c->json = req->json;
		client_to(c, CLIENT_KILLS, now);
		break;
	case OPERATE_RELOADING:
		c->json = req->json;
		if (c->json)
			out_string(&out, "{\"messages\":[");
		c->out_len = (uint32_t)out.len;
		client_to(c, CLIENT_RELOADS, now);
		break;
	}
}

/* A line, or all there was before the client's end. */
static void
control_request(struct client *c, size_t len, uint64_t now)
{
	struct ctl_request	req;
	enum view_kind		kind;
	char			buf[CLIENT_TAIL];
	const char		*wrong;

	wrong = ctl_parse(c->in, len, &req, buf, sizeof(buf));
	if (wrong != NULL)
		finish(c, wrong, now);
	else if (ctl_view(&req, &kind)) {
		view_begin(&c->view, kind);
		c->viewing = true;
		finish(c, NULL, now);
	} else
		operate(c, &req, now);
}

static void
control_read(struct client *c, bool ended, uint64_t now)
{
	const char	*nl = memchr(c->in, '\n', c->in_len);

	if (nl != NULL)
		control_request(c, (size_t)(nl - c->in) + 1, now);
	else if (c->in_len >= CTL_LINE)
		finish(c, "the line is too long", now);
	else if (ended)
		control_request(c, c->in_len, now);
}

/*
 * HTTP.
 */

static bool
page_named(const char *path, enum view_kind *kind, const char **type)
{
	*type = "text/plain; charset=utf-8";
	if (strcmp(path, "/") == 0) {
		*kind = VIEW_PAGE;
		*type = "text/html; charset=utf-8";
	} else if (strcmp(path, "/metrics") == 0) {
		*kind = VIEW_METRICS;
		*type = "text/plain; version=0.0.4; charset=utf-8";
	} else if (strcmp(path, "/status.json") == 0) {
		*kind = VIEW_JSON_STATUS;
		*type = "application/json";
	} else if (strcmp(path, "/server-statistics") == 0)
		*kind = VIEW_STATISTICS;
	else
		return false;
	return true;
}

static void
http_refuse(struct client *c, unsigned status, bool head, uint64_t now)
{
	struct out	out;

	c->chunks = false;
	out = room(c);
	http_error(&out, status, head);
	c->out_len = (uint32_t)out.len;
	client_to(c, CLIENT_WRITES, now);
}

static void
http_answer(struct client *c, const struct http_request *req, uint64_t now)
{
	struct http_answer	answer = { .status = 200,
				    .chunks = req->chunks };
	enum view_kind		kind;
	struct out		out;

	if (!page_named(req->path, &kind, &answer.type)) {
		http_refuse(c, 404, req->head, now);
		return;
	}
	out = room(c);
	http_head(&out, &answer);
	c->out_len = (uint32_t)out.len;
	if (!req->head) {
		view_begin(&c->view, kind);
		c->viewing = true;
		c->chunks = req->chunks;
	}
	client_to(c, CLIENT_WRITES, now);
}

static void
http_read(struct client *c, uint64_t now)
{
	struct http_request	req;
	int			n = http_parse(c->in, c->in_len, &req);

	if (n > 0)
		http_answer(c, &req, now);
	else if (n < 0)
		http_refuse(c, (unsigned)-n, req.head, now);
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

static void
make_chunk(struct client *c, size_t n)
{
	c->out_at = (uint32_t)http_chunk(c->out, n);
	c->out_len = (uint32_t)(HTTP_CHUNK_HEAD + n + HTTP_CHUNK_TAIL);
}

/* Fill the empty buffer.  False when all has been said. */
static bool
make_more(struct client *c)
{
	struct out	out;

	c->out_at = c->out_len = 0;
	out = room(c);
	if (c->viewing) {
		c->viewing = view_more(&c->view, &out);
		if (out.len == 0 && c->viewing)
			return false;
	}
	if (out.len > 0) {
		if (c->chunks)
			make_chunk(c, out.len);
		else
			c->out_len = (uint32_t)out.len;
		return true;
	}
	if (c->last)
		return false;
	c->last = true;
	if (c->chunks)
		make_chunk(c, 0);
	else {
		out_string(&out, c->tail);
		c->out_len = (uint32_t)out.len;
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
			if (rounds++ == ROUNDS)
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

	if (operate_killed(&c->victim)) {
		out_string(&out, c->json ? "{\"killed\":true}\n" :
		    "the session is ended\n");
		c->out_len = (uint32_t)out.len;
		finish(c, NULL, now);
	} else if (now >= c->since_ms + CLIENT_KILL_MS)
		finish(c, "the relay has not ended it in time", now);
}

void
client_note(struct client *c, const struct channel_note *note, uint64_t now)
{
	struct out	out;
	bool		good;

	if (c->fd == -1 || c->state != CLIENT_RELOADS)
		return;
	out = room(c);
	/* room for the end of the answer, whatever is said */
	out.size -= 16;
	operate_line(note, c->json, c->lines == 0, &out);
	if (!out.over) {
		c->out_len += (uint32_t)out.len;
		c->lines += out.len > 0;
	}
	if (!operate_reloaded(note, &good))
		return;
	out = room(c);
	out_string(&out, c->json ? "]}\n" : "");
	c->out_len += (uint32_t)out.len;
	finish(c, good ? NULL : "the configuration was not taken; all is as it "
	    "was", now);
}

uint64_t
client_due(const struct client *c)
{
	uint64_t	due = c->start_ms + CLIENT_ALL_MS, one = due;

	switch (c->state) {
	case CLIENT_READS:
		one = c->since_ms + CLIENT_READ_MS;
		break;
	case CLIENT_KILLS:
		one = c->since_ms + CLIENT_KILL_MS;
		break;
	case CLIENT_RELOADS:
		one = c->since_ms + CLIENT_RELOAD_MS;
		break;
	case CLIENT_WRITES:
		one = c->since_ms + CLIENT_STALL_MS;
		break;
	case CLIENT_LINGERS:
		one = c->since_ms + CLIENT_LINGER_MS;
		break;
	}
	return one < due ? one : due;
}

/* Over a limit: who did not ask in time is told so. */
static bool
expire(struct client *c, uint64_t now)
{
	if (c->state == CLIENT_RELOADS) {
		finish(c, "the parent process does not answer", now);
		return true;
	}
	if (c->state != CLIENT_READS)
		return false;
	if (c->kind == CLIENT_HTTP) {
		/* a connection that was only opened has nothing to be told */
		if (c->in_len == 0)
			return false;
		http_refuse(c, 408, false, now);
	} else
		finish(c, "no command came in time", now);
	return true;
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
	if (alive && c->state == CLIENT_WRITES)
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
		return 0;
	}
}

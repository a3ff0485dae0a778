/*
 * fuzz_ctl.c - any bytes as a client of the monitor, over any tables of sessions.
 *
 * The whole machine of a client runs (client.c, ctl.c, http.c, all views), over
 * sockets that are made up: they take and give as much as the input says.  Nothing
 * may crash, hang or speak unless spoken to; what it says must have the form that
 * sockproxy(8) promises, unless it was cut short.
 *
 *	byte 0	bit 0: HTTP, else control; bit 1: the parent cannot be told;
 *		bit 2: never reads; bit 3: a reload goes well; bit 4: the parent says
 *		nothing more of one; bit 5: and has ended; bit 6: goes when it has been
 *		told something
 *	byte 1	bytes given with each read;  byte 2: taken with each write
 *	byte 3	how many of the following bytes go over the session table
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "client.h"
#include "conf.h"
#include "fuzz.h"
#include "history.h"
#include "log.h"
#include "monitor.h"
#include "operate.h"
#include "os.h"
#include "session.h"
#include "stat.h"
#include "status.h"
#include "table.h"

/*
 * The machine itself, over sockets of ours; all else is linked as it is.
 */
#define os_read		made_up_read
#define os_write	made_up_write
#define os_shutdown	made_up_shutdown
#define os_close	made_up_close
#define os_reset	made_up_reset
#define chan_send	made_up_send
long	made_up_read(int, void *, size_t);
long	made_up_write(int, const void *, size_t);
int	made_up_shutdown(int);
void	made_up_close(int);
void	made_up_reset(int);
int	made_up_send(int, const void *, size_t, const int *, unsigned, int);
#include "channel.c"
#include "client.c"

enum { INPUT_MAX = 64 * 1024, SAID_MAX = 4 * 1024 * 1024, ROWS = 16,
    TURNS = 100000, NOTES = 100 };

static const char config[] =
    "server.max-connections = 16\n"
    "sockproxy.control = \"/run/x.sock\"\n"
    "$SERVER[\"socket\"] == \"127.0.0.1:80\" { sockproxy.server = (\n"
    "  \"web \\\"<1>&\" => ( \"host\" => \"10.0.0.1\", \"port\" => 80 ),\n"
    "  \"two\" => ( \"socket\" => \"/run/two.sock\" ) ) }\n"
    "$SERVER[\"socket\"] == \"[::1]:80\" { sockproxy.server = (\n"
    "  \"two\" => ( \"host\" => \"nosuch.invalid\" ) ) }\n";

static struct setup	 set;
static struct os_addr	 bound[4];
static struct client	 client;

/* The world outside. */
static const uint8_t	*given;
static size_t		 left, reads, writes, asked;
static bool		 deaf, goes, gone, untold, closed;
static uint64_t		 clock_ms = 1000000;
static char		 said[SAID_MAX + 1];
static size_t		 nsaid;
static unsigned		 noted;		/* lines about a reload */

static void
fail(const char *what)
{
	fprintf(stderr, "fuzz_ctl: %s\n%.*s\n", what, (int)nsaid, said);
	abort();
}

/* ---- os.h, as far as a client uses it, and the channel ---- */

long
os_read(int fd, void *buf, size_t size)
{
	size_t	n = reads;

	(void)fd;
	if (closed)
		fail("read from a closed socket");
	if (asked++ % 2 == 1)
		return -EAGAIN;
	if (left == 0)
		return 0;
	if (n > size)
		n = size;
	if (n > left)
		n = left;
	memcpy(buf, given, n);
	given += n;
	left -= n;
	return (long)n;
}

long
os_write(int fd, const void *buf, size_t size)
{
	size_t	n = writes;

	(void)fd;
	if (closed)
		fail("write to a closed socket");
	if (size == 0)
		fail("nothing to write");
	if (gone)
		fail("write to one who has gone");
	if (goes && nsaid > 0) {
		gone = true;
		return -EPIPE;
	}
	if (deaf || asked++ % 2 == 1)
		return -EAGAIN;
	if (n > size)
		n = size;
	if (n > SAID_MAX - nsaid)
		fail("it says too much");
	memcpy(said + nsaid, buf, n);
	nsaid += n;
	return (long)n;
}

int
os_shutdown(int fd)
{
	(void)fd;
	return 0;
}

void
os_close(int fd)
{
	(void)fd;
	if (closed)
		fail("closed twice");
	closed = true;
}

void
os_reset(int fd)
{
	os_close(fd);
}

int
chan_send(int fd, const void *buf, size_t len, const int *fds, unsigned nfds,
    int timeout_ms)
{
	(void)fd;
	(void)buf;
	(void)len;
	(void)fds;
	(void)nfds;
	(void)timeout_ms;
	return untold ? -EPIPE : 0;
}

/* ---- the oracle ---- */

static const char	*at;		/* of the JSON that is looked at */

static void
json_blanks(void)
{
	at += strspn(at, " \t\r\n");
}

static void
json_string(void)
{
	size_t	n;

	for (at++; *at != '"'; at += n) {
		n = out_sequence(at);
		if (n == 0 || (unsigned char)*at < ' ')
			fail("JSON: a byte that is none of a string");
		if (*at != '\\')
			continue;
		n = 2;
		if (at[1] == 'u' && strspn(at + 2, "0123456789abcdef") >= 4)
			n = 6;
		else if (at[1] == '\0' || strchr("\"\\/bfnrt", at[1]) == NULL)
			fail("JSON: no such escape");
	}
	at++;
}

/* RFC 8259, of numbers only what is said here. */
static void
json_value(unsigned depth)
{
	const char	end = *at + 2;		/* of '{' and '[' */
	size_t		n;

	if (*at == '"')
		json_string();
	else if (depth < 10 && (*at == '{' || *at == '[')) {
		do {
			at++;
			json_blanks();
			if (*at == end && at[-1] != ',')
				break;
			if (end == '}' && *at != '"')
				fail("JSON: a member has no name");
			if (end == '}') {
				json_string();
				if (*at++ != ':')
					fail("JSON: no colon");
			}
			json_value(depth + 1);
			json_blanks();
		} while (*at == ',');
		if (*at++ != end)
			fail("JSON: no end of an object or array");
	} else if ((n = strspn(at, "0123456789.")) > 0)
		at += n;
	else if (strncmp(at, "true", 4) == 0 || strncmp(at, "null", 4) == 0)
		at += 4;
	else if (strncmp(at, "false", 5) == 0)
		at += 5;
	else
		fail("JSON: no value");
}

/* All there is in front of end; an order that failed says nothing. */
static void
check_json(const char *from, char *end)
{
	const char	saved = *end;

	if (from == end)
		return;
	*end = '\0';
	at = from;
	json_value(0);
	if (strcmp(at, "\n") != 0)
		fail("JSON: something behind it");
	*end = saved;
}

/* Of the lines about a reload none is lost without a word. */
static void
check_reload(void)
{
	unsigned long	 lines = 0;
	const char	*p = said;
	const char	*more = strstr(said, "and ");

	for (; (p = strstr(p, "c.conf:")) != NULL; p++)
		lines++;
	if (more != NULL)
		lines += strtoul(more + 4, NULL, 10);
	if (noted > 0 && lines != noted)
		fail("lines about a reload are lost");
}

static void
check_control(bool json)
{
	size_t	i = nsaid;

	if (nsaid == 0 || said[nsaid - 1] != '\n')
		fail("no whole line at the end");
	for (i = nsaid - 1; i > 0 && said[i - 1] != '\n'; i--)
		continue;
	said[nsaid] = '\0';
	if (strcmp(said + i, "ok\n") != 0 &&
	    (strncmp(said + i, "error: ", 7) != 0 || nsaid - i <= 7))
		fail("the last line is no verdict");
	if (json && strncmp(said, "status   ", 9) != 0) /* help */
		check_json(said, said + i);
	check_reload();
}

/* The chunks, up to the one of nothing, behind which there is nothing. */
static void
check_chunks(const char *p, const char *end)
{
	unsigned long	 n;
	char		*after;

	for (;;) {
		n = strtoul(p, &after, 16);
		if (after == p || end - after < 2 || memcmp(after, "\r\n", 2))
			fail("no chunk");
		p = after + 2;
		if ((unsigned long)(end - p) < n + 2 ||
		    memcmp(p + n, "\r\n", 2) != 0)
			fail("a chunk without its end");
		p += n + 2;
		if (n == 0)
			break;
	}
	if (p != end)
		fail("something behind the last chunk");
}

static void
check_http(void)
{
	const char	*body;

	if (nsaid == 0)
		return;		/* said nothing, got nothing */
	said[nsaid] = '\0';
	body = strstr(said, "\r\n\r\n");
	if (strncmp(said, "HTTP/1.1 ", 9) != 0 || body == NULL)
		fail("no head of an answer");
	body += 4;
	if (strstr(said, "/json\r\n") != NULL && strstr(said, "chunked") == NULL)
		check_json(body, said + nsaid);
	/* an answer to HEAD has no body, whatever its head says */
	if (strstr(said, "chunked") < body && strstr(said, "chunked") != NULL &&
	    body != said + nsaid)
		check_chunks(body, said + nsaid);
}

/* ---- running ---- */

static void
put(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

static void
prepare(void)
{
	static bool	done;

	if (done)
		return;
	done = true;
	if (!conf_text(&set, "fuzz", config, strlen(config), put,
	    NULL) || !stat_open(1, set.nlisteners, set.nbackends) ||
	    !table_map(1, ROWS) || !monitor_map(&set))
		exit(1);
	log_open(open("/dev/null", O_WRONLY), false, 0);
	stat_self(0);
	status_open(&set, bound);
	operate_open(7);
}

/* Other processes write there: it may hold anything. */
static void
fill_table(const uint8_t *from, size_t n)
{
	char	*rows = (char *)(uintptr_t)table_seen(0, 0);
	size_t	 size = ROWS * sizeof(struct session), i;

	memset(rows, 0, size);
	for (i = 0; n > 0 && i < size; i++)
		rows[i] = (char)from[i % n];
}

/* What the parent says about a reload, to a client that takes its time. */
static bool
reload_notes(unsigned how)
{
	struct channel_note	note = { .order = CHANNEL_SAID,
				    .value = UINT32_MAX, .fd = -1 };

	memset(note.text, 'x', CHANNEL_TEXT);
	memcpy(note.text, "c.conf:1:2: error: \"odd\" \xff ", 27);
	for (; noted < NOTES; noted++) {
		client_note(&client, &note, clock_ms);
		if (!client_run(&client, clock_ms))
			return false;
	}
	if (how & 16 && !(how & 32))
		return true;
	note = (struct channel_note){ .order = how & 16 ? CHANNEL_GONE :
	    how & 8 ? CHANNEL_RELOADED : CHANNEL_REFUSED, .value = UINT32_MAX,
	    .fd = -1 };
	client_note(&client, &note, clock_ms);
	return true;
}

static void
run(unsigned how)
{
	int	turns;

	for (turns = 0; turns < TURNS; turns++) {
		if (!client_run(&client, clock_ms))
			break;
		if (client.state == CLIENT_RELOADS && !reload_notes(how))
			break;
		if (deaf || (turns % 64 == 63 &&
		    client.state != CLIENT_WRITES)) {
			if (client_due(&client) > clock_ms)
				clock_ms = client_due(&client);
		}
		if (turns % 16 == 0)
			(void)history_sample(clock_ms);
	}
	if (turns == TURNS)
		fail("it never ends");
	client_drop(&client);
	if (!closed)
		fail("not closed");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool	http, json, finished;

	prepare();
	if (size < 4 || size > INPUT_MAX)
		return 0;
	http = data[0] & 1;
	untold = data[0] & 2;
	deaf = data[0] & 4;
	goes = data[0] & 64;
	reads = data[1] + 1u;
	writes = data[2] * 16u + 1;
	given = data + 4;
	left = size - 4;
	asked = nsaid = 0;
	noted = 0;
	closed = gone = false;
	if (data[3] < left) {
		fill_table(given, data[3]);
		given += data[3];
		left -= data[3];
	} else
		fill_table(NULL, 0);
	finished = left > 0 && !deaf && !goes;
	json = left > 7 && memcmp(given, "--json ", 7) == 0;
	client_start(&client, 5, http ? CLIENT_HTTP : CLIENT_CONTROL,
	    clock_ms);
	run(data[0]);
	if (deaf && nsaid > 0)
		fail("somebody read");
	if (finished && http)
		check_http();
	else if (finished)
		check_control(json);
	return 0;
}

/*
 * ctlclient.c - the client's side of the control socket.
 *
 * The last line of an answer says what came of it and is not shown; so a line is
 * held back until something follows it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "chan.h"
#include "client.h"
#include "conf.h"
#include "console.h"
#include "ctl.h"
#include "ctlclient.h"
#include "log.h"
#include "os.h"
#include "text.h"

#define DEFAULT_PATH	"/run/sockproxy.sock"

enum {
	EXIT_USAGE = 2,
	PATH_BYTES = 256,		/* of a message with a path */
	READ_BYTES = 16 * 1024,
	PATIENCE_MS = CLIENT_RELOAD_MS + 10000	/* without a byte */
};

static const char *const usage =
    "usage: sockproxy ctl [-s socket | -f file] [--json] command [argument]\n"
    "       sockproxy ctl help\n";

static int
fail(const char *what, const char *about)
{
	console_complain("sockproxy ctl: ", what, about);
	return EXIT_FAILURE;
}

/* The path of the control socket in a configuration. */
static int
path_from(const char *file, struct setup *set, const char **path)
{
	const bool	any_port = true;

	/* whether the configuration is right is not the question here */
	(void)conf_port_zero(&any_port);
	if (!conf_file(set, file, console_error_line, NULL))
		return EXIT_FAILURE;
	*path = conf_string(set, set->server.control.v);
	if (**path == '\0')
		return fail("sockproxy.control is not set in ", file);
	return 0;
}

/*
 * The options; *n words are left of the command.
 */
static int
take_options(char *const **words, int *n, struct setup *spare,
    const char **path, bool *json)
{
	char	*const *w = *words;

	*path = DEFAULT_PATH;
	*json = false;
	for (; *n > 0 && **w == '-'; w++, --*n) {
		if (strcmp(*w, "--json") == 0) {
			*json = true;
			continue;
		}
		if (*n == 1 ||
		    (strcmp(*w, "-s") != 0 && strcmp(*w, "-f") != 0))
			break;
		if ((*w)[1] == 's')
			*path = w[1];
		else if (path_from(w[1], spare, path) != 0)
			return EXIT_FAILURE;
		w++;
		--*n;
	}
	*words = w;
	if (*n > 0 && **w != '-')
		return 0;
	console_error(usage);
	return EXIT_USAGE;
}

/* The words as a line. */
static int
make_line(char *const *words, int n, bool json, char *line, size_t size)
{
	size_t	len = text_format(line, size, json ? "--json " : "");

	for (; n > 0 && len < size; n--)
		len += text_format(line + len, size - len, "%s%c", *words++,
		    n > 1 ? ' ' : '\n');
	if (len >= size)
		return fail("the command is too long", "");
	if (strchr(line, '\n') != line + len - 1)
		return fail("the command has a line end in it", "");
	return 0;
}

static int
reach(const char *path, int *fd)
{
	struct os_addr	addr;
	bool		pending;
	char		why[PATH_BYTES];

	if (!addr_unix(&addr, path))
		return fail("not the path of a socket: ", path);
	*fd = os_connect(&addr, &pending);
	if (*fd >= 0)
		return 0;
	if (*fd == -ENOENT)
		return fail("no control socket (sockproxy.control) at ",
		    path);
	if (*fd == -ECONNREFUSED)
		return fail("no sockproxy listens at ", path);
	text_format(why, sizeof(why), "%s: %s", path, log_errno(*fd));
	return fail("cannot reach ", why);
}

/* A line is so short that it is taken at once. */
static int
give(int fd, const char *line)
{
	size_t	len = strlen(line);
	long	n = os_write(fd, line, len);

	if (n == (long)len)
		return 0;
	return fail("cannot send the command: ",
	    log_errno(n < 0 ? (int)n : -EAGAIN));
}

/*
 * An answer as it comes: what was not shown yet.  In JSON it is an object with an
 * array, an element on each line, or with a configuration: close ends what was
 * shown, should the answer break off.
 */
static struct {
	char		 text[READ_BYTES];
	size_t		 len;
	bool		 json;
	const char	*close;
} answer;

static void
show(size_t n, const char *close)
{
	if (n == 0)
		return;
	/* who answers may not be himself any more */
	if (console_terminal())
		text_tame(answer.text, n, "\n\t");
	console_bytes(answer.text, n);
	answer.close = close;
	answer.len -= n;
	memmove(answer.text, answer.text + n, answer.len);
}

/*
 * Show all but the last line, and in JSON all but a comma in front of it.
 */
static void
show_lines(void)
{
	const char	*s = answer.text;
	size_t		 n;

	for (n = answer.len - 1; n > 0 && s[n - 1] != '\n'; n--)
		continue;
	if (answer.json && n > 1 && s[n - 2] == ',')
		n -= 2;
	show(n, "]}\n");
	if (answer.len < sizeof(answer.text))
		return;
	/* only a configuration in JSON is so long a line: up to the end of its */
	for (n = answer.len; n > 1; n--)
		if (s[n - 2] == '\\' && s[n - 1] == 'n')
			break;
	show(n, "\"}\n");
}

/*
 * The end: the last line says what came of it, or the answer has broken off.
 */
static int
verdict(const char *broken)
{
	static const char	error[] = "error: ";
	const size_t		len = sizeof(error) - 1;
	char			*s = answer.text, *end = s + answer.len;
	bool			 line = end > s && end[-1] == '\n';

	if (line) {
		*--end = '\0';
		text_tame(s, answer.len - 1, "\n\t");
	}
	if (line && (strcmp(s, "ok") == 0 || strncmp(s, error, len) == 0)) {
		if (console_failed() != 0)
			return fail("cannot write to standard output", "");
		return *s == 'o' ? EXIT_SUCCESS : fail(s + len, "");
	}
	if (line)
		*end = '\n';
	if (!answer.json ||
	    (answer.close == NULL && end > s && end[-1] == '['))
		show(answer.len, "]}\n");
	/* a letter in an array's place is the verdict: nothing is open any more */
	if (answer.json && answer.close != NULL && (*answer.close == '"' ||
	    answer.len == 0 || *s < 'a' || *s > 'z'))
		console_put(answer.close);
	return fail(broken, "");
}

static int
listen_to(int fd)
{
	long	n;

	for (;;) {
		n = os_read(fd, answer.text + answer.len,
		    sizeof(answer.text) - answer.len);
		if (n == -EAGAIN && chan_wait(fd, PATIENCE_MS) <= 0)
			return verdict("no answer came");
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return verdict("the answer was cut short");
		answer.len += (size_t)n;
		show_lines();
	}
}

/* Who asks what there is to ask may have no sockproxy yet. */
static int
help(void)
{
	struct view	view;

	view_begin(&view, VIEW_HELP);
	console_put(view.piece->form);
	return console_failed() == 0 ? EXIT_SUCCESS :
	    fail("cannot write to standard output", "");
}

int
ctlclient_main(int nwords, char *const *words, struct setup *spare)
{
	const char	*path;
	char		 line[CTL_LINE + 1];
	int		 fd = -1, status;

	if ((status = take_options(&words, &nwords, spare, &path,
	    &answer.json)) != 0)
		return status;
	if (nwords == 1 && strcmp(*words, ctl_word(CTL_HELP)) == 0)
		return help();
	if ((status = make_line(words, nwords, answer.json, line,
	    sizeof(line))) != 0 ||
	    (status = reach(path, &fd)) != 0)
		return status;
	if ((status = give(fd, line)) == 0)
		status = listen_to(fd);
	return status;
}

/*
 * ctl.c - lines of the control socket.  Whatever is in a line, nothing happens but
 * what one of the commands below says.
 */
#include <string.h>

#include "ctl.h"
#include "text.h"

static const struct {
	const char	*word;
	int		 view;		/* enum view_kind, -1: none */
	int		 json;		/* the same with --json */
	bool		 argument;
} commands[] = {
	[CTL_STATUS] = { "status", VIEW_STATUS, VIEW_JSON_STATUS, false },
	[CTL_BACKENDS] = { "backends", VIEW_BACKENDS, VIEW_JSON_BACKENDS,
	    false },
	[CTL_SESSIONS] = { "sessions", VIEW_SESSIONS, VIEW_JSON_SESSIONS,
	    false },
	[CTL_LISTENERS] = { "listeners", VIEW_LISTENERS, VIEW_JSON_LISTENERS,
	    false },
	[CTL_CONFIG] = { "config", VIEW_CONFIG, VIEW_JSON_CONFIG, false },
	[CTL_HELP] = { "help", VIEW_HELP, VIEW_HELP, false },
	[CTL_KILL] = { "kill", -1, -1, true },
	[CTL_DRAIN] = { "drain", -1, -1, true },
	[CTL_DISABLE] = { "disable", -1, -1, true },
	[CTL_ENABLE] = { "enable", -1, -1, true },
	[CTL_RELOAD] = { "reload", -1, -1, false }
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), SHOWN = 60 };

const char *
ctl_word(enum ctl_command command)
{
	return commands[command].word;
}

bool
ctl_view(const struct ctl_request *req, enum view_kind *kind)
{
	int	view = req->json ? commands[req->command].json :
		    commands[req->command].view;

	if (view == -1)
		return false;
	*kind = (enum view_kind)view;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of a line; an empty one at its end. */
static const char *
next_word(const char *s, size_t *len)
{
	while (is_blank(*s))
		s++;
	for (*len = 0; s[*len] != '\0' && !is_blank(s[*len]); ++*len)
		continue;
	return s;
}

static bool
equals(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(s, word, len) == 0;
}

static int
find_command(const char *s, size_t len)
{
	int	i;

	for (i = 0; i < COMMANDS; i++)
		if (equals(s, len, commands[i].word))
			return i;
	return -1;
}

/* What a command is about: all the rest of the line, as labels may have blanks. */
static const char *
take_rest(const char *s, struct ctl_request *req, char *buf, size_t size)
{
	const char	*name = commands[req->command].word;
	bool		 wanted = commands[req->command].argument;
	size_t		 len;

	while (is_blank(*s))
		s++;
	for (len = strlen(s); len > 0 && is_blank(s[len - 1]); len--)
		continue;
	if (wanted == (len > 0) && len < sizeof(req->word)) {
		memcpy(req->word, s, len);
		req->word[len] = '\0';
		return NULL;
	}
	(void)text_format(buf, size, len >= sizeof(req->word) ?
	    "%s: the name is too long" : wanted ?
	    "%s needs the name of a session or backend" :
	    "%s takes no argument", name);
	return buf;
}

static const char *
parse_text(const char *s, struct ctl_request *req, char *buf, size_t size)
{
	size_t	len;
	int	command;

	s = next_word(s, &len);
	if (equals(s, len, "--json")) {
		req->json = true;
		s = next_word(s + len, &len);
	}
	if (len == 0) {
		(void)text_format(buf, size, "no command; try help");
		return buf;
	}
	if ((command = find_command(s, len)) == -1) {
		(void)text_format(buf, size, "no such command: %.*s; try help",
		    (int)(len > SHOWN ? SHOWN : len), s);
		return buf;
	}
	req->command = (enum ctl_command)command;
	return take_rest(s + len, req, buf, size);
}

const char *
ctl_parse(const char *line, size_t len, struct ctl_request *req, char *buf,
    size_t size)
{
	char	text[CTL_LINE + 1];
	size_t	i;

	memset(req, 0, sizeof(*req));
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len >= CTL_LINE) {
		(void)text_format(buf, size, "the line is too long");
		return buf;
	}
	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t') {
			(void)text_format(buf, size,
			    "the line has a byte in it that is no text");
			return buf;
		}
	memcpy(text, line, len);
	text[len] = '\0';
	return parse_text(text, req, buf, size);
}

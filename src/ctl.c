/*
 * ctl.c - lines of the control socket.  Whatever is in a line, nothing happens but
 * what one of the commands below says.
 */
#include <string.h>

#include "ctl.h"
#include "text.h"

#define BLANKS	" \t"

/* In the order of enum ctl_command. */
static const char	commands[] = "status\0backends\0sessions\0listeners\0"
			    "config\0help\0kill\0drain\0disable\0enable\0"
			    "reload";

enum { COMMANDS = CTL_RELOAD + 1, SHOWN = 60 };

/* The first commands are views, in the order of both kinds of these. */
_Static_assert(CTL_HELP == (int)VIEW_HELP && CTL_CONFIG == (int)VIEW_CONFIG &&
    VIEW_JSON_STATUS + CTL_CONFIG == (int)VIEW_JSON_CONFIG, "views");

const char *
ctl_word(enum ctl_command command)
{
	return text_nth(commands, command);
}

bool
ctl_view(const struct ctl_request *req, enum view_kind *kind)
{
	*kind = (enum view_kind)req->command;
	if (req->json && req->command < CTL_HELP)
		*kind += VIEW_JSON_STATUS;
	return req->command <= CTL_HELP;
}

/* The next word of a line, of len bytes; none at its end. */
static const char *
next_word(const char *s, size_t *len)
{
	s += strspn(s, BLANKS);
	*len = strcspn(s, BLANKS);
	return s;
}

/* What a command is about: all the rest of the line, as labels may have blanks. */
static const char *
take_rest(const char *s, struct ctl_request *req)
{
	bool	wanted = req->command >= CTL_KILL &&
		    req->command <= CTL_ENABLE;
	size_t	len;

	s += strspn(s, BLANKS);
	for (len = strlen(s); len > 0 && strchr(BLANKS, s[len - 1]) != NULL;)
		len--;
	if (len >= sizeof(req->word))
		return ": the name is too long";
	if (wanted != (len > 0))
		return wanted ? " needs the name of a session or backend" :
		    " takes no argument";
	memcpy(req->word, s, len);
	return NULL;
}

static const char *
parse_text(const char *s, struct ctl_request *req, char *buf, size_t size)
{
	const char	*wrong;
	size_t		 len;
	unsigned	 i;

	s = next_word(s, &len);
	if (len == 6 && memcmp(s, "--json", len) == 0) {
		req->json = true;
		s = next_word(s + len, &len);
	}
	if (len == 0)
		return "no command; try help";
	for (i = 0; i < COMMANDS; i++) {
		if (strlen(ctl_word(i)) != len ||
		    memcmp(s, ctl_word(i), len) != 0)
			continue;
		req->command = i;
		if ((wrong = take_rest(s + len, req)) == NULL)
			return NULL;
		(void)text_format(buf, size, "%s%s", ctl_word(i), wrong);
		return buf;
	}
	(void)text_format(buf, size, "no such command: %.*s; try help",
	    (int)(len > SHOWN ? SHOWN : len), s);
	return buf;
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
	if (len >= CTL_LINE)
		return "the line is too long";
	for (i = 0; i < len; i++) {
		text[i] = line[i];
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			return "the line has a byte in it that is no text";
	}
	text[len] = '\0';
	return parse_text(text, req, buf, size);
}

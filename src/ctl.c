/*
 * ctl.c - lines of the control socket.  Whatever is in a line, nothing happens but
 * what one of the commands below says.
 */
#include <string.h>

#include "ctl.h"
#include "text.h"

#define BLANKS	" \t"

/* In the order of enum ctl_command. */
static const char	*const commands =
    "status\0backends\0sessions\0listeners\0config\0help\0"
    "kill\0drain\0disable\0enable\0reload";

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

/* The next word, taken off the line. */
static char *
next_word(char **line)
{
	char	*word = *line + strspn(*line, BLANKS);
	char	*end = word + strcspn(word, BLANKS);

	*line = end + strspn(end, BLANKS);
	*end = '\0';
	return word;
}

static const char *
parse_text(char *line, struct ctl_request *req, char *buf, size_t size)
{
	const char	*word = next_word(&line);
	unsigned	 i = 0;
	bool		 about;

	if (strcmp(word, "--json") == 0) {
		req->json = true;
		word = next_word(&line);
	}
	if (*word == '\0')
		return "no command; try help";
	while (i < COMMANDS && strcmp(ctl_word(i), word) != 0)
		i++;
	req->command = i;
	/* all the rest of the line, as labels may have blanks */
	req->word = line;
	about = i >= CTL_KILL && i <= CTL_ENABLE;
	if (i < COMMANDS && about == (*line != '\0'))
		return NULL;
	if (i == COMMANDS)
		(void)text_format(buf, size, "no such command: %.*s; try help",
		    SHOWN, word);
	else
		(void)text_format(buf, size, "%s %s", word, about ?
		    "needs the name of a session or backend" :
		    "takes no argument");
	return buf;
}

const char *
ctl_parse(char *line, size_t len, struct ctl_request *req, char *buf,
    size_t size)
{
	size_t	i;

	memset(req, 0, sizeof(*req));
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len >= CTL_LINE)
		return "the line is too long";
	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			return "the line has a byte in it that is no text";
	while (len > 0 && strchr(BLANKS, line[len - 1]) != NULL)
		len--;
	line[len] = '\0';
	return parse_text(line, req, buf, size);
}

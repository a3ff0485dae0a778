/*
 * conf.c - files, statements and blocks: the frame of the configuration reader.
 *
 * Recursion follows the nesting of blocks, lists and files, all bounded by
 * LIMIT_DEPTH together.  After a syntax error the reader goes on at the next
 * statement, so one run reports all errors; nothing of a bad configuration is
 * used.
 */
#include <errno.h>
#include <string.h>

#include "conf_int.h"
#include "file.h"
#include "log.h"
#include "mem.h"
#include "proc.h"
#include "text.h"

static void statements(struct conf *);
static bool	port_zero;

bool
conf_port_zero(const bool *may)
{
	if (may != NULL)
		port_zero = *may;
	return port_zero;
}

int
conf_pid(int set)
{
	static int pid;

	if (set != 0)
		pid = set;
	return pid != 0 ? pid : proc_pid();
}

const char *
conf_string(const struct setup *setup, uint32_t offset)
{
	return setup->strings + offset;
}

const char *
conf_at(const struct setup *setup, uint32_t at)
{
	static char text[300];
	uint32_t file = SETUP_AT_FILE(at);

	if (at == 0 || file >= setup->nfiles)
		return "default";
	text_format(text, sizeof(text), "%s:%u",
	    conf_string(setup, setup->files[file]), SETUP_AT_LINE(at));
	return text;
}

/* ---- files ---- */

/* Parse len bytes that were put into the input; from is the include, if any. */
static void
read_input(struct conf *c, const char *path, size_t len, struct place from)
{
	struct reader outer = c->in;
	struct setup *s = c->setup;
	char *text = c->input + c->ninput, binary;
	uint32_t file;
	size_t end;

	if ((from.at != 0 && !conf_enter(c)) ||
	    !conf_room(c, from, s->nfiles, LIMIT_FILES))
		return;
	c->ninput += (uint32_t)len + 1;
	c->open[c->nopen].path = path;
	c->open[c->nopen++].from = from;
	file = s->nfiles++;
	s->files[file] = setup_string(c, strcmp(path, "-") == 0 ?
	    "standard input" : path);
	text_plain(s->strings + s->files[file]);
	text[len] = '\0';
	end = lex_text_len(text);
	binary = text[end];
	text[end] = '\0';
	lex_open(&c->in.lex, text, SETUP_AT(file, 1));
	conf_next(c);
	if (end == len)
		for (statements(c); c->in.tok.type == TOKEN_RBRACE;
		    statements(c)) {
			conf_error(c, c->in.tok.place,
			    "no block is open that this } could close");
			conf_next(c);
		}
	else {
		while (c->in.tok.type != TOKEN_END)
			conf_next(c);
		conf_error(c, c->in.tok.place, "byte 0x%02x: this is not a "
		    "text file", (unsigned char)binary);
	}
	c->nopen--;
	c->in = outer;
	c->ninput -= (uint32_t)len + 1;
	if (from.at != 0)
		c->depth--;
}

/* "a.conf:3 -> b.conf:7 -> a.conf": the files that are open, and path. */
static void
circle(struct conf *c, const char *path, struct place from)
{
	char names[700];
	size_t len = 0;
	unsigned i;

	for (i = 1; i <= c->nopen && len < sizeof(names); i++)
		len += text_format(names + len, sizeof(names) - len, "%s -> ",
		    conf_at(c->setup, i < c->nopen ? c->open[i].from.at :
		    from.at));
	conf_error(c, from, "include goes round in a circle: %s%s", names,
	    path);
}

static void
file_error(struct conf *c, struct place from, const char *path, long error)
{
	const char *why = log_errno((int)error);

	if (error == -EISDIR)
		why = "it is a directory";
	else if (error == -EINVAL)
		why = "it is not a regular file";
	else if (error == -EFBIG)
		why = "it is too large (LIMIT_CONF_BYTES), or all files "
		    "together are";
	if (from.at != 0) {
		conf_error(c, from, "cannot read \"%.60s\": %s", path, why);
		return;
	}
	c->setup->files[0] = setup_string(c, path);
	conf_error(c, from, "cannot read it: %s", why);
	c->stop = true;
}

/* Behind each file comes its NUL, and room for that of one more that is empty. */
static size_t
input_room(const struct conf *c)
{
	size_t room = sizeof(c->input) - c->ninput;

	room = room < 2 ? 0 : room - 2;
	return room < LIMIT_CONF_BYTES ? room : LIMIT_CONF_BYTES;
}

/* Read a file now; path stays as long as it is open. */
static void
read_file(struct conf *c, const char *path, struct place from)
{
	unsigned i;
	long n;

	for (i = 0; i < c->nopen; i++)
		if (strcmp(c->open[i].path, path) == 0) {
			circle(c, path, from);
			return;
		}
	n = file_read(path, c->input + c->ninput, input_room(c));
	if (n < 0)
		file_error(c, from, path, n);
	else
		read_input(c, path, (size_t)n, from);
}

static void
include_glob(struct conf *c, const char *pattern, struct place from)
{
	const char *names = c->input + c->ninput;
	uint32_t room = (uint32_t)input_room(c) / 4;
	int n = file_glob(pattern, c->input + c->ninput, room);

	if (n < 0)
		file_error(c, from, pattern, n);
	c->ninput += room;		/* the names stay while they are read */
	for (; n > 0 && !c->stop; n--) {
		read_file(c, names, from);
		names += strlen(names) + 1;
	}
	c->ninput -= room;
}

static void
include(struct conf *c, const char *name, struct place from)
{
	const char *path;

	if (*name == '\0' || strcmp(name, "-") == 0) {
		conf_error(c, from, "expected the name of a file");
		return;
	}
	path = conf_text_add(c, from, *name == '/' ? "" : c->base, name);
	if (path == NULL)
		return;
	if (strpbrk(name, "*?[") != NULL)
		include_glob(c, path, from);
	else
		read_file(c, path, from);
}

static void
include_shell(struct conf *c, const char *command, struct place from)
{
	char name[300];
	int status = 0;
	long n;

	n = file_shell(*c->base == '\0' ? NULL : c->base, command,
	    c->input + c->ninput, input_room(c), &status);
	if (n == -ECHILD)
		conf_error(c, from, "the command failed with exit status %d",
		    status);
	else if (n < 0)
		file_error(c, from, command, n);
	else {
		text_format(name, sizeof(name), "%s(include_shell)",
		    conf_at(c->setup, from.at));
		read_input(c, name, (size_t)n, from);
	}
}

/* ---- statements ---- */

/* Two statements may share a line; everything else behind one is a mistake. */
static bool
statement_end(struct conf *c)
{
	/* a word behind a string over lines: a quote was lost in between */
	if (c->in.suspect.type == TOKEN_STRING &&
	    c->in.tok.type == TOKEN_WORD)
		return conf_unexpected(c, "");
	switch (c->in.tok.type) {
	case TOKEN_EOL:
	case TOKEN_END:
	case TOKEN_RBRACE:
	case TOKEN_WORD:
	case TOKEN_DOLLAR:
		return true;
	default:
		return conf_unexpected(c, "+ or the end of the line");
	}
}

static bool
include_statement(struct conf *c, bool shell)
{
	const struct value *v;

	conf_next_line(c);
	if ((v = conf_expr(c)) == NULL || !statement_end(c))
		return false;
	if (v->type == VALUE_POISON)
		return true;
	if (v->type != VALUE_STRING)
		conf_error(c, v->place, "expected a string (in double quotes)");
	else if (strpbrk(v->text, "\r\n") != NULL)
		conf_error(c, v->place, "it holds control characters");
	else if (shell)
		include_shell(c, v->text, v->place);
	else
		include(c, v->text, v->place);
	return true;
}

static bool
assignment(struct conf *c)
{
	struct place place = c->in.tok.place;
	enum token_type op;
	struct value *v;
	char name[CONF_NAME];
	bool good;

	if (!conf_name(c, name))
		return false;
	conf_next(c);
	op = c->in.tok.type;
	if (!token_assigns(op))
		return conf_unexpected(c, "=, := or +=");
	conf_next_line(c);
	v = conf_expr(c);
	good = v != NULL && statement_end(c);
	if (!good) {			/* no errors that follow */
		op = TOKEN_REPLACE;
		v = value_new(c, VALUE_POISON, place);
	}
	conf_assign(c, place, name, op, v);
	return good;
}

/* From "{", which an error may have taken, to "}", in that block. */
static void
block_body(struct conf *c, struct block *block)
{
	struct place brace = c->in.tok.place;
	struct block *outer = c->block;
	bool open = c->in.tok.type == TOKEN_LBRACE;

	if (block == NULL || !conf_enter(c))
		return;
	c->block = block;
	if (open)
		conf_next(c);
	statements(c);
	c->block = outer;
	c->depth--;
	if (c->in.tok.type == TOKEN_RBRACE)
		conf_next(c);
	else if (open) {
		conf_error(c, brace, "this block is never closed");
		c->unclosed = true;
	}
}

/*
 * The word or words between two blocks of a chain; false: there are none.
 * Sets whether a condition has to follow.
 */
static bool
else_word(struct conf *c, bool *cond)
{
	enum reserved word;

	while (c->in.tok.type == TOKEN_EOL)
		conf_next(c);
	word = conf_reserved(&c->in.tok);
	if (word != RESERVED_ELSE && word != RESERVED_ELSEIF)
		return false;
	conf_next_line(c);
	*cond = word == RESERVED_ELSEIF;
	if (!*cond && conf_reserved(&c->in.tok) == RESERVED_IF) {
		*cond = true;
		conf_next_line(c);
	}
	return true;
}

/* After a syntax error: to the next statement, or a block on the way. */
static void
recover(struct conf *c)
{
	if (c->in.tok.type == TOKEN_STRING)
		c->in.tok.lines = false;	/* the mistake is elsewhere */
	lex_recover(&c->in.lex, &c->in.tok);
	memset(&c->in.suspect, 0, sizeof(c->in.suspect));
}

static void
condition(struct conf *c)
{
	struct place place;
	struct block *block, *prev = NULL;
	bool last = false, cond = true;

	do {
		place = c->in.tok.place;
		c->in.body = prev != NULL;
		block = NULL;
		if (last)
			conf_error(c, place, "nothing is left for another "
			    "else here");
		if (c->in.tok.type == TOKEN_DOLLAR)
			block = conf_cond(c, prev);
		else if (!cond && c->in.tok.type == TOKEN_LBRACE) {
			block = conf_block(c, COND_ALWAYS, place, prev);
			last = true;
		} else
			conf_unexpected(c, cond ? "a condition" :
			    "a condition or {");
		if (block == NULL) {
			recover(c);	/* it may go over the { */
			if (!c->in.body && c->in.tok.type != TOKEN_LBRACE)
				return;
			block = conf_block(c, COND_NEVER, place, prev);
		} else if (c->global)
			conf_error(c, place, "a condition cannot stand in "
			    "global { }");
		block_body(c, block);
		prev = block;
	} while (else_word(c, &cond));
}

static bool
global_statement(struct conf *c)
{
	bool outer = c->global;

	conf_next(c);
	c->in.body = true;
	if (!conf_brace(c))
		return false;
	c->global = true;
	block_body(c, c->blocks);
	c->global = outer;
	return true;
}

static bool
statement(struct conf *c)
{
	memset(&c->in.suspect, 0, sizeof(c->in.suspect));
	c->in.body = false;
	if (c->in.tok.type == TOKEN_DOLLAR) {
		condition(c);
		return true;
	}
	if (c->in.tok.type != TOKEN_WORD)
		return conf_unexpected(c, "a directive");
	switch (conf_reserved(&c->in.tok)) {
	case RESERVED_INCLUDE:
		return include_statement(c, false);
	case RESERVED_SHELL:
		return include_statement(c, true);
	case RESERVED_GLOBAL:
		return global_statement(c);
	case RESERVED_ELSE:
	case RESERVED_ELSEIF:
		conf_error(c, c->in.tok.place,
		    "there is no condition before this else");
		return false;
	default:
		return assignment(c);
	}
}

/* Up to the end of the file or a "}" that is not ours. */
static void
statements(struct conf *c)
{
	for (;;) {
		if (c->in.tok.type == TOKEN_EOL)
			conf_next(c);
		else if (c->in.tok.type == TOKEN_END ||
		    c->in.tok.type == TOKEN_RBRACE)
			return;
		else if (!statement(c)) {
			recover(c);
			if (c->in.body || c->in.tok.type == TOKEN_LBRACE)
				block_body(c, conf_block(c, COND_NEVER,
				    c->in.tok.place, NULL));
		}
		if (c->stop)
			return;
	}
}

/* ---- entries ---- */

static struct conf *
begin(struct setup *setup, conf_put *put, void *ctx)
{
	struct conf *c = mem_private(sizeof(*c));

	if (c == NULL) {
		put(ctx, "error: no memory for the configuration");
		return NULL;
	}
	c->setup = setup;
	c->put = put;
	c->ctx = ctx;
	c->end = c->blocks + 1;
	c->block = c->blocks;
	memset(setup, 0, offsetof(struct setup, listeners));
	setup->nstrings = 1;
	setup->strings[0] = '\0';
	return c;
}

static bool
finish(struct conf *c)
{
	bool good;

	conf_unused(c);
	if (!c->stop)
		conf_build(c);
	good = c->errors == 0;
	mem_unmap(c, sizeof(*c));
	return good;
}

bool
conf_file(struct setup *setup, const char *path, conf_put *put, void *ctx)
{
	struct conf *c = begin(setup, put, ctx);
	const char *slash = strrchr(path, '/');

	if (c == NULL)
		return false;
	if (slash != NULL && (size_t)(slash - path) + 1 < sizeof(c->base))
		memcpy(c->base, path, (size_t)(slash - path) + 1);
	read_file(c, path, (struct place){ 0, 0 });
	return finish(c);
}

static struct place
line(int n)
{
	return (struct place){ SETUP_AT(0, (uint32_t)n), 1 };
}

bool
conf_text(struct setup *setup, const char *name, const char *text, size_t len,
    conf_put *put, void *ctx)
{
	struct conf *c = begin(setup, put, ctx);

	if (c == NULL)
		return false;
	if (conf_room(c, line(1), len, sizeof(c->input))) {
		memcpy(c->input, text, len);
		read_input(c, name, len, (struct place){ 0, 0 });
	}
	return finish(c);
}

/* A word of the command line: the first address is its line 1, and so on. */
static struct value *
word(struct conf *c, int n, const char *text)
{
	struct value *v = value_new(c, VALUE_STRING, line(n));

	v->text = text;
	if (text[lex_text_len(text)] != '\0')
		conf_error(c, v->place, "it holds control characters");
	return v;
}

bool
conf_words(struct setup *setup, char *const *words, int n, conf_put *put,
    void *ctx)
{
	struct conf *c = begin(setup, put, ctx);
	struct value *list;
	int i;

	if (c == NULL)
		return false;
	setup->files[setup->nfiles++] = setup_string(c, "command line");
	c->block = conf_block(c, COND_SOCKET, line(1), NULL);
	c->block->op = TOKEN_EQ;
	c->block->text = word(c, 1, words[0])->text;
	list = value_new(c, VALUE_LIST, line(2));
	for (i = 1; i < n; i++)
		value_append(c, list, word(c, i + 1, words[i]));
	conf_assign(c, line(2), "sockproxy.server", TOKEN_ASSIGN, list);
	return finish(c);
}

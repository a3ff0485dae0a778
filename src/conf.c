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

const char *
conf_string(const struct setup *setup, uint32_t offset)
{
	return offset < setup->nstrings ? setup->strings + offset : "";
}

const char *
conf_at(const struct setup *setup, uint32_t at, char *buf, size_t size)
{
	uint32_t file = SETUP_AT_FILE(at);

	if (at == 0 || file >= setup->nfiles)
		text_format(buf, size, "default");
	else
		text_format(buf, size, "%s:%lu",
		    conf_string(setup, setup->files[file]),
		    (unsigned long)SETUP_AT_LINE(at));
	return buf;
}

/* ---- files ---- */

/* Parse a text under a name; from is the include, if any. */
static void
read_text(struct conf *c, const char *name, const char *text, size_t len,
    struct place from)
{
	struct lex lex = c->lex;
	struct token tok = c->tok, suspect = c->suspect, paren = c->paren;
	uint32_t file = c->file;
	const char *binary;
	char *p;

	if (c->setup->nfiles == LIMIT_FILES) {
		conf_full(c, from, "LIMIT_FILES", LIMIT_FILES);
		return;
	}
	c->file = c->setup->nfiles++;
	c->setup->files[c->file] = setup_string(c, name);
	for (p = c->setup->strings + c->setup->files[c->file]; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';	/* as messages show it */
	lex_open(&c->lex, text, len);
	if ((binary = lex_binary(text, len)) != NULL) {
		/* let the lexer count lines up to there */
		c->lex.end = binary;
		do {
			lex_next(&c->lex, &c->tok);
			c->lex.parens = 0;
		} while (c->tok.type != TOKEN_END && c->lex.pos < binary);
		c->tok.line = c->lex.line;
		c->tok.column =
		    (uint32_t)(binary - c->lex.line_start) + 1;
		conf_error(c, conf_place(c), "byte 0x%02x: this is not a "
		    "text file", (unsigned char)*binary);
	} else {
		conf_next(c);
		statements(c);
		while (c->tok.type == TOKEN_RBRACE) {
			conf_error(c, conf_place(c),
			    "no block is open that this } could close");
			conf_next(c);
			statements(c);
		}
	}
	c->file = file;
	c->lex = lex;
	c->tok = tok;
	c->suspect = suspect;
	c->paren = paren;
}

/* "a.conf:3 -> b.conf:7 -> a.conf": the files that are open, and path. */
static const char *
chain(struct conf *c, const char *path, char *buf, size_t size)
{
	char at[256];
	size_t len = 0;
	unsigned i;

	for (i = 1; i < c->nopen && len < size; i++)
		len += text_format(buf + len, size - len, "%s -> ",
		    conf_at(c->setup, c->open[i].from.at, at, sizeof(at)));
	if (len < size)
		text_format(buf + len, size - len, "%s", path);
	return buf;
}

static void
file_error(struct conf *c, struct place from, const char *path, long error)
{
	char line[512];
	const char *why;

	switch (error) {
	case -EISDIR:
		why = "it is a directory";
		break;
	case -EINVAL:
		why = "it is not a regular file";
		break;
	case -EFBIG:
		why = "it is larger than LIMIT_CONF_BYTES (4 MiB), or all "
		    "files together are too large";
		break;
	default:
		why = log_errno((int)error);
	}
	if (from.at != 0) {
		conf_error(c, from, "cannot read \"%.60s\": %s", path, why);
		return;
	}
	c->errors++;
	text_format(line, sizeof(line), "%s: error: cannot read it: %s", path,
	    why);
	c->put(c->ctx, line);
}

static size_t
input_room(const struct conf *c)
{
	size_t room = sizeof(c->input) - c->ninput;

	return room < LIMIT_CONF_BYTES ? room : LIMIT_CONF_BYTES;
}

/* Read a file now; path stays as long as it is open. */
static void
read_file(struct conf *c, const char *path, struct place from)
{
	char *text = c->input + c->ninput, names[700];
	unsigned i;
	long n;

	for (i = 0; i < c->nopen; i++)
		if (strcmp(c->open[i].path, path) == 0) {
			c->open[c->nopen].from = from;
			c->nopen++;
			conf_error(c, from, "include goes round in a circle: "
			    "%s", chain(c, path, names, sizeof(names)));
			c->nopen--;
			return;
		}
	if (from.at != 0 && !conf_enter(c))
		return;
	if ((n = file_read(path, text, input_room(c))) < 0)
		file_error(c, from, path, n);
	else {
		c->open[c->nopen].path = path;
		c->open[c->nopen++].from = from;
		c->ninput += (size_t)n;
		read_text(c, strcmp(path, "-") == 0 ? "standard input" : path,
		    text, (size_t)n, from);
		c->ninput -= (size_t)n;
		c->nopen--;
	}
	if (from.at != 0)
		c->depth--;
}

static void
include_glob(struct conf *c, const char *pattern, struct place from)
{
	char *names = c->input + c->ninput;
	size_t room = input_room(c) / 4, len;
	int n;

	if ((n = file_glob(pattern, names, room)) < 0) {
		conf_error(c, from, "cannot look for \"%.60s\": %s", pattern,
		    log_errno(n));
		return;
	}
	c->ninput += room;		/* the names stay while they are read */
	for (; n > 0 && !c->stop; n--) {
		len = strlen(names);
		read_file(c, names, from);
		names += len + 1;
	}
	c->ninput -= room;
}

static void
include(struct conf *c, const char *name, struct place from)
{
	char *path;
	uint32_t at;
	size_t len = *name == '/' ? 0 : strlen(c->base);

	if (*name == '\0' || strcmp(name, "-") == 0) {
		conf_error(c, from, "expected the name of a file");
		return;
	}
	at = conf_text_add(c, from, c->base, len + strlen(name));
	if (at == 0)
		return;
	path = c->text + at;
	memcpy(path + len, name, strlen(name) + 1);
	if (strpbrk(name, "*?[") != NULL)
		include_glob(c, path, from);
	else
		read_file(c, path, from);
}

static void
include_shell(struct conf *c, const char *command, struct place from)
{
	char *text = c->input + c->ninput, name[300];
	size_t len;
	int status = 0;
	long n;

	n = file_shell(*c->base == '\0' ? NULL : c->base, command, text,
	    input_room(c), &status);
	if (n == -ECHILD)
		conf_error(c, from, "the command failed with exit status %d",
		    status);
	else if (n < 0)
		conf_error(c, from, "cannot run the command: %s",
		    n == -EFBIG ? "it prints too much" : log_errno((int)n));
	if (n < 0 || !conf_enter(c))
		return;
	conf_at(c->setup, from.at, name, sizeof(name) - 20);
	len = strlen(name);
	text_format(name + len, sizeof(name) - len, "(include_shell)");
	c->open[c->nopen].path = name;
	c->open[c->nopen++].from = from;
	c->ninput += (size_t)n;
	read_text(c, name, text, (size_t)n, from);
	c->ninput -= (size_t)n;
	c->nopen--;
	c->depth--;
}

/* ---- statements ---- */

static bool
word_is(const struct conf *c, const char *word)
{
	return c->tok.type == TOKEN_WORD && strlen(word) == c->tok.len &&
	    memcmp(word, c->tok.text, c->tok.len) == 0;
}

/* A word right behind a string over lines: a quote was lost in between. */
static bool
swallowed(const struct conf *c)
{
	return c->suspect.type == TOKEN_STRING && c->tok.type == TOKEN_WORD;
}

/* Two statements may share a line; everything else behind one is a mistake. */
static bool
statement_end(struct conf *c)
{
	if (swallowed(c)) {
		conf_unexpected(c, "");
		return false;
	}
	switch (c->tok.type) {
	case TOKEN_EOL:
	case TOKEN_END:
	case TOKEN_RBRACE:
	case TOKEN_WORD:
	case TOKEN_DOLLAR:
		return true;
	default:
		conf_unexpected(c, "+ or the end of the line");
		return false;
	}
}

static bool
include_statement(struct conf *c, bool shell)
{
	struct place place;
	const struct value *v;
	uint32_t value;
	const char *text;

	conf_next_line(c);
	place = conf_place(c);
	if ((value = conf_expr(c)) == 0 || !statement_end(c))
		return false;
	v = &c->values[value];
	text = conf_text_get(c, v->text);
	if (v->type == VALUE_POISON)
		return true;
	if (v->type != VALUE_STRING)
		conf_error(c, place, "expected a string (in double quotes)");
	else if (lex_binary(text, strlen(text)) != NULL ||
	    strpbrk(text, "\r\n") != NULL)
		conf_error(c, place, "the name holds control characters");
	else if (shell)
		include_shell(c, text, place);
	else
		include(c, text, place);
	return true;
}

static bool
assignment(struct conf *c)
{
	struct place place = conf_place(c);
	enum token_type op;
	uint32_t value;
	char name[256];

	if (c->tok.len >= sizeof(name) - 4) {
		conf_error(c, place, "the name is too long");
		return false;
	}
	text_format(name, sizeof(name), "%s%.*s",
	    memchr(c->tok.text, '.', c->tok.len) == NULL ? "var." : "",
	    (int)c->tok.len, c->tok.text);
	conf_next(c);
	op = c->tok.type;
	if (op != TOKEN_ASSIGN && op != TOKEN_REPLACE && op != TOKEN_APPEND) {
		conf_unexpected(c, "=, := or +=");
		return false;
	}
	conf_next_line(c);
	if ((value = conf_expr(c)) == 0) {
		/* it has a value, if not one to use: no errors that follow */
		conf_assign(c, place, name, TOKEN_REPLACE,
		    value_new(c, VALUE_POISON, place));
		return false;
	}
	if (swallowed(c))
		value = value_new(c, VALUE_POISON, place);
	conf_assign(c, place, name, op, value);
	return statement_end(c);
}

/* From "{" to "}", in that block. */
static void
block_body(struct conf *c, uint32_t block)
{
	struct place brace = conf_place(c);
	uint32_t outer = c->block;

	if (block == 0 || !conf_enter(c))
		return;
	c->block = block;
	conf_next(c);
	statements(c);
	c->block = outer;
	c->depth--;
	if (c->tok.type == TOKEN_RBRACE)
		conf_next(c);
	else
		conf_error(c, brace, "this block is never closed");
}

/* The word or words between two blocks of a chain; false: there are none. */
static bool
else_word(struct conf *c)
{
	while (c->tok.type == TOKEN_EOL)
		conf_next(c);
	if (word_is(c, "else")) {
		conf_next_line(c);
		if (word_is(c, "if"))
			conf_next_line(c);
		return true;
	}
	if (!word_is(c, "elseif") && !word_is(c, "elsif") &&
	    !word_is(c, "elif"))
		return false;
	conf_next_line(c);
	return true;
}

static bool
condition(struct conf *c)
{
	struct place place;
	uint32_t block, prev = 0;
	bool last = false;

	do {
		place = conf_place(c);
		if (last)
			conf_error(c, place, "nothing is left for another "
			    "else here");
		if (c->tok.type == TOKEN_DOLLAR)
			block = conf_cond(c, prev);
		else if (prev != 0 && c->tok.type == TOKEN_LBRACE) {
			block = conf_block(c, COND_ALWAYS, place, prev);
			last = true;
		} else {
			conf_unexpected(c, "a condition or {");
			return false;
		}
		if (block == 0)
			return false;
		if (c->global)
			conf_error(c, place, "a condition cannot stand in "
			    "global { }");
		block_body(c, block);
		prev = block;
	} while (else_word(c));
	return true;
}

static bool
global_statement(struct conf *c)
{
	bool outer = c->global;
	uint32_t block = c->block;

	conf_next(c);
	if (!conf_brace(c)) {
		conf_unexpected(c, "{");
		return false;
	}
	c->global = true;
	block_body(c, ROOT);
	c->block = block;
	c->global = outer;
	return true;
}

static bool
statement(struct conf *c)
{
	memset(&c->suspect, 0, sizeof(c->suspect));
	if (c->tok.type == TOKEN_DOLLAR)
		return condition(c);
	if (c->tok.type != TOKEN_WORD) {
		conf_unexpected(c, "a directive");
		return false;
	}
	if (word_is(c, "include"))
		return include_statement(c, false);
	if (word_is(c, "include_shell"))
		return include_statement(c, true);
	if (word_is(c, "global"))
		return global_statement(c);
	if (word_is(c, "else") || word_is(c, "elseif") ||
	    word_is(c, "elsif") || word_is(c, "elif")) {
		conf_error(c, conf_place(c),
		    "there is no condition before this else");
		return false;
	}
	return assignment(c);
}

/* After a syntax error: to the next statement.  A block on the way is read. */
static void
recover(struct conf *c)
{
	if (c->tok.type == TOKEN_BAD && c->tok.lines)
		lex_rewind(&c->lex, &c->tok);
	if (c->lex.parens > 0 || (c->tok.type != TOKEN_EOL &&
	    c->tok.type != TOKEN_END && c->tok.type != TOKEN_LBRACE &&
	    c->tok.type != TOKEN_RBRACE)) {
		lex_recover(&c->lex);
		conf_next(c);
	}
	memset(&c->suspect, 0, sizeof(c->suspect));
	if (c->tok.type == TOKEN_LBRACE)
		block_body(c, conf_block(c, COND_NEVER, conf_place(c), 0));
}

/* Up to the end of the file or a "}" that is not ours. */
static void
statements(struct conf *c)
{
	for (;;) {
		if (c->tok.type == TOKEN_EOL)
			conf_next(c);
		else if (c->tok.type == TOKEN_END ||
		    c->tok.type == TOKEN_RBRACE)
			return;
		else if (!statement(c))
			recover(c);
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
		put(ctx, "error: no memory for reading the configuration");
		return NULL;
	}
	c->setup = setup;
	c->put = put;
	c->ctx = ctx;
	c->nvalues = c->nassigns = c->nblocks = 1;
	c->ntext = 1;
	setup->nlisteners = setup->npools = setup->nbackends = 0;
	setup->nprofiles = setup->nclasses = setup->naddrs = 0;
	setup->nfiles = 0;
	setup->nstrings = 1;
	setup->strings[0] = '\0';
	c->block = conf_block(c, COND_ALWAYS, (struct place){ 0, 0 }, 0);
	return c;
}

static bool
finish(struct conf *c)
{
	bool good;

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
	if (c->setup->nfiles == 0)
		c->stop = true;
	return finish(c);
}

bool
conf_text(struct setup *setup, const char *name, const char *text, size_t len,
    conf_put *put, void *ctx)
{
	struct conf *c = begin(setup, put, ctx);

	if (c == NULL)
		return false;
	c->open[c->nopen++].path = name;
	read_text(c, name, text, len, (struct place){ 0, 0 });
	return finish(c);
}

/* Add bytes to the input.  False when there is no room. */
static bool
input_add(struct conf *c, const char *s, size_t len)
{
	if (sizeof(c->input) - c->ninput < len)
		return false;
	memcpy(c->input + c->ninput, s, len);
	c->ninput += len;
	return true;
}

/* A word of the command line, in double quotes. */
static bool
input_quoted(struct conf *c, const char *s)
{
	bool fits = input_add(c, "\"", 1);

	for (; *s != '\0' && fits; s++)
		fits = (*s != '"' || input_add(c, "\\", 1)) &&
		    input_add(c, s, 1);
	return fits && input_add(c, "\"", 1);
}

bool
conf_words(struct setup *setup, const char *listen, int nbackends,
    char *const *backends, conf_put *put, void *ctx)
{
	static const char head[] = "$SERVER[\"socket\"] == ";
	static const char body[] = " {\nsockproxy.server = (\n";
	static const char tail[] = ")\n}\n";
	struct conf *c = begin(setup, put, ctx);
	bool fits;
	int i;

	if (c == NULL)
		return false;
	fits = input_add(c, head, sizeof(head) - 1) &&
	    input_quoted(c, listen) && input_add(c, body, sizeof(body) - 1);
	for (i = 0; i < nbackends && fits; i++)
		fits = input_quoted(c, backends[i]) && input_add(c, ",\n", 2);
	if (fits && input_add(c, tail, sizeof(tail) - 1))
		read_text(c, "command line", c->input, c->ninput,
		    (struct place){ 0, 0 });
	else {
		put(ctx, "command line: error: it is too long");
		c->errors++;
		c->stop = true;
	}
	return finish(c);
}

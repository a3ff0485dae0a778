/*
 * conf_expr.c - expressions, and what the grammar says when it meets a token
 * that does not fit.
 *
 * A syntax error gives NULL and leaves the offending token where it is: the
 * statement is given up and conf.c goes on behind it.  An error of meaning
 * gives poison, which is quiet from then on.
 */
#include <string.h>

#include "conf_int.h"
#include "text.h"

void
conf_next(struct conf *c)
{
	if (c->stop) {
		memset(&c->in.tok, 0, sizeof(c->in.tok));
		c->in.tok.type = TOKEN_END;
		return;
	}
	lex_next(&c->in.lex, &c->in.tok);
	if (c->in.tok.type == TOKEN_STRING && c->in.tok.lines)
		c->in.suspect = c->in.tok;
}

void
conf_next_line(struct conf *c)
{
	do {
		conf_next(c);
	} while (c->in.tok.type == TOKEN_EOL);
}

/* At the end of the text or of the statement. */
static void
unclosed(struct conf *c, enum token_type end)
{
	conf_error(c, c->in.paren, "the list has no closing )");
	c->in.tok.type = end;
}

bool
conf_unexpected(struct conf *c, const char *expected)
{
	const char *found;
	char text[64];

	found = lex_describe(&c->in.tok, text, sizeof(text));
	if (c->in.tok.type == TOKEN_END && c->in.tok.parens > 0)
		unclosed(c, TOKEN_END);
	else if (c->in.suspect.type == TOKEN_STRING) {
		/* the true place of the mistake */
		c->in.tok = c->in.suspect;
		c->in.tok.type = TOKEN_BAD;
		conf_error(c, c->in.tok.place, "this string goes on to another "
		    "line: is its closing quote missing?");
	} else if (c->in.tok.type == TOKEN_RPAREN && c->in.tok.parens == 0)
		conf_error(c, c->in.tok.place,
		    "no list is open that this ) could close");
	else if (c->in.tok.type == TOKEN_BAD)
		conf_good(c, c->in.tok.place, found, c->in.tok.why);
	else
		conf_error(c, c->in.tok.place, "expected %s, found %s",
		    expected, found);
	return false;
}

bool
conf_expect_next(struct conf *c, enum token_type type, const char *expected)
{
	conf_next(c);
	return c->in.tok.type == type || conf_unexpected(c, expected);
}

bool
conf_brace(struct conf *c)
{
	struct lex lex = c->in.lex;
	struct token tok = c->in.tok;

	if (c->in.tok.type == TOKEN_EOL)
		conf_next_line(c);
	if (c->in.tok.type == TOKEN_LBRACE)
		return true;
	c->in.lex = lex;
	c->in.tok = tok;
	return conf_unexpected(c, "{");
}

bool
conf_enter(struct conf *c)
{
	if (!conf_room(c, c->in.tok.place, c->depth, LIMIT_DEPTH))
		return false;
	c->depth++;
	return true;
}

bool
conf_name(struct conf *c, char name[CONF_NAME])
{
	const struct token *t = &c->in.tok;
	const char *var = memchr(t->text, '.', t->len) == NULL ? "var." : "";

	if (t->len >= CONF_NAME - 4) {
		conf_error(c, c->in.tok.place, "the name is too long");
		return false;
	}
	text_format(name, CONF_NAME, "%s%.*s", var, (int)t->len, t->text);
	return true;
}

const char *
conf_token_text(struct conf *c)
{
	const char *from = c->in.tok.text, *end = from + c->in.tok.len;
	char *text = c->text + c->ntext, *to = text;

	if (!conf_room(c, c->in.tok.place, c->ntext + c->in.tok.len,
	    LIMIT_CONF_TEXT))
		return NULL;
	while (from < end) {
		if (from[0] == '\\' && from[1] == '"')
			from++;
		*to++ = *from++;
	}
	*to++ = '\0';
	c->ntext += (uint32_t)(to - text);
	return text;
}

enum reserved
conf_reserved(const struct token *tok)
{
	char text[16];

	if (tok->type != TOKEN_WORD)
		return RESERVED_NONE;
	text_format(text, sizeof(text), "%.*s", (int)tok->len, tok->text);
	return (enum reserved)key_find_word("include include_shell global else "
	    "elseif|elsif|elif if", text, false);
}

/* A word that begins a statement is no variable where that goes on like one. */
static bool
is_reserved(const struct conf *c)
{
	const enum reserved word = conf_reserved(&c->in.tok);
	struct lex ahead = c->in.lex;
	struct token tok;

	lex_next(&ahead, &tok);
	return word != RESERVED_NONE && word < RESERVED_ELSE &&
	    (tok.type == TOKEN_LBRACE || tok.type == TOKEN_STRING);
}

/*
 * Whether the token that is looked at begins the next statement, or ends the
 * block of a list: then this one has no value, or its list no end.  Reported;
 * the reader goes on with that token.
 */
static bool
next_statement(struct conf *c)
{
	const struct token *first = &c->in.tok;

	if (first->parens == 0 && first->type == TOKEN_RBRACE)
		return false;			/* a stray one */
	if (!is_reserved(c) && !lex_is_statement(&c->in.lex, first))
		return false;
	if (first->parens > 0)
		unclosed(c, TOKEN_EOL);
	else
		conf_error(c, first->place, "expected a value, found the next "
		    "statement");
	c->in.lex.pos = first->text;
	c->in.lex.parens = 0;
	c->in.tok.type = TOKEN_EOL;
	return true;
}

static struct value *
number_value(struct conf *c)
{
	struct value *v = value_new(c, VALUE_NUMBER, c->in.tok.place);
	uint64_t n = 0;

	if (text_digits(c->in.tok.text, UINT32_MAX, &n) == NULL) {
		conf_error(c, v->place, "the number is over %u", UINT32_MAX);
		v->type = VALUE_POISON;
	}
	v->number = (uint32_t)n;
	conf_next(c);
	return v;
}

static struct value *
word_value(struct conf *c)
{
	struct place place = c->in.tok.place;
	const char *end = c->in.tok.text + c->in.tok.len;
	char name[CONF_NAME];

	if (next_statement(c) || !conf_name(c, name))
		return NULL;
	conf_next(c);
	if (c->in.tok.text == end + 1 && *end == '"') {
		conf_error(c, place, "this text has no opening quote");
		c->in.tok.type = TOKEN_BAD;
		return NULL;
	}
	if (c->in.tok.type == TOKEN_BAD) {
		conf_unexpected(c, "");
		return NULL;
	}
	return value_of_word(c, place, name);
}

/* Give an element its key: "key" => element.  False: it is there already. */
static bool
set_key(struct conf *c, const struct value *list, const struct value *k,
    struct value *element)
{
	const struct value *old;
	const char *s;
	char digits[16];

	if (k->type == VALUE_LIST)
		conf_error(c, k->place, "a list cannot be the key of =>");
	if (k->type == VALUE_LIST || k->type == VALUE_POISON) {
		element->type = VALUE_POISON;	/* no errors that follow */
		return true;
	}
	s = value_text(k, digits);
	if ((old = value_find(list, s)) != NULL) {
		value_twice(c, k->place, s, old);
		return false;
	}
	element->keyhash = text_casehash(s);
	element->keyed = true;
	element->key = s != digits ? s : conf_text_add(c, k->place, s, "");
	element->keyplace = k->place;
	return true;
}

/* One element and the comma or parenthesis behind it. */
static bool
list_element(struct conf *c, struct value *list)
{
	struct value *v, *key;
	bool fresh = true;

	if ((v = conf_expr(c)) == NULL)
		return false;
	if (c->in.tok.type == TOKEN_ARROW) {
		key = v;
		conf_next(c);
		if ((v = conf_expr(c)) == NULL)
			return false;
		fresh = set_key(c, list, key, v);
	}
	if (fresh)
		value_append(c, list, v);
	if (c->in.tok.type == TOKEN_COMMA || c->in.tok.type == TOKEN_RPAREN)
		return true;
	if (c->in.tok.type == TOKEN_ASSIGN)
		return conf_unexpected(c, "=> between key and value");
	return !next_statement(c) && conf_unexpected(c, "a comma or )");
}

static struct value *
list_value(struct conf *c)
{
	struct place outer = c->in.paren;
	struct value *list = value_new(c, VALUE_LIST, c->in.tok.place);
	bool good = true;

	if (!conf_enter(c))
		return NULL;
	c->in.paren = c->in.tok.place;
	conf_next(c);
	while (good && c->in.tok.type != TOKEN_RPAREN)
		if (c->in.tok.type == TOKEN_COMMA)
			conf_next(c);
		else
			good = list_element(c, list);
	c->depth--;
	c->in.paren = outer;
	if (!good)
		return NULL;
	conf_next(c);
	return list;
}

static struct value *
string_value(struct conf *c)
{
	struct value *v = value_new(c, VALUE_STRING, c->in.tok.place);
	const char *text = conf_token_text(c);

	if (text == NULL)
		return NULL;
	v->text = text;
	conf_next(c);
	return v;
}

static struct value *
one_value(struct conf *c)
{
	switch (c->in.tok.type) {
	case TOKEN_STRING:
		return string_value(c);
	case TOKEN_NUMBER:
		return number_value(c);
	case TOKEN_WORD:
		return word_value(c);
	case TOKEN_LPAREN:
		return list_value(c);
	default:
		if (!next_statement(c))
			conf_unexpected(c, "a value");
		return NULL;
	}
}

struct value *
conf_expr(struct conf *c)
{
	struct place place = c->in.tok.place;
	struct value *v = one_value(c), *more;

	while (v != NULL && c->in.tok.type == TOKEN_PLUS) {
		conf_next_line(c);
		more = one_value(c);
		v = more != NULL ? value_merge(c, v, more, place) : NULL;
	}
	return v;
}

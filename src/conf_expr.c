/*
 * conf_expr.c - expressions, and what the grammar says when it meets a token
 * that does not fit.
 *
 * A syntax error gives 0 and leaves the offending token where it is: the
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
		memset(&c->tok, 0, sizeof(c->tok));
		c->tok.type = TOKEN_END;
		return;
	}
	lex_next(&c->lex, &c->tok);
	if (c->tok.type == TOKEN_STRING && c->tok.lines)
		c->suspect = c->tok;
}

void
conf_next_line(struct conf *c)
{
	do {
		conf_next(c);
	} while (c->tok.type == TOKEN_EOL);
}

bool
conf_brace(struct conf *c)
{
	struct lex lex = c->lex;
	struct token tok = c->tok;

	if (c->tok.type == TOKEN_EOL)
		conf_next_line(c);
	if (c->tok.type == TOKEN_LBRACE)
		return true;
	c->lex = lex;
	c->tok = tok;
	return false;
}

void
conf_unexpected(struct conf *c, const char *expected)
{
	char text[64];

	if (c->tok.type == TOKEN_BAD) {
		conf_error(c, conf_place(c), "\"%s\": %s",
		    lex_describe(&c->tok, text, sizeof(text)), c->tok.why);
		return;
	}
	if (c->suspect.type == TOKEN_STRING) {
		c->tok = c->suspect;	/* the true place of the mistake */
		c->tok.type = TOKEN_BAD;
		conf_error(c, conf_place(c), "this string goes on to another "
		    "line: is its closing quote missing?");
		return;
	}
	conf_error(c, conf_place(c), "expected %s, found %s", expected,
	    lex_describe(&c->tok, text, sizeof(text)));
}

bool
conf_enter(struct conf *c)
{
	if (c->depth < LIMIT_DEPTH) {
		c->depth++;
		return true;
	}
	conf_error(c, conf_place(c), "nested too deep (LIMIT_DEPTH is %d)",
	    LIMIT_DEPTH);
	c->stop = true;
	return false;
}

uint32_t
conf_token_text(struct conf *c)
{
	const char *s = c->tok.text;
	size_t i, n, len = c->tok.len;
	uint32_t at;
	char *to;

	if ((at = conf_text_add(c, conf_place(c), s, len)) == 0)
		return 0;
	if (c->tok.type != TOKEN_STRING)
		return at;
	to = c->text + at;
	for (i = n = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len && s[i + 1] == '"')
			i++;
		to[n++] = s[i];
	}
	to[n] = '\0';
	return at;
}

/*
 * Whether the word that is looked at begins the next statement: then this one
 * has no value, or its list no end.  Reported; the reader goes on with that
 * word.
 */
static bool
next_statement(struct conf *c)
{
	struct lex ahead = c->lex;
	struct token word = c->tok, tok;

	lex_next(&ahead, &tok);
	if (word.type != TOKEN_WORD || (tok.type != TOKEN_ASSIGN &&
	    tok.type != TOKEN_REPLACE && tok.type != TOKEN_APPEND))
		return false;
	if (word.parens > 0) {
		c->tok = c->paren;
		conf_error(c, conf_place(c), "the list has no closing )");
	} else
		conf_error(c, conf_place(c), "expected a value, found the next "
		    "assignment");
	c->lex.pos = word.text;
	c->lex.parens = 0;
	c->tok.type = TOKEN_EOL;
	return true;
}

static uint32_t
word_value(struct conf *c)
{
	struct place place = conf_place(c);
	char name[256];

	if (next_statement(c))
		return 0;
	if (c->tok.len >= sizeof(name) - 4) {
		conf_error(c, place, "the name is too long");
		return 0;
	}
	text_format(name, sizeof(name), "%s%.*s",
	    memchr(c->tok.text, '.', c->tok.len) == NULL ? "var." : "",
	    (int)c->tok.len, c->tok.text);
	conf_next(c);
	return value_of_word(c, place, name);
}

static uint32_t
number_value(struct conf *c)
{
	struct place place = conf_place(c);
	char digits[32];
	uint64_t n = 0;
	uint32_t v;

	text_format(digits, sizeof(digits), "%.*s", (int)c->tok.len,
	    c->tok.text);
	v = value_new(c, VALUE_NUMBER, place);
	if (c->tok.len >= sizeof(digits) ||
	    !text_number(digits, UINT32_MAX, &n)) {
		conf_error(c, place, "the number is over %lu",
		    (unsigned long)UINT32_MAX);
		c->values[v].type = VALUE_POISON;
	}
	c->values[v].number = (uint32_t)n;
	conf_next(c);
	return v;
}

/* Give an element its key: "key" => element. */
static bool
set_key(struct conf *c, uint32_t list, uint32_t key, uint32_t element)
{
	const struct value *k = &c->values[key];
	char digits[16], where[128];
	const char *s = digits;
	uint32_t old;

	if (k->type == VALUE_POISON)
		return true;
	if (k->type == VALUE_LIST) {
		conf_error(c, k->place, "a list cannot be the key of =>");
		return true;
	}
	if (k->type == VALUE_STRING)
		s = conf_text_get(c, k->text);
	else
		text_format(digits, sizeof(digits), "%lu",
		    (unsigned long)k->number);
	if ((old = value_find(c, list, s)) != 0) {
		conf_error(c, k->place, "\"%.60s\" is in the list already (%s)",
		    s, conf_at(c->setup, c->values[old].place.at, where,
		    sizeof(where)));
		return false;
	}
	c->values[element].keyhash = text_casehash(s);
	c->values[element].key = k->type == VALUE_STRING ? k->text :
	    conf_text_add(c, k->place, s, strlen(s));
	c->values[element].keyplace = k->place;
	return true;
}

/* One element and the comma or parenthesis behind it. */
static bool
list_element(struct conf *c, uint32_t list)
{
	uint32_t element, key;
	bool fresh = true;

	if ((element = conf_expr(c)) == 0)
		return false;
	if (c->tok.type == TOKEN_ARROW) {
		key = element;
		conf_next(c);
		if ((element = conf_expr(c)) == 0)
			return false;
		fresh = set_key(c, list, key, element);
	}
	if (fresh)
		value_append(c, list, element);
	if (c->tok.type == TOKEN_COMMA || c->tok.type == TOKEN_RPAREN)
		return true;
	if (c->tok.type == TOKEN_ASSIGN)
		conf_unexpected(c, "=> between key and value");
	else if (c->tok.type == TOKEN_END) {
		c->tok = c->paren;
		conf_error(c, conf_place(c), "the list has no closing )");
		c->tok.type = TOKEN_END;
	} else if (!next_statement(c))
		conf_unexpected(c, "a comma or )");
	return false;
}

static uint32_t
list_value(struct conf *c)
{
	struct token outer = c->paren;
	uint32_t list = value_new(c, VALUE_LIST, conf_place(c));

	if (!conf_enter(c))
		return 0;
	c->paren = c->tok;
	conf_next(c);
	while (c->tok.type != TOKEN_RPAREN) {
		if (c->tok.type == TOKEN_COMMA)
			conf_next(c);
		else if (!list_element(c, list)) {
			c->depth--;
			c->paren = outer;
			return 0;
		}
	}
	c->depth--;
	c->paren = outer;
	conf_next(c);
	return list;
}

static uint32_t
one_value(struct conf *c)
{
	struct place place = conf_place(c);
	uint32_t v;

	switch (c->tok.type) {
	case TOKEN_STRING:
		v = value_new(c, VALUE_STRING, place);
		if ((c->values[v].text = conf_token_text(c)) == 0)
			return 0;
		conf_next(c);
		return v;
	case TOKEN_NUMBER:
		return number_value(c);
	case TOKEN_WORD:
		return word_value(c);
	case TOKEN_LPAREN:
		return list_value(c);
	case TOKEN_END:
		if (c->tok.parens > 0) {
			c->tok = c->paren;
			conf_error(c, conf_place(c),
			    "the list has no closing )");
			c->tok.type = TOKEN_END;
			return 0;
		}
		break;
	default:
		break;
	}
	conf_unexpected(c, "a value");
	return 0;
}

uint32_t
conf_expr(struct conf *c)
{
	struct place place = conf_place(c);
	uint32_t v, more;

	if ((v = one_value(c)) == 0)
		return 0;
	while (c->tok.type == TOKEN_PLUS) {
		conf_next_line(c);
		if ((more = one_value(c)) == 0)
			return 0;
		v = value_merge(c, v, more, place);
	}
	return v;
}

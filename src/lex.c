/*
 * lex.c - configuration text to tokens.
 *
 * lighttpd's tokens, without its habit to drop what it does not understand:
 * a byte that is neither blank nor comment belongs to a token or to an error.
 * Owns no memory; tokens point into the text.
 */
#include <string.h>

#include "lex.h"
#include "text.h"

enum { DESCRIBE_MAX = 40 };	/* bytes of a token shown in a message */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_word(char c)
{
	return is_word_start(c) || is_digit(c) || c == '.' || c == '-';
}

void
lex_open(struct lex *lex, const char *text, size_t len)
{
	lex->pos = text;
	lex->end = text + len;
	lex->line = 1;
	lex->parens = 0;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		lex->pos += 3;
	lex->line_start = lex->pos;
}

const char *
lex_binary(const char *text, size_t len)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') ||
		    c == 0x7f)
			return text + i;
	}
	return NULL;
}

/* Step over LF, CRLF or CR. */
static void
newline(struct lex *lex)
{
	if (*lex->pos == '\r' && lex->pos + 1 < lex->end &&
	    lex->pos[1] == '\n')
		lex->pos++;
	lex->pos++;
	lex->line++;
	lex->line_start = lex->pos;
}

/* A no-break space, which comes with text copied from a web page. */
static bool
is_nbsp(const struct lex *lex)
{
	return lex->end - lex->pos >= 2 && lex->pos[0] == '\xc2' &&
	    lex->pos[1] == '\xa0';
}

static void
skip_blanks(struct lex *lex)
{
	while (lex->pos < lex->end) {
		if (*lex->pos == ' ' || *lex->pos == '\t')
			lex->pos++;
		else if (is_nbsp(lex))
			lex->pos += 2;
		else if (*lex->pos == '#')
			while (lex->pos < lex->end && *lex->pos != '\n' &&
			    *lex->pos != '\r')
				lex->pos++;
		else if (lex->parens > 0 &&
		    (*lex->pos == '\n' || *lex->pos == '\r'))
			newline(lex);
		else
			return;
	}
}

static void
bad(struct token *tok, const char *why)
{
	tok->type = TOKEN_BAD;
	tok->why = why;
}

static void
take_string(struct lex *lex, struct token *tok)
{
	tok->type = TOKEN_STRING;
	tok->text = ++lex->pos;
	while (lex->pos < lex->end && *lex->pos != '"') {
		if (*lex->pos == '\n' || *lex->pos == '\r') {
			tok->lines = true;
			newline(lex);
			continue;
		}
		if (*lex->pos == '\\' && lex->pos + 1 < lex->end &&
		    lex->pos[1] == '"')
			lex->pos++;
		lex->pos++;
	}
	tok->len = (size_t)(lex->pos - tok->text);
	if (lex->pos == lex->end)
		bad(tok, "the string has no closing quote");
	else
		lex->pos++;
}

static void
take_word(struct lex *lex, struct token *tok)
{
	bool number = is_digit(*lex->pos);

	tok->type = number ? TOKEN_NUMBER : TOKEN_WORD;
	while (lex->pos < lex->end && is_word(*lex->pos)) {
		if (number && !is_digit(*lex->pos))
			bad(tok, "not a number (text needs quotes)");
		lex->pos++;
	}
	tok->len = (size_t)(lex->pos - tok->text);
}

static const struct sign {
	char		 text[3];
	enum token_type	 type;
} signs[] = {		/* the longer ones first */
	{ "==", TOKEN_EQ },
	{ "=>", TOKEN_ARROW },
	{ "=^", TOKEN_PREFIX },
	{ "=$", TOKEN_SUFFIX },
	{ "=~", TOKEN_MATCH },
	{ "!=", TOKEN_NE },
	{ "!~", TOKEN_NOMATCH },
	{ ":=", TOKEN_REPLACE },
	{ "+=", TOKEN_APPEND },
	{ "=", TOKEN_ASSIGN },
	{ "+", TOKEN_PLUS },
	{ ",", TOKEN_COMMA },
	{ "(", TOKEN_LPAREN },
	{ ")", TOKEN_RPAREN },
	{ "{", TOKEN_LBRACE },
	{ "}", TOKEN_RBRACE },
	{ "[", TOKEN_LBRACKET },
	{ "]", TOKEN_RBRACKET },
	{ "$", TOKEN_DOLLAR }
};

static const char *
why_bad(char c)
{
	switch (c) {
	case ';':
		return "statements are not ended by a semicolon";
	case '\'':
		return "text needs double quotes";
	case '\\':
		return "a backslash means something only inside quotes";
	case '-':
		return "numbers have no sign, words do not begin with one";
	default:
		return "this character means nothing here";
	}
}

static void
take_sign(struct lex *lex, struct token *tok)
{
	size_t i, len, left = (size_t)(lex->end - lex->pos);

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		len = strlen(signs[i].text);
		if (left < len || memcmp(lex->pos, signs[i].text, len) != 0)
			continue;
		tok->type = signs[i].type;
		tok->len = len;
		lex->pos += len;
		if (tok->type == TOKEN_LPAREN)
			lex->parens++;
		if (tok->type == TOKEN_RPAREN && lex->parens > 0)
			lex->parens--;
		return;
	}
	bad(tok, why_bad(*lex->pos));
	do {
		lex->pos++;		/* the whole of a UTF-8 character */
	} while (lex->pos < lex->end && (*lex->pos & 0xc0) == 0x80);
	tok->len = (size_t)(lex->pos - tok->text);
}

void
lex_next(struct lex *lex, struct token *tok)
{
	skip_blanks(lex);
	memset(tok, 0, sizeof(*tok));
	tok->text = lex->pos;
	tok->line = lex->line;
	tok->parens = lex->parens;
	tok->column = (uint32_t)(lex->pos - lex->line_start) + 1;
	if (lex->pos == lex->end)
		tok->type = TOKEN_END;
	else if (*lex->pos == '\n' || *lex->pos == '\r') {
		tok->type = TOKEN_EOL;
		newline(lex);
	} else if (*lex->pos == '"')
		take_string(lex, tok);
	else if (is_word_start(*lex->pos) || is_digit(*lex->pos))
		take_word(lex, tok);
	else
		take_sign(lex, tok);
}

/*
 * Whether the text goes on like a statement: a word and an assignment, a
 * condition, the end of a block.
 */
static bool
like_statement(const struct lex *lex)
{
	struct lex look = *lex;
	struct token tok;

	look.parens = 0;
	lex_next(&look, &tok);
	if (tok.type == TOKEN_DOLLAR || tok.type == TOKEN_RBRACE)
		return true;
	if (tok.type != TOKEN_WORD)
		return false;
	lex_next(&look, &tok);
	return tok.type == TOKEN_ASSIGN || tok.type == TOKEN_REPLACE ||
	    tok.type == TOKEN_APPEND;
}

void
lex_recover(struct lex *lex)
{
	struct token tok;

	for (;;) {
		skip_blanks(lex);	/* goes over line ends in parentheses */
		if (lex->parens > 0 && lex->pos < lex->end &&
		    like_statement(lex)) {
			lex->parens = 0;
			return;
		}
		if (lex->pos == lex->end || (lex->parens == 0 &&
		    (*lex->pos == '{' || *lex->pos == '}')))
			return;
		lex_next(lex, &tok);
		if (tok.type == TOKEN_EOL)
			return;
		if (tok.lines)
			lex_rewind(lex, &tok);
	}
}

void
lex_rewind(struct lex *lex, const struct token *tok)
{
	lex->pos = tok->text;
	lex->line = tok->line;
	lex->parens = tok->parens;
	while (lex->pos < lex->end && *lex->pos != '\n' && *lex->pos != '\r')
		lex->pos++;
	lex->line_start = lex->pos;
}

const char *
lex_describe(const struct token *tok, char *buf, size_t size)
{
	const char *quote = tok->type == TOKEN_STRING ? "\"" : "";
	size_t i, len = tok->len < DESCRIBE_MAX ? tok->len : DESCRIBE_MAX;
	const char *more = len < tok->len ? "..." : "";

	switch (tok->type) {
	case TOKEN_END:
		text_format(buf, size, "the end of the file");
		return buf;
	case TOKEN_EOL:
		text_format(buf, size, "the end of the line");
		return buf;
	default:
		break;
	}
	for (i = 0; i < len; i++)
		if (tok->text[i] == '\n' || tok->text[i] == '\r') {
			len = i;
			more = "...";
		}
	text_format(buf, size, "%s%.*s%s%s", quote, (int)len, tok->text, more,
	    quote);
	return buf;
}

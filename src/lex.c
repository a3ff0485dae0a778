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

/* Two bytes each, in the order of enum token_type from TOKEN_EQ on. */
static const char *const signs = "==!==^=$=~!~=>:=+== + , ( ) { } [ ] $ ";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
lex_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    is_digit(c) || c == '_' || c == '.' || c == '-';
}

bool
token_compares(enum token_type type)
{
	return type >= TOKEN_EQ && type <= TOKEN_NOMATCH;
}

bool
token_assigns(enum token_type type)
{
	return type >= TOKEN_REPLACE && type <= TOKEN_ASSIGN;
}

void
lex_open(struct lex *lex, const char *text, uint32_t line)
{
	static const char *const mark = "\xef\xbb\xbf";

	lex->pos = text;
	lex->line = line;
	lex->parens = 0;
	if (strncmp(text, mark, strlen(mark)) == 0)
		lex->pos += strlen(mark);
	lex->line_start = lex->pos;
}

size_t
lex_text_len(const char *text)
{
	size_t i;
	unsigned char c;

	for (i = 0;; i++) {
		c = (unsigned char)text[i];
		if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') ||
		    c == 0x7f)
			return i;
	}
}

static bool
is_newline(char c)
{
	return c == '\n' || c == '\r';
}

/* Step over LF, CRLF or CR. */
static void
newline(struct lex *lex)
{
	if (lex->pos[0] == '\r' && lex->pos[1] == '\n')
		lex->pos++;
	lex->pos++;
	lex->line++;
	lex->line_start = lex->pos;
}

static void
skip_line(struct lex *lex)
{
	while (*lex->pos != '\0' && !is_newline(*lex->pos))
		lex->pos++;
}

static void
skip_blanks(struct lex *lex)
{
	char c;

	for (;;) {
		c = *lex->pos;
		if (c == ' ' || c == '\t')
			lex->pos++;
		else if (c == '\xc2' && lex->pos[1] == '\xa0')
			lex->pos += 2;	/* no-break, as web pages have it */
		else if (c == '#')
			skip_line(lex);
		else if (lex->parens > 0 && is_newline(c))
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
	while (*lex->pos != '\0' && *lex->pos != '"') {
		if (is_newline(*lex->pos)) {
			tok->lines = true;
			newline(lex);
			continue;
		}
		if (*lex->pos == '\\' && lex->pos[1] == '"')
			lex->pos++;
		lex->pos++;
	}
	tok->len = (size_t)(lex->pos - tok->text);
	if (*lex->pos == '\0')
		bad(tok, "the string has no closing quote");
	else
		lex->pos++;
}

static void
take_word(struct lex *lex, struct token *tok)
{
	bool number = is_digit(*lex->pos);

	tok->type = number ? TOKEN_NUMBER : TOKEN_WORD;
	for (; lex_is_word(*lex->pos); lex->pos++)
		if (number && !is_digit(*lex->pos))
			bad(tok, "not a number (text needs quotes)");
	tok->len = (size_t)(lex->pos - tok->text);
}

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
	case '/':
		return "a path needs double quotes, a comment begins with #";
	case (char)0xc2:	/* UTF-8: what word processors make of these */
	case (char)0xe2:
		return "not the plain quote or dash that it looks like";
	default:
		return "this character means nothing here";
	}
}

static void
take_sign(struct lex *lex, struct token *tok)
{
	const char *sign;
	unsigned type;

	for (type = TOKEN_EQ; type < TOKEN_BAD; type++) {
		sign = signs + 2 * (type - TOKEN_EQ);
		if (sign[0] == *lex->pos &&
		    (sign[1] == ' ' || sign[1] == lex->pos[1]))
			break;
	}
	tok->type = type;
	if (type != TOKEN_BAD)
		lex->pos += sign[1] == ' ' ? 1 : 2;
	else {
		bad(tok, why_bad(*lex->pos));
		do {
			lex->pos++;	/* the whole of a UTF-8 character */
		} while ((*lex->pos & 0xc0) == 0x80);
	}
	if (type == TOKEN_LPAREN)
		lex->parens++;
	if (type == TOKEN_RPAREN && lex->parens > 0)
		lex->parens--;
	tok->len = (size_t)(lex->pos - tok->text);
}

void
lex_next(struct lex *lex, struct token *tok)
{
	char c;

	skip_blanks(lex);
	memset(tok, 0, sizeof(*tok));
	tok->text = lex->pos;
	tok->place.at = lex->line;
	tok->place.column = (uint32_t)(lex->pos - lex->line_start) + 1;
	tok->parens = lex->parens;
	c = *lex->pos;
	if (c == '\0')
		tok->type = TOKEN_END;
	else if (is_newline(c)) {
		tok->type = TOKEN_EOL;
		newline(lex);
	} else if (c == '"')
		take_string(lex, tok);
	else if (lex_is_word(c) && c != '.' && c != '-')
		take_word(lex, tok);
	else
		take_sign(lex, tok);
}

bool
lex_is_statement(const struct lex *lex, const struct token *first)
{
	struct lex ahead = *lex;
	struct token tok;

	lex_next(&ahead, &tok);
	switch (first->type) {
	case TOKEN_WORD:
		return token_assigns(tok.type);
	case TOKEN_DOLLAR:
		lex_next(&ahead, &tok);
		return tok.type == TOKEN_LBRACKET;
	case TOKEN_RBRACE:
		return tok.type == TOKEN_WORD || tok.type == TOKEN_DOLLAR ||
		    tok.type == TOKEN_RBRACE || tok.type == TOKEN_END;
	default:
		return false;
	}
}

/*
 * Go back to the end of the line on which that token begins (a string whose
 * closing quote is missing has swallowed lines).
 */
static void
rewind_to(struct lex *lex, const struct token *tok)
{
	lex->pos = tok->text;
	lex->line = tok->place.at;
	lex->parens = tok->parens;
	skip_line(lex);
	lex->line_start = lex->pos;
}

void
lex_recover(struct lex *lex, struct token *tok)
{
	for (; tok->type != TOKEN_END; lex_next(lex, tok)) {
		if (lex->parens > 0 ? lex_is_statement(lex, tok) :
		    tok->type == TOKEN_EOL || tok->type == TOKEN_LBRACE ||
		    tok->type == TOKEN_RBRACE) {
			lex->parens = 0;
			if (tok->type == TOKEN_EOL)
				lex_next(lex, tok);
			return;
		}
		if (tok->lines)
			rewind_to(lex, tok);
	}
}

const char *
lex_describe(const struct token *tok, char *buf, size_t size)
{
	const char *quote = tok->type == TOKEN_STRING ? "\"" : "";
	size_t len = 0;

	if (tok->type <= TOKEN_EOL) {
		text_format(buf, size, "the end of the %s",
		    tok->type == TOKEN_END ? "file" : "line");
		return buf;
	}
	while (len < tok->len && len < DESCRIBE_MAX &&
	    !is_newline(tok->text[len]))
		len++;
	text_format(buf, size, "%s%.*s%s%s", quote, (int)len, tok->text,
	    len < tok->len ? "..." : "", quote);
	return buf;
}

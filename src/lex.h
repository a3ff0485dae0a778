/*
 * lex.h - configuration text to tokens, each with its line and column.
 */
#ifndef LEX_H
#define LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_type {
	TOKEN_END,		/* of the text */
	TOKEN_EOL,		/* of a line, outside parentheses */
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_STRING,		/* text is between the quotes, not unescaped */
	TOKEN_EQ,		/* == */
	TOKEN_NE,		/* != */
	TOKEN_PREFIX,		/* =^ */
	TOKEN_SUFFIX,		/* =$ */
	TOKEN_MATCH,		/* =~ */
	TOKEN_NOMATCH,		/* !~ */
	TOKEN_ARROW,		/* => */
	TOKEN_REPLACE,		/* := */
	TOKEN_APPEND,		/* += */
	TOKEN_ASSIGN,		/* =  */
	TOKEN_PLUS,
	TOKEN_COMMA,
	TOKEN_LPAREN,
	TOKEN_RPAREN,
	TOKEN_LBRACE,
	TOKEN_RBRACE,
	TOKEN_LBRACKET,
	TOKEN_RBRACKET,
	TOKEN_DOLLAR,
	TOKEN_BAD		/* no token; why says it */
};

/* Where something was written. */
struct place {
	uint32_t	at;		/* line; conf: as in struct setting */
	uint32_t	column;		/* in bytes, from 1 */
};

struct token {
	enum token_type	 type;
	struct place	 place;
	const char	*text;		/* not ended by a NUL */
	size_t		 len;
	const char	*why;		/* TOKEN_BAD: what is wrong */
	bool		 lines;		/* a string: spans lines */
	unsigned	 parens;	/* open before it */
};

struct lex {
	const char	*pos;
	const char	*line_start;
	uint32_t	 line;		/* see struct place */
	unsigned	 parens;	/* open ones: line ends mean nothing */
};

/* Whether it compares; whether it assigns. */
bool	token_compares(enum token_type);
bool	token_assigns(enum token_type);

/* Whether words may hold that character. */
bool	lex_is_word(char);

/*
 * Begin at the first byte; a byte order mark is skipped.  The text ends with a NUL
 * and must stay.  line is the number of the first one.
 */
void	lex_open(struct lex *, const char *, uint32_t line);

/*
 * How many bytes are text: up to a NUL or another control character.
 */
size_t	lex_text_len(const char *);

/*
 * Take the next token.  TOKEN_END and TOKEN_BAD go past nothing they cannot
 * judge: END comes again and again, BAD takes at least one byte.
 */
void	lex_next(struct lex *, struct token *);

/*
 * Whether a statement, or the end of its block, seems to begin with a token, when
 * one is not expected; lex is behind it.
 */
bool	lex_is_statement(const struct lex *, const struct token *);

/*
 * After an error at that token: go on to the one that seems to begin the next
 * statement: on the next line, a brace, or, inside parentheses, what looks like a
 * statement.
 */
void	lex_recover(struct lex *, struct token *);

/* "\"text\"", a word, "the end of the line": a token for messages. */
const char *lex_describe(const struct token *, char *buf, size_t);

#endif

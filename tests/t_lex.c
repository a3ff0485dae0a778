/*
 * t_lex.c - configuration text to tokens: which, where, and where to go on
 * after an error.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lex.h"

static struct lex	lex;
static struct token	tok;

static void
begin(const char *text)
{
	lex_open(&lex, text, 1);
}

/* The token is this one. */
static void
is(enum token_type type, const char *text, unsigned line, unsigned column)
{
	ATF_CHECK_EQ_MSG(type, tok.type, "%s: type %d", text, tok.type);
	ATF_CHECK_MSG(tok.len == strlen(text) &&
	    memcmp(tok.text, text, tok.len) == 0, "expected %s, got %.*s",
	    text, (int)tok.len, tok.text);
	ATF_CHECK_EQ_MSG(line, tok.place.at, "%s: line %u", text,
	    tok.place.at);
	ATF_CHECK_EQ_MSG(column, tok.place.column, "%s: column %u", text,
	    tok.place.column);
}

static void
next(enum token_type type, const char *text, unsigned line, unsigned column)
{
	lex_next(&lex, &tok);
	is(type, text, line, column);
}

static void
type(enum token_type expected)
{
	lex_next(&lex, &tok);
	ATF_CHECK_EQ_MSG(expected, tok.type, "%d, got %d: %.*s", expected,
	    tok.type, (int)tok.len, tok.text);
}

ATF_TC_WITHOUT_HEAD(every_token_has_its_place);
ATF_TC_BODY(every_token_has_its_place, tc)
{
	begin("server.port = 80 # comment\n\tvar.x+=\"a\\\"b\"\r\n"
	    "$SERVER[\"socket\"]==\":1\"{}\rx:=( 1,\n\"k\"=>2 )");
	next(TOKEN_WORD, "server.port", 1, 1);
	next(TOKEN_ASSIGN, "=", 1, 13);
	next(TOKEN_NUMBER, "80", 1, 15);
	type(TOKEN_EOL);
	next(TOKEN_WORD, "var.x", 2, 2);
	next(TOKEN_APPEND, "+=", 2, 7);
	lex_next(&lex, &tok);
	ATF_CHECK_EQ(TOKEN_STRING, tok.type);
	ATF_CHECK_EQ(9, tok.place.column);
	ATF_CHECK_EQ(4, tok.len);
	type(TOKEN_EOL);
	next(TOKEN_DOLLAR, "$", 3, 1);
	next(TOKEN_WORD, "SERVER", 3, 2);
	next(TOKEN_LBRACKET, "[", 3, 8);
	next(TOKEN_STRING, "socket", 3, 9);
	next(TOKEN_RBRACKET, "]", 3, 17);
	next(TOKEN_EQ, "==", 3, 18);
	next(TOKEN_STRING, ":1", 3, 20);
	next(TOKEN_LBRACE, "{", 3, 24);
	next(TOKEN_RBRACE, "}", 3, 25);
	type(TOKEN_EOL);
	next(TOKEN_WORD, "x", 4, 1);
	next(TOKEN_REPLACE, ":=", 4, 2);
	next(TOKEN_LPAREN, "(", 4, 4);
	next(TOKEN_NUMBER, "1", 4, 6);
	next(TOKEN_COMMA, ",", 4, 7);
	next(TOKEN_STRING, "k", 5, 1);		/* no end of line in a list */
	next(TOKEN_ARROW, "=>", 5, 4);
	next(TOKEN_NUMBER, "2", 5, 6);
	next(TOKEN_RPAREN, ")", 5, 8);
	type(TOKEN_END);
	type(TOKEN_END);
}

ATF_TC_WITHOUT_HEAD(operators_are_told_apart);
ATF_TC_BODY(operators_are_told_apart, tc)
{
	begin("= == => =^ =$ =~ != !~ := += + ! :");
	type(TOKEN_ASSIGN);
	type(TOKEN_EQ);
	type(TOKEN_ARROW);
	type(TOKEN_PREFIX);
	type(TOKEN_SUFFIX);
	type(TOKEN_MATCH);
	type(TOKEN_NE);
	type(TOKEN_NOMATCH);
	type(TOKEN_REPLACE);
	type(TOKEN_APPEND);
	type(TOKEN_PLUS);
	type(TOKEN_BAD);
	type(TOKEN_BAD);
	type(TOKEN_END);
}

ATF_TC_WITHOUT_HEAD(nothing_is_dropped_in_silence);
ATF_TC_BODY(nothing_is_dropped_in_silence, tc)
{
	begin("; ' \\ - 80abc 8.0 \xe4 \xc3\xa4 ` ~ \xe2\x80\x9c \xc2\xab");
	next(TOKEN_BAD, ";", 1, 1);
	ATF_CHECK(strstr(tok.why, "semicolon") != NULL);
	next(TOKEN_BAD, "'", 1, 3);
	ATF_CHECK(strstr(tok.why, "double quotes") != NULL);
	next(TOKEN_BAD, "\\", 1, 5);
	next(TOKEN_BAD, "-", 1, 7);
	next(TOKEN_BAD, "80abc", 1, 9);
	next(TOKEN_BAD, "8.0", 1, 15);
	next(TOKEN_BAD, "\xe4", 1, 19);
	next(TOKEN_BAD, "\xc3\xa4", 1, 21);
	next(TOKEN_BAD, "`", 1, 24);
	next(TOKEN_BAD, "~", 1, 26);
	next(TOKEN_BAD, "\xe2\x80\x9c", 1, 28);
	ATF_CHECK(strstr(tok.why, "plain quote") != NULL);
	next(TOKEN_BAD, "\xc2\xab", 1, 32);
	ATF_CHECK(strstr(tok.why, "plain quote") != NULL);
	type(TOKEN_END);
}

ATF_TC_WITHOUT_HEAD(strings_hold_what_they_hold);
ATF_TC_BODY(strings_hold_what_they_hold, tc)
{
	begin("\"\" \"a\\n\" \"\\\\\" \"#\" \"x\ny\" z");
	next(TOKEN_STRING, "", 1, 2 - 1);
	next(TOKEN_STRING, "a\\n", 1, 4);
	/* only \" is an escape, so this one goes on to the next quote */
	next(TOKEN_STRING, "\\\\\" ", 1, 10);
	begin("\"x\ny\" z");
	next(TOKEN_STRING, "x\ny", 1, 1);
	ATF_CHECK(tok.lines);
	next(TOKEN_WORD, "z", 2, 4);
	begin("a = \"never closed\nb = 1\n");
	type(TOKEN_WORD);
	type(TOKEN_ASSIGN);
	next(TOKEN_BAD, "never closed\nb = 1\n", 1, 5);
	ATF_CHECK(tok.lines);
	type(TOKEN_END);
	begin("\"x\\");
	type(TOKEN_BAD);
	begin("\"");
	type(TOKEN_BAD);
}

ATF_TC_WITHOUT_HEAD(marks_and_blanks_of_editors_are_skipped);
ATF_TC_BODY(marks_and_blanks_of_editors_are_skipped, tc)
{
	begin("\xef\xbb\xbfx\xc2\xa0=\t1");
	next(TOKEN_WORD, "x", 1, 1);
	type(TOKEN_ASSIGN);
	type(TOKEN_NUMBER);
	type(TOKEN_END);
	begin("x \xef\xbb\xbf");
	type(TOKEN_WORD);
	type(TOKEN_BAD);
	ATF_CHECK_EQ(6, lex_text_len("a\tb\r\n\xff"));
	ATF_CHECK_EQ(1, lex_text_len("a\1b"));
	ATF_CHECK_EQ(1, lex_text_len("a\x7f"));
}

ATF_TC_WITHOUT_HEAD(recovery_finds_the_next_statement);
ATF_TC_BODY(recovery_finds_the_next_statement, tc)
{
	begin("a b c\nd = 1");
	type(TOKEN_WORD);
	lex_recover(&lex, &tok);
	is(TOKEN_WORD, "d", 2, 1);

	/* a list without end: the next assignment ends it */
	begin("a = ( 1, ( \"x\" 2 )\nb = 3\n");
	type(TOKEN_WORD);
	type(TOKEN_ASSIGN);
	type(TOKEN_LPAREN);
	lex_recover(&lex, &tok);
	is(TOKEN_WORD, "b", 2, 1);
	ATF_CHECK_EQ(0, lex.parens);

	/* a closed one is skipped as a whole */
	begin("( a\nb,\nc ) x\ny");
	type(TOKEN_LPAREN);
	lex_recover(&lex, &tok);
	is(TOKEN_WORD, "y", 4, 1);

	/* braces are left for who opened them */
	begin("a } b");
	type(TOKEN_WORD);
	lex_recover(&lex, &tok);
	is(TOKEN_RBRACE, "}", 1, 3);
	begin("a { b");
	type(TOKEN_WORD);
	lex_recover(&lex, &tok);
	is(TOKEN_LBRACE, "{", 1, 3);

	/* a string over lines ends with its line */
	begin("a \"b\nc = 1");
	type(TOKEN_WORD);
	lex_recover(&lex, &tok);
	is(TOKEN_WORD, "c", 2, 1);
	begin("a = \"never closed\nb = 1\n");
	type(TOKEN_WORD);
	type(TOKEN_ASSIGN);
	type(TOKEN_BAD);
	lex_recover(&lex, &tok);
	is(TOKEN_WORD, "b", 2, 1);
}

ATF_TC_WITHOUT_HEAD(tokens_can_be_shown);
ATF_TC_BODY(tokens_can_be_shown, tc)
{
	char buf[64], text[200];

	begin("word \"str\" \n");
	type(TOKEN_WORD);
	ATF_CHECK_STREQ("word", lex_describe(&tok, buf, sizeof(buf)));
	type(TOKEN_STRING);
	ATF_CHECK_STREQ("\"str\"", lex_describe(&tok, buf, sizeof(buf)));
	type(TOKEN_EOL);
	ATF_CHECK_STREQ("the end of the line",
	    lex_describe(&tok, buf, sizeof(buf)));
	type(TOKEN_END);
	ATF_CHECK_STREQ("the end of the file",
	    lex_describe(&tok, buf, sizeof(buf)));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin(text);
	type(TOKEN_WORD);
	ATF_CHECK_EQ(43, strlen(lex_describe(&tok, buf, sizeof(buf))));
	begin("\"a\nb\"");
	type(TOKEN_STRING);
	ATF_CHECK_STREQ("\"a...\"", lex_describe(&tok, buf, sizeof(buf)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, every_token_has_its_place);
	ATF_TP_ADD_TC(tp, operators_are_told_apart);
	ATF_TP_ADD_TC(tp, nothing_is_dropped_in_silence);
	ATF_TP_ADD_TC(tp, strings_hold_what_they_hold);
	ATF_TP_ADD_TC(tp, marks_and_blanks_of_editors_are_skipped);
	ATF_TP_ADD_TC(tp, recovery_finds_the_next_statement);
	ATF_TP_ADD_TC(tp, tokens_can_be_shown);
	return atf_no_error();
}

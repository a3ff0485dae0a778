/*
 * conf_cond.c - conditions: which there are, which can hold here.
 *
 * Only two facts are known when a client connects: the listener, which is
 * decided when the configuration is read, and the client's address.
 */
#include <string.h>

#include "conf_int.h"
#include "text.h"

/* REQUEST_HEADER has more fields than can be named here. */
static const char facts[] =
    "$SERVER[\"socket\"]\0"
    "$HTTP[\"remoteip\"]\0" "$HTTP[\"remote-ip\"]\0" "$CLIENT[\"addr\"]\0"
    "$HTTP[\"cookie\"]\0" "$HTTP[\"host\"]\0" "$HTTP[\"language\"]\0"
    "$HTTP[\"query-string\"]\0" "$HTTP[\"querystring\"]\0"
    "$HTTP[\"referer\"]\0" "$HTTP[\"request-method\"]\0"
    "$HTTP[\"scheme\"]\0" "$HTTP[\"url\"]\0" "$HTTP[\"user-agent\"]\0"
    "$HTTP[\"useragent\"]\0";

enum {
	SOCKET = 0,
	REMOTE_LAST = 3,	/* those behind it never hold */
	NEVER
};

struct block *
conf_block(struct conf *c, enum cond cond, struct place place,
    struct block *prev)
{
	struct block *b = c->end;

	if (!conf_room(c, place, (size_t)(b - c->blocks), LIMIT_CONF_BLOCKS,
	    "LIMIT_CONF_BLOCKS"))
		return NULL;
	c->end++;
	memset(b, 0, sizeof(*b));
	b->cond = (uint8_t)cond;
	b->parent = c->block;
	b->prev = prev;
	b->place = place;
	b->text = b->name = "";
	b->remote = cond == COND_REMOTE || c->block->remote ||
	    (prev != NULL && prev->remote);
	return b;
}

/* The condition of that name; -1 (reported) when there is none. */
static int
find_fact(struct conf *c, struct place place, const char *text)
{
	struct key_near near = { text, "", 5, "" };
	const char *fact;
	int i = 0;

	if (strncmp(text, "$REQUEST_HEADER[", 16) == 0)
		return NEVER;
	for (fact = facts; *fact != '\0'; fact += strlen(fact) + 1, i++) {
		if (strcmp(fact, text) == 0)
			return i;
		key_nearer(&near, fact);
	}
	conf_error(c, place, "no condition has the name %s%s", text,
	    near.hint[0] != '\0' ? near.hint : "; there are "
	    "$SERVER[\"socket\"] and $HTTP[\"remoteip\"]");
	return -1;
}

/* $NAME["field"].  False after a syntax error. */
static bool
read_fact(struct conf *c, int *fact)
{
	struct place place = c->in.tok.place;
	struct token name;
	const char *field;
	char text[128];

	if (!conf_expect_next(c, TOKEN_WORD, "a condition such as "
	    "$SERVER[\"socket\"] == \":80\""))
		return false;
	name = c->in.tok;
	if (!conf_expect_next(c, TOKEN_LBRACKET, "[") ||
	    !conf_expect_next(c, TOKEN_STRING, "a name in double quotes") ||
	    (field = conf_token_text(c)) == NULL)
		return false;
	text_format(text, sizeof(text), "$%.*s[\"%s\"]", (int)name.len,
	    name.text, field);
	*fact = find_fact(c, place, text);
	if (!conf_expect_next(c, TOKEN_RBRACKET, "]"))
		return false;
	conf_next(c);
	return true;
}

/* What is wrong with this operator for this condition, or NULL. */
static const char *
wrong_operator(enum cond cond, enum token_type op)
{
	if (cond == COND_NEVER)
		return "this can never hold: sockproxy does not look at what "
		    "a client sends";
	if (cond == COND_REMOTE && op >= TOKEN_SUFFIX)
		return "this operator does not go with an address: compare with a "
		    "network, such as == \"10.0.0.0/8\"";
	if (op >= TOKEN_MATCH)
		return "there are no regular expressions here: use ==, !=, "
		    "=^ (begins with) or =$ (ends with)";
	return NULL;
}

/* Complain about the right side or take it. */
static bool
read_operand(struct conf *c, enum cond cond, enum token_type op,
    struct value *v, struct block *b)
{
	const char *wrong = NULL;

	if (v->type != VALUE_STRING) {
		conf_error(c, v->place,
		    "expected a string (in double quotes)");
		return false;
	}
	if (cond == COND_REMOTE)
		wrong = conf_addr_net(v->text, op, &b->net);
	else if (op == TOKEN_EQ || op == TOKEN_NE)
		wrong = conf_addr_check(v->text, &b->addr);
	if (wrong != NULL)
		conf_wrong(c, v->place, v->text, wrong);
	return wrong == NULL;
}

/* A block that was there before with the same condition, not behind an else. */
static struct block *
same_block(struct conf *c, enum cond cond, enum token_type op,
    const char *text)
{
	struct block *b;
	uint32_t hash = text_casehash(text);

	for (b = c->block + 1; b < c->end; b++)
		if (b->hash == hash && b->parent == c->block &&
		    b->prev == NULL && b->cond == cond && b->op == op &&
		    strcmp(b->text, text) == 0)
			return b;
	return NULL;
}

static struct block *
make_block(struct conf *c, struct place place, int fact, enum token_type op,
    struct value *v, struct block *prev)
{
	enum cond cond = fact == SOCKET ? COND_SOCKET :
	    fact <= REMOTE_LAST ? COND_REMOTE : COND_NEVER;
	struct block new, *b = NULL;
	const char *wrong;

	if (fact == -1 || v->type == VALUE_POISON)
		return conf_block(c, COND_NEVER, place, prev);
	if ((wrong = wrong_operator(cond, op)) != NULL)
		conf_error(c, place, "%s", wrong);
	if (wrong != NULL || !read_operand(c, cond, op, v, &new))
		return conf_block(c, COND_NEVER, place, prev);
	if (prev == NULL)
		b = same_block(c, cond, op, v->text);
	if (b != NULL || (b = conf_block(c, cond, place, prev)) == NULL)
		return b;
	b->op = (uint8_t)op;
	b->text = v->text;
	b->hash = text_casehash(v->text);
	b->net = new.net;
	c->remote |= cond == COND_REMOTE;
	return b;
}

struct block *
conf_cond_listen(struct conf *c, struct value *v)
{
	return make_block(c, v->place, SOCKET, TOKEN_EQ, v, NULL);
}

struct block *
conf_cond(struct conf *c, struct block *prev)
{
	struct place place = c->in.tok.place;
	enum token_type op;
	struct value *v;
	int fact;

	if (!read_fact(c, &fact))
		return NULL;
	op = c->in.tok.type;
	if (!token_compares(op)) {
		conf_unexpected(c, "== or !=");
		return NULL;
	}
	conf_next_line(c);
	if ((v = conf_expr(c)) == NULL || !conf_brace(c))
		return NULL;
	return make_block(c, place, fact, op, v, prev);
}

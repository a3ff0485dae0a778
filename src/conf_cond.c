/*
 * conf_cond.c - conditions: which there are, which can hold here.
 *
 * Only two facts are known when a client connects: the listener, which is
 * decided when the configuration is read, and the client's address.
 */
#include <string.h>

#include "conf_int.h"
#include "text.h"

/* In the order of enum cond, behind COND_ALWAYS. */
static const char *const facts =
    "SERVER.socket HTTP.remoteip|HTTP.remote-ip|CLIENT.addr";

struct block *
conf_block(struct conf *c, enum cond cond, struct place place,
    struct block *prev)
{
	struct block *b = c->end;

	if (!conf_room(c, place, (size_t)(b - c->blocks), LIMIT_CONF_BLOCKS))
		return NULL;
	c->end++;
	memset(b, 0, sizeof(*b));
	b->cond = (uint8_t)cond;
	b->parent = c->block;
	b->prev = prev;
	b->place = place;
	b->text = "";
	b->remote = cond == COND_REMOTE || c->block->remote ||
	    (prev != NULL && prev->remote);
	return b;
}

/* NAME["field"].  False after a syntax error. */
static bool
read_fact(struct conf *c, enum cond *cond)
{
	const char *name, *field;
	size_t len;
	char text[128];
	int n;

	if (!conf_expect_next(c, TOKEN_WORD, "a condition such as "
	    "$SERVER[\"socket\"] == \":80\""))
		return false;
	name = c->in.tok.text;
	len = c->in.tok.len;
	if (!conf_expect_next(c, TOKEN_LBRACKET, "["))
		return false;
	c->in.body = true;
	if (!conf_expect_next(c, TOKEN_STRING, "a name in double quotes") ||
	    (field = conf_token_text(c)) == NULL)
		return false;
	text_format(text, sizeof(text), "%.*s.%s", (int)len, name, field);
	n = key_find_word(facts, text, false);
	*cond = n >= 0 ? (enum cond)(n + 1) : COND_NEVER;
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
		return "this can never hold: only $SERVER[\"socket\"] and "
		    "$HTTP[\"remoteip\"] are known, not what a client sends";
	if (cond == COND_REMOTE && op >= TOKEN_SUFFIX)
		return "this operator does not go with an address: compare "
		    "with a network, such as == \"10.0.0.0/8\"";
	if (op >= TOKEN_MATCH)
		return "there are no regular expressions here: use ==, !=, "
		    "=^ (begins with) or =$ (ends with)";
	return NULL;
}

/* Complain about a condition, or take its right side. */
static bool
read_operand(struct conf *c, struct place place, enum cond cond,
    enum token_type op, struct value *v, struct setup_class *net)
{
	const char *wrong = wrong_operator(cond, op);
	struct os_addr addr;
	size_t len;

	if (v->type == VALUE_POISON)
		return false;
	if (wrong != NULL)
		conf_error(c, place, "%s", wrong);
	else if (v->type != VALUE_STRING)
		conf_error(c, v->place, "expected a string (in double quotes)");
	else {
		if (cond == COND_REMOTE)
			wrong = conf_addr_net(v->text, op, net);
		else if (op <= TOKEN_NE)
			wrong = conf_address(v->text, &addr, &len);
		return conf_good(c, v->place, v->text, wrong);
	}
	return false;
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
make_block(struct conf *c, struct place place, enum cond cond,
    enum token_type op, struct value *v, struct block *prev)
{
	struct setup_class net = { .family = OS_NONE };
	struct block *b = NULL;

	if (!read_operand(c, place, cond, op, v, &net))
		return conf_block(c, COND_NEVER, place, prev);
	if (prev == NULL)
		b = same_block(c, cond, op, v->text);
	if (b != NULL || (b = conf_block(c, cond, place, prev)) == NULL)
		return b;
	b->op = (uint8_t)op;
	b->text = v->text;
	b->hash = text_casehash(v->text);
	b->net = net;
	c->remote |= cond == COND_REMOTE;
	return b;
}

struct block *
conf_cond(struct conf *c, struct block *prev)
{
	struct place place = c->in.tok.place;
	enum token_type op;
	enum cond cond;
	struct value *v;

	if (!read_fact(c, &cond))
		return NULL;
	op = c->in.tok.type;
	if (!token_compares(op)) {
		conf_unexpected(c, "== or !=");
		return NULL;
	}
	conf_next_line(c);
	if ((v = conf_expr(c)) == NULL || !conf_brace(c))
		return NULL;
	return make_block(c, place, cond, op, v, prev);
}

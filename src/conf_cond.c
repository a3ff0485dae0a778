/*
 * conf_cond.c - conditions: which there are, which can hold here.
 *
 * Only two facts are known when a client connects: the listener, which is
 * decided when the configuration is read, and the client's address.
 */
#include <string.h>

#include "conf_int.h"
#include "text.h"

static const struct fact {
	const char	*name;
	const char	*field;		/* NULL: any */
	enum cond	 cond;
} facts[] = {
	{ "SERVER", "socket", COND_SOCKET },
	{ "HTTP", "remoteip", COND_REMOTE },
	{ "HTTP", "remote-ip", COND_REMOTE },
	{ "CLIENT", "addr", COND_REMOTE },
	{ "HTTP", "cookie", COND_NEVER },
	{ "HTTP", "host", COND_NEVER },
	{ "HTTP", "language", COND_NEVER },
	{ "HTTP", "query-string", COND_NEVER },
	{ "HTTP", "querystring", COND_NEVER },
	{ "HTTP", "referer", COND_NEVER },
	{ "HTTP", "request-method", COND_NEVER },
	{ "HTTP", "scheme", COND_NEVER },
	{ "HTTP", "url", COND_NEVER },
	{ "HTTP", "user-agent", COND_NEVER },
	{ "HTTP", "useragent", COND_NEVER },
	{ "REQUEST_HEADER", NULL, COND_NEVER }
};

enum { NFACTS = sizeof(facts) / sizeof(facts[0]) };

uint32_t
conf_block(struct conf *c, enum cond cond, struct place place, uint32_t prev)
{
	struct block *b;
	uint32_t i = c->nblocks;

	if (i == LIMIT_CONF_BLOCKS) {
		conf_full(c, place, "LIMIT_CONF_BLOCKS", LIMIT_CONF_BLOCKS);
		return 0;
	}
	c->nblocks++;
	b = &c->blocks[i];
	memset(b, 0, sizeof(*b));
	b->cond = (uint8_t)cond;
	b->parent = c->block;
	b->prev = prev;
	b->place = place;
	b->remote = cond == COND_REMOTE || c->blocks[c->block].remote ||
	    c->blocks[prev].remote;
	return i;
}

static const struct fact *
find_fact(struct conf *c, struct place place, const char *name,
    const char *field)
{
	const struct fact *f, *best = NULL;
	char text[128], other[64];
	unsigned d, least = 5;

	text_format(text, sizeof(text), "%s[\"%s\"]", name, field);
	for (f = facts; f < facts + NFACTS; f++) {
		if (strcmp(f->name, name) == 0 && (f->field == NULL ||
		    strcmp(f->field, field) == 0))
			return f;
		text_format(other, sizeof(other), "%s[\"%s\"]", f->name,
		    f->field != NULL ? f->field : "");
		d = text_distance(text, other, least);
		if (d < least && f->field != NULL) {
			least = d;
			best = f;
		}
	}
	if (best != NULL)
		conf_error(c, place, "no condition has the name $%s, did you "
		    "mean $%s[\"%.60s\"]?", text, best->name, best->field);
	else
		conf_error(c, place, "no condition has the name $%s; there "
		    "are $SERVER[\"socket\"] and $HTTP[\"remoteip\"]", text);
	return NULL;
}

/* NAME["field"].  False after a syntax error. */
static bool
read_fact(struct conf *c, const struct fact **fact)
{
	struct place place = conf_place(c);
	char name[32];
	uint32_t field;

	*fact = NULL;
	conf_next(c);
	if (c->tok.type != TOKEN_WORD) {
		conf_unexpected(c, "a condition such as "
		    "$SERVER[\"socket\"] == \":80\"");
		return false;
	}
	text_format(name, sizeof(name), "%.*s", (int)c->tok.len, c->tok.text);
	conf_next(c);
	if (c->tok.type != TOKEN_LBRACKET) {
		conf_unexpected(c, "[");
		return false;
	}
	conf_next(c);
	if (c->tok.type != TOKEN_STRING) {
		conf_unexpected(c, "a name in double quotes");
		return false;
	}
	if ((field = conf_token_text(c)) == 0)
		return false;
	*fact = find_fact(c, place, name, conf_text_get(c, field));
	conf_next(c);
	if (c->tok.type != TOKEN_RBRACKET) {
		conf_unexpected(c, "]");
		return false;
	}
	conf_next(c);
	return true;
}

/* What is wrong with this operator for this fact, or NULL. */
static const char *
wrong_operator(const struct fact *fact, enum token_type op)
{
	if (fact->cond == COND_NEVER)
		return "this can never hold: sockproxy does not look at what "
		    "a client sends";
	if (op == TOKEN_MATCH || op == TOKEN_NOMATCH)
		return fact->cond == COND_REMOTE ?
		    "there are no regular expressions here: compare with a "
		    "network, such as == \"10.0.0.0/8\"" :
		    "there are no regular expressions here: use ==, !=, "
		    "=^ (begins with) or =$ (ends with)";
	if (op == TOKEN_SUFFIX && fact->cond == COND_REMOTE)
		return "=$ does not go with an address: compare with a "
		    "network, such as == \"10.0.0.0/8\"";
	return NULL;
}

/* A block that was there before with the same condition, not behind an else. */
static uint32_t
same_block(const struct conf *c, enum cond cond, enum token_type op,
    const char *text)
{
	const struct block *b;
	uint32_t i, hash = text_casehash(text);

	for (i = c->block + 1; i < c->nblocks; i++) {
		b = &c->blocks[i];
		if (b->hash == hash && b->parent == c->block && b->prev == 0 &&
		    b->cond == cond && b->op == op &&
		    strcmp(conf_text_get(c, b->text), text) == 0)
			return i;
	}
	return 0;
}

static uint32_t
make_block(struct conf *c, struct place place, const struct fact *fact,
    enum token_type op, uint32_t value, uint32_t prev)
{
	struct block new, *b;
	const char *text, *wrong;
	size_t len;
	uint32_t i;

	if (fact == NULL || c->values[value].type == VALUE_POISON)
		return conf_block(c, COND_NEVER, place, prev);
	memset(&new, 0, sizeof(new));
	wrong = wrong_operator(fact, op);
	text = conf_text_get(c, c->values[value].text);
	if (wrong != NULL || c->values[value].type != VALUE_STRING) {
		if (wrong != NULL)
			conf_error(c, place, "%s", wrong);
		else
			conf_value_error(c, value,
			    "expected a string (in double quotes)");
		return conf_block(c, COND_NEVER, place, prev);
	}
	if (fact->cond == COND_REMOTE)
		wrong = conf_addr_net(text, op, new.net, &new.family,
		    &new.bits);
	else if (op == TOKEN_EQ || op == TOKEN_NE)
		wrong = conf_addr(text, ADDR_LISTEN, false, 80, &new.addr,
		    &len);
	if (wrong != NULL) {
		conf_value_error(c, value, "\"%.60s\": %s", text, wrong);
		return conf_block(c, COND_NEVER, place, prev);
	}
	if (prev == 0 && (i = same_block(c, fact->cond, op, text)) != 0)
		return i;
	if ((i = conf_block(c, fact->cond, place, prev)) == 0)
		return 0;
	b = &c->blocks[i];
	b->op = (uint8_t)op;
	b->text = c->values[value].text;
	b->hash = text_casehash(text);
	b->addr = new.addr;
	memcpy(b->net, new.net, sizeof(b->net));
	b->family = new.family;
	b->bits = new.bits;
	c->remote |= fact->cond == COND_REMOTE;
	return i;
}

uint32_t
conf_cond(struct conf *c, uint32_t prev)
{
	struct place place = conf_place(c);
	const struct fact *fact;
	enum token_type op;
	uint32_t value;

	if (!read_fact(c, &fact))
		return 0;
	op = c->tok.type;
	if (op != TOKEN_EQ && op != TOKEN_NE && op != TOKEN_PREFIX &&
	    op != TOKEN_SUFFIX && op != TOKEN_MATCH && op != TOKEN_NOMATCH) {
		conf_unexpected(c, "== or !=");
		return 0;
	}
	conf_next_line(c);
	if ((value = conf_expr(c)) == 0)
		return 0;
	if (!conf_brace(c)) {
		conf_unexpected(c, "{");
		return 0;
	}
	return make_block(c, place, fact, op, value, prev);
}

/*
 * conf_assign.c - assignments, and what each key takes.
 *
 * A value is checked where it is assigned, so errors come in the order of the
 * file; it is used when the blocks are built.
 */
#include <string.h>

#include "conf_int.h"
#include "text.h"

/* The one flag with a meaning. */
static const char *const graceful = "server.graceful-shutdown-timeout";

/* Returns whether it is there and good. */
static bool
check_flags(struct conf *c, const struct key *key, const struct value *list,
    uint32_t *to)
{
	const char *name;
	struct value *v;
	bool good = false;

	for (v = list->first; v != NULL; v = v->next) {
		if (v->type == VALUE_POISON)
			continue;
		name = v->key;
		if (!v->keyed) {
			conf_error(c, v->place, "expected \"key\" => value");
			return false;
		}
		if (text_casecmp(name, graceful) == 0)
			good = conf_read(c, key, v, to);
		else if (text_distance(name, graceful, 4) < 4 ||
		    text_casecmp(name, strchr(graceful, '.') + 1) == 0)
			conf_error(c, v->keyplace, "no flag has the name "
			    "\"%.60s\", did you mean \"%s\"?", name, graceful);
		else
			value_warn(c, v, "\"%s\" means nothing here", name);
	}
	return good;
}

static void
check_addresses(struct conf *c, const struct value *list)
{
	struct os_addr addr;
	struct value *v;
	size_t len;

	for (v = list->first; v != NULL; v = v->next)
		if (v->type == VALUE_POISON)
			continue;
		else if (v->keyed || v->type != VALUE_STRING)
			conf_error(c, v->place,
			    "expected a string (in double quotes)");
		else
			conf_good(c, v->place, v->text,
			    conf_address(v->text, &addr, &len));
}

/* Strings that name something; what a configuration can write again. */
static const char *
check_string(const struct key *key, const char *s)
{
	struct os_addr addr;
	const char *wrong = conf_unwritable(s);
	size_t len;

	_Static_assert(LIMIT_CONF_STRING == 1000, "see the sentence");
	if (strlen(s) > LIMIT_CONF_STRING)
		return "it is longer than 1000 bytes (LIMIT_CONF_STRING)";
	if (wrong == NULL && key->type == KEY_ADDR && *s != '\0')
		wrong = conf_address(s, &addr, &len);
	return wrong;
}

bool
conf_read(struct conf *c, const struct key *key, struct value *v,
    uint32_t *to)
{
	const char *wrong, *quote = v->type == VALUE_STRING ? "\"" : "";
	const char *text = v->type == VALUE_STRING ? v->text : NULL;
	char buf[KEY_ERROR_MAX], digits[16];

	if (v->type == VALUE_POISON)
		return false;
	if (conf_port_zero(NULL) && strcmp(key->name, "server.port") == 0 &&
	    v->type == VALUE_NUMBER && v->number == 0) {
		*to = 0;
		return true;
	}
	wrong = key_read(key, text, v->number, to, buf);
	if (wrong == NULL && key->type >= KEY_STRING && key->type <= KEY_ADDR)
		wrong = check_string(key, text);
	if (wrong != NULL)
		conf_error(c, v->place, "%s: %s, found %s%.60s%s",
		    key->name, wrong, quote, value_text(v, digits), quote);
	return wrong == NULL;
}

/* Whether a value is good; what the setup keeps of it. */
static bool
check(struct conf *c, const struct key *key, struct value *v, uint32_t *to)
{
	unsigned errors = c->errors;
	char word[KEY_WORD_MAX];

	if (v->type == VALUE_POISON)
		return false;
	if (key->type < KEY_LIST && key->type != KEY_FLAGS) {
		if (!conf_read(c, key, v, to))
			return false;
		if (key->type == KEY_NAME)
			*to = setup_string(c, key_word(key, *to, word));
		else if (key_is_string(key))
			*to = setup_string(c, v->text);
		return true;
	}
	if (v->type != VALUE_LIST) {
		conf_error(c, v->place, "%s: expected a list: ( ... )",
		    key->name);
		return false;
	}
	if (key->type == KEY_FLAGS)
		return check_flags(c, key, v, to);
	if (key->type == KEY_ADDRS)
		check_addresses(c, v);
	else if (key->type == KEY_SERVERS)
		pool_check(c, v);
	else if (key->type == KEY_DEFAULTS)
		pool_check_default(c, v);
	return errors == c->errors;
}

/* A name that is no key of ours: say so, or that it means nothing. */
static void
not_ours(struct conf *c, struct place place, const char *name)
{
	struct key_near near;
	const char *hint = key_nearest(&near, name, false);

	if (text_casecmp(name, graceful) == 0)
		conf_error(c, place, "%s is one of server.feature-flags, not a "
		    "directive", name);
	else if (!key_ignored(name))
		conf_error(c, place, "no directive has the name %s%s", name,
		    *hint != '\0' ? hint :
		    key_like_hint(&near, strrchr(name, '.') + 1));
	else
		conf_warn(c, place, conf_begins(name, "ssl.") ?
		    "%s means nothing here: bytes are passed on as they are, "
		    "encrypted or not; TLS is the backend's to end" :
		    "%s means nothing here: bytes are passed on as they are",
		    name);
}

static bool
scope_allows(struct conf *c, struct place place, const struct key *key)
{
	const struct block *b = c->block;
	const char *wrong;

	if (b == c->blocks || key->scope == SCOPE_BLOCK)
		return true;
	if (key->scope != SCOPE_LISTENER)
		wrong = "belongs to the top level, not into a condition";
	else if (b->remote)
		wrong = "cannot depend on who connects";
	else if (key->type == KEY_ADDRS && b->cond != COND_NEVER &&
	    (b->cond != COND_SOCKET || b->op != TOKEN_EQ))
		wrong = "belongs to the top level or into "
		    "$SERVER[\"socket\"] == ...";
	else
		return true;
	conf_error(c, place, "%s %s (%s)", key->name, wrong,
	    conf_at(c->setup, b->place.at));
	return false;
}

/* NULL when it is full. */
static struct assign *
assign_new(struct conf *c, struct place place, const char *name)
{
	struct block *b = c->block;
	struct assign *a = &c->assigns[c->nassigns];

	if (!conf_room(c, place, c->nassigns, LIMIT_CONF_VALUES))
		return NULL;
	memset(a, 0, sizeof(*a));
	a->hash = text_casehash(name);
	a->name = conf_text_add(c, place, name, "");
	if (a->name == NULL)
		return NULL;
	if (b->last == NULL)
		b->first = a;
	else
		b->last->next = a;
	b->last = a;
	c->nassigns++;
	return a;
}

void
conf_assign(struct conf *c, struct place place, const char *name,
    enum token_type op, struct value *v)
{
	bool variable = conf_begins(name, "var.");
	const struct key *key = variable ? NULL : key_find(name, false);
	struct assign *a, *old;

	if (strncmp(name, "env.", 4) == 0) {
		conf_error(c, place, "the environment cannot be changed");
		return;
	}
	if (key == NULL && !variable)
		not_ours(c, place, name);
	a = assign_here(c->block, name);
	if (op == TOKEN_ASSIGN && a != NULL) {
		conf_error(c, place, "%s is set in this block already (%s); "
		    ":= replaces, += adds", name,
		    conf_at(c->setup, a->place.at));
		return;
	}
	if (op == TOKEN_APPEND && (old = assign_find(c->block, name)) != NULL)
		v = value_merge(c, old->value, v, v->place);
	if (a == NULL && (a = assign_new(c, place, name)) == NULL)
		return;
	a->value = v;
	a->place = place;
	a->v = 0;
	a->key = NULL;
	if (key != NULL && scope_allows(c, place, key) &&
	    check(c, key, v, &a->v))
		a->key = key;
	a->replaces = op == TOKEN_REPLACE;
	a->denies = a->key != NULL && key->type == KEY_SERVERS &&
	    c->block->remote && v->first == NULL;
}

const struct key *
conf_variable(const char *name)
{
	return conf_begins(name, "var.") ? key_like(NULL, name + 4) : NULL;
}

void
conf_unused(struct conf *c)
{
	const struct assign *a;
	const struct key *key;
	struct key_near near;

	for (a = c->assigns; a < c->assigns + c->nassigns; a++) {
		key = conf_variable(a->name);
		if (key != NULL && !c->used[key_index(key)])
			conf_warn(c, a->place, "this variable is used nowhere%s",
			    key_like_hint(&near, a->name + 4));
	}
}

/*
 * conf_assign.c - assignments, and what each key takes.
 *
 * A value is checked where it is assigned, so errors come in the order of the
 * file; it is used when the blocks are built.
 */
#include <string.h>

#include "conf_int.h"
#include "text.h"

static void
check_flags(struct conf *c, struct assign *a)
{
	static const char graceful[] = "server.graceful-shutdown-timeout";
	const char *name;
	uint32_t i;

	for (i = c->values[a->value].first; i != 0; i = c->values[i].next) {
		name = conf_text_get(c, c->values[i].key);
		if (text_casecmp(name, graceful) == 0)
			a->checked = conf_read(c, a->key, i, &a->set.v);
		else if (text_distance(name, graceful, 4) < 4)
			conf_key_error(c, i, "no flag has the name \"%.60s\", "
			    "did you mean \"%s\"?", name, graceful);
		else
			conf_key_warn(c, i, "the flag \"%.60s\" means nothing "
			    "here", name);
	}
}

static void
check_addresses(struct conf *c, uint32_t list)
{
	const struct value *v;
	struct os_addr addr;
	const char *wrong;
	uint32_t i;
	size_t len;

	for (i = c->values[list].first; i != 0; i = c->values[i].next) {
		v = &c->values[i];
		if (v->key != 0 || (v->type != VALUE_STRING &&
		    v->type != VALUE_POISON))
			conf_value_error(c, i, "expected an address to listen "
			    "on, in double quotes");
		else if (v->type == VALUE_STRING && (wrong = conf_addr(
		    conf_text_get(c, v->text), ADDR_LISTEN, false, 80, &addr,
		    &len)) != NULL)
			conf_value_error(c, i, "\"%.60s\": %s",
			    conf_text_get(c, v->text), wrong);
	}
}

static void
check_list(struct conf *c, struct assign *a)
{
	uint32_t errors = c->errors;

	if (c->values[a->value].type != VALUE_LIST) {
		conf_value_error(c, a->value, "%s: expected a list: ( ... )",
		    a->key->name);
		return;
	}
	if (a->key->type == KEY_FLAGS) {
		check_flags(c, a);
		return;
	}
	if (strcmp(a->key->name, "sockproxy.server") == 0)
		pool_check(c, a->value, false);
	else if (strcmp(a->key->name, "sockproxy.server-default") == 0)
		pool_check(c, a->value, true);
	else if (strcmp(a->key->name, "sockproxy.listen") == 0)
		check_addresses(c, a->value);
	a->checked = errors == c->errors;
}

/* Strings that name something; what a configuration can write again. */
static const char *
check_string(const struct key *key, const char *s)
{
	struct os_addr addr;
	size_t len = strlen(s), namelen;
	uint32_t i;

	_Static_assert(LIMIT_CONF_STRING == 1000, "see the sentence");
	if (len > LIMIT_CONF_STRING)
		return "it is longer than 1000 bytes (LIMIT_CONF_STRING)";
	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ')
			return "a control character has no place in it";
	if (len > 0 && s[len - 1] == '\\')
		return "it cannot end in a backslash";
	if (key->type != KEY_ADDR || len == 0)
		return NULL;
	return conf_addr(s, ADDR_LISTEN, false, 80, &addr, &namelen);
}

bool
conf_read(struct conf *c, const struct key *key, uint32_t value, uint32_t *to)
{
	const struct value *v = &c->values[value];
	const char *wrong, *text = NULL;
	char buf[400];

	if (v->type == VALUE_POISON)
		return false;
	if (v->type == VALUE_LIST) {
		conf_value_error(c, value, "%s: expected a value of type %s, "
		    "found a list", key->name, key_type_name(key));
		return false;
	}
	if (v->type == VALUE_STRING)
		text = conf_text_get(c, v->text);
	wrong = key_read(key, text, v->number, to, buf, sizeof(buf));
	if (conf_port_zero(NULL) && strcmp(key->name, "server.port") == 0 &&
	    text == NULL && v->number == 0)
		wrong = NULL;		/* and *to is 0 */
	if (wrong == NULL && key->words == NULL && text != NULL)
		wrong = check_string(key, text);
	if (wrong == NULL)
		return true;
	if (text != NULL)
		conf_value_error(c, value, "%s: %s, found \"%.60s\"",
		    key->name, wrong, text);
	else
		conf_value_error(c, value, "%s: %s, found %lu", key->name,
		    wrong, (unsigned long)v->number);
	return false;
}

/* Keep the value as its key does. */
static void
check(struct conf *c, struct assign *a)
{
	const struct value *v = &c->values[a->value];

	if (v->type == VALUE_POISON)
		return;
	if (a->key->type == KEY_LIST || a->key->type == KEY_FLAGS) {
		check_list(c, a);
		return;
	}
	a->set.v = 0;
	a->checked = conf_read(c, a->key, a->value, &a->set.v);
	if (a->key->type == KEY_STRING || a->key->type == KEY_LOG ||
	    a->key->type == KEY_ADDR)
		a->set.v = v->text;
}

static void
unknown(struct conf *c, struct place place, const char *name)
{
	char buf[80];
	const char *near;

	if ((near = key_nearest(name, false, buf, sizeof(buf))) != NULL)
		conf_error(c, place, "no directive has the name %s, "
		    "did you mean %s?", name, near);
	else
		conf_error(c, place, "no directive has the name %s", name);
}

static void
not_used(struct conf *c, struct place place, const char *name)
{
	if (text_casecmp(name, "ssl.engine") == 0)
		conf_warn(c, place, "ssl.engine means nothing here: clients "
		    "are passed on as they come, encrypted or not; TLS is the "
		    "backend's to end");
	else if (conf_begins(name, "ssl."))
		conf_warn(c, place, "%s means nothing here: TLS is the "
		    "backend's to end", name);
	else
		conf_warn(c, place, "%s means nothing here: bytes are passed "
		    "on as they are", name);
}

static bool
scope_allows(struct conf *c, struct place place, const struct key *key)
{
	const struct block *b = &c->blocks[c->block];

	if (c->block == ROOT || key->scope == SCOPE_BLOCK)
		return true;
	if (key->scope != SCOPE_LISTENER)
		conf_error(c, place, "%s belongs to the top level, not into a "
		    "condition", key->name);
	else if (b->remote)
		conf_error(c, place, "%s cannot depend on who connects",
		    key->name);
	else if (strcmp(key->name, "sockproxy.listen") == 0 &&
	    b->cond != COND_NEVER &&
	    (b->cond != COND_SOCKET || b->op != TOKEN_EQ))
		conf_error(c, place, "%s belongs to the top level or into "
		    "$SERVER[\"socket\"] == ...", key->name);
	else
		return true;
	return false;
}

static uint32_t
assign_new(struct conf *c, struct place place, const char *name)
{
	struct block *b = &c->blocks[c->block];
	struct assign *a;
	uint32_t i = c->nassigns;

	if (i == LIMIT_CONF_VALUES) {
		conf_full(c, place, "LIMIT_CONF_VALUES", LIMIT_CONF_VALUES);
		return 0;
	}
	a = &c->assigns[i];
	memset(a, 0, sizeof(*a));
	a->hash = text_casehash(name);
	if ((a->name = conf_text_add(c, place, name, strlen(name))) == 0)
		return 0;
	if (b->last == 0)
		b->first = i;
	else
		c->assigns[b->last].next = i;
	b->last = i;
	c->nassigns++;
	return i;
}

/*
 * The value to store: with += what the nearest block around has, and this.
 * 0 when there was an error.
 */
static uint32_t
combined(struct conf *c, struct place place, const char *name,
    enum token_type op, uint32_t value, uint32_t here)
{
	char where[128];
	uint32_t old;

	if (op == TOKEN_ASSIGN && here != 0) {
		conf_error(c, place, "%s is set in this block already (%s); "
		    ":= replaces, += adds", name, conf_at(c->setup,
		    c->assigns[here].place.at, where, sizeof(where)));
		return 0;
	}
	if (op != TOKEN_APPEND ||
	    (old = assign_find(c, c->block, name)) == 0)
		return value;
	return value_merge(c, c->assigns[old].value, value,
	    c->values[value].place);
}

void
conf_assign(struct conf *c, struct place place, const char *name,
    enum token_type op, uint32_t value)
{
	bool variable = conf_begins(name, "var.");
	const struct key *key = variable ? NULL : key_find(name);
	struct assign *a;
	uint32_t i;

	if (strncmp(name, "env.", 4) == 0) {
		conf_error(c, place, "the environment cannot be changed");
		return;
	}
	if (key == NULL && !variable) {
		if (!key_ignored(name))
			unknown(c, place, name);
		else
			not_used(c, place, name);
	}
	i = assign_here(c, c->block, name);
	if ((value = combined(c, place, name, op, value, i)) == 0)
		return;
	if (i == 0 && (i = assign_new(c, place, name)) == 0)
		return;
	a = &c->assigns[i];
	a->value = value;
	a->place = place;
	a->set.at = place.at;
	a->checked = false;
	a->key = NULL;
	if (key == NULL || !scope_allows(c, place, key))
		return;
	a->key = key;
	check(c, a);
}

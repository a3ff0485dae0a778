/*
 * conf_value.c - values of a configuration: numbers, strings, lists, sums of
 * them, variables; and the messages about them.
 *
 * A value never changes once it is in a list or in an assignment: sublists are
 * shared, merging copies only the outer elements.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"
#include "file.h"
#include "proc.h"
#include "text.h"

enum { LINE = 1024 };		/* bytes of one message */

static void
put_line(struct conf *c, struct place place, const char *kind,
    const char *text)
{
	const char *at = conf_string(c->setup, c->setup->files[0]);
	char line[LINE], column[16] = "";

	if (place.at != 0) {
		at = conf_at(c->setup, place.at);
		text_format(column, sizeof(column), ":%u", place.column);
	}
	text_format(line, sizeof(line), "%.500s%s: %s: %s", at, column, kind,
	    text);
	text_plain(line);		/* text that was quoted from the file */
	c->put(c->ctx, line);
}

/* Whether that was said of that place; now it is. */
static bool
is_reported(struct conf *c, struct place place, const char *text)
{
	uint32_t hash = text_casehash(text);
	const struct report *r;

	for (r = c->reported; r < c->reported + c->errors; r++)
		if (r->place.at == place.at && r->hash == hash &&
		    r->place.column == place.column)
			return true;
	c->reported[c->errors++] = (struct report){ place, hash };
	return false;
}

void
conf_error(struct conf *c, struct place place, const char *f, ...)
{
	char text[LINE];
	va_list ap;

	va_start(ap, f);
	text_vformat(text, sizeof(text), f, ap);
	va_end(ap);
	if (c->stop || is_reported(c, place, text))
		return;
	put_line(c, place, "error", text);
	if (c->errors < LIMIT_ERRORS)
		return;
	c->stop = true;
	c->put(c->ctx, "Too many errors: the rest is not looked at.");
}

bool
conf_good(struct conf *c, struct place place, const char *text,
    const char *wrong)
{
	if (wrong != NULL)
		conf_error(c, place, "\"%.60s\": %s", text, wrong);
	return wrong == NULL;
}

void
conf_warn(struct conf *c, struct place place, const char *f, const char *name)
{
	char text[LINE];

	if (c->stop)
		return;
	text_format(text, sizeof(text), f, name);
	put_line(c, place, "warning", text);
}

void
value_warn(struct conf *c, struct value *v, const char *f, const char *name)
{
	if (!v->warned)
		conf_warn(c, v->keyplace, f, name);
	v->warned = true;
}

bool
conf_room_for(struct conf *c, struct place place, size_t have, unsigned limit,
    const char *constant)
{
	if (have < limit)
		return true;
	conf_error(c, place, "too much for this program: %s is %u", constant,
	    limit);
	c->stop = true;
	return false;
}

const char *
conf_text_add(struct conf *c, struct place place, const char *a, const char *b)
{
	char *to = c->text + c->ntext;
	size_t n = text_format(to, sizeof(c->text) - c->ntext, "%s%s", a, b);

	if (!conf_room(c, place, c->ntext + n, LIMIT_CONF_TEXT))
		return NULL;
	c->ntext += (uint32_t)n + 1;
	return to;
}

bool
conf_begins(const char *name, const char *prefix)
{
	char head[16];

	text_format(head, sizeof(head), "%.*s", (int)strlen(prefix), name);
	return text_casecmp(head, prefix) == 0;
}

const char *
conf_unwritable(const char *s)
{
	size_t len = strlen(s);

	if (strpbrk(s, "\t\r\n") != NULL)	/* no text has others */
		return "it holds control characters";
	return len > 0 && s[len - 1] == '\\' ?
	    "it cannot end in a backslash" : NULL;
}

struct value *
value_new(struct conf *c, enum value_type type, struct place place)
{
	struct value *v;

	if (!conf_room(c, place, c->nvalues, LIMIT_CONF_VALUES)) {
		c->nvalues--;		/* poison that others may share */
		type = VALUE_POISON;
	}
	v = &c->values[c->nvalues++];
	memset(v, 0, sizeof(*v));
	v->type = (uint8_t)type;
	v->text = v->key = "";
	v->number = UINT32_MAX;
	v->place = v->keyplace = place;
	return v;
}

/* The same in no list; poison when there is no room for it. */
static struct value *
value_copy(struct conf *c, const struct value *v)
{
	struct value *copy = value_new(c, VALUE_POISON, v->place);

	if (!c->stop) {
		*copy = *v;
		copy->next = NULL;
	}
	return copy;
}

/* Make it a string, of two. */
static void
set_text(struct conf *c, struct value *v, const char *a, const char *b)
{
	const char *text = conf_text_add(c, v->place, a, b);

	if (text == NULL)
		return;
	v->type = VALUE_STRING;
	v->text = text;
}

const char *
value_text(const struct value *v, char digits[16])
{
	if (v->type == VALUE_STRING)
		return v->text;
	if (v->type == VALUE_LIST)
		return "a list";
	text_format(digits, 16, "%u", v->number);
	return digits;
}

void
value_append(struct conf *c, struct value *list, struct value *v)
{
	if (c->stop)
		return;
	if (list->last == NULL)
		list->first = v;
	else
		list->last->next = v;
	list->last = v;
}

struct value *
value_find(const struct value *list, const char *key)
{
	struct value *v;
	uint32_t hash = text_casehash(key);

	for (v = list->first; v != NULL; v = v->next)
		if (v->keyed && v->keyhash == hash &&
		    text_casecmp(v->key, key) == 0)
			break;
	return v;
}

void
value_twice(struct conf *c, struct place place, const char *key,
    const struct value *old)
{
	conf_error(c, place, "\"%.60s\" is in the list already (%s)", key,
	    conf_at(c->setup, old->place.at));
}

static bool
same_scalar(const struct value *a, const struct value *b)
{
	if (a->type != b->type || a->type == VALUE_LIST)
		return false;
	return a->type == VALUE_NUMBER ? a->number == b->number :
	    strcmp(a->text, b->text) == 0;
}

/* Copy the elements of one list to the end of another. */
static void
join_elements(struct conf *c, struct value *to, const struct value *from)
{
	const struct value *v, *old;

	for (v = from->first; v != NULL && !c->stop; v = v->next) {
		old = v->keyed ? value_find(to, v->key) : NULL;
		if (old == NULL)
			value_append(c, to, value_copy(c, v));
		else if (!same_scalar(old, v))
			value_twice(c, v->keyplace, v->key, old);
	}
}

struct value *
value_merge(struct conf *c, struct value *a, struct value *b,
    struct place place)
{
	static const char *const names = "\0a number\0a string\0a list";
	struct value *v = value_new(c, VALUE_POISON, place);
	char digits[2][16];

	if (a->type == VALUE_POISON || b->type == VALUE_POISON || c->stop)
		return v;
	if ((a->type == VALUE_LIST) != (b->type == VALUE_LIST))
		conf_error(c, b->place, "cannot add %s to %s",
		    text_nth(names, b->type), text_nth(names, a->type));
	else if (a->type == VALUE_LIST) {
		v->type = VALUE_LIST;
		join_elements(c, v, a);
		join_elements(c, v, b);
	} else if (a->type == VALUE_STRING || b->type == VALUE_STRING)
		set_text(c, v, value_text(a, digits[0]),
		    value_text(b, digits[1]));
	else if (a->number > UINT32_MAX - b->number)
		conf_error(c, b->place, "the sum is over %u", UINT32_MAX);
	else {
		v->type = VALUE_NUMBER;
		v->number = a->number + b->number;
	}
	return v;
}

struct assign *
assign_here(const struct block *block, const char *name)
{
	struct assign *a;
	uint32_t hash = text_casehash(name);

	for (a = block->first; a != NULL; a = a->next)
		if (a->hash == hash && text_casecmp(name, a->name) == 0)
			break;
	return a;
}

struct assign *
assign_find(const struct block *block, const char *name)
{
	struct assign *a = NULL;

	for (; block != NULL && a == NULL; block = block->parent)
		a = assign_here(block, name);
	return a;
}

static void
value_of_env(struct conf *c, struct value *v, const char *name)
{
	const char *s = getenv(name);

	if (s == NULL)
		conf_error(c, v->place, "the environment has no %s", name);
	else if (s[lex_text_len(s)] != '\0')
		conf_good(c, v->place, name, "it holds control characters");
	else
		set_text(c, v, s, "");
}

static void
value_of_cwd(struct conf *c, struct value *v)
{
	char path[4096];
	size_t len;

	if (file_absolute("", path, sizeof(path)) != 0 ||
	    path[lex_text_len(path)] != '\0') {
		conf_error(c, v->place, "the working directory has no name");
		return;
	}
	len = strlen(path);
	if (len > 1)
		path[len - 1] = '\0';
	set_text(c, v, path, "");
}

/* It has no value: did somebody mean one of those that were set? */
static void
no_value(struct conf *c, struct place place, const char *name)
{
	struct key_near near = { .name = name, .quote = "", .least = 3 };
	const struct block *b;
	const struct assign *a;
	const char *hint = near.hint;

	for (b = c->block; b != NULL; b = b->parent)
		for (a = b->first; a != NULL; a = a->next)
			key_nearer(&near, a->name);
	if (*hint == '\0')
		hint = key_find(name, false) != NULL ?
		    " (defaults cannot be read)" : " (text needs quotes)";
	conf_error(c, place, "%s has no value here%s", name, hint);
}

struct value *
value_of_word(struct conf *c, struct place place, const char *name)
{
	struct value *v = value_new(c, VALUE_POISON, place);
	const struct key *like = conf_variable(name);
	const struct assign *a;

	if (c->stop)
		return v;
	if (like != NULL)
		c->used[key_index(like)] = true;
	if (strncmp(name, "env.", 4) == 0)
		value_of_env(c, v, name + 4);
	else if ((a = assign_find(c->block, name)) != NULL) {
		*v = *a->value;
		v->key = "";
		v->keyed = false;
		v->next = NULL;
		v->place = v->keyplace = place;
	} else if (text_casecmp(name, "var.CWD") == 0)
		value_of_cwd(c, v);
	else if (text_casecmp(name, "var.PID") == 0) {
		v->type = VALUE_NUMBER;
		v->number = (uint32_t)conf_pid(0);
	} else
		no_value(c, place, name);
	return v;
}

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

enum { LINE_MAX_TEXT = 1024 };		/* bytes of one message */

static void
put_line(struct conf *c, struct place place, const char *kind, const char *f,
    va_list ap)
{
	char line[LINE_MAX_TEXT], *p;
	size_t len;

	if (place.at == 0)		/* it concerns the whole */
		len = text_format(line, sizeof(line) / 2, "%s: %s: ",
		    conf_string(c->setup, c->setup->files[0]), kind);
	else {
		conf_at(c->setup, place.at, line, sizeof(line) / 2);
		len = strlen(line);
		len += text_format(line + len, sizeof(line) - len,
		    ":%lu: %s: ", (unsigned long)place.column, kind);
	}
	if (len >= sizeof(line) / 2 + 40)
		len = sizeof(line) / 2;
	text_vformat(line + len, sizeof(line) - len, f, ap);
	for (p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';	/* text that was quoted from the file */
	c->put(c->ctx, line);
}

static void
error_line(struct conf *c, struct place place, const char *f, va_list ap)
{
	if (c->stop)
		return;
	put_line(c, place, "error", f, ap);
	if (++c->errors < LIMIT_ERRORS)
		return;
	c->stop = true;
	c->put(c->ctx, "Too many errors: the rest is not looked at.");
}

void
conf_error(struct conf *c, struct place place, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	error_line(c, place, f, ap);
	va_end(ap);
}

void
conf_warn(struct conf *c, struct place place, const char *f, ...)
{
	va_list ap;

	if (c->stop)
		return;
	va_start(ap, f);
	put_line(c, place, "warning", f, ap);
	va_end(ap);
}

/* Only the first error of a value is worth a line. */
static bool
first_error(struct value *v)
{
	if (v->bad || v->type == VALUE_POISON)
		return false;
	v->bad = true;
	return true;
}

void
conf_value_error(struct conf *c, uint32_t value, const char *f, ...)
{
	va_list ap;

	if (!first_error(&c->values[value]))
		return;
	va_start(ap, f);
	error_line(c, c->values[value].place, f, ap);
	va_end(ap);
}

void
conf_key_error(struct conf *c, uint32_t value, const char *f, ...)
{
	va_list ap;

	if (!first_error(&c->values[value]))
		return;
	va_start(ap, f);
	error_line(c, c->values[value].keyplace, f, ap);
	va_end(ap);
}

void
conf_key_warn(struct conf *c, uint32_t value, const char *f, ...)
{
	va_list ap;

	if (c->stop || c->values[value].warned)
		return;
	c->values[value].warned = true;
	va_start(ap, f);
	put_line(c, c->values[value].keyplace, "warning", f, ap);
	va_end(ap);
}

void
conf_full(struct conf *c, struct place place, const char *constant,
    unsigned long limit)
{
	if (!c->full)
		conf_error(c, place, "too much for this program: %s is %lu",
		    constant, limit);
	c->full = c->stop = true;
}

struct place
conf_place(const struct conf *c)
{
	struct place place;

	place.at = SETUP_AT(c->file, c->tok.line);
	place.column = c->tok.column;
	return place;
}

uint32_t
conf_text_add(struct conf *c, struct place place, const char *s, size_t len)
{
	uint32_t at = (uint32_t)c->ntext;

	if (LIMIT_CONF_TEXT - c->ntext <= len) {
		conf_full(c, place, "LIMIT_CONF_TEXT", LIMIT_CONF_TEXT);
		return 0;
	}
	memcpy(c->text + at, s, len);
	c->text[at + len] = '\0';
	c->ntext += len + 1;
	return at;
}

const char *
conf_text_get(const struct conf *c, uint32_t at)
{
	return c->text + at;
}

bool
conf_begins(const char *name, const char *prefix)
{
	char head[16];

	text_format(head, sizeof(head), "%.*s", (int)strlen(prefix), name);
	return text_casecmp(head, prefix) == 0;
}

/* FNV-1a over lower case: compares what text_casecmp compares. */
uint32_t
value_new(struct conf *c, enum value_type type, struct place place)
{
	struct value *v;

	if (c->nvalues == LIMIT_CONF_VALUES) {
		conf_full(c, place, "LIMIT_CONF_VALUES", LIMIT_CONF_VALUES);
		c->nvalues--;		/* poison that others may share */
		type = VALUE_POISON;
	}
	v = &c->values[c->nvalues];
	memset(v, 0, sizeof(*v));
	v->type = (uint8_t)type;
	v->place = v->keyplace = place;
	return c->nvalues++;
}

/* The same value at another place, in no list. */
uint32_t
value_copy(struct conf *c, uint32_t value, struct place place)
{
	uint32_t copy = value_new(c, VALUE_POISON, place);

	if (c->full)
		return copy;
	c->values[copy] = c->values[value];
	c->values[copy].key = 0;
	c->values[copy].next = 0;
	c->values[copy].place = c->values[copy].keyplace = place;
	return copy;
}

uint32_t
value_string(struct conf *c, struct place place, const char *s, size_t len)
{
	uint32_t v = value_new(c, VALUE_STRING, place);

	if ((c->values[v].text = conf_text_add(c, place, s, len)) == 0)
		c->values[v].type = VALUE_POISON;
	return v;
}

void
value_append(struct conf *c, uint32_t list, uint32_t element)
{
	struct value *l = &c->values[list];

	if (c->full)
		return;
	if (l->last == 0)
		l->first = element;
	else
		c->values[l->last].next = element;
	l->last = element;
}

uint32_t
value_find(const struct conf *c, uint32_t list, const char *key)
{
	uint32_t i, hash = text_casehash(key);

	for (i = c->values[list].first; i != 0; i = c->values[i].next)
		if (c->values[i].keyhash == hash && c->values[i].key != 0 &&
		    text_casecmp(conf_text_get(c, c->values[i].key), key) == 0)
			return i;
	return 0;
}

const char *
value_type_name(const struct value *v)
{
	switch (v->type) {
	case VALUE_NUMBER:
		return "a number";
	case VALUE_STRING:
		return "a string";
	case VALUE_LIST:
		return "a list";
	default:
		return "nothing";
	}
}

static uint32_t
join_text(struct conf *c, const struct value *a, const struct value *b,
    struct place place)
{
	char digits[2][16];
	const char *s[2];
	size_t len[2];
	uint32_t v;

	s[0] = digits[0];
	s[1] = digits[1];
	text_format(digits[0], sizeof(digits[0]), "%lu",
	    (unsigned long)a->number);
	text_format(digits[1], sizeof(digits[1]), "%lu",
	    (unsigned long)b->number);
	if (a->type == VALUE_STRING)
		s[0] = conf_text_get(c, a->text);
	if (b->type == VALUE_STRING)
		s[1] = conf_text_get(c, b->text);
	len[0] = strlen(s[0]);
	len[1] = strlen(s[1]);
	if (LIMIT_CONF_TEXT - c->ntext <= len[0] + len[1]) {
		conf_full(c, place, "LIMIT_CONF_TEXT", LIMIT_CONF_TEXT);
		return value_new(c, VALUE_POISON, place);
	}
	v = value_new(c, VALUE_STRING, place);
	c->values[v].text = (uint32_t)c->ntext;
	memcpy(c->text + c->ntext, s[0], len[0]);
	memcpy(c->text + c->ntext + len[0], s[1], len[1] + 1);
	c->ntext += len[0] + len[1] + 1;
	return v;
}

static bool
same_scalar(const struct conf *c, const struct value *a, const struct value *b)
{
	if (a->type != b->type || a->type == VALUE_LIST)
		return false;
	return a->type == VALUE_NUMBER ? a->number == b->number :
	    strcmp(conf_text_get(c, a->text), conf_text_get(c, b->text)) == 0;
}

/* Copy the elements of one list to the end of another. */
static void
join_elements(struct conf *c, uint32_t to, uint32_t from)
{
	char where[128];
	uint32_t i, copy, old;

	for (i = c->values[from].first; i != 0 && !c->full;
	    i = c->values[i].next) {
		if (c->values[i].key != 0 && (old = value_find(c, to,
		    conf_text_get(c, c->values[i].key))) != 0) {
			if (same_scalar(c, &c->values[old], &c->values[i]))
				continue;
			conf_error(c, c->values[i].keyplace,
			    "\"%.60s\" is in the list already (%s)",
			    conf_text_get(c, c->values[i].key),
			    conf_at(c->setup, c->values[old].place.at, where,
			    sizeof(where)));
			continue;
		}
		copy = value_copy(c, i, c->values[i].place);
		c->values[copy].key = c->values[i].key;
		c->values[copy].keyhash = c->values[i].keyhash;
		c->values[copy].keyplace = c->values[i].keyplace;
		value_append(c, to, copy);
	}
}

uint32_t
value_merge(struct conf *c, uint32_t ia, uint32_t ib, struct place place)
{
	const struct value *a = &c->values[ia], *b = &c->values[ib];
	uint32_t v;

	if (a->type == VALUE_POISON || b->type == VALUE_POISON)
		return value_new(c, VALUE_POISON, place);
	if ((a->type == VALUE_LIST) != (b->type == VALUE_LIST)) {
		conf_error(c, b->place, "cannot add %s to %s",
		    value_type_name(b), value_type_name(a));
		return value_new(c, VALUE_POISON, place);
	}
	if (a->type == VALUE_LIST) {
		v = value_new(c, VALUE_LIST, place);
		join_elements(c, v, ia);
		join_elements(c, v, ib);
		return v;
	}
	if (a->type == VALUE_STRING || b->type == VALUE_STRING)
		return join_text(c, a, b, place);
	v = value_new(c, VALUE_NUMBER, place);
	c->values[v].number = a->number + b->number;
	if (a->number > UINT32_MAX - b->number) {
		conf_error(c, b->place, "the sum is over %lu",
		    (unsigned long)UINT32_MAX);
		c->values[v].type = VALUE_POISON;
	}
	return v;
}

uint32_t
assign_here(const struct conf *c, uint32_t block, const char *name)
{
	uint32_t i, hash = text_casehash(name);

	for (i = c->blocks[block].first; i != 0; i = c->assigns[i].next)
		if (c->assigns[i].hash == hash && text_casecmp(name,
		    conf_text_get(c, c->assigns[i].name)) == 0)
			return i;
	return 0;
}

uint32_t
assign_find(const struct conf *c, uint32_t block, const char *name)
{
	uint32_t i;

	for (; block != 0; block = c->blocks[block].parent)
		if ((i = assign_here(c, block, name)) != 0)
			return i;
	return 0;
}

static uint32_t
value_of_env(struct conf *c, struct place place, const char *name)
{
	const char *s = getenv(name);

	if (s == NULL)
		conf_error(c, place, "the environment has no %s", name);
	else if (lex_binary(s, strlen(s)) != NULL)
		conf_error(c, place,
		    "%s in the environment holds control characters", name);
	else
		return value_string(c, place, s, strlen(s));
	return value_new(c, VALUE_POISON, place);
}

static uint32_t
value_of_cwd(struct conf *c, struct place place)
{
	char path[4096];
	size_t len;
	int error;

	if ((error = file_absolute(".", path, sizeof(path))) == 0 &&
	    lex_binary(path, strlen(path)) == NULL) {
		len = strlen(path);
		if (len > 2 && strcmp(path + len - 2, "/.") == 0)
			len -= 2;
		return value_string(c, place, path, len);
	}
	conf_error(c, place, "the working directory has no name");
	return value_new(c, VALUE_POISON, place);
}

/* The name nearest to this one among those that were set, or NULL. */
static const char *
nearest_name(const struct conf *c, const char *name)
{
	const char *best = NULL;
	unsigned d, least = 3;
	uint32_t i, b;

	for (b = c->block; b != 0; b = c->blocks[b].parent)
		for (i = c->blocks[b].first; i != 0; i = c->assigns[i].next) {
			d = text_distance(name,
			    conf_text_get(c, c->assigns[i].name), least);
			if (d < least) {
				least = d;
				best = conf_text_get(c, c->assigns[i].name);
			}
		}
	return best;
}

uint32_t
value_of_word(struct conf *c, struct place place, const char *name)
{
	const char *near;
	uint32_t i, v;

	if (strncmp(name, "env.", 4) == 0)
		return value_of_env(c, place, name + 4);
	if ((i = assign_find(c, c->block, name)) != 0)
		return value_copy(c, c->assigns[i].value, place);
	if (text_casecmp(name, "var.CWD") == 0)
		return value_of_cwd(c, place);
	if (text_casecmp(name, "var.PID") == 0) {
		v = value_new(c, VALUE_NUMBER, place);
		c->values[v].number = (uint32_t)proc_pid();
		return v;
	}
	if ((near = nearest_name(c, name)) != NULL)
		conf_error(c, place, "%s has no value here, did you mean %s?",
		    name, near);
	else
		conf_error(c, place, "%s has no value here%s", name,
		    key_find(name) != NULL ? " (defaults cannot be read)" :
		    " (text needs quotes)");
	return value_new(c, VALUE_POISON, place);
}

/*
 * key_value.c - values of keys as they are written, and the way back.
 *
 * Makes no messages of its own: it says what was expected.
 */
#include <string.h>

#include "key.h"
#include "text.h"

struct unit {
	const char	*name;
	uint64_t	 factor;
};

static const struct unit time_units[] = {	/* milliseconds */
	{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
	{ "h", 3600000 }, { "d", 86400000 }, { NULL, 0 }
};

static const struct unit kib_units[] = {
	{ "", 1 }, { "k", 1 }, { "m", 1024 }, { "g", 1024 * 1024 },
	{ NULL, 0 }
};

/* Digits and a unit. */
static bool
read_units(const struct unit *units, const char *text, uint64_t *v)
{
	char digits[16];
	size_t n = 0;

	while (text[n] >= '0' && text[n] <= '9' && n < sizeof(digits) - 1) {
		digits[n] = text[n];
		n++;
	}
	digits[n] = '\0';
	if (!text_number(digits, UINT32_MAX, v))
		return false;
	for (; units->name != NULL; units++)
		if (text_casecmp(units->name, text + n) == 0) {
			*v *= units->factor;
			return true;
		}
	return false;
}

static const char *
read_number(const struct key *key, const char *text, uint32_t number,
    uint32_t *v, char *buf, size_t size)
{
	uint64_t n = number;

	if ((text != NULL && !text_number(text, key->max, &n)) ||
	    n < key->min || n > key->max) {
		text_format(buf, size, "expected a number from %lu to %lu",
		    (unsigned long)key->min, (unsigned long)key->max);
		return buf;
	}
	*v = (uint32_t)n;
	return NULL;
}

static const char *
read_time(const struct key *key, const char *text, uint32_t number,
    uint32_t *v, char *buf, size_t size)
{
	uint64_t ms = (uint64_t)number * 1000, part;

	part = key->type == KEY_SECONDS ? 1000 : 1;
	if ((text != NULL && !read_units(time_units, text, &ms)) ||
	    ms > (uint64_t)key->max * 1000 || ms % part != 0) {
		text_format(buf, size, "expected %sseconds from 0 to %lu, or "
		    "a time such as %s\"5m\", \"1h\"",
		    part == 1 ? "" : "whole ", (unsigned long)key->max,
		    part == 1 ? "\"500ms\", " : "");
		return buf;
	}
	*v = (uint32_t)(ms / part);
	return NULL;
}

static const char *
read_kib(const struct key *key, const char *text, uint32_t number,
    uint32_t *v, char *buf, size_t size)
{
	uint64_t n = number;

	if ((text != NULL && !read_units(kib_units, text, &n)) ||
	    n > key->max) {
		text_format(buf, size, "expected KiB from 0 to %lu, or a size "
		    "such as \"16k\", \"1m\"", (unsigned long)key->max);
		return buf;
	}
	*v = (uint32_t)n;
	return NULL;
}

static const char *
read_bool(const char *text, uint32_t number, uint32_t *v)
{
	static const char *const words[] = { "disable", "enable", "disabled",
	    "enabled", "false", "true", "0", "1" };
	uint32_t i;

	for (i = 0; text != NULL && i < 8; i++)
		if (text_casecmp(text, words[i]) == 0) {
			*v = i % 2;
			return NULL;
		}
	if (text == NULL && number <= 1) {
		*v = number;
		return NULL;
	}
	return "expected \"enable\" or \"disable\"";
}

static const char *
read_word(const struct key *key, const char *text, uint32_t *v, char *buf,
    size_t size)
{
	const struct key_word *w;
	size_t len;

	for (w = key->words; w->name != NULL; w++)
		if (strcmp(w->name, text) == 0) {
			*v = w->v;
			return NULL;
		}
	len = text_format(buf, size, "expected one of");
	for (w = key->words; w->name != NULL && len < size; w++)
		len += text_format(buf + len, size - len, "%s \"%s\"",
		    w == key->words ? "" : ",", w->name);
	return buf;
}

static const char *
read_mode(const struct key *key, const char *text, uint32_t *v, char *buf,
    size_t size)
{
	uint32_t mode = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '7' && i < 5; i++)
		mode = mode << 3 | (uint32_t)(text[i] - '0');
	if (i == 0 && text[i] == '\0')
		mode = KEY_UNSET;
	if (text[i] != '\0' || (i > 0 && mode > key->max) ||
	    (i == 0 && key->initial != KEY_UNSET)) {
		text_format(buf, size,
		    "expected permissions in octal, such as \"0660\"");
		return buf;
	}
	*v = mode;
	return NULL;
}

const char *
key_read(const struct key *key, const char *text, uint32_t number,
    uint32_t *v, char *buf, size_t size)
{
	switch (key->type) {
	case KEY_NUMBER:
		return read_number(key, text, number, v, buf, size);
	case KEY_TIME:
	case KEY_SECONDS:
	case KEY_FLAGS:
		return read_time(key, text, number, v, buf, size);
	case KEY_KIB:
		return read_kib(key, text, number, v, buf, size);
	case KEY_BOOL:
		return read_bool(text, number, v);
	default:
		break;
	}
	if (text == NULL)
		return "expected a string (in double quotes)";
	*v = 0;
	switch (key->type) {
	case KEY_WORD:
	case KEY_NAME:
		return read_word(key, text, v, buf, size);
	case KEY_MODE:
		return read_mode(key, text, v, buf, size);
	case KEY_LOG:
		return *text != '|' ? NULL : "log lines go to a file or to "
		    "syslog, not to a program";
	default:
		return NULL;
	}
}

const char *
key_word(const struct key *key, uint32_t v)
{
	const struct key_word *w;

	for (w = key->words; w->name != NULL; w++)
		if (w->v == v)
			return w->name;
	return "";
}

const char *
key_write(const struct key *key, uint32_t v, char *buf, size_t size)
{
	unsigned long n = v;

	switch (key->type) {
	case KEY_TIME:
	case KEY_FLAGS:
		if (v % 1000 != 0)
			text_format(buf, size, "\"%lums\"", n);
		else
			text_format(buf, size, "%lu", n / 1000);
		break;
	case KEY_BOOL:
		text_format(buf, size, "\"%s\"", v ? "enable" : "disable");
		break;
	case KEY_WORD:
		text_format(buf, size, "\"%s\"", key_word(key, v));
		break;
	case KEY_MODE:
		if (v == KEY_UNSET)
			text_format(buf, size, "\"\"");
		else
			text_format(buf, size, "\"%04lo\"", n);
		break;
	case KEY_NUMBER:
	case KEY_SECONDS:
	case KEY_KIB:
		text_format(buf, size, "%lu", n);
		break;
	default:
		text_format(buf, size, "\"\"");
	}
	return buf;
}

/*
 * key_value.c - values of keys as they are written, and the way back.
 *
 * Makes no messages of its own: it says what was expected.
 */
#include <string.h>
#include <syslog.h>

#include "key.h"
#include "setup.h"
#include "text.h"

/*
 * Lists of words, each standing for its number from 0 on; behind a bar is
 * another name for the same.
 */
static const char *const words[] = {
	[WORDS_SWITCH] = "disable|disabled|false|0 enable|enabled|true|1 kill",
	[WORDS_BALANCE] = "fair|least-connection round-robin sticky hash",
	[WORDS_LOG] = "none failed all",
	[WORDS_SPLICE] = "disable auto",
	[WORDS_EVENT] = "|libev|solaris-devpoll|solaris-eventports poll|select "
	    "epoll|linux-sysepoll kqueue|freebsd-kqueue",
	/* as RFC 5424 numbers them, but for 12 to 15, which have no names */
	[WORDS_FACILITY] = "kern user mail daemon auth|security syslog lpr "
	    "news uucp cron authpriv ftp local0 local1 local2 local3 local4 "
	    "local5 local6 local7"
};

enum { NAMED = 12, UNNAMED = 4 };
_Static_assert(LOG_FTP >> 3 == NAMED - 1 &&
    LOG_LOCAL0 >> 3 == NAMED + UNNAMED, "words[WORDS_FACILITY]");
_Static_assert((int)BALANCE_LEAST == 0 && (int)BALANCE_ROUND_ROBIN == 1 &&
    (int)BALANCE_STICKY == 2 && (int)BALANCE_HASH == 3 &&
    (int)LOG_SESSIONS_NONE == 0 && (int)LOG_SESSIONS_FAILED == 1 &&
    (int)LOG_SESSIONS_ALL == 2 && (int)SANDBOX_OFF == 0 &&
    (int)SANDBOX_ON == 1 && (int)SANDBOX_KILL == 2, "words");

/* Units, the first if none is written, and what each is of the last one. */
static const char no_units[] = "", kib_units[] = "k m g",
    time_units[] = "s ms m h d";
static const uint32_t kib_factors[] = { 1, 1024, 1024 * 1024 };
static const uint32_t time_factors[] = { 1000, 1, 60000, 3600000, 86400000 };

/* In the order of enum key_other. */
static const char *const other_host =
    "allow-x-send-file|broken-scriptfilename|check-local|docroot|"
    "fix-root-scriptname|idle-timeout|kill-signal|listen-backlog|"
    "max-load-per-proc|mode|strip-request-uri|x-sendfile|x-sendfile-docroot "
    "bin-copy-environment|bin-environment|bin-path|max-procs|min-procs";

/* Copy the word at the head of a list.  Returns what is behind it. */
static const char *
take_word(const char *list, char buf[KEY_WORD_MAX])
{
	while (*list != '\0' && *list != ' ' && *list != '|')
		*buf++ = *list++;
	*buf = '\0';
	return list;
}

int
key_find_word(const char *list, const char *word, bool anycase)
{
	char name[KEY_WORD_MAX];
	int n = 0;

	for (;; list++) {
		list = take_word(list, name);
		if (anycase ? text_casecmp(name, word) == 0 :
		    strcmp(name, word) == 0)
			return n;
		if (*list == '\0')
			return -1;
		n += *list == ' ';
	}
}

/* The first word of a number. */
static const char *
word_of(const char *list, uint32_t v, char buf[KEY_WORD_MAX])
{
	for (; v > 0; list++)
		v -= *list == ' ';
	take_word(list, buf);
	return buf;
}

enum key_other
key_other_host(const char *name)
{
	return (enum key_other)key_find_word(other_host, name, true);
}

/* Digits and a unit, the first one if there is none. */
static bool
read_units(const char *text, const char *units, const uint32_t *factors,
    uint64_t *v)
{
	const char *rest = text_digits(text, UINT32_MAX, v);
	int unit = 0;

	if (rest != NULL && *rest != '\0')
		unit = key_find_word(units, rest, true);
	if (rest == NULL || unit == -1)
		return false;
	*v *= factors[unit];
	return true;
}

static const char *
read_number(const struct key *key, const char *text, uint64_t n, uint32_t *v,
    char buf[KEY_ERROR_MAX])
{
	const char *units = no_units, *what = "a number", *such = "";
	const uint32_t *factors = kib_factors;
	uint64_t unit;
	bool good;

	if (key->type == KEY_KIB) {
		units = kib_units;
		what = "KiB";
		such = ", or a size such as \"16k\", \"1m\"";
	} else if (key->type != KEY_NUMBER) {
		units = time_units;
		factors = time_factors;
		what = "seconds";
		such = ", or a time such as \"500ms\", \"5m\", \"1h\"";
	}
	unit = factors[0];
	n *= unit;
	good = text == NULL || read_units(text, units, factors, &n);
	if (key->type == KEY_SECONDS) {
		good = good && n % unit == 0;
		n /= unit;
		unit = 1;
		what = "whole seconds";
		such = ", or a time such as \"5m\", \"1h\"";
	}
	if (good && n >= key->min && n <= key->max * unit) {
		*v = (uint32_t)n;
		return NULL;
	}
	text_format(buf, KEY_ERROR_MAX, "expected %s from %u to %u%s", what,
	    key->min, key->max, such);
	return buf;
}

static const char *
read_word(const struct key *key, const char *text, uint32_t *v,
    char buf[KEY_ERROR_MAX])
{
	const char *list = words[key->max], *comma = "";
	char name[KEY_WORD_MAX];
	int n = key_find_word(list, text, false);
	size_t len;

	if (n != -1) {
		*v = (uint32_t)n;
		if (key->type == KEY_FACILITY)
			*v = (*v < NAMED ? *v : *v + UNNAMED) << 3;
		return NULL;
	}
	len = text_format(buf, KEY_ERROR_MAX, "expected one of");
	for (; len < KEY_ERROR_MAX; list++, comma = ",") {
		list = take_word(list, name);
		len += text_format(buf + len, KEY_ERROR_MAX - len,
		    "%s \"%s\"", comma, name);
		if (*list == '\0')
			break;
	}
	return buf;
}

static const char *
read_mode(const struct key *key, const char *text, uint32_t *v)
{
	uint32_t mode = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '7' && i < 5; i++)
		mode = mode << 3 | (uint32_t)(text[i] - '0');
	*v = i > 0 ? mode : KEY_UNSET;
	if (text[i] == '\0' && (i > 0 ? mode <= key->max :
	    key->initial == KEY_UNSET))
		return NULL;
	return "expected permissions in octal, such as \"0660\"";
}

const char *
key_read(const struct key *key, const char *text, uint32_t number,
    uint32_t *v, char buf[KEY_ERROR_MAX])
{
	int n = text == NULL ? (int)number :
	    key_find_word(words[WORDS_SWITCH], text, true);

	if ((key->type == KEY_BOOL || (key->type == KEY_SECONDS &&
	    text != NULL)) && (n == 0 || n == 1)) {
		*v = (uint32_t)n;	/* lighttpd has booleans for both */
		return NULL;
	}
	if (key->type <= KEY_FLAGS)
		return read_number(key, text, number, v, buf);
	if (key->type == KEY_BOOL)
		return "expected \"enable\" or \"disable\"";
	if (text == NULL)
		return "expected a string (in double quotes)";
	if (key->type <= KEY_NAME)
		return read_word(key, text, v, buf);
	if (key->type == KEY_MODE)
		return read_mode(key, text, v);
	*v = 0;
	return key->type != KEY_LOG || *text != '|' ? NULL :
	    "log lines go to a file or to syslog, not to a program";
}

bool
key_is_string(const struct key *key)
{
	return key->type >= KEY_NAME && key->type <= KEY_ADDR;
}

const char *
key_word(const struct key *key, uint32_t v, char buf[KEY_WORD_MAX])
{
	if (key->type == KEY_FACILITY) {
		v >>= 3;
		v = v < NAMED ? v : v - UNNAMED;
	}
	return word_of(words[key->max], v, buf);
}

const char *
key_write(const struct key *key, uint32_t v, char buf[KEY_WORD_MAX])
{
	char word[KEY_WORD_MAX];

	if (key->type == KEY_TIME || key->type == KEY_FLAGS)
		text_format(buf, KEY_WORD_MAX, v % 1000 != 0 ? "\"%ums\"" :
		    "%u", v % 1000 != 0 ? v : v / 1000);
	else if (key->type <= KEY_FLAGS)
		text_format(buf, KEY_WORD_MAX, "%u", v);
	else if (key->type < KEY_NAME)
		text_format(buf, KEY_WORD_MAX, "\"%s\"", key_word(key, v,
		    word));
	else
		text_format(buf, KEY_WORD_MAX, key->type == KEY_MODE &&
		    v != KEY_UNSET ? "\"%04o\"" : "\"\"", v);
	return buf;
}

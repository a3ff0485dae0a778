/*
 * key.h - the one table of keys.  Parser, defaults, dump and the manual's list
 * of keys all come from it.
 */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KEYS_MAX = 64,
	KEY_PORT = 80			/* the default */
};

enum key_scope {
	SCOPE_SERVER,		/* top level only; in struct setup_server */
	SCOPE_LISTENER,		/* not by client; in struct setup_listener */
	SCOPE_BLOCK,		/* everywhere; in struct setup_profile */
	SCOPE_HOST		/* of one backend; in struct setup_backend */
};

enum key_type {
	/* numbers */
	KEY_NUMBER,
	KEY_KIB,		/* KiB */
	KEY_SECONDS,		/* kept in seconds */
	KEY_TIME,		/* written in seconds, kept in milliseconds */
	KEY_FLAGS,		/* server.feature-flags, a list; its time */
	/* words */
	KEY_BOOL,		/* or 0 and 1 */
	KEY_WORD,		/* one of some words, kept as its number */
	KEY_FACILITY,		/* kept as a LOG_ number of syslog.h */
	/* strings */
	KEY_NAME,		/* one of some words */
	KEY_STRING,
	KEY_LOG,		/* where a log goes */
	KEY_ADDR,		/* an address to listen on */
	KEY_MODE,		/* octal, in quotes */
	/* lists */
	KEY_LIST,		/* that means nothing */
	KEY_ADDRS,		/* addresses to listen on */
	KEY_SERVERS,		/* backends */
	KEY_DEFAULTS		/* keys of backends */
};

/* Which words a key takes. */
enum key_words {
	WORDS_SWITCH,		/* KEY_BOOL: the first two only */
	WORDS_BALANCE,
	WORDS_LOG,
	WORDS_SPLICE,
	WORDS_EVENT,
	WORDS_FACILITY
};

struct key {
	const char	*name;
	uint8_t		 scope;		/* enum key_scope */
	uint16_t	 offset;	/* of the struct setting; KEY_NOWHERE */
	uint8_t		 type;		/* enum key_type */
	uint8_t		 min;		/* as written: seconds, KiB ... */
	uint32_t	 max;		/* the same; words: enum key_words */
	uint32_t	 initial;	/* the default, as kept */
};

#define KEY_NOWHERE	UINT16_MAX
#define KEY_UNSET	UINT32_MAX	/* a mode that is not set */

/* The keys, in the order of the manual; key_at is NULL after the last one. */
const struct key *key_at(unsigned);
unsigned key_index(const struct key *);
/* The next key of a scope that is kept somewhere; the first one after NULL. */
const struct key *key_next(const struct key *, enum key_scope);
/* A directive; a key of a backend.  NULL when there is none of that name. */
const struct key *key_find(const char *, bool host);

/*
 * Whether lighttpd 1.4 has a directive of that name that means nothing here.
 */
bool	key_ignored(const char *);

/* Other keys of lighttpd's backends: without a meaning; to start programs. */
enum key_other { KEY_UNKNOWN = -1, KEY_IGNORED, KEY_REFUSED };
enum key_other key_other_host(const char *);

/*
 * The number of a word in a list such as "none all|every"; -1: not there.
 */
int	key_find_word(const char *list, const char *word, bool anycase);

/*
 * The search for the name that is nearest to one that is unknown.
 */
struct key_near {
	const char	*name;		/* the unknown one */
	const char	*quote;		/* around a name in the hint */
	unsigned	 least;		/* nearer than this is near */
	char		 hint[300];	/* ", did you mean x?" or "", never cut */
};

/* Take a known name into account. */
void	key_nearer(struct key_near *, const char *);
/* Begin with the names of all keys.  Returns the hint. */
const char *key_nearest(struct key_near *, const char *, bool host);

/*
 * The next key, or the first one after NULL, that has this word for its name, or
 * behind the dot in it; all of these as a hint.
 */
const struct key *key_like(const struct key *, const char *word);
const char *key_like_hint(struct key_near *, const char *word);

/* The setting of a key in the struct of its scope; as const as that is. */
struct setting;
struct setting *key_setting(const struct key *, const void *);

enum {
	KEY_ERROR_MAX = 400,	/* bytes of what key_read says */
	KEY_WORD_MAX = 24	/* bytes of what key_write gives */
};

/*
 * Read a value: text if it is not NULL, else the number.  Returns NULL and *v
 * as it is kept (KEY_NAME: its number, strings: 0), or what was expected.
 */
const char *key_read(const struct key *, const char *text, uint32_t number,
    uint32_t *v, char buf[KEY_ERROR_MAX]);

/* Whether the setup keeps it as a string. */
bool	key_is_string(const struct key *);

/* The first name of a number (words). */
const char *key_word(const struct key *, uint32_t, char buf[KEY_WORD_MAX]);

/*
 * The way back: a value as a configuration has it, "" for a string.
 */
const char *key_write(const struct key *, uint32_t v, char buf[KEY_WORD_MAX]);

#endif

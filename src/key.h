/*
 * key.h - the one table of keys.  Parser, defaults, dump and the manual's list
 * of keys all come from it.
 */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYS_MAX = 64 };

enum key_scope {
	SCOPE_SERVER,		/* top level only; in struct setup_server */
	SCOPE_READER,		/* top level only; tells the reader something */
	SCOPE_LISTENER,		/* not by client; in struct setup_listener */
	SCOPE_BLOCK,		/* everywhere; in struct setup_profile */
	SCOPE_HOST		/* of one backend; in struct setup_backend */
};

enum key_type {
	KEY_NUMBER,
	KEY_TIME,		/* written in seconds, kept in milliseconds */
	KEY_SECONDS,		/* kept in seconds */
	KEY_KIB,		/* KiB */
	KEY_BOOL,
	KEY_WORD,		/* one of words, kept as its number */
	KEY_NAME,		/* one of words, kept as a string */
	KEY_STRING,
	KEY_LOG,		/* string: where a log goes */
	KEY_ADDR,		/* string: an address to listen on */
	KEY_MODE,		/* octal, in quotes */
	KEY_LIST,		/* has its own reader */
	KEY_FLAGS		/* server.feature-flags */
};

struct key_word {
	const char	*name;
	uint32_t	 v;
};

struct key {
	const char	*name;
	uint8_t		 scope;		/* enum key_scope */
	uint8_t		 type;		/* enum key_type */
	uint16_t	 offset;	/* of the struct setting; KEY_NOWHERE */
	uint32_t	 min, max;	/* as written: seconds, KiB ... */
	uint32_t	 initial;	/* the default, as kept */
	const struct key_word *words;	/* ends with a NULL name */
	const char	*text;		/* one line of documentation */
};

#define KEY_NOWHERE	UINT16_MAX
#define KEY_UNSET	UINT32_MAX	/* a mode that is not set */

/* The keys, in the order of the manual; key_at is NULL after the last one. */
const struct key *key_at(unsigned);
unsigned key_index(const struct key *);
/* A directive; a key of a backend.  NULL when there is none of that name. */
const struct key *key_find(const char *);
const struct key *key_find_host(const char *);

/*
 * Whether lighttpd 1.4 has a directive of that name that means nothing here.
 */
bool	key_ignored(const char *);
/* Keys of backends that mean nothing here; that start programs. */
bool	key_ignored_host(const char *);
bool	key_refused_host(const char *);

/*
 * The known name nearest to this one, or NULL when none is near.  buf may hold
 * it.
 */
const char *key_nearest(const char *, bool host, char *buf, size_t);

/* The setting of a key in the struct of its scope. */
struct setting;
struct setting *key_setting(const struct key *, void *);
const struct setting *key_setting_of(const struct key *, const void *);

/*
 * Read a value: text if it is not NULL, else the number.  Returns NULL and *v
 * as it is kept (KEY_NAME: the index in words), or what was expected.
 */
const char *key_read(const struct key *, const char *text, uint32_t number,
    uint32_t *v, char *buf, size_t);

/* The first name of a number (KEY_WORD, KEY_NAME). */
const char *key_word(const struct key *, uint32_t);

/*
 * The way back: a value as a configuration has it, strings as they are.
 */
const char *key_write(const struct key *, uint32_t v, char *buf, size_t);

/* Names for the manual: "time", "listener", "8" ... */
const char *key_type_name(const struct key *);
const char *key_scope_name(const struct key *);

#endif

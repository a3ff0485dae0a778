/*
 * conf_int.h - what the files of the configuration reader share.
 *
 * conf.c       files, statements, blocks
 * conf_expr.c  expressions
 * conf_cond.c  conditions
 * conf_assign.c  assignments, and what a key takes
 * conf_value.c values: lists, sums, variables, messages
 * conf_addr.c  addresses and networks as they are written
 * conf_pool.c  sockproxy.server lists to pools of backends
 * conf_build.c blocks and settings to listeners and classes
 * conf_dump.c  the way back
 * key.c        the table of keys
 *
 * All of it works in one struct conf, mapped for one reading and given back
 * afterwards: pointers between its parts stay good for so long.
 */
#ifndef CONF_INT_H
#define CONF_INT_H

#include "attr.h"
#include "conf.h"
#include "key.h"
#include "lex.h"
#include "limits.h"
#include "setup.h"

enum value_type {
	VALUE_POISON,			/* an error was reported: be quiet */
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_LIST
};

struct value {
	uint8_t		type;		/* enum value_type */
	bool		keyed;		/* there is a key */
	bool		warned;		/* see value_warn */
	bool		made;		/* see pool */
	uint32_t	number;		/* VALUE_LIST: one that no key takes */
	const char	*text;		/* VALUE_STRING; never NULL */
	const char	*key;		/* text before =>; "": none, or so */
	uint32_t	keyhash;
	uint32_t	pool;		/* that was made of it ... */
	struct value	*fallback;	/* ... and this */
	struct value	*next;		/* in the list that it is in */
	struct value	*first, *last;	/* VALUE_LIST: elements */
	struct place	place;
	struct place	keyplace;	/* of the key, or the same */
};

/* key = value in a block. */
struct assign {
	struct assign	*next;		/* in the block */
	const char	*name;		/* with "var." */
	uint32_t	hash;		/* of name */
	uint32_t	v;		/* as in struct setting */
	const struct key *key;		/* NULL: for a variable; not to be used */
	struct value	*value;
	struct place	place;
	bool		denies;		/* an empty sockproxy.server for some clients */
	bool		replaces;	/* by := */
};

enum cond {
	COND_ALWAYS,			/* the top level, else */
	COND_SOCKET,
	COND_REMOTE,
	COND_NEVER			/* an error was reported for it */
};

struct block {
	uint8_t		cond;		/* enum cond */
	uint8_t		op;		/* enum token_type */
	bool		remote;		/* it, or one around it, or one before
					   it, looks at the client */
	bool		active;		/* it holds, as those around it do */
	bool		taken;		/* one before its else holds */
	struct block	*parent;	/* NULL: at the top */
	struct block	*prev;		/* else: the block before */
	struct assign	*first, *last;
	struct block	*peer;		/* the next that holds for as many */
	uint32_t	listener;	/* COND_SOCKET: of that address, from 1 */
	uint32_t	hash;		/* of text */
	const char	*text;		/* the condition's value */
	struct place	place;
	struct setup_class net;		/* COND_REMOTE: ip, family, bits */
};

/* Where the reader is in a file. */
struct reader {
	struct token	tok;		/* the one looked at */
	struct lex	lex;
	struct token	suspect;	/* in this statement: over lines */
	struct place	paren;		/* innermost open one */
	bool		body;		/* in this statement: a block follows */
};

/* Who opened a listener. */
struct opener {
	struct block	*block;		/* the top, too */
	struct block	*first_own;	/* see find_listeners */
	bool		more;		/* by sockproxy.listen */
	struct place	place;
};

/* An error that was reported. */
struct report {
	struct place	place;
	uint32_t	hash;		/* of its text */
};

enum { SOCKETS = 4 * LIMIT_LISTENERS };

struct conf {
	struct setup	*setup;
	unsigned	 errors;
	bool		 stop;		/* too much or too wrong: no more */
	bool		 global;	/* in global { } */
	bool		 remote;	/* some condition looks at the client */
	bool		 more;		/* some sockproxy.listen is used */
	bool		 unclosed;	/* some block is never closed */
	struct block	*block;		/* the block we are in */
	struct block	*end;		/* of the blocks */
	uint32_t	 nvalues, nassigns;
	uint32_t	 ntext, ninput;	/* bytes */
	unsigned	 depth;		/* nesting of anything */
	unsigned	 nopen;		/* files being read now */
	struct reader	 in;
	conf_put	*put;
	void		*ctx;
	struct {
		const char	*path;
		struct place	from;	/* the include; at 0: the main file */
	} open[LIMIT_DEPTH + 1];
	char		 base[4096];	/* directory of the main file, with / */

	struct report	 reported[LIMIT_ERRORS];
	uint32_t	 poolhash[LIMIT_POOLS];
	uint32_t	 hash;		/* of the pool being made */
	struct opener	 opener[LIMIT_LISTENERS];
	uint32_t	 sockets[SOCKETS];	/* listeners by address, from 1 */
	uint32_t	 columns[LIMIT_BACKENDS];	/* of backends */
	struct block	*first_any;	/* that can hold for any listener */
	uint32_t	 decided;	/* the listener that active is for */
	const struct assign *winner[KEYS_MAX];	/* by key; NULL: default */
	bool		 used[KEYS_MAX];	/* a variable like that key */
	struct value	 none;		/* an empty list */
	struct value	 values[LIMIT_CONF_VALUES];
	struct assign	 assigns[LIMIT_CONF_VALUES];
	struct block	 blocks[LIMIT_CONF_BLOCKS];	/* first: the top */
	char		 text[LIMIT_CONF_TEXT];
	char		 input[2 * LIMIT_CONF_BYTES];	/* files being read */
};

/* ---- conf_value.c ---- */

/*
 * An error at a place, or (at 0) about the whole.  The same is said of a place
 * once: lists are looked at when they are assigned and when they are used.
 */
void	conf_error(struct conf *, struct place, const char *, ...)
	    ATTR_PRINTF(3, 4);
/* The same: what is wrong with this text.  True (and quiet) for NULL. */
bool	conf_good(struct conf *, struct place, const char *text,
	    const char *wrong);
/* The same for a warning; name is for a %s in the text. */
void	conf_warn(struct conf *, struct place, const char *, const char *name);

/* The same about the key of a value, once. */
void	value_warn(struct conf *, struct value *, const char *,
	    const char *name);

/*
 * Whether there is room for one more.  If not that is reported, with the name
 * of the constant, and is the end.
 */
#define conf_room(c, place, have, limit)	\
	conf_room_for(c, place, have, limit, #limit)
bool	conf_room_for(struct conf *, struct place, size_t have, unsigned limit,
	    const char *constant);

/* Keep two strings as one text.  NULL when it does not fit. */
const char *conf_text_add(struct conf *, struct place, const char *,
	    const char *);
/* Whether a name begins like that, case aside. */
bool	conf_begins(const char *name, const char *prefix);
/* What keeps a string from being written in a configuration, or NULL. */
const char *conf_unwritable(const char *);

struct value *value_new(struct conf *, enum value_type, struct place);
/* The text of a string or number; that it is a list. */
const char *value_text(const struct value *, char digits[16]);
void	value_append(struct conf *, struct value *list, struct value *);
/* The element of that key, case aside, or NULL. */
struct value *value_find(const struct value *list, const char *key);
/* An error: that key is in the list already. */
void	value_twice(struct conf *, struct place, const char *key,
	    const struct value *);
/* a + b.  Reports what does not go together; poison then. */
struct value *value_merge(struct conf *, struct value *, struct value *,
	    struct place);
/* The assignment of that name in this block; or in those around it. */
struct assign *assign_here(const struct block *, const char *);
struct assign *assign_find(const struct block *, const char *);
/* What a word stands for: a variable, a key that was set, env., var.CWD. */
struct value *value_of_word(struct conf *, struct place, const char *);

/* ---- conf_expr.c ---- */

enum { CONF_NAME = 256 };

/* Look at the next token. */
void	conf_next(struct conf *);
/* The same, where a line may end: after an operator and the like. */
void	conf_next_line(struct conf *);
/* Go to the "{" that comes on this line or a later one; else an error. */
bool	conf_brace(struct conf *);
/* An error: expected this, found the current token.  Returns false. */
bool	conf_unexpected(struct conf *, const char *expected);
/* Look at the next token.  An error unless it is of that type. */
bool	conf_expect_next(struct conf *, enum token_type, const char *expected);
/* Go deeper by one block, list or file; false (reported) when too deep. */
bool	conf_enter(struct conf *);
/* Words that mean something; which one a token is. */
enum reserved {
	RESERVED_NONE = -1, RESERVED_INCLUDE, RESERVED_SHELL, RESERVED_GLOBAL,
	RESERVED_ELSE, RESERVED_ELSEIF, RESERVED_IF
};
enum reserved conf_reserved(const struct token *);
/* The current word as a name, with "var."; false (reported) when too long. */
bool	conf_name(struct conf *, char name[CONF_NAME]);
/* Read an expression.  NULL after a syntax error (reported). */
struct value *conf_expr(struct conf *);
/* The text of the current string, unescaped; NULL when it does not fit. */
const char *conf_token_text(struct conf *);

/* ---- conf_assign.c ---- */

/* key = value in the current block; op is the token between them. */
void	conf_assign(struct conf *, struct place, const char *name,
	    enum token_type op, struct value *);

/* The first key that a variable is named like, or NULL. */
const struct key *conf_variable(const char *);
/* Warn of those that are used nowhere. */
void	conf_unused(struct conf *);

/* A value as its key keeps it; false after an error (reported) or poison. */
bool	conf_read(struct conf *, const struct key *, struct value *,
	    uint32_t *v);

/* ---- conf_cond.c ---- */

/*
 * Read a condition, "$" being the current token, up to its "{"; prev is the
 * block before an else, or NULL.  Returns the block: one that never holds
 * after an error (reported); NULL after a syntax error.
 */
struct block *conf_cond(struct conf *, struct block *prev);
/* A new block; its condition is for the caller to fill in.  NULL when full. */
struct block *conf_block(struct conf *, enum cond, struct place,
	    struct block *prev);

/* ---- conf_addr.c ---- */

enum addr_use { ADDR_LISTEN, ADDR_BACKEND };
enum { CONF_ADDR_NAME = 512 };

/*
 * Read an address as it is written.  A name gives family OS_NONE and *namelen
 * bytes of it.  Returns NULL, or what is wrong.
 */
const char *conf_addr(const char *, enum addr_use, bool ipv6, uint32_t port,
    struct os_addr *, size_t *namelen);
/*
 * What to call it: as it was written if that means the same everywhere, else in
 * full.  len is the length of the name in it.
 */
const char *conf_addr_name(const char *, const struct os_addr *, size_t len,
    char buf[CONF_ADDR_NAME]);
/* The IPv4 or IPv6 address at the head of a text.  What is behind it, or NULL. */
const char *conf_addr_ip(const char *, struct os_addr *);
/* A host alone; the path of a Unix socket; is it one? */
const char *conf_addr_host(const char *, struct os_addr *);
const char *conf_addr_path(const char *, struct os_addr *);
bool	conf_addr_is_path(const char *);
/* A network: address or CIDR, host bits cleared.  NULL, or what is wrong. */
const char *conf_addr_net(const char *, enum token_type op,
    struct setup_class *);

/* ---- conf_pool.c ---- */

/* Report what is wrong with a sockproxy.server list; with host defaults. */
void	pool_check(struct conf *, struct value *server);
void	pool_check_default(struct conf *, struct value *fallback);
/* The pool of a list and host defaults, made if new. */
uint32_t pool_make(struct conf *, struct value *server,
    struct value *fallback, uint32_t at);

/* Report backends that are listeners of ours. */
void	pool_check_loops(struct conf *);

/* ---- conf_build.c ---- */

void	conf_build(struct conf *);
/* Keep a string in the setup.  0 is "" (or full, which is reported). */
uint32_t setup_string(struct conf *, const char *);
/* Fill a struct of a scope: what won for each key, or its default. */
void	setup_fill(const struct conf *, enum key_scope, void *);
/* Whether two structs of a scope say the same; from the same places. */
bool	setup_same(enum key_scope, const void *, const void *, bool origins);
/* The smallest class around this one, which is not the last one. */
const struct setup_class *setup_around(const struct setup_class *);

#endif

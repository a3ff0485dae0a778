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
 * afterwards.  References are indices, 0 is none; texts are offsets.
 */
#ifndef CONF_INT_H
#define CONF_INT_H

#include "attr.h"
#include "conf.h"
#include "key.h"
#include "lex.h"
#include "limits.h"
#include "setup.h"

/* Where something was written. */
struct place {
	uint32_t	at;		/* as in struct setting */
	uint32_t	column;
};

enum value_type {
	VALUE_NONE,
	VALUE_POISON,			/* an error was reported: be quiet */
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_LIST
};

struct value {
	uint8_t		type;		/* enum value_type */
	bool		bad;		/* an error was reported for it */
	bool		warned;		/* a warning was */
	uint32_t	key;		/* text before =>; 0: none */
	uint32_t	keyhash;
	uint32_t	next;		/* in the list that it is in */
	uint32_t	first;		/* VALUE_LIST: elements */
	uint32_t	last;
	uint32_t	number;
	uint32_t	text;		/* VALUE_STRING */
	struct place	place;
	struct place	keyplace;	/* of the key, or the same */
};

/* key = value in a block. */
struct assign {
	uint32_t	next;		/* in the block */
	uint32_t	name;		/* text, with "var." */
	uint32_t	hash;
	uint32_t	value;
	const struct key *key;		/* NULL: a variable or ignored */
	bool		checked;	/* value is fine, v is set */
	struct setting	set;		/* v: number; strings: text */
	uint32_t	kept;		/* strings: in the setup, 0: not yet */
	struct place	place;
};

enum cond {
	COND_ALWAYS,			/* the top level, else */
	COND_NEVER,			/* an error was reported for it */
	COND_SOCKET,
	COND_REMOTE
};

struct block {
	uint8_t		cond;		/* enum cond */
	uint8_t		op;		/* enum token_type */
	bool		remote;		/* it, or one around it, or one before
					   it, looks at the client */
	uint32_t	parent;
	uint32_t	prev;		/* else: the block before */
	uint32_t	first, last;	/* assignments */
	uint32_t	listener;	/* COND_SOCKET: of that address, from 1 */
	uint32_t	peer;		/* the next that holds for as many */
	uint32_t	hash;		/* of text */
	uint32_t	text;		/* the condition's value */
	uint32_t	name;		/* COND_SOCKET: see conf_addr_name */
	struct os_addr	addr;		/* COND_SOCKET */
	uint8_t		net[16];	/* COND_REMOTE */
	uint8_t		family;
	uint8_t		bits;
	struct place	place;
};

enum {
	ROOT = 1,			/* the block at the top */
	SOCKETS = 4 * LIMIT_LISTENERS,
	POOL_CACHE = 256
};

struct conf {
	struct setup	*setup;
	conf_put	*put;
	void		*ctx;
	unsigned	 errors;
	bool		 stop;		/* too many errors: no more tokens */

	struct lex	 lex;
	struct token	 tok;		/* the one looked at */
	struct token	 suspect;	/* in this statement: over lines */
	uint32_t	 file;		/* index in setup->files */
	struct token	 paren;		/* innermost open one */
	unsigned	 depth;		/* nesting of anything */
	uint32_t	 block;		/* the block we are in */
	bool		 global;	/* in global { } */
	unsigned	 nopen;		/* files being read now */
	struct {
		const char	*path;
		struct place	from;	/* the include; at 0: the main file */
	} open[LIMIT_DEPTH + 1];
	char		 base[4096];	/* directory of the main file, with / */

	uint32_t	 nvalues, nassigns, nblocks;
	size_t		 ntext, ninput;
	bool		 remote;	/* some condition looks at the client */
	bool		 full;		/* reported that something is full */
	struct {
		uint32_t	server, fallback;	/* values */
		uint32_t	pool;
	} pools[POOL_CACHE];
	uint32_t	 poolhash[LIMIT_POOLS];
	struct {
		uint32_t	block;		/* that opened it, ROOT too */
		uint32_t	first_own;	/* block */
		bool		more;		/* by sockproxy.listen */
		struct place	place;
	} opener[LIMIT_LISTENERS];
	uint32_t	 sockets[SOCKETS];	/* listeners by address, from 1 */
	uint32_t	 columns[LIMIT_BACKENDS];	/* of backends */
	bool		 active[LIMIT_CONF_BLOCKS];
	bool		 taken[LIMIT_CONF_BLOCKS];
	uint32_t	 first_any;	/* block that can hold for any listener */
	uint32_t	 decided;	/* the listener that active is for */
	uint32_t	 winner[KEYS_MAX];		/* assignment by key */
	struct value	 values[LIMIT_CONF_VALUES];
	struct assign	 assigns[LIMIT_CONF_VALUES];
	struct block	 blocks[LIMIT_CONF_BLOCKS];
	char		 text[LIMIT_CONF_TEXT];		/* offset 0 is "" */
	char		 input[2 * LIMIT_CONF_BYTES];	/* files being read */
};

/* ---- conf_value.c ---- */

void	conf_error(struct conf *, struct place, const char *, ...)
	    ATTR_PRINTF(3, 4);
void	conf_warn(struct conf *, struct place, const char *, ...)
	    ATTR_PRINTF(3, 4);

/* An error about a value, unless one was reported for it. */
void	conf_value_error(struct conf *, uint32_t value, const char *, ...)
	    ATTR_PRINTF(3, 4);
/* The same about the key that it has in a list. */
void	conf_key_error(struct conf *, uint32_t value, const char *, ...)
	    ATTR_PRINTF(3, 4);

/* A warning about the key that a value has in a list, once. */
void	conf_key_warn(struct conf *, uint32_t value, const char *, ...)
	    ATTR_PRINTF(3, 4);

/* Something does not fit; names the constant.  Reported once. */
void	conf_full(struct conf *, struct place, const char *constant,
	    unsigned long limit);

/* The place of the current token. */
struct place conf_place(const struct conf *);

/* Keep bytes as text, ended by a NUL.  0 when it does not fit. */
uint32_t conf_text_add(struct conf *, struct place, const char *, size_t);
/* Whether a name begins like that, case aside. */
bool	conf_begins(const char *name, const char *prefix);
const char *conf_text_get(const struct conf *, uint32_t);

uint32_t value_new(struct conf *, enum value_type, struct place);
uint32_t value_copy(struct conf *, uint32_t, struct place);
uint32_t value_string(struct conf *, struct place, const char *, size_t);
void	value_append(struct conf *, uint32_t list, uint32_t element);
/* The element of that key, case aside, or 0. */
uint32_t value_find(const struct conf *, uint32_t list, const char *key);
/* a + b.  Reports what does not go together; poison then. */
uint32_t value_merge(struct conf *, uint32_t, uint32_t, struct place);
const char *value_type_name(const struct value *);
/* The assignment of that name in this block; or in those around it. */
uint32_t assign_here(const struct conf *, uint32_t block, const char *);
uint32_t assign_find(const struct conf *, uint32_t block, const char *);
/* What a word stands for: a variable, a key that was set, env., var.CWD. */
uint32_t value_of_word(struct conf *, struct place, const char *);

/* ---- conf_expr.c ---- */

/* Look at the next token. */
void	conf_next(struct conf *);
/* The same, where a line may end: after an operator and the like. */
void	conf_next_line(struct conf *);
/* Whether a "{" comes, on this line or a later one; goes there. */
bool	conf_brace(struct conf *);
/* An error: expected this, found the current token. */
void	conf_unexpected(struct conf *, const char *expected);
/* Go deeper by one block, list or file; false (reported) when too deep. */
bool	conf_enter(struct conf *);
/* Read an expression.  0 after a syntax error (reported). */
uint32_t conf_expr(struct conf *);
/* The text of the current token, unescaped; 0 when it does not fit. */
uint32_t conf_token_text(struct conf *);

/* ---- conf_assign.c ---- */

/* key = value in the current block; op is the token between them. */
void	conf_assign(struct conf *, struct place, const char *name,
	    enum token_type op, uint32_t value);

/* A value as its key keeps it; false after an error (reported) or poison. */
bool	conf_read(struct conf *, const struct key *, uint32_t value,
	    uint32_t *v);

/* ---- conf_cond.c ---- */

/*
 * Read a condition, "$" being the current token, up to its "{"; prev is the
 * block before an else, 0 for none.  Returns the block: one that never holds
 * after an error (reported); 0 after a syntax error.
 */
uint32_t conf_cond(struct conf *, uint32_t prev);
/* A new block; its condition is for the caller to fill in.  0 when full. */
uint32_t conf_block(struct conf *, enum cond, struct place, uint32_t prev);

/* ---- conf_addr.c ---- */

enum addr_use { ADDR_LISTEN, ADDR_BACKEND };

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
    char *buf, size_t);
const char *conf_addr_host(const char *, struct os_addr *);
const char *conf_addr_path(const char *, struct os_addr *);
/* A network: address or CIDR, host bits cleared.  NULL, or what is wrong. */
const char *conf_addr_net(const char *, enum token_type op, uint8_t *ip,
    uint8_t *family, uint8_t *bits);

/* ---- conf_pool.c ---- */

/* Report what is wrong with a sockproxy.server list, or a default's. */
void	pool_check(struct conf *, uint32_t server, bool fallback);
/* The pool of a list (0: none) and host defaults (0: none), made if new. */
uint32_t pool_make(struct conf *, uint32_t server, uint32_t fallback,
    uint32_t at);

/* ---- conf_build.c ---- */

void	conf_build(struct conf *);
/* Keep a string in the setup.  0 is "" (or full, which is reported). */
uint32_t setup_string(struct conf *, const char *);

#endif

/*
 * conf.h - from text to struct setup.
 *
 * lex.c makes tokens, conf*.c know the grammar and the conditions, key.c is the
 * one table of keys.  Makes no system call but reading files and include_shell
 * (file.h), and one mapping for the time of reading.  All errors of a run are
 * reported, then nothing of it is used.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "setup.h"

/* Receives one line of text: an error, a warning, a line of the dump. */
typedef void conf_put(void *, const char *);

/*
 * Read a configuration.  path "-" is standard input.  Returns true when setup
 * is good; errors and warnings go to put ("file:line:column: error: ...").
 */
bool	conf_file(struct setup *, const char *path, conf_put *, void *);

/*
 * The same from memory; name stands for the file in messages.
 */
bool	conf_text(struct setup *, const char *name, const char *text,
    size_t len, conf_put *, void *);

/*
 * The configuration that "sockproxy listen backend ..." stands for: n words.
 */
bool	conf_words(struct setup *, char *const *words, int n, conf_put *,
    void *);

/*
 * Whether listeners may have port 0, the system's choice (for tests).  NULL
 * asks only.  Returns what holds now.
 */
bool	conf_port_zero(const bool *);

/*
 * What var.PID means, for a process that reads on behalf of another.  0 asks only.
 */
int	conf_pid(int);

/*
 * Write the effective configuration, as a configuration: reading it gives the
 * same setup.
 */
void	conf_dump(const struct setup *, conf_put *, void *);

/*
 * Read an address to listen on, as far as it is known from its text alone.  A
 * name gives family OS_NONE, the port, and *namelen bytes of the text are it.
 * Returns NULL, or what is wrong.
 */
const char *conf_address(const char *, struct os_addr *, size_t *namelen);

/*
 * The listener that is reached by one of a backend's addresses, or NULL.
 */
const struct setup_listener *conf_own_listener(const struct setup *,
    const struct setup_backend *);

/*
 * "file:line" of where a value was set, "default" for 0.  Holds until the next call.
 */
const char *conf_at(const struct setup *, uint32_t at);

/* A string of the setup. */
const char *conf_string(const struct setup *, uint32_t offset);

#endif

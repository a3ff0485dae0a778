/*
 * reader.h - reading the configuration again, in a process of its own: neither a
 * command in it (include_shell) nor a name server that does not answer keeps the
 * parent from what it has to do.
 */
#ifndef READER_H
#define READER_H

#include "child.h"
#include "parent.h"

/*
 * Begin to read, from where the program was started, and to look up names.  What
 * is wrong is in the log, and comes as CHANNEL_SAID too.  With a setup nothing is
 * read, and only its names without an address are looked up.  0 or an error.
 */
int	reader_start(struct child *, const struct parent_job *,
	    const struct setup *, uint32_t token, uint64_t now);

/*
 * It has ended; let go of it.  True when the configuration is good: *to has it.
 */
bool	reader_take(struct child *, const struct proc_exit *, struct setup *to,
	    uint64_t now);

/*
 * It is not wanted any more, if there is one, nor is a command that it runs.
 */
void	reader_end(struct child *);

#endif

/*
 * parent.h - the process that keeps the others.
 */
#ifndef PARENT_H
#define PARENT_H

#include <stdbool.h>

#include "setup.h"

/* What to run, and where the configuration can be read again. */
struct parent_job {
	struct setup	*setups[2];	/* the first one is filled */
	const char	*program;	/* absolute, for an upgrade */
	const char	*dir;		/* where the program was started */
	const char	*file;		/* absolute; NULL: words, or none */
	char *const	*words;		/* listen address and backends */
	int		 nwords;	/* 0: standard input was read */
	bool		 foreground;	/* -D */
	int		 ready_fd;	/* -R, -1: none */
};

/*
 * Run until told to stop.  Returns the exit status of the program.
 */
int	parent_run(const struct parent_job *);

#endif

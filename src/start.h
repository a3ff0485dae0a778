/*
 * start.h - from a good configuration to open listeners, and the way back.
 */
#ifndef START_H
#define START_H

#include <stdbool.h>

#include "file.h"
#include "loop.h"
#include "proc.h"
#include "setup.h"

enum { START_PATH = 1024 };

struct start {
	/* given */
	struct setup	*setup;
	bool		 foreground;	/* -D */
	int		 ready_fd;	/* -R: told when listening; -1 none */

	struct loop_room room;		/* for sessions of predecessors */

	/* made */
	unsigned	 relays;
	bool		 drop;		/* to user, in the relays */
	struct proc_user user;
	int		 log_fd;	/* a file or our standard error; -1 none */
	int		 pid_fd;	/* locked; -1 none */
	char		 log_path[START_PATH];	/* "": the log is no file */
	char		 pid_path[START_PATH];
	char		 chroot[START_PATH];	/* "": none */
	int		 listeners[LIMIT_LISTENERS];
	struct file_id	 files[LIMIT_LISTENERS];	/* Unix sockets we made */
	bool		 made[LIMIT_LISTENERS];
};

/*
 * Do all that has to be done before relays are started.  False: log_fatal has said
 * why, and nothing is left behind.
 */
bool	start_open(struct start *);

/*
 * Say that it works: to the log, to who waits for that (-R, the process in the
 * foreground).  False as above, but start_close is the caller's.
 */
bool	start_ready(struct start *);

/*
 * Close the listeners and remove their files: no new clients.
 */
void	start_close_listeners(struct start *);

/*
 * Undo everything.
 */
void	start_close(struct start *);

/*
 * Open the log file again, under its name.  Returns whether there is a new one.
 */
bool	start_reopen_log(struct start *);

#endif

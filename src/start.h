/*
 * start.h - from a good configuration to open listeners, and the way back.
 */
#ifndef START_H
#define START_H

#include <stdbool.h>

#include "file.h"
#include "loop.h"
#include "monitor.h"
#include "proc.h"
#include "setup.h"
#include "stat.h"
#include "table.h"

enum { START_PATH = 1024 };

/* The monitor's listening sockets. */
enum door { DOOR_CONTROL, DOOR_STATUS, DOORS };

struct door_socket {
	int		 fd;		/* -1: none */
	struct os_addr	 addr;		/* as it was asked for */
	bool		 shared;	/* with the former generation */
	bool		 made;		/* a file, which is this one: */
	struct file_id	 file;
};

/* What few listeners need lies together, on the first pages. */
struct start {
	/* given */
	struct setup	*setup;
	bool		 foreground;	/* -D */
	bool		 any_port;	/* -R was given: port 0 is fine */
	int		 ready_fd;	/* -R: told when listening; -1 none */

	/* made */
	struct loop_room room;		/* for sessions of predecessors */
	unsigned	 relays;
	bool		 drop;		/* to user, in the relays */
	struct proc_user user;
	int		 log_fd;	/* a file or our standard error; -1 none */
	int		 pid_fd;	/* locked; -1 none */
	struct door_socket doors[DOORS];

	/* while another generation's are in use */
	struct stat_area stats;
	struct table_area tables;
	struct monitor_area board;

	bool		 made[LIMIT_LISTENERS + 1];	/* a file, see files */
	bool		 shared[LIMIT_LISTENERS + 1];	/* with the former one */
	char		 log_path[START_PATH];	/* "": the log is no file */
	char		 pid_path[START_PATH];
	char		 chroot[START_PATH];	/* "": none */
	char		 control_path[START_PATH];	/* "": none */
	int		 listeners[LIMIT_LISTENERS + 1];
	struct file_id	 files[LIMIT_LISTENERS + 1];	/* Unix sockets we made */
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
 * Make the next generation ready beside the one that runs: its setup is read
 * already.  Its log, counters and tables are in use afterwards.  False: log_fatal
 * has said why, and everything is as before.
 */
bool	start_again(struct start *next, struct start *now);

/*
 * Write the log where this start has it.
 */
void	start_use_log(const struct start *);

/*
 * The next generation serves: close what only the former one had.  start_forget
 * lets go of its counters and tables, when they have been carried over.
 */
void	start_settle(struct start *former, const struct start *now);
void	start_forget(struct start *former);

/*
 * The next generation does not serve: back to the one before.
 */
void	start_revert(struct start *next, struct start *now);

/*
 * Undo everything.
 */
void	start_close(struct start *);

/*
 * Open the log file again, under its name.  Returns whether there is a new one.
 */
bool	start_reopen_log(struct start *);

#endif

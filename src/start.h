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
	bool		 made;		/* a file, which is this one: */
	struct file_id	 file;
};

/* What few listeners need lies together, on the first pages. */
struct start {
	/* given */
	struct setup	*setup;
	bool		 foreground;	/* -D */
	int		 ready_fd;	/* -R: told when listening; -1 none */

	/* made */
	struct loop_room room;		/* for sessions of predecessors */
	unsigned	 relays;
	int		 log_fd;	/* a file or our standard error; -1 none */
	bool		 log_piped;	/* instead: a pipe to the log writer */
	int		 pid_fd;	/* locked; -1 none */
	bool		 drop;		/* to user, in the relays */
	struct door_socket doors[DOORS];
	struct proc_user user;

	bool		 made[LIMIT_LISTENERS + 1];	/* by us, see files too */
	char		 log_path[START_PATH];	/* "": the log is no file */
	char		 pid_path[START_PATH];
	char		 chroot[START_PATH];	/* "": none */
	char		 control_path[START_PATH];	/* "": none */
	int		 listeners[LIMIT_LISTENERS + 1];
	struct file_id	 files[LIMIT_LISTENERS + 1];	/* Unix sockets we made */
};

/*
 * Do all that has to be done before relays are started; its log, counters and
 * tables are in use then.  False: log_fatal has said why, and nothing is left
 * behind.
 */
bool	start_open(struct start *);

/*
 * Make the next generation ready beside the one that serves: its setup is read
 * already.  False as above.
 */
bool	start_again(struct start *next, const struct start *former);

/*
 * Say that it works: to the log, to who waits for that (-R, the process in the
 * foreground).  False as above, but start_close is the caller's.
 */
bool	start_ready(struct start *);

/*
 * There may be two generations.  From now on log, counters and tables in use
 * are those of this one: in this process, and in those that it forks.
 */
void	start_use(const struct start *);

/*
 * For a process that was forked: let go of the counters and tables that are in use,
 * or of the other generation's.
 */
void	start_let_tables(void);
void	start_let_other(void);

/*
 * How many sessions and buffers of one whose tables are in use its relays may have
 * to hand over: what its setup allows, or more if there are more.
 */
void	start_has(const struct start *, uint64_t *sessions, uint64_t *buffers);

/*
 * The next generation is in use for good and begins with what the former one
 * knows.  start_carry: once more, for what that one has counted since.
 */
void	start_take_over(const struct start *next, const struct start *former);
void	start_carry(void);

/*
 * Let go of the counters and tables of this one; the other one's are in use.
 */
void	start_forget(const struct start *, const struct start *other);

/*
 * Let go of all else that the other one (NULL: there is none) has not got too.
 */
void	start_close(struct start *, const struct start *other);

/*
 * Say with log_fatal what has failed.  Returns false.
 */
bool	start_fail(const char *what, int error);

/*
 * Open the log file again, under its name.  Returns a descriptor, or -1 when there
 * is none or it cannot be had; then a line has said why.
 */
int	start_log_again(const struct start *);

/*
 * From now on the log is written to this pipe; log_fd is closed.
 */
void	start_log_piped(struct start *, int fd);

#endif

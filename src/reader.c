/*
 * reader.c - see there.  Parent and reader share the memory of a setup for so
 * long; the parent takes what is used of it, so that its own is written by nobody
 * else.
 */
#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "log.h"
#include "logio.h"
#include "mem.h"
#include "os.h"
#include "resolve.h"

static struct setup	*shared;
static int		 parent;	/* the reader's end of the channel */

static void
say(const char *line)
{
	(void)channel_send_text(parent, CHANNEL_SAID, 0, line, true);
}

static void
put_error(void *arg, const char *line)
{
	(void)arg;
	log_error("%s", line);
	say(line);
}

#define COPY(array, n)	memcpy(to->array, from->array, (n) * sizeof(to->array[0]))

static void
copy(struct setup *to, const struct setup *from)
{
	memcpy(to, from, offsetof(struct setup, listeners));
	COPY(listeners, from->nlisteners);
	COPY(pools, from->npools);
	COPY(backends, from->nbackends);
	COPY(profiles, from->nprofiles);
	COPY(classes, from->nclasses);
	COPY(addrs, from->naddrs);
	COPY(files, from->nfiles);
	COPY(strings, from->nstrings);
}

static bool
read_again(const struct parent_job *job)
{
	bool	good;

	if (job->file == NULL && job->nwords == 0) {
		put_error(NULL, "standard input cannot be read again");
		return false;
	}
	if (job->file != NULL)
		good = conf_file(shared, job->file, put_error, NULL);
	else
		good = conf_words(shared, job->words, job->nwords, put_error,
		    NULL);
	if (good && !(good = resolve_names(shared, false)))
		say(log_last());
	return good;
}

static void
run(const struct parent_job *job, const struct setup *of, int pid)
{
	int	keep[] = { parent, log_fd(), logio_syslog_fd() };
	bool	good;

	proc_group();
	/* the ends of channels, above all: a dead parent must be seen */
	proc_close_others(keep, sizeof(keep) / sizeof(keep[0]));
	(void)conf_pid(pid);
	log_patient();
	if (of == NULL)
		good = read_again(job);
	else {
		copy(shared, of);
		good = resolve_again(shared);
	}
	log_flush(os_now_ms());
	proc_exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
}

int
reader_start(struct child *reader, const struct parent_job *job,
    const struct setup *of, uint32_t token, uint64_t now)
{
	const int	ours = proc_pid();
	int		pid;

	if ((shared = mem_shared(sizeof(*shared))) == NULL)
		return -ENOMEM;
	if ((pid = child_fork(reader, token, now)) == 0) {
		parent = reader->channel;
		run(job, of, ours);
	}
	if (pid > 0)
		return 0;
	mem_unmap(shared, sizeof(*shared));
	return pid;
}

bool
reader_take(struct child *reader, const struct proc_exit *how,
    struct setup *to, uint64_t now)
{
	const bool	good = how->signal == 0 && how->status == EXIT_SUCCESS;

	if (good)
		copy(to, shared);
	else if (how->signal != 0)
		child_report(reader, how, "", now);
	child_let_go(reader);
	mem_unmap(shared, sizeof(*shared));
	return good;
}

void
reader_end(struct child *reader)
{
	if (reader->pid == 0)
		return;
	proc_kill_group(reader->pid);
	child_end(reader);
	mem_unmap(shared, sizeof(*shared));
}

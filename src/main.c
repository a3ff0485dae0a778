/*
 * main.c - the command line.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "confine.h"
#include "console.h"
#include "ctlclient.h"
#include "file.h"
#include "handover.h"
#include "log.h"
#include "parent.h"
#include "proc.h"
#include "sandbox.h"
#include "splice.h"
#include "start.h"
#include "text.h"
#include "upgrade.h"
#include "wait.h"

enum { EXIT_USAGE = 2, DESCRIPTOR_MAX = 1 << 20 };

struct options {
	struct parent_job job;		/* file and program as they were written */
	int		 check;		/* how many times -t */
	bool		 print;		/* -p */
	bool		 try;		/* -H: can it take over? */
	char		 about;		/* v, V or h: only tell that; else 0 */
};

static struct setup	setup, spare;

static const char *const usage =
    "usage: sockproxy [-D] [-t | -tt | -p] [-R fd] -f file\n"
    "       sockproxy [-D] [-t | -tt | -p] [-R fd] listen-address "
    "backend-address ...\n"
    "       sockproxy ctl [-s socket | -f file] [--json] command [argument]\n"
    "       sockproxy -h | -V | -v\n";

/*
 * Returns EXIT_USAGE.
 */
static int
misuse(const char *what, const char *about)
{
	console_complain("sockproxy: ", what, about);
	console_error(usage);
	return EXIT_USAGE;
}

/*
 * What went to standard output is all there; else the exit status says so.
 */
static int
finish_output(void)
{
	if (console_failed() == 0)
		return EXIT_SUCCESS;
	console_complain("sockproxy: ", "cannot write to standard output", "");
	return EXIT_FAILURE;
}

static void
put_line(void *arg, const char *line)
{
	(void)arg;
	console_put(line);
	console_put("\n");
}

static const char *
splice_word(void)
{
	const char	*word = "none";

	switch (splice_open(1)) {
	case SPLICE_PUMPED:
		word = "through pipes";
		break;
	case SPLICE_DETACHED:
		word = "in the kernel";
		break;
	case SPLICE_NONE:
		break;
	}
	splice_close();
	return word;
}

static int
tell(char about)
{
	char	sandbox[CONFINE_WORDS];

	if (about == 'h') {
		console_put(usage);
		return finish_output();
	}
	console_put("sockproxy " VERSION "\n");
	if (about == 'V') {
		console_put("waiting: ");
		console_put(wait_kinds());
		console_put("\nsplicing: ");
		console_put(splice_word());
		console_put("\nsandbox: ");
		console_put(confine_words(sandbox_most(), sandbox));
		console_put("\n");
	}
	return finish_output();
}

/*
 * An option with an argument.  Returns 0 or EXIT_USAGE.
 */
static int
take_argument(struct options *options, char letter, const char *argument)
{
	const char	text[3] = { '-', letter, '\0' };
	uint64_t	n;

	if (argument == NULL)
		return misuse(text, " wants an argument");
	if (letter == 'H') {
		options->try = true;
		return text_number(argument, UINT32_MAX, &n) &&
		    n == HANDOVER_VERSION ? 0 : EXIT_USAGE;
	}
	if (letter == 'f') {
		if (options->job.file != NULL)
			return misuse("-f is given twice", "");
		options->job.file = argument;
		return 0;
	}
	if (!text_number(argument, DESCRIPTOR_MAX, &n))
		return misuse("-R wants the number of a descriptor, not ",
		    argument);
	options->job.ready_fd = (int)n;
	return 0;
}

/*
 * One argument that begins with a dash; *i moves on when the next one is used
 * up too.  Returns 0 or EXIT_USAGE.
 */
static int
take_option(struct options *options, char *const *argv, int *i)
{
	char	text[3] = "-";

	for (const char *p = argv[*i] + 1; *p != '\0'; p++)
		switch (*p) {
		case 'D':
			options->job.foreground = true;
			break;
		case 'p':
			options->print = true;
			break;
		case 't':
			options->check++;
			break;
		case 'h':
		case 'v':
		case 'V':
			options->about = *p;
			break;
		case 'f':
		case 'H':
		case 'R':
			/* the rest of this word, or the next one: NULL is the last */
			return take_argument(options, *p, p[1] != '\0' ?
			    p + 1 : argv[++*i]);
		default:
			text[1] = *p;
			return misuse("unknown option ", text);
		}
	return 0;
}

static int
take_options(struct options *options, int argc, char *const *argv)
{
	int	i, status;

	*options = (struct options){ .job = { .setups = { &setup, &spare },
	    .program = argv[0], .ready_fd = -1 } };
	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			break;
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (argv[i][1] == '-')
			return misuse("unknown option ", argv[i]);
		if ((status = take_option(options, argv, &i)) != 0)
			return status;
	}
	options->job.words = argv + i;
	options->job.nwords = argc - i;
	return 0;
}

static int
check_options(const struct options *options)
{
	if (options->check > 0 && options->print)
		return misuse("-t and -p exclude each other", "");
	if (options->job.file != NULL && options->job.nwords > 0)
		return misuse("-f leaves no room for ", options->job.words[0]);
	if (options->job.file == NULL && options->job.nwords == 0)
		return misuse("no -f file and no addresses", "");
	if (options->job.file == NULL && options->job.nwords == 1)
		return misuse("no backend for ", options->job.words[0]);
	return 0;
}

static bool
read_setup(const struct parent_job *job)
{
	const bool	any_port = job->ready_fd != -1;

	/* who is told the ports may leave them to the system */
	(void)conf_port_zero(&any_port);
	if (job->file != NULL)
		return conf_file(&setup, job->file, console_error_line, NULL);
	return conf_words(&setup, job->words, job->nwords, console_error_line,
	    NULL);
}

static int
run(struct parent_job *job)
{
	static char	dir[START_PATH], file[START_PATH], program[START_PATH];

	if (file_absolute("", dir, sizeof(dir)) == 0)
		file_begin_at(dir);
	else
		strcpy(dir, "/");	/* what needs it will say so */
	if (file_program(job->program, program, sizeof(program)) != 0)
		program[0] = '\0';	/* an upgrade will say so */
	job->dir = dir;
	job->program = program;
	if (job->file != NULL && strcmp(job->file, "-") == 0)
		job->file = NULL;
	if (job->file != NULL) {
		if (file_absolute(job->file, file, sizeof(file)) != 0) {
			log_fatal("%s: the path is too long", job->file);
			return EXIT_FAILURE;
		}
		job->file = file;
	}
	return parent_run(job);
}

int
main(int argc, char *argv[])
{
	struct options	options;
	int		status;

	if ((status = proc_start()) != 0) {
		log_fatal("no standard input: %s", log_errno(status));
		return EXIT_FAILURE;
	}
	if (argc > 1 && strcmp(argv[1], "ctl") == 0)
		return ctlclient_main(argc - 2, argv + 2, &setup);
	if ((status = take_options(&options, argc, argv)) != 0)
		return status;
	if (options.about != 0)
		return tell(options.about);
	if ((status = check_options(&options)) != 0)
		return status;
	proc_signals_await();
	if (!upgrade_begins() && !read_setup(&options.job))
		return EXIT_FAILURE;
	if (options.print) {
		conf_dump(&setup, put_line, NULL);
		return finish_output();
	}
	if (options.try)
		return EXIT_SUCCESS;
	if (options.check > 0) {
		if (options.check == 1)
			console_put("Syntax OK\n");
		return finish_output();
	}
	return run(&options.job);
}

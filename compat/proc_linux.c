/*
 * proc_linux.c - whose memory is how large, whose is taken first, and whose is
 * dumped.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "line.h"
#include "proc.h"

/* A thousandth of all memory is one; enough for two processes of the same size. */
enum { SOONER = 50, MOST = 1000 };

void
proc_small_pages(void)
{
	(void)syscall(SYS_prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

void
proc_dumpable(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
}

void
proc_expendable(void)
{
	char		text[16] = "";
	struct line	line = { text, sizeof(text), 0 };
	int		fd, score;

	if ((fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC)) == -1)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		score = (int)strtoul(text, NULL, 10) + SOONER;	/* of "-9", too */
		if (score < 0) {
			line_text(&line, "-");
			score = -score;
		}
		line_number(&line, (uint64_t)(score < MOST ? score : MOST));
		(void)pwrite(fd, text, line.len, 0);
	}
	(void)close(fd);
}

/*
 * sim_sys.c - the rest that the relay core is linked with: memory, the log, and
 * the strings of a setup made by hand.
 *
 * Memory comes from one area; between the start and the
 * end of a relay there is none.  The log formats every
 * line (a wrong format is a finding) and forgets it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "log.h"
#include "mem.h"
#include "setup.h"
#include "sim.h"
#include "text.h"

enum { AREA = 48 << 20, PAGE = 4096, CLEAR_MAX = 1 << 20 };

static uint64_t	area[AREA / 8];
static size_t	area_used, area_kept, area_shared;
static bool	started;
static unsigned	area_calls, may_calls;
bool		sys_short;		/* there was no memory */
bool		sys_print;
uint64_t	sys_lines;

void
sys_reset_world(void)
{
	area_used = area_kept = area_shared = 0;
	started = sys_short = false;
	area_calls = may_calls = 0;
	sys_lines = 0;
}

/* What there is now stays when a relay ends. */
void
sys_keep(void)
{
	area_kept = area_used;
}

/* What there is now stays when it dies, and the next one is in its place. */
void
sys_share(void)
{
	area_shared = area_used;
}

void
sys_crashed(void)
{
	started = false;
	area_used = area_shared;
}

void
sys_started(bool yes)
{
	started = yes;
	if (!yes)
		area_used = area_kept;
}

/* --- mem.h --------------------------------------------------------------- */

uint64_t
mem_size(uint64_t n)
{
	return n == 0 ? PAGE : (n + PAGE - 1) / PAGE * PAGE;
}

void *
mem_private(uint64_t n)
{
	char *p = (char *)area + area_used;

	if (started)
		sim_fail("memory", -1, "%llu bytes are allocated after the "
		    "start", (unsigned long long)n);
	n = mem_size(n);
	if (n > AREA - area_used || (plan.short_at != 0 &&
	    ++area_calls == plan.short_at)) {
		sys_short = true;
		return NULL;
	}
	area_used += n;
	/* the buffers are large, and what is in them is nobody's business */
	memset(p, 0, n < CLEAR_MAX ? n : CLEAR_MAX);
	return p;
}

void *
mem_shared(uint64_t n)
{
	return mem_private(n);
}

int
mem_read_only(void *p, uint64_t part, unsigned n, unsigned but)
{
	(void)p;
	(void)part;
	(void)n;
	(void)but;
	return 0;
}

void
mem_unmap(void *p, uint64_t n)
{
	(void)p;
	(void)n;
}

void
mem_give_back(void *p, size_t n)
{
	memset(p, 0xdb, n);
}

/* --- log.h --------------------------------------------------------------- */

void
log_line(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt + 1, ap);
	va_end(ap);
	sys_lines++;
	if (sys_print)
		printf("  log  %s\n", text);
	if (strstr(text, "could not be taken over") != NULL &&
	    !fault_on(FAULT_LANE) && !fault_on(FAULT_WAIT_ADD))
		sim_fail("handover", -1, "%s", text);
}

bool
log_may(enum log_class class, uint64_t now)
{
	(void)class;
	(void)now;
	return ++may_calls % 8 != 0;
}

uint64_t
log_tick(uint64_t now)
{
	(void)now;
	return UINT64_MAX;
}

const char *
log_errno(int error)
{
	return strerror(error < 0 ? -error : error);
}

/* --- conf.h -------------------------------------------------------------- */

const char *
conf_string(const struct setup *set, uint32_t offset)
{
	return set->strings + offset;
}

const char *
conf_at(const struct setup *set, uint32_t at)
{
	static char	text[32];

	(void)set;
	text_format(text, sizeof(text), "line %u", SETUP_AT_LINE(at));
	return text;
}

/*
 * t_contract.c - the contract's cases on the real system: each with every kind
 * of waiter and every family of addresses.
 */
#include <sys/utsname.h>

#include <atf-c.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

static const struct {
	const char	*name;
	enum os_family	 family;
	unsigned	 mask;
} families[] = {
	{ "ipv4", OS_IPV4, CONTRACT_TCP },
	{ "ipv6", OS_IPV6, CONTRACT_TCP },
	{ "unix", OS_UNIX, CONTRACT_UNIX }
};

enum { MANY = 512 };
static struct one {
	atf_tc_t			 tc;
	char				 name[96];
	const struct contract_case	*c;
	char				 kind[16];
	enum os_family			 family;
} all[MANY];
static unsigned	nall;

void
contract_pump(void)
{
}

void
contract_fail(const char *file, int line, const char *what, long value)
{
	atf_tc_fail("%s:%d: not true: %s (%ld)", file, line, what, value);
}

void
contract_skip(const char *why)
{
	atf_tc_skip("%s", why);
}

bool
contract_linux(void)
{
#ifdef __linux__
	return true;
#else
	return false;
#endif
}

bool
contract_linux_since(long major, long minor)
{
	struct utsname	u;
	long		n;
	char		*end;

	if (!contract_linux() || uname(&u) == -1)
		return false;
	n = strtol(u.release, &end, 10);
	if (n != major || *end != '.')
		return n > major;
	return strtol(end + 1, NULL, 10) >= minor;
}

static const struct one *
find(const char *name)
{
	unsigned	i;

	for (i = 0; i < nall; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	abort();
}

static void
head(atf_tc_t *tc)
{
	atf_tc_set_md_var(tc, "descr", "%s",
	    find(atf_tc_get_ident(tc))->c->descr);
}

static void
body(const atf_tc_t *tc)
{
	const struct one	*o = find(atf_tc_get_ident(tc));

	/* As proc_start does; splice(2) relies on it. */
	(void)signal(SIGPIPE, SIG_IGN);
	contract_run(o->c, o->kind, o->family);
}

static atf_error_t
add(atf_tp_t *tp, const struct contract_case *c, const char *kind,
    unsigned family)
{
	static const char *const none[] = { NULL };
	struct one		*o;
	atf_error_t		 error;

	if (!(c->families & families[family].mask))
		return atf_no_error();
	if (nall == MANY)
		abort();
	o = &all[nall++];
	o->c = c;
	o->family = families[family].family;
	(void)snprintf(o->kind, sizeof(o->kind), "%s", kind);
	(void)snprintf(o->name, sizeof(o->name), "%s_%s_%s", c->name,
	    families[family].name, kind);
	error = atf_tc_init(&o->tc, o->name, head, body, NULL, none);
	return atf_is_error(error) ? error : atf_tp_add_tc(tp, &o->tc);
}

static atf_error_t
add_kind(atf_tp_t *tp, const char *kind)
{
	const struct contract_case	*c;
	atf_error_t			 error = atf_no_error();
	unsigned			 i, f;

	for (i = 0; (c = contract_case(i)) != NULL; i++)
		for (f = 0; f < 3 && !atf_is_error(error); f++)
			error = add(tp, c, kind, f);
	return error;
}

ATF_TP_ADD_TCS(tp)
{
	char		 kinds[64];
	char		*kind;
	atf_error_t	 error = atf_no_error();

	(void)snprintf(kinds, sizeof(kinds), "%s", wait_kinds());
	for (kind = strtok(kinds, " "); kind != NULL && !atf_is_error(error);
	    kind = strtok(NULL, " "))
		error = add_kind(tp, kind);
	return error;
}

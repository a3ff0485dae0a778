/*
 * sandbox_freebsd.c - no new privileges, and capability mode where it can be.
 *
 * In capability mode (capsicum(4)) there are no global names: connect(2) to an
 * address fails.  So a process that connects to backends stays out of it and is
 * held by its user and its chroot; one that only answers on sockets that it has
 * goes in.  Where a forbidden call must end the process, PROC_TRAPCAP does that.
 */
#include <sys/param.h>
#include <sys/capsicum.h>
#include <sys/procctl.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "sandbox.h"

int
sandbox_most(void)
{
	return SANDBOX_PRIVS;
}

static int
no_new_privs(void)
{
#ifdef PROC_NO_NEW_PRIVS_CTL	/* 14.0 */
	int on = PROC_NO_NEW_PRIVS_ENABLE;

	if (procctl(P_PID, getpid(), PROC_NO_NEW_PRIVS_CTL, &on) == 0)
		return SANDBOX_PRIVS;
#endif
	return 0;
}

static void
trap_forbidden(void)
{
#ifdef PROC_TRAPCAP_CTL
	int on = PROC_TRAPCAP_CTL_ENABLE;

	(void)procctl(P_PID, getpid(), PROC_TRAPCAP_CTL, &on);
#endif
}

int
sandbox_enter(const struct sandbox_need *need)
{
	int have = no_new_privs();

	if (need->ntargets > 0)
		return have;
	if (need->kill)
		trap_forbidden();
	if (cap_enter() == -1)
		return errno == ENOSYS ? have : -errno;
	return have | SANDBOX_CALLS | SANDBOX_FILES | SANDBOX_PORTS;
}

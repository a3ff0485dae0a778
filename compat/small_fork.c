/*
 * small_fork.c - fork(2) for the small static program: with one thread there are
 * no locks to be put in order, and nobody has asked to be called.
 */
#include <sys/types.h>

#include <unistd.h>

pid_t
fork(void)
{
	return _Fork();
}

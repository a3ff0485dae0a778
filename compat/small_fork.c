/*
 * small_fork.c - fork(2) and exit(3) for the small static program: with one
 * thread there are no locks to be put in order, nobody has asked to be called,
 * and nothing waits in a buffer.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <unistd.h>

pid_t
fork(void)
{
	return _Fork();
}

void
exit(int status)
{
	_exit(status);
}

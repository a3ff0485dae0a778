/*
 * os_socketcall.c - socket(2) as a system call of its own, on machines where it began
 * as a part of socketcall(2) and C libraries may go on to ask for it there: a
 * filter of system calls (sandbox_filter.c) sees what kind of socket it is only here.
 * Elsewhere it is empty.
 */
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <unistd.h>

#if defined(SYS_socketcall) && defined(SYS_socket)

int
socket(int domain, int type, int protocol)
{
	enum { SOCKET = 1 };
	long	args[] = { domain, type, protocol };
	int	fd;

	fd = (int)syscall(SYS_socket, domain, type, protocol);
	if (fd == -1 && errno == ENOSYS)	/* on i386 before Linux 4.3 */
		fd = (int)syscall(SYS_socketcall, SOCKET, args);
	return fd;
}

#endif

/*
 * os_listen.c - listening sockets: options, binding, Unix socket files.
 *
 * A Unix socket gets its permissions from the umask at bind: nothing is changed
 * by path afterwards, so there is no moment at which it is open to others and no
 * file that somebody could have put in its place.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "os.h"
#include "os_sys.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0		/* needed on Linux alone, which has it */
#endif

/* At a listener, and a few more: elsewhere than on Linux others may still come. */
enum { MOST_WAIT = 65536 };

/*
 * Whether a Unix socket's file is somebody's: -EADDRINUSE, or 0 when nobody has it
 * open.  A datagram socket asks: it makes no connection where nobody waits for one,
 * and EPROTOTYPE is the answer of every stream socket, whereas ECONNREFUSED is on
 * the BSDs what a listener with a full backlog says too.
 */
static int
unix_alive(const struct os_addr *a)
{
	struct sockaddr_storage	 ss;
	const socklen_t		 len = os_addr_to(a, &ss);
	int			 fd, error = 0;

	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&ss, len) == -1)
		error = errno;
	(void)close(fd);
	if (error == ECONNREFUSED)
		return 0;
	return error == 0 || error == EPROTOTYPE ? -EADDRINUSE : -error;
}

/*
 * Make room for a Unix socket at its path: remove a file that is a socket, and
 * that nobody listens to.
 */
static int
unix_takeover(const struct os_addr *a)
{
	struct file_id	id;
	char		path[sizeof(a->u.path) + 1];
	int		error;

	memset(path, 0, sizeof(path));
	memcpy(path, a->u.path, a->pathlen);
	if ((error = file_socket_id(path, &id)) == -EINVAL)
		return -EEXIST;
	if (error == 0 && (error = unix_alive(a)) == 0)
		error = file_socket_remove(path, &id);
	if (error == -ESTALE)
		return -EADDRINUSE;	/* another one's by now */
	return error == -ENOENT ? 0 : error;
}

static int
bind_to(int fd, const struct os_addr *a, const struct os_listen *how)
{
	struct sockaddr_storage	 ss;
	const socklen_t		 len = os_addr_to(a, &ss);
	mode_t			 mask = 0;
	bool			 masked;
	int			 error = 0;

	masked = a->family == OS_UNIX && a->u.path[0] != '\0' &&
	    how->mode != -1;
	if (masked)
		mask = umask((mode_t)(~how->mode & 0777));
	if (bind(fd, (struct sockaddr *)&ss, len) == -1)
		error = -errno;
	if (masked)
		(void)umask(mask);
	return error;
}

static int
prepare_tcp(int fd, const struct os_addr *a, const struct os_listen *how)
{
	int	error;

	/* A restart must not wait for connections of yesterday. */
	if ((error = os_option(fd, SOL_SOCKET, SO_REUSEADDR, 1)) != 0)
		return error;
	if (a->family == OS_IPV6) {
		error = os_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, how->v6only);
		/* OpenBSD has no dual stack, but then 1 is what it does. */
		if (error != 0 && !how->v6only)
			return error;
	}
	if (how->transparent)
		return os_sys_transparent(fd,
		    a->family == OS_IPV4 ? AF_INET : AF_INET6);
	return 0;
}

static int
listen_on(int fd, const struct os_addr *a, const struct os_listen *how)
{
	int	error;

	if (a->family == OS_UNIX) {
		if (a->u.path[0] != '\0' && (error = unix_takeover(a)) != 0)
			return error;
	} else if ((error = prepare_tcp(fd, a, how)) != 0)
		return error;
	if ((error = bind_to(fd, a, how)) != 0)
		return error;
	/* Before the first connection can come: it inherits them. */
	if (a->family != OS_UNIX) {
		os_born(fd);
		os_sys_pass_on(fd);
	} else
		os_sys_no_fds(fd);
	if (listen(fd, how->backlog) == -1) {
		error = -errno;
		if (a->family == OS_UNIX && a->u.path[0] != '\0')
			(void)unlink(a->u.path);
		return error;
	}
	if (a->family != OS_UNIX)
		os_sys_defer(fd, how);
	return 0;
}

int
os_listen(const struct os_addr *a, const struct os_listen *how)
{
	struct sockaddr_storage	ss;
	int			fd, error;

	if (a->family == OS_UNIX && a->pathlen > os_path_max())
		return -ENAMETOOLONG;
	if (os_addr_to(a, &ss) == 0)
		return -EINVAL;
	if ((fd = os_sys_socket(ss.ss_family)) < 0)
		return fd;
	if ((error = listen_on(fd, a, how)) != 0) {
		(void)close(fd);
		return error;
	}
	return fd;
}

bool
os_listens(int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLRDHUP };
	int		v;

	/* Where the system does not know the option, accept will say. */
	if (os_option_get(fd, SO_ACCEPTCONN, &v) == 0 && v == 0)
		return false;
	/* a Unix socket that was shut has it still; a signal (-1) says nothing */
	return poll(&p, 1, 0) != 1;
}

static int
adoptable(int fd)
{
	int	error, v;

	if ((error = os_option_get(fd, SO_TYPE, &v)) != 0)
		return error;
	if (v != SOCK_STREAM)
		return -EPROTOTYPE;
	return os_listens(fd) ? 0 : -EINVAL;
}

int
os_listen_adopt(int fd, const struct os_listen *how)
{
	struct os_addr	a;
	int		error;

	if ((error = adoptable(fd)) != 0)
		return error;
	if ((error = os_sockname(fd, &a)) != 0)
		return error;
	if (a.family == OS_NONE)
		return -EAFNOSUPPORT;
	if ((error = fd_dress(fd)) != 0)
		return error;
	/* once more: that is how to change the length of its queue */
	if (how->backlog != 0)
		(void)listen(fd, how->backlog);
	if (a.family == OS_UNIX) {
		os_sys_no_fds(fd);
		return 0;
	}
	os_born(fd);
	os_sys_pass_on(fd);
	os_sys_defer(fd, how);
	return 0;
}

bool
os_listen_waits(int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

void
os_listen_shut(int fd)
{
	(void)shutdown(fd, SHUT_RD);
}

void
os_listen_end(int fd)
{
	int	conn, n = 0;

	os_listen_shut(fd);
	/* a Unix socket keeps those it has */
	for (; n < MOST_WAIT && (conn = accept(fd, NULL, NULL)) != -1; n++)
		(void)close(conn);
	(void)close(fd);
}

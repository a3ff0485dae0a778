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
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "os.h"
#include "os_sys.h"

static int
unix_ask(const struct os_addr *a)
{
	bool	pending;
	int	fd;

	fd = os_connect(a, NULL, &pending);
	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

/*
 * Whether somebody accepts connections on this Unix socket: -EADDRINUSE, or 0
 * when nobody does.  A full backlog (EAGAIN) is somebody; where it is refused
 * like a socket that was left, whoever is alive gets time to make room.
 */
static int
unix_alive(const struct os_addr *a)
{
	const struct timespec	 a_while = { 0, 20 * 1000 * 1000 };
	int			 error, more = os_sys_full_is_refused() ? 5 : 0;

	while ((error = unix_ask(a)) == -ECONNREFUSED && more-- > 0)
		(void)nanosleep(&a_while, NULL);
	if (error == -ECONNREFUSED)
		return 0;
	if (error == 0 || error == -EAGAIN || error == -EPROTOTYPE)
		return -EADDRINUSE;
	return error;
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

/*
 * Options for those that are accepted.  Keepalive only where they inherit it:
 * NetBSD starts its clock for the listener too, finds no connection 20 seconds
 * later, and makes it one that refuses.
 */
static void
pass_on(int fd)
{
	os_born(fd);
	if (os_sys_inherits())
		os_keep(fd);
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
	if (a->family != OS_UNIX)
		pass_on(fd);
	if (listen(fd, how->backlog) == -1)
		return -errno;
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

static int
adoptable(int fd)
{
	int		v;
	socklen_t	len = sizeof(v);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len) == -1)
		return -errno;
	if (v != SOCK_STREAM)
		return -EPROTOTYPE;
	len = sizeof(v);
	/* Where the system does not know the option, accept will say. */
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &v, &len) == 0 && v == 0)
		return -EINVAL;
	return 0;
}

int
os_listen_adopt(int fd, const struct os_listen *how)
{
	struct os_addr	a;
	int		error, flags;

	if ((error = adoptable(fd)) != 0)
		return error;
	if ((error = os_sockname(fd, &a)) != 0)
		return error;
	if (a.family == OS_NONE)
		return -EAFNOSUPPORT;
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return -errno;
	if (a.family == OS_UNIX)
		return 0;
	pass_on(fd);
	os_sys_defer(fd, how);
	return 0;
}

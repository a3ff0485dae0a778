/*
 * listen.c - the listening sockets of a generation: opened, taken over from the
 * service manager or from the generation before, told of, closed.
 */
#include "listen.h"

#include <errno.h>

#include "addr.h"
#include "conf.h"
#include "limits.h"
#include "log.h"
#include "logio.h"
#include "os.h"
#include "place.h"
#include "text.h"

/*
 * Unix sockets that are listened on no more.  Who waits there is reset by the last
 * close of all processes' copies.
 */
static int		shut[LIMIT_LISTENERS];
static unsigned		nshut;

/* Always false. */
static bool
fail(const struct start *start, const struct setup_listener *l,
    const char *why)
{
	return place_fatal(start->setup, l->at, "cannot listen on \"%.200s\": "
	    "%s", conf_string(start->setup, l->name), why);
}

static void
listen_options(const struct start *start, const struct setup_listener *l,
    struct os_listen *options)
{
	const char	*filter = conf_string(start->setup, l->accept_filter.v);

	*options = (struct os_listen){
		.backlog = (int)l->backlog.v,
		.v6only = l->v6only.v != 0,
		.transparent = l->transparent.v != 0,
		.defer_accept = (int)l->defer_accept.v,
		.accept_filter = *filter == '\0' ? NULL : filter,
		.mode = l->perms.v == UINT32_MAX ? -1 : (int)l->perms.v
	};
}

const char *
listen_error(const struct os_addr *addr, int error)
{
	switch (error) {
	case -EEXIST:
		return "a file that is not a socket is in the way";
	case -EACCES:
		if (addr->family != OS_UNIX && addr->port < 1024)
			return "permission denied (ports below 1024 are the "
			    "superuser's)";
		return log_errno(error);
	case -ENOENT:
		return "the directory does not exist";
	case -ENAMETOOLONG:
		return "the path is too long for a socket";
	default:
		return log_errno(error);
	}
}

/*
 * A listener with this address that has a socket, or has none yet; -1: none.
 */
static int
find(const struct start *start, const struct os_addr *addr, bool open)
{
	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		if ((start->listeners[i] != -1) == open &&
		    addr_equal(&start->setup->listeners[i].addr, addr))
			return (int)i;
	return -1;
}

static const char *
adopt_error(int error)
{
	return error == -ENOTSOCK ? "it is not a socket" :
	    error == -EPROTOTYPE ? "it is not a stream socket" :
	    error == -EAFNOSUPPORT ? "it is neither TCP nor a Unix socket" :
	    error == -EINVAL ? "it does not listen" : log_errno(error);
}

/*
 * Where the configuration is silent, what a service manager has set holds.
 */
static int
adopt_as(const struct start *start, unsigned i, int fd)
{
	const struct setup_listener	*l = &start->setup->listeners[i];
	struct os_listen		 options;

	listen_options(start, l, &options);
	if (!start->made[i] && l->backlog.at == 0)
		options.backlog = 0;
	if (!start->made[i] && l->defer_accept.at == 0)
		options.defer_accept = -1;
	return os_listen_adopt(fd, &options);
}

static bool
adopt(struct start *start, int fd)
{
	struct os_addr		addr;
	char			text[ADDR_TEXT];
	int			error, i;

	if ((error = os_sockname(fd, &addr)) == 0) {
		if ((i = find(start, &addr, false)) == -1) {
			log_fatal("descriptor %d of the service manager "
			    "listens on %s, which the configuration does not",
			    fd, addr_text(text, sizeof(text), &addr));
			return false;
		}
		if ((error = adopt_as(start, (unsigned)i, fd)) == 0) {
			start->listeners[i] = fd;
			return true;
		}
	}
	log_fatal("descriptor %d of the service manager cannot be used: %s", fd,
	    adopt_error(error));
	return false;
}

/*
 * Whether a listener of ours has that port: it may be what is in the way.
 */
static bool
has_port(const struct start *start, uint16_t port)
{
	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		if (start->listeners[i] != -1 &&
		    start->setup->listeners[i].addr.port == port)
			return port != 0;
	return false;
}

static bool
listen_on(struct start *start, const struct start *former, unsigned i)
{
	const struct setup_listener	*l = &start->setup->listeners[i];
	struct os_listen		 options;
	int				 fd;

	if (start->listeners[i] != -1)
		return true;
	listen_options(start, l, &options);
	fd = os_listen(&l->addr, &options);
	if (fd == -EADDRINUSE && (has_port(start, l->addr.port) ||
	    (former != NULL && has_port(former, l->addr.port))))
		return fail(start, l, "address in use; one of ours has the port");
	if (fd == -EPERM && options.transparent)
		return fail(start, l, "server.ip-transparent needs root");
	if (fd < 0)
		return fail(start, l, listen_error(&l->addr, fd));
	start->listeners[i] = fd;
	start->made[i] = true;
	if (l->addr.family == OS_UNIX && l->addr.u.path[0] != '\0')
		(void)file_socket_id(l->addr.u.path, &start->files[i]);
	return true;
}

void
listen_keeps(const struct start *start, uint32_t at, const char *name,
    const char *key)
{
	place_warn(start->setup, at, "\"%.200s\" stays as bound until a "
	    "restart: %s has changed", name, key);
}

/*
 * Which key has changed of those that are settled when a socket is bound, or NULL.
 */
static const char *
bound_by(const struct setup_listener *a, const struct setup_listener *b)
{
	if (a->addr.family == OS_UNIX)
		return a->perms.v != b->perms.v ? "server.socket-perms" : NULL;
	if (a->transparent.v != b->transparent.v)
		return "server.ip-transparent";
	return a->addr.family == OS_IPV6 && a->v6only.v != b->v6only.v ?
	    "server.set-v6only" : NULL;
}

bool
listen_in_place(const struct start *start, unsigned i)
{
	const struct os_addr	*addr = &start->setup->listeners[i].addr;

	return !start->made[i] || addr->family != OS_UNIX ||
	    addr->u.path[0] == '\0' ||
	    file_socket_check(addr->u.path, &start->files[i]) == 0;
}

/*
 * Whether a former listener stays.  One that does not listen any more is made again,
 * and one whose file is gone, unless that costs those who wait at the old socket, or
 * somebody else his file.
 */
static bool
stays(const struct start *next, const struct setup_listener *l,
    const struct start *former, unsigned j)
{
	struct file_id	 other;
	const char	*why;

	if (!os_listens(former->listeners[j])) {
		place_warn(next->setup, l->at, "\"%.200s\" does not listen "
		    "any more, and is made again",
		    conf_string(next->setup, l->name));
		if (l->addr.family == OS_UNIX)
			(void)file_socket_remove(l->addr.u.path,
			    &former->files[j]);
		return false;
	}
	if (listen_in_place(former, j))
		return true;
	if (file_socket_id(l->addr.u.path, &other) != -ENOENT)
		why = "another is in its place: a reload makes it again when "
		    "that is removed";
	else if (os_listen_waits(former->listeners[j]))
		why = "clients wait at the socket: a reload makes it again "
		    "when they are served";
	else
		return false;
	place_warn(next->setup, l->at, "the file of \"%.200s\" is gone, and %s",
	    conf_string(next->setup, l->name), why);
	return true;
}

/*
 * Take over what stays, as it is: the next generation may still be given up.
 */
static void
listen_share(struct start *next, const struct start *former, unsigned i)
{
	const struct setup_listener	*l = &next->setup->listeners[i], *was;
	const char			*key;
	int				 j;

	if ((j = find(former, &l->addr, true)) == -1 ||
	    !stays(next, l, former, (unsigned)j))
		return;
	next->listeners[i] = former->listeners[j];
	next->made[i] = former->made[j];
	next->files[i] = former->files[j];
	was = &former->setup->listeners[j];
	/* an upgrade knows the address alone, and no place */
	if (was->at != 0 && (key = bound_by(was, l)) != NULL)
		listen_keeps(next, l->at, conf_string(next->setup, l->name),
		    key);
}

bool
listen_open(struct start *start, const struct start *former, int activated)
{
	const unsigned	n = start->setup->nlisteners;

	for (unsigned i = 0; i < n && former != NULL; i++)
		listen_share(start, former, i);
	for (int i = 0; i < activated; i++)
		if (!adopt(start, PROC_LISTEN_FIRST + i))
			return false;
	for (unsigned i = 0; i < n; i++)
		if (!listen_on(start, former, i))
			return false;
	return true;
}

static bool
has(const struct start *start, int fd)
{
	for (unsigned i = 0; i < start->setup->nlisteners; i++)
		if (start->listeners[i] == fd)
			return true;
	return false;
}

/*
 * That one fails says only that an option cannot be changed any more.
 */
void
listen_change(const struct start *start, const struct start *former)
{
	const struct setup_listener	*l = start->setup->listeners;
	int				 error;

	for (unsigned i = 0; i < start->setup->nlisteners; i++, l++)
		if (has(former, start->listeners[i]) &&
		    (error = adopt_as(start, i, start->listeners[i])) != 0)
			place_warn(start->setup, l->at, "the options of "
			    "\"%.200s\" cannot be changed: %s",
			    conf_string(start->setup, l->name),
			    log_errno(error));
}

/*
 * A socket of the service manager lives on with it.
 */
static void
end(const struct start *start, unsigned i)
{
	const struct os_addr	*addr = &start->setup->listeners[i].addr;
	const int		 fd = start->listeners[i];

	if (!start->made[i]) {
		os_drop(fd);
		return;
	}
	if (addr->family != OS_UNIX) {
		os_listen_end(fd);
		return;
	}
	(void)file_socket_remove(addr->u.path, &start->files[i]);
	os_listen_shut(fd);
	shut[nshut++] = fd;
}

void
listen_over(bool hangs)
{
	while (nshut > 0)
		if (hangs)
			os_listen_end(shut[--nshut]);
		else
			os_drop(shut[--nshut]);
}

void
listen_close(struct start *start, const struct start *other)
{
	listen_over(false);
	for (unsigned i = 0; i < start->setup->nlisteners; i++) {
		if (start->listeners[i] == -1)
			continue;
		if (other == NULL || !has(other, start->listeners[i]))
			end(start, i);
		start->listeners[i] = -1;
	}
}

bool
listen_say(const struct start *start, const char *name, const char *address)
{
	char	line[ADDR_TEXT + 16];
	size_t	len;
	int	error, patience_ms = 3000;

	if (start->ready_fd == -1)
		return true;
	len = text_format(line, sizeof(line), "%s %s\n", name, address);
	logio_await(start->ready_fd, &patience_ms);
	if ((error = logio_write(start->ready_fd, line, len)) == 0)
		return true;
	log_fatal("-R %d: cannot write to that descriptor: %s",
	    start->ready_fd, log_errno(error));
	return false;
}

/*
 * Where each listener really is, which matters when its port was 0.
 */
bool
listen_tell(const struct start *start)
{
	const struct setup	*setup = start->setup;
	struct os_addr		 addr;
	char			 text[ADDR_TEXT], number[16];

	for (unsigned i = 0; i < setup->nlisteners; i++) {
		addr = setup->listeners[i].addr;
		if (addr.port == 0)
			(void)os_sockname(start->listeners[i], &addr);
		addr_text(text, sizeof(text), &addr);
		log_info("listening on %s (%s)", text,
		    conf_at(setup, setup->listeners[i].at));
		text_format(number, sizeof(number), "%u", i);
		if (!listen_say(start, number, text))
			return false;
	}
	return true;
}

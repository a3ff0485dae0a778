/*
 * doors.c - the control socket and the status page's socket.
 *
 * The parent keeps them open as long as a configuration has them, so that no
 * connection is lost when one monitor follows another.
 */
#include "doors.h"

#include <errno.h>
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "limits.h"
#include "listen.h"
#include "log.h"
#include "os.h"
#include "owner.h"
#include "place.h"
#include "text.h"

enum { NAME = 256, BACKLOG = 64 };

static const struct setting *
setting_of(const struct start *start, enum door which)
{
	const struct setup_server	*server = &start->setup->server;

	return which == DOOR_CONTROL ? &server->control :
	    &server->status_listen;
}

static const char *
key_of(enum door which)
{
	return which == DOOR_CONTROL ? "sockproxy.control" : "status.listen";
}

/* Always false. */
static bool
fail(const struct start *start, enum door which, const char *why)
{
	const struct setting	*setting = setting_of(start, which);

	return place_fatal(start->setup, setting->at,
	    "%s = \"%.200s\": cannot listen: %s", key_of(which),
	    conf_string(start->setup, setting->v), why);
}

/*
 * Where it is to be: a path for the control socket, any address for the other.
 */
static bool
find_address(const struct start *start, enum door which, struct os_addr *addr)
{
	if (which == DOOR_STATUS) {
		*addr = start->setup->server.status_addr;
		return true;
	}
	return addr_unix(addr, start->control_path) ||
	    fail(start, which, listen_error(addr, -ENAMETOOLONG));
}

/* "user", "user:group", ":group". */
static int
find_owner(const char *text, uint32_t *uid, uint32_t *gid)
{
	struct proc_user	user;
	const char		*colon = strchr(text, ':');
	char			 name[NAME];
	size_t			 n = colon == NULL ? strlen(text) :
				    (size_t)(colon - text);
	int			 error;

	*uid = *gid = OWNER_SAME;
	(void)text_format(name, sizeof(name), "%.*s", (int)n, text);
	error = proc_user(n == 0 ? NULL : name,
	    colon == NULL ? NULL : colon + 1, &user);
	if (error != 0)
		return error;
	if (n > 0)
		*uid = user.uid;
	if (colon != NULL)
		*gid = user.gid;
	return 0;
}

/*
 * Or only look whether it can be had: one that a next generation takes over stays
 * the former one's until that is in use.
 */
static bool
give_control(const struct start *start, const struct door_socket *door,
    bool look)
{
	const struct setting	*setting = &start->setup->server.control_owner;
	const char		*owner = conf_string(start->setup, setting->v);
	const char		*why;
	uint32_t		 uid, gid;
	int			 error;

	if (*owner == '\0')
		return true;
	error = find_owner(owner, &uid, &gid);
	if (look)
		uid = gid = OWNER_SAME;
	if (error == 0)
		error = owner_give(start->control_path, &door->file, uid, gid);
	if (error == 0)
		return true;
	why = error == -ENOENT ? "there is no such user" :
	    error == -ESRCH ? "there is no such group" :
	    error == -EPERM ? "the socket can be given to another only by "
	    "the superuser, and in a directory that others cannot change" :
	    log_errno(error);
	return place_fatal(start->setup, setting->at,
	    "sockproxy.control-owner = \"%.200s\": %s", owner, why);
}

static bool
listen_at(struct start *start, enum door which)
{
	struct door_socket	*door = &start->doors[which];
	struct os_listen	 how = { .backlog = BACKLOG, .v6only = true,
				    .mode = -1 };
	int			 fd;

	if (which == DOOR_CONTROL)
		how.mode = (int)start->setup->server.control_perms.v;
	else if (door->addr.family == OS_UNIX)
		how.mode = 0666;
	if ((fd = os_listen(&door->addr, &how)) < 0)
		return fail(start, which, listen_error(&door->addr, fd));
	door->fd = fd;
	door->made = door->addr.family == OS_UNIX &&
	    door->addr.u.path[0] != '\0' &&
	    file_socket_id(door->addr.u.path, &door->file) == 0;
	return true;
}

/*
 * Whether it can still be reached: somebody may have removed its file.
 */
static bool
in_place(const struct door_socket *door)
{
	return !door->made ||
	    file_socket_check(door->addr.u.path, &door->file) == 0;
}

/*
 * Whether a former one stays.  One that does not listen any more was shut by who had
 * it: it is made again.
 */
static bool
stays(const struct start *start, enum door which,
    const struct door_socket *old)
{
	const struct setting	*setting = setting_of(start, which);

	if (old->fd == -1 ||
	    !addr_equal(&old->addr, &start->doors[which].addr))
		return false;
	if (os_listens(old->fd))
		return in_place(old);
	place_warn(start->setup, setting->at, "\"%.200s\" does not listen any "
	    "more, and is made again", conf_string(start->setup, setting->v));
	if (old->made)
		(void)file_socket_remove(old->addr.u.path, &old->file);
	return false;
}

/*
 * Whether an owner was named, user or group, that is named no more.
 */
static bool
owner_less(const char *was, const char *now)
{
	if (strchr(was, ':') != NULL && strchr(now, ':') == NULL)
		return true;
	return *was != '\0' && *was != ':' && (*now == '\0' || *now == ':');
}

/*
 * Take over what stays.  An upgrade knows no settings, and no places.
 */
static void
keep(struct start *start, enum door which, const struct start *former)
{
	const struct setup_server	*now = &start->setup->server;
	const struct setup_server	*was = &former->setup->server;

	start->doors[which] = former->doors[which];
	if (which != DOOR_CONTROL || was->control.at == 0)
		return;
	if (was->control_perms.v != now->control_perms.v)
		listen_keeps(start, now->control_perms.at, start->control_path,
		    "sockproxy.control-perms");
	if (owner_less(conf_string(former->setup, was->control_owner.v),
	    conf_string(start->setup, now->control_owner.v)))
		listen_keeps(start, now->control.at, start->control_path,
		    "sockproxy.control-owner");
}

static bool
open_one(struct start *start, enum door which, const struct start *former)
{
	struct door_socket	*door = &start->doors[which];
	bool			 kept;

	*door = (struct door_socket){ .fd = -1 };
	if (setting_of(start, which)->v == 0)
		return true;
	if (!find_address(start, which, &door->addr))
		return false;
	kept = former != NULL && stays(start, which, &former->doors[which]);
	if (kept)
		keep(start, which, former);
	else if (!listen_at(start, which))
		return false;
	return which != DOOR_CONTROL || give_control(start, door, kept);
}

bool
doors_open(struct start *start, const struct start *former)
{
	return open_one(start, DOOR_CONTROL, former) &&
	    open_one(start, DOOR_STATUS, former);
}

void
doors_change(const struct start *start)
{
	const struct door_socket	*door = &start->doors[DOOR_CONTROL];

	if (door->fd != -1)
		(void)give_control(start, door, false);
}

bool
doors_tell(const struct start *start)
{
	const struct door_socket	*door = &start->doors[DOOR_STATUS];
	struct os_addr			 addr;
	char				 text[ADDR_TEXT];

	if (start->doors[DOOR_CONTROL].fd != -1)
		log_info("control socket %.200s", start->control_path);
	if (door->fd == -1)
		return true;
	if (os_sockname(door->fd, &addr) != 0)
		addr = door->addr;
	addr_text(text, sizeof(text), &addr);
	if (addr.family == OS_UNIX)
		log_info("status page on %s", text);
	else
		log_info("status page on http://%s/", text);
	return listen_say(start, "status", text);
}

void
doors_close(struct start *start, const struct start *other)
{
	struct door_socket	*door;

	for (int i = 0; i < DOORS; i++) {
		door = &start->doors[i];
		if (door->fd != -1 &&
		    (other == NULL || other->doors[i].fd != door->fd)) {
			if (door->made)
				(void)file_socket_remove(door->addr.u.path,
				    &door->file);
			os_listen_end(door->fd);
		}
		door->fd = -1;
	}
}

/*
 * notify.h - tell the service manager how we are, as sd_notify(3) does.
 *
 * Where NOTIFY_SOCKET is not set nobody wants to know, and every call does nothing.
 * The parent's: a sandboxed process has no such socket.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

enum notify {
	NOTIFY_READY,		/* after the start, and after each reload */
	NOTIFY_RELOADING,
	NOTIFY_STOPPING
};

/*
 * Send a state, and a text for people without a line end.  Never waits.
 * Returns 0 (also when nobody wants to know), -EAGAIN when the manager has no room
 * for more now, -EINVAL when NOTIFY_SOCKET has a form that we do not speak,
 * -ENAMETOOLONG, or an error of sendto(2).
 */
int	notify_send(enum notify, const char *text);

#endif

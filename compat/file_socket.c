/*
 * file_socket.c - socket files that we made.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "file.h"

int
file_socket_id(const char *path, struct file_id *id)
{
	struct stat	st;

	if (lstat(path, &st) == -1)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EINVAL;
	id->dev = (uint64_t)st.st_dev;
	id->ino = (uint64_t)st.st_ino;
	return 0;
}

int
file_socket_check(const char *path, const struct file_id *id)
{
	struct file_id	now = { .dev = 0 };
	int		error = file_socket_id(path, &now);

	if (error == -EINVAL || (error == 0 &&
	    (now.dev != id->dev || now.ino != id->ino)))
		return -ESTALE;
	return error;
}

int
file_socket_remove(const char *path, const struct file_id *id)
{
	int	error = file_socket_check(path, id);

	return error == 0 && unlink(path) == -1 ? -errno : error;
}

/*
 * owner.c - whose a path is, and chown(2) by path, which is safe only where the path
 * is ours.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "owner.h"

enum { PATH_BYTES = 1024 };

int
owner_directory(const char *path, unsigned *mode)
{
	struct stat	st;
	char		dir[PATH_BYTES];
	const char	*slash = strrchr(path, '/');
	size_t		 n = slash == NULL ? 0 : (size_t)(slash - path) + 1;

	if (n + 2 > sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, n);
	memcpy(dir + n, ".", 2);
	if (stat(dir, &st) == -1)
		return -errno;
	*mode = st.st_mode;
	return st.st_uid == 0 || st.st_uid == geteuid() ? 0 : -EPERM;
}

int
owner_file(int fd, const char *path)
{
	struct stat	st;
	unsigned	mode = 0;

	(void)owner_directory(path, &mode);
	if (!(mode & S_IWOTH))
		return 0;
	if (fstat(fd, &st) == -1)
		return -errno;
	return (st.st_uid == 0 || st.st_uid == geteuid()) &&
	    st.st_nlink <= 1 ? 0 : -EPERM;
}

int
owner_give(const char *path, const struct file_id *id, uint32_t uid,
    uint32_t gid)
{
	unsigned	mode;
	int		error;

	if ((error = owner_directory(path, &mode)) != 0)
		return error;
	if ((mode & (S_IWGRP | S_IWOTH)) != 0 && (mode & S_ISVTX) == 0)
		return -EPERM;
	if ((error = file_socket_check(path, id)) != 0)
		return error;
	return lchown(path, uid == OWNER_SAME ? (uid_t)-1 : (uid_t)uid,
	    gid == OWNER_SAME ? (gid_t)-1 : (gid_t)gid) == -1 ? -errno : 0;
}

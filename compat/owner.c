/*
 * owner.c - chown(2) by path, which is safe only where the path is ours.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "owner.h"

enum { PATH_BYTES = 1024 };

/* The directory that a path is in. */
static int
check_directory(const char *path)
{
	const char	*slash = strrchr(path, '/');
	size_t		 n = 1;
	struct stat	 st;
	char		 dir[PATH_BYTES];

	if (slash == NULL)
		path = ".";
	else if (slash > path)
		n = (size_t)(slash - path);
	if (n >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, n);
	dir[n] = '\0';
	if (stat(dir, &st) == -1)
		return -errno;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    (st.st_mode & S_ISVTX) == 0)
		return -EPERM;
	return 0;
}

int
owner_give(const char *path, const struct file_id *id, uint32_t uid,
    uint32_t gid)
{
	struct stat	st;
	int		error;

	if ((error = check_directory(path)) != 0)
		return error;
	if (lstat(path, &st) == -1)
		return -errno;
	if (!S_ISSOCK(st.st_mode) || (uint64_t)st.st_dev != id->dev ||
	    (uint64_t)st.st_ino != id->ino)
		return -ESTALE;
	return lchown(path, uid == OWNER_SAME ? (uid_t)-1 : (uid_t)uid,
	    gid == OWNER_SAME ? (gid_t)-1 : (gid_t)gid) == -1 ? -errno : 0;
}

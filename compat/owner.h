/*
 * owner.h - whose a path is, and to give a socket file that we made away.
 */
#ifndef OWNER_H
#define OWNER_H

#include <stdint.h>

#include "file.h"

#define OWNER_SAME	UINT32_MAX	/* leave the user or the group */

/*
 * The mode of the directory that a path is in.  0, -EPERM when it is neither ours
 * nor the superuser's, or stat(2)'s errors.
 */
int	owner_directory(const char *path, unsigned *mode);

/*
 * Whether a file that was opened by path is to be written to: in a directory that
 * everybody can write to, it must be ours or the superuser's, and have no other name.
 * 0, -EPERM, or fstat(2)'s errors.
 */
int	owner_file(int fd, const char *path);

/*
 * Only if the path still names that file, and only where nobody else could put
 * another one in its place: the directory belongs to us or the superuser, and
 * others cannot write to it or cannot remove what is not theirs (sticky).  0,
 * -ESTALE, -EPERM for such a directory, or chown(2)'s errors.
 */
int	owner_give(const char *path, const struct file_id *, uint32_t uid,
	    uint32_t gid);

#endif

/*
 * file.c - reading files, and owning the pid file.  (file_glob.c finds files,
 * file_run.c runs commands, file_socket.c owns socket files, logio.c writes logs.)
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "line.h"
#include "owner.h"

static const char	*begin_at;	/* relative paths; NULL: where we are */

long
file_rest(int fd, char *buf, size_t size)
{
	struct pollfd	ready = { .fd = fd, .events = POLLIN };
	size_t		used = 0;
	ssize_t		n;
	char		more;

	for (;;) {
		if (used < size)
			n = read(fd, buf + used, size - used);
		else
			n = read(fd, &more, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN && fd == STDIN_FILENO) {
			/* somebody who shares it does not want to wait */
			(void)poll(&ready, 1, -1);
			continue;
		}
		if (n == -1)
			return -errno;
		if (n == 0)
			return (long)used;
		if (used == size)
			return -EFBIG;
		used += (size_t)n;
	}
}

static int
check_regular(int fd)
{
	struct stat	st;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

long
file_read(const char *path, char *buf, size_t size)
{
	int	fd;
	long	n;

	if (strcmp(path, "-") == 0)
		return file_rest(STDIN_FILENO, buf, size);
	/* O_NONBLOCK: a FIFO is opened at once, and then refused. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENXIO ? -EINVAL : -errno;
	if ((n = check_regular(fd)) == 0)
		n = file_rest(fd, buf, size);
	(void)close(fd);
	return n;
}

int
file_program(const char *called, char *buf, size_t size)
{
	const char	*dir = getenv("PATH"), *end;
	const size_t	 len = strlen(called) + 1;
	struct stat	 st;
	size_t		 n;

	if (strchr(called, '/') != NULL)
		return file_absolute(called, buf, size);
	for (; dir != NULL; dir = *end == ':' ? end + 1 : NULL) {
		end = dir + strcspn(dir, ":");
		n = (size_t)(end - dir);
		if (n + 1 + len > size)
			return -ENAMETOOLONG;
		memcpy(buf, dir, n);
		if (n > 0)		/* an empty one is where we are */
			buf[n++] = '/';
		memcpy(buf + n, called, len);
		/* a directory may have the name, and X_OK */
		if (access(buf, X_OK) == 0 && stat(buf, &st) == 0 &&
		    S_ISREG(st.st_mode))
			return 0;
	}
	return -ENOENT;
}

int
file_enter(const char *dir)
{
	return chdir(dir) == 0 ? 0 : -errno;
}

void
file_begin_at(const char *dir)
{
	begin_at = dir;
}

static int
where_begins(char *buf, size_t size)
{
	if (begin_at == NULL)
		return getcwd(buf, size) != NULL ? 0 :
		    errno == ERANGE ? -ENAMETOOLONG : -errno;
	if (strlen(begin_at) >= size)
		return -ENAMETOOLONG;
	strcpy(buf, begin_at);
	return 0;
}

int
file_absolute(const char *path, char *buf, size_t size)
{
	size_t	len = strlen(path), at = 0;
	int	error;

	if (path[0] != '/') {
		if ((error = where_begins(buf, size)) != 0)
			return error;
		at = strlen(buf);
		if (at + 1 >= size)
			return -ENAMETOOLONG;
		if (at == 0 || buf[at - 1] != '/')
			buf[at++] = '/';
	}
	if (len >= size - at)
		return -ENAMETOOLONG;
	memcpy(buf + at, path, len + 1);
	return 0;
}

/* ---- the pid file ---- */

static int
lock(int fd)
{
	struct flock	l;

	memset(&l, 0, sizeof(l));
	l.l_type = F_WRLCK;
	l.l_whence = SEEK_SET;
	if (fcntl(fd, F_SETLK, &l) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

bool
file_pid_is(int fd, const char *path)
{
	struct stat	a, b;

	if (fstat(fd, &a) == -1 || lstat(path, &b) == -1)
		return false;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Where no lock is to be had, the file was made in vain. */
static void
remove_empty(int fd, const char *path)
{
	struct stat	st;

	if (fstat(fd, &st) == 0 && st.st_size == 0 && file_pid_is(fd, path))
		(void)unlink(path);
}

/* Nothing but digits and blanks, and not many: no file that anybody misses. */
static int
check_number(int fd)
{
	char	text[32];
	ssize_t	n;

	if ((n = pread(fd, text, sizeof(text), 0)) == -1)
		return -errno;
	if (n == sizeof(text))
		return -EEXIST;
	text[n] = '\0';
	return strspn(text, "0123456789 \n") == (size_t)n ? 0 : -EEXIST;
}

int
file_pid_open(const char *path)
{
	int	fd, error, tries;

	/*
	 * The one before us removes the file and then lets go of its lock: a
	 * lock on a file without a name is none, begin again.
	 */
	for (tries = 0; tries < 10; tries++) {
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
		    O_NOCTTY | O_CLOEXEC, 0644);
		if (fd == -1)
			return errno == EISDIR || errno == ENXIO ? -EINVAL :
			    -errno;
		if ((error = check_regular(fd)) == -EISDIR)
			error = -EINVAL;
		if (error == 0)
			error = owner_file(fd, path);
		if (error == 0)
			error = check_number(fd);
		if (error == 0 && (error = lock(fd)) != 0 && error != -EBUSY)
			remove_empty(fd, path);
		if (error == 0 && file_pid_is(fd, path))
			return fd;
		(void)close(fd);
		if (error != 0)
			return error;
	}
	return -EBUSY;
}

int
file_pid_write(int fd)
{
	char		text[32];
	struct line	line = { text, sizeof(text), 0 };
	ssize_t		n;

	line_number(&line, (uint64_t)getpid());
	line_text(&line, "\n");
	if (ftruncate(fd, 0) == -1)
		return -errno;
	if ((n = pwrite(fd, text, line.len, 0)) == -1)
		return -errno;
	return (size_t)n == line.len ? 0 : -ENOSPC;
}

void
file_pid_remove(int fd, const char *path)
{
	int	error;

	/* without its name, the number at least is to go */
	error = file_pid_is(fd, path) ? unlink(path) : ftruncate(fd, 0);
	(void)error;
	(void)close(fd);
}

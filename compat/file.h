/*
 * file.h - files that a daemon reads, owns or leaves behind.  The parent's; the
 * relay opens none.  Errors are negated error numbers.
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read a whole regular file; "-" is standard input, whatever that is.  Never
 * hangs on a FIFO.  Returns the number of bytes, or -EISDIR, -EINVAL (neither
 * a regular file nor a directory), -EFBIG (more than size), or open(2)'s and
 * read(2)'s errors.
 */
long	file_read(const char *path, char *buf, size_t size);

/*
 * Read a descriptor to its end.  Returns the number of bytes, -EFBIG when there are
 * more than size, or read(2)'s errors.
 */
long	file_rest(int fd, char *buf, size_t size);

/*
 * The paths that match a pattern of "*", "?", "[a-z]", "[!a-z]" and "\\x" (x itself),
 * sorted, each ended by a NUL, one after the other in buf.  No "*" takes a leading
 * dot or a slash.  Returns how many, 0 for none, -E2BIG when buf is too small,
 * -EACCES when a directory cannot be read, -ENOMEM.
 */
int	file_glob(const char *pattern, char *buf, size_t size);

/*
 * Run /bin/sh -c command in directory dir (NULL: here) with standard input from
 * /dev/null, and take what it prints.  Returns the number of bytes, -EFBIG
 * when it prints more than size (it is then killed), -ECHILD when it failed,
 * *status its exit status (128 + signal when killed), or another error.
 */
long	file_shell(const char *dir, const char *command, char *buf, size_t size,
	    int *status);

/*
 * The absolute form of a path.  Does not resolve links.  0, -ENAMETOOLONG or
 * another error.
 */
int	file_absolute(const char *path, char *buf, size_t size);

/*
 * For file_absolute, relative paths begin at dir from now on, wherever the process
 * goes, and also when it is gone by then.  Keeps the pointer.
 */
void	file_begin_at(const char *dir);

/*
 * The path of a program as it was called: absolute, or looked up in PATH when it has
 * no slash, and then relative as PATH is.  0, -ENOENT, -ENAMETOOLONG or another error.
 */
int	file_program(const char *called, char *buf, size_t size);

/*
 * Make a directory the working directory.  0 or an error.
 */
int	file_enter(const char *dir);

/*
 * The pid file.  Open and lock it: the lock decides who is running, not the
 * number in it.  Never follows a symbolic link.  Returns a descriptor to keep
 * open as long as the process lives (the lock is this process's and is not
 * inherited by fork: daemonise first), -EBUSY when another process holds the
 * lock, -EINVAL when it is no regular file, -EPERM when it may be another's
 * (owner.h), -EEXIST when there is something else in it than a number (that would
 * be lost), or open(2)'s errors.
 */
int	file_pid_open(const char *path);

/*
 * Write this process's number.  0 or an error.
 */
int	file_pid_write(int fd);

/*
 * Whether path names the file that fd has open.
 */
bool	file_pid_is(int fd, const char *path);

/*
 * Remove the file if it is still the one that fd has open, and close fd.  One that
 * has another name, or one that is not known (""), is left without a number.
 */
void	file_pid_remove(int fd, const char *path);

/* Which file a path named when we made it. */
struct file_id {
	uint64_t	dev;
	uint64_t	ino;
};

/*
 * Remember which socket file a Unix listener made (just after os_listen).  0,
 * -EINVAL when it is no socket, or lstat(2)'s errors.
 */
int	file_socket_id(const char *path, struct file_id *);

/*
 * Whether it is still that one.  0, -ESTALE when something else is there now, or
 * lstat(2)'s errors.
 */
int	file_socket_check(const char *path, const struct file_id *);

/*
 * Remove it if it is.  0, the same errors, or unlink(2)'s.
 */
int	file_socket_remove(const char *path, const struct file_id *);

#endif

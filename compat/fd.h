/*
 * fd.h - what every descriptor of ours is.
 */
#ifndef FD_H
#define FD_H

/*
 * Make it non-blocking and close-on-exec, where it was not born so.  0 or an error.
 */
int	fd_dress(int);

#endif

/*
 * wait_kind.h - the two waiters behind wait.h, for wait.c alone: poll, which is
 * everywhere, and the kernel queue of this system (wait_epoll.c, wait_kqueue.c;
 * wait_none.c when there is none).  Their descriptors are 0 or more and below maxfd.
 */
#ifndef WAIT_KIND_H
#define WAIT_KIND_H

#include <stddef.h>
#include <stdint.h>

#include "wait.h"

int	wait_poll_open(int maxfd);
void	wait_poll_close(void);
size_t	wait_poll_memory(int maxfd);
int	wait_poll_add(int fd, enum wait_how, uint32_t token);
void	wait_poll_del(int fd);
void	wait_poll_want(int fd, uint32_t bits);
int	wait_poll_turn(struct wait_event *, int max, int timeout_ms);

/* The queue's name, NULL when there is none. */
const char *wait_queue_name(void);
int	wait_queue_open(int maxfd);
void	wait_queue_close(void);
size_t	wait_queue_memory(int maxfd);
int	wait_queue_add(int fd, enum wait_how, uint32_t token);
void	wait_queue_del(int fd);
void	wait_queue_want(int fd, uint32_t bits);
int	wait_queue_gather(int fd, size_t bytes);
int	wait_queue_turn(struct wait_event *, int max, int timeout_ms);

#endif

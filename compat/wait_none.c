/*
 * wait_none.c - no kernel queue is known here: poll(2) is all there is.
 */
#include <errno.h>

#include "wait_kind.h"

const char *
wait_queue_name(void)
{
	return NULL;
}

int
wait_queue_open(int maxfd)
{
	(void)maxfd;
	return -EINVAL;
}

void
wait_queue_close(void)
{
}

size_t
wait_queue_memory(int maxfd)
{
	(void)maxfd;
	return 0;
}

int
wait_queue_add(int fd, enum wait_how how, uint32_t token)
{
	(void)fd;
	(void)how;
	(void)token;
	return -EINVAL;
}

void
wait_queue_del(int fd)
{
	(void)fd;
}

void
wait_queue_want(int fd, uint32_t bits)
{
	(void)fd;
	(void)bits;
}

int
wait_queue_gather(int fd, size_t bytes)
{
	(void)fd;
	(void)bytes;
	return -ENOTSUP;
}

int
wait_queue_turn(struct wait_event *ev, int max, int timeout_ms)
{
	(void)ev;
	(void)max;
	(void)timeout_ms;
	return -EINVAL;
}

/*
 * small_musl.c - what musl brings along for others, under its own names, for the
 * small static program: locks, where there is one thread; services, whose names
 * nobody looks up; descriptors that the kernels before 3.6 could not stat(2); and a
 * second way to read from a stream.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>

struct service {
	uint16_t	port;
	unsigned char	protocol, type;
};

void	__lock(volatile int *);
void	__unlock(volatile int *);
int	__lockfile(FILE *);
void	__unlockfile(FILE *);
void	__procfdname(char *, unsigned);
int	__lookup_serv(struct service *, const char *, int, int, int);

void
__lock(volatile int *lock)
{
	(void)lock;
}

void
__unlock(volatile int *lock)
{
	(void)lock;
}

/* Returns whether it is to be unlocked. */
int
__lockfile(FILE *f)
{
	(void)f;
	return 0;
}

void
__unlockfile(FILE *f)
{
	(void)f;
}

/* No path: there is no such file. */
void
__procfdname(char *path, unsigned fd)
{
	(void)fd;
	*path = '\0';
}

/* getaddrinfo(3) without a service, for a stream.  Returns how many there are. */
int
__lookup_serv(struct service *to, const char *name, int protocol, int type,
    int flags)
{
	(void)name;
	(void)protocol;
	(void)flags;
	*to = (struct service){ 0, IPPROTO_TCP, (unsigned char)type };
	return 1;
}

int
getc(FILE *f)
{
	char	c[2];

	return fgets(c, sizeof(c), f) == NULL ? EOF : (unsigned char)*c;
}

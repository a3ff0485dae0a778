/*
 * small_heap.c - malloc(3) for the small static program, instead of the C library's.
 *
 * Nothing of ours allocates.  The C library does, a few times, for look-ups of
 * names and users, directories and the environment: each of these gets pages of
 * its own, which go back to the system when freed.  Slow, and a twentieth of the
 * size; and what is used after it was freed is a fault and not a secret.
 *
 * In front of what is handed out lies the size of the whole mapping.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

union head {
	size_t		size;		/* of the mapping */
	max_align_t	align;
};

void *
malloc(size_t size)
{
	const size_t	 page = (size_t)getpagesize();
	union head	*head;

	if (size > PTRDIFF_MAX - sizeof(*head) - page) {
		errno = ENOMEM;
		return NULL;
	}
	size = (size + sizeof(*head) + page - 1) / page * page;
	head = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0);
	if (head == MAP_FAILED)
		return NULL;
	head->size = size;
	return head + 1;
}

/* musl's name for it where it reads time zones; without, it brings its own. */
void	*__libc_malloc(size_t);

void *
__libc_malloc(size_t size)
{
	return malloc(size);
}

void
free(void *p)
{
	union head	*head = p;

	if (p != NULL)
		(void)munmap(head - 1, head[-1].size);
}

void *
calloc(size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return malloc(n * size);	/* new pages are zero */
}

void *
realloc(void *p, size_t size)
{
	const union head	*head = p;
	size_t			 room;
	void			*new;

	if (p == NULL)
		return malloc(size);
	room = head[-1].size - sizeof(*head);
	if (size <= room)
		return p;
	if ((new = malloc(size)) == NULL)
		return NULL;
	memcpy(new, p, room);
	free(p);
	return new;
}

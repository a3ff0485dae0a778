/*
 * t_heap.c - the malloc(3) of the small static program, beside the C library's.
 */
#include <atf-c.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void	*heap_malloc(size_t);
void	*heap_calloc(size_t, size_t);
void	*heap_realloc(void *, size_t);
void	 heap_free(void *);

#define malloc	heap_malloc
#define calloc	heap_calloc
#define realloc	heap_realloc
#define free	heap_free
#include "heap.c"

ATF_TC_WITHOUT_HEAD(each_has_its_own);
ATF_TC_BODY(each_has_its_own, tc)
{
	static const size_t	 sizes[] = { 0, 1, 4079, 4080, 4081, 100000 };
	enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };
	unsigned char		*p[SIZES];
	size_t			 n;

	for (unsigned i = 0; i < SIZES; i++) {
		ATF_REQUIRE((p[i] = malloc(sizes[i])) != NULL);
		ATF_CHECK_EQ(0, (uintptr_t)p[i] % sizeof(max_align_t));
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (unsigned i = 0; i < SIZES; i++) {
		for (n = 0; n < sizes[i] && p[i][n] == i + 1; n++)
			continue;
		ATF_CHECK_EQ(sizes[i], n);
		free(p[i]);
	}
	free(NULL);
}

ATF_TC_WITHOUT_HEAD(growing_keeps_the_bytes);
ATF_TC_BODY(growing_keeps_the_bytes, tc)
{
	unsigned char	*p = NULL;
	size_t		 n, k;

	for (n = 1; n < 1000000; n *= 3) {
		ATF_REQUIRE((p = realloc(p, n)) != NULL);
		for (k = n / 3; k < n; k++)
			p[k] = (unsigned char)(k % 251);
	}
	for (k = 0; k < n / 3 && p[k] == k % 251; k++)
		continue;
	ATF_CHECK_EQ(n / 3, k);
	ATF_REQUIRE((p = realloc(p, 10)) != NULL);
	ATF_CHECK_EQ(9, p[9]);
	free(p);
}

ATF_TC_WITHOUT_HEAD(calloc_is_zero);
ATF_TC_BODY(calloc_is_zero, tc)
{
	unsigned char	*p;

	ATF_REQUIRE((p = calloc(100, 100)) != NULL);
	for (unsigned i = 0; i < 100 * 100; i++)
		ATF_REQUIRE_EQ(0, p[i]);
	free(p);
}

ATF_TC_WITHOUT_HEAD(too_much_is_refused);
ATF_TC_BODY(too_much_is_refused, tc)
{
	volatile size_t	most = SIZE_MAX;
	void		*p;

	ATF_REQUIRE((p = malloc(100)) != NULL);
	errno = 0;
	ATF_CHECK(malloc(most) == NULL);
	ATF_CHECK_EQ(ENOMEM, errno);
	ATF_CHECK(malloc(most / 2 - 16) == NULL);
	ATF_CHECK(realloc(p, most) == NULL);
	ATF_CHECK(calloc(most / 2 + 2, 2) == NULL);
	ATF_CHECK(calloc(0, most) != NULL);
	free(p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, each_has_its_own);
	ATF_TP_ADD_TC(tp, growing_keeps_the_bytes);
	ATF_TP_ADD_TC(tp, calloc_is_zero);
	ATF_TP_ADD_TC(tp, too_much_is_refused);
	return atf_no_error();
}

/*
 * t_small.c - what the small static program has instead of the C library's,
 * beside the C library's.
 */
#include <sys/types.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char	**environ;		/* <unistd.h> has it on some systems */

void	*small_malloc(size_t);
void	*small_calloc(size_t, size_t);
void	*small_realloc(void *, size_t);
void	 small_free(void *);
char	*small_getenv(const char *);
int	 small_putenv(char *);
int	 small_unsetenv(const char *);
void	*small_memchr(const void *, int, size_t);
char	*small_strchr(const char *, int);
char	*small_strcpy(char *restrict, const char *restrict);
int	 small_strncmp(const char *, const char *, size_t);
char	*small_strncpy(char *restrict, const char *restrict, size_t);
char	*small_strrchr(const char *, int);
size_t	 small_mbstowcs(wchar_t *restrict, const char *restrict, size_t);
char	*small_strstr(const char *, const char *);
size_t	 small_strspn(const char *, const char *);
size_t	 small_strcspn(const char *, const char *);
void	 small_qsort(void *, size_t, size_t,
	    int (*)(const void *, const void *));
unsigned long small_strtoul(const char *restrict, char **restrict, int);
unsigned long long small_strtoull(const char *restrict, char **restrict, int);
struct passwd *small_getpwnam(const char *);
struct passwd *small_getpwuid(uid_t);
struct group *small_getgrnam(const char *);
int	 small_getgrouplist(const char *, gid_t, gid_t *, int *);
int	 small_fcntl(int, int, ...);
char	*small_getcwd(char *, size_t);
int	 small_pipe2(int [2], int);
int	 small_socket(int, int, int);
int	 small_socketpair(int, int, int, int [2]);
int	 small_accept4(int, struct sockaddr *restrict, socklen_t *restrict, int);
ssize_t	 small_sendmsg(int, const struct msghdr *, int);
ssize_t	 small_recvmsg(int, struct msghdr *, int);
#ifdef __linux__
int	 small_epoll_create1(int);
int	 small_epoll_ctl(int, int, int, struct epoll_event *);
int	 small_epoll_wait(int, struct epoll_event *, int, int);
#endif
int	 small_setuid(uid_t);
int	 small_setgid(gid_t);
int	 small_setgroups(size_t, const gid_t *);
int	 small_setrlimit(int, const struct rlimit *);
int	 small_getrlimit(int, struct rlimit *);
int	 small_getc(FILE *);

#define malloc		small_malloc
#define calloc		small_calloc
#define realloc		small_realloc
#define free		small_free
#define __libc_malloc	small_libc_malloc
#define getenv		small_getenv
#define putenv		small_putenv
#define unsetenv	small_unsetenv
#undef memchr
#define memchr		small_memchr
#undef strchr
#define strchr		small_strchr
#undef strcpy
#define strcpy		small_strcpy
#undef strncmp
#define strncmp		small_strncmp
#undef strncpy
#define strncpy		small_strncpy
#undef strrchr
#define strrchr		small_strrchr
#define mbstowcs	small_mbstowcs
#define strstr		small_strstr
#undef strspn
#define strspn		small_strspn
#undef strcspn
#define strcspn		small_strcspn
#define qsort		small_qsort
#define strtoul		small_strtoul
#define strtoull	small_strtoull
#define getpwnam	small_getpwnam
#define getpwuid	small_getpwuid
#define getgrnam	small_getgrnam
#define getgrouplist	small_getgrouplist
#define fcntl		small_fcntl
#define getcwd		small_getcwd
#define pipe2		small_pipe2
#define socket		small_socket
#define socketpair	small_socketpair
#define accept4		small_accept4
#define sendmsg		small_sendmsg
#define recvmsg		small_recvmsg
#define epoll_create1	small_epoll_create1
#define epoll_ctl	small_epoll_ctl
#define epoll_wait	small_epoll_wait
#define setuid		small_setuid
#define setgid		small_setgid
#define setgroups	small_setgroups
#define setrlimit	small_setrlimit
#define getrlimit	small_getrlimit
#undef getc
#define getc		small_getc
#define __lock		small_lock
#define __unlock	small_unlock
#define __lockfile	small_lockfile
#define __unlockfile	small_unlockfile
#define __procfdname	small_procfdname
#define __lookup_serv	small_lookup_serv
#include "small.c"
#include "small_env.c"
#include "small_heap.c"
#include "small_musl.c"
#ifdef __linux__
#include "small_proc.c"
#endif
#include "small_user.c"
#undef getenv
#undef putenv
#undef unsetenv
#undef memchr
#undef strchr
#undef strcpy
#undef strncmp
#undef strncpy
#undef strrchr
#undef mbstowcs
#undef strstr
#undef strspn
#undef strcspn
#undef qsort
#undef strtoul
#undef strtoull
#undef getpwnam
#undef getpwuid
#undef getgrnam
#undef getgrouplist
#undef fcntl
#undef getcwd
#undef pipe2
#undef socket
#undef socketpair
#undef accept4
#undef sendmsg
#undef recvmsg
#undef epoll_create1
#undef epoll_ctl
#undef epoll_wait
#undef setuid
#undef setgid
#undef setgroups
#undef setrlimit
#undef getrlimit
#undef getc

ATF_TC_WITHOUT_HEAD(each_has_its_own);
ATF_TC_BODY(each_has_its_own, tc)
{
	static const size_t	 sizes[] = { 0, 1, 4079, 4080, 4081, 100000 };
	enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };
	unsigned char		*p[SIZES];
	size_t			 n;

	for (unsigned i = 0; i < SIZES; i++) {
		ATF_REQUIRE((p[i] = malloc(sizes[i])) != NULL);
		ATF_CHECK_EQ(0, (uintptr_t)p[i] % _Alignof(max_align_t));
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

ATF_TC_WITHOUT_HEAD(strings_are_searched);
ATF_TC_BODY(strings_are_searched, tc)
{
	const char	*s = "a needle in a haystack";

	ATF_CHECK(small_strstr(s, "") == s);
	ATF_CHECK(small_strstr(s, "needle") == s + 2);
	ATF_CHECK(small_strstr(s, "stack") == s + strlen(s) - 5);
	ATF_CHECK(small_strstr(s, "stacks") == NULL);
	ATF_CHECK(small_strstr(s, "a ha") == s + 12);
	ATF_CHECK(small_strstr("", "a") == NULL);
	ATF_CHECK(small_strstr("", "") != NULL);
	s = "needle\xff" "e";
	ATF_CHECK(small_strchr(s, 'e') == s + 1);
	ATF_CHECK(small_strchr(s, 'x') == NULL);
	ATF_CHECK(small_strchr(s, 0xff) == s + 6);
	ATF_CHECK(small_strchr(s, '\0') == s + 8);
	ATF_CHECK(small_strrchr(s, 'e') == s + 7);
	ATF_CHECK(small_strrchr(s, 'n') == s);
	ATF_CHECK(small_strrchr(s, 'x') == NULL);
	ATF_CHECK(small_strrchr(s, '\0') == s + 8);
	ATF_CHECK(small_memchr(s, 'e', 8) == s + 1);
	ATF_CHECK(small_memchr(s, 0xff, 7) == s + 6);
	ATF_CHECK(small_memchr(s, -1, 7) == s + 6);
	ATF_CHECK(small_memchr(s, 0xff, 6) == NULL);
	ATF_CHECK(small_memchr(s, 'n', 0) == NULL);
	ATF_CHECK_EQ(2, small_strspn("abcab", "ab"));
	ATF_CHECK_EQ(0, small_strspn("abcab", ""));
	ATF_CHECK_EQ(5, small_strspn("abcab", "abc"));
	ATF_CHECK_EQ(2, small_strcspn("abcab", "xc"));
	ATF_CHECK_EQ(5, small_strcspn("abcab", ""));
	ATF_CHECK_EQ(0, small_strcspn("", "a"));
}

ATF_TC_WITHOUT_HEAD(strings_are_compared_and_copied);
ATF_TC_BODY(strings_are_compared_and_copied, tc)
{
	char	to[6];

	ATF_CHECK_EQ(0, small_strncmp("a", "b", 0));
	ATF_CHECK_EQ(0, small_strncmp("ab", "ac", 1));
	ATF_CHECK_EQ(0, small_strncmp("ab", "ab", 9));
	ATF_CHECK(small_strncmp("ab", "ac", 2) < 0);
	ATF_CHECK(small_strncmp("ab", "a", 2) > 0);
	ATF_CHECK(small_strncmp("", "a", 1) < 0);
	ATF_CHECK(small_strncmp("\xff", "a", 1) > 0);
	memset(to, 'x', sizeof(to));
	ATF_CHECK(small_strcpy(to, "ab") == to);
	ATF_CHECK_EQ(0, memcmp(to, "ab\0xxx", 6));
	memset(to, 'x', sizeof(to));
	ATF_CHECK(small_strncpy(to, "ab", 4) == to);
	ATF_CHECK_EQ(0, memcmp(to, "ab\0\0xx", 6));
	ATF_CHECK(small_strncpy(to, "cde", 2) == to);
	ATF_CHECK_EQ(0, memcmp(to, "cd\0\0xx", 6));
}

ATF_TC_WITHOUT_HEAD(the_environment_changes);
ATF_TC_BODY(the_environment_changes, tc)
{
	static char	 a[] = "A=1", a2[] = "A=2", aa[] = "AA=3", b[] = "B=";
	char		*first[] = { a, aa, a, NULL };

	environ = first;
	ATF_CHECK_STREQ("1", small_getenv("A"));
	ATF_CHECK_STREQ("3", small_getenv("AA"));
	ATF_CHECK(small_getenv("AAA") == NULL);
	ATF_CHECK(small_getenv("A=1") == NULL);
	ATF_CHECK(small_getenv("") == NULL);
	ATF_CHECK_EQ(0, small_putenv(a2));
	ATF_CHECK_STREQ("2", small_getenv("A"));
	ATF_CHECK(environ == first);
	ATF_CHECK_EQ(0, small_unsetenv("A"));
	ATF_CHECK(small_getenv("A") == NULL);
	ATF_CHECK_STREQ("3", small_getenv("AA"));
	ATF_CHECK_EQ(0, small_unsetenv("B"));
	ATF_CHECK_EQ(0, small_putenv(b));
	ATF_CHECK_EQ(0, small_putenv(a));
	ATF_CHECK_STREQ("", small_getenv("B"));
	ATF_CHECK(environ[0] == aa && environ[1] == b && environ[2] == a &&
	    environ[3] == NULL);
	ATF_CHECK_EQ(0, small_unsetenv("AA"));
	ATF_CHECK_EQ(0, small_unsetenv("A"));
	ATF_CHECK_EQ(0, small_unsetenv("B"));
	ATF_CHECK(environ[0] == NULL);
	ATF_CHECK_EQ(0, small_putenv(a));
	ATF_CHECK_STREQ("1", small_getenv("A"));
}

ATF_TC_WITHOUT_HEAD(bytes_are_characters);
ATF_TC_BODY(bytes_are_characters, tc)
{
	wchar_t	to[4] = { 9, 9, 9, 9 };

	ATF_CHECK_EQ(4, small_mbstowcs(NULL, "ab\xff" "c", 0));
	ATF_CHECK_EQ(2, small_mbstowcs(to, "ab", 4));
	ATF_CHECK(to[0] == 'a' && to[1] == 'b' && to[2] == 0 && to[3] == 9);
	ATF_CHECK_EQ(2, small_mbstowcs(to, "xyz", 2));
	ATF_CHECK(to[1] == 'y' && to[2] == 0);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, 2);
}

ATF_TC_WITHOUT_HEAD(sorted_like_the_c_library_sorts);
ATF_TC_BODY(sorted_like_the_c_library_sorts, tc)
{
	enum { SIZE = 2, MOST = 3000 };
	static char	ours[MOST * SIZE + 1], theirs[MOST * SIZE];

	for (size_t n = 0; n < MOST; n = n < 40 ? n + 1 : n * 3) {
		for (size_t i = 0; i < n * SIZE; i++)
			ours[i] = theirs[i] = (char)(rand() >> 3);
		ours[n * SIZE] = 77;
		small_qsort(ours, n, SIZE, compare);
		qsort(theirs, n, SIZE, compare);
		ATF_CHECK_EQ(0, memcmp(ours, theirs, n * SIZE));
		small_qsort(ours, n, SIZE, compare);
		ATF_CHECK_EQ(0, memcmp(ours, theirs, n * SIZE));
		ATF_CHECK_EQ(77, ours[n * SIZE]);
	}
}

/*
 * Value, end and errno as the C library has them.
 */
#define SAME(function, s, base) do {					\
	char	*end, *end_c;						\
	int	 error;							\
									\
	errno = 0;							\
	const unsigned long long n =					\
	    (unsigned long long)small_##function(s, &end, base);	\
	error = errno;							\
	errno = 0;							\
	ATF_CHECK_MSG((unsigned long long)function(s, &end_c, base) == n, \
	    #function " of \"%s\", base %d", s, base);			\
	ATF_CHECK_MSG((errno == ERANGE) == (error == ERANGE),		\
	    "errno of \"%s\", base %d", s, base);			\
	ATF_CHECK_MSG(end == end_c, "end of \"%s\", base %d", s, base);	\
} while (0)

static void
same(const char *s)
{
	static const int	bases[] = { 0, 8, 10, 16, 36 };

	for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		SAME(strtoul, s, bases[i]);
		SAME(strtoull, s, bases[i]);
	}
}

ATF_TC_WITHOUT_HEAD(each_byte_of_a_stream_is_a_number);
ATF_TC_BODY(each_byte_of_a_stream_is_a_number, tc)
{
	FILE	*f = tmpfile();

	ATF_REQUIRE(f != NULL);
	for (int c = 0; c < 512; c++)
		ATF_REQUIRE(putc(c % 256, f) != EOF);
	rewind(f);
	for (int c = 0; c < 512; c++)
		ATF_REQUIRE_EQ(c % 256, small_getc(f));
	ATF_CHECK_EQ(EOF, small_getc(f));
	fclose(f);
}

ATF_TC_WITHOUT_HEAD(a_stream_has_one_service_without_a_name);
ATF_TC_BODY(a_stream_has_one_service_without_a_name, tc)
{
	struct service	services[2];

	ATF_REQUIRE_EQ(1, small_lookup_serv(services, NULL, 0, SOCK_STREAM, 0));
	ATF_CHECK_EQ(0, services[0].port);
	ATF_CHECK_EQ(IPPROTO_TCP, services[0].protocol);
	ATF_CHECK_EQ(SOCK_STREAM, services[0].type);
}

ATF_TC_WITHOUT_HEAD(numbers_are_what_the_c_library_reads);
ATF_TC_BODY(numbers_are_what_the_c_library_reads, tc)
{
	static const char *const	texts[] = {
		"", " ", "-", "+", "+-1", "0", "-0", "08", "0x", "0xg", "-0x1",
		" \t\n\v\f\r12 ", "12ab", "2147483647", "2147483648",
		"-2147483648", "-2147483649", "4294967295", "4294967296",
		"9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809",
		"18446744073709551615", "18446744073709551616",
		"-18446744073709551615", "-18446744073709551616",
		"99999999999999999999999999x", "zzz", "0xffffffffffffffff",
		"0x10000000000000000", ("\xff" "1"), "1\xff"
	};
	static const char		chars[] = "00112789afxXzg+- ";
	char				s[24];

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		same(texts[i]);
	for (unsigned n = 0; n < 20000; n++) {
		size_t	len = (size_t)rand() % sizeof(s);

		for (size_t i = 0; i < len; i++)
			s[i] = chars[(size_t)rand() % (sizeof(chars) - 1)];
		s[len] = '\0';
		same(s);
	}
}

/* ---- users and groups ---- */

static void
put(const char *path, const char *bytes, size_t n)
{
	FILE	*f;

	ATF_REQUIRE((f = fopen(path, "w")) != NULL);
	ATF_REQUIRE_EQ(n, fwrite(bytes, 1, n, f));
	ATF_REQUIRE_EQ(0, fclose(f));
	passwd_path = group_path = path;
}

#define PUT(text)	put("file", text, sizeof(text) - 1)

static void
is_user(const char *name, uid_t uid, gid_t gid)
{
	const struct passwd	*pw = small_getpwnam(name);

	ATF_REQUIRE_MSG(pw != NULL, "\"%s\" is not there", name);
	ATF_CHECK_STREQ(name, pw->pw_name);
	ATF_CHECK_EQ(uid, pw->pw_uid);
	ATF_CHECK_EQ(gid, pw->pw_gid);
}

ATF_TC_WITHOUT_HEAD(users_are_lines_that_are_whole);
ATF_TC_BODY(users_are_lines_that_are_whole, tc)
{
	static const char *const	none[] = {
		"", "short", "nothing", "many", "minus", "word", "blank",
		"group", "most", "+", "+nis", "-nis", "#no", "NAME", "name ",
		"nam", "names", "100", "x", "zero", "file"
	};

	PUT("root:x:0:0:root:/root:/bin/sh\n"
	    "\n"
	    ":x:1:1:::\n"
	    "short:x:1:1::\n"
	    "nothing\n"
	    "many:x:4294967296:1:::\n"
	    "minus:x:-1:1:::\n"
	    "word:x:one:1:::\n"
	    "blank:x: 1:1:::\n"
	    "group:x:1::::\n"
	    "most:x:4294967295:1:::\n"
	    "+::::::\n"
	    "+:x:1:1:::\n"
	    "+nis:x:1:1:::\n"
	    "-nis:x:1:1:::\n"
	    "#no:x:1:1:::\n"
	    "zero:x\0:1:1:::\n"
	    "name:x:100:200:A. Name,,,:/home/name:/bin/sh\n"
	    "other:*:100:201:::\n"
	    "name:x:101:202:::\n"
	    "77:x:1001:1002:::\n"
	    "more:x:1003:1004:a:b:c:d:e\n"
	    "big:x:4294967294:4294967294:::\n"
	    "last:x:1005:1006::/:");
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ATF_CHECK_MSG(small_getpwnam(none[i]) == NULL,
		    "\"%s\"", none[i]);
	is_user("root", 0, 0);
	is_user("name", 100, 200);
	is_user("other", 100, 201);
	is_user("77", 1001, 1002);
	is_user("more", 1003, 1004);
	is_user("big", 4294967294, 4294967294);
	is_user("last", 1005, 1006);
	ATF_CHECK(small_getpwuid(1) == NULL);
	ATF_CHECK(small_getpwuid(77) == NULL);
	ATF_CHECK(small_getpwuid((uid_t)-1) == NULL);
	ATF_CHECK_STREQ("name", small_getpwuid(100)->pw_name);
	ATF_CHECK_STREQ("name", small_getpwuid(101)->pw_name);
	ATF_CHECK_STREQ("root", small_getpwuid(0)->pw_name);
}

/* One long line, so that reads end anywhere in the next ones. */
ATF_TC_WITHOUT_HEAD(lines_may_be_long);
ATF_TC_BODY(lines_may_be_long, tc)
{
	static char	text[20000];
	size_t		n;

	for (n = 3900; n < 4100; n++) {
		memset(text, 'x', n);
		memcpy(text, "a:x:1:2:", 8);
		memcpy(text + n, ":/:\nb:x:3:4:::", 15);
		put("file", text, n + 14);
		is_user("a", 1, 2);
		is_user("b", 3, 4);
	}
	memset(text, 'x', sizeof(text));
	put("file", text, sizeof(text));
	ATF_CHECK(small_getpwnam("a") == NULL);
}

static void
is_in(const char *name, gid_t gid, int n, gid_t first, gid_t last)
{
	gid_t	list[8];
	int	room = 8;

	ATF_CHECK_EQ(n, small_getgrouplist(name, gid, list, &room));
	ATF_REQUIRE_EQ(n, room);
	ATF_CHECK_EQ(gid, list[0]);
	ATF_CHECK_EQ(first, list[n > 1 ? 1 : 0]);
	ATF_CHECK_EQ(last, list[n - 1]);
}

ATF_TC_WITHOUT_HEAD(groups_have_members);
ATF_TC_BODY(groups_have_members, tc)
{
	gid_t	list[3] = { 9, 9, 9 };
	int	n = 2;

	PUT("root:x:0:\n"
	    "#adm:x:1:me\n"
	    "+:::me\n"
	    "short:x:2\n"
	    "large:x:4294967295:me\n"
	    "a:x:10:me\n"
	    "b:x:11:you,me,him\n"
	    "c:x:12:mee,m,you\n"
	    "d:x:13:,,you,me,,\n"
	    "12:x:14:you:me\n"
	    "e:x:15:you");
	ATF_CHECK_EQ(0, small_getgrnam("root")->gr_gid);
	ATF_CHECK_EQ(14, small_getgrnam("12")->gr_gid);
	ATF_CHECK_EQ(15, small_getgrnam("e")->gr_gid);
	ATF_CHECK(small_getgrnam("13") == NULL);
	ATF_CHECK(small_getgrnam("") == NULL);
	ATF_CHECK(small_getgrnam("short") == NULL);
	ATF_CHECK(small_getgrnam("large") == NULL);
	is_in("me", 99, 4, 10, 13);
	is_in("me", 10, 3, 11, 13);
	is_in("you", 99, 5, 11, 15);
	is_in("m", 99, 2, 12, 12);
	is_in("him", 99, 2, 11, 11);
	is_in("her", 99, 1, 99, 99);
	ATF_CHECK_EQ(-1, small_getgrouplist("you", 99, list, &n));
	ATF_CHECK_EQ(5, n);
	ATF_CHECK(list[0] == 99 && list[1] == 11 && list[2] == 9);
}

/* What is not there has no lines; what cannot be read is an error. */
ATF_TC_WITHOUT_HEAD(files_may_be_missing);
ATF_TC_BODY(files_may_be_missing, tc)
{
	gid_t	list[2];
	int	n = 2;

	PUT("me:x:1:2:::\n");
	is_user("me", 1, 2);
	passwd_path = group_path = "not there";
	ATF_CHECK(small_getpwnam("me") == NULL);
	ATF_CHECK(small_getgrnam("me") == NULL);
	ATF_CHECK_EQ(1, small_getgrouplist("me", 7, list, &n));
	ATF_CHECK(n == 1 && list[0] == 7);
	passwd_path = group_path = ".";
	errno = 0;
	ATF_CHECK(small_getpwnam("me") == NULL);
	ATF_CHECK_EQ(EISDIR, errno);
	n = 2;
	ATF_CHECK_EQ(-1, small_getgrouplist("me", 7, list, &n));
	PUT("");
	ATF_CHECK(small_getpwnam("me") == NULL);
	ATF_CHECK(small_getpwuid(1) == NULL);
}

static int
by_number(const void *a, const void *b)
{
	const gid_t	x = *(const gid_t *)a, y = *(const gid_t *)b;

	return (x > y) - (x < y);
}

ATF_TC_WITHOUT_HEAD(users_are_what_the_c_library_finds);
ATF_TC_BODY(users_are_what_the_c_library_finds, tc)
{
	static gid_t		ours[1000], theirs[1000];
	const struct passwd	*pw;
	const struct group	*gr;
	char			 name[64];
	uid_t			 uid;
	gid_t			 gid;
	int			 n, m;

	while ((pw = getpwent()) != NULL) {
		/* OpenBSD: gone with the next call */
		(void)snprintf(name, sizeof(name), "%s", pw->pw_name);
		uid = pw->pw_uid;
		gid = pw->pw_gid;
		is_user(name, uid, gid);
		ATF_CHECK_STREQ(getpwuid(uid)->pw_name,
		    small_getpwuid(uid)->pw_name);
		n = m = 1000;
		ATF_REQUIRE(getgrouplist(name, gid, theirs, &n) != -1);
		ATF_REQUIRE(small_getgrouplist(name, gid, ours, &m) > 0);
		ATF_REQUIRE_EQ(n, m);
		qsort(ours, (size_t)n, sizeof(ours[0]), by_number);
		qsort(theirs, (size_t)n, sizeof(ours[0]), by_number);
		ATF_CHECK_EQ(0, memcmp(ours, theirs,
		    (size_t)n * sizeof(ours[0])));
	}
	while ((gr = getgrent()) != NULL)
		ATF_CHECK_EQ(gr->gr_gid, small_getgrnam(gr->gr_name)->gr_gid);
}

/* ---- processes ---- */

#ifdef __linux__
static bool
are(uid_t r, uid_t e, uid_t s)
{
	uid_t	is[3];

	return getresuid(&is[0], &is[1], &is[2]) == 0 && is[0] == r &&
	    is[1] == e && is[2] == s;
}

/* Which step is not as it should be, or 0. */
static int
become(void)
{
	const gid_t	groups_set[] = { 70001, 70002 };
	gid_t		list[8], gids[3];

	if (small_setgroups(2, groups_set) != 0 || getgroups(8, list) != 2 ||
	    list[0] != 70001 || list[1] != 70002)
		return 1;
	if (seteuid(70003) != 0 || !are(0, 70003, 0))
		return 2;
	if (small_setgid(1) != -1 || errno != EPERM)
		return 3;
	if (seteuid(0) != 0 || !are(0, 0, 0))
		return 4;
	if (small_setgid(70004) != 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) != 0 ||
	    gids[0] != 70004 || gids[1] != 70004 || gids[2] != 70004)
		return 5;
	if (small_setuid(70005) != 0 || !are(70005, 70005, 70005))
		return 6;
	if (small_setuid(0) != -1 || seteuid(0) != -1 ||
	    small_setgid(0) != -1 || small_setgroups(0, NULL) != -1 ||
	    errno != EPERM)
		return 7;
	return 0;
}

ATF_TC(becoming_somebody_else_leaves_nothing);
ATF_TC_HEAD(becoming_somebody_else_leaves_nothing, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(becoming_somebody_else_leaves_nothing, tc)
{
	pid_t	child;
	int	status;

	ATF_REQUIRE((child = fork()) != -1);
	if (child == 0)
		_exit(become());
	ATF_REQUIRE_EQ(child, waitpid(child, &status, 0));
	ATF_CHECK(WIFEXITED(status));
	ATF_CHECK_EQ(0, WEXITSTATUS(status));
}

ATF_TC_WITHOUT_HEAD(limits_are_the_systems);
ATF_TC_BODY(limits_are_the_systems, tc)
{
	struct rlimit	ours, theirs;

	if (sizeof(theirs.rlim_cur) != 8)
		atf_tc_skip("the C library's limits are of another size");
	for (int what = 0; what < RLIM_NLIMITS; what++) {
		ATF_REQUIRE_EQ(0, getrlimit(what, &theirs));
		ATF_REQUIRE_EQ(0, small_getrlimit(what, &ours));
		ATF_CHECK_EQ(theirs.rlim_cur, ours.rlim_cur);
		ATF_CHECK_EQ(theirs.rlim_max, ours.rlim_max);
	}
	ours.rlim_cur = 4096;
	ours.rlim_max = 8192;
	ATF_REQUIRE_EQ(0, small_setrlimit(RLIMIT_MEMLOCK, &ours));
	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_MEMLOCK, &theirs));
	ATF_CHECK(theirs.rlim_cur == 4096 && theirs.rlim_max == 8192);
	ours.rlim_cur = 8193;
	ATF_CHECK_EQ(-1, small_setrlimit(RLIMIT_MEMLOCK, &ours));
	ATF_CHECK_EQ(EINVAL, errno);
}

ATF_TC_WITHOUT_HEAD(descriptors_are_what_was_asked_for);
ATF_TC_BODY(descriptors_are_what_was_asked_for, tc)
{
	struct flock	l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int		fd[2], copy;

	ATF_REQUIRE_EQ(0, small_pipe2(fd, O_CLOEXEC | O_NONBLOCK));
	ATF_CHECK_EQ(FD_CLOEXEC, fcntl(fd[0], F_GETFD));
	ATF_CHECK_EQ(FD_CLOEXEC, small_fcntl(fd[1], F_GETFD));
	ATF_CHECK(small_fcntl(fd[1], F_GETFL) == fcntl(fd[1], F_GETFL));
	ATF_CHECK_EQ(0, small_fcntl(fd[0], F_SETFL, 0));
	ATF_CHECK((fcntl(fd[0], F_GETFL) & O_NONBLOCK) == 0);
	ATF_CHECK_EQ(0, small_fcntl(fd[0], F_SETFD, 0));
	ATF_CHECK_EQ(0, fcntl(fd[0], F_GETFD));
	ATF_REQUIRE((copy = small_fcntl(fd[0], F_DUPFD_CLOEXEC, 50)) >= 50);
	ATF_CHECK_EQ(FD_CLOEXEC, fcntl(copy, F_GETFD));
	ATF_CHECK_EQ(-1, small_fcntl(60000, F_GETFD));
	ATF_CHECK_EQ(EBADF, errno);
	ATF_REQUIRE((copy = open("file", O_RDWR | O_CREAT, 0600)) != -1);
	if (sizeof(l.l_start) == sizeof(long))
		ATF_CHECK_EQ(0, small_fcntl(copy, F_SETLK, &l));
}

ATF_TC_WITHOUT_HEAD(events_are_waited_for);
ATF_TC_BODY(events_are_waited_for, tc)
{
	struct epoll_event	e = { .events = EPOLLIN, .data = { .u32 = 7 } };
	int			fd[2], queue;

	ATF_REQUIRE_EQ(0, pipe(fd));
	ATF_REQUIRE((queue = small_epoll_create1(EPOLL_CLOEXEC)) != -1);
	ATF_CHECK_EQ(FD_CLOEXEC, fcntl(queue, F_GETFD));
	ATF_CHECK_EQ(0, small_epoll_ctl(queue, EPOLL_CTL_ADD, fd[0], &e));
	ATF_CHECK_EQ(-1, small_epoll_ctl(queue, EPOLL_CTL_ADD, fd[0], &e));
	ATF_CHECK_EQ(EEXIST, errno);
	ATF_CHECK_EQ(0, small_epoll_wait(queue, &e, 1, 1));
	ATF_CHECK_EQ(1, write(fd[1], "x", 1));
	memset(&e, 0, sizeof(e));
	ATF_CHECK_EQ(1, small_epoll_wait(queue, &e, 1, -1));
	ATF_CHECK_EQ(7, e.data.u32);
}

#ifndef SYS_socketcall
ATF_TC_WITHOUT_HEAD(sockets_are_what_was_asked_for);
ATF_TC_BODY(sockets_are_what_was_asked_for, tc)
{
	union {
		struct cmsghdr	align;
		char		bytes[CMSG_SPACE(sizeof(int))];
	}		 there, here;
	char		 byte = 'x';
	struct iovec	 iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = there.bytes,
			    .msg_controllen = sizeof(there.bytes) };
	struct cmsghdr	*c;
	struct sockaddr_storage ss;
	socklen_t	 len = sizeof(ss);
	int		 pair[2], fd, client, server;

	ATF_REQUIRE_EQ(0, small_socketpair(AF_UNIX, SOCK_SEQPACKET |
	    SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
	ATF_CHECK_EQ(FD_CLOEXEC, fcntl(pair[1], F_GETFD));
	memset(&there, 0, sizeof(there));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pair[0], sizeof(int));
	ATF_CHECK_EQ(1, small_sendmsg(pair[0], &m, MSG_NOSIGNAL));
	m.msg_control = here.bytes;
	byte = 0;
	ATF_CHECK_EQ(1, small_recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC));
	ATF_CHECK_EQ('x', byte);
	c = CMSG_FIRSTHDR(&m);
	ATF_REQUIRE(c != NULL && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)));
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	ATF_CHECK_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	ATF_CHECK_EQ(-1, small_recvmsg(pair[1], &m, 0));
	ATF_CHECK_EQ(EAGAIN, errno);

	ATF_REQUIRE((server = small_socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_CHECK_EQ(0, fcntl(server, F_GETFD));
	ATF_REQUIRE_EQ(0, listen(server, 1));
	ATF_REQUIRE_EQ(0, getsockname(server, (struct sockaddr *)&ss, &len));
	ATF_REQUIRE((client = small_socket(AF_INET, SOCK_STREAM |
	    SOCK_CLOEXEC, 0)) != -1);
	ATF_REQUIRE_EQ(0, connect(client, (struct sockaddr *)&ss, len));
	memset(&ss, 0, sizeof(ss));
	ATF_REQUIRE((fd = small_accept4(server, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK)) != -1);
	ATF_CHECK_EQ(AF_INET, ss.ss_family);
	ATF_CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
}
#endif

ATF_TC_WITHOUT_HEAD(the_working_directory_has_a_name);
ATF_TC_BODY(the_working_directory_has_a_name, tc)
{
	char	ours[4096], theirs[4096];

	ATF_REQUIRE(getcwd(theirs, sizeof(theirs)) != NULL);
	ATF_CHECK(small_getcwd(ours, sizeof(ours)) == ours);
	ATF_CHECK_STREQ(theirs, ours);
	ATF_CHECK(small_getcwd(ours, strlen(theirs)) == NULL);
	ATF_CHECK_EQ(ERANGE, errno);
}
#endif

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, each_has_its_own);
	ATF_TP_ADD_TC(tp, growing_keeps_the_bytes);
	ATF_TP_ADD_TC(tp, calloc_is_zero);
	ATF_TP_ADD_TC(tp, too_much_is_refused);
	ATF_TP_ADD_TC(tp, strings_are_searched);
	ATF_TP_ADD_TC(tp, strings_are_compared_and_copied);
	ATF_TP_ADD_TC(tp, the_environment_changes);
	ATF_TP_ADD_TC(tp, bytes_are_characters);
	ATF_TP_ADD_TC(tp, sorted_like_the_c_library_sorts);
	ATF_TP_ADD_TC(tp, each_byte_of_a_stream_is_a_number);
	ATF_TP_ADD_TC(tp, a_stream_has_one_service_without_a_name);
	ATF_TP_ADD_TC(tp, numbers_are_what_the_c_library_reads);
	ATF_TP_ADD_TC(tp, users_are_lines_that_are_whole);
	ATF_TP_ADD_TC(tp, lines_may_be_long);
	ATF_TP_ADD_TC(tp, groups_have_members);
	ATF_TP_ADD_TC(tp, files_may_be_missing);
	ATF_TP_ADD_TC(tp, users_are_what_the_c_library_finds);
#ifdef __linux__
	ATF_TP_ADD_TC(tp, becoming_somebody_else_leaves_nothing);
	ATF_TP_ADD_TC(tp, limits_are_the_systems);
	ATF_TP_ADD_TC(tp, descriptors_are_what_was_asked_for);
	ATF_TP_ADD_TC(tp, events_are_waited_for);
#ifndef SYS_socketcall
	ATF_TP_ADD_TC(tp, sockets_are_what_was_asked_for);
#endif
	ATF_TP_ADD_TC(tp, the_working_directory_has_a_name);
#endif
	return atf_no_error();
}

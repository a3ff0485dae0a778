/*
 * atf-c.h - what our unit tests use of ATF's interface for C, and no more: for
 * machines that a compiler builds for and this system has no ATF for.  Only -I tests
 * finds it; without that <atf-c.h> is ATF's own.
 *
 * A program lists its cases (-l) or runs one of them, as atf-test-program(1) says:
 * kyua(1) sees no difference.
 */
#ifndef ATF_C_H
#define ATF_C_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attr.h"

#if defined(__GNUC__) || defined(__clang__)
#define ATF_ATTR_UNUSED	__attribute__((__unused__))
#else
#define ATF_ATTR_UNUSED
#endif

enum { ATF_CASES = 1024 };

typedef struct atf_tc {
	const char	*ident;
	void		(*head)(struct atf_tc *);
	void		(*body)(const struct atf_tc *);
	char		 vars[256];	/* "name: value" lines */
} atf_tc_t;

typedef struct atf_tp {
	struct atf_tc	*cases[ATF_CASES];
	unsigned	 n;
} atf_tp_t;

typedef const char *atf_error_t;	/* NULL, or what is wrong */

static const char	*atf_srcdir = ".";	/* the program's directory */
static const char	*atf_result;	/* file that hears how it went, or NULL */
static unsigned		 atf_failures;

/* Ends the case with a word and why, in one line. */
static _Noreturn inline void
atf_end(int status, const char *word, const char *why)
{
	FILE	*f = atf_result != NULL ? fopen(atf_result, "w") : stdout;

	if (f == NULL)
		abort();
	fputs(word, f);
	for (; *why != '\0'; why++)
		fputc(*why == '\n' ? ' ' : *why, f);
	fputc('\n', f);
	if (ferror(f) || fflush(f) == EOF)
		abort();
	exit(status);
}

ATTR_PRINTF(1, 2) static _Noreturn inline void
atf_tc_skip(const char *format, ...)
{
	char	why[1024];
	va_list	ap;

	va_start(ap, format);
	(void)vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	atf_end(0, "skipped: ", why);
}

ATTR_PRINTF(1, 2) static _Noreturn inline void
atf_tc_fail(const char *format, ...)
{
	char	why[1024];
	va_list	ap;

	va_start(ap, format);
	(void)vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	atf_end(1, "failed: ", why);
}

ATTR_PRINTF(4, 5) static inline void
atf_false(const char *file, int line, bool fatal, const char *what, ...)
{
	char	text[1024];
	va_list	ap;

	va_start(ap, what);
	(void)vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	if (fatal)
		atf_tc_fail("%s:%d: %s", file, line, text);
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	atf_failures++;
}

ATTR_PRINTF(3, 4) static inline void
atf_tc_set_md_var(struct atf_tc *tc, const char *name, const char *format, ...)
{
	size_t	n = strlen(tc->vars);
	va_list	ap;

	n += (size_t)snprintf(tc->vars + n, sizeof(tc->vars) - n, "%s: ", name);
	if (n >= sizeof(tc->vars))
		abort();
	va_start(ap, format);
	n += (size_t)vsnprintf(tc->vars + n, sizeof(tc->vars) - n, format, ap);
	va_end(ap);
	if (n + 1 >= sizeof(tc->vars))
		abort();
	tc->vars[n] = '\n';
}

static inline const char *
atf_tc_get_ident(const struct atf_tc *tc)
{
	return tc->ident;
}

static inline const char *
atf_tc_get_config_var(const struct atf_tc *tc, const char *name)
{
	(void)tc;
	if (strcmp(name, "srcdir") != 0)
		abort();
	return atf_srcdir;
}

static inline atf_error_t
atf_no_error(void)
{
	return NULL;
}

static inline bool
atf_is_error(atf_error_t error)
{
	return error != NULL;
}

static inline atf_error_t
atf_tc_init(struct atf_tc *tc, const char *ident, void (*head)(struct atf_tc *),
    void (*body)(const struct atf_tc *), void (*cleanup)(const struct atf_tc *),
    const char *const *config)
{
	(void)cleanup;
	(void)config;
	tc->ident = ident;
	tc->head = head;
	tc->body = body;
	return NULL;
}

static inline atf_error_t
atf_tp_add_tc(struct atf_tp *tp, struct atf_tc *tc)
{
	if (tp->n == ATF_CASES)
		return "too many cases";
	if (tc->head != NULL)
		tc->head(tc);
	tp->cases[tp->n++] = tc;
	return NULL;
}

ATTR_PRINTF(2, 3) static inline void
atf_utils_create_file(const char *name, const char *format, ...)
{
	FILE	*f = fopen(name, "w");
	va_list	 ap;

	if (f == NULL)
		abort();
	va_start(ap, format);
	(void)vfprintf(f, format, ap);
	va_end(ap);
	if (fclose(f) == EOF)
		abort();
}

#define atf_tc_fail_nonfatal(...)					\
	atf_false(__FILE__, __LINE__, false, __VA_ARGS__)

#define ATF_HOLDS(fatal, x, ...) do {					\
	if (!(x))							\
		atf_false(__FILE__, __LINE__, fatal, __VA_ARGS__);	\
} while (0)
#define ATF_CHECK(x)		ATF_HOLDS(false, x, "%s", #x)
#define ATF_CHECK_EQ(a, b)	ATF_HOLDS(false, (a) == (b), "%s", #a " != " #b)
#define ATF_CHECK_STREQ(a, b)						\
	ATF_HOLDS(false, strcmp(a, b) == 0, "%s", #a " is not " #b)
#define ATF_CHECK_MSG(x, ...)	ATF_HOLDS(false, x, __VA_ARGS__)
#define ATF_CHECK_EQ_MSG(a, b, ...) ATF_HOLDS(false, (a) == (b), __VA_ARGS__)
#define ATF_CHECK_STREQ_MSG(a, b, ...)					\
	ATF_HOLDS(false, strcmp(a, b) == 0, __VA_ARGS__)
#define ATF_REQUIRE(x)		ATF_HOLDS(true, x, "%s", #x)
#define ATF_REQUIRE_EQ(a, b)	ATF_HOLDS(true, (a) == (b), "%s", #a " != " #b)
#define ATF_REQUIRE_STREQ(a, b)						\
	ATF_HOLDS(true, strcmp(a, b) == 0, "%s", #a " is not " #b)
#define ATF_REQUIRE_MSG(x, ...)	ATF_HOLDS(true, x, __VA_ARGS__)

#define ATF_TC_BODY(name, tc)						\
	static void name##_body(ATF_ATTR_UNUSED const struct atf_tc *tc)
#define ATF_TC_HEAD(name, tc)	static void name##_head(struct atf_tc *tc)
#define ATF_TC(name)							\
	ATF_TC_HEAD(name, );						\
	ATF_TC_BODY(name, );						\
	static struct atf_tc name##_tc = { #name, name##_head, name##_body, "" }
#define ATF_TC_WITHOUT_HEAD(name)					\
	ATF_TC_BODY(name, );						\
	static struct atf_tc name##_tc = { #name, NULL, name##_body, "" }
#define ATF_TP_ADD_TC(tp, name)						\
	ATF_REQUIRE_EQ(NULL, atf_tp_add_tc(tp, &name##_tc))
#define ATF_TP_ADD_TCS(tp)						\
	static atf_error_t atf_cases(struct atf_tp *);			\
	int								\
	main(int argc, char **argv)					\
	{								\
		return atf_main(argc, argv, atf_cases);			\
	}								\
	static atf_error_t						\
	atf_cases(struct atf_tp *tp)

static inline int
atf_main(int argc, char **argv, atf_error_t (*add)(struct atf_tp *))
{
	static struct atf_tp	tp;
	bool			list = false;
	char			*slash;
	int			c;

	if ((slash = strrchr(argv[0], '/')) != NULL) {
		*slash = '\0';
		atf_srcdir = argv[0];
	}
	while ((c = getopt(argc, argv, "lr:s:v:")) != -1)
		switch (c) {
		case 'l':
			list = true;
			break;
		case 'r':
			atf_result = optarg;
			break;
		case 's':
			atf_srcdir = optarg;
			break;
		case 'v':
			break;
		default:
			return 2;
		}
	if (add(&tp) != NULL)
		return 2;
	if (list)
		puts("Content-Type: application/X-atf-tp; version=\"1\"");
	for (unsigned i = 0; i < tp.n; i++) {
		if (list)
			printf("\nident: %s\n%s", tp.cases[i]->ident,
			    tp.cases[i]->vars);
		else if (optind < argc &&
		    strcmp(tp.cases[i]->ident, argv[optind]) == 0) {
			tp.cases[i]->body(tp.cases[i]);
			if (atf_failures > 0)
				atf_tc_fail("%u checks", atf_failures);
			atf_end(0, "passed", "");
		}
	}
	return list ? 0 : 2;
}

#endif

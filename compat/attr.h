/*
 * attr.h - what compilers can check when asked in their own words.
 */
#ifndef ATTR_H
#define ATTR_H

#if defined(__GNUC__) || defined(__clang__)
#define ATTR_PRINTF(f, a)	__attribute__((__format__(__printf__, f, a)))
#define ATTR_NORETURN		__attribute__((__noreturn__))
#else
#define ATTR_PRINTF(f, a)
#define ATTR_NORETURN
#endif

#endif

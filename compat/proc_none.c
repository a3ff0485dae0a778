/*
 * proc_none.c - systems without huge pages that come by themselves, and without a
 * choice of who goes when memory is short (FreeBSD: protect(1) is for the parent),
 * or of who leaves a core file.
 */
#include "proc.h"

void
proc_small_pages(void)
{
}

void
proc_dumpable(void)
{
}

void
proc_expendable(void)
{
}

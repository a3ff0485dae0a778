/*
 * proc_signal.h - what proc.c and file.c need of proc_signal.c.
 */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include <signal.h>

/* Dispositions and mask as proc_start promises. */
void	proc_signals_reset(void);

/* Block the signals that proc_signals_open catches; the mask before. */
void	proc_signals_hold(sigset_t *before);

/*
 * In a child that will run another program: all signals as they were when the
 * system was started.
 */
void	proc_signals_default(void);

#endif

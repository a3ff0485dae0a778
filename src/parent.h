/*
 * parent.h - the process that stays: it starts the relays, replaces them, and ends
 * them.
 */
#ifndef PARENT_H
#define PARENT_H

#include <stdbool.h>

#include "setup.h"

/*
 * Run the program with a good configuration.  ready_fd is -R's descriptor or -1.
 * Returns the exit status; without foreground it returns in the process in the
 * background.
 */
int	parent_run(struct setup *, bool foreground, int ready_fd);

#endif

/*
 * writer.h - the process that writes the log file.
 *
 * A write to a file waits for its disk, however it was opened: for one that is
 * frozen for a snapshot, or behind a network.  So relays, monitor and parent write
 * lines to a pipe, which never waits, and only this process may.
 */
#ifndef WRITER_H
#define WRITER_H

#include "start.h"

/*
 * Be the log writer: take lines out of the pipe and write them to file, until nobody
 * can write to the pipe any more.  On the channel, CHANNEL_LOG brings another file;
 * when the parent ends it (chan_finish), what is in the pipe is written first.
 */
void	writer_run(const struct start *, int pipe, int file, int channel);

#endif

/*
 * ctlclient.h - "sockproxy ctl": asks a running sockproxy over its control socket.
 */
#ifndef CTLCLIENT_H
#define CTLCLIENT_H

/*
 * Take the words behind "ctl", ask, print the answer.  Returns the exit status: 0
 * it was done, 1 it was not (standard error says why), 2 wrong usage.  spare is
 * room for a configuration (-f).
 */
struct setup;
int	ctlclient_main(int nwords, char *const *words, struct setup *spare);

#endif

/*
 * report.h - what a session does, in words for the log.
 *
 * sockproxy.debug: 0 ends only, 1 and the choice of a backend, 2 and connects,
 * 3 and every change of state.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

#include "os.h"
#include "setup.h"
#include "stat.h"

struct session;

void	report_state(const struct setup *, const struct session *, unsigned to);
void	report_choice(const struct setup *, const struct session *);
void	report_failed(const struct setup *, const struct session *, int error,
    uint64_t now);
void	report_connected(const struct setup *, const struct session *);
void	report_end(const struct setup *, const struct session *, uint64_t now);
void	report_refused(const struct setup *, const struct os_peer *,
    unsigned listener, unsigned profile, enum reason, int error,
    uint64_t now);

#endif

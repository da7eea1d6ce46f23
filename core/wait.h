/* The one place that waits: one descriptor, one deadline on the monotonic clock, and signals. */
#ifndef DFOTA_WAIT_H
#define DFOTA_WAIT_H

#pragma GCC visibility push(hidden)

enum wait_result { WAIT_READY, WAIT_TIMEOUT, WAIT_INTERRUPTED, WAIT_FAILED };

/* CLOCK_MONOTONIC in seconds. */
double wait_clock(void);

/* The time timeout_s from now; INFINITY stays INFINITY. */
double wait_deadline(double timeout_s);

/* Waits until one of events is true of fd (POLLHUP and POLLERR always count), a caught signal
   arrives, or the deadline passes. A deadline in the past does not wait. With fd -1 it waits for
   the deadline only. WAIT_FAILED leaves errno. */
enum wait_result wait_for(int fd, short events, double deadline, short *revents);

#pragma GCC visibility pop

#endif

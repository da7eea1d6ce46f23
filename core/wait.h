/* The one place that waits: one descriptor, one deadline on the monotonic clock, and signals. */
#ifndef DFOTA_WAIT_H
#define DFOTA_WAIT_H

#pragma GCC visibility push(hidden)

enum wait_result { WAIT_READY, WAIT_TIMEOUT, WAIT_INTERRUPTED, WAIT_FAILED };

/* CLOCK_MONOTONIC in seconds. */
double wait_clock(void);

/* The point in time timeout_s from now; INFINITY stays INFINITY. */
double wait_deadline(double timeout_s);

/* Waits until one of events is true of fd (POLLHUP and POLLERR always count), a caught signal
   came, or the deadline is over. A deadline in the past looks without waiting. With fd -1 it
   waits for the deadline alone. WAIT_FAILED leaves errno. */
enum wait_result wait_for(int fd, short events, double deadline, short *revents);

#pragma GCC visibility pop

#endif

#include "wait.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

#include "signals.h"

#define LONGEST_S 1e8 /* three years: avoids overflow of time_t */

double wait_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double wait_deadline(double timeout_s) {
  if (!(timeout_s > 0)) return 0; /* also NaN: already over */
  return isinf(timeout_s) ? timeout_s : wait_clock() + timeout_s;
}

/* Recomputed for each wait: a signal that is not ours must not extend it. */
static struct timespec until(double deadline) {
  double left = deadline > 0 ? deadline - wait_clock() : 0;
  if (left <= 0) return (struct timespec){0};
  if (left > LONGEST_S) left = LONGEST_S;
  time_t whole = (time_t)left;
  return (struct timespec){.tv_sec = whole, .tv_nsec = (long)((left - (double)whole) * 1e9)};
}

enum wait_result wait_for(int fd, short events, double deadline, short *revents) {
  /* The signal pipe is in the set, so no signal is lost between checking the counts and the wait.
     Only the pipe indicates a caught signal: there are other handlers too (libuv's for SIGCHLD). */
  struct pollfd set[2] = {{.fd = fd, .events = events}, {.fd = signals_fd(), .events = POLLIN}};
  int ready;
  do {
    struct timespec left = until(deadline);
    ready = ppoll(set, set[1].fd >= 0 ? 2 : 1, isinf(deadline) ? NULL : &left, NULL);
  } while (ready < 0 && errno == EINTR && signals_caught());
  *revents = set[0].revents;
  if (ready == 0) return WAIT_TIMEOUT;
  if (ready < 0 && errno != EINTR) return WAIT_FAILED;
  if (ready > 0 && set[1].revents == 0) return WAIT_READY;
  signals_notice();
  return WAIT_INTERRUPTED;
}

#include "wait.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

#include "signals.h"

#define LONGEST_S 1e8 /* three years: keeps time_t safe from what a caller may ask for */

double wait_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double wait_deadline(double timeout_s) {
  if (!(timeout_s > 0)) return 0; /* also NaN: long over */
  return isinf(timeout_s) ? timeout_s : wait_clock() + timeout_s;
}

/* Worked out anew for each wait: a signal that is none of ours must not prolong it. */
static struct timespec until(double deadline) {
  double left = deadline > 0 ? deadline - wait_clock() : 0;
  if (left <= 0) return (struct timespec){0};
  if (left > LONGEST_S) left = LONGEST_S;
  time_t whole = (time_t)left;
  return (struct timespec){.tv_sec = whole, .tv_nsec = (long)((left - (double)whole) * 1e9)};
}

enum wait_result wait_for(int fd, short events, double deadline, short *revents) {
  /* The signal pipe is in the set, so none is lost between a look at the counts and the wait. It
     alone tells of a caught signal: others have handlers too (libuv's for SIGCHLD). */
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

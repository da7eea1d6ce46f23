/* An end for a call that knows none: from begin to end, what waits in this thread is interrupted
   again and again. For calls that a signal ends and that tell no time-out, such as close. */
#ifndef DFOTA_HURRY_H
#define DFOTA_HURRY_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

#pragma GCC visibility push(hidden)

struct hurry {
  bool on; /* false: the system gave no timer, and nothing is interrupted */
  timer_t timer;
  struct sigaction before;
};

void hurry_begin(struct hurry *hurry);
void hurry_end(struct hurry *hurry);

#pragma GCC visibility pop

#endif

/* A time limit for a call that has none, such as close: from begin to end, whatever blocks in this
   thread is repeatedly interrupted by a signal. */
#ifndef DFOTA_HURRY_H
#define DFOTA_HURRY_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

#pragma GCC visibility push(hidden)

struct hurry {
  bool on; /* false: no timer was available, and nothing is interrupted */
  timer_t timer;
  struct sigaction before;
};

void hurry_begin(struct hurry *hurry);
void hurry_end(struct hurry *hurry);

#pragma GCC visibility pop

#endif

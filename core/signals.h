/* Signals as events: counted, and able to end any wait through a pipe. */
#ifndef DFOTA_SIGNALS_H
#define DFOTA_SIGNALS_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct signal_counts {
  int interrupt; /* INT */
  int terminate; /* TERM */
  int hangup;    /* HUP */
};

/* Catches INT, TERM and HUP, and lets writes to closed pipes fail with EPIPE, and to files at the
   limit of their size with EFBIG. Calling it again changes nothing. False with errno set if the
   system refuses. */
bool signals_catch(void);

/* The same for failed writes alone: for a helper that any other signal is to end. */
void signals_allow_failed_writes(void);

/* Puts back what was there before signals_catch. */
void signals_release(void);

/* What came since the last call; clears it, and the wake-up with it. */
struct signal_counts signals_take(void);

/* While held, signals are counted and end no wait: for the few moments in which a command must go
   out whole. Let go, the next wait tells of them. */
void signals_hold(bool hold);

/* Whether they are caught now. */
bool signals_caught(void);

/* A descriptor that is readable while a signal waits to be noticed; -1 if none are caught, or while
   they are held. */
int signals_fd(void);

/* Notices: the descriptor is quiet again, the counts stay. */
void signals_notice(void);

#pragma GCC visibility pop

#endif

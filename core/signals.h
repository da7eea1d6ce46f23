/* Signals as events: counted, and able to end any wait through a pipe. */
#ifndef DFOTA_SIGNALS_H
#define DFOTA_SIGNALS_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

struct signal_counts {
  int interrupt; /* INT */
  int terminate; /* TERM */
  int hangup;    /* HUP */
  int quit;      /* QUIT */
};

/* Keeps INT, TERM, HUP and QUIT back until signals_catch, which then counts those that came: for a
   program that is still loading. Needs no descriptor. */
void signals_defer(void);

/* Lets in what signals_defer keeps back, for handlers of others, as libuv's. */
void signals_admit(void);

/* Catches INT, TERM, HUP and QUIT; writes to closed pipes fail with EPIPE from now on, and to files
   at their size limit with EFBIG. Again, it changes nothing. False with errno set on failure. */
bool signals_catch(void);

/* The same for failed writes only: for a program that any other signal should end. */
void signals_allow_failed_writes(void);

/* Restores the handlers from before signals_catch. */
void signals_release(void);

/* The signals received since the last call; clears them and the wake-up. */
struct signal_counts signals_take(void);

/* While held, signals are counted but end no wait: for the short time in which a command must be
   sent completely. Once released, the next wait reports them. */
void signals_hold(bool hold);

/* Is a signal ignored, as by nohup? */
bool signals_ignored(int number);

/* Are they caught now? */
bool signals_caught(void);

/* A descriptor that is readable while a signal has not been noticed; -1 if none are caught, or
   while they are held. */
int signals_fd(void);

/* Clears the descriptor; the counts stay. */
void signals_notice(void);

/* Has one arrived that neither a wait nor signals_take has reported yet? */
bool signals_unnoticed(void);

/* Called by the handler from now on, in the calling thread only: it may do no more than a handler
   may. NULL: nothing is called. */
void signals_alarm(void (*function)(void));

#pragma GCC visibility pop

#endif

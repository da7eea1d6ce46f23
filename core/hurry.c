#include "hurry.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid /* glibc before 2.37 has no name for it */
#endif

#define EVERY_NS 50000000 /* repeatedly: a single signal could arrive before the wait begins */

static void nothing(int number) {
  (void)number;
}

/* A real-time signal that neither the C libraries nor valgrind reserve. */
static int signal_number(void) {
  return SIGRTMIN + 5;
}

void hurry_begin(struct hurry *hurry) {
  struct sigaction action = {.sa_handler = nothing}; /* no SA_RESTART */
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal_number()};
  const struct itimerspec every = {{.tv_nsec = EVERY_NS}, {.tv_nsec = EVERY_NS}};
  event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
  hurry->on = timer_create(CLOCK_MONOTONIC, &event, &hurry->timer) == 0;
  if (!hurry->on) return;
  sigemptyset(&action.sa_mask);
  sigaction(signal_number(), &action, &hurry->before);
  timer_settime(hurry->timer, 0, &every, NULL);
}

/* A last signal is delivered when timer_delete returns, while the handler is still ours. */
void hurry_end(struct hurry *hurry) {
  if (!hurry->on) return;
  timer_delete(hurry->timer);
  sigaction(signal_number(), &hurry->before, NULL);
}

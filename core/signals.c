#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum { INTERRUPT, TERMINATE, HANGUP, QUIT, COUNTED, BROKEN_PIPE = COUNTED, FILE_TOO_LARGE, CAUGHT };

static const int numbers[CAUGHT] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ};
static atomic_int counts[CAUGHT];
static struct sigaction before[CAUGHT];
static int wake[2] = {-1, -1};
static bool held;
static bool deferred;
static atomic_bool unnoticed;
static void (*volatile alarmed)(void);
static pthread_t alarmed_thread;

/* The kernel may choose any thread, libuv's among them; the alarm is for one. */
static void handler(int number) {
  int saved = errno;
  for (int i = 0; i < COUNTED; i++)
    if (numbers[i] == number) atomic_fetch_add(&counts[i], 1);
  atomic_store(&unnoticed, true);
  /* If the pipe is full, it wakes the reader anyway. */
  ssize_t ignored = write(wake[1], "", 1);
  (void)ignored;
  void (*alarm_now)(void) = alarmed;
  if (alarm_now != NULL && pthread_equal(pthread_self(), alarmed_thread)) alarm_now();
  errno = saved;
}

/* PIPE and XFSZ (a limit or quota on file size) get an empty handler, so that the write fails
   instead; not SIG_IGN, which children would inherit over exec. */
static void nothing(int number) {
  (void)number;
}

/* Cannot fail: the numbers and structures are valid. */
static void catch_one(int i) {
  sigaction(numbers[i], NULL, &before[i]);
  /* Started by nohup, or by a script in the background: what was ignored stays ignored. */
  if (i < COUNTED && before[i].sa_handler == SIG_IGN) return;
  struct sigaction action = {.sa_handler = i < COUNTED ? handler : nothing, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(numbers[i], &action, NULL);
}

void signals_allow_failed_writes(void) {
  if (signals_caught()) return;
  struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGPIPE, &action, NULL);
  sigaction(SIGXFSZ, &action, NULL);
}

static void mask_counted(int how) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < COUNTED; i++) sigaddset(&set, numbers[i]);
  pthread_sigmask(how, &set, NULL);
}

void signals_defer(void) {
  mask_counted(SIG_BLOCK);
  deferred = true;
}

void signals_admit(void) {
  if (deferred) mask_counted(SIG_UNBLOCK);
  deferred = false;
}

bool signals_catch(void) {
  if (!signals_caught()) {
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    for (int i = 0; i < CAUGHT; i++) catch_one(i);
  }
  signals_admit();
  return true;
}

void signals_release(void) {
  if (!signals_caught()) return;
  for (int i = 0; i < CAUGHT; i++) sigaction(numbers[i], &before[i], NULL);
  close(wake[0]);
  close(wake[1]);
  wake[0] = wake[1] = -1;
  held = false;
}

void signals_hold(bool hold) {
  held = hold;
}

bool signals_ignored(int number) {
  struct sigaction now;
  return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

bool signals_caught(void) {
  return wake[0] >= 0;
}

int signals_fd(void) {
  return held ? -1 : wake[0];
}

bool signals_unnoticed(void) {
  return atomic_load(&unnoticed);
}

void signals_alarm(void (*function)(void)) {
  alarmed_thread = pthread_self();
  alarmed = function;
}

void signals_notice(void) {
  char bytes[64];
  atomic_store(&unnoticed, false);
  while (signals_caught() && read(wake[0], bytes, sizeof bytes) > 0) {
  }
}

struct signal_counts signals_take(void) {
  /* In this order a signal in between costs an extra wake-up; in the other, it would be lost. */
  signals_notice();
  return (struct signal_counts){
      .interrupt = atomic_exchange(&counts[INTERRUPT], 0),
      .terminate = atomic_exchange(&counts[TERMINATE], 0),
      .hangup = atomic_exchange(&counts[HANGUP], 0),
      .quit = atomic_exchange(&counts[QUIT], 0),
  };
}

/* A disk whose syncs take their time: SLOW_SYNC_MS each, before the real one. For LD_PRELOAD. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void take_time(void) {
  const char *text = getenv("SLOW_SYNC_MS");
  long ms = text ? strtol(text, NULL, 10) : 0;
  struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  nanosleep(&left, NULL);
}

static int really(const char *name, int fd) {
  union {
    void *object;
    int (*function)(int);
  } next = {.object = dlsym(RTLD_NEXT, name)};
  return next.function(fd);
}

int fsync(int fd) {
  take_time();
  return really("fsync", fd);
}

int fdatasync(int fd) {
  take_time();
  return really("fdatasync", fd);
}

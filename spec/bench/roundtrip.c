/* The yardstick for round trips: bare poll, read and write in C, and a look for the end of the
   answer.

     roundtrip PORT [COUNT]

   sends AT+CSQ COUNT times, each after the answer to the last, and prints round trips a second and
   microseconds of CPU time for each. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { COUNT_DEFAULT = 50000, WAIT_MS = 2000 };

static const char command[] = "AT+CSQ\r";
static const char end[] = "\r\nOK\r\n";

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int open_raw(const char *name) {
  struct termios raw;
  int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 || tcgetattr(fd, &raw) != 0) return -1;
  cfmakeraw(&raw);
  return tcsetattr(fd, TCSANOW, &raw) == 0 ? fd : -1;
}

static int round_trip(int fd) {
  char answer[256];
  size_t size = 0;
  if (write(fd, command, sizeof command - 1) != sizeof command - 1) return -1;
  while (size < sizeof answer) {
    struct pollfd set = {.fd = fd, .events = POLLIN};
    if (poll(&set, 1, WAIT_MS) != 1) return -1;
    ssize_t count = read(fd, answer + size, sizeof answer - size);
    if (count <= 0) return -1;
    size += (size_t)count;
    if (size >= sizeof end - 1 &&
        memcmp(answer + size - (sizeof end - 1), end, sizeof end - 1) == 0)
      return 0;
  }
  return -1;
}

int main(int argc, char **argv) {
  long count = argc > 2 ? strtol(argv[2], NULL, 10) : COUNT_DEFAULT;
  int fd = argc > 1 ? open_raw(argv[1]) : -1;
  if (fd < 0) {
    fputs("roundtrip: needs the name of a port\n", stderr);
    return 2;
  }
  double started = now();
  clock_t cpu = clock();
  for (long i = 0; i < count; i++)
    if (round_trip(fd) != 0) {
      fputs("roundtrip: no answer\n", stderr);
      return 1;
    }
  double cpu_s = (double)(clock() - cpu) / CLOCKS_PER_SEC;
  printf("%.0f %.2f\n", (double)count / (now() - started), cpu_s / (double)count * 1e6);
  return 0;
}

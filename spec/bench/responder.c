/* The other side for the speed measurements: a pty that answers as fast as C can.

     responder [BAUD]

   prints the name of its pty, answers every command line with its echo, "+CSQ: 25,0" and OK, and
   ends when its output is closed. `AT+QFUPL="…",SIZE…` gets CONNECT, swallows SIZE bytes (with
   BAUD: no faster than such a line, 10 bits a byte) and gives the result line. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* posix_openpt, cfmakeraw */
#endif
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 300, READ_SIZE = 4096, TICK_MS = 1 };

static int master;
static int baud; /* 0: as fast as it goes */
static char line[LINE_MAX_SIZE];
static size_t length;
static long size, left; /* of an upload: announced, still to come */
static unsigned sum;
static double started, taken;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void say(const char *text, size_t count) {
  while (count > 0) {
    ssize_t written = write(master, text, count);
    if (written <= 0) exit(1);
    text += written;
    count -= (size_t)written;
  }
}

static void answer(void) {
  static const char reply[] = "\r\n+CSQ: 25,0\r\n\r\nOK\r\n";
  char text[LINE_MAX_SIZE + sizeof reply];
  const char *comma = strchr(line, ',');
  int count;
  if (strncmp(line, "AT+QFUPL=", 9) == 0 && comma != NULL) {
    size = left = strtol(comma + 1, NULL, 10);
    sum = 0;
    started = now();
    taken = 0;
    count = snprintf(text, sizeof text, "%s\r\r\nCONNECT\r\n", line);
  } else {
    count = snprintf(text, sizeof text, "%s\r%s", line, reply);
  }
  say(text, (size_t)count);
}

static void take_command(const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] == '\r') {
      line[length] = '\0';
      length = 0;
      answer();
    } else if (length < sizeof line - 1) {
      line[length++] = bytes[i];
    }
  }
}

static void take_data(const unsigned char *bytes, size_t count) {
  char text[64];
  for (size_t i = 0; i < count; i++, left--)
    sum ^= (unsigned)bytes[i] << ((size - left) % 2 == 0 ? 8 : 0);
  taken += (double)count;
  if (left > 0) return;
  int written = snprintf(text, sizeof text, "\r\n+QFUPL: %ld,%04X\r\n\r\nOK\r\n", size, sum);
  say(text, (size_t)written);
}

/* How many bytes may be read now. */
static size_t allowance(void) {
  double may = READ_SIZE;
  if (left > 0 && baud > 0) may = (now() - started) * baud / 10 - taken;
  if (left > 0 && may > (double)left) may = (double)left;
  if (may > READ_SIZE) may = READ_SIZE;
  return may >= 1 ? (size_t)may : 0;
}

static void serve(void) {
  char bytes[READ_SIZE];
  for (;;) {
    size_t may = allowance();
    struct pollfd set[2] = {{.fd = may > 0 ? master : -1, .events = POLLIN},
                            {.fd = STDOUT_FILENO, .events = 0}};
    if (poll(set, 2, may > 0 ? -1 : TICK_MS) < 0 || set[1].revents != 0) return;
    if (set[0].revents == 0) continue;
    ssize_t count = read(master, bytes, may);
    if (count <= 0) return;
    if (left > 0)
      take_data((const unsigned char *)bytes, (size_t)count);
    else
      take_command(bytes, (size_t)count);
  }
}

int main(int argc, char **argv) {
  struct termios raw;
  baud = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
  master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return 1;
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  if (slave < 0 || tcgetattr(slave, &raw) != 0) return 1;
  cfmakeraw(&raw);
  if (tcsetattr(slave, TCSANOW, &raw) != 0) return 1;
  printf("%s\n", ptsname(master));
  fflush(stdout);
  serve();
  return 0;
}

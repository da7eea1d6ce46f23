/* The far end of an upload for the bench: sink BAUD. A pty whose bytes leave at BAUD (8N1, 0: at
   once), which answers AT+QFUPL as a module does and every other command with OK. Prints the pty's
   name, then for each upload how long the line took and how long it must take. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 256, BLOCK = 1024 };

static double clock_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void wait_until(double t_s) {
  struct timespec until = {.tv_sec = (time_t)t_s,
                           .tv_nsec = (long)((t_s - (double)(time_t)t_s) * 1e9)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
  }
}

static int waiting(int fd) {
  int bytes = 0;
  ioctl(fd, FIONREAD, &bytes);
  return bytes;
}

static bool say(int fd, const char *text) {
  size_t size = strlen(text);
  return write(fd, text, size) == (ssize_t)size;
}

struct upload {
  uint64_t size, got;
  bool ack;
  uint16_t sum;
};

static void take(struct upload *up, const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++, up->got++)
    up->sum ^= (uint16_t)(up->got % 2 ? bytes[i] : bytes[i] << 8);
}

/* A chunk never crosses the edge at which an acknowledgement is due. */
static size_t most(const struct upload *up) {
  uint64_t left = up->size - up->got, edge = BLOCK - up->got % BLOCK;
  if (up->ack && edge < left) left = edge;
  return left < CHUNK ? (size_t)left : CHUNK;
}

/* The line is idle only while nothing waits for it; oversleeping of this program is not its
   fault. */
static double receive(int fd, struct upload *up, double byte_s) {
  double line = clock_s();
  unsigned char bytes[CHUNK];
  while (up->got < up->size) {
    if (waiting(fd) == 0) {
      struct pollfd set = {.fd = fd, .events = POLLIN};
      poll(&set, 1, -1);
      if (clock_s() > line) line = clock_s();
    }
    ssize_t count = read(fd, bytes, most(up));
    if (count <= 0) exit(1);
    take(up, bytes, (size_t)count);
    line += (double)count * byte_s;
    if (byte_s > 0) wait_until(line);
    if (up->ack && up->got % BLOCK == 0 && !say(fd, "A")) exit(1);
  }
  return line;
}

static void upload(int fd, struct upload up, double byte_s) {
  char result[64];
  if (!say(fd, "\r\nCONNECT\r\n")) exit(1);
  double began = clock_s();
  double took = receive(fd, &up, byte_s) - began;
  if (byte_s <= 0) took = clock_s() - began;
  snprintf(result, sizeof result, "\r\n+QFUPL: %" PRIu64 ",%04X\r\n\r\nOK\r\n", up.size, up.sum);
  if (!say(fd, result)) exit(1);
  printf("%" PRIu64 " %.6f %.6f\n", up.size, took, (double)up.size * byte_s);
  fflush(stdout);
}

/* AT+QFUPL="fota.pack",SIZE,TIMEOUT,ACK */
static void command(int fd, const char *line, double byte_s) {
  static const char name[] = "AT+QFUPL=\"fota.pack\",";
  if (strncmp(line, name, sizeof name - 1) == 0) {
    struct upload up = {.size = strtoull(line + sizeof name - 1, NULL, 10)};
    up.ack = strcmp(strrchr(line, ','), ",1") == 0;
    upload(fd, up, byte_s);
  } else if (!say(fd, "\r\nOK\r\n")) {
    exit(1);
  }
}

static int open_pair(int *slave) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) exit(1);
  *slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  struct termios raw;
  tcgetattr(*slave, &raw);
  cfmakeraw(&raw);
  tcsetattr(*slave, TCSANOW, &raw);
  puts(ptsname(master));
  fflush(stdout);
  return master;
}

int main(int argc, char **argv) {
  int slave, fd = open_pair(&slave);
  long baud = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
  double byte_s = baud > 0 ? 10.0 / (double)baud : 0;
  char line[256], c;
  size_t size = 0;
  while (read(fd, &c, 1) == 1) {
    if (write(fd, &c, 1) != 1) return 1;
    if (c != '\r' && size + 1 < sizeof line) {
      line[size++] = c;
    } else if (c == '\r') {
      line[size] = '\0';
      size = 0;
      command(fd, line, byte_s);
    }
  }
  close(slave);
  return 0;
}

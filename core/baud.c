/* The kernel's own structs have the rate as a number. They are confined to this file, because their
   header and <termios.h> cannot be included together. */
#include "baud.h"

#include <asm/ioctls.h> /* TCGETS2, which musl's <sys/ioctl.h> lacks */
#include <asm/termbits.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

/* On powerpc struct termios has always had the rates, and there is no second one. */
#ifdef TCGETS2
typedef struct termios2 kernel_line;
#define GET_LINE TCGETS2
#define SET_LINE TCSETS2
#else
typedef struct termios kernel_line;
#define GET_LINE TCGETS
#define SET_LINE TCSETS
#endif

#define RATE(n)                                                                                    \
  { n, B##n }

static const struct {
  int baud;
  tcflag_t flag;
} rates[] = {
    RATE(50),      RATE(75),      RATE(110),     RATE(134),     RATE(150),     RATE(200),
    RATE(300),     RATE(600),     RATE(1200),    RATE(1800),    RATE(2400),    RATE(4800),
    RATE(9600),    RATE(19200),   RATE(38400),   RATE(57600),   RATE(115200),  RATE(230400),
    RATE(460800),  RATE(500000),  RATE(576000),  RATE(921600),  RATE(1000000), RATE(1152000),
    RATE(1500000), RATE(2000000), RATE(2500000), RATE(3000000), RATE(3500000), RATE(4000000),
};

/* A standard rate is set by its constant, so that programs that know nothing else can read it. */
static tcflag_t flag_of(int baud) {
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
    if (rates[i].baud == baud) return rates[i].flag;
  return BOTHER;
}

/* C libraries differ in the type of a request: int or unsigned long. */
static int exchange(int fd, unsigned request, kernel_line *line) {
  return ioctl(fd, request, line) == 0 ? 0 : errno;
}

int baud_set(int fd, int baud) {
  kernel_line line;
  if (baud <= 0) return EINVAL;
  int code = exchange(fd, GET_LINE, &line);
  if (code != 0) return code;
  line.c_cflag &= ~(tcflag_t)(CBAUD | CIBAUD); /* no input rate: the same as the output rate */
  line.c_cflag |= flag_of(baud);
  line.c_ispeed = line.c_ospeed = (speed_t)baud;
  return exchange(fd, SET_LINE, &line);
}

int baud_get(int fd, int *baud) {
  kernel_line line;
  int code = exchange(fd, GET_LINE, &line);
  if (code == 0) *baud = (int)line.c_ospeed;
  return code;
}

_Static_assert(sizeof(kernel_line) <= sizeof(struct baud_line), "a line's settings do not fit");

int baud_save(int fd, struct baud_line *saved) {
  kernel_line line;
  int code = exchange(fd, GET_LINE, &line);
  if (code == 0) memcpy(saved->bytes, &line, sizeof line);
  return code;
}

int baud_restore(int fd, const struct baud_line *saved) {
  kernel_line line;
  memcpy(&line, saved->bytes, sizeof line);
  line.c_cflag &= ~(tcflag_t)HUPCL;
  return exchange(fd, SET_LINE, &line);
}

/* The kernel's own struct termios2 carries the rate as a number. It is kept in this file, because
   its header and <termios.h> cannot be included together. */
#include "baud.h"

#include <asm/termbits.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>

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

/* A standard rate is set by its name, so that programs that know nothing else can read it. */
static tcflag_t flag_of(int baud) {
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
    if (rates[i].baud == baud) return rates[i].flag;
  return BOTHER;
}

int baud_set(int fd, int baud) {
  struct termios2 line;
  if (baud <= 0) return EINVAL;
  if (ioctl(fd, TCGETS2, &line) != 0) return errno;
  line.c_cflag &= ~(tcflag_t)(CBAUD | CIBAUD); /* no input rate: the same as the output rate */
  line.c_cflag |= flag_of(baud);
  line.c_ispeed = line.c_ospeed = (speed_t)baud;
  return ioctl(fd, TCSETS2, &line) == 0 ? 0 : errno;
}

int baud_get(int fd, int *baud) {
  struct termios2 line;
  if (ioctl(fd, TCGETS2, &line) != 0) return errno;
  *baud = (int)line.c_ospeed;
  return 0;
}

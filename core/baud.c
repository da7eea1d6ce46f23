#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* rates above 38400 */
#endif
#include "baud.h"

#include <stddef.h>

#define RATE(n)                                                                                    \
  { n, B##n }

static const struct {
  int baud;
  speed_t speed;
} rates[] = {
    RATE(50),      RATE(75),      RATE(110),     RATE(134),     RATE(150),     RATE(200),
    RATE(300),     RATE(600),     RATE(1200),    RATE(1800),    RATE(2400),    RATE(4800),
    RATE(9600),    RATE(19200),   RATE(38400),   RATE(57600),   RATE(115200),  RATE(230400),
    RATE(460800),  RATE(500000),  RATE(576000),  RATE(921600),  RATE(1000000), RATE(1152000),
    RATE(1500000), RATE(2000000), RATE(2500000), RATE(3000000), RATE(3500000), RATE(4000000),
};

#define RATES (sizeof rates / sizeof rates[0])

bool baud_to_speed(int baud, speed_t *speed) {
  for (size_t i = 0; i < RATES; i++)
    if (rates[i].baud == baud) {
      *speed = rates[i].speed;
      return true;
    }
  return false;
}

int baud_from_speed(speed_t speed) {
  for (size_t i = 0; i < RATES; i++)
    if (rates[i].speed == speed) return rates[i].baud;
  return 0;
}

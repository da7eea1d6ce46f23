/* Baud rates and what termios calls them. */
#ifndef DFOTA_BAUD_H
#define DFOTA_BAUD_H

#include <stdbool.h>
#include <termios.h>

/* False if termios has no name for this rate. 0 is refused: to a modem port it means "hang up". */
bool baud_to_speed(int baud, speed_t *speed);

/* 0 if the rate has no standard name. */
int baud_from_speed(speed_t speed);

#endif

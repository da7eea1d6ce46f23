/* Rates of a tty in plain numbers, standard or not. */
#ifndef DFOTA_BAUD_H
#define DFOTA_BAUD_H

#pragma GCC visibility push(hidden)

/* Sets both directions. 0 or an errno; EINVAL for 0, which to a modem port means "hang up". */
int baud_set(int fd, int baud);

/* What the driver says it sends at. 0 or an errno. */
int baud_get(int fd, int *baud);

#pragma GCC visibility pop

#endif

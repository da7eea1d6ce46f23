/* A tty's baud rates as plain numbers, standard or not. */
#ifndef DFOTA_BAUD_H
#define DFOTA_BAUD_H

#pragma GCC visibility push(hidden)

/* Sets both directions. 0 or an errno; EINVAL for 0, which means "hang up" to a modem port. */
int baud_set(int fd, int baud);

/* The output rate reported by the driver. 0 or an errno. */
int baud_get(int fd, int *baud);

#pragma GCC visibility pop

#endif

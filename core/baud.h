/* A tty's baud rates as plain numbers, standard or not. */
#ifndef DFOTA_BAUD_H
#define DFOTA_BAUD_H

#pragma GCC visibility push(hidden)

/* Sets both directions. 0 or an errno; EINVAL for 0, which means "hang up" to a modem port. */
int baud_set(int fd, int baud);

/* The output rate reported by the driver. 0 or an errno. */
int baud_get(int fd, int *baud);

/* A line's settings as the kernel has them, at any rate. */
struct baud_line {
  _Alignas(8) unsigned char bytes[64];
};

/* Both return 0 or an errno. */
int baud_save(int fd, struct baud_line *saved);

/* All but HUPCL, which stays off: with it a close would drop DTR. */
int baud_restore(int fd, const struct baud_line *saved);

#pragma GCC visibility pop

#endif

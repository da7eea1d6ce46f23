/* What a backend must provide; serial.c does the rest. Every function returns 0 or an errno. */
#ifndef DFOTA_SERIAL_DRIVER_H
#define DFOTA_SERIAL_DRIVER_H

#include "serial.h"

#pragma GCC visibility push(hidden)

struct serial_driver {
  const char *name;

  /* Sets io.fd, and handle if it needs one. EINVAL or ENOTTY: this backend cannot handle such a
     port, another one may. */
  int (*open)(struct serial *port, const char *path);
  void (*close)(struct serial *port);

  /* Raw 8N1 at this rate; flow control is set elsewhere. EINVAL: unsupported rate. */
  int (*configure)(struct serial *port, int baud);
  int (*read_back)(const struct serial *port, int *baud);

  int (*set_lines)(struct serial *port, enum line_level dtr, enum line_level rts);
  int (*get_signals)(struct serial *port, struct serial_signals *signals);
  int (*set_break)(struct serial *port, bool on);
};

extern const struct serial_driver serial_tty;
extern const struct serial_driver serial_sp;

/* Finds, checks, opens and locks the device: sets lock_fd and pty, and writes the path with all
   links resolved (PATH_MAX bytes). */
bool serial_claim(struct serial *port, char *path, struct failure *failure);

/* Turns the errno of an open into what the user can do about it. */
bool serial_refused(const struct serial *port, int code, struct failure *failure);

#pragma GCC visibility pop

#endif

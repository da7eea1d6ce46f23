/* A serial port: found, opened, locked, set to raw 8N1, driven. Bytes go through its stream. */
#ifndef DFOTA_SERIAL_H
#define DFOTA_SERIAL_H

#include <stdbool.h>

#include "baud.h"
#include "failure.h"
#include "stream.h"

#pragma GCC visibility push(hidden)

struct serial_driver;
struct holder;

struct serial {
  struct stream io; /* io.fd < 0: closed */
  int lock_fd;      /* holds the flock for as long as the port is open */
  bool pty;
  bool restore;            /* the line is put back as it was when the port is closed */
  struct baud_line before; /* how it was */
  bool no_lines;           /* it was reported once that this port has no modem lines */
  void *handle;            /* the driver's own */
  const struct serial_driver *driver;
};

struct serial_options {
  int baud;
  bool rtscts;
  bool restore;        /* put the line back as it was when the port is closed */
  const char *backend; /* "auto", "tty" or "libserialport" */
};

enum line_level { LINE_LEAVE = -1, LINE_OFF = 0, LINE_ON = 1 };

struct serial_signals {
  bool cts, dsr, ri, dcd;
};

/* Initialises a closed port, on which serial_close may be called. */
void serial_init(struct serial *port);

bool serial_open(struct serial *port, const char *name, const struct serial_options *options,
                 struct failure *failure);

/* Any number of times. The modem lines stay as they are: HUPCL was cleared, and is not restored. */
void serial_close(struct serial *port);

/* Another process that also has the port open, as far as visible to this user: on a pty that is not
   refused. */
bool serial_other_user(const struct serial *port, struct holder *holder);

const char *serial_backend(const struct serial *port);

/* Read back from the driver; 0 if it has no number for it. */
int serial_baud(const struct serial *port);

/* Waits until the output is sent, changes the rate, and reads it back. */
bool serial_set_baud(struct serial *port, int baud, struct failure *failure);

bool serial_set_rtscts(struct serial *port, bool on, struct failure *failure);

/* A port without modem lines reports it once (FAILURE_UNSUPPORTED), and then returns true. */
bool serial_set_lines(struct serial *port, enum line_level dtr, enum line_level rts,
                      struct failure *failure);

bool serial_get_signals(struct serial *port, struct serial_signals *signals,
                        struct failure *failure);

bool serial_break(struct serial *port, double seconds, struct failure *failure);

/* Waits until everything written has been sent. */
bool serial_drain(struct serial *port, double timeout_s, struct failure *failure);

/* Discards what was received but not yet read. */
bool serial_discard(struct serial *port, struct failure *failure);

#pragma GCC visibility pop

#endif

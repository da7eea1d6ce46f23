#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* TIOCEXCL, TIOCOUTQ */
#endif
#include "serial.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "serial_driver.h"
#include "wait.h"

#define BITS_PER_BYTE 10        /* 8N1: start bit, eight, stop bit */
#define DRAIN_S 5.0             /* before a change of the rate: 57 kB at 115200 */
#define SHORTEST_PAUSE_S 0.0005 /* between two looks at a queue that should be empty by now */

void serial_init(struct serial *port) {
  *port = (struct serial){.io.fd = -1, .lock_fd = -1};
}

static bool failed(const struct serial *port, int code, const char *what, struct failure *f) {
  enum failure_kind kind = code == EIO || code == ENXIO ? FAILURE_HANGUP : FAILURE_IO;
  return failure_set(f, kind, code, "%.200s: %s failed: %s", port->io.name, what, strerror(code));
}

/* What every backend's termios must have in the end: reads that wait for a byte, so that 0 means
   hang-up; no software flow control, which would eat binary data; no drop of DTR on close, which
   resets modules whose PWRKEY or RESET hangs on it. RTS/CTS is set here for all: libserialport
   0.1.1 puts that flag into the wrong word of termios, and reports success. */
static int settle(int fd, bool rtscts) {
  struct termios line;
  if (tcgetattr(fd, &line) != 0) return errno;
  line.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
  line.c_cflag &= ~(tcflag_t)(HUPCL | CRTSCTS);
  if (rtscts) line.c_cflag |= CRTSCTS;
  line.c_cc[VMIN] = 1;
  line.c_cc[VTIME] = 0;
  return tcsetattr(fd, TCSANOW, &line) == 0 ? 0 : errno;
}

static int has_rtscts(const struct serial *port, bool *rtscts) {
  struct termios line;
  if (tcgetattr(port->io.fd, &line) != 0) return errno;
  *rtscts = (line.c_cflag & CRTSCTS) != 0;
  return 0;
}

/* Drivers take a rate they cannot make, or flow control they do not have, and say nothing. */
static bool verify(const struct serial *port, int baud, bool rtscts, struct failure *f) {
  int real_baud = 0;
  bool real_rtscts = false;
  int code = port->driver->read_back(port, &real_baud);
  if (code == 0) code = has_rtscts(port, &real_rtscts);
  if (code != 0) return failed(port, code, "reading the line's settings", f);
  if (real_baud != baud)
    return failure_set(f, FAILURE_UNSUPPORTED, 0,
                       "%.200s: this port cannot run at %d baud (it is at %d now)", port->io.name,
                       baud, real_baud);
  if (real_rtscts != rtscts)
    return failure_set(f, FAILURE_UNSUPPORTED, 0, "%.200s: this port cannot switch RTS/CTS %s",
                       port->io.name, rtscts ? "on" : "off");
  return true;
}

static bool configure(struct serial *port, int baud, bool rtscts, struct failure *f) {
  int code = baud > 0 ? port->driver->configure(port, baud) : EINVAL;
  if (code == EINVAL)
    return failure_set(f, FAILURE_UNSUPPORTED, code, "%.200s: no such rate: %d baud", port->io.name,
                       baud);
  if (code == 0) code = settle(port->io.fd, rtscts);
  if (code != 0) return failed(port, code, "setting the line", f);
  return verify(port, baud, rtscts, f);
}

static int open_with(struct serial *port, const char *path, const char *backend) {
  int code = 0;
  bool any = strcmp(backend, "auto") == 0;
  if (any || strcmp(backend, serial_sp.name) == 0) {
    port->driver = &serial_sp;
    code = serial_sp.open(port, path);
    if (!any || (code != EINVAL && code != ENOTTY)) return code;
  }
  port->driver = &serial_tty;
  return serial_tty.open(port, path);
}

static bool open_claimed(struct serial *port, const char *path,
                         const struct serial_options *options, struct failure *f) {
  int code = open_with(port, path, options->backend);
  if (code == EINVAL || code == ENOTTY)
    return failure_set(f, FAILURE_UNSUPPORTED, code,
                       "%.200s: %s cannot open such a port: use another backend", port->io.name,
                       options->backend);
  if (code != 0) return serial_refused(port, code, f);
  if (!configure(port, options->baud, options->rtscts, f)) return false;
  if (!port->pty) ioctl(port->io.fd, TIOCEXCL);
  return true;
}

bool serial_open(struct serial *port, const char *name, const struct serial_options *options,
                 struct failure *f) {
  char path[PATH_MAX];
  size_t size = strlen(name);
  memcpy(port->io.name, name, size < STREAM_NAME_MAX ? size + 1 : STREAM_NAME_MAX - 1);
  port->io.name[STREAM_NAME_MAX - 1] = '\0';
  if (size >= STREAM_NAME_MAX) return serial_refused(port, ENAMETOOLONG, f);
  if (serial_claim(port, path, f) && open_claimed(port, path, options, f)) return true;
  serial_close(port);
  return false;
}

void serial_close(struct serial *port) {
  if (port->io.fd >= 0) {
    if (!port->pty) ioctl(port->io.fd, TIOCNXCL);
    port->driver->close(port);
  }
  if (port->lock_fd >= 0) close(port->lock_fd);
  port->io.fd = port->lock_fd = -1;
}

const char *serial_backend(const struct serial *port) {
  return port->driver != NULL ? port->driver->name : "none";
}

int serial_baud(const struct serial *port) {
  int baud = 0;
  return port->driver->read_back(port, &baud) == 0 ? baud : 0;
}

bool serial_set_baud(struct serial *port, int baud, struct failure *f) {
  bool rtscts = false;
  if (!serial_drain(port, DRAIN_S, f)) return false;
  int code = has_rtscts(port, &rtscts);
  if (code != 0) return failed(port, code, "reading the line's settings", f);
  return configure(port, baud, rtscts, f);
}

bool serial_set_rtscts(struct serial *port, bool on, struct failure *f) {
  int baud;
  int code = port->driver->read_back(port, &baud);
  if (code == 0) code = settle(port->io.fd, on);
  if (code != 0) return failed(port, code, "switching RTS/CTS", f);
  return verify(port, baud, on, f);
}

/* What ports without modem lines answer: ptys, many gadgets, some virtual adapters. */
static bool means_no_lines(int code) {
  return code == ENOTTY || code == EINVAL || code == EPROTO;
}

static bool no_lines(const struct serial *port, int code, struct failure *f) {
  return failure_set(f, FAILURE_UNSUPPORTED, code, "%.200s: this port has no modem lines",
                     port->io.name);
}

bool serial_set_lines(struct serial *port, enum line_wish dtr, enum line_wish rts,
                      struct failure *f) {
  if (port->no_lines) return true;
  int code = port->driver->set_lines(port, dtr, rts);
  if (code == 0) return true;
  if (!means_no_lines(code)) return failed(port, code, "setting the modem lines", f);
  port->no_lines = true;
  return no_lines(port, code, f);
}

bool serial_get_signals(struct serial *port, struct serial_signals *signals, struct failure *f) {
  int code = port->driver->get_signals(port, signals);
  if (code == 0) return true;
  if (!means_no_lines(code)) return failed(port, code, "reading the modem lines", f);
  return no_lines(port, code, f);
}

/* A pause that a signal ends. False with a failure if one did. */
static bool pause_for(const struct serial *port, double seconds, struct failure *f) {
  short revents;
  enum wait_result result = wait_for(-1, 0, wait_deadline(seconds), &revents);
  if (result == WAIT_TIMEOUT) return true;
  if (result == WAIT_INTERRUPTED)
    return failure_set(f, FAILURE_INTERRUPTED, EINTR, "%.200s: interrupted by a signal",
                       port->io.name);
  return failed(port, errno, "waiting", f);
}

bool serial_break(struct serial *port, double seconds, struct failure *f) {
  int code = port->driver->set_break(port, true);
  if (means_no_lines(code))
    return failure_set(f, FAILURE_UNSUPPORTED, code, "%.200s: this port cannot send a break",
                       port->io.name);
  if (code != 0) return failed(port, code, "sending a break", f);
  bool waited = pause_for(port, seconds, f);
  code = port->driver->set_break(port, false); /* also after a signal: or the line stays dead */
  if (waited && code != 0) return failed(port, code, "ending a break", f);
  return waited;
}

/* The kernel offers no event for an empty queue, and tcdrain knows no time-out: a stopped CTS
   would hold it for ever. So this sleeps for as long as the queue takes at this rate. */
bool serial_drain(struct serial *port, double timeout_s, struct failure *f) {
  double deadline = wait_deadline(timeout_s);
  int baud = serial_baud(port);
  for (;;) {
    int queued = 0;
    if (ioctl(port->io.fd, TIOCOUTQ, &queued) != 0)
      return failed(port, errno, "looking at the output queue", f);
    if (queued <= 0) break;
    double left = deadline - wait_clock();
    if (left <= 0)
      return failure_set(f, FAILURE_TIMEOUT, 0,
                         "%.200s: time-out: %d bytes wait to be sent (is the other side stopping "
                         "us by CTS?)",
                         port->io.name, queued);
    double pause_s = baud > 0 ? (double)queued * BITS_PER_BYTE / baud : SHORTEST_PAUSE_S;
    if (pause_s < SHORTEST_PAUSE_S) pause_s = SHORTEST_PAUSE_S;
    if (!pause_for(port, pause_s < left ? pause_s : left, f)) return false;
  }
  return tcdrain(port->io.fd) == 0 ? true : failed(port, errno, "draining", f);
}

bool serial_discard(struct serial *port, struct failure *f) {
  return tcflush(port->io.fd, TCIFLUSH) == 0 ? true
                                             : failed(port, errno, "discarding the input", f);
}

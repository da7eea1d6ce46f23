#include "serial.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "hurry.h"
#include "serial_driver.h"
#include "wait.h"

#define BITS_PER_BYTE 10        /* 8N1: start bit, eight, stop bit */
#define DRAIN_S 5.0             /* before a change of the rate: 57 kB at 115200 */
#define FINISH_S 1.0            /* for output still queued before a break or a close */
#define SHORTEST_PAUSE_S 0.0005 /* between two polls of a queue that should be empty by now */
#define LONGEST_PAUSE_S 0.05    /* between two polls of a queue that does not move */

void serial_init(struct serial *port) {
  *port = (struct serial){.io.fd = -1, .lock_fd = -1};
}

/* What a driver returns once its adapter was unplugged is a hang-up, whatever was tried. */
static bool failed(const struct serial *port, int code, const char *what, struct failure *f) {
  enum failure_kind kind = FAILURE_IO;
  if (code == EIO || code == ENXIO || code == ENODEV) kind = FAILURE_HANGUP;
  if (code == EINTR) kind = FAILURE_INTERRUPTED;
  return failure_set(f, kind, code, "%.200s: %s failed: %s", port->io.name, what, strerror(code));
}

/* Settings that every backend needs: reads that wait for a byte, so that 0 means hang-up; no
   software flow control, which would swallow binary data; DTR is not dropped on close, which would
   reset modules whose PWRKEY or RESET is wired to it. RTS/CTS is set here for all: libserialport
   0.1.1 sets that flag in the wrong field of termios, and reports success. */
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

/* Not read from the driver: see settle. */
static int has_rtscts(const struct serial *port, bool *rtscts) {
  struct termios line;
  if (tcgetattr(port->io.fd, &line) != 0) return errno;
  *rtscts = (line.c_cflag & CRTSCTS) != 0;
  return 0;
}

/* Drivers silently accept rates and flow control that they do not support. */
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
    return failure_set(f, FAILURE_UNSUPPORTED, code, "%.200s: unsupported rate: %d baud",
                       port->io.name, baud);
  if (code == 0) code = settle(port->io.fd, rtscts);
  if (code != 0) return failed(port, code, "setting the line", f);
  return verify(port, baud, rtscts, f);
}

/* "auto": libserialport for real ports, and the tty backend for what it rejects. */
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

/* TIOCEXCL keeps out programs that take no lock. Not on a pty, where the flag could outlive us:
   see lock in serial_open.c. */
static bool open_claimed(struct serial *port, const char *path,
                         const struct serial_options *options, struct failure *f) {
  /* Before libserialport, which changes the line when it opens it. */
  port->restore = options->restore && baud_save(port->lock_fd, &port->before) == 0;
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

/* What ports without modem lines return: ptys, many gadgets, some virtual adapters. */
static bool means_no_lines(int code) {
  return code == ENOTTY || code == EINVAL || code == EPROTO;
}

static bool no_lines(const struct serial *port, int code, struct failure *f) {
  return failure_set(f, FAILURE_UNSUPPORTED, code, "%.200s: this port has no modem lines",
                     port->io.name);
}

bool serial_set_lines(struct serial *port, enum line_level dtr, enum line_level rts,
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

/* A pause that a signal ends. False with a failure if it did. */
static bool pause_for(const struct serial *port, double seconds, struct failure *f) {
  short revents;
  enum wait_result result = wait_for(-1, 0, wait_deadline(seconds), &revents);
  if (result == WAIT_TIMEOUT) return true;
  if (result == WAIT_INTERRUPTED)
    return failure_set(f, FAILURE_INTERRUPTED, EINTR, "%.200s: interrupted by a signal",
                       port->io.name);
  return failed(port, errno, "waiting", f);
}

/* Calls that wait for the line return EINTR despite SA_RESTART. True if they should be repeated:
   the signal is held, or not one of those caught, and there is time left. */
static bool should_repeat(const struct serial *port, double deadline, struct failure *f) {
  if (!pause_for(port, 0, f)) return false;
  return wait_clock() < deadline ||
         failure_set(f, FAILURE_TIMEOUT, 0, "%.200s: timed out: signals keep arriving",
                     port->io.name);
}

bool serial_break(struct serial *port, double seconds, struct failure *f) {
  int code;
  double deadline = wait_deadline(2 * FINISH_S);
  /* The kernel would wait for the queue before the break, without limit if CTS stops it. */
  if (!serial_drain(port, FINISH_S, f)) return false;
  while ((code = port->driver->set_break(port, true)) == EINTR)
    if (!should_repeat(port, deadline, f)) return false;
  if (means_no_lines(code))
    return failure_set(f, FAILURE_UNSUPPORTED, code, "%.200s: this port cannot send a break",
                       port->io.name);
  if (code != 0) return failed(port, code, "sending a break", f);
  bool waited = pause_for(port, seconds, f);
  code = port->driver->set_break(port, false); /* also after a signal, or the break never ends */
  if (waited && code != 0) return failed(port, code, "ending a break", f);
  return waited;
}

/* Is the other side stopping us now? */
static bool is_stopped(struct serial *port) {
  bool rtscts = false;
  struct serial_signals signals;
  return has_rtscts(port, &rtscts) == 0 && rtscts &&
         port->driver->get_signals(port, &signals) == 0 && !signals.cts;
}

/* Drains what the chip still holds. Some adapters wait for that without limit if CTS stops them;
   then it is sent later. */
static bool drain_chip(struct serial *port, double deadline, struct failure *f) {
  while (!is_stopped(port)) {
    if (tcdrain(port->io.fd) == 0) return true;
    if (errno != EINTR) return failed(port, errno, "draining", f);
    if (!should_repeat(port, deadline, f)) return false;
  }
  return true;
}

/* How long to sleep before the next poll: as long as the queue takes at this rate, and increasingly
   long if it does not move. */
static double pause_of(int queued, int before, int baud, double pause_s) {
  double least_s = queued == before ? 2 * pause_s : SHORTEST_PAUSE_S;
  double takes_s = baud > 0 ? (double)queued * BITS_PER_BYTE / baud : 0;
  if (least_s > LONGEST_PAUSE_S) least_s = LONGEST_PAUSE_S;
  return takes_s > least_s ? takes_s : least_s;
}

/* The kernel has no event for an empty queue, and tcdrain has no time-out: CTS could block it
   without limit. So this sleeps for as long as the queue takes at this rate. */
bool serial_drain(struct serial *port, double timeout_s, struct failure *f) {
  double deadline = wait_deadline(timeout_s), pause_s = SHORTEST_PAUSE_S;
  int baud = serial_baud(port), before = -1, queued = 0;
  for (;; before = queued) {
    if (ioctl(port->io.fd, TIOCOUTQ, &queued) != 0)
      return failed(port, errno, "looking at the output queue", f);
    if (queued <= 0) return drain_chip(port, deadline, f);
    double left = deadline - wait_clock();
    if (left <= 0)
      return failure_set(f, FAILURE_TIMEOUT, 0,
                         "%.200s: timed out: %d bytes still to be sent (is the other side stopping "
                         "us by CTS?)",
                         port->io.name, queued);
    pause_s = pause_of(queued, before, baud, pause_s);
    if (!pause_for(port, pause_s < left ? pause_s : left, f)) return false;
  }
}

bool serial_discard(struct serial *port, struct failure *f) {
  return tcflush(port->io.fd, TCIFLUSH) == 0 ? true
                                             : failed(port, errno, "discarding the input", f);
}

/* Allows some time for the rest to be sent. False: it did not move, and was discarded if the
   driver supports that. */
static bool finish_output(const struct serial *port) {
  const struct timespec look = {.tv_nsec = (long)(LONGEST_PAUSE_S / 5 * 1e9)};
  double deadline = wait_clock() + FINISH_S;
  int queued = 0;
  while (ioctl(port->io.fd, TIOCOUTQ, &queued) == 0 && queued > 0) {
    if (wait_clock() >= deadline) {
      tcflush(port->io.fd, TCOFLUSH);
      return false;
    }
    nanosleep(&look, NULL); /* a signal may shorten it: only the clock counts */
  }
  return true;
}

static void close_both(struct serial *port) {
  if (port->restore && port->io.fd >= 0) baud_restore(port->io.fd, &port->before);
  if (port->io.fd >= 0) port->driver->close(port);
  if (port->lock_fd >= 0) close(port->lock_fd);
  port->io.fd = port->lock_fd = -1;
}

/* A close itself waits for the queue, half a minute if CTS or the other end stops it
   (closing_wait), and a signal ends that wait. On a pty a close does not wait, and a flush would
   discard what the other end has not read yet. */
void serial_close(struct serial *port) {
  struct hurry hurry;
  bool real = port->io.fd >= 0 && !port->pty;
  bool stuck = real && !finish_output(port);
  if (real) ioctl(port->io.fd, TIOCNXCL);
  if (stuck) hurry_begin(&hurry);
  close_both(port);
  if (stuck) hurry_end(&hurry);
}

/* The small backend, for what libserialport cannot open: ptys, socat links, USB gadgets. */
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "baud.h"
#include "serial_driver.h"

static int result(int returned) {
  return returned == 0 ? 0 : errno;
}

static int tty_open(struct serial *port, const char *path) {
  (void)path;
  port->io.fd = port->lock_fd; /* just claimed: one descriptor serves both */
  return 0;
}

static void tty_close(struct serial *port) {
  (void)port;
}

/* CLOCAL, because many modules do not drive DCD, and without it the kernel would wait for that. */
static int tty_configure(struct serial *port, int baud) {
  struct termios line;
  if (tcgetattr(port->io.fd, &line) != 0) return errno;
  cfmakeraw(&line);
  line.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB);
  line.c_cflag |= CLOCAL | CREAD;
  int code = result(tcsetattr(port->io.fd, TCSANOW, &line));
  return code != 0 ? code : baud_set(port->io.fd, baud);
}

static int tty_read_back(const struct serial *port, int *baud) {
  return baud_get(port->io.fd, baud);
}

static int set_line(int fd, int line, enum line_level level) {
  if (level == LINE_LEAVE) return 0;
  return result(ioctl(fd, level == LINE_ON ? TIOCMBIS : TIOCMBIC, &line));
}

static int tty_set_lines(struct serial *port, enum line_level dtr, enum line_level rts) {
  int code = set_line(port->io.fd, TIOCM_DTR, dtr);
  return code != 0 ? code : set_line(port->io.fd, TIOCM_RTS, rts);
}

static int tty_get_signals(struct serial *port, struct serial_signals *signals) {
  int bits;
  if (ioctl(port->io.fd, TIOCMGET, &bits) != 0) return errno;
  signals->cts = (bits & TIOCM_CTS) != 0;
  signals->dsr = (bits & TIOCM_DSR) != 0;
  signals->ri = (bits & TIOCM_RI) != 0;
  signals->dcd = (bits & TIOCM_CD) != 0;
  return 0;
}

static int tty_set_break(struct serial *port, bool on) {
  return result(ioctl(port->io.fd, on ? TIOCSBRK : TIOCCBRK));
}

const struct serial_driver serial_tty = {
    .name = "tty",
    .open = tty_open,
    .close = tty_close,
    .configure = tty_configure,
    .read_back = tty_read_back,
    .set_lines = tty_set_lines,
    .get_signals = tty_get_signals,
    .set_break = tty_set_break,
};

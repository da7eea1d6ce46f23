#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "baud.h"

void pty_init(struct pty *pty) {
  *pty = (struct pty){.io.fd = -1, .slave_fd = -1};
}

static int make_raw(int fd) {
  struct termios line;
  if (tcgetattr(fd, &line) != 0) return -1;
  cfmakeraw(&line); /* or the module's output is echoed back to it as commands */
  return tcsetattr(fd, TCSANOW, &line);
}

static bool open_both(struct pty *pty) {
  pty->io.fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (pty->io.fd < 0) return false;
  if (grantpt(pty->io.fd) != 0 || unlockpt(pty->io.fd) != 0) return false;
  int code = ptsname_r(pty->io.fd, pty->io.name, sizeof pty->io.name);
  if (code != 0) {
    errno = code;
    return false;
  }
  pty->slave_fd = open(pty->io.name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  return pty->slave_fd >= 0 && make_raw(pty->slave_fd) == 0;
}

bool pty_open(struct pty *pty, struct failure *f) {
  if (open_both(pty)) return true;
  failure_set(f, FAILURE_IO, errno, "cannot open a pty: %s", strerror(errno));
  pty_close(pty);
  return false;
}

void pty_close(struct pty *pty) {
  if (pty->slave_fd >= 0) close(pty->slave_fd);
  if (pty->io.fd >= 0) close(pty->io.fd);
  pty->io.fd = pty->slave_fd = -1;
}

static const char *parity_of(tcflag_t cflag) {
  if (!(cflag & PARENB)) return "none";
  return cflag & PARODD ? "odd" : "even";
}

bool pty_line(const struct pty *pty, struct pty_line *line, struct failure *f) {
  struct termios client;
  int code = tcgetattr(pty->io.fd, &client) == 0 ? baud_get(pty->io.fd, &line->baud) : errno;
  if (code != 0)
    return failure_set(f, FAILURE_IO, code, "%.200s: reading the client's settings failed: %s",
                       pty->io.name, strerror(code));
  line->rtscts = (client.c_cflag & CRTSCTS) != 0;
  line->xonxoff = (client.c_iflag & (IXON | IXOFF)) != 0;
  line->parity = parity_of(client.c_cflag);
  line->raw = !(client.c_lflag & (ICANON | ECHO | ISIG)) && !(client.c_oflag & OPOST) &&
              !(client.c_iflag & (ICRNL | INLCR | IGNCR | ISTRIP));
  return true;
}

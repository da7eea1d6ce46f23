#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "holder.h"
#include "serial_driver.h"

static const char *what_it_is(mode_t mode) {
  switch (mode & S_IFMT) {
  case S_IFDIR: return "a directory";
  case S_IFREG: return "a regular file";
  case S_IFBLK: return "a block device";
  case S_IFIFO: return "a named pipe";
  case S_IFSOCK: return "a socket";
  default: return "not a terminal device";
  }
}

static bool no_port(const struct serial *port, const char *what, struct failure *f) {
  return failure_set(f, FAILURE_NOT_A_PORT, 0,
                     "%.200s: is %s, not a serial port: name a device such as /dev/ttyUSB0",
                     port->io.name, what);
}

/* Names the group that owns the device, which is not dialout everywhere, unless it is root's, which
   nobody should join. */
static bool not_permitted(const struct serial *port, int code, struct failure *f) {
  struct stat device;
  struct group *group = NULL;
  if (stat(port->io.name, &device) == 0 && device.st_gid != 0) group = getgrgid(device.st_gid);
  return failure_set(f, FAILURE_PORT_PERMISSION, code,
                     "%.200s: permission denied: add yourself to the group %s (sudo usermod -aG "
                     "%s USER, then log in again), or use sudo",
                     port->io.name, group != NULL ? group->gr_name : "dialout",
                     group != NULL ? group->gr_name : "dialout");
}

static bool busy(const struct serial *port, const struct holder *holder, struct failure *f) {
  const char *name = port->io.name;
  if (holder == NULL)
    return failure_set(f, FAILURE_PORT_BUSY, EBUSY,
                       "%.200s: in use by another process: find it with 'sudo fuser -v %.200s'",
                       name, name);
  if (holder->pid == getpid())
    return failure_set(f, FAILURE_PORT_BUSY, EBUSY, "%.200s: already open in this process", name);
  if (strcmp(holder->name, "ModemManager") == 0)
    return failure_set(f, FAILURE_PORT_BUSY, EBUSY,
                       "%.200s: in use by process %ld (ModemManager): stop it with 'sudo systemctl "
                       "stop ModemManager'",
                       name, (long)holder->pid);
  return failure_set(f, FAILURE_PORT_BUSY, EBUSY,
                     "%.200s: in use by process %ld (%s): wait for it, or end it", name,
                     (long)holder->pid, holder->name[0] != '\0' ? holder->name : "unknown");
}

/* The process may not have the port open itself: some locks are taken by a wrapper script, and the
   pid of one that has exited may have been reused. */
static bool locked(const struct serial *port, const struct holder *holder, const char *file,
                   struct failure *f) {
  const char *name = holder->name[0] != '\0' ? holder->name : "unknown";
  struct stat device;
  if (stat(port->io.name, &device) == 0 && holder_lacks(holder->pid, &device))
    return failure_set(f, FAILURE_PORT_BUSY, EBUSY,
                       "%.200s: locked for process %ld (%s) by %.100s, and that process does not "
                       "have it open: remove that file if it was left behind, or end the process",
                       port->io.name, (long)holder->pid, name, file);
  return failure_set(f, FAILURE_PORT_BUSY, EBUSY,
                     "%.200s: in use by process %ld (%s), says %.100s: let it finish, or remove "
                     "that file if it was left behind",
                     port->io.name, (long)holder->pid, name, file);
}

static bool busy_device(const struct serial *port, const struct stat *device, struct failure *f) {
  struct holder holder;
  return busy(port, holder_of_device(device, &holder) ? &holder : NULL, f);
}

static bool busy_name(const struct serial *port, struct failure *f) {
  struct stat device;
  return stat(port->io.name, &device) == 0 ? busy_device(port, &device, f) : busy(port, NULL, f);
}

bool serial_refused(const struct serial *port, int code, struct failure *f) {
  const char *name = port->io.name;
  switch (code) {
  case EACCES:
  case EPERM: return not_permitted(port, code, f);
  case EBUSY: return busy_name(port, f);
  case ENOENT:
  case ENOTDIR:
  case ELOOP:
  case ENAMETOOLONG:
    return failure_set(f, FAILURE_PORT_MISSING, code,
                       "%.200s: no such port (%s): check the name, the cable and the power", name,
                       strerror(code));
  case EIO:
  case ENXIO:
  case ENODEV:
    return failure_set(f, FAILURE_PORT_MISSING, code,
                       "%.200s: no hardware behind this port (%s): name another, or plug it in",
                       name, strerror(code));
  case ENOTTY: return no_port(port, "not a terminal device", f);
  case EMFILE:
  case ENFILE:
    return failure_set(f, FAILURE_IO, code,
                       "%.200s: cannot be opened: too many files are open: raise the limit (ulimit "
                       "-n), or close other programs",
                       name);
  default:
    return failure_set(f, FAILURE_IO, code, "%.200s: cannot be opened: %s", name, strerror(code));
  }
}

/* Distinguishes missing, forbidden and busy, for which libserialport has only one error. */
static bool find(const struct serial *port, char *path, struct stat *device, struct failure *f) {
  if (port->io.name[0] == '\0')
    return failure_set(f, FAILURE_NOT_A_PORT, 0,
                       "the port's name is empty: name a device such as /dev/ttyUSB0");
  if (realpath(port->io.name, path) == NULL || stat(path, device) != 0)
    return serial_refused(port, errno, f);
  if (!S_ISCHR(device->st_mode)) return no_port(port, what_it_is(device->st_mode), f);
  return true;
}

/* By then the lock is ours, so that only whoever has it open can be named. */
static bool claimed(const struct serial *port, const struct stat *device, struct failure *f) {
  struct holder holder;
  return busy(port, holder_with_open(device, &holder) ? &holder : NULL, f);
}

static bool lock(struct serial *port, const struct stat *device, struct failure *f) {
  int exclusive = 0;
  if (flock(port->lock_fd, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? busy_device(port, device, f) : serial_refused(port, errno, f);
  /* TIOCEXCL does not stop root, so it must be checked. Not on a pty: there the flag outlives a
     holder that was killed, because the other end keeps the pty alive. */
  if (!port->pty && ioctl(port->lock_fd, TIOCGEXCL, &exclusive) == 0 && exclusive)
    return claimed(port, device, f);
  return true;
}

/* Some programs lock the link they were given, some its target. */
static bool has_lock_file(const struct serial *port, const char *path, struct failure *f) {
  char file[PATH_MAX];
  struct holder holder;
  if (!holder_by_lock_file(path, file, sizeof file, &holder) &&
      !holder_by_lock_file(port->io.name, file, sizeof file, &holder))
    return false;
  locked(port, &holder, file, f);
  return true;
}

/* Checked before anything is set: the user's shell would be left without echo and Ctrl-C. */
static bool is_own_terminal(int fd) {
  pid_t session = tcgetsid(fd);
  return session > 0 && session == getsid(0);
}

static bool is_port(const struct serial *port, struct failure *f) {
  int master;
  /* EIO: an 8250 port with no chip behind it can be opened, and refuses everything else. */
  if (!isatty(port->lock_fd)) return serial_refused(port, errno == EIO ? EIO : ENOTTY, f);
  if (ioctl(port->lock_fd, TIOCGPTN, &master) == 0) return no_port(port, "a pty's master", f);
  if (is_own_terminal(port->lock_fd)) return no_port(port, "the terminal this program runs in", f);
  return true;
}

/* A reader that takes no lock steals input. One that is itself being refused, or only looks, is
   gone a moment later: so check more than once. On a pty a reader only causes a warning: it may be
   the process that created the other end. */
static bool is_alone(const struct serial *port, const struct stat *device, struct failure *f) {
  enum { LOOKS = 3 };
  const struct timespec between = {.tv_nsec = 50000000};
  struct holder holder;
  if (port->pty) return true;
  for (int i = 0; i < LOOKS; i++) {
    if (i > 0) nanosleep(&between, NULL);
    if (!holder_with_open(device, &holder)) return true;
  }
  return busy(port, &holder, f);
}

bool serial_claim(struct serial *port, char *path, struct failure *f) {
  struct stat device = {0};
  if (!find(port, path, &device, f)) return false;
  if (has_lock_file(port, path, f)) return false;
  port->lock_fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (port->lock_fd < 0) return serial_refused(port, errno, f);
  if (!is_port(port, f)) return false;
  port->pty = holder_is_pty(&device);
  return lock(port, &device, f) && is_alone(port, &device, f);
}

bool serial_other_user(const struct serial *port, struct holder *holder) {
  struct stat device;
  return fstat(port->io.fd, &device) == 0 && holder_with_open(&device, holder);
}

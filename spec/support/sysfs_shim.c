/* For the specs only: lets libserialport open a pty, which by itself it cannot.

   It looks a port up in /sys/class/tty, where ptys have no entry, and asks it for its modem lines,
   which ptys do not have. This answers both questions; all else goes to the real pty.

     LD_PRELOAD=build/sysfs_shim.so DFOTA_TEST_BACKEND=libserialport busted

   The lines are wired back, as in a plug with a loop: CTS shows RTS, DSR and DCD show DTR. If
   DFOTA_SHIM_LOG names a file, every call that sets lines adds to it, such as "dtr=1 rts=0\n". */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY "/sys/class/tty/pts/"
#define TARGET "../../devices/virtual/tty/pts"

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the C library's name */
int __lxstat(int version, const char *path, struct stat *status);

/* Of the one port that a spec has open. Linux raises both when it opens a port. */
static int lines = TIOCM_DTR | TIOCM_RTS;

static int is_entry(const char *path) {
  return strncmp(path, ENTRY, strlen(ENTRY)) == 0;
}

static int a_link(struct stat *status) {
  memset(status, 0, sizeof *status);
  status->st_mode = S_IFLNK | 0777;
  return 0;
}

/* The library in Debian 12 is built to call this name; one built later calls lstat. */
int __lxstat(int version, const char *path, struct stat *status) {
  int (*real)(int, const char *, struct stat *);
  if (is_entry(path)) return a_link(status);
  *(void **)&real = dlsym(RTLD_NEXT, "__lxstat");
  return real(version, path, status);
}

int lstat(const char *path, struct stat *status) {
  int (*real)(const char *, struct stat *);
  if (is_entry(path)) return a_link(status);
  *(void **)&real = dlsym(RTLD_NEXT, "lstat");
  return real(path, status);
}

ssize_t readlink(const char *path, char *target, size_t size) {
  ssize_t (*real)(const char *, char *, size_t);
  if (is_entry(path)) {
    size_t length = strlen(TARGET) < size ? strlen(TARGET) : size;
    memcpy(target, TARGET, length);
    return (ssize_t)length;
  }
  *(void **)&real = dlsym(RTLD_NEXT, "readlink");
  return real(path, target, size);
}

static void record(void) {
  const char *path = getenv("DFOTA_SHIM_LOG");
  char text[32];
  if (path == NULL) return;
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  int size = snprintf(text, sizeof text, "dtr=%d rts=%d\n", (lines & TIOCM_DTR) != 0,
                      (lines & TIOCM_RTS) != 0);
  if (write(fd, text, (size_t)size) != size) abort(); /* a spec would judge by half a log */
  close(fd);
}

static int set_lines(int value) {
  lines = value;
  record();
  return 0;
}

static int fake_lines(unsigned long request, int *bits) {
  switch (request) {
  case TIOCMGET:
    *bits = lines | (lines & TIOCM_RTS ? TIOCM_CTS : 0) |
            (lines & TIOCM_DTR ? TIOCM_DSR | TIOCM_CD : 0);
    return 0;
  case TIOCMSET: return set_lines(*bits);
  case TIOCMBIS: return set_lines(lines | *bits);
  case TIOCMBIC: return set_lines(lines & ~*bits);
  default: return -1;
  }
}

int ioctl(int fd, unsigned long request, ...) {
  int (*real)(int, unsigned long, ...);
  *(void **)&real = dlsym(RTLD_NEXT, "ioctl");
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int result = real(fd, request, argument);
  int code = errno;
  if (result == 0 || (code != ENOTTY && code != EINVAL) || !isatty(fd)) {
    errno = code;
    return result;
  }
  if (fake_lines(request, argument) == 0) return 0;
  errno = code;
  return -1;
}

/* For the specs only: ptys pass for real ports, by the numbers of USB adapters.

     LD_PRELOAD=build/real_port_shim.so lua5.4 …

   A pty is told by its device number alone. What the core does only to a real port (it looks for
   readers without a lock, claims the port for itself, gives the rest of the output a limited time)
   is thus done to one. It also has a width and a parity, at first 7E as another program left them,
   which a pty has not: each that is set adds to the file that DFOTA_FRAME_LOG names, such as
   "8N1\n". */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

enum { PTY_FIRST = 136, PTY_LAST = 143, USB_SERIAL = 188 }; /* Linux devices.txt */

/* Ptys of other containers, and of specs that run beside these, have the same numbers: they differ
   by their file system, whose number is put into ours. */
static dev_t passed_off(mode_t mode, dev_t device, dev_t system) {
  unsigned type = major(device);
  if (!S_ISCHR(mode) || type < PTY_FIRST || type > PTY_LAST) return device;
  return makedev(USB_SERIAL, minor(device) + (minor(system) << 10));
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a type in parentheses is none */
#define PASSING(function, type, parameters, arguments)                                             \
  int function parameters;                                                                         \
  int function parameters {                                                                        \
    int(*real) parameters;                                                                         \
    *(void **)&real = dlsym(RTLD_NEXT, #function);                                                 \
    int result = real arguments;                                                                   \
    if (result == 0)                                                                               \
      status->st_rdev = passed_off(status->st_mode, status->st_rdev, status->st_dev);              \
    return result;                                                                                 \
  }

#define FAMILY(suffix, type)                                                                       \
  PASSING(stat##suffix, type, (const char *path, type *status), (path, status))                    \
  PASSING(fstat##suffix, type, (int fd, type *status), (fd, status))                               \
  PASSING(fstatat##suffix, type, (int folder, const char *path, type *status, int flags),          \
          (folder, path, status, flags))
/* NOLINTEND(bugprone-macro-parentheses) */

FAMILY(, struct stat)
#ifdef __GLIBC__
FAMILY(64, struct stat64) /* with 64-bit offsets the core calls these */
#endif

enum { FRAME = CSIZE | PARENB | PARODD };

static tcflag_t frame = CS7 | PARENB;

static void record(tcflag_t cflag) {
  const char *path = getenv("DFOTA_FRAME_LOG");
  if (path == NULL) return;
  FILE *log = fopen(path, "ae");
  if (log == NULL) abort(); /* a spec would judge by half a log */
  fprintf(log, "%d%c%d\n", (cflag & CSIZE) == CS8 ? 8 : 7,
          !(cflag & PARENB)  ? 'N'
          : (cflag & PARODD) ? 'O'
                             : 'E',
          cflag & CSTOPB ? 2 : 1);
  fclose(log);
}

int tcgetattr(int fd, struct termios *line) {
  int (*real)(int, struct termios *);
  *(void **)&real = dlsym(RTLD_NEXT, "tcgetattr");
  int result = real(fd, line);
  if (result == 0) line->c_cflag = (line->c_cflag & ~(tcflag_t)FRAME) | frame;
  return result;
}

int tcsetattr(int fd, int when, const struct termios *line) {
  int (*real)(int, int, const struct termios *);
  *(void **)&real = dlsym(RTLD_NEXT, "tcsetattr");
  int result = real(fd, when, line);
  if (result == 0) {
    frame = line->c_cflag & FRAME;
    record(line->c_cflag);
  }
  return result;
}

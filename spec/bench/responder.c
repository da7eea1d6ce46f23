/* The other side for the speed measurements: a pty that answers as fast as C can.

     responder

   prints the name of its pty, answers every command line with its echo, "+CSQ: 25,0" and OK, and
   ends when its output is closed. */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { READ_SIZE = 4096 };

static const char reply[] = "\r\n+CSQ: 25,0\r\n\r\nOK\r\n";

static bool say(int fd, const char *text, size_t count) {
  while (count > 0) {
    ssize_t written = write(fd, text, count);
    if (written <= 0) return false;
    text += written;
    count -= (size_t)written;
  }
  return true;
}

/* Echoes all that came, with the reply behind each CR. */
static bool answer(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    const char *end = memchr(bytes, '\r', count);
    size_t size = end != NULL ? (size_t)(end - bytes) + 1 : count;
    if (!say(fd, bytes, size)) return false;
    if (end != NULL && !say(fd, reply, sizeof reply - 1)) return false;
    bytes += size;
    count -= size;
  }
  return true;
}

static void serve(int fd) {
  char bytes[READ_SIZE];
  for (;;) {
    struct pollfd set[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};
    if (poll(set, 2, -1) < 0 || set[1].revents != 0) return;
    ssize_t count = read(fd, bytes, sizeof bytes);
    if (count <= 0 || !answer(fd, bytes, (size_t)count)) return;
  }
}

int main(void) {
  struct termios raw;
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return 1;
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  if (slave < 0 || tcgetattr(slave, &raw) != 0) return 1;
  cfmakeraw(&raw);
  if (tcsetattr(slave, TCSANOW, &raw) != 0) return 1;
  printf("%s\n", ptsname(master));
  fflush(stdout);
  serve(master);
  return 0;
}

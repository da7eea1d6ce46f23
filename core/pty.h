/* The other end of a port, for a simulated module: a pty whose slave the client opens. */
#ifndef DFOTA_PTY_H
#define DFOTA_PTY_H

#include <stdbool.h>

#include "failure.h"
#include "stream.h"

#pragma GCC visibility push(hidden)

struct pty {
  struct stream io; /* the master; its name is the slave's */
  int slave_fd;     /* kept open, or the master reads EIO between two clients */
};

/* The client's settings. */
struct pty_line {
  int baud;
  bool rtscts, xonxoff, raw;
  const char *parity; /* "none", "even" or "odd" */
};

void pty_init(struct pty *pty);
bool pty_open(struct pty *pty, struct failure *failure);
void pty_close(struct pty *pty);
bool pty_line(const struct pty *pty, struct pty_line *line, struct failure *failure);

#pragma GCC visibility pop

#endif

/* Reading and writing a non-blocking descriptor, common to ports and ptys. */
#ifndef DFOTA_STREAM_H
#define DFOTA_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

#pragma GCC visibility push(hidden)

#define STREAM_NAME_MAX 4096 /* PATH_MAX */

struct stream {
  int fd; /* -1: closed */
  char name[STREAM_NAME_MAX];
};

/* One exchange. The caller sets out, out_size, in and in_size; the rest is counted here. */
struct transfer {
  const char *out;
  size_t out_size;
  size_t written;
  char *in; /* NULL: do not read */
  size_t in_size;
  size_t received;
};

/* Waits once, then reads what is there and writes what fits. A hang-up is reported only if nothing
   was received with it, so that the last bytes are never lost. */
bool stream_exchange(struct stream *stream, struct transfer *transfer, double timeout_s,
                     struct failure *failure);

/* Writes everything, in as many pieces as necessary. */
bool stream_write(struct stream *stream, const char *bytes, size_t size, double timeout_s,
                  size_t *written, struct failure *failure);

#pragma GCC visibility pop

#endif

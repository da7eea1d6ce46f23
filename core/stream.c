#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "wait.h"

enum outcome { MOVED, NOTHING, GONE, BROKEN };

static bool failed(const struct stream *stream, int code, const char *what, struct failure *f) {
  return failure_set(f, FAILURE_IO, code, "%.200s: %s failed: %s", stream->name, what,
                     strerror(code));
}

static bool hung_up(const struct stream *stream, int code, struct failure *f) {
  return failure_set(f, FAILURE_HANGUP, code,
                     "%.200s: the port is gone (hang-up): check cable, adapter and power",
                     stream->name);
}

static bool too_late(const struct stream *stream, short events, struct failure *f) {
  return failure_set(f, FAILURE_TIMEOUT, 0, "%.200s: timed out: %s", stream->name,
                     events & POLLIN ? "nothing was received" : "the port accepts no more data");
}

static bool await(const struct stream *stream, short events, double deadline, short *revents,
                  struct failure *f) {
  switch (wait_for(stream->fd, events, deadline, revents)) {
  case WAIT_READY: return true;
  case WAIT_TIMEOUT: return too_late(stream, events, f);
  case WAIT_INTERRUPTED:
    return failure_set(f, FAILURE_INTERRUPTED, EINTR, "%.200s: interrupted by a signal",
                       stream->name);
  case WAIT_FAILED: break;
  }
  return failed(stream, errno, "waiting", f);
}

/* A tty reports in several ways that its other end is gone: EIO for a pty or an unplugged adapter,
   ENXIO or ENODEV from some drivers, and, since VMIN is 1, a read of 0 bytes. */
static enum outcome judge(ssize_t count) {
  if (count > 0) return MOVED;
  if (count == 0) {
    errno = 0;
    return GONE;
  }
  switch (errno) {
  case EAGAIN:
  case EINTR: return NOTHING;
  case EIO:
  case EPIPE:
  case ENXIO:
  case ENODEV: return GONE;
  default: return BROKEN;
  }
}

static enum outcome take(const struct stream *stream, struct transfer *t) {
  ssize_t count = read(stream->fd, t->in, t->in_size);
  if (count > 0) t->received = (size_t)count;
  return judge(count);
}

static enum outcome give(const struct stream *stream, struct transfer *t) {
  ssize_t count = write(stream->fd, t->out + t->written, t->out_size - t->written);
  if (count > 0) t->written += (size_t)count;
  return judge(count);
}

/* Reads before it writes, so that a module's last output is not lost to a failing write. A
   descriptor that hung up is tried anyway, because only the call itself shows what is wrong. */
static enum outcome work(const struct stream *stream, struct transfer *t, short revents) {
  const short trouble = POLLHUP | POLLERR | POLLNVAL;
  enum outcome in = NOTHING, out = NOTHING;
  if (t->in != NULL && (revents & (POLLIN | trouble))) in = take(stream, t);
  if (in == GONE || in == BROKEN) return in;
  if (t->written < t->out_size && (revents & (POLLOUT | trouble))) out = give(stream, t);
  if (in == MOVED) return MOVED;
  if (out != NOTHING || !(revents & trouble)) return out;
  /* No data, but the line is down: a read may return nothing on a port whose VMIN is 0. */
  errno = 0;
  return GONE;
}

bool stream_exchange(struct stream *stream, struct transfer *t, double timeout_s,
                     struct failure *f) {
  double deadline = wait_deadline(timeout_s);
  t->received = 0;
  for (;;) {
    short revents = 0;
    short events = (short)((t->in != NULL ? POLLIN : 0) | (t->written < t->out_size ? POLLOUT : 0));
    if (!await(stream, events, deadline, &revents, f)) return false;
    switch (work(stream, t, revents)) {
    case MOVED: return true;
    case NOTHING: /* ready, and then not: the deadline holds even if that goes on */
      if (wait_clock() >= deadline) return too_late(stream, events, f);
      break;
    case GONE: return hung_up(stream, errno, f);
    case BROKEN: return failed(stream, errno, "reading or writing", f);
    }
  }
}

bool stream_write(struct stream *stream, const char *bytes, size_t size, double timeout_s,
                  size_t *written, struct failure *f) {
  struct transfer t = {.out = bytes, .out_size = size};
  double deadline = wait_deadline(timeout_s);
  /* A command nearly always fits, so try to write before waiting. */
  bool ok = true, first = true;
  switch (size > 0 ? give(stream, &t) : MOVED) {
  case GONE: ok = hung_up(stream, errno, f); break;
  case BROKEN: ok = failed(stream, errno, "writing", f); break;
  default: break;
  }
  while (ok && t.written < size) {
    double left = deadline > 0 ? deadline - wait_clock() : 0;
    /* A port that accepts a few bytes at a time must not extend the deadline. */
    ok = left > 0 || first ? stream_exchange(stream, &t, left, f) : too_late(stream, POLLOUT, f);
    first = false;
  }
  *written = t.written;
  return ok;
}

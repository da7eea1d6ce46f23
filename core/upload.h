/* Data mode: exactly `size` bytes of a file, in chunks, at the pace of the other side. It does no
   I/O on the port: it returns what may be written now, and the caller reports what was sent. */
#ifndef DFOTA_UPLOAD_H
#define DFOTA_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#pragma GCC visibility push(hidden)

enum { UPLOAD_ACK_BLOCK = 1024 }; /* one acknowledgement for each (Quectel GSM FILE manual) */

/* XOR of 16-bit words, first byte high; the low byte of a last odd word is 0. */
struct sum16 {
  uint16_t value;
  bool odd;
};

void sum16_add(struct sum16 *sum, const unsigned char *bytes, size_t size);

/* Finds "+++", which ends data mode: one find for each run of three or more '+'. */
struct plus_scan {
  uint64_t offset; /* bytes seen */
  uint64_t run;    /* '+' just before offset */
};

typedef void plus_found(uint64_t offset_of_run, void *context);

void plus_scan_feed(struct plus_scan *scan, const unsigned char *bytes, size_t size,
                    plus_found *found, void *context);

enum upload_state {
  UPLOAD_READY,      /* these bytes may be written */
  UPLOAD_WAIT,       /* nothing now: an acknowledgement is due, or all was sent */
  UPLOAD_FILE_SHORT, /* the file ended before the announced size */
  UPLOAD_FILE_ERROR  /* it cannot be read: errno */
};

struct upload {
  FILE *file;
  uint64_t size;
  uint64_t sent;
  uint64_t acked; /* blocks */
  bool ack;
  struct sum16 sum; /* over what was sent */
  size_t block;
  unsigned char *window;   /* block bytes and a short look ahead */
  size_t have, start, end; /* in window: filled to, sent to, end of the current chunk */
};

/* The file stays the caller's. block: the most bytes in a chunk, at least 1. False: no memory. */
bool upload_begin(struct upload *upload, FILE *file, uint64_t size, size_t block, bool ack);
void upload_end(struct upload *upload);

/* What may be written now. It never exceeds size, nor, in ack mode, the next unacknowledged block
   of 1024, where it must end. Elsewhere it does not end next to a run of "+++": with a pause on
   both sides, that could be taken for the escape sequence. */
enum upload_state upload_chunk(struct upload *upload, const unsigned char **bytes, size_t *count);

/* `count` bytes of the chunk were sent. False if the chunk is shorter. */
bool upload_sent(struct upload *upload, size_t count);

/* False, and not counted, if fewer blocks are waiting for an acknowledgement. */
bool upload_acked(struct upload *upload, uint64_t count);

/* Acknowledgements still due for what was sent. One for a last block of exactly 1024 may or may not
   come (the manual does not say), so it does not count. */
uint64_t upload_acks_owed(const struct upload *upload);

#pragma GCC visibility pop

#endif

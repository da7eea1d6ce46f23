#include "upload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PLUS_RUN = 3, LOOK_AHEAD = PLUS_RUN };

void sum16_add(struct sum16 *sum, const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    sum->value ^= (uint16_t)(sum->odd ? bytes[i] : bytes[i] << 8);
    sum->odd = !sum->odd;
  }
}

void plus_scan_feed(struct plus_scan *scan, const unsigned char *bytes, size_t size,
                    plus_found *found, void *context) {
  for (size_t i = 0; i < size; i++) {
    scan->run = bytes[i] == '+' ? scan->run + 1 : 0;
    scan->offset++;
    if (scan->run == PLUS_RUN) found(scan->offset - PLUS_RUN, context);
  }
}

bool upload_begin(struct upload *upload, FILE *file, uint64_t size, size_t block, bool ack) {
  *upload = (struct upload){.file = file, .size = size, .block = block, .ack = ack};
  upload->window = malloc(block + LOOK_AHEAD);
  return upload->window != NULL;
}

void upload_end(struct upload *upload) {
  free(upload->window);
}

/* How many bytes may be sent before the next acknowledgement. */
static uint64_t allowed(const struct upload *upload) {
  uint64_t open = (upload->acked + 1) * UPLOAD_ACK_BLOCK;
  return upload->ack && open < upload->size ? open : upload->size;
}

/* Moves the rest to the front, and reads until the window is full or the size is reached: never
   further, because a file that has grown must not send more bytes than were announced. The window
   is longer than a block because cut must see whether a run of '+' continues after it. errno is
   cleared first, because a short read does not set it. */
static enum upload_state fill(struct upload *upload) {
  size_t room = upload->block + LOOK_AHEAD;
  uint64_t left = upload->size - upload->sent;
  size_t wanted = left < room ? (size_t)left : room;
  upload->have -= upload->start;
  memmove(upload->window, upload->window + upload->start, upload->have);
  upload->start = upload->end = 0;
  if (upload->have >= wanted) return UPLOAD_READY;
  errno = 0;
  upload->have += fread(upload->window + upload->have, 1, wanted - upload->have, upload->file);
  if (upload->have == wanted) return UPLOAD_READY;
  return ferror(upload->file) ? UPLOAD_FILE_ERROR : UPLOAD_FILE_SHORT;
}

/* The last place at or before `want` that does not touch a run of "+++"; `want` itself if there is
   none. The bytes up to want + LOOK_AHEAD are known, unless the file ends before. */
static size_t cut(const unsigned char *bytes, size_t have, size_t want) {
  size_t end = want;
  while (end > 0) {
    size_t before = 0, after = 0;
    while (before < end && bytes[end - before - 1] == '+') before++;
    while (end + after < have && after < PLUS_RUN && bytes[end + after] == '+') after++;
    if (before + after < PLUS_RUN) return end;
    /* One byte before the run, so that a pause here does not precede it. */
    end = end > before ? end - before - 1 : 0;
  }
  return want;
}

enum upload_state upload_chunk(struct upload *upload, const unsigned char **bytes, size_t *count) {
  uint64_t open = allowed(upload) - upload->sent;
  if (upload->start == upload->end) {
    if (open == 0) return UPLOAD_WAIT;
    enum upload_state state = fill(upload);
    if (state != UPLOAD_READY) return state;
    upload->end =
        open <= upload->block ? (size_t)open : cut(upload->window, upload->have, upload->block);
  }
  *bytes = upload->window + upload->start;
  *count = upload->end - upload->start;
  return UPLOAD_READY;
}

bool upload_sent(struct upload *upload, size_t count) {
  if (count > upload->end - upload->start) return false;
  sum16_add(&upload->sum, upload->window + upload->start, count);
  upload->start += count;
  upload->sent += count;
  return true;
}

bool upload_acked(struct upload *upload, uint64_t count) {
  if (!upload->ack || count > upload->sent / UPLOAD_ACK_BLOCK - upload->acked) return false;
  upload->acked += count;
  return true;
}

uint64_t upload_acks_owed(const struct upload *upload) {
  if (!upload->ack || upload->size == 0) return 0;
  uint64_t sure = (upload->size - 1) / UPLOAD_ACK_BLOCK;
  uint64_t due = upload->sent / UPLOAD_ACK_BLOCK;
  if (due > sure) due = sure;
  return due > upload->acked ? due - upload->acked : 0;
}

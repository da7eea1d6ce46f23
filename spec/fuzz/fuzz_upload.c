/* Data mode with any content, size, block, partial writes and acknowledgements: it sends the file,
   not a byte more, and never past an acknowledgement that is owed. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth) {
  if (!truth) abort();
}

/* One chunk, or an acknowledgement if one is owed. False at the end. */
static int step(struct upload *upload, const uint8_t *content, unsigned pace) {
  const unsigned char *bytes = NULL;
  size_t count = 0;
  switch (upload_chunk(upload, &bytes, &count)) {
  case UPLOAD_READY:
    demand(count > 0 && count <= upload->block && upload->sent + count <= upload->size);
    demand(memcmp(bytes, content + upload->sent, count) == 0);
    if (upload->ack) demand(upload->sent + count <= (upload->acked + 1) * UPLOAD_ACK_BLOCK);
    demand(!upload_sent(upload, count + 1));
    demand(upload_sent(upload, count > pace ? count - pace : count));
    return 1;
  case UPLOAD_WAIT:
    if (upload->sent == upload->size) return 0;
    demand(upload_acks_owed(upload) == 1 && upload_acked(upload, 1));
    return 1;
  case UPLOAD_FILE_SHORT:
  case UPLOAD_FILE_ERROR: break;
  }
  demand(upload->sent < upload->size);
  return 0;
}

/* The first bytes choose: how many more are announced than there are, block, pace, mode; and how
   often the rest is repeated, so that small inputs reach the 1024 as well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { HEAD = 4, TIMES = 16 };
  if (size <= HEAD) return 0;
  size_t part = size - HEAD, total = part * (1 + data[3] % TIMES);
  uint8_t *content = malloc(total);
  for (size_t at = 0; at < total; at += part) memcpy(content + at, data + HEAD, part);
  FILE *file = fmemopen(content, total, "rb");
  struct upload upload;
  struct sum16 sum = {0};
  uint64_t announced = total + (data[0] & 1);
  demand(file != NULL);
  demand(upload_begin(&upload, file, announced, data[1] + 1u, (data[0] & 2) != 0));
  while (step(&upload, content, data[2])) {
  }
  demand(upload.sent <= total && (upload.sent == total || announced > total));
  sum16_add(&sum, content, (size_t)upload.sent);
  demand(sum.value == upload.sum.value);
  upload_end(&upload);
  fclose(file);
  free(content);
  return 0;
}

/* One number for what the pure parts of the core make of many random inputs: the same one on every
   kind of machine, whatever its word size, byte order and alignment. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "at_lexer.h"
#include "at_reply.h"
#include "upload.h"

enum { ROUNDS = 300, INPUT_MAX = 5000, LINE_MAX = 200 };

static uint64_t digest = 14695981039346656037u; /* FNV-1a */
static uint64_t seed = 1;

static void demand(bool truth, const char *what) {
  if (truth) return;
  fprintf(stderr, "digest: %s\n", what);
  exit(1);
}

static void add(const void *bytes, size_t size) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < size; i++) digest = (digest ^ b[i]) * 1099511628211u;
}

static void add_number(uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) {
    unsigned char byte = (unsigned char)(number >> shift);
    add(&byte, 1);
  }
}

static uint32_t draw(uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

/* Bytes as a module sends them, and some that it never would. */
static size_t make_input(char *input) {
  static const char *const words[] = {"\r\n",
                                      "OK\r\n",
                                      "+CSQ: 25,0\r\n",
                                      "ERROR\r\n",
                                      "+CME ERROR: ",
                                      "4010",
                                      "-2147483648",
                                      "9223372036854775807",
                                      "> ",
                                      "CONNECT\r\n",
                                      "AAA",
                                      "\"a,b\",",
                                      "+QIND: \"FOTA\",\"UPDATING\",",
                                      "50%",
                                      "+++"};
  size_t size = 0;
  while (size < INPUT_MAX - 64) {
    if (draw(4) == 0) {
      input[size++] = (char)draw(256);
    } else {
      const char *word = words[draw(sizeof words / sizeof words[0])];
      while (*word != '\0') input[size++] = *word++;
    }
    if (draw(200) == 0) break;
  }
  return size;
}

static void add_line(const char *line, size_t length) {
  struct at_code code = {0};
  struct at_fields fields;
  struct at_field field;
  add_number(at_reply_classify(line, length, &code));
  add_number((uint64_t)code.number);
  add_number(at_fields_begin(&fields, line, length));
  while (at_fields_next(&fields, &field)) {
    add_number(field.kind);
    add_number((uint64_t)field.number);
    add(field.text, field.length);
  }
}

static void lex(const char *input, size_t size) {
  char line[LINE_MAX];
  struct at_lexer lexer;
  struct at_event event;
  at_lexer_init(&lexer, line, sizeof line);
  for (size_t at = 0; at < size;) {
    size_t piece = 1 + draw(64);
    if (piece > size - at) piece = size - at;
    at_lexer_feed(&lexer, input + at, piece);
    enum at_kind kind;
    while ((kind = at_lexer_next(&lexer, &event)) != AT_NONE) {
      add_number(kind);
      add(event.text, event.length);
      if (kind == AT_LINE) add_line(event.text, event.length);
      if (draw(50) == 0) at_lexer_expect_prompt(&lexer, true);
    }
    at += piece;
  }
}

static void note_plus(uint64_t offset, void *context) {
  (void)context;
  add_number(offset);
}

static void send(char *input, size_t size) {
  struct upload upload;
  const unsigned char *bytes;
  size_t count;
  FILE *file = size > 0 ? fmemopen(input, size, "rb") : NULL;
  if (file == NULL) return;
  size_t block = 1 + draw(2000);
  bool ack = draw(2) == 1; /* one draw a line: arguments have no order */
  demand(upload_begin(&upload, file, size, block, ack), "no memory");
  while (upload.sent < upload.size) {
    enum upload_state state = upload_chunk(&upload, &bytes, &count);
    if (state == UPLOAD_WAIT) {
      demand(upload_acked(&upload, 1), "an acknowledgement was not owed");
      continue;
    }
    demand(state == UPLOAD_READY, "the upload broke off");
    add_number(count);
    add(bytes, count);
    demand(upload_sent(&upload, count), "the chunk was not sent");
  }
  add_number(upload.sum.value);
  add_number(upload_acks_owed(&upload));
  upload_end(&upload);
  fclose(file);
}

int main(void) {
  static char input[INPUT_MAX];
  for (int i = 0; i < ROUNDS; i++) {
    struct plus_scan scan = {0};
    size_t size = make_input(input);
    lex(input, size);
    plus_scan_feed(&scan, (const unsigned char *)input, size, note_plus, NULL);
    send(input, size);
  }
  printf("%016" PRIx64 "\n", digest);
  return 0;
}

/* The lexer gives the same events however its bytes are split, and never leaves its memory.

   Input: one byte for modes and the longest line, one for the split, the rest is fed. So that modes
   change in the middle as well, lines that begin with P, D and Q change them, and after one with F
   or G a file of as many bytes as the line is long follows, after the line's LF or at once. */
#include "at_lexer.h"
#include "at_scan.h"
#include "replay.h"

/* Everything told, written down: neighbouring acknowledgements joined, and pieces of a file. */
struct diary {
  char *text;
  size_t length, room;
  enum at_kind last;
};

static void note(struct diary *diary, const void *bytes, size_t size) {
  if (diary->length + size > diary->room) {
    diary->room = 2 * (diary->length + size);
    diary->text = realloc(diary->text, diary->room);
    DEMAND(diary->text != NULL);
  }
  memcpy(diary->text + diary->length, bytes, size);
  diary->length += size;
}

static void note_event(struct diary *diary, enum at_kind kind, const struct at_event *event) {
  bool joins = (kind == AT_ACK || kind == AT_DATA) && kind == diary->last;
  if (!joins) note(diary, "\n", 1);
  if (!joins) note(diary, &"?lpatd"[kind], 1);
  note(diary, event->text, event->length);
  diary->last = kind;
}

static void change_mode(struct at_lexer *lexer, const struct at_event *line) {
  switch (line->text[0]) {
  case 'P': at_lexer_expect_prompt(lexer, true); break;
  case 'D': at_lexer_data_mode(lexer, true); break;
  case 'Q': at_lexer_data_mode(lexer, false); break;
  case 'F': at_lexer_expect_data(lexer, line->length, true); break;
  case 'G': at_lexer_expect_data(lexer, line->length, false); break;
  default: break;
  }
}

static bool within(const char *text, size_t length, const char *begin, size_t size) {
  return text >= begin && text + length <= begin + size;
}

static void check_event(const struct at_lexer *lexer, enum at_kind kind,
                        const struct at_event *event, const char *piece, size_t size) {
  DEMAND(event->length > 0);
  if (kind == AT_PROMPT) {
    DEMAND(event->length == 2 && memcmp(event->text, "> ", 2) == 0);
    return;
  }
  DEMAND(within(event->text, event->length, piece, size) ||
         within(event->text, event->length, lexer->buffer, lexer->capacity));
  if (kind == AT_ACK)
    for (size_t i = 0; i < event->length; i++) DEMAND(event->text[i] == 'A');
  if (kind != AT_LINE && kind != AT_TRUNCATED) return;
  DEMAND(event->length <= lexer->capacity);
  DEMAND(kind == AT_LINE || event->length == lexer->capacity);
  for (size_t i = 0; i < event->length; i++) DEMAND(!at_is_end(event->text[i]));
}

static void feed_piece(struct at_lexer *lexer, struct diary *diary, const char *bytes,
                       size_t size) {
  char *piece = exact_copy(bytes, size);
  struct at_event event;
  enum at_kind kind;
  DEMAND(at_lexer_feed(lexer, piece, size));
  while ((kind = at_lexer_next(lexer, &event)) != AT_NONE) {
    check_event(lexer, kind, &event, piece, size);
    note_event(diary, kind, &event);
    if (kind == AT_LINE) change_mode(lexer, &event);
  }
  DEMAND(lexer->next == lexer->end && lexer->held <= lexer->capacity);
  free(piece);
}

/* In pieces of 1 to `longest` bytes, drawn from a small generator; whole where that is the size. */
static struct diary lex(uint8_t modes, const char *bytes, size_t size, size_t longest) {
  struct diary diary = {0};
  struct at_lexer lexer;
  size_t capacity = AT_LEXER_MIN_LINE + (modes >> 2);
  char *buffer = malloc(capacity);
  DEMAND(buffer != NULL);
  uint32_t seed = (uint32_t)longest;
  at_lexer_init(&lexer, buffer, capacity);
  at_lexer_expect_prompt(&lexer, (modes & 1) != 0);
  at_lexer_data_mode(&lexer, (modes & 2) != 0);
  for (size_t at = 0, piece; at < size; at += piece) {
    seed = seed * 1664525 + 1013904223;
    piece = longest < size ? 1 + (seed >> 16) % longest : size;
    if (piece > size - at) piece = size - at;
    feed_piece(&lexer, &diary, bytes + at, piece);
  }
  struct at_event rest = at_lexer_pending(&lexer);
  note(&diary, "\n-", 2);
  note(&diary, rest.text, rest.length);
  free(buffer);
  return diary;
}

/* Both ways to find a line's end agree with the plain one, from every byte. */
static void check_scan(const char *bytes, size_t size) {
  const char *end = bytes + size, *stop = end;
  for (const char *from = end; from > bytes;) {
    if (at_is_end(*--from)) stop = from;
    DEMAND(at_find_end(from, end) == stop);
    DEMAND(at_find_end_portable(from, end) == stop);
  }
}

static void check_split(const struct diary *whole, struct diary split) {
  DEMAND(split.length == whole->length);
  DEMAND(memcmp(split.text, whole->text, whole->length) == 0);
  free(split.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 3 || size > 4096) return 0;
  char *bytes = exact_copy(data + 2, size - 2);
  size -= 2;
  check_scan(bytes, size);
  struct diary whole = lex(data[0], bytes, size, size);
  check_split(&whole, lex(data[0], bytes, size, 1));
  check_split(&whole, lex(data[0], bytes, size, 1 + data[1] % 24u));
  free(whole.text);
  free(bytes);
  return 0;
}

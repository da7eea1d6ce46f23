#include "at_lexer.h"

#include "at_scan.h"

void at_lexer_init(struct at_lexer *lexer, char *buffer, size_t capacity) {
  *lexer = (struct at_lexer){.buffer = buffer, .capacity = capacity};
}

bool at_lexer_feed(struct at_lexer *lexer, const char *bytes, size_t length) {
  if (lexer->next != lexer->end) return false;
  lexer->next = bytes;
  lexer->end = bytes + length;
  return true;
}

void at_lexer_expect_prompt(struct at_lexer *lexer, bool expected) {
  lexer->prompt = expected;
}

void at_lexer_data_mode(struct at_lexer *lexer, bool on) {
  lexer->data_mode = on;
  lexer->after_ack = false;
}

void at_lexer_expect_data(struct at_lexer *lexer, uint64_t count, bool after_crlf) {
  lexer->data = count;
  lexer->skip_feed = count > 0 && after_crlf;
  lexer->held = 0;
  lexer->overflowed = false;
  lexer->after_ack = false;
}

struct at_event at_lexer_pending(const struct at_lexer *lexer) {
  return (struct at_event){.text = lexer->buffer, .length = lexer->held};
}

static enum at_kind tell(struct at_event *event, enum at_kind kind, const char *text,
                         size_t length) {
  event->text = text;
  event->length = length;
  return kind;
}

/* Keeps the head of a line in the buffer, as much as fits. */
static void hold(struct at_lexer *lexer, const char *text, size_t length) {
  size_t room = lexer->capacity - lexer->held;
  if (length > room) {
    length = room;
    lexer->overflowed = true;
  }
  memcpy(lexer->buffer + lexer->held, text, length);
  lexer->held += length;
}

/* Where the space of a prompt would be: after a '>' at the beginning of a line, which may be held
   from the last feed. */
static const char *behind_mark(const struct at_lexer *lexer) {
  if (lexer->held == 0 && *lexer->next == '>') return lexer->next + 1;
  if (lexer->held == 1 && lexer->buffer[0] == '>') return lexer->next;
  return lexer->end;
}

/* Reported without waiting for a line end, which the module sends only once it has its text. */
static bool take_prompt(struct at_lexer *lexer) {
  const char *blank = behind_mark(lexer);
  if (blank == lexer->end || *blank != ' ') return false;
  lexer->next = blank + 1;
  lexer->held = 0;
  lexer->prompt = false;
  return true;
}

/* All of them in one event: only the number of acknowledged blocks matters. */
static enum at_kind take_acks(struct at_lexer *lexer, struct at_event *event) {
  const char *text = lexer->next;
  while (lexer->next < lexer->end && *lexer->next == 'A') lexer->next++;
  lexer->after_ack = true;
  return tell(event, AT_ACK, text, (size_t)(lexer->next - text));
}

/* The 'A' just reported as an acknowledgement may have been the first letter of a word: then the
   line keeps it. */
static void resume_word(struct at_lexer *lexer) {
  char letter = (char)(*lexer->next | 0x20); /* lower case */
  lexer->after_ack = false;
  if (letter >= 'a' && letter <= 'z' && *lexer->next != 'A') hold(lexer, "A", 1);
}

/* In data mode an 'A' counts only at the beginning of a line, so that is found first. */
static void skip_ends(struct at_lexer *lexer) {
  while (lexer->next < lexer->end && at_is_end(*lexer->next)) lexer->next++;
}

/* A line whose head was held ends at the next byte. */
static enum at_kind finish_held(struct at_lexer *lexer, struct at_event *event) {
  enum at_kind kind = lexer->overflowed ? AT_TRUNCATED : AT_LINE;
  tell(event, kind, lexer->buffer, lexer->held);
  lexer->held = 0;
  lexer->overflowed = false;
  lexer->next++;
  return kind;
}

/* The rest of a line whose head is held, if its end is there. */
static enum at_kind take_rest(struct at_lexer *lexer, struct at_event *event) {
  const char *text = lexer->next;
  const char *stop = at_find_end(text, lexer->end);
  hold(lexer, text, (size_t)(stop - text));
  lexer->next = stop;
  return stop == lexer->end ? AT_NONE : finish_held(lexer, event);
}

/* The common case: begin and end are within the bytes fed, and nothing is copied. */
static enum at_kind take_line(struct at_lexer *lexer, struct at_event *event) {
  const char *text;
  const char *stop = at_find_line(lexer->next, lexer->end, &text);
  size_t length = (size_t)(stop - text);
  if (stop == lexer->end) {
    lexer->next = stop;
    hold(lexer, text, length);
    return AT_NONE;
  }
  lexer->next = stop + 1;
  if (length > lexer->capacity) return tell(event, AT_TRUNCATED, text, lexer->capacity);
  return tell(event, AT_LINE, text, length);
}

/* As much of the file as is there, in place. */
static enum at_kind take_data(struct at_lexer *lexer, struct at_event *event) {
  if (lexer->skip_feed && *lexer->next == '\n') lexer->next++;
  lexer->skip_feed = false;
  const char *text = lexer->next;
  size_t length = (size_t)(lexer->end - text);
  if (length == 0) return AT_NONE;
  if (length > lexer->data) length = (size_t)lexer->data;
  lexer->data -= length;
  lexer->next += length;
  return tell(event, AT_DATA, text, length);
}

/* Not inlined, or the common case would save registers that only this one needs. */
__attribute__((noinline)) static enum at_kind take_special(struct at_lexer *lexer,
                                                           struct at_event *event) {
  if (lexer->data > 0) return take_data(lexer, event);
  if (lexer->after_ack) resume_word(lexer);
  if (lexer->held == 0) {
    skip_ends(lexer);
    if (lexer->next == lexer->end) return AT_NONE;
    if (lexer->data_mode && *lexer->next == 'A') return take_acks(lexer, event);
  }
  if (lexer->prompt && take_prompt(lexer)) return tell(event, AT_PROMPT, "> ", 2);
  return lexer->held > 0 ? take_rest(lexer, event) : take_line(lexer, event);
}

enum at_kind at_lexer_next(struct at_lexer *lexer, struct at_event *event) {
  if (lexer->next == lexer->end) return AT_NONE;
  bool special = lexer->held > 0 || lexer->prompt || lexer->data_mode || lexer->data > 0;
  return special ? take_special(lexer, event) : take_line(lexer, event);
}

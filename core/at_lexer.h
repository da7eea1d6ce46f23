/* From bytes to lines, prompts and acknowledgements.

   A push parser: the caller feeds what was read and takes events until there are none left. No I/O,
   no clock, no allocation. An event points into the bytes fed if it is entirely within them, and
   otherwise into the caller's buffer; it is valid until the next call.

   The same bytes give the same events however they are split into feeds; only an AT_ACK and an
   AT_DATA may come in pieces. A mode set between two events applies from the very next byte. */
#ifndef DFOTA_AT_LEXER_H
#define DFOTA_AT_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum at_kind {
  AT_NONE,      /* everything fed is consumed */
  AT_LINE,      /* a line without its end, never empty */
  AT_PROMPT,    /* "> ", while it is expected */
  AT_ACK,       /* one or more 'A' in data mode */
  AT_TRUNCATED, /* the head of a line that did not fit */
  AT_DATA,      /* bytes of a file, as they are, while they are expected */
};

struct at_event {
  const char *text;
  size_t length;
};

/* Use the functions below to read the fields; they are public so that the caller can own the
   memory. */
struct at_lexer {
  const char *next, *end; /* bytes fed and not consumed yet */
  char *buffer;           /* the head of an incomplete line */
  size_t capacity, held;
  bool overflowed; /* the held line is longer than the buffer */
  bool prompt;     /* a prompt is expected */
  bool data_mode;  /* 'A' at the beginning of a line is an acknowledgement */
  bool after_ack;  /* the last byte consumed was such an 'A' */
  uint64_t data;   /* bytes of a file that are still to come */
  bool skip_feed;  /* before them, the LF of the line that announced them */
};

#define AT_LEXER_MIN_LINE 16 /* bytes */

/* Begin. A line of up to `capacity` bytes (at least AT_LEXER_MIN_LINE) is reported whole, a longer
   one truncated. */
void at_lexer_init(struct at_lexer *lexer, char *buffer, size_t capacity);

/* Feed bytes, which must stay in place until they are consumed. False: those fed before are not
   consumed yet. */
bool at_lexer_feed(struct at_lexer *lexer, const char *bytes, size_t length);

/* Take the next event. */
enum at_kind at_lexer_next(struct at_lexer *lexer, struct at_event *event);

/* Whether "> " at the beginning of a line is a prompt: it asks for a text, as AT+CMGS does (3GPP TS
   27.005 3.5.1), and has no line end. Ends with the first prompt. */
void at_lexer_expect_prompt(struct at_lexer *lexer, bool expected);

/* Whether 'A' at the beginning of a line is an acknowledgement. It is reported at once, since the
   module may send nothing else until it gets more data. If a letter follows, the last 'A' also
   began a word ("ABC"): the line is reported whole, after a false acknowledgement. */
void at_lexer_data_mode(struct at_lexer *lexer, bool on);

/* The next `count` bytes belong to a file and are reported as they are: no byte ends a line or is
   skipped, but for one LF before them if `after_crlf`, because the line that announces them
   (CONNECT) is reported at its CR. An incomplete line is forgotten. 0 ends it early. */
void at_lexer_expect_data(struct at_lexer *lexer, uint64_t count, bool after_crlf);

/* The incomplete line. */
struct at_event at_lexer_pending(const struct at_lexer *lexer);

#pragma GCC visibility pop

#endif

#include "at_reply.h"

#include <limits.h>
#include <string.h>

#define IS(line, length, literal)                                                                  \
  ((length) == sizeof(literal) - 1 && memcmp(line, literal, sizeof(literal) - 1) == 0)
#define BEGINS(line, length, literal)                                                              \
  ((length) >= sizeof(literal) - 1 && memcmp(line, literal, sizeof(literal) - 1) == 0)

static bool is_blank(char byte) {
  return byte == ' ' || byte == '\t';
}

static bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static size_t without_blanks(const char *text, size_t length) {
  while (length > 0 && is_blank(text[length - 1])) length--;
  return length;
}

/* Reads up to `limit` digits; false if there are none, more, or anything else. */
static bool read_digits(const char *text, size_t length, size_t limit, long long *number) {
  if (length == 0 || length > limit) return false;
  long long sum = 0;
  for (size_t i = 0; i < length; i++) {
    if (!is_digit(text[i])) return false;
    sum = sum * 10 + (text[i] - '0');
  }
  *number = sum;
  return true;
}

/* What follows a prefix becomes the code: at most nine digits, so that it fits an int
   everywhere. */
static enum at_class with_code(enum at_class class, const char *text, size_t length,
                               struct at_code *code) {
  while (length > 0 && is_blank(*text)) {
    text++;
    length--;
  }
  long long number = 0;
  code->text = text;
  code->length = length;
  code->numeric = read_digits(text, length, 9, &number);
  code->number = (int)number;
  return class;
}

static enum at_class classify_plus(const char *line, size_t length, struct at_code *code) {
  const size_t prefix = sizeof "+CME ERROR:" - 1;
  if (BEGINS(line, length, "+CME ERROR:"))
    return with_code(AT_CME, line + prefix, length - prefix, code);
  if (BEGINS(line, length, "+CMS ERROR:"))
    return with_code(AT_CMS, line + prefix, length - prefix, code);
  return AT_INFO;
}

static enum at_class classify_co(const char *line, size_t length, struct at_code *code) {
  const size_t word = sizeof "CONNECT" - 1;
  if (IS(line, length, "CONNECT")) return AT_CONNECT;
  if (BEGINS(line, length, "CONNECT "))
    return with_code(AT_CONNECT, line + word, length - word, code);
  return IS(line, length, "COMMAND NO RESPONSE!") ? AT_NO_RESPONSE : AT_INFO;
}

static enum at_class classify_no(const char *line, size_t length) {
  if (IS(line, length, "NO CARRIER")) return AT_NO_CARRIER;
  if (IS(line, length, "NO ANSWER")) return AT_NO_ANSWER;
  if (IS(line, length, "NO DIALTONE") || IS(line, length, "NO DIAL TONE")) return AT_NO_DIALTONE;
  return IS(line, length, "NORMAL POWER DOWN") ? AT_POWER_DOWN : AT_INFO;
}

/* Is this the second letter of any final result code? Most other lines differ there: their first
   letter is a '+', like that of +CME ERROR. */
static bool is_second_letter(char byte) {
  static const bool table[UCHAR_MAX + 1] = {
      ['K'] = true, ['R'] = true, ['C'] = true, ['O'] = true, ['U'] = true, ['E'] = true,
  };
  return table[(unsigned char)byte];
}

enum at_class at_reply_classify(const char *line, size_t length, struct at_code *code) {
  *code = (struct at_code){0};
  if (length < 2 || !is_second_letter(line[1])) return AT_INFO;
  length = without_blanks(line, length);
  switch (*line) {
  case '+': return classify_plus(line, length, code);
  case 'O': return IS(line, length, "OK") ? AT_OK : AT_INFO;
  case 'E': return IS(line, length, "ERROR") ? AT_ERROR : AT_INFO;
  case 'C': return classify_co(line, length, code);
  case 'N': return classify_no(line, length);
  case 'B': return IS(line, length, "BUSY") ? AT_BUSY : AT_INFO;
  case 'D': return IS(line, length, "DEACT OK") ? AT_DEACT_OK : AT_INFO;
  default: return AT_INFO;
  }
}

bool at_reply_is_address(const char *line, size_t length) {
  const char *end = line + without_blanks(line, length);
  for (int part = 1;; part++) {
    const char *stop = line;
    while (stop < end && *stop != '.') stop++;
    long long number;
    if (!read_digits(line, (size_t)(stop - line), 3, &number) || number > 255) return false;
    if (part == 4 || stop == end) return part == 4 && stop == end;
    line = stop + 1;
  }
}

/* As in "+CREG", "+CME ERROR", "Revision" or "STATE". */
static bool in_prefix(char byte) {
  return is_letter(byte) || is_digit(byte) || byte == ' ' || byte == '_' || byte == '-';
}

static bool begins_prefix(char byte) {
  return is_letter(byte) || memchr("+^*#$%&", byte, 7) != NULL;
}

/* The end of a prefix; the beginning of the line if it has none. */
static const char *skip_prefix(const char *line, const char *end) {
  if (line == end || !begins_prefix(*line)) return line;
  do line++;
  while (line < end && in_prefix(*line));
  return line;
}

size_t at_fields_begin(struct at_fields *fields, const char *line, size_t length) {
  const char *end = line + length;
  const char *colon = skip_prefix(line, end);
  bool has_prefix = colon > line && colon < end && *colon == ':';
  fields->next = has_prefix ? colon + 1 : line;
  fields->end = fields->next + without_blanks(fields->next, (size_t)(end - fields->next));
  fields->more = fields->next < fields->end;
  return has_prefix ? (size_t)(colon - line) : 0;
}

/* An integer of up to 18 digits. A long one that begins with 0 is an identifier such as an IMSI,
   not a number: it stays text. */
static bool read_integer(const char *text, size_t length, long long *number) {
  bool minus = length > 1 && *text == '-';
  text += minus;
  length -= minus;
  size_t limit = length > 0 && *text == '0' ? 9 : 18;
  if (!read_digits(text, length, limit, number)) return false;
  if (minus) *number = -*number;
  return true;
}

/* One quoted text. With a quote inside it is not one, and is returned as it is rather than cut. */
static bool is_quoted(const char *text, size_t length) {
  return length >= 2 && text[0] == '"' && text[length - 1] == '"' &&
         memchr(text + 1, '"', length - 2) == NULL;
}

static void read_field(struct at_field *field, const char *text, size_t length) {
  *field = (struct at_field){.kind = AT_FIELD_TEXT, .text = text, .length = length};
  if (length == 0)
    field->kind = AT_FIELD_MISSING;
  else if (is_quoted(text, length))
    *field = (struct at_field){.kind = AT_FIELD_QUOTED, .text = text + 1, .length = length - 2};
  else if (read_integer(text, length, &field->number))
    field->kind = AT_FIELD_INTEGER;
  else if (text[length - 1] == '%' &&
           read_integer(text, without_blanks(text, length - 1), &field->number))
    field->kind = AT_FIELD_PERCENT;
}

bool at_fields_next(struct at_fields *fields, struct at_field *field) {
  if (!fields->more) return false;
  const char *text = fields->next;
  while (text < fields->end && is_blank(*text)) text++;
  const char *comma = text;
  for (bool quoted = false; comma < fields->end && (quoted || *comma != ','); comma++)
    quoted ^= *comma == '"';
  fields->more = comma < fields->end;
  fields->next = comma + fields->more;
  read_field(field, text, without_blanks(text, (size_t)(comma - text)));
  return true;
}

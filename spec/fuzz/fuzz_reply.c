/* What the reply functions say of any line is true of it, and they never look beyond it. */
#include "at_reply.h"
#include "replay.h"

struct span {
  const char *text;
  size_t length;
};

static bool is(struct span line, const char *word) {
  return line.length == strlen(word) && memcmp(line.text, word, line.length) == 0;
}

static bool begins(struct span line, const char *word) {
  return line.length >= strlen(word) && memcmp(line.text, word, strlen(word)) == 0;
}

static bool within(struct span part, struct span whole) {
  return part.text >= whole.text && part.text + part.length <= whole.text + whole.length;
}

static struct span trimmed(struct span line) {
  while (line.length > 0 && strchr(" \t", line.text[line.length - 1]) != NULL &&
         line.text[line.length - 1] != '\0')
    line.length--;
  return line;
}

/* The same question, answered the slow way. */
static enum at_class expected_class(struct span line) {
  static const struct {
    const char *word;
    enum at_class class;
  } words[] = {
      {"OK", AT_OK},
      {"ERROR", AT_ERROR},
      {"CONNECT", AT_CONNECT},
      {"BUSY", AT_BUSY},
      {"NO CARRIER", AT_NO_CARRIER},
      {"NO ANSWER", AT_NO_ANSWER},
      {"NO DIALTONE", AT_NO_DIALTONE},
      {"NO DIAL TONE", AT_NO_DIALTONE},
      {"DEACT OK", AT_DEACT_OK},
      {"NORMAL POWER DOWN", AT_POWER_DOWN},
      {"COMMAND NO RESPONSE!", AT_NO_RESPONSE},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is(line, words[i].word)) return words[i].class;
  if (begins(line, "CONNECT ")) return AT_CONNECT;
  if (begins(line, "+CME ERROR:")) return AT_CME;
  return begins(line, "+CMS ERROR:") ? AT_CMS : AT_INFO;
}

static void check_class(struct span line) {
  struct at_code code;
  enum at_class class = at_reply_classify(line.text, line.length, &code);
  DEMAND(class == expected_class(trimmed(line)));
  if (code.text == NULL) {
    DEMAND(code.length == 0 && !code.numeric);
    return;
  }
  DEMAND(class == AT_CME || class == AT_CMS || class == AT_CONNECT);
  DEMAND(within((struct span){code.text, code.length}, line));
  if (code.numeric) {
    char digits[16] = {0};
    DEMAND(code.length < sizeof digits);
    memcpy(digits, code.text, code.length);
    DEMAND(strtol(digits, NULL, 10) == code.number);
  }
}

static void check_fields(struct span line) {
  struct at_fields fields;
  struct at_field field;
  size_t commas = 0, count = 0;
  for (size_t i = 0; i < line.length; i++) commas += line.text[i] == ',';
  size_t prefix = at_fields_begin(&fields, line.text, line.length);
  DEMAND(prefix == 0 || (prefix < line.length && line.text[prefix] == ':'));
  while (at_fields_next(&fields, &field)) {
    count++;
    DEMAND(within((struct span){field.text, field.length}, line));
    DEMAND((field.kind == AT_FIELD_MISSING) <= (field.length == 0));
    DEMAND(field.kind != AT_FIELD_QUOTED || memchr(field.text, '"', field.length) == NULL);
  }
  DEMAND(count <= commas + 1);
  DEMAND(!at_fields_next(&fields, &field));
}

/* Reads the number and passes the dot behind it, if there is one. */
static const char *check_part(const char *text, bool last) {
  char *end;
  DEMAND(*text >= '0' && *text <= '9');
  DEMAND(strtoul(text, &end, 10) <= 255 && end - text <= 3);
  DEMAND(*end == (last ? '\0' : '.'));
  return end + 1;
}

static void check_address(struct span line) {
  char copy[16] = {0};
  struct span bare = trimmed(line);
  if (!at_reply_is_address(line.text, line.length)) return;
  DEMAND(bare.length < sizeof copy);
  memcpy(copy, bare.text, bare.length);
  const char *part = copy;
  for (int i = 1; i <= 4; i++) part = check_part(part, i == 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 4096) return 0;
  char *copy = exact_copy(data, size);
  struct span line = {copy, size};
  check_class(line);
  check_fields(line);
  check_address(line);
  free(copy);
  return 0;
}

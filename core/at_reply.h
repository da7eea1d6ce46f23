/* Classifies a line: which final result code it is, with which code, or none; and its fields.

   Pure functions over a line without its end. A final result code is matched as a whole line or by
   its prefix with the separator, never as a substring; trailing spaces are tolerated, as some
   modules send them. */
#ifndef DFOTA_AT_REPLY_H
#define DFOTA_AT_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* The final result codes of ITU-T V.250 5.7.1 and 3GPP TS 27.007 9.2, two of GSM modules that
   replace OK, and one of RDA's AT engine that replaces ERROR. */
enum at_class {
  AT_INFO, /* not a final result code */
  AT_OK,
  AT_ERROR,
  AT_CME,     /* +CME ERROR: code or text */
  AT_CMS,     /* +CMS ERROR: code or text */
  AT_CONNECT, /* CONNECT, or CONNECT text */
  AT_NO_CARRIER,
  AT_BUSY,
  AT_NO_ANSWER,
  AT_NO_DIALTONE, /* also spelled NO DIAL TONE */
  AT_DEACT_OK,
  AT_POWER_DOWN,  /* NORMAL POWER DOWN */
  AT_NO_RESPONSE, /* COMMAND NO RESPONSE!: nothing in the module handled the command in time */
};

/* What follows a final result code's prefix; length 0 if nothing. */
struct at_code {
  const char *text;
  size_t length;
  bool numeric; /* all digits: then `number` holds it */
  int number;
};

enum at_class at_reply_classify(const char *line, size_t length, struct at_code *code);

/* Is the line just an IPv4 address in dotted decimal? */
bool at_reply_is_address(const char *line, size_t length);

enum at_field_kind {
  AT_FIELD_MISSING, /* nothing between two commas */
  AT_FIELD_INTEGER,
  AT_FIELD_PERCENT, /* an integer followed by '%' */
  AT_FIELD_QUOTED,  /* text without its quotes */
  AT_FIELD_TEXT,    /* anything else, without surrounding spaces */
};

struct at_field {
  enum at_field_kind kind;
  const char *text;
  size_t length;
  long long number;
};

/* The rest of a line, not split into fields yet. */
struct at_fields {
  const char *next, *end;
  bool more;
};

/* Begin with a line; returns the length of its prefix, 0 if it has none and is all fields. */
size_t at_fields_begin(struct at_fields *fields, const char *line, size_t length);

/* The next field. False: there are no more. */
bool at_fields_next(struct at_fields *fields, struct at_field *field);

#pragma GCC visibility pop

#endif

/* The serial ports of this machine, read from /sys: nothing is opened, because that raises DTR on
   many ports, and DTR may be wired to a module's reset. */
#ifndef DFOTA_SERIAL_LIST_H
#define DFOTA_SERIAL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

#pragma GCC visibility push(hidden)

#define SERIAL_TEXT_MAX 256

struct dirent;

struct serial_list {
  const char *root; /* prefix of /sys, /dev and /proc */
  struct dirent **entries;
  int count, next;
};

/* If unknown, texts are "" and vid and pid -1. */
struct serial_info {
  char name[SERIAL_TEXT_MAX + 64], description[2 * SERIAL_TEXT_MAX + 4];
  const char *transport; /* "usb", "bluetooth" or "native" */
  char manufacturer[SERIAL_TEXT_MAX], product[SERIAL_TEXT_MAX], serial[SERIAL_TEXT_MAX];
  char driver[SERIAL_TEXT_MAX];
  int vid, pid;
};

/* A snapshot of the names, sorted; root is "" except in specs, and must outlive the list. */
bool serial_list_begin(struct serial_list *list, const char *root, struct failure *failure);

/* The next port that still exists. */
bool serial_list_next(struct serial_list *list, struct serial_info *info);

void serial_list_end(struct serial_list *list);

#pragma GCC visibility pop

#endif

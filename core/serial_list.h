/* The serial ports of this machine, as the kernel tells of them in /sys: nothing is opened, for
   that raises DTR on many ports, and DTR may be wired to what resets a module. */
#ifndef DFOTA_SERIAL_LIST_H
#define DFOTA_SERIAL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

#pragma GCC visibility push(hidden)

#define SERIAL_TEXT_MAX 256

struct dirent;

struct serial_list {
  const char *root; /* what stands before /sys, /dev and /proc */
  struct dirent **entries;
  int count, next;
};

/* Texts are "" and vid and pid -1 where they are not known. */
struct serial_info {
  char name[SERIAL_TEXT_MAX + 64], description[2 * SERIAL_TEXT_MAX + 4];
  const char *transport; /* "usb", "bluetooth" or "native" */
  char manufacturer[SERIAL_TEXT_MAX], product[SERIAL_TEXT_MAX], serial[SERIAL_TEXT_MAX];
  int vid, pid;
};

/* A snapshot of the names, in their order; root is "" but for specs, and must outlive the list. */
bool serial_list_begin(struct serial_list *list, const char *root, struct failure *failure);

/* The next port that is still there. */
bool serial_list_next(struct serial_list *list, struct serial_info *info);

void serial_list_end(struct serial_list *list);

#pragma GCC visibility pop

#endif

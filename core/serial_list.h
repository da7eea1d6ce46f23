/* The serial ports of this machine, as far as libserialport can tell. */
#ifndef DFOTA_SERIAL_LIST_H
#define DFOTA_SERIAL_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "failure.h"

struct serial_list {
  void *ports; /* the library's own */
  size_t next;
};

/* Any text may be NULL; vid and pid are -1 where there is no USB. */
struct serial_info {
  const char *name, *description, *transport, *manufacturer, *product, *serial;
  int vid, pid;
};

bool serial_list_begin(struct serial_list *list, struct failure *failure);
bool serial_list_next(struct serial_list *list, struct serial_info *info);
void serial_list_end(struct serial_list *list);

#endif

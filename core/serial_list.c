#include "serial_list.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_visible(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

bool serial_list_begin(struct serial_list *list, const char *root, struct failure *f) {
  char path[PATH_MAX];
  *list = (struct serial_list){.root = root};
  int size = snprintf(path, sizeof path, "%s/sys/class/tty", root);
  errno = ENAMETOOLONG;
  list->count = (size_t)size < sizeof path ? scandir(path, &list->entries, is_visible, versionsort)
                                           : -1; /* ttyS2 before ttyS10 */
  if (list->count >= 0) return true;
  list->count = 0;
  return failure_set(f, FAILURE_IO, errno, "the serial ports cannot be listed: %.200s: %s", path,
                     strerror(errno));
}

void serial_list_end(struct serial_list *list) {
  for (int i = 0; i < list->count; i++) free(list->entries[i]);
  free(list->entries);
  *list = (struct serial_list){0};
}

/* Reads the first line of a file in a directory; "" if there is none. A device's description may
   contain any byte: control characters become '?'. */
static bool read_text(const char *folder, const char *name, char *text, size_t size) {
  char path[PATH_MAX];
  text[0] = '\0';
  if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) return false;
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  bool found = fgets(text, (int)size, file) != NULL;
  fclose(file);
  text[strcspn(text, "\n")] = '\0';
  for (char *c = text; *c != '\0'; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
  return found;
}

static int read_hex(const char *folder, const char *name) {
  char text[16], *end;
  if (!read_text(folder, name, text, sizeof text)) return -1;
  long value = strtol(text, &end, 16);
  return end != text && value >= 0 && value <= 0xffff ? (int)value : -1;
}

/* A port used as the kernel's console has no modem: each line of /proc/consoles begins with such a
   port's name. */
static bool is_console(const char *root, const char *name) {
  char path[PATH_MAX], line[128], console[64];
  bool found = false;
  snprintf(path, sizeof path, "%.1024s/proc/consoles", root);
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  while (!found && fgets(line, sizeof line, file) != NULL)
    found = sscanf(line, "%63s", console) == 1 && strcmp(console, name) == 0;
  fclose(file);
  return found;
}

/* The 8250 driver creates ports for missing chips: type 0 (PORT_UNKNOWN). Drivers of other hardware
   have no such file. */
static bool has_chip(const char *folder) {
  char type[16];
  return !read_text(folder, "type", type, sizeof type) || strcmp(type, "0") != 0;
}

/* Removes the last part. False if none is left. */
static bool go_up(char *folder) {
  char *slash = strrchr(folder, '/');
  if (slash == NULL || slash == folder) return false;
  *slash = '\0';
  return true;
}

static void describe_usb(struct serial_info *info, const char *folder, const char *interface) {
  info->transport = "usb";
  info->pid = read_hex(folder, "idProduct");
  read_text(folder, "manufacturer", info->manufacturer, sizeof info->manufacturer);
  read_text(folder, "product", info->product, sizeof info->product);
  read_text(folder, "serial", info->serial, sizeof info->serial);
  if (info->product[0] == '\0') return;
  snprintf(info->description, sizeof info->description, "%s%s%s", info->product,
           interface[0] != '\0' ? " - " : "", interface);
}

/* The port's USB device is some directories above it, with its interface in between. */
static void find_usb(struct serial_info *info, char *folder) {
  char interface[SERIAL_TEXT_MAX] = "";
  do {
    if (interface[0] == '\0') read_text(folder, "interface", interface, sizeof interface);
    info->vid = read_hex(folder, "idVendor");
    if (info->vid >= 0) {
      describe_usb(info, folder, interface);
      return;
    }
  } while (go_up(folder));
}

/* The driver of the port's hardware. In between, since Linux 6.5, are two devices of the serial
   core (bus serial-base), whose drivers have the same names on every machine. */
static void find_driver(struct serial_info *info, const char *folder) {
  char above[PATH_MAX], path[PATH_MAX], target[PATH_MAX];
  snprintf(above, sizeof above, "%s", folder);
  do {
    if ((size_t)snprintf(path, sizeof path, "%s/driver", above) >= sizeof path) continue;
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size <= 0) continue;
    target[size] = '\0';
    const char *slash = strrchr(target, '/');
    if (slash == NULL || strstr(target, "/serial-base/") != NULL) continue;
    snprintf(info->driver, sizeof info->driver, "%.200s", slash + 1);
    return;
  } while (go_up(above));
}

/* A port in /sys may have no node in /dev: not yet, or not in this container. */
static bool is_device(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISCHR(status.st_mode);
}

/* Finds the hardware with this name: its directory in /sys with all links resolved. False for
   consoles and ptys, which are virtual, and for what has disappeared meanwhile. */
static bool find_folder(const struct serial_list *list, const char *name, char *folder) {
  char path[PATH_MAX];
  int size = snprintf(path, sizeof path, "%s/sys/class/tty/%s", list->root, name);
  return (size_t)size < sizeof path && realpath(path, folder) != NULL &&
         strstr(folder, "/virtual/") == NULL && has_chip(folder);
}

static bool examine(const struct serial_list *list, const char *name, struct serial_info *info) {
  char folder[PATH_MAX];
  bool bluetooth = strncmp(name, "rfcomm", strlen("rfcomm")) == 0;
  *info =
      (struct serial_info){.transport = bluetooth ? "bluetooth" : "native", .vid = -1, .pid = -1};
  int size = snprintf(info->name, sizeof info->name, "%s/dev/%s", list->root, name);
  if ((size_t)size >= sizeof info->name || !find_folder(list, name, folder)) return false;
  if (!is_device(info->name) || is_console(list->root, name)) return false;
  snprintf(info->description, sizeof info->description, "%s", name);
  if (bluetooth) return true;
  find_driver(info, folder);
  find_usb(info, folder);
  return true;
}

bool serial_list_next(struct serial_list *list, struct serial_info *info) {
  while (list->next < list->count)
    if (examine(list, list->entries[list->next++]->d_name, info)) return true;
  return false;
}

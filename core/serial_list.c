#include "serial_list.h"

#include <libserialport.h>
#include <stdio.h>
#include <string.h>

/* The library leaves out the 8250 ports that have no chip behind them. */
bool serial_list_begin(struct serial_list *list, struct failure *f) {
  struct sp_port **ports = NULL;
  *list = (struct serial_list){0};
  if (sp_list_ports(&ports) != SP_OK)
    return failure_set(f, FAILURE_IO, sp_last_error_code(), "the serial ports cannot be listed");
  list->ports = ports;
  return true;
}

void serial_list_end(struct serial_list *list) {
  if (list->ports != NULL) sp_free_port_list(list->ports);
  list->ports = NULL;
}

static const char *transport_name(enum sp_transport transport) {
  switch (transport) {
  case SP_TRANSPORT_USB: return "usb";
  case SP_TRANSPORT_BLUETOOTH: return "bluetooth";
  default: return "native";
  }
}

/* A port that the kernel prints its console to is nobody's modem: each line of /proc/consoles
   begins with such a port's name. */
static bool is_console(const char *name) {
  const char *slash = strrchr(name, '/');
  const char *base = slash ? slash + 1 : name;
  char line[128], console[64];
  bool found = false;
  FILE *file = fopen("/proc/consoles", "re");
  if (file == NULL) return false;
  while (!found && fgets(line, sizeof line, file) != NULL)
    found = sscanf(line, "%63s", console) == 1 && strcmp(console, base) == 0;
  fclose(file);
  return found;
}

bool serial_list_next(struct serial_list *list, struct serial_info *info) {
  struct sp_port **ports = list->ports;
  while (ports[list->next] != NULL && is_console(sp_get_port_name(ports[list->next]))) list->next++;
  const struct sp_port *port = ports[list->next];
  if (port == NULL) return false;
  list->next++;
  *info = (struct serial_info){
      .name = sp_get_port_name(port),
      .description = sp_get_port_description(port),
      .transport = transport_name(sp_get_port_transport(port)),
      .manufacturer = sp_get_port_usb_manufacturer(port),
      .product = sp_get_port_usb_product(port),
      .serial = sp_get_port_usb_serial(port),
      .vid = -1,
      .pid = -1,
  };
  if (sp_get_port_usb_vid_pid(port, &info->vid, &info->pid) != SP_OK) info->vid = info->pid = -1;
  return true;
}

/* The backend for real ports: libserialport opens, configures and drives the lines. Waiting,
   reading and writing are done on its descriptor by stream.c, because its own blocking calls miss
   hang-ups. */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stddef.h>

#include "serial_driver.h"

/* Must be called directly after a failed library call: the code is in errno. */
static int code_of(enum sp_return result) {
  switch (result) {
  case SP_ERR_ARG: return EINVAL;
  case SP_ERR_FAIL: return sp_last_error_code() != 0 ? sp_last_error_code() : EIO;
  case SP_ERR_MEM: return ENOMEM;
  case SP_ERR_SUPP: return ENOTTY;
  default: return 0;
  }
}

static int open_handle(struct sp_port *handle, int *fd) {
  int code = code_of(sp_open(handle, SP_MODE_READ_WRITE));
  if (code == 0) code = code_of(sp_get_port_handle(handle, fd));
  /* The library does not set it; a child process would keep the port and its lines. */
  if (code == 0 && fcntl(*fd, F_SETFD, FD_CLOEXEC) != 0) code = errno;
  return code;
}

static int sp_driver_open(struct serial *port, const char *path) {
  struct sp_port *handle = NULL;
  int code = code_of(sp_get_port_by_name(path, &handle));
  if (code != 0) return code;
  code = open_handle(handle, &port->io.fd);
  if (code == 0) {
    port->handle = handle;
    return 0;
  }
  port->io.fd = -1;
  sp_close(handle);
  sp_free_port(handle);
  return code;
}

static void sp_driver_close(struct serial *port) {
  struct sp_port *handle = port->handle;
  if (handle == NULL) return;
  sp_close(handle);
  sp_free_port(handle);
  port->handle = NULL;
}

/* The single values are only stored; errors are reported by sp_set_config. */
static int sp_driver_configure(struct serial *port, int baud) {
  struct sp_port_config *config = NULL;
  int code = code_of(sp_new_config(&config));
  if (code != 0) return code;
  sp_set_config_baudrate(config, baud);
  sp_set_config_bits(config, 8);
  sp_set_config_parity(config, SP_PARITY_NONE);
  sp_set_config_stopbits(config, 1);
  sp_set_config_flowcontrol(config, SP_FLOWCONTROL_NONE);
  code = code_of(sp_set_config(port->handle, config));
  sp_free_config(config);
  return code;
}

static int sp_driver_read_back(const struct serial *port, int *baud) {
  struct sp_port_config *config = NULL;
  int code = code_of(sp_new_config(&config));
  if (code != 0) return code;
  code = code_of(sp_get_config(port->handle, config));
  if (code == 0) code = code_of(sp_get_config_baudrate(config, baud));
  sp_free_config(config);
  return code;
}

static int sp_driver_set_lines(struct serial *port, enum line_level dtr, enum line_level rts) {
  int code = 0;
  if (dtr != LINE_LEAVE)
    code = code_of(sp_set_dtr(port->handle, dtr == LINE_ON ? SP_DTR_ON : SP_DTR_OFF));
  if (code == 0 && rts != LINE_LEAVE)
    code = code_of(sp_set_rts(port->handle, rts == LINE_ON ? SP_RTS_ON : SP_RTS_OFF));
  return code;
}

static int sp_driver_get_signals(struct serial *port, struct serial_signals *signals) {
  enum sp_signal mask;
  int code = code_of(sp_get_signals(port->handle, &mask));
  if (code != 0) return code;
  signals->cts = (mask & SP_SIG_CTS) != 0;
  signals->dsr = (mask & SP_SIG_DSR) != 0;
  signals->ri = (mask & SP_SIG_RI) != 0;
  signals->dcd = (mask & SP_SIG_DCD) != 0;
  return 0;
}

static int sp_driver_set_break(struct serial *port, bool on) {
  return code_of(on ? sp_start_break(port->handle) : sp_end_break(port->handle));
}

const struct serial_driver serial_sp = {
    .name = "libserialport",
    .open = sp_driver_open,
    .close = sp_driver_close,
    .configure = sp_driver_configure,
    .read_back = sp_driver_read_back,
    .set_lines = sp_driver_set_lines,
    .get_signals = sp_driver_get_signals,
    .set_break = sp_driver_set_break,
};

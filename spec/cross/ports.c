/* A pty and a port on it, without Lua and libserialport: that the calls which differ from one C
   library and word size to the next (rates, breaks, /proc, 64-bit files) do what they should. Runs
   on the machine's own kernel only: qemu-user does not know these calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holder.h"
#include "hurry.h"
#include "pty.h"
#include "serial.h"
#include "serial_driver.h"
#include "serial_list.h"
#include "wait.h"

static int refuse(struct serial *port, const char *path) {
  (void)port;
  (void)path;
  return 22; /* EINVAL: the other backend */
}

/* Stands in for the backend that needs libserialport. */
const struct serial_driver serial_sp = {.name = "libserialport", .open = refuse};

static struct failure failure;

static void demand(bool truth, const char *what) {
  if (truth) return;
  fprintf(stderr, "ports: not so: %s (%s)\n", what, failure.message);
  exit(1);
}

static void check_rates(struct serial *port, const struct pty *pty) {
  static const int rates[] = {300, 9600, 115200, 460800, 3000000, 12345};
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    struct pty_line line = {0};
    demand(serial_set_baud(port, rates[i], &failure), "a rate is set");
    demand(pty_line(pty, &line, &failure) && line.baud == rates[i], "the other end sees it");
    demand(serial_baud(port) == rates[i], "it is read back");
  }
}

static void check_bytes(struct serial *port, struct pty *pty) {
  char got[8] = "";
  size_t written = 0;
  struct transfer in = {.in = got, .in_size = sizeof got - 1};
  demand(stream_write(&port->io, "AT\r", 3, 1, &written, &failure), "bytes are written");
  demand(stream_exchange(&pty->io, &in, 1, &failure), "they arrive");
  demand(written == 3 && strcmp(got, "AT\r") == 0, "as they were");
  double began = wait_clock();
  demand(!stream_exchange(&port->io, &in, 0.05, &failure), "nothing more comes");
  demand(failure.kind == FAILURE_TIMEOUT && wait_clock() - began >= 0.05, "in that time");
}

/* What waits without a time-out is ended, and a signal of that kind is afterwards what it was. */
static void check_hurry(void) {
  const struct timespec long_time = {.tv_sec = 20};
  struct hurry hurry;
  struct sigaction before, after;
  sigaction(SIGRTMIN + 5, NULL, &before);
  double began = wait_clock();
  hurry_begin(&hurry);
  demand(hurry.on, "there is a timer");
  demand(nanosleep(&long_time, NULL) != 0, "a wait is interrupted");
  demand(nanosleep(&long_time, NULL) != 0, "and the next one too");
  hurry_end(&hurry);
  sigaction(SIGRTMIN + 5, NULL, &after);
  demand(wait_clock() - began < 10, "soon");
  demand(after.sa_handler == before.sa_handler, "the handler is the one before");
}

int main(void) {
  struct pty pty;
  struct serial port, second;
  struct holder holder;
  struct serial_list list;
  struct serial_options options = {.baud = 9600, .backend = "auto"};
  pty_init(&pty);
  serial_init(&port);
  serial_init(&second);
  demand(pty_open(&pty, &failure), "a pty opens");
  demand(serial_open(&port, pty.io.name, &options, &failure), "a port opens");
  demand(port.pty && !serial_other_user(&port, &holder), "nobody else has it");
  demand(!serial_open(&second, pty.io.name, &options, &failure), "it opens once");
  demand(failure.kind == FAILURE_PORT_BUSY, "and is busy then");
  check_rates(&port, &pty);
  check_bytes(&port, &pty);
  demand(serial_break(&port, 0.01, &failure), "a break is sent");
  demand(serial_drain(&port, 1, &failure) && serial_discard(&port, &failure), "queues are emptied");
  demand(serial_list_begin(&list, "", &failure), "ports are listed");
  serial_list_end(&list);
  check_hurry();
  serial_close(&port);
  pty_close(&pty);
  puts("ok");
  return 0;
}

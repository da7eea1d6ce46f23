/* Who holds a device: read from /proc and from the lock files of other programs. */
#ifndef DFOTA_HOLDER_H
#define DFOTA_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

#define HOLDER_NAME_MAX 32

struct holder {
  pid_t pid;
  char name[HOLDER_NAME_MAX]; /* the program's name, "" if unknown */
};

/* The live process with the flock on this device, or else any other that has it open. False if none
   is visible: only root can see what other users' processes have open. */
bool holder_of_device(const struct stat *device, struct holder *holder);

/* Any other process that has the device open, except the one at the other end of a pty. */
bool holder_with_open(const struct stat *device, struct holder *holder);

/* Is a process known not to have the device open? */
bool holder_lacks(pid_t pid, const struct stat *device);

/* A live process named by a lock file LCK..NAME for path (minicom, pppd and others write them;
   this program only reads them). Writes the lock file's name to file. */
bool holder_by_lock_file(const char *path, char *file, size_t size, struct holder *holder);

/* Is it the slave of a pty? */
bool holder_is_pty(const struct stat *device);

#pragma GCC visibility pop

#endif

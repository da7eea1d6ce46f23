#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fstatat, O_NOFOLLOW, kill */
#endif
#include "holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void name_process(struct holder *holder) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/comm", (long)holder->pid);
  holder->name[0] = '\0';
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  if (fgets(holder->name, sizeof holder->name, file) != NULL)
    holder->name[strcspn(holder->name, "\n")] = '\0';
  fclose(file);
}

/* A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 712 00:15:4 0 EOF"; the device numbers are
   those of the file system that holds the node. */
static pid_t flock_owner(const char *line, const struct stat *device) {
  long pid;
  unsigned high, low;
  unsigned long inode;
  /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote these numbers */
  int n = sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid, &high, &low, &inode);
  if (n != 4) return 0;
  bool same =
      inode == device->st_ino && high == major(device->st_dev) && low == minor(device->st_dev);
  return same ? (pid_t)pid : 0;
}

static bool holder_with_flock(const struct stat *device, struct holder *holder) {
  char line[256];
  FILE *file = fopen("/proc/locks", "re");
  if (file == NULL) return false;
  holder->pid = 0;
  while (holder->pid <= 0 && fgets(line, sizeof line, file) != NULL)
    holder->pid = flock_owner(line, device);
  fclose(file);
  return holder->pid > 0;
}

bool holder_is_pty(const struct stat *device) {
  enum { PTY_SLAVE_MAJOR_FIRST = 136, PTY_SLAVE_MAJOR_LAST = 143 }; /* Linux devices.txt */
  unsigned type = major(device->st_rdev);
  return type >= PTY_SLAVE_MAJOR_FIRST && type <= PTY_SLAVE_MAJOR_LAST;
}

/* Each container has ptys of its own, which only their file system tells from ours. */
static bool same_device(const struct stat *a, const struct stat *b) {
  return a->st_rdev == b->st_rdev && (!holder_is_pty(a) || a->st_dev == b->st_dev);
}

static bool has_open(pid_t pid, const struct stat *device) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
  DIR *directory = opendir(path);
  if (directory == NULL) return false;
  bool found = false;
  struct dirent *entry;
  while (!found && (entry = readdir(directory)) != NULL) {
    struct stat open_file;
    found = fstatat(dirfd(directory), entry->d_name, &open_file, 0) == 0 &&
            S_ISCHR(open_file.st_mode) && same_device(&open_file, device);
  }
  closedir(directory);
  return found;
}

bool holder_with_open(const struct stat *device, struct holder *holder) {
  DIR *directory = opendir("/proc");
  if (directory == NULL) return false;
  holder->pid = 0;
  struct dirent *entry;
  while (holder->pid == 0 && (entry = readdir(directory)) != NULL) {
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid > 0 && pid != getpid() && has_open(pid, device)) holder->pid = pid;
  }
  closedir(directory);
  if (holder->pid == 0) return false;
  name_process(holder);
  return true;
}

bool holder_of_device(const struct stat *device, struct holder *holder) {
  if (!holder_with_flock(device, holder)) return holder_with_open(device, holder);
  name_process(holder);
  return true;
}

/* Lock files hold the process id in ASCII, or (old UUCP) as a raw int. */
static pid_t read_lock_file(const char *path) {
  char bytes[64] = "";
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return 0;
  ssize_t size = read(fd, bytes, sizeof bytes - 1);
  close(fd);
  int binary;
  if (size == (ssize_t)sizeof binary && !isspace((unsigned char)bytes[0]) &&
      !isdigit((unsigned char)bytes[0])) {
    memcpy(&binary, bytes, sizeof binary);
    return binary;
  }
  return size > 0 ? (pid_t)strtol(bytes, NULL, 10) : 0;
}

bool holder_by_lock_file(const char *path, struct holder *holder) {
  static const char *const directories[] = {"/var/lock", "/run/lock"};
  const char *slash = strrchr(path, '/');
  for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
    char file[PATH_MAX];
    int size =
        snprintf(file, sizeof file, "%s/LCK..%s", directories[i], slash != NULL ? slash + 1 : path);
    if (size < 0 || (size_t)size >= sizeof file) continue;
    holder->pid = read_lock_file(file);
    if (holder->pid <= 0 || holder->pid == getpid()) continue;
    if (kill(holder->pid, 0) != 0 && errno != EPERM) continue; /* left behind by the dead */
    name_process(holder);
    return true;
  }
  return false;
}

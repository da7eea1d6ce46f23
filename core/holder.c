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

/* By its short name: its command line may be long, or contain a secret. */
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
   those of the file system that contains the node. */
static pid_t flock_owner(const char *line, const struct stat *device) {
  long pid;
  unsigned high, low;
  unsigned long long inode;
  /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote these numbers */
  int n = sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%llu", &pid, &high, &low, &inode);
  if (n != 4) return 0;
  bool same =
      inode == device->st_ino && high == major(device->st_dev) && low == minor(device->st_dev);
  return same ? (pid_t)pid : 0;
}

enum { PTY_SLAVE_MAJOR_FIRST = 136, PTY_SLAVE_MAJOR_LAST = 143 }; /* Linux devices.txt */

bool holder_is_pty(const struct stat *device) {
  unsigned type = major(device->st_rdev);
  return type >= PTY_SLAVE_MAJOR_FIRST && type <= PTY_SLAVE_MAJOR_LAST;
}

/* Each container has its own ptys, distinguished from ours only by their file system. */
static bool same_device(const struct stat *a, const struct stat *b) {
  return a->st_rdev == b->st_rdev && (!holder_is_pty(a) || a->st_dev == b->st_dev);
}

enum look { ABSENT, OPEN, OTHER_END, HIDDEN };

/* The masters of all ptys are this one device; only fdinfo shows which pty it is. */
static bool is_ptmx(const struct stat *file) {
  enum { ALTERNATE_TTY_MAJOR = 5, PTMX_MINOR = 2 }; /* Linux devices.txt */
  return S_ISCHR(file->st_mode) && major(file->st_rdev) == ALTERNATE_TTY_MAJOR &&
         minor(file->st_rdev) == PTMX_MINOR;
}

/* Is a descriptor the master of this slave? The process at the other end, such as a simulated
   module, may keep both ends open without competing for the port. */
static bool is_master_of(pid_t pid, const char *fd, const struct stat *slave) {
  enum { MINORS = 256 };
  char path[64], line[128];
  unsigned index, own = (major(slave->st_rdev) - PTY_SLAVE_MAJOR_FIRST) * MINORS;
  bool found = false;
  snprintf(path, sizeof path, "/proc/%ld/fdinfo/%.16s", (long)pid, fd);
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  own += minor(slave->st_rdev);
  while (!found && fgets(line, sizeof line, file) != NULL)
    /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote this number */
    found = sscanf(line, "tty-index: %u", &index) == 1 && index == own;
  fclose(file);
  return found;
}

/* Checks a process's open files. OTHER_END: it has the pty's master as well. HIDDEN: another user's
   process, which only root may inspect. */
static enum look has_open(pid_t pid, const struct stat *device) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
  DIR *directory = opendir(path);
  if (directory == NULL) return errno == EACCES || errno == EPERM ? HIDDEN : ABSENT;
  bool found = false, master = false, pty = holder_is_pty(device);
  struct dirent *entry;
  while ((entry = readdir(directory)) != NULL) {
    struct stat file;
    if (fstatat(dirfd(directory), entry->d_name, &file, 0) != 0) continue;
    found = found || (S_ISCHR(file.st_mode) && same_device(&file, device));
    master = master || (pty && is_ptmx(&file) && is_master_of(pid, entry->d_name, device));
  }
  closedir(directory);
  if (!found) return ABSENT;
  return master ? OTHER_END : OPEN;
}

bool holder_lacks(pid_t pid, const struct stat *device) {
  return has_open(pid, device) == ABSENT;
}

/* EPERM: it is alive, and another user's. */
static bool is_alive(pid_t pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

/* /proc/locks shows who took a lock. That process may have passed on its descriptor and exited, and
   its pid may have been reused. */
static bool holder_with_flock(const struct stat *device, struct holder *holder) {
  char line[256];
  FILE *file = fopen("/proc/locks", "re");
  if (file == NULL) return false;
  holder->pid = 0;
  while (holder->pid <= 0 && fgets(line, sizeof line, file) != NULL)
    holder->pid = flock_owner(line, device);
  fclose(file);
  return holder->pid > 0 && is_alive(holder->pid) && has_open(holder->pid, device) != ABSENT;
}

bool holder_with_open(const struct stat *device, struct holder *holder) {
  DIR *directory = opendir("/proc");
  if (directory == NULL) return false;
  holder->pid = 0;
  struct dirent *entry;
  while (holder->pid == 0 && (entry = readdir(directory)) != NULL) {
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid > 0 && pid != getpid() && has_open(pid, device) == OPEN) holder->pid = pid;
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

/* A valid process id, or 0. */
static pid_t pid_of(long long number) {
  return number > 0 && number <= INT_MAX ? (pid_t)number : 0;
}

/* Lock files begin with the process id in ASCII, or are (old UUCP) a raw int. Anything else locks
   nothing. */
static pid_t read_lock_file(const char *path) {
  char bytes[64] = "", *end;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return 0;
  ssize_t size = read(fd, bytes, sizeof bytes - 1);
  close(fd);
  if (size <= 0) return 0;
  errno = 0;
  long long number = strtoll(bytes, &end, 10);
  bool whole = end != bytes && (*end == '\0' || isspace((unsigned char)*end));
  if (whole && errno == 0) return pid_of(number);
  int binary;
  if (whole || size != (ssize_t)sizeof binary) return 0;
  memcpy(&binary, bytes, sizeof binary);
  return pid_of(binary);
}

/* A stale lock, whose process is gone, does not count; nor does our own. */
static bool locked_by(const char *file, struct holder *holder) {
  holder->pid = read_lock_file(file);
  if (holder->pid == 0 || holder->pid == getpid() || !is_alive(holder->pid)) return false;
  name_process(holder);
  return true;
}

bool holder_by_lock_file(const char *path, char *file, size_t size, struct holder *holder) {
  static const char *const directories[] = {"/var/lock", "/run/lock"};
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
    int length = snprintf(file, size, "%s/LCK..%s", directories[i], name);
    if (length >= 0 && (size_t)length < size && locked_by(file, holder)) return true;
  }
  return false;
}

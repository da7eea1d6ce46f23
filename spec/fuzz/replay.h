/* A fuzz target without libFuzzer: with -DFUZZ_REPLAY it is a plain program that runs each file
   named on its command line once, under any compiler, valgrind or coverage. */
#ifndef DFOTA_REPLAY_H
#define DFOTA_REPLAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert, but never compiled out. */
#define DEMAND(condition)                                                                          \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                      \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/* A copy of exactly this size, so that a sanitizer sees every byte read beyond it. */
static inline char *exact_copy(const void *bytes, size_t size) {
  char *copy = malloc(size > 0 ? size : 1);
  DEMAND(copy != NULL);
  if (size > 0) memcpy(copy, bytes, size);
  return copy;
}

#ifdef FUZZ_REPLAY
int main(int argc, char **argv) {
  static uint8_t data[1 << 16];
  for (int i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    DEMAND(file != NULL);
    LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, file));
    fclose(file);
  }
  printf("%d files, no fault\n", argc - 1);
  return 0;
}
#endif

#endif

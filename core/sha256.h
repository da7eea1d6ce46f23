/* SHA-256 (FIPS 180-4), of bytes as they come. */
#ifndef DFOTA_SHA256_H
#define DFOTA_SHA256_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum { SHA256_SIZE = 32, SHA256_BLOCK = 64 }; /* bytes */

struct sha256 {
  uint32_t state[8];
  uint64_t size;                     /* bytes seen */
  unsigned char block[SHA256_BLOCK]; /* the last size % SHA256_BLOCK of them */
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t size);

/* The hash of what was added; nothing more may be added after it. */
void sha256_end(struct sha256 *sha, unsigned char hash[SHA256_SIZE]);

#pragma GCC visibility pop

#endif

#include "sha256.h"

#include <string.h>

enum { WORDS = 16, ROUNDS = 64 };

/* FIPS 180-4, 4.2.2: the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotated(uint32_t x, int bits) {
  return x >> bits | x << (32 - bits);
}

static uint32_t word_at(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_word(unsigned char *bytes, uint32_t word) {
  for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)(word >> (24 - 8 * i));
}

/* 6.2.2, step 1: the message schedule. */
static void schedule(uint32_t w[ROUNDS], const unsigned char *block) {
  for (int t = 0; t < WORDS; t++) w[t] = word_at(block + (size_t)4 * (size_t)t);
  for (int t = WORDS; t < ROUNDS; t++) {
    uint32_t s0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3;
    uint32_t s1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
}

/* 6.2.2, steps 2 to 4, in the standard's names. */
static void add_block(uint32_t state[8], const unsigned char *block) {
  uint32_t w[ROUNDS];
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  schedule(w, block);
  for (int t = 0; t < ROUNDS; t++) {
    uint32_t s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[t] + w[t];
    uint32_t s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  const uint32_t last[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; i++) state[i] += last[i];
}

void sha256_begin(struct sha256 *sha) {
  static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(sha->state, first, sizeof first);
  sha->size = 0;
}

/* Whole blocks are taken from where they are; only what is left over is copied. */
void sha256_add(struct sha256 *sha, const void *bytes, size_t size) {
  const unsigned char *from = bytes;
  size_t held = (size_t)(sha->size % SHA256_BLOCK);
  sha->size += size;
  if (held > 0) {
    size_t more = size < SHA256_BLOCK - held ? size : SHA256_BLOCK - held;
    memcpy(sha->block + held, from, more);
    if (held + more < SHA256_BLOCK) return;
    add_block(sha->state, sha->block);
    from += more;
    size -= more;
  }
  for (; size >= SHA256_BLOCK; from += SHA256_BLOCK, size -= SHA256_BLOCK)
    add_block(sha->state, from);
  memcpy(sha->block, from, size);
}

/* 5.1.1: a one bit, zeros, and the size in bits, up to the end of a block. */
void sha256_end(struct sha256 *sha, unsigned char hash[SHA256_SIZE]) {
  static const unsigned char padding[SHA256_BLOCK] = {0x80};
  enum { LENGTH = 8 };
  unsigned char length[LENGTH];
  uint64_t bits = sha->size * 8;
  put_word(length, (uint32_t)(bits >> 32));
  put_word(length + 4, (uint32_t)bits);
  size_t held = (size_t)(sha->size % SHA256_BLOCK);
  size_t room = SHA256_BLOCK - LENGTH;
  sha256_add(sha, padding, held < room ? room - held : SHA256_BLOCK + room - held);
  sha256_add(sha, length, sizeof length);
  for (int i = 0; i < 8; i++) put_word(hash + (size_t)4 * (size_t)i, sha->state[i]);
}

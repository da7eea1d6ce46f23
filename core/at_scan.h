/* Finds the end of a line: the only loop that looks at every byte, so the only one optimised for
   speed. */
#ifndef DFOTA_AT_SCAN_H
#define DFOTA_AT_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* CR and LF each end a line. */
static inline bool at_is_end(char byte) {
  return byte == '\r' || byte == '\n';
}

#if defined(__SSE2__)
enum { AT_LOOK = 32 }; /* bytes: most lines of a module, with the ends before them, are shorter */

/* Bit i is set if byte i of the 16 is a CR or an LF. */
static inline uint32_t at_end_mask_16(const char *bytes) {
  __m128i block;
  memcpy(&block, bytes, sizeof block);
  __m128i cr = _mm_cmpeq_epi8(block, _mm_set1_epi8('\r'));
  __m128i lf = _mm_cmpeq_epi8(block, _mm_set1_epi8('\n'));
  return (uint32_t)_mm_movemask_epi8(_mm_or_si128(cr, lf));
}

/* The same for AT_LOOK bytes. */
static inline uint32_t at_end_mask(const char *bytes) {
  return at_end_mask_16(bytes) | at_end_mask_16(bytes + 16) << 16;
}
#endif

/* Does one of eight bytes equal the byte repeated in `pattern`? x has a zero byte where they are
   equal. */
static inline bool at_word_has(uint64_t word, uint64_t pattern) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t x = word ^ pattern;
  return ((x - ones) & ~x & (ones << 7)) != 0;
}

/* The same in portable C: whole words first, then the bytes of the last one. */
static inline const char *at_find_end_portable(const char *from, const char *end) {
  while (end - from >= 8) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
    if (at_word_has(word, UINT64_C(0x0D0D0D0D0D0D0D0D)) ||
        at_word_has(word, UINT64_C(0x0A0A0A0A0A0A0A0A)))
      break;
    from += 8;
  }
  while (from < end && !at_is_end(*from)) from++;
  return from;
}

/* The first CR or LF in [from, end), or end. Never reads at or past end: what remains after the
   last full block is left to the portable version, which is therefore used on every machine. */
static inline const char *at_find_end(const char *from, const char *end) {
#if defined(__SSE2__)
  for (; end - from >= AT_LOOK; from += AT_LOOK) {
    uint32_t mask = at_end_mask(from);
    if (mask != 0) return from + __builtin_ctz(mask);
  }
#endif
  return at_find_end_portable(from, end);
}

/* Skips CRs and LFs: *begin is where a line begins, the result where it ends; either may be end.
   One block finds most lines and the line ends before them. */
static inline const char *at_find_line(const char *from, const char *end, const char **begin) {
#if defined(__SSE2__)
  uint32_t mask = end - from >= AT_LOOK ? at_end_mask(from) : UINT32_MAX;
  if (mask != UINT32_MAX) {
    uint32_t after = mask & (mask + 1); /* without the line ends that are skipped */
    *begin = from + __builtin_ctz(~mask);
    return after != 0 ? from + __builtin_ctz(after) : at_find_end(from + AT_LOOK, end);
  }
#endif
  while (from < end && at_is_end(*from)) from++;
  *begin = from;
  return at_find_end(from, end);
}

#endif

/* How fast the lexer is: against a bare memchr('\n') loop, which finds lines and knows nothing
   about them, on the same synthetic transcript in the same run.

     lexer_bench             a table, from a transcript of 32 MB
     lexer_bench --once MB   lexer and classification once over MB; prints the bytes, for
                           callgrind */
#include "at_lexer.h"
#include "at_reply.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEGABYTE ((size_t)1 << 20)
#define ROUNDS 25

#define END "\r\n"
#define ECHO_END "\r\r\n"
#define OK END "OK\r\n"

/* What a module prints for one command with echo on: echo, lines, final. */
static const char AT[] = "AT" ECHO_END "OK\r\n";
static const char ATI[] =
    "ATI" ECHO_END "Quectel_Ltd\r\nQuectel_MC65\r\nRevision: MC65FAR01A01\r\n" OK;
static const char SPACE[] = "AT+QFLDS=\"UFS\"" ECHO_END "+QFLDS: 812340,1048576\r\n" OK;
static const char FILES[] =
    "AT+QFLST=\"*\"" ECHO_END
    "+QFLST: \"fota.pack\",156104\r\n+QFLST: \"certificate.pem\",1208\r\n" OK;
static const char OPERATOR[] = "AT+COPS?" ECHO_END "+COPS: 0,0,\"Example Mobile, GSM\"\r\n" OK;
static const char SUPPLY[] = "AT+CBC" ECHO_END "+CBC: 0,84,3987\r\n" OK;
static const char THREE[] =
    "AT+CSQ;+CGREG?;+CPIN?" ECHO_END "+CSQ: 21,0\r\n\r\n+CGREG: 0,1\r\n\r\n+CPIN: READY\r\n" OK;
static const char ABSENT[] = "AT+QFDEL=\"fota.pack\"" ECHO_END "+CME ERROR: 4010\r\n";
static const char REFUSED[] =
    "AT+QIREGAPP=\"internet.example\",\"user\",\"word\"" ECHO_END "ERROR\r\n";
static const char UPLOAD[] =
    "AT+QFUPL=\"fota.pack\",156104,60,1" ECHO_END "CONNECT\r\n\r\n+QFUPL: 156104,4300\r\n" OK;
static const char DOWNLOAD[] = "AT+QFOTADL=\"http://updates.example.com:8111/packages/mc65/"
                               "MC65FAR01A01-to-MC65FAR01A02/fota.pack\"" ECHO_END "OK\r\n";
static const char CELLS[] = "AT+QENG?" ECHO_END "+QENG: 1,0\r\n\r\n"
                            "+QENG: 0,262,01,1a2b,0f3c,57,43,-71,59,59,5,8,x,x,x,x,x,x,x\r\n"
                            "+QENG: 1,1,62,-79,21,46,57,262,01,1a2b,0f3d\r\n" OK;
static const char *const REPLIES[] = {AT,    ATI,    SPACE,   FILES,  OPERATOR, SUPPLY,
                                      THREE, ABSENT, REFUSED, UPLOAD, DOWNLOAD, CELLS};

static const char *const UNSOLICITED[] = {
    "\r\n+CREG: 1,\"1A2B\",\"0F3C\"\r\n",       "\r\n+QIND: \"FOTA\",\"UPDATING\", 42%\r\n",
    "\r\n+QIND: \"FOTA\",\"HTTPEND\",0\r\n",    "\r\n+CMTI: \"SM\",12\r\n",
    "\r\n+CLIP: \"+49151000000\",145,,,,0\r\n", "\r\nUNDER_VOLTAGE WARNING \r\n",
};

struct transcript {
  char *bytes;
  size_t length, replies, unsolicited;
};

/* A small generator, so that every machine makes the same transcript. */
static size_t draw(uint64_t *state, size_t below) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(*state >> 33) % below;
}

static struct transcript make_transcript(size_t size) {
  struct transcript t = {.bytes = malloc(size)};
  uint64_t seed = 65;
  if (t.bytes == NULL) exit(1);
  for (;;) {
    int reply = draw(&seed, 4) != 0; /* one unsolicited line to three replies */
    const char *text = reply ? REPLIES[draw(&seed, sizeof REPLIES / sizeof *REPLIES)]
                             : UNSOLICITED[draw(&seed, sizeof UNSOLICITED / sizeof *UNSOLICITED)];
    size_t length = strlen(text);
    if (t.length + length > size) return t;
    memcpy(t.bytes + t.length, text, length);
    t.length += length;
    *(reply ? &t.replies : &t.unsolicited) += 1;
  }
}

static size_t count_lf(const char *bytes, size_t length) {
  size_t count = 0;
  const char *end = bytes + length;
  for (const char *lf; (lf = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL; bytes = lf + 1)
    count++;
  return count;
}

/* What a simple splitter does: byte for byte to LF, CRs cut off, empty lines left out. */
static size_t split_lf(const char *bytes, size_t length) {
  size_t count = 0, begin = 0;
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] != '\n') continue;
    size_t end = i;
    while (end > begin && bytes[end - 1] == '\r') end--;
    count += end > begin;
    begin = i + 1;
  }
  return count;
}

static size_t lex(const char *bytes, size_t length, size_t piece, int classify) {
  static char buffer[1024];
  struct at_lexer lexer;
  struct at_event event;
  struct at_code code;
  size_t count = 0;
  at_lexer_init(&lexer, buffer, sizeof buffer);
  for (size_t at = 0; at < length; at += piece) {
    at_lexer_feed(&lexer, bytes + at, length - at < piece ? length - at : piece);
    while (at_lexer_next(&lexer, &event) != AT_NONE)
      count += classify ? at_reply_classify(event.text, event.length, &code) != AT_INFO : 1;
  }
  return count;
}

static size_t lex_whole(const char *bytes, size_t length) {
  return lex(bytes, length, length, 1);
}

/* By its name, callgrind counts this function and not the making of the transcript. */
__attribute__((noinline)) static size_t lex_reads(const char *bytes, size_t length) {
  return lex(bytes, length, 4096, 1);
}
static size_t lex_lines(const char *bytes, size_t length) {
  return lex(bytes, length, 4096, 0);
}

/* CPU time, so that what else runs on the machine counts as little as can be. */
static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct contender {
  const char *name;
  size_t (*run)(const char *bytes, size_t length);
  size_t count;
  double best_s;
};

/* In turns, so that a slow moment of the machine hits all of them. */
static void race(struct contender *contenders, size_t n, const struct transcript *t) {
  for (int round = 0; round < ROUNDS; round++)
    for (size_t i = 0; i < n; i++) {
      double begin = now_s();
      contenders[i].count = contenders[i].run(t->bytes, t->length);
      double took = now_s() - begin;
      if (round == 0 || took < contenders[i].best_s) contenders[i].best_s = took;
    }
}

static void print_table(void) {
  struct contender contenders[] = {
      {.name = "memchr('\\n') loop", .run = count_lf},
      {.name = "lexer + classify, one feed", .run = lex_whole},
      {.name = "lexer + classify, feeds of 4 KiB", .run = lex_reads},
      {.name = "lexer alone, feeds of 4 KiB", .run = lex_lines},
      {.name = "LF splitter, byte for byte", .run = split_lf},
  };
  const size_t n = sizeof contenders / sizeof *contenders;
  struct transcript t = make_transcript(32 * MEGABYTE);
  race(contenders, n, &t);
  printf("lexer: %zu bytes, %zu replies, %zu unsolicited; best of %d rounds\n", t.length, t.replies,
         t.unsolicited, ROUNDS);
  for (size_t i = 0; i < n; i++)
    printf("  %-34s %7.0f MB/s  %5.2f of memchr  (%zu counted)\n", contenders[i].name,
           (double)t.length / contenders[i].best_s / 1e6,
           contenders[0].best_s / contenders[i].best_s, contenders[i].count);
  free(t.bytes);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--once") == 0) {
    struct transcript t = make_transcript(strtoul(argv[2], NULL, 10) * MEGABYTE);
    size_t finals = lex_reads(t.bytes, t.length);
    printf("%zu bytes, %zu finals\n", t.length, finals);
    free(t.bytes);
    return finals == 0;
  }
  if (argc != 1) return fprintf(stderr, "usage: lexer_bench [--once MB]\n"), 2;
  print_table();
  return 0;
}

#!/bin/sh
# Instructions per byte of lexer and classification, which no other load on the machine changes:
# spec/bench/lexer_callgrind.sh [PROGRAM], the built lexer_bench.
set -eu
program=${1:-build/bench/lexer_bench}
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
log=$(valgrind --tool=callgrind --callgrind-out-file="$counts" --toggle-collect=lex_reads \
  "$program" --once 4 2>&1) || { echo "$log"; exit 1; }
echo "$log" | awk '
  /bytes,.*finals/ { bytes = $1 }
  /Collected/      { instructions = $NF }
  END {
    if (!bytes || !instructions) { print "lexer: callgrind counted nothing"; exit 1 }
    printf "lexer + classify: %.2f instructions per byte (%d over %d bytes)\n",
      instructions / bytes, instructions, bytes
  }'

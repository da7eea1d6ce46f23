#!/bin/sh
# Builds each spec/bench/*.c into build/bench/ (with the pure part of the core only) and prints the
# table that spec/bench/run.lua measures.
set -eu
: "${LUA:=lua5.4}" "${CC:=cc}" "${DIALECT:=-std=c11 -D_GNU_SOURCE}"
if [ ! -e spec/bench/run.lua ]; then
  echo "bench: spec/bench/run.lua is missing: nothing to measure" >&2
  exit 1
fi
mkdir -p build/bench
for source in spec/bench/*.c; do
  [ -e "$source" ] || continue
  name=$(basename "$source" .c)
  $CC $DIALECT -O2 -g -Wall -Wextra -Icore $(pkg-config --cflags libserialport) -o "build/bench/$name" \
    "$source" core/at_*.c $(pkg-config --libs libserialport)
done
exec $LUA spec/bench/run.lua

#!/bin/sh
# Fuzzes one target for some seconds: contrib/fuzz.sh NAME SECONDS.
# It starts from the committed corpus; new inputs go to build/fuzz/NAME/found, never into the tree.
set -u
work=build/fuzz/$1
mkdir -p "$work/found" "spec/fuzz/corpus/$1"
if "$work/target" -max_total_time="$2" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$work/" "$work/found" "spec/fuzz/corpus/$1" >"$work/log" 2>&1; then
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
  echo "fuzz $1: $2 s, ${runs:-?} runs, no fault"
else
  tail -n 40 "$work/log"
  echo "fuzz $1: FAULT; log and input are in $work"
  exit 1
fi

#!/bin/sh
# Branch coverage of each file of the core, from the counts written by build/cov/lua.
# The two files that parse bytes must have every branch covered.
set -eu
cd build/cov
ln -sfn ../../core ../../spec . # the counts name their sources relative to the top of the tree
gcov --branch-probabilities *.gcda >gcov.txt
awk '
  /^File /          { file = substr($2, 2, length($2) - 2); split("", seen) }
  /^Lines executed/ { split($0, l, /[:%]/) }
  /^Taken at least once/ { split($0, b, /[:%]/); n = $NF }
  /^No branches/    { b[2] = "100"; n = 0 }
  /^(Taken|No branches)/ && file ~ /^core\// {
    if (!head++) printf "%-22s %8s %9s %9s\n", "file", "lines", "branches", "of"
    printf "%-22s %7s%% %8s%% %9d\n", file, l[2], b[2], n
    if (file ~ /at_(lexer|reply)\.c$/ && b[2] + 0 < 100) { short = short " " file }
  }
  END {
    if (!head) { print "coverage: nothing was measured"; exit 1 }
    if (short) { print "coverage: below 100 % of branches:" short " (build/cov/*.gcov shows where)"; exit 1 }
  }' gcov.txt

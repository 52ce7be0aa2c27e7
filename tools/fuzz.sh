#!/bin/bash
# fuzz.sh SECONDS: runs each fuzzer that long, from its committed seeds; new inputs stay below build/.
set -euo pipefail
seconds=$1
# The sanitizer build counts lines; its profile is of no use here and stays out of the folder one stands in.
export LLVM_PROFILE_FILE=build/fuzz/unused.profraw
for program in build/asan-ubsan/bin/*_fuzz; do
  subject=$(basename "$program" _fuzz)
  found=build/fuzz/$subject
  mkdir -p "$found"
  seeds=tests/fuzz/corpus/$subject
  echo "== $subject, $seconds s"
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -verbosity=0 -artifact_prefix="$found/" "$found" $([[ -d $seeds ]] && echo "$seeds")
done

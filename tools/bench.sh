#!/bin/bash
# Runs every benchmark of tests/bench, one after the other, so that none disturbs another.
set -euo pipefail
for program in build/dev/bin/*_bench; do
  echo "== $(basename "$program")"
  if [[ $program == */kernels_bench ]]; then tests/bench/ratios.py "$program"; else "$program" "$@"; fi
done

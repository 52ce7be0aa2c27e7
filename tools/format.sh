#!/bin/bash
# format.sh [--check]: formats the C and C++ files that git tracks, in place; with --check it changes nothing and
# fails where a file is not formatted. Needs clang-format 14, so that everyone's is the same.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in clang-format-14 clang-format; do
  if command -v "$program" >/dev/null && [[ $("$program" --version) == *"version 14."* ]]; then
    mode=(-i)
    if [[ ${1:-} == --check ]]; then mode=(--dry-run --Werror); fi
    git ls-files -z '*.h' '*.c' '*.cpp' | xargs -0 "$program" "${mode[@]}"
    exit 0
  fi
done
echo "format: clang-format 14 is missing; on Debian: apt-get install clang-format-14" >&2
exit 1

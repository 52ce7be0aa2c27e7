#!/bin/bash
# run_recipe.sh RECIPE...: runs each with the release build, after making the checkpoints that it names below
# build/checkpoints, and the requests below build/requests.
set -euo pipefail
here=$(dirname "$0")
for recipe in "$@"; do
  name=$(basename "$recipe" .json)
  for checkpoint in $(grep -o 'build/checkpoints/[A-Za-z0-9_]*' "$recipe" | sort -u); do
    "$here/make_checkpoint.sh" "$(basename "$checkpoint")"
  done
  for samples in $(grep -o '/build/requests/gemma4_shapes_[a-z]*' "$recipe" | sed 's/.*_//' | sort -u); do
    requests=build/requests/gemma4_shapes_$samples.safetensors
    [[ -e $requests ]] || "$here/gemma4_requests.py" "$requests" "$samples"
  done
  echo "== vernier run $recipe"
  build/release/bin/vernier run "$recipe" --out "out/$name"
  echo "results: out/$name ($(ls "out/$name" | tr '\n' ' '))"
done

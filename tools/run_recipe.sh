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
  # gemma4_shapes_[GRID_]SAMPLES.safetensors: SAMPLES of tests/data/gemma4_shapes; with a grid such as 12x9,
  # those whose picture has it.
  for requests in $(grep -o 'build/requests/gemma4_shapes_[0-9a-z_]*' "$recipe" | sort -u); do
    samples=${requests##*_}
    grid=$(grep -o '[0-9]*x[0-9]*' <<< "$requests" || true)
    [[ -e $requests.safetensors ]] ||
      "$here/gemma4_requests.py" "$requests.safetensors" "$samples" ${grid:+--grid "$grid"}
  done
  echo "== vernier run $recipe"
  build/release/bin/vernier run "$recipe" --out "out/$name"
  echo "results: out/$name ($(ls "out/$name" | tr '\n' ' '))"
done

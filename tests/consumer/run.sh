#!/usr/bin/env bash
# Installs only the SDK component, builds this project against it without LibTorch in reach, and lets recipes
# use all four plugins. The SDK's skeletons are built the same way.
# Usage: run.sh BUILD_DIR   (a configured build of vernier that has bin/vernier)
set -euo pipefail
build=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/sdk" --component sdk > "$work/install.log"
if grep -rlE "torch/|ATen/|vernier/core" "$work/sdk" --include='*.h'; then
  echo "the SDK refers to LibTorch or core"
  exit 1
fi
cmake -S "$here" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/sdk" \
  -DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON > "$work/configure.log"
for name in wrapper observer backend attention; do
  start=$(date +%s%N)
  cmake --build "$work/build" --target "acme_$name" > "$work/build_$name.log"
  echo "acme_$name built in $(( ($(date +%s%N) - start) / 1000000 )) ms"
done
cmake -S "$work/sdk/share/vernier/templates" -B "$work/templates" -G Ninja \
  -DCMAKE_PREFIX_PATH="$work/sdk" > "$work/configure_templates.log"
cmake --build "$work/templates" > "$work/build_templates.log"
skeletons=$(find "$work/sdk/share/vernier/templates" -mindepth 1 -maxdepth 1 -type d | wc -l)
usable=$(VERNIER_PLUGIN_PATH="$work/templates/plugins" "$build/bin/vernier" plugins \
  | grep "$work/templates" | grep -c usable || true)
if [[ $usable != "$skeletons" ]]; then
  echo "$usable of the $skeletons skeletons of sdk/templates are usable plugins"
  exit 1
fi
VERNIER_PLUGIN_PATH="$work/templates/plugins:$work/build/plugins" \
  "$build/bin/vernier" smoke ScaledLinear AcmeEmbedder AcmeAttention
python3 "$here/count_code_lines.py" "$here/wrapper.cpp=15" "$here/observer.cpp=20" "$here/backend.cpp=30"
VERNIER_PLUGIN_PATH="$work/build/plugins" "$build/bin/vernier" run "$here/recipe.json" --out "$work/out"
grep -q '^acme model.embed_vision:forward$' "$work/out/acme.txt"
grep -q '^relu -> model.embed_vision.activation/relu uint8 scale ' "$work/out/acme.txt"
cat "$work/out/acme.txt"
VERNIER_PLUGIN_PATH="$work/build/plugins" \
  "$build/bin/vernier" run "$here/attention_recipe.json" --save-outputs --out "$work/attention"
"$here/check_attention.py" "$work/attention"

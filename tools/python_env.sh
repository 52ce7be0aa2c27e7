#!/bin/bash
# python_env.sh FOLDER REQUIREMENTS: a virtual environment that holds the requirements; nothing happens if it holds them already.
# An environment that was not made by this script is used as it is.
set -euo pipefail
folder=$1 requirements=$2
stamp=$folder/.requirements
if [[ -x $folder/bin/python ]]; then
  if [[ ! -e $folder/.made_by_vernier ]] || cmp -s "$requirements" "$stamp"; then exit 0; fi
else
  python3 -m venv "$folder" || { echo "setup: python3 cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
  touch "$folder/.made_by_vernier"
fi

# PyPI's torch for Linux is a CUDA build of several GB; the CPU index, where it answers, has the same release for a tenth of that.
# "2.13.0+cpu" sorts above "2.13.0", so adding the index is enough to prefer it, and a configured mirror stays in use.
cpu_index=https://download.pytorch.org/whl/cpu
indexes=()
if python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=5)' "$cpu_index/torch/" 2>/dev/null; then
  indexes=(--extra-index-url "$cpu_index")
fi
echo "setup: installing $(grep -vc '^#' "$requirements") Python packages into $folder"
"$folder/bin/python" -m pip install -qq --disable-pip-version-check --no-input "${indexes[@]}" -r "$requirements"
cp "$requirements" "$stamp"

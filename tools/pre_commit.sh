#!/bin/bash
# What CI would refuse, seen before a commit: format, tree, and tidy on new lines where build/dev is configured.
# Install: ln -s ../../tools/pre_commit.sh .git/hooks/pre-commit
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"
tools/check_tree.py
tools/format.sh --check
if [[ -e build/dev/compile_commands.json ]]; then tools/tidy.py --changed HEAD; fi

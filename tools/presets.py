#!/usr/bin/env python3
"""Quantizes the trained sentence encoder build/checkpoints/minilm with each preset and prints what becomes of
it, as the table of plugins/presets/README.md has it: `make presets`.

Usage: presets.py [PRESET...]. Each recipe is the one that `vernier init` writes, without its gate. Fake
quantization against float on 16 lines of text; the file that each gives, and whether its consumer takes it.
The exit code is 1 where a preset gives no file."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
VERNIER = pathlib.Path(os.environ.get("VERNIER", ROOT / "build/release/bin/vernier"))
MODEL = ROOT / "build/checkpoints/minilm"
DATA = ROOT / "tests/data/minilm"


def vernier(*arguments):
    return subprocess.run([VERNIER, *arguments], capture_output=True, text=True)


def row_of(preset, folder):
    """A line of the table; None where there is no file."""
    name = preset["preset"]
    recipe, out = folder / f"{name}.json", folder / name
    words = ["--text", DATA / "calibration.txt", "--evaluation", DATA / "evaluation.txt", "-o", recipe]
    made = vernier("init", MODEL, "--target", preset["target"], "--preset", preset["precision"], *words)
    if made.returncode == 0:
        made = vernier("run", recipe, "--set", "gates={}", "--out", out, "--quiet")
    if made.returncode != 0:
        print(f"{name}: {made.stderr.strip()}", file=sys.stderr)
        return None
    report = json.loads((out / "report.json").read_text())
    metrics, exported = report["metrics"], report["exports"][0]
    size = (out / exported["file"]).stat().st_size / 1e6
    checked = exported["profile"]
    return (
        f"| `{name}` | {preset['summary']} | {metrics['cosine']:.4f} | {metrics['sqnr_db']:.1f} "
        f"| {size:.1f} | {checked['profile']} |"
    )


def main():
    presets = json.loads(vernier("presets", "--json").stdout)
    chosen = [one for one in presets if not sys.argv[1:] or one["preset"] in sys.argv[1:]]
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for one in chosen:
            row = row_of(one, pathlib.Path(folder))
            worst = worst if row else 1
            if row:
                print(row, flush=True)
    sys.exit(worst)


if __name__ == "__main__":
    main()

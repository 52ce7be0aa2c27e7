#!/usr/bin/env python3
"""Times a second run that goes on from what the first kept (--journal), process by process.

    second_run.py [VERNIER] [--pairs N]

For each recipe a first run in an empty journal, then the same recipe with another backend, and with another
dtype of activations. Prints the medians of the seconds and of second / first over the pairs; exit code 1
where a ratio is above 0.4, or where a second run calibrated. Times mean something on a quiet machine only."""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 0.4
ONNX = '[{"backend": "onnx", "file": "m.onnx"}]'
RULE = json.dumps([{"match": "**/act_in", "dtype": "int16"}])
# recipe: (what the second run changes, as --set)
RECIPES = {
    "gemma4_e2b_embedder": {"backend": ONNX, "dtype": RULE},
    "minilm_w8a8": {"backend": ONNX},
    "minilm_w8a16": {"backend": ONNX},
}
PATHS = {"backend": "export", "dtype": "quantization.rules"}


def run(program, recipe, folder, journal, settings=()):
    """(seconds, whether nothing was calibrated) of one process."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [
        program,
        "run",
        ROOT / "configs" / f"{recipe}.json",
        "--out",
        out,
        "--journal",
        journal,
        "--quiet",
    ]
    command += [f"--set={setting}" for setting in settings]
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    report = json.loads((out / "report.json").read_text())
    return seconds, report["journal"]["reused"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", nargs="?", default=ROOT / "build/release/bin/vernier")
    parser.add_argument("--pairs", type=int, default=9)
    options = parser.parse_args()
    missed = False
    print(f"{'recipe':<22}{'changed':<10}{'first':>8}{'second':>8}{'ratio':>7}")
    for recipe, changes in RECIPES.items():
        for changed, value in changes.items():
            firsts, seconds, ratios = [], [], []
            for _ in range(options.pairs):
                with tempfile.TemporaryDirectory() as name:
                    folder = pathlib.Path(name)
                    first, _ = run(options.program, recipe, folder, folder / "journal")
                    second, reused = run(
                        options.program, recipe, folder, folder / "journal", [f"{PATHS[changed]}={value}"]
                    )
                    missed |= not reused
                    firsts.append(first)
                    seconds.append(second)
                    ratios.append(second / first)
            ratio = statistics.median(ratios)
            missed |= ratio > LIMIT
            print(
                f"{recipe:<22}{changed:<10}{statistics.median(firsts):>8.2f}{statistics.median(seconds):>8.2f}"
                f"{ratio:>7.2f}{'' if ratio <= LIMIT else '  missed'}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

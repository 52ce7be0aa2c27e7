#!/usr/bin/env python3
"""Times whole processes: `vernier smoke TYPE --size CASE` against tico_smoke.py for the same case, in turn.

Run by an interpreter that has tools/requirements-parity.txt: `make smoke-compare`. Both sides make the case's
module with random weights, calibrate on as many samples of its shapes, convert, evaluate and export to
Circle, everything uint8; vernier runs the file as well. Prints a line a case, the types that TICO has no
wrapper for, and the median of the ratios; the exit code is 1 where that is below 10. $VERNIER: another
binary than build/release's.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from compare_tico import SOURCE, measure
from tico_smoke import MODULES

VERNIER = pathlib.Path(os.environ.get("VERNIER", SOURCE / "build/release/bin/vernier"))
TARGET = 10.0


def cases(types):
    rows = json.loads(subprocess.check_output([VERNIER, "smoke", "--list", "--json"]))["cases"]
    left_out = sorted({row["type"] for row in rows} - set(MODULES))
    return [row for row in rows if row["type"] in MODULES and row["type"] in (types or MODULES)], left_out


def seconds_of(case, runs, folder):
    """The median of each side, by name."""
    description = folder / "case.json"
    description.write_text(json.dumps(case))
    commands = {
        "vernier": [VERNIER, "smoke", case["type"], "--size", case["case"],
                    "--set", "quantization.weight.dtype=uint8"],
        "tico": [sys.executable, SOURCE / "tests/bench/tico_smoke.py", description, folder / "tico.circle"],
    }
    seconds = {side: [] for side in commands}
    for _ in range(runs):
        for side, command in commands.items():
            seconds[side].append(measure(command)[0])
    return {side: statistics.median(values) for side, values in seconds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1, help="pairs of a case, of which the median counts")
    parser.add_argument("types", nargs="*", help="only these types")
    options = parser.parse_args()
    chosen, left_out = cases(options.types)
    if not chosen:
        sys.exit(f"no case of {' '.join(options.types)}; there are those of {' '.join(sorted(MODULES))}")
    ratios = []
    print(f"{'type':<32}{'case':<10}{'vernier s':>10}{'TICO s':>9}{'faster':>9}")
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            seconds = seconds_of(case, options.runs, pathlib.Path(folder))
        ratios.append(seconds["tico"] / seconds["vernier"])
        print(f"{case['type']:<32}{case['case']:<10}{seconds['vernier']:>10.3f}{seconds['tico']:>9.2f}"
              f"{ratios[-1]:>8.1f}x", flush=True)
    median = statistics.median(ratios)
    print(f"left out, tico_smoke.py builds no such module: {', '.join(left_out)}")
    print(f"median of {len(ratios)} cases: {median:.1f} times faster, "
          f"least {min(ratios):.1f}, most {max(ratios):.1f}, wanted {TARGET:.0f}")
    sys.exit(1 if median < TARGET else 0)


if __name__ == "__main__":
    main()

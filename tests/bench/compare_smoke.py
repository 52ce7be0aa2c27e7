#!/usr/bin/env python3
"""Times whole processes: `vernier smoke TYPE --size CASE` against tico_smoke.py for the same case, in turn.

Run by an interpreter that has tools/requirements-parity.txt: `make smoke-compare`. Both sides make the case's
module with random weights, calibrate on as many samples of its shapes, convert, evaluate and export to
Circle, everything uint8; vernier runs the file as well. Prints a line a case, the types that TICO has no
wrapper for, and the median of the ratios; the exit code is 1 where that is below 10. Cases of a decoder layer
of E2B's size are compared with TICO's own smoke of that layer (tico_own_smoke.py: same shapes, 3 samples),
and each is to be 5 times faster in half of the memory. $VERNIER: another binary than
build/release's.
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
# Cases that TICO has among its own, and what each is held to: times faster, at most this share of the memory.
OWN = {("Gemma4TextDecoderLayer", "e2b_prefill"): "gemma4_text_decoder_layer_prefill",
       ("Gemma4TextDecoderLayer", "e2b_decode"): "gemma4_text_decoder_layer_decode"}
OWN_TARGETS = 5.0, 0.5


def own_case(row):
    return OWN.get((row["type"], row["case"]))


def cases(types, name):
    rows = json.loads(subprocess.check_output([VERNIER, "smoke", "--list", "--json"]))["cases"]
    left_out = sorted({row["type"] for row in rows} - set(MODULES) - {one for one, _ in OWN})
    rows = [row for row in rows if row["type"] in MODULES or own_case(row)]
    return [row for row in rows
            if row["type"] in (types or [row["type"]]) and name in (None, row["case"])], left_out


def tico_command(case, folder):
    if own_case(case):
        return [sys.executable, SOURCE / "tests/bench/tico_own_smoke.py", own_case(case), folder / "tico"]
    description = folder / "case.json"
    description.write_text(json.dumps(case))
    return [sys.executable, SOURCE / "tests/bench/tico_smoke.py", description, folder / "tico.circle"]


def measured(case, runs, folder):
    """The median of each side's seconds, and its greatest resident size, by name."""
    commands = {
        "vernier": [VERNIER, "smoke", case["type"], "--size", case["case"],
                    "--set", "quantization.weight.dtype=uint8"],
        "tico": tico_command(case, folder),
    }
    seconds, peak = {side: [] for side in commands}, {side: 0 for side in commands}
    for _ in range(runs):
        for side, command in commands.items():
            taken, resident = measure(command)
            seconds[side].append(taken)
            peak[side] = max(peak[side], resident)
    return {side: statistics.median(values) for side, values in seconds.items()}, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1, help="pairs of a case, of which the median counts")
    parser.add_argument("--size", help="only cases of this name")
    parser.add_argument("types", nargs="*", help="only these types")
    options = parser.parse_args()
    chosen, left_out = cases(options.types, options.size)
    if not chosen:
        sys.exit("no such case; there are those of "
                 + " ".join(sorted({*MODULES, *(one for one, _ in OWN)})))
    ratios, missed = [], False
    print(f"{'type':<32}{'case':<12}{'vernier s':>10}{'TICO s':>9}{'faster':>9}{'MiB':>7}{'of':>7}")
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            seconds, peak = measured(case, options.runs, pathlib.Path(folder))
        ratio, share = seconds["tico"] / seconds["vernier"], peak["vernier"] / peak["tico"]
        held = not own_case(case) or (ratio >= OWN_TARGETS[0] and share <= OWN_TARGETS[1])
        missed |= not held
        if not own_case(case):
            ratios.append(ratio)
        verdict = "" if held else f"  MISSED: wanted {OWN_TARGETS[0]:g}x, {OWN_TARGETS[1]:.0%} of the memory"
        print(f"{case['type']:<32}{case['case']:<12}{seconds['vernier']:>10.3f}{seconds['tico']:>9.2f}"
              f"{ratio:>8.1f}x{peak['vernier'] >> 20:>7}{peak['tico'] >> 20:>7}{verdict}", flush=True)
    if ratios:
        median = statistics.median(ratios)
        missed |= median < TARGET
        print(f"left out, tico_smoke.py builds no such module: {', '.join(left_out)}")
        print(f"median of {len(ratios)} cases: {median:.1f} times faster, "
              f"least {min(ratios):.1f}, most {max(ratios):.1f}, wanted {TARGET:.0f}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

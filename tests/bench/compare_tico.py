#!/usr/bin/env python3
"""Times whole processes: `vernier run RECIPE` against tests/parity/tico_run.py RECIPE, in turn, on this machine.

Run by an interpreter that has tools/requirements-parity.txt: `make speed`. Prints a table and writes build/speed.json; the exit
code is 1 where a target is missed. Wall time is the median of the runs, memory the greatest resident size of the process and
its children. Runs alternate, so that a busy machine slows both sides.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TARGETS = {  # recipe: (times faster, at most this share of the memory)
    "gemma4_embedder": (10.0, None),
    "gemma4_e2b_embedder": (4.0, 0.5),
}


def measure(command):
    """(seconds, peak bytes) of one process from its start to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{errors.decode()[-2000:]}")
    return seconds, usage.ru_maxrss * 1024


def compare(recipe, runs, folder):
    path = SOURCE / "configs" / f"{recipe}.json"
    commands = {
        "vernier": [SOURCE / "build/release/bin/vernier", "run", path, "--out", folder / "vernier", "--save-outputs"],
        "tico": [sys.executable, SOURCE / "tests/parity/tico_run.py", path, folder / "tico"],
    }
    seconds, peak = {side: [] for side in commands}, {side: 0 for side in commands}
    for _ in range(runs):
        for side, command in commands.items():
            wall, resident = measure(command)
            seconds[side].append(wall)
            peak[side] = max(peak[side], resident)
    median = {side: statistics.median(values) for side, values in seconds.items()}
    return {
        "recipe": recipe,
        "seconds": seconds,
        "median_seconds": median,
        "peak_bytes": peak,
        "times_faster": median["tico"] / median["vernier"],
        "least_times_faster": min(t / v for t, v in zip(seconds["tico"], seconds["vernier"])),
        "share_of_memory": peak["vernier"] / peak["tico"],
    }


def misses(row):
    faster, share = TARGETS[row["recipe"]]
    if row["times_faster"] < faster:
        yield f"{row['recipe']}: {row['times_faster']:.1f} times faster, wanted {faster:.0f}"
    if share is not None and row["share_of_memory"] > share:
        yield f"{row['recipe']}: {row['share_of_memory']:.2f} of the memory, wanted {share}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("recipes", nargs="*", default=list(TARGETS))
    options = parser.parse_args()
    rows = []
    print(f"{'recipe':<22}{'vernier s':>11}{'TICO s':>9}{'faster':>9}{'vernier MiB':>13}{'TICO MiB':>10}{'share':>7}")
    for recipe in options.recipes:
        with tempfile.TemporaryDirectory() as folder:
            row = compare(recipe, options.runs, pathlib.Path(folder))
        rows.append(row)
        median, peak = row["median_seconds"], row["peak_bytes"]
        print(f"{recipe:<22}{median['vernier']:>11.3f}{median['tico']:>9.2f}{row['times_faster']:>8.1f}x"
              f"{peak['vernier'] / 2**20:>13.0f}{peak['tico'] / 2**20:>10.0f}{row['share_of_memory']:>7.2f}", flush=True)
    (SOURCE / "build/speed.json").write_text(json.dumps(rows, indent=1))
    missed = [line for row in rows for line in misses(row)]
    print("\n".join(missed) or "all targets met")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

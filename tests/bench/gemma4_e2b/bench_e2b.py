#!/usr/bin/env python3
"""Quantizes a Gemma4 of E2B's size, all of it, and holds time and memory to targets: `make bench-e2b`.

    bench_e2b.py build/release/bin/vernier FOLDER [--layers 35] [--vision-layers 16] [--vocabulary 262144]

FOLDER gets the checkpoint (10.2 GB of random weights, kept for the next time), requests and the set (5 GB):
16 GB in all. Run by a Python with numpy and torch (tools/requirements-parity.txt). Prints a table:

- plan: what it tells of memory, and how long it takes;
- run: seconds of each phase, the peak of anonymous memory (RssAnon, seen every 5 ms), and of each phase
  against what plan told;
- calibration: operations a second (journal's count, a multiplication and its addition are two) against
  LibTorch's own products of float32 matrices of this model's shapes, measured before and after;
- export: bytes of the checkpoint's weights that the files hold, a second;
- verify: the folder on its golden run, 32 tokens and four steps.

The exit code is 1 where a target is missed.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from anonymous import run_watched  # noqa: E402

GIB, MIB = 1 << 30, 1 << 20
MOST_ANONYMOUS = 6 * GIB
LEAST_OF_GEMM, LEAST_EXPORT = 0.6, 0.5e9
OFF_SHARE, OFF_BYTES = 0.15, 64 * MIB
# Rows, inputs and outputs of products: a prompt through the layers that share keys, and through vision.
SHAPES = ((512, 1536, 12288), (512, 12288, 1536), (512, 1536, 4096), (2376, 768, 3072))

GEMM = """
import sys, time, torch
total = seconds = 0
for rows, inputs, outputs in {shapes}:
    x, w = torch.randn(rows, inputs), torch.randn(outputs, inputs)
    torch.nn.functional.linear(x, w)
    best = 1e9
    for _ in range(5):
        start = time.perf_counter()
        torch.nn.functional.linear(x, w)
        best = min(best, time.perf_counter() - start)
    total += 2 * rows * inputs * outputs
    seconds += best
print(total / seconds)
"""


def gemm_rate(threads):
    """LibTorch's operations a second, by a process of its own, whose memory is gone afterwards."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    return float(subprocess.check_output([sys.executable, "-c", GEMM.format(shapes=SHAPES)], env=environment))


def watched(command):
    """(seconds, peak of anonymous memory) of a command that has to end well."""
    start = time.perf_counter()
    code, peak, errors = run_watched(command)
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {code}:\n{errors[-4000:]}")
    return time.perf_counter() - start, peak


def make(vernier, folder, options):
    if not (folder / "checkpoint" / "config.json").exists():
        shape = [f"--{name}={getattr(options, name.replace('-', '_'))}"
                 for name in ("layers", "vision-layers", "vocabulary")]
        subprocess.run([sys.executable, HERE / "make_checkpoint.py", vernier, folder / "checkpoint", *shape],
                       check=True)
    subprocess.run([sys.executable, HERE / "make_requests.py", folder / "checkpoint", folder], check=True)


def recipe_of(folder):
    data = {part: {"kind": "safetensors", "path": str(folder / f"{part}.safetensors")}
            for part in ("calibration", "evaluation")}
    return [HERE / "recipe.json", "--set", f"model.checkpoint={folder / 'checkpoint'}",
            *[word for part, inputs in data.items()
              for word in ("--set", f"{part}.inputs={json.dumps(inputs)}")]]


def tensors_of(checkpoint):
    """Bytes of each tensor, by name."""
    with open(checkpoint / "model.safetensors", "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return {name: row["data_offsets"][1] - row["data_offsets"][0]
            for name, row in header.items() if name != "__metadata__"}


def read_bytes(folder, report):
    """What the export reads of the checkpoint: each tensor as often as a file holds it."""
    sizes, rows = tensors_of(folder / "checkpoint"), report["coverage"]["parameters"]
    return sum(sizes.get(row["parameter"], 0) * len(row.get("files", [])) for row in rows)


def is_near(told, taken):
    return abs(told - taken) <= max(OFF_SHARE * taken, OFF_BYTES)


class Table:
    def __init__(self):
        self.missed = False

    def row(self, what, found, wanted="", holds=True):
        self.missed |= not holds
        print(f"{what:<34}{found:>22}  {wanted}{'' if holds else '  MISSED'}", flush=True)


def main():
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("vernier", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=35)
    parser.add_argument("--vision-layers", type=int, default=16)
    parser.add_argument("--vocabulary", type=int, default=262144)
    options = parser.parse_args()
    vernier, folder = options.vernier.resolve(), options.folder.resolve()
    make(vernier, folder, options)
    table, recipe = Table(), recipe_of(folder)
    threads = len(os.sched_getaffinity(0))
    before = gemm_rate(threads)

    start = time.perf_counter()
    plan = json.loads(subprocess.check_output([vernier, "plan", *recipe, "--json"]))
    table.row("plan", f"{time.perf_counter() - start:.1f} s")
    out, journal = folder / "out", folder / "journal"
    subprocess.run(["rm", "-rf", out, journal], check=True)
    seconds, peak = watched([vernier, "run", *recipe, "--out", out, "--journal", journal])
    after = gemm_rate(threads)
    report = json.loads((out / "report.json").read_text())
    table.row("run", f"{seconds:.1f} s")
    memory = report["memory"]
    for phase, taken in report["seconds"].items():
        seen, told = memory["anonymous_bytes"].get(phase, 0), memory["phases"].get(phase)
        words = "" if told is None else f", plan told {(told + memory['base_bytes']) / MIB:.0f}"
        table.row(f"  {phase}", f"{taken:.1f} s", f"{seen / MIB:.0f} MiB{words}" if seen else "")
    told = plan["memory"]["predicted_bytes"]
    table.row("anonymous peak", f"{peak / MIB:.0f} MiB", f"at most {MOST_ANONYMOUS / MIB:.0f}",
              peak <= MOST_ANONYMOUS)
    table.row("plan told", f"{told / MIB:.0f} MiB", "within 15 % or 64 MiB", is_near(told, peak))

    times = {row["phase"]: row for row in json.loads((journal / "times.json").read_text())}
    rate = times["calibrate"]["units"] / times["calibrate"]["seconds"]
    gemm = (before + after) / 2
    table.row("LibTorch's products", f"{before / 1e9:.0f}, {after / 1e9:.0f} GFLOP/s")
    table.row("calibration", f"{rate / 1e9:.0f} GFLOP/s = {rate / gemm:.2f}",
              f"at least {LEAST_OF_GEMM} of them, {times['calibrate']['units'] / 1e12:.1f} T in all",
              rate >= LEAST_OF_GEMM * gemm)
    exported = read_bytes(folder, report)
    rate = exported / report["seconds"]["export"]
    table.row("export", f"{rate / 1e9:.2f} GB/s", f"at least {LEAST_EXPORT / 1e9}, {exported / 1e9:.1f} GB",
              rate >= LEAST_EXPORT)
    size = sum(file.stat().st_size for file in out.iterdir() if file.is_file())
    table.row("files", f"{size / 1e9:.2f} GB")
    seconds, peak = watched([vernier, "verify", out])
    table.row("verify", f"{seconds:.1f} s", f"anonymous peak {peak / MIB:.0f} MiB", peak <= MOST_ANONYMOUS)
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares this tree with an older revision: the files that recipes give, byte by byte, then time and
memory.

    against.py REV [--pairs N] [--only TEXT] [--base PROGRAM] [--ours PROGRAM]

Both are built as release; REV from build/against/<commit>/source. Every recipe of configs/ and of
tests/data/golden/ runs with both programs, each with the recipe of its own tree, into a fresh folder below
build/against/<commit>/out. Then the main recipes run in alternating pairs, and the medians of the ratios
ours / base are printed. Times mean something on a quiet machine only; `--pairs 0` compares files alone.
Exit code 1 where a file differs, 2 where a program does not run a recipe."""

import argparse
import filecmp
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TIMED = [
    "configs/gemma4_embedder.json",
    "configs/gemma4_e2b_embedder.json",
    "configs/minilm_w8a8.json",
    "configs/minilm_w8a16.json",
]
# They hold times, paths of the machine and the version, or hashes of files that do.
ACCOUNTS = {"report.json", "report.html", "recipe.effective.json", ".vernier-outputs.json"}
GATE_NOT_MET = 4


def build_base(revision):
    """Returns (folder of the sources, program) of REV."""
    commit = subprocess.run(
        ["git", "rev-parse", "--verify", f"{revision}^{{commit}}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    folder = ROOT / "build/against" / commit[:12]
    source, build = folder / "source", folder / "release"
    if not source.exists():
        unpacked = folder / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir(parents=True)
        archive = subprocess.Popen(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", unpacked], stdin=archive.stdout, check=True)
        if archive.wait() != 0:
            sys.exit(f"against: git archive {commit} failed")
        (unpacked / "build").mkdir(exist_ok=True)
        (unpacked / "build/checkpoints").symlink_to(ROOT / "build/checkpoints")
        unpacked.rename(source)
    compile_release(source, build)
    return folder, source, build / "bin/vernier"


def compile_release(source, build):
    torch = os.environ.get("TORCH_DIR", ROOT / ".venv/torch/share/cmake")
    subprocess.run(
        [
            "cmake",
            "-S",
            source,
            "-B",
            build,
            "-G",
            "Ninja",
            "-DCMAKE_BUILD_TYPE=Release",
            f"-DCMAKE_PREFIX_PATH={torch}",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(["cmake", "--build", build, "-j", "2"], check=True)


def run(program, source, recipe, out):
    """Returns (exit code, text, seconds, peak bytes) of one run into an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    log = out.parent / (out.name + ".log")
    with open(log, "w") as text:
        begin = time.perf_counter()
        child = subprocess.Popen(
            [program, "run", source / recipe, "--out", out], cwd=source, stdout=text, stderr=text
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, log.read_text(), seconds, usage.ru_maxrss * 1024


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - ACCOUNTS


def differences(ours, base):
    """Lines about the files of two output folders."""
    mine, theirs = files_of(ours), files_of(base)
    lines = [f"only ours writes {name}" for name in sorted(mine - theirs)]
    lines += [f"only base writes {name}" for name in sorted(theirs - mine)]
    for name in sorted(mine & theirs):
        if not filecmp.cmp(ours / name, base / name, shallow=False):
            a, b = (ours / name).read_bytes(), (base / name).read_bytes()
            first = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            lines.append(f"{name} differs from byte {first} on ({len(a)} bytes, base {len(b)})")
    return lines


def recipes(source):
    found = [
        *sorted(source.glob("configs/*.json")),
        *sorted(source.glob("tests/data/golden/*/**/recipe.json")),
    ]
    return [str(path.relative_to(source)) for path in found]


def missing_checkpoint(recipe):
    """The checkpoint below build/checkpoints that the recipe names and nobody has made yet."""
    for line in (ROOT / recipe).read_text().splitlines():
        if '"checkpoint": "../build/checkpoints/' in line:
            name = line.split("build/checkpoints/")[1].split('"')[0]
            if not (ROOT / "build/checkpoints" / name / "config.json").exists():
                return name
    return None


def compare_files(sides, folder, chosen):
    """Runs each recipe with both. Returns the exit code."""
    worst = equal = 0
    for recipe in chosen:
        if not (sides["base"][0] / recipe).exists():
            print(f"{recipe}: new, base has no such recipe")
            continue
        if name := missing_checkpoint(recipe):
            print(f"{recipe}: skipped, build/checkpoints/{name} is missing (tools/make_checkpoint.sh {name})")
            continue
        outs = {side: folder / "out" / side / recipe.removesuffix(".json") for side in sides}
        codes = {}
        for side, (source, program) in sides.items():
            codes[side], text, _, _ = run(program, source, recipe, outs[side])
            if codes[side] not in (0, GATE_NOT_MET):
                print(f"{recipe}: {side} ended with {codes[side]}: {text.strip()[-300:]}")
                worst = 2
        lines = differences(outs["ours"], outs["base"])
        if codes["ours"] != codes["base"]:
            lines.insert(0, f"ours ended with {codes['ours']}, base with {codes['base']}")
        if lines and (ROOT / recipe).read_bytes() != (sides["base"][0] / recipe).read_bytes():
            lines.append("the recipe itself was changed since")
        for line in lines:
            print(f"{recipe}: {line}")
        worst = max(worst, 1 if lines else 0)
        equal += not lines
    print(f"{equal} of {len(chosen)} recipes give equal files")
    return worst


def compare_times(sides, folder, chosen, pairs):
    print(
        f"{'recipe':36} {'base s':>8} {'ours s':>8} {'speed':>7} {'base MB':>8} {'ours MB':>8} "
        f"{'memory':>7}   {pairs} pairs, medians"
    )
    for recipe in chosen:
        if missing_checkpoint(recipe) or not (sides["base"][0] / recipe).exists():
            continue
        measured = {"base": [], "ours": []}
        for pair in range(-1, pairs):  # the first pair warms the page cache
            for side in ("base", "ours") if pair % 2 == 0 else ("ours", "base"):
                source, program = sides[side]
                code, text, seconds, peak = run(program, source, recipe, folder / "out/timed" / side)
                if code not in (0, GATE_NOT_MET):
                    sys.exit(f"{recipe}: {side} ended with {code}: {text.strip()[-300:]}")
                if pair >= 0:
                    measured[side].append((seconds, peak))
        middle = {
            side: [statistics.median(column) for column in zip(*rows)] for side, rows in measured.items()
        }
        speed = statistics.median(b[0] / o[0] for b, o in zip(measured["base"], measured["ours"]))
        memory = statistics.median(o[1] / b[1] for b, o in zip(measured["base"], measured["ours"]))
        print(
            f"{recipe.removeprefix('configs/'):36} {middle['base'][0]:8.2f} "
            f"{middle['ours'][0]:8.2f} {speed:6.3f}x "
            f"{middle['base'][1] / 1e6:8.0f} {middle['ours'][1] / 1e6:8.0f} {memory:6.3f}x"
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision")
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--only", default="", help="recipes whose path contains this")
    parser.add_argument("--base", type=pathlib.Path, help="a program of REV that is built already")
    parser.add_argument("--ours", type=pathlib.Path, help="a program of this tree that is built already")
    options = parser.parse_args()

    if options.base:
        folder, source, base = ROOT / "build/against/given", ROOT, options.base.resolve()
    else:
        folder, source, base = build_base(options.revision)
    ours = options.ours.resolve() if options.ours else ROOT / "build/release/bin/vernier"
    if not options.ours:
        compile_release(ROOT, ROOT / "build/release")
    sides = {"base": (source, base), "ours": (ROOT, ours)}
    worst = compare_files(sides, folder, [recipe for recipe in recipes(ROOT) if options.only in recipe])
    if options.pairs > 0:
        compare_times(sides, folder, [recipe for recipe in TIMED if options.only in recipe], options.pairs)
    return worst


if __name__ == "__main__":
    sys.exit(main())

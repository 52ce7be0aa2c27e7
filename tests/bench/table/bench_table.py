#!/usr/bin/env python3
"""Quantizes a bfloat16 table of 4.7 GB to uint8 and uint4 Circle files; `cp` of the table in turn.

    bench_table.py build/release/bin/vernier FOLDER [--rounds 3] [--rows 262144]

FOLDER gets the table (kept for the next time; remove it yourself), a copy and the files: 10 GB in all.
Neither side waits for the disk: the system's cache is read and written, and a small library makes fsync
return at once (it needs a C compiler; without one, vernier waits and cp does not). The codes
in the files are compared by SHA-256 with those that NumPy makes of the table, piece by piece. Prints medians,
the ratio to cp and the peak of anonymous memory; the exit code is 1 where a target is missed.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import make_table  # noqa: E402
from anonymous import run_watched  # noqa: E402

MOST_RATIO, MOST_ANONYMOUS = 3.0, 300 << 20
NO_SYNC = "int fsync(int d) { (void)d; return 0; }\nint fdatasync(int d) { (void)d; return 0; }\n"


def recipe(rows, columns, dtype):
    indices = {"shape": [1, 16], "dtype": "int64", "low": 0, "high": rows}
    inputs = {"kind": "synthetic", "inputs": {"input": indices}}
    return {"version": 1,
            "model": {"checkpoint": "checkpoint", "module": "embed", "type": "Embedding",
                      "config": {"num_embeddings": rows, "embedding_dim": columns}},
            "quantization": {"activation": {"dtype": "uint8"}, "weight": {"dtype": dtype}},
            "calibration": {"inputs": inputs, "samples": 2},
            "evaluation": {"inputs": inputs, "samples": 1},
            "export": [{"backend": "circle", "entry": "forward", "file": "table.circle"}]}


def no_sync_library(folder):
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    (folder / "no_sync.c").write_text(NO_SYNC)
    library = folder / "no_sync.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, folder / "no_sync.c"], check=True)
    return library


def measure(command, environment):
    """(seconds, peak of anonymous memory) of one process."""
    start = time.perf_counter()
    code, peak, errors = run_watched(command, environment)
    seconds = time.perf_counter() - start
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {code}:\n{errors[-2000:]}")
    return seconds, peak


def reference_digest(rows, columns, qparams, bits):
    """SHA-256 of the codes: clamp(round(x * (1 / scale)) + zero_point), half to even, in float32; of 4 bits,
    two in a byte, the low bits first."""
    scale, zero_point = np.float32(qparams["scale"]), np.float32(qparams["zero_point"])
    digest = hashlib.sha256()
    for first, table in make_table.pieces(rows, columns):
        last = first + len(table)
        x = (table.astype(np.uint32) << 16).view(np.float32)
        codes = np.rint(x * (np.float32(1) / scale[first:last, None])) + zero_point[first:last, None]
        codes = np.clip(codes, 0, (1 << bits) - 1).astype(np.uint8)
        if bits == 4:
            codes = codes[:, 0::2] | codes[:, 1::2] << 4
        digest.update(codes.tobytes())
    return digest.hexdigest()


def table_digest(path, rows, columns, bits):
    """SHA-256 of the table's codes, which stand behind the FlatBuffer or, where they fit, in it."""
    length = rows * columns * bits // 8
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail = size - length  # of a table behind the FlatBuffer, which is padded to 16
        if length >= 1 << 31:
            return digest_of(file, tail - tail % 16, length)
        file.seek(0)
        head = file.read(1 << 26)
        place = head.find(struct.pack("<I", length))  # the vector's length stands in front of it
        return digest_of(file, place + 4, length)


def digest_of(file, begin, length):
    digest = hashlib.sha256()
    file.seek(begin)
    while length > 0:
        piece = file.read(min(length, 1 << 24))
        if not piece:
            return None
        digest.update(piece)
        length -= len(piece)
    return digest.hexdigest()


def main():
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("vernier", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=make_table.ROWS)
    options = parser.parse_args()
    rows, columns = options.rows, make_table.COLUMNS
    folder = options.folder.resolve()
    table = folder / "checkpoint" / "model.safetensors"
    if not table.exists() or table.stat().st_size < 2 * rows * columns:
        make_table.make(table.parent, rows, columns)
    library = no_sync_library(folder)
    environment = dict(os.environ, LD_PRELOAD=str(library)) if library else dict(os.environ)
    for dtype in ("uint8", "uint4"):
        (folder / f"{dtype}.json").write_text(json.dumps(recipe(rows, columns, dtype)))
    subprocess.run(["cat", table], stdout=subprocess.DEVNULL, check=True)  # into the system's cache

    seconds, peaks = {"cp": [], "uint8": [], "uint4": []}, {"uint8": 0, "uint4": 0}
    for _ in range(options.rounds):
        seconds["cp"].append(measure(["cp", "--reflink=never", table, folder / "copy"], os.environ)[0])
        (folder / "copy").unlink()
        for dtype in peaks:
            shutil.rmtree(folder / f"out_{dtype}", ignore_errors=True)
            command = [options.vernier.resolve(), "run", folder / f"{dtype}.json"]
            command += ["--out", folder / f"out_{dtype}"]
            taken, peak = measure(command, environment)
            seconds[dtype].append(taken)
            peaks[dtype] = max(peaks[dtype], peak)

    missed = False
    cp = statistics.median(seconds["cp"])
    print(f"cp {table.stat().st_size / 1e9:.2f} GB: {cp:.2f} s  "
          f"({', '.join(f'{one:.2f}' for one in seconds['cp'])})")
    for dtype, peak in peaks.items():
        bits, out = int(dtype[4:]), folder / f"out_{dtype}"
        sites = json.loads((out / "qparams.json").read_text())
        qparams = next(row for row in sites if row["site"] == "embed/weight")
        wanted = reference_digest(rows, columns, qparams, bits)
        same = wanted == table_digest(out / "table.circle", rows, columns, bits)
        taken = statistics.median(seconds[dtype])
        held = taken <= MOST_RATIO * cp and peak <= MOST_ANONYMOUS and same
        missed |= not held
        print(f"{dtype}: {taken:.2f} s = {taken / cp:.2f} x cp (at most {MOST_RATIO:g}), "
              f"anonymous peak {peak >> 20} MiB (at most {MOST_ANONYMOUS >> 20}), "
              f"codes {'as' if same else 'NOT as'} NumPy's{'' if held else '  missed'}  "
              f"({', '.join(f'{one:.2f}' for one in seconds[dtype])})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Quantizes the trained MiniLM with vernier, onnxruntime's quantize_static and ai-edge-quantizer on the same sentences.

Each tool is one process, timed from its start to its end, with the greatest resident size of it and its children; runs alternate.
Each result is run on the evaluation sentences in the runtime of its format and compared with the float model. Prints a table, writes
build/minilm.json and build/minilm.md; the exit code is 1 where a target is missed. Run by an interpreter that has
tools/requirements-parity.txt: `make minilm-compare`.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
sys.path.insert(0, str(HERE / "minilm"))
import runtimes  # noqa: E402
import samples  # noqa: E402

# activation type: least mean cosine, least Spearman
TARGETS = {"int8": (0.99, 0.99), "int16": (0.999, 0.99)}
TIMES_FASTER = 3.0


def measure(command):
    """(seconds, peak bytes) of one process from its start to its end."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{errors.decode()[-2000:]}")
    return seconds, usage.ru_maxrss * 1024


class Contender:
    def __init__(self, tool, activation, command, files):
        self.tool, self.activation, self.command, self.files = tool, activation, command, files
        self.seconds, self.peak = [], 0

    def run(self):
        seconds, peak = measure(self.command)
        self.seconds.append(seconds)
        self.peak = max(self.peak, peak)

    def rows(self, reference, sentences):
        for path in self.files:
            embeddings = runtimes.embed(path, sentences)
            yield {"tool": self.tool, "activation": self.activation, "format": path.suffix[1:], "bytes": path.stat().st_size,
                   "seconds": statistics.median(self.seconds), "peak_bytes": self.peak, "cosine": samples.mean_cosine(reference, embeddings),
                   "spearman": samples.spearman(reference, embeddings)}


def contenders(options, out):
    vernier = SOURCE / "build/release/bin/vernier"
    recipes = {"int8": "minilm_w8a8", "int16": "minilm_w8a16"}
    float_out = out / "float"
    measure([vernier, "run", SOURCE / "configs/minilm_float.json", "--out", float_out, "--quiet"])
    models = {path.suffix: path for path in float_out.glob("*.*") if path.suffix in (".onnx", ".tflite")}
    result = []
    for activation, recipe in recipes.items():
        folder = out / recipe
        # The two formats that the others write, in one run.
        export = json.dumps([{"backend": "tflite", "file": "minilm.q.tflite"}, {"backend": "onnx", "file": "minilm.q.onnx"}])
        result.append(Contender("vernier", activation, [vernier, "run", SOURCE / "configs" / f"{recipe}.json", "--out", folder, "--quiet", "--set", f"export={export}"],
                                [folder / f"minilm.q{suffix}" for suffix in (".tflite", ".onnx")]))
        for tool, script, suffix in (("onnxruntime", "onnxruntime_static.py", ".onnx"), ("ai-edge-quantizer", "ai_edge_static.py", ".tflite")):
            target = out / f"{tool}_{activation}{suffix}"
            result.append(Contender(tool, activation, [sys.executable, HERE / "minilm" / script, models[suffix], options.calibration, target, activation], [target]))
    return models, result


def misses(rows):
    for row in rows:
        if row["tool"] != "vernier":
            continue
        cosine, spearman = TARGETS[row["activation"]]
        name = f"vernier {row['activation']} {row['format']}"
        if row["cosine"] < cosine:
            yield f"{name}: mean cosine {row['cosine']:.5f}, wanted {cosine}"
        if row["spearman"] < spearman:
            yield f"{name}: Spearman {row['spearman']:.5f}, wanted {spearman}"
        for other in rows:
            if other["tool"] == "vernier" or other["activation"] != row["activation"]:
                continue
            if other["seconds"] < TIMES_FASTER * row["seconds"]:
                yield f"{name}: {other['seconds'] / row['seconds']:.1f} times faster than {other['tool']}, wanted {TIMES_FASTER:.0f}"
            if other["peak_bytes"] < row["peak_bytes"]:
                yield f"{name}: peak memory above {other['tool']}'s"
            if other["format"] == row["format"] and (other["cosine"] > row["cosine"] + 1e-4 or other["spearman"] > row["spearman"] + 1e-3):
                yield f"{name}: less accurate than {other['tool']}"


def table(rows):
    lines = ["| tool | activations | file | mean cosine | Spearman | seconds | peak MiB | file MiB |", "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['tool']} | {row['activation']} | {row['format']} | {row['cosine']:.5f} | {row['spearman']:.5f} | {row['seconds']:.2f} "
                     f"| {row['peak_bytes'] / 2**20:.0f} | {row['bytes'] / 2**20:.1f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="of each tool, in turn; times are medians")
    parser.add_argument("--calibration", default=SOURCE / "tests/data/minilm/calibration.jsonl")
    parser.add_argument("--evaluation", default=SOURCE / "tests/data/minilm/evaluation.jsonl")
    options = parser.parse_args()
    out = SOURCE / "build/minilm"
    out.mkdir(parents=True, exist_ok=True)
    models, all_of_them = contenders(options, out)
    for _ in range(options.runs):
        for contender in all_of_them:
            contender.run()
    sentences = samples.read(options.evaluation)
    reference = runtimes.embed(models[".onnx"], sentences)
    rows = [row for contender in all_of_them for row in contender.rows(reference, sentences)]
    print(table(rows))
    missed = list(misses(rows))
    (SOURCE / "build/minilm.json").write_text(json.dumps({"rows": rows, "missed": missed}, indent=1))
    (SOURCE / "build/minilm.md").write_text(table(rows) + "\n")
    print("\n".join(missed) or "all targets met")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

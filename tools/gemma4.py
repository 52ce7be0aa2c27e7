#!/usr/bin/env python3
"""Quantizes the trained Gemma4 of tests/data/gemma4_shapes in several ways and prints what becomes of its
answers: `make gemma4`. Needs nothing but Python.

Usage: gemma4.py [OPTIONS], see --help.

For each setting: how many of the evaluation samples have the right greedy token all along the answer, every
earlier token given (teacher forcing), by kind of question and by form of picture; the mean log-likelihood of
an answer's token, the least margin of a right token over the greatest other one, and the SQNR in dB of all
scores to the float run's; of the float run, of fake quantization, and of the executed files, prefill and
decode with caches. Then the files make the answers by themselves (`vernier generate`), token after token. The
exit code is 1 where a setting of 4 bits or more, or the cost, misses what is asked of it below."""

import argparse
import collections
import json
import os
import pathlib
import resource
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]
VERNIER = pathlib.Path(os.environ.get("VERNIER", SOURCE / "build/release/bin/vernier"))
SAMPLES = SOURCE / "tests/data/gemma4_shapes/evaluation/evaluation.jsonl"

# TICO 0.3.0 on the same checkpoint and samples: fake quantization in PyTorch, teacher-forced without a cache.
# Answers right, mean log-likelihood, least margin. Its 3 and 2 bits are fake quantization alone: it cannot
# export them.
TICO = {
    "float": (200, -0.000615, 2.71),
    "w8a8": (200, -0.000700, 2.14),
    "w8a16": (200, -0.000618, 2.66),
    "w4a16": (200, -0.000884, 2.28),
    "w3a16": (193, -0.0133, -2.16),
    "w2a16": (112, -0.291, -13),
}
# Its seconds for the w4a16 setting on a shared 2-core machine: prepare, calibrate and convert, then export;
# and its peak memory while it exports.
TICO_SECONDS, TICO_MIB = 4 + 250, 973
BITS = {"w3a16": 3, "w2a16": 2}  # of the linear layers, in uint4
COMPARED = 14  # samples of the comparison of time
LIMITS = (12.5, 250)  # seconds and MiB for it


def settings_of(name):
    """Arguments of `vernier run` for a setting."""
    bits = BITS.get(name)
    arguments = [SOURCE / f"configs/gemma4_shapes_{'w4a16' if bits else name}.json"]
    if bits is None:
        return arguments
    # The rules keep what they keep at 8 and 16 bits.
    chosen = [f"quantization.weight.options.bits={bits}"]
    chosen += [f"quantization.rules.{i}.options={{}}" for i in range(5)]
    # Where answers are wrong margins are small: files are held to fake quantization by what they score.
    chosen += ['export.0.verify.gates={"sqnr_db": ">= 40"}']
    return arguments + [word for one in chosen for word in ("--set", one)]


def requests():
    folder = SOURCE / "build/requests"
    for samples in ("calibration", "evaluation"):
        path = folder / f"gemma4_shapes_{samples}.safetensors"
        if not path.exists():
            subprocess.run([sys.executable, SOURCE / "tools/gemma4_requests.py", path, samples], check=True)
    return folder / "gemma4_shapes_evaluation.safetensors"


def records(count):
    return [json.loads(line) for line in SAMPLES.read_text().splitlines()[:count]]


def form_of(record):
    return "x".join(str(n) for n in record["patch_grid"]) if "patch_grid" in record else "text"


def run(name, out, samples, threads):
    """The report of a run, with files in `out`."""
    common = [
        f"evaluation.samples={samples}",
        f"export.0.verify.samples={samples}",
        f"runtime.threads={threads}",
    ]
    command = [VERNIER, "run", *settings_of(name), "--out", out, "--quiet"]
    command += [word for one in common for word in ("--set", one)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{name}: {done.stdout}{done.stderr}")
    return json.loads((out / "report.json").read_text())


def generated(out, path, count):
    """Tokens that the files of a folder make by themselves, for each request."""
    command = [VERNIER, "generate", out, "--requests", path, "--samples", str(count), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return [one["tokens"] for one in json.loads(done.stdout)]


def chosen(answers, sample):
    """Greedy tokens of a sample, every earlier token of the answer given."""
    wrong = {one["sample"]: one["chosen"] for one in answers["wrong"]}
    return wrong.get(sample["index"], sample["answer_ids"])


def as_far_as_given(tokens, given):
    """Up to the first that is not the one given: behind it the two saw different tokens."""
    same = 0
    while same < min(len(tokens), len(given)) and tokens[same] == given[same]:
        same += 1
    return tokens[: same + 1]


def is_free_run_equal(made, answers, sample):
    given = sample["answer_ids"]
    return as_far_as_given(made, given) == as_far_as_given(chosen(answers, sample), given)


def share(rows):
    return f"{sum(rows)}/{len(rows)}"


def line_of(answers, samples):
    """Right answers in all, by form and by kind, and the scores."""
    wrong = {one["sample"] for one in answers["wrong"]}
    groups = collections.defaultdict(list)
    for sample in samples:
        is_right = sample["index"] not in wrong
        for key in ("all", form_of(sample), sample["kind"]):
            groups[key].append(is_right)
    return groups, answers["mean_log_likelihood"], answers["least_margin"]


def print_table(rows, header, is_markdown):
    rows = [header, *rows]
    if is_markdown:
        rows.insert(1, ["---"] * len(header))
        print("\n".join("| " + " | ".join(row) + " |" for row in rows), flush=True)
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip(), flush=True)


def tables(results, samples, is_markdown):
    forms = sorted({form_of(one) for one in samples})
    kinds = sorted({one["kind"] for one in samples})
    lines = []
    for name, (report, made) in results.items():
        program = report["program"]
        if not lines:
            lines.append(("float", "", line_of(program["evaluation"]["float"], samples), "", ""))
        evaluation, executed = program["evaluation"], program["executed"]
        noise = f"{evaluation['metrics']['sqnr_db']:.1f}"
        lines.append((name, "fake quant", line_of(evaluation["quantized"], samples), noise, ""))
        files = executed["answers"]
        noise = f"{executed['float_to_file']['metrics']['sqnr_db']:.1f}"
        free = share([is_free_run_equal(tokens, files, one) for tokens, one in zip(made, samples)])
        lines.append((name, "files", line_of(files, samples), noise, free))
    first = []
    for name, reading, (groups, likelihood, margin), noise, free in lines:
        theirs = "{} {} {}".format(*TICO[name]) if reading != "files" else ""
        right = [share(groups[key]) for key in ("all", *forms)]
        first.append([name, reading, *right, f"{likelihood:.6f}", f"{margin:.2f}", noise, free, theirs])
    header = ["setting", "run", "right", *forms]
    header += ["log-likelihood", "least margin", "SQNR", "free running", "TICO"]
    print_table(first, header, is_markdown)
    print()
    header = ["kind of question", *[f"{name} {reading}".strip() for name, reading, *_ in lines]]
    second = [[kind, *[share(groups[kind]) for _, _, (groups, _, _), *_ in lines]] for kind in kinds]
    print_table(second, header, is_markdown)
    print()


def missed(name, report, made, samples):
    """What a setting of 4 bits or more lacks."""
    program = report["program"]
    files, quantized = program["executed"]["answers"], program["evaluation"]["quantized"]
    _, likelihood, margin = TICO[name]
    def runs_as(answers):
        return all(is_free_run_equal(tokens, answers, one) for tokens, one in zip(made, samples))

    checks = {
        "answers of the files": files["exact"] == len(samples),
        "answers of fake quantization": quantized["exact"] == len(samples),
        "free running equals the files, teacher-forced": runs_as(files),
        "free running equals fake quantization": runs_as(quantized),
    }
    if len(samples) == 200:
        checks |= {
            "log-likelihood of the files": files["mean_log_likelihood"] >= likelihood - 1e-4,
            "least margin of the files": files["least_margin"] >= margin - 0.1,
        }
    return [f"{name}: {what}" for what, holds in checks.items() if not holds]


def cost(out):
    """Seconds and memory of quantizing, exporting and running on as many samples as TICO's times are of.
    On one thread: its seconds of a processor are what it takes on a quiet machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = run("w4a16", out, COMPARED, 1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall, peak = report["seconds"]["total"], report["memory"]["peak_bytes"] / 2**20
    print(f"w4a16, quantize + export + run of the files on {COMPARED} samples, one thread:")
    print(f"  {busy:.1f} s of a processor (at most {LIMITS[0]}), {wall:.1f} s by the clock", end=" ")
    print(f"at load {os.getloadavg()[0]:.1f}; TICO {TICO_SECONDS} s: {TICO_SECONDS / busy:.0f} times as long")
    print(f"  {peak:.0f} MiB (at most {LIMITS[1]}); TICO {TICO_MIB} MiB: {TICO_MIB / peak:.1f} times as much")
    found = (("seconds", busy, LIMITS[0]), ("memory", peak, LIMITS[1]))
    return [what for what, value, limit in found if value > limit]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--settings", default="w8a8,w8a16,w4a16,w3a16,w2a16")
    parser.add_argument("--out", type=pathlib.Path, default=SOURCE / "out/gemma4")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--reuse", action="store_true", help="tables of what an earlier call left in --out")
    parser.add_argument("--no-cost", action="store_true", help="do not measure seconds and memory")
    given = parser.parse_args()
    path, samples = requests(), records(given.samples)
    results, faults = {}, []
    for name in given.settings.split(","):
        if not given.reuse:
            run(name, given.out / name, given.samples, given.threads)
        report = json.loads((given.out / name / "report.json").read_text())
        results[name] = report, generated(given.out / name, path, given.samples)
        if name not in BITS:
            faults += missed(name, *results[name], samples)
    tables(results, samples, given.markdown)
    if not given.no_cost:
        faults += cost(given.out / "cost")
    print("\n".join(f"MISSED {fault}" for fault in faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

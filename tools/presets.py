#!/usr/bin/env python3
"""Quantizes two trained models with each preset, writes what became of them into the presets' files, where
`vernier presets` finds it, and prints the tables of plugins/presets/README.md: `make presets`.

Usage: presets.py [PRESET...]. Each recipe is the one that `vernier init` writes, without its gate.
- build/checkpoints/minilm, a sentence encoder: fake quantization against float on 16 lines of text.
- tests/data/gemma4_shapes, a Gemma4 that answers questions about pictures: its files run on 16 questions.
Needs a Python for tokens and pictures ($VERNIER_PYTHON). The exit code is 1 where a preset gives no file."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
VERNIER = pathlib.Path(os.environ.get("VERNIER", ROOT / "build/release/bin/vernier"))
PRESETS = ROOT / "plugins/presets"
ENCODER, SHAPES = ROOT / "build/checkpoints/minilm", ROOT / "tests/data/gemma4_shapes"
LINES = ROOT / "tests/data/minilm"


def vernier(*arguments):
    return subprocess.run([VERNIER, *arguments], capture_output=True, text=True)


def run(model, preset, folder, init_words, run_words):
    """report.json of the recipe that init writes; None, and the reason, where there is no file."""
    out = folder / f"{model.name}_{preset['preset']}"
    recipe = out.with_suffix(".json")
    made = vernier("init", model, "--target", preset["target"], "--preset", preset["precision"], *init_words,
                   "-o", recipe)
    if made.returncode == 0:
        made = vernier("run", recipe, "--set", "gates={}", *run_words, "--out", out, "--quiet")
    if made.returncode != 0:
        print(f"{preset['preset']} of {model.name}: {made.stderr.strip()}", file=sys.stderr)
        return None
    return json.loads((out / "report.json").read_text())


def size_of(report):
    return sum(one["bytes"] for one in report["exports"]) / 1e6


def fits(report):
    return ", ".join(sorted({one["profile"]["profile"] for one in report["exports"]}))


def encoder(preset, folder):
    words = ["--text", LINES / "calibration.txt", "--evaluation", LINES / "evaluation.txt"]
    report = run(ENCODER, preset, folder, words, [])
    if report is None:
        return None
    metrics = report["metrics"]
    return {"cosine": f"{metrics['cosine']:.4f}", "sqnr": f"{metrics['sqnr_db']:.1f}",
            "size": f"{size_of(report):.1f}", "fits": fits(report)}


def requests(folder):
    """The questions as lines of requests; pictures by their own paths."""
    path = folder / "questions.jsonl"
    with open(path, "w") as file:
        for line in open(SHAPES / "samples.jsonl"):
            request = json.loads(line)["request"]
            if "images" in request:
                request["images"] = [str(SHAPES / one) for one in request["images"]]
            file.write(json.dumps(request) + "\n")
    return path


def shapes(preset, folder):
    """Calibrated on 64 questions; others are evaluated, as tools/gemma4_requests.py makes them."""
    evaluation = folder / "evaluation.safetensors"
    if not evaluation.exists():
        subprocess.run([ROOT / "tools/gemma4_requests.py", evaluation, "evaluation"], check=True)
    inputs = json.dumps({"kind": "safetensors", "path": str(evaluation)})
    report = run(SHAPES, preset, folder,
                 ["--prompts", requests(folder), "--tokens", "48", "--profile", "image_slots=108"],
                 ["--set", f"evaluation.inputs={inputs}"])
    if report is None:
        return None
    executed = report["program"]["executed"]
    return {"right": f"{executed['answers']['exact']} of {executed['samples']}",
            "sqnr": f"{executed['float_to_file']['metrics']['sqnr_db']:.1f}",
            "size": f"{size_of(report):.1f}", "fits": fits(report)}


def write(preset, measured):
    """Into the preset's file, in the place of what was measured before; the rest of it stays as it is."""
    path = PRESETS / f"{preset}.preset.json"
    text = path.read_text()
    line = f'    "measured": {json.dumps(measured)}\n'
    text = re.sub(r',\n    "measured": \{.*\}\n', "\n", text)
    summary = re.search(r'    "summary": ".*"\n', text)
    path.write_text(text[:summary.end() - 1] + ",\n" + line + text[summary.end():])


def main():
    presets = json.loads(vernier("presets", "--json").stdout)
    chosen = [one for one in presets if not sys.argv[1:] or one["preset"] in sys.argv[1:]]
    tables, worst = ([], []), 0
    with tempfile.TemporaryDirectory() as folder:
        for one in chosen:
            words, pictures = encoder(one, pathlib.Path(folder)), shapes(one, pathlib.Path(folder))
            measured = {}
            if words:
                measured["all-MiniLM-L6-v2"] = (f"cosine {words['cosine']}, {words['sqnr']} dB, "
                                                f"{words['size']} of 90.9 MB")
                tables[0].append(f"| `{one['preset']}` | {one['summary']} | {words['cosine']} "
                                 f"| {words['sqnr']} | {words['size']} | {words['fits']} |")
            if pictures:
                measured["gemma4_shapes"] = (f"{pictures['right']} answers right, {pictures['sqnr']} dB, "
                                             f"{pictures['size']} MB of files")
                tables[1].append(f"| `{one['preset']}` | {pictures['right']} | {pictures['sqnr']} "
                                 f"| {pictures['size']} | {pictures['fits']} |")
            worst = worst if words and pictures else 1
            write(one["preset"], measured)
            print(one["preset"], measured, flush=True)
    for rows in tables:
        print("\n" + "\n".join(rows))
    sys.exit(worst)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The trained model of tests/data/gemma4_shapes, as a whole, with fake quantization: calibrated on its 64
calibration samples, held to the float logits of the first 14 evaluation samples (prompt and answer).

Usage: gemma4_shapes.py [VERNIER]. Prints a table: SQNR of the logits, how many samples have the right greedy
token all along the answer, the answers' mean log-likelihood, the least margin. TICO's numbers for the same
stand in plugins/wrappers/gemma4/README.md."""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file, save_file

import gemma4_inputs

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "data/gemma4_shapes"
CONFIG = json.loads((FOLDER / "config.json").read_text())
LOGITS = 14  # samples with logits
# Dtype of activations, of weights, and rules: TICO's settings a, b and c.
RULES = [
    {"match": "**.embed_tokens/weight", "dtype": "uint8"},
    {"match": "**.embed_tokens_per_layer/weight", "dtype": "uint8"},
    {"match": "lm_head/weight", "dtype": "uint8"},
    {"match": "**.patch_embedder.input_proj/weight", "dtype": "uint8"},
    {"match": "**.*norm/weight", "dtype": "int16"},
]
SETTINGS = {
    "w8a8": ("uint8", "uint8", []),
    "w8a16": ("int16", "uint8", []),
    "w4a16": ("int16", "uint4", RULES),
}


def records(name, count=None):
    """Lines of a sample set and the entry's inputs for each: prompt and answer, teacher-forced."""
    lines = (FOLDER / name / f"{name}.jsonl").read_text().splitlines()[:count]
    pixels = np.load(FOLDER / name / f"{name}.npz")["pixel_values_u8"]
    for line in lines:
        record = json.loads(line)
        ids = record["input_ids"] + record["answer_ids"]
        if "row" not in record:
            yield record, gemma4_inputs.sample(ids, CONFIG)
            continue
        picture = (pixels[record["row"]][None] / 255.0).astype(np.float32)
        yield record, gemma4_inputs.sample(ids, CONFIG, picture, [tuple(record["patch_grid"])])


def unit_of(inputs):
    return "pictures" if "pixel_values" in inputs else "text"


def write_samples(folder, evaluated=LOGITS):
    """samples.safetensors, and which evaluation samples each unit has, in order."""
    tensors, order = {}, {"pictures": [], "text": []}
    for lane, name, count in (("calib", "calibration", None), ("eval", "evaluation", evaluated)):
        seen = {"pictures": 0, "text": 0}
        for record, inputs in records(name, count):
            unit = unit_of(inputs)
            tensors |= {f"{unit}.{lane}.{seen[unit]}.{key}": one for key, one in inputs.items()}
            seen[unit] += 1
            if lane == "eval":
                order[unit].append(record)
    save_file(tensors, folder / "samples.safetensors")
    return order


def recipe(activation, weight, rules, order):
    def inputs(unit, lane):
        pattern = f"{unit}.{lane}.{{sample}}.{{input}}"
        return {"inputs": {"kind": "safetensors", "path": "samples.safetensors", "tensors": pattern}}

    return {
        "version": 1,
        "model": {"checkpoint": str(FOLDER)},
        "quantization": {
            "activation": {"observer": "minmax", "dtype": activation},
            "weight": {"observer": "minmax", "dtype": weight},
            "rules": rules,
        },
        "units": [
            {
                "name": unit,
                "entry": entry,
                "calibration": inputs(unit, "calib"),
                "evaluation": inputs(unit, "eval") | {"samples": len(order[unit])},
            }
            for unit, entry in (("pictures", "forward"), ("text", "text"))
        ],
    }


def run(vernier, folder, settings, evaluated=LOGITS):
    """Per evaluation sample: its record, float and fake-quantized logits [tokens, vocabulary]."""
    order = write_samples(folder, evaluated)
    (folder / "recipe.json").write_text(json.dumps(recipe(*settings, order), indent=1))
    done = subprocess.run(
        [vernier, "run", folder / "recipe.json", "--out", folder / "out", "--save-outputs", "--quiet"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = load_file(folder / "out/outputs.safetensors")
    result = []
    for unit, samples in order.items():
        for i, record in enumerate(samples):
            end = f".{i}" if i else ""
            lanes = [outputs[f"{unit}.{lane}_out.logits{end}"][0] for lane in ("float", "quant")]
            result.append((record, *lanes))
    return sorted(result, key=lambda row: row[0]["index"])


def sqnr_db(pairs):
    """Of all numbers together; each pair is what should be and what is."""
    signal = sum(float(np.sum(np.square(a, dtype=np.float64))) for a, _ in pairs)
    noise = sum(float(np.sum(np.square(a.astype(np.float64) - b))) for a, b in pairs)
    return 10 * math.log10(signal / noise)


def answer_scores(record, logits):
    """Whether each token of the answer is the greatest, the log-likelihood of each, their margins."""
    answer, first = np.asarray(record["answer_ids"]), len(record["input_ids"]) - 1
    rows = logits[first : first + len(answer)].astype(np.float64)
    right = rows[np.arange(len(answer)), answer]
    likelihood = right - np.log(np.exp(rows - rows.max(1, keepdims=True)).sum(1)) - rows.max(1)
    others = rows.copy()
    others[np.arange(len(answer)), answer] = -np.inf
    return bool((rows.argmax(1) == answer).all()), likelihood, right - others.max(1)


def summary(rows):
    """Of run(): SQNR of the first 14 samples' logits against the float model's own, and scores of all."""
    scores = [answer_scores(record, quantized) for record, _, quantized in rows]
    likelihoods = np.concatenate([one[1] for one in scores])
    return {
        "sqnr_db": sqnr_db([(a, b) for _, a, b in rows[:LOGITS]]),
        "exact": sum(one[0] for one in scores),
        "of": len(rows),
        "log_likelihood": float(likelihoods.mean()),
        "least_margin": float(min(one[2].min() for one in scores)),
    }


def main():
    vernier = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("VERNIER", "build/release/bin/vernier")
    for name, settings in SETTINGS.items():
        with tempfile.TemporaryDirectory() as folder:
            print(name, json.dumps(summary(run(vernier, pathlib.Path(folder), settings, None))))


if __name__ == "__main__":
    main()

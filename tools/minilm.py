#!/usr/bin/env python3
"""Quantizes the trained sentence encoder with vernier and prints how near the result is to the float model: `make minilm`.

Each recipe is run on the 200 sentences of tests/data/minilm/evaluation.txt. The embeddings (masked mean, length 1) of the host's
fake-quant run, and of the exported files in LiteRT and onnxruntime, are compared with those of the float model: mean and least cosine,
and the rank correlation of the similarities between all sentences. The exit code is 1 where a target is missed.
"""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
from safetensors.numpy import load_file

SOURCE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tests/bench/minilm"))
import runtimes  # noqa: E402
import samples  # noqa: E402

VERNIER = pathlib.Path(os.environ.get("VERNIER", SOURCE / "build/release/bin/vernier"))
TARGETS = {"minilm_w8a8": (0.99, 0.99), "minilm_w8a16": (0.999, 0.99)}  # mean cosine, Spearman


def tokenize():
    """The committed token ids are those that the checkpoint's tokenizer gives today."""
    out = SOURCE / "build/minilm"
    out.mkdir(parents=True, exist_ok=True)
    for name in ("calibration", "evaluation"):
        committed = SOURCE / f"tests/data/minilm/{name}.jsonl"
        fresh = out / committed.name
        subprocess.run([sys.executable, SOURCE / "tools/tokenize_text.py", SOURCE / "build/checkpoints/minilm/tokenizer.json", committed.with_suffix(".txt"), fresh,
                        "--tokens", "40"], check=True)
        if fresh.read_bytes() != committed.read_bytes():
            sys.exit(f"{committed} differs from {fresh}; copy it there if the sentences have changed")


def quantize(recipe, sentences):
    """Folder of the results."""
    out = SOURCE / "out" / recipe
    subprocess.run([VERNIER, "run", SOURCE / "configs" / f"{recipe}.json", "--out", out, "--save-outputs", "--quiet", "--set", f"evaluation.samples={len(sentences)}"], stdout=subprocess.DEVNULL,
                   check=True)
    return out


def host_embeddings(folder, sentences, kind):
    tensors = load_file(folder / "outputs.safetensors")
    names = [f"{kind}.0" if i == 0 else f"{kind}.0.{i}" for i in range(len(sentences))]
    return np.stack([samples.pooled(tensors[name].astype(np.float64), row) for name, row in zip(names, sentences)])


def main():
    tokenize()
    sentences = samples.read(SOURCE / "tests/data/minilm/evaluation.jsonl")
    missed = False
    print(f"{'recipe':14}{'run in':14}{'mean cosine':>12}{'least':>9}{'Spearman':>10}{'file MiB':>10}{'seconds':>9}{'peak MiB':>10}")
    for recipe, (least_cosine, least_spearman) in TARGETS.items():
        folder = quantize(recipe, sentences)
        report = json.loads((folder / "report.json").read_text())
        reference = host_embeddings(folder, sentences, "float_out")
        places = [("fake quant", None, host_embeddings(folder, sentences, "quant_out"))]
        for runtime, file in (("LiteRT", "minilm.q.tflite"), ("onnxruntime", "minilm.q.onnx")):
            places.append((runtime, folder / file, runtimes.embed(folder / file, sentences)))
        for place, file, embeddings in places:
            cosine, spearman = samples.mean_cosine(reference, embeddings), samples.spearman(reference, embeddings)
            size = f"{file.stat().st_size / 2**20:.1f}" if file else ""
            cost = f"{report['seconds']['total']:9.1f}{report['memory']['peak_bytes'] / 2**20:10.0f}" if file is None else ""
            is_met = cosine >= least_cosine and spearman >= least_spearman
            missed = missed or not is_met
            print(f"{recipe:14}{place:14}{cosine:12.5f}{np.min(np.sum(reference * embeddings, axis=1)):9.5f}{spearman:10.5f}{size:>10}{cost}{'' if is_met else '  MISSED'}",
                  flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

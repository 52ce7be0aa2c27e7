"""Files whose caller chooses an extent, in the runtimes that load them: held to the graph at each of
several lengths."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from conftest import SOURCE, VERNIER

FILES = {
    "tflite": ("litert", "m.tflite"),
    "onnx": ("onnxruntime", "m.onnx"),
    "circle": ("circle", "m.circle"),
}
WIDTH, INNER, LENGTHS = 16, 32, (6, 3, 9)
SHAPES = {
    "attention.self.query": (WIDTH, WIDTH),
    "attention.self.key": (WIDTH, WIDTH),
    "attention.self.value": (WIDTH, WIDTH),
    "attention.output.dense": (WIDTH, WIDTH),
    "intermediate.dense": (INNER, WIDTH),
    "output.dense": (WIDTH, INNER),
}


def layer(folder):
    """A BertLayer of random weights, and samples of several lengths."""
    random = np.random.default_rng(7)
    tensors = {}
    for name, shape in SHAPES.items():
        tensors[f"{name}.weight"] = random.normal(0, 0.3, shape).astype(np.float32)
        tensors[f"{name}.bias"] = random.normal(0, 0.1, shape[:1]).astype(np.float32)
    for name in ("attention.output.LayerNorm", "output.LayerNorm"):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = np.ones(WIDTH, np.float32), np.zeros(
            WIDTH, np.float32
        )
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint/config.json").write_text("{}")
    save_file(tensors, folder / "checkpoint/model.safetensors")
    samples = {}
    for i, length in enumerate(LENGTHS):
        samples[f"hidden_states.{i}"] = random.normal(0, 1, (1, length, WIDTH)).astype(np.float32)
        samples[f"attention_mask.{i}"] = np.zeros((1, 1, 1, length), np.float32)
    save_file(samples, folder / "samples.safetensors")
    config = {
        "hidden_size": WIDTH,
        "num_attention_heads": 2,
        "intermediate_size": INNER,
        "layer_norm_form": "op",
    }
    return {
        "version": 1,
        "model": {"checkpoint": "checkpoint", "type": "BertLayer", "config": config},
        "quantization": {
            "activation": {"dtype": "int8", "scheme": "asymmetric"},
            "weight": {"dtype": "int8", "granularity": "channel", "axis": 0},
        },
        "calibration": {"inputs": {"kind": "safetensors", "path": "samples.safetensors"}},
        "evaluation": {"samples": len(LENGTHS)},
    }


@pytest.mark.parametrize("backend", FILES)
def test_each_length_is_within_a_step(tmp_path, backend):
    executor, name = FILES[backend]
    recipe = layer(tmp_path)
    recipe["export"] = [
        {
            "backend": backend,
            "file": name,
            "verify": {"executor": executor},
            "open": {"sequence": {"hidden_states": [1], "attention_mask": [3]}},
        }
    ]
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    command = [VERNIER, "run", tmp_path / "recipe.json", "--out", tmp_path / "out", "--quiet"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"VERNIER_PYTHON": sys.executable}
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "out/report.json").read_text())["verify"]
    assert row["open_extents"] == sorted(LENGTHS)
    assert row["samples"] == len(LENGTHS)
    for output in row["outputs"]:
        codes = output["quantized_to_file"]
        assert codes["beyond_one_step"] <= 0.02 * codes["elements"], codes
        assert codes["max_step"] <= 3, codes

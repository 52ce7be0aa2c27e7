"""Weights that a forward makes of others, and tables: each format in its own runtime, against numpy."""
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from conftest import VERNIER, build_plugin

EXECUTORS = {"circle": "circle", "tflite": "litert", "onnx": "onnxruntime"}
RNG = np.random.default_rng(3)


def reals(*shape):
    return RNG.uniform(-1, 1, shape).astype(np.float32)


MADE = {"base": reals(8, 6), "lora_a": reals(2, 6), "lora_b": reals(8, 2),
        "bias": reals(8), "bias_shift": reals(8),
        "turned": reals(8, 8), "fused": reals(12, 8), "first": reals(3, 4), "second": reals(5, 4),
        "first_bias": reals(3), "second_bias": reals(5)}
FUSED = {"qkv.weight": reals(12, 8), "wide.weight": reals(4, 8), "embed.weight": reals(3, 4)}
TABLED = {"weight": reals(4)}


def made(x, t):
    y = x @ (t["base"] + 2 * t["lora_b"] @ t["lora_a"]).T + t["bias"] + t["bias_shift"]
    y = y @ t["turned"]
    q, k, v = (y @ part.T for part in np.split(t["fused"], 3))
    bias = np.concatenate([t["first_bias"], t["second_bias"]])
    return (q * k + v) @ np.concatenate([t["first"], t["second"]]).T + bias


def fused(x, t):
    q, _, v = np.split(t["qkv.weight"], 3)
    return (x @ (q + v).T) @ t["wide.weight"][:, 2:6].T @ t["embed.weight"].T


IDS = RNG.integers(0, 6, (6, 1)).astype(np.int32)


def tabled(x, t):
    rows = np.arange(len(x))[:, None]
    y = x * np.cos(rows * np.arange(4)[None])
    return np.where(np.tri(len(x), 4, dtype=bool) & (IDS < len(x) - 1 - rows), y, -2 * t["weight"])


CASES = {"MadeWeights": (MADE, (5, 6), made), "FusedParts": (FUSED, (5, 8), fused),
         "Tabled": (TABLED, (6, 4), tabled)}


@pytest.fixture(scope="session")
def plugin(folder):
    return build_plugin(folder, "made_weights")


@pytest.fixture(scope="module", params=[(name, kind) for name in CASES for kind in EXECUTORS], ids="-".join)
def ran(request, tmp_path_factory, plugin):
    name, kind = request.param
    tensors, shape, compute = CASES[name]
    folder = tmp_path_factory.mktemp(f"{name}_{kind}")
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint/config.json").write_text("{}")
    save_file(tensors, folder / "checkpoint/model.safetensors")
    samples = {f"x.{i}": reals(*shape) for i in range(4)}
    ids = {f"ids.{i}": IDS for i in range(4)} if name == "Tabled" else {}
    save_file(samples | ids, folder / "inputs.safetensors")
    recipe = {
        "version": 1,
        "model": {"checkpoint": "checkpoint", "module": "", "type": name, "config": {}},
        "quantization": {"weight": {"dtype": "int8"}, "activation": {"dtype": "int8"}},
        "calibration": {"inputs": {"kind": "safetensors", "path": "inputs.safetensors"}},
        "evaluation": {"samples": 4},
        "export": [{"backend": kind, "file": f"m.{kind}", "verify": {}}],
    }
    (folder / "recipe.json").write_text(json.dumps(recipe))
    environment = os.environ | {"VERNIER_PYTHON": sys.executable}
    command = [VERNIER, "run", folder / "recipe.json", "--plugin", plugin, "--out", folder / "out",
               "--save-outputs", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    double = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    wanted = [compute(x.astype(np.float64), double) for x in samples.values()]
    return name, kind, folder / "out", wanted


def test_float_is_what_numpy_computes(ran):
    _, _, out, wanted = ran
    outputs = load_file(out / "outputs.safetensors")
    for i, one in enumerate(wanted):
        found = outputs["float_out.0" if i == 0 else f"float_out.0.{i}"]
        assert np.abs(found - one).max() <= 1e-5 * np.abs(one).max()


def test_the_executed_file_is_the_exact_reading(ran):
    name, kind, out, _ = ran
    (verified,) = json.loads((out / "report.json").read_text())["verify"]
    assert verified["executor"] == EXECUTORS[kind]
    (output,) = verified["outputs"]
    codes = output["quantized_to_file"]
    assert codes["max_step"] <= 1, codes
    # LiteRT rounds products of two activations in fixed point: what comes before one is equal there too.
    nodes = verified["nodes"]
    products = [i for i, node in enumerate(nodes) if node["op"] == "mul"]
    if kind == "tflite" and name == "MadeWeights":
        assert len(products) == 1 and products[0] >= 5
        nodes = nodes[: products[0]]
    else:
        assert codes["codes_differ"] == 0, codes
    assert nodes and all(node["codes_differ"] in (0, None) for node in nodes), nodes
    assert output["float_to_file"]["sqnr_db"] > 25

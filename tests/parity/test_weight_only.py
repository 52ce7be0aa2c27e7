"""Weight-only files, and files with one site left in float, in the runtimes and libraries that they are
for; dead channels in onnxruntime."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from conftest import VERNIER
from test_encodings import decompressed

WEIGHT_ONLY = {"activation": {"observer": "identity"}}
SITES = {
    "int8": {**WEIGHT_ONLY, "weight": {"dtype": "int8"}},
    "int4": {**WEIGHT_ONLY, "weight": {"dtype": "int4"}},
    "per tensor": {
        **WEIGHT_ONLY,
        "weight": {"dtype": "int8"},
        "rules": [{"match": "weight", "granularity": "tensor"}],
    },
    "float input": {"weight": {"dtype": "int8"}, "rules": [{"match": "act_in", "observer": "identity"}]},
    "float output": {"weight": {"dtype": "int8"}, "rules": [{"match": "act_out", "observer": "identity"}]},
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    random = np.random.default_rng(3)
    weight, bias = (
        random.normal(size=(8, 16)).astype(np.float32) / 5,
        random.normal(size=8).astype(np.float32) / 10,
    )
    save_file({"dense.weight": weight, "dense.bias": bias}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    return folder


def run(checkpoint, out, export, quantization):
    recipe = {
        "version": 1,
        "model": {
            "checkpoint": str(checkpoint),
            "module": "dense",
            "type": "Linear",
            "config": {"bias": True},
        },
        "quantization": quantization,
        "calibration": {
            "inputs": {"kind": "synthetic", "inputs": {"input": {"shape": [4, 16]}}},
            "samples": 8,
        },
        "evaluation": {"samples": 8},
        "export": [export],
    }
    file = out / "recipe.json"
    file.write_text(json.dumps(recipe))
    done = subprocess.run(
        [VERNIER, "run", file, "--out", out / "run", "--quiet"],
        capture_output=True,
        text=True,
        env=os.environ | {"VERNIER_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stderr
    return json.loads((out / "run/report.json").read_text())


@pytest.mark.parametrize("optimization", ["basic", "all"])
@pytest.mark.parametrize("sites", [*SITES, "int16 weights", "axis 1", "blocks", "int4 blocks", "only blocks"])
def test_onnxruntime_computes_the_fake_quant_run(checkpoint, tmp_path, sites, optimization):
    more = {
        "int16 weights": {"weight": {"dtype": "int16"}},
        "axis 1": {
            "weight": {"dtype": "int8"},
            "rules": [{"match": "weight", "granularity": "channel", "axis": 1}],
        },
    }
    blocks = {"match": "weight", "granularity": "block", "block_size": 4}
    more["blocks"] = {"weight": {"dtype": "int8"}, "rules": [blocks]}
    more["int4 blocks"] = {"weight": {"dtype": "int4"}, "rules": [blocks | {"block_size": 8}]}
    more["only blocks"] = {**WEIGHT_ONLY, "weight": {"dtype": "int8"}, "rules": [blocks]}
    export = {
        "backend": "onnx",
        "file": "m.onnx",
        "verify": {"executor": "onnxruntime", "options": {"optimization": optimization}},
        "gates": {"sqnr_db": ">= 15", "quantized_to_file": {"sqnr_db": ">= 40"}},
    }
    report = run(checkpoint, tmp_path, export, {**SITES, **more}[sites])
    (weight,) = [row for row in report["coverage"]["parameters"] if row["parameter"] == "dense.weight"]
    assert weight["status"] == "quantized" and weight["dtype"] == {
        "int4": "int4",
        "int4 blocks": "int4",
        "int16 weights": "int16",
    }.get(sites, "int8")


@pytest.mark.parametrize("sites", SITES)
def test_litert_runs_codes_under_float_inputs(checkpoint, tmp_path, sites):
    # Dynamic range: LiteRT rounds the float inputs to 8 bits, so the file is not the fake-quant run itself.
    export = {
        "backend": "tflite",
        "file": "m.tflite",
        "verify": {"executor": "litert"},
        "gates": {"sqnr_db": ">= 15", "quantized_to_file": {"sqnr_db": ">= 35"}},
    }
    report = run(checkpoint, tmp_path, export, SITES[sites])
    (weight,) = [row for row in report["coverage"]["parameters"] if row["parameter"] == "dense.weight"]
    assert weight["dtype"] == ("int4" if sites == "int4" else "int8")


@pytest.mark.parametrize("sites", ["int8", "int4", "per tensor", "float input", "float output"])
def test_the_compressed_tensors_library_reads_the_weights(checkpoint, tmp_path, sites):
    run(checkpoint, tmp_path, {"backend": "compressed_tensors", "file": "m.safetensors"}, SITES[sites])
    config, weights = decompressed(tmp_path / "run/m.safetensors", tmp_path / "run")
    assert config["format"] == ("int-quantized" if sites == "float output" else "pack-quantized")
    (weight,) = weights.values()
    original = load_file(checkpoint / "model.safetensors")["dense.weight"]
    (scale,) = [
        np.float32(site["scale"])
        for site in json.loads((tmp_path / "run/qparams.json").read_text())
        if site["site"] == "dense/weight"
    ]
    assert np.all(np.abs(weight - original) <= scale.reshape(-1, 1) * 0.5001)


@pytest.mark.parametrize("optimization", ["none", "basic", "all"])
@pytest.mark.parametrize("dtype", ["uint8", "int16"])
def test_biases_of_dead_channels_survive_onnxruntimes_optimizer(tmp_path, dtype, optimization):
    random = np.random.default_rng(5)
    weight, bias = (
        random.normal(size=(8, 16)).astype(np.float32) / 5,
        random.normal(size=8).astype(np.float32) / 10,
    )
    weight[2], bias[2] = 0, 5
    weight[5], bias[5] = weight[5] * np.float32(1e-9), -4.5
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    save_file({"dense.weight": weight, "dense.bias": bias}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    export = {
        "backend": "onnx",
        "file": "m.onnx",
        "verify": {"executor": "onnxruntime", "options": {"optimization": optimization}},
        "gates": {"sqnr_db": ">= 40"},
    }
    run(folder, tmp_path, export, {"activation": {"dtype": dtype}})

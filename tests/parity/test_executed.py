"""Whole blocks and a whole model, executed: within one step of the fake-quant run on 99.9 % of values."""
import json
import os
import subprocess
import sys

import pytest

from conftest import SOURCE, VERNIER

# 16 bits inside, 8 at the end: a step of a 16-bit output is finer than what two float32 LayerNorms agree on.
RULES = [
    {"match": "embeddings/position_embeddings.weight", "dtype": "int16"},
    {"match": "encoder.layer.5.output.LayerNorm/act_out", "dtype": "uint8"},
]
OUTPUT_OF_8_BITS = ["--set", f"quantization.rules={json.dumps(RULES)}"]
MODELS = {"minilm_layer": [], "minilm_w8a16": OUTPUT_OF_8_BITS}
FILES = {"circle": "circle", "tflite": "litert", "onnx": "onnxruntime"}


@pytest.fixture(scope="module", params=MODELS)
def exported(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    recipe, options = SOURCE / f"configs/{request.param}.json", [*MODELS[request.param], "--set", "gates={}"]
    command = [VERNIER, "run", recipe, "--out", out, "--quiet", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return recipe, options, out


@pytest.mark.parametrize("kind", FILES)
def test_within_one_output_step(exported, kind):
    recipe, options, out = exported
    (file,) = out.glob(f"*.{kind}")
    command = [VERNIER, "verify", file, "--recipe", recipe, "--json", "--samples", "4", *options]
    environment = os.environ | {"VERNIER_PYTHON": sys.executable}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["executor"] == FILES[kind]
    for output in row["outputs"]:
        codes = output["quantized_to_file"]
        assert codes["beyond_one_step"] <= 0.001 * codes["elements"], codes


@pytest.mark.parametrize("kind", ["circle", "tflite"])
def test_the_file_breaks_no_rule_of_its_format(exported, kind):
    (file,) = exported[2].glob(f"*.{kind}")
    profile = ["--profile", "litert"] if kind == "tflite" else []
    command = [VERNIER, "verify", file, "--json", *profile]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["findings"] == []

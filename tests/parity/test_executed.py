"""Whole blocks and a whole model, executed: within one output step of the fake-quant run on 99.9 % of the values."""
import json
import os
import subprocess
import sys

import pytest

from conftest import SOURCE, VERNIER

# 16 bits inside, 8 at the end: a step of a 16-bit output is finer than what two float32 LayerNorms agree on.
OUTPUT_OF_8_BITS = ["--set", 'quantization.rules=[{"match": "embeddings/position_embeddings.weight", "dtype": "int16"}, {"match": "encoder.layer.5.output.LayerNorm/act_out", "dtype": "uint8"}]']
MODELS = {"minilm_layer": [], "minilm_w8a16": OUTPUT_OF_8_BITS}
FILES = {"circle": "circle", "tflite": "litert", "onnx": "onnxruntime"}


@pytest.fixture(scope="module", params=MODELS)
def exported(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    recipe, options = SOURCE / f"configs/{request.param}.json", [*MODELS[request.param], "--set", "gates={}"]
    subprocess.run([VERNIER, "run", recipe, "--out", out, "--quiet", *options], check=True, stdout=subprocess.DEVNULL)
    return recipe, options, out


@pytest.mark.parametrize("kind", FILES)
def test_within_one_output_step(exported, kind):
    recipe, options, out = exported
    (file,) = out.glob(f"*.{kind}")
    done = subprocess.run([VERNIER, "verify", file, "--recipe", recipe, "--json", "--samples", "4", *options], capture_output=True, text=True, env=os.environ | {"VERNIER_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["executor"] == FILES[kind]
    for output in row["outputs"]:
        codes = output["quantized_to_file"]
        assert codes["beyond_one_step"] <= 0.001 * codes["elements"], codes


@pytest.mark.parametrize("kind", ["circle", "tflite"])
def test_the_file_breaks_no_rule_of_its_format(exported, kind):
    (file,) = exported[2].glob(f"*.{kind}")
    result = json.loads(subprocess.run([VERNIER, "verify", file, "--json", *(["--profile", "litert"] if kind == "tflite" else [])], capture_output=True, text=True, check=True).stdout)
    assert result["findings"] == []

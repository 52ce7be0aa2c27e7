"""Files of the backend onnx: onnx's own checker, and onnxruntime against the fake-quant run."""
import json
import os
import subprocess
import sys

import onnx
import pytest

from conftest import SOURCE, VERNIER

PARTS = ["gemma4_embedder", "gemma4_embedder_int16_uint4", "minilm_dense", "minilm_mlp", "minilm_attention", "minilm_layer"]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"VERNIER_PYTHON": sys.executable})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def exported(recipe, out, *options, **extra):
    export = json.dumps([{"backend": "onnx", "file": "model.onnx", "options": extra}])
    path = recipe if os.path.exists(recipe) else SOURCE / f"configs/{recipe}.json"
    run(VERNIER, "run", path, "--out", out, "--quiet", "--set", f"export={export}", "--set", "gates={}", *options)
    return out / "model.onnx"


def verify(file, recipe, *options):
    return json.loads(run(VERNIER, "verify", file, "--recipe", SOURCE / f"configs/{recipe}.json", "--json", "--samples", "4", *options))


@pytest.mark.parametrize("recipe", PARTS)
def test_within_one_step_of_the_fake_quant_run(folder, recipe):
    file = exported(recipe, folder / f"onnx_{recipe}")
    onnx.checker.check_model(str(file), full_check=True)
    row = verify(file, recipe)
    for output in row["outputs"]:
        codes = output["quantized_to_file"]
        assert codes["beyond_one_step"] <= 0.001 * codes["elements"], codes


@pytest.mark.parametrize("extra", [{"io": "codes"}, {"external_data": True}, {"io": "codes", "external_data": True}], ids=str)
def test_codes_at_the_ends_and_constants_outside_change_nothing(folder, extra):
    plain = exported("gemma4_embedder", folder / "onnx_plain")
    file = exported("gemma4_embedder", folder / f"onnx_{'_'.join(extra)}", **extra)
    onnx.checker.check_model(str(file), full_check=True)
    assert file.with_name("model.onnx.data").exists() == ("external_data" in extra)
    assert verify(file, "gemma4_embedder")["outputs"][0]["quantized_to_file"] == verify(plain, "gemma4_embedder")["outputs"][0]["quantized_to_file"]
    types = {value.type.tensor_type.elem_type for value in onnx.load(str(file)).graph.output}
    assert types == {onnx.TensorProto.UINT8 if "io" in extra else onnx.TensorProto.FLOAT}


def test_a_float_model_is_the_float_run(folder):
    identity = ["--set", "quantization.activation.observer=identity", "--set", "quantization.weight.observer=identity"]
    file = exported("minilm_layer", folder / "onnx_float", *identity)
    onnx.checker.check_model(str(file), full_check=True)
    assert not any(node.op_type in ("QuantizeLinear", "DequantizeLinear") for node in onnx.load(str(file)).graph.node)
    output = verify(file, "minilm_layer", *identity)["outputs"][0]
    assert output["quantized_to_file"]["max_abs_diff"] < 1e-4


def test_a_python_without_onnxruntime_is_told(folder):
    file = exported("gemma4_embedder", folder / "onnx_missing")
    done = subprocess.run([VERNIER, "verify", file, "--recipe", SOURCE / "configs/gemma4_embedder.json"], capture_output=True, text=True, env=os.environ | {"VERNIER_PYTHON": "/usr/bin/python3"})
    assert done.returncode == 3
    assert "pip install onnxruntime" in done.stderr

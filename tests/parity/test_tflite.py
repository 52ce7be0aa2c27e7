"""Files of the backend tflite, run in LiteRT, against the fake-quant run: op by op, and as parts of trained models."""
import functools
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from safetensors.numpy import load_file

from conftest import SOURCE, VERNIER, build_plugin

KERNELS = ["reference", "xnnpack", "optimized"]


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"VERNIER_PYTHON": sys.executable}, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def verify(file, recipe, kernels, *options):
    return json.loads(run(VERNIER, "verify", file, "--recipe", recipe, "--json", "--executor-options", json.dumps({"kernels": kernels}), *options))


@functools.cache
def operators(folder):
    """The plugin of tests/parity/operators, and a checkpoint for modules that read nothing from it."""
    plugin = build_plugin(folder, "operators")
    description = folder / "description.json"
    description.write_text(json.dumps({"seed": 1, "config": {}, "tensors": [{"name": "unused", "dtype": "float32", "shape": [1], "distribution": "normal"}]}))
    run(VERNIER, "synthesize", description, "--out", folder / "checkpoint")
    return plugin


def made(name, low, high):
    distribution = {"distribution": "uniform", "low": low, "high": high} if low is not None else {"distribution": "normal", "mean": 0, "std": 1}
    return {name: {"shape": [2, 24, 32], "dtype": "float32", **distribution}}


UNARY = ["neg", "sigmoid", "tanh", "relu", "silu", "gelu", "gelu_tanh", "softmax", "mean", "mean_rows", "relu6", "clamp", "reshape", "permute", "slice", "rms_norm"]
GROUPS = {"unary": ("Unary", UNARY, made("x", None, None)), "positive": ("Unary", ["sqrt", "rsqrt"], made("x", 0.25, 4)),
          "binary": ("Binary", ["add", "sub", "mul", "matmul", "concat"], made("a", None, None) | made("b", None, None)),
          "quotient": ("Binary", ["div"], made("a", None, None) | made("b", 0.5, 3))}
# Of sites by pattern.
DTYPES = {"uint8": {"*": "uint8"}, "int8": {"*": "int8"}, "int16": {"*": "int16"}, "int16 to uint8": {"*": "int16", "out_*": "uint8"}, "uint8 to int16": {"*": "uint8", "out_*": "int16"}}


@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("group", GROUPS)
def test_each_op_is_within_one_step(folder, group, dtypes):
    plugin = operators(folder)
    kind, ops, inputs = GROUPS[group]
    samples = {"inputs": {"kind": "synthetic", "inputs": inputs}, "samples": 8}
    rules = [{"match": site, "dtype": dtype} for site, dtype in DTYPES[dtypes].items()]
    recipe = {"version": 1, "model": {"checkpoint": str(folder / "checkpoint"), "module": "", "type": kind, "config": {"ops": ops}},
              "quantization": {"activation": {"observer": "minmax", "dtype": "uint8"}, "weight": {"observer": "minmax", "dtype": "int8"}, "rules": rules},
              "calibration": samples, "evaluation": {"samples": 4}, "export": [{"backend": "tflite", "file": "op.tflite"}]}
    out = folder / f"{group} {dtypes}"
    out.mkdir()
    (out / "recipe.json").write_text(json.dumps(recipe))
    run(VERNIER, "run", out / "recipe.json", "--out", out, "--plugin", plugin, "--quiet")
    for kernels in KERNELS:
        row = verify(out / "op.tflite", out / "recipe.json", kernels, "--plugin", plugin)
        assert len(row["outputs"]) == len(ops)
        for op, output in zip(ops, row["outputs"]):
            found = output["quantized_to_file"]
            # An input at a tie goes either way: rarely, and then as many steps as its own step has.
            assert found["beyond_one_step"] <= 0.001 * found["elements"], f"{op}, {kernels}: {found}"


# Recipe, options of it, share of values that must be within one step.
PARTS = [("gemma4_embedder", ["quantization.weight.dtype=int8"]), ("gemma4_embedder_int16_uint4", ["quantization.weight.dtype=int4"]), ("minilm_mlp", []), ("minilm_attention", [])]


def codes_of(interpreter, detail, real):
    scales, zero_points = detail["quantization_parameters"]["scales"], detail["quantization_parameters"]["zero_points"]
    if len(scales) == 0:
        return real.astype(detail["dtype"])
    limits = np.iinfo(detail["dtype"])
    return np.clip(np.rint(real * (np.float32(1) / scales[0])) + zero_points[0], limits.min, limits.max).astype(detail["dtype"])


@pytest.mark.parametrize("recipe,options", PARTS, ids=lambda value: value if isinstance(value, str) else "")
def test_parts_of_models_are_within_one_step(folder, recipe, options):
    """Without the executor: what a user of LiteRT would write, by names of the signature."""
    out = folder / f"tflite_{recipe}"
    sets = [word for option in [*options, 'export=[{"backend": "tflite", "file": "part.tflite"}]', "gates={}"] for word in ("--set", option)]
    run(VERNIER, "run", SOURCE / f"configs/{recipe}.json", "--out", out, "--save-outputs", "--quiet", *sets)
    expected = load_file(out / "outputs.safetensors")
    samples = json.loads((out / "recipe.effective.json").read_text())["evaluation"]
    tensors = load_file(samples["inputs"]["path"])
    interpreter = Interpreter(str(out / "part.tflite"), num_threads=1)
    (name,) = interpreter.get_signature_list()
    signature = interpreter.get_signature_runner("forward")
    assert name == "forward"
    (output,) = signature.get_output_details().values()
    within, elements = 0, 0
    for index in range(samples["samples"]):
        pattern = samples["inputs"].get("tensors", "{input}.{sample}")
        feed = {key: codes_of(interpreter, detail, tensors[pattern.format(input=key, sample=index)]) for key, detail in signature.get_input_details().items()}
        (codes,) = signature(**feed).values()
        step = output["quantization_parameters"]["scales"][0]
        real = (codes.astype(np.float64) - output["quantization_parameters"]["zero_points"][0]) * step
        wanted = expected["quant_out.0" if index == 0 else f"quant_out.0.{index}"]
        within += np.count_nonzero(np.abs(real - wanted) <= 1.001 * step)
        elements += wanted.size
    assert elements >= 1000 and within >= 0.999 * elements, f"{within} of {elements}"


def test_a_float_model_runs(folder):
    """What other quantizers start from."""
    out = folder / "tflite_float"
    identity = ["--set", "quantization.activation.observer=identity", "--set", "quantization.weight.observer=identity"]
    for recipe in ("minilm_attention", "gemma4_embedder"):
        run(VERNIER, "run", SOURCE / f"configs/{recipe}.json", "--out", out, "--quiet", *identity, "--set", "gates={}", "--set", 'export=[{"backend": "tflite", "file": "float.tflite"}]')
        row = verify(out / "float.tflite", out / "recipe.effective.json", "xnnpack")
        assert row["outputs"][0]["float_to_file"]["cosine"] > 0.999999
        details = Interpreter(str(out / "float.tflite")).get_tensor_details()
        assert {np.dtype(detail["dtype"]).name for detail in details} <= {"float32", "int32"}


def complaint(folder, python):
    out = folder / "complaint"
    if not out.exists():
        run(VERNIER, "run", SOURCE / "configs/gemma4_embedder.json", "--out", out, "--quiet", "--set", "quantization.weight.dtype=int8", "--set", 'export=[{"backend": "tflite", "file": "m.tflite"}]')
        (out / "damaged.tflite").write_bytes((out / "m.tflite").read_bytes()[:1000])
    file = out / ("damaged.tflite" if python == sys.executable else "m.tflite")
    done = subprocess.run([VERNIER, "verify", file, "--recipe", out / "recipe.effective.json", "--executor-options", json.dumps({"python": str(python), "time_limit": 5})],
                          capture_output=True, text=True)
    assert done.returncode in (3, 5), done.stdout + done.stderr
    return done.stderr


def script(folder, name, body):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_what_is_missing_or_wrong_is_told(folder):
    assert "cannot start /nonexistent/python" in complaint(folder, "/nonexistent/python")
    assert "pip install ai-edge-litert" in complaint(folder, script(folder, "bare_python", f'exec {sys.executable} -S "$@"'))
    assert "ended with exit code 7: the last words" in complaint(folder, script(folder, "dying_python", "echo the last words >&2; exit 7"))
    assert "did not answer in 5 s" in complaint(folder, script(folder, "silent_python", "sleep 1000"))
    assert "damaged.tflite" in complaint(folder, sys.executable)

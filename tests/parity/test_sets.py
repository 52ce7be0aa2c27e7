"""Two graphs in one file, whose weights stand once: run by signature, each gives what its own file gives.

The files are made by tests/core/session/export_set_test.cpp: a BertLayer of six tokens (prefill) and of one
(decode)."""
import json
import subprocess
import sys

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from conftest import SOURCE, VERNIER

DATA = SOURCE / "tests/data/circle"
KERNELS = {"reference": OpResolverType.BUILTIN_REF,
           "optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
           "xnnpack": OpResolverType.AUTO}


def opened(name, kernels):
    return Interpreter(str(DATA / f"layer_{name}.tflite"), num_threads=1,
                       experimental_op_resolver_type=KERNELS[kernels])


def feed(details):
    random = np.random.default_rng(7)
    made = {np.float32: lambda shape: random.standard_normal(shape, np.float32),
            np.int16: lambda shape: random.integers(-32768, 32768, shape, np.int16)}
    return {name: made[detail["dtype"]](detail["shape"]) for name, detail in sorted(details.items())}


@pytest.mark.parametrize("kernels", KERNELS)
def test_signatures_give_what_the_files_of_their_own_give(kernels):
    together = opened("set", kernels)
    assert set(together.get_signature_list()) == {"decode", "prefill"}
    for name in ("prefill", "decode"):
        alone = opened(name, kernels).get_signature_runner("forward")
        one = together.get_signature_runner(name)
        inputs = feed(alone.get_input_details())
        (wanted,), (found,) = alone(**inputs).values(), one(**inputs).values()
        assert wanted.shape[1] == (6 if name == "prefill" else 1)
        assert len(np.unique(wanted)) > 8, "something was computed"
        np.testing.assert_array_equal(found, wanted)


def test_the_file_is_smaller_by_the_weights():
    sizes = {name: (DATA / f"layer_{name}.tflite").stat().st_size for name in ("prefill", "decode", "set")}
    weights = 4 * 16 * 16 + 2 * 16 * 24
    assert sizes["prefill"] + sizes["decode"] - sizes["set"] >= weights


def recipe(folder):
    """What the graph of six tokens was made with."""
    mask = {"shape": [1, 1, 1, 6], "distribution": "uniform", "low": -1, "high": 0}
    inputs = {"hidden_states": {"shape": [1, 6, 16]}, "attention_mask": mask}
    samples = {"inputs": {"kind": "synthetic", "inputs": inputs}, "samples": 4}
    path = folder / "sets.json"
    path.write_text(json.dumps({
        "version": 1,
        "model": {"checkpoint": str(SOURCE / "tests/data/golden/bert_tiny"),
                  "module": "encoder.layer.0", "type": "BertLayer",
                  "config": {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 24,
                             "layer_norm_form": "op"}},
        "quantization": {"activation": {"observer": "minmax", "dtype": "uint8"},
                         "weight": {"observer": "minmax", "dtype": "int8"}},
        "calibration": samples, "evaluation": samples, "export": []}))
    return path


def verify(folder, name, **options):
    command = [VERNIER, "verify", DATA / f"layer_{name}", "--recipe", recipe(folder), "--json",
               "--executor-options", json.dumps(options)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("suffix,python", [("tflite", {"python": sys.executable}), ("circle", {})],
                         ids=["litert", "circle"])
def test_executors_take_a_signature(folder, suffix, python):
    done = verify(folder, f"set.{suffix}", signature="prefill", **python)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["outputs"][0]["quantized_to_file"]["elements"] == 4 * 6 * 16
    if suffix == "tflite":
        alone = json.loads(verify(folder, "prefill.tflite", **python).stdout)
        keys = row.keys() - {"file", "seconds"}
        assert {key: row[key] for key in keys} == {key: alone[key] for key in keys}, "node by node, too"
    for wrong, words in (({}, "prefill"), ({"signature": "verify"}, "no signature")):
        done = verify(folder, f"set.{suffix}", **wrong, **python)
        assert done.returncode == 3 and words in done.stderr and "decode" in done.stderr, done.stderr
    done = verify(folder, f"set.{suffix}", signature="decode", **python)
    assert done.returncode == 5 and "sample" in done.stderr, done.stderr

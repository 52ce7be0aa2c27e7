"""The attention of tests/consumer: prefill and decode in one TFLite file, in LiteRT under two signatures."""

import json
import os
import subprocess
import sys

import pytest

from conftest import SOURCE, VERNIER, build_plugin


@pytest.fixture(scope="session")
def plugin(folder):
    return build_plugin(folder, "acme_attention")


@pytest.mark.parametrize("dtype, kernels, most",
                         [("int8", "xnnpack", 0), ("int8", "optimized", 1), ("int16", "xnnpack", 4)])
def test_both_signatures_compute_what_the_file_says(plugin, tmp_path, dtype, kernels, most):
    export = [{"backend": "tflite", "units": ["prefill", "decode"], "file": "attention.tflite",
               "verify": {"executor": "litert", "options": {"kernels": kernels}}}]
    done = subprocess.run(
        [VERNIER, "run", SOURCE / "tests/consumer/attention_recipe.json", "--plugin", plugin, "--out",
         tmp_path / "out", "--quiet", "--set", f"quantization.activation.dtype={dtype}", "--set", "gates={}",
         "--set", f"export={json.dumps(export)}"],
        capture_output=True, text=True, env=os.environ | {"VERNIER_PYTHON": sys.executable})
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert [row["unit"] for row in report["verify"]] == ["prefill", "decode"]
    for row in report["verify"]:
        assert len(row["outputs"]) == 3
        for output in row["outputs"]:
            assert output["quantized_to_file"]["max_step"] <= most, (row["unit"], output)

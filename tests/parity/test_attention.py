"""The attention of tests/consumer, prefill and decode in one TFLite file, executed in LiteRT under its two signatures."""

import json
import os
import subprocess
import sys

import pytest

from conftest import SOURCE, VERNIER

CONSUMER = SOURCE / "tests/consumer"


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """The plugin, built against the installed SDK alone, as its author would."""
    work = tmp_path_factory.mktemp("acme")
    build = VERNIER.parents[1]
    for command in (["cmake", "--install", build, "--prefix", work / "sdk", "--component", "sdk"],
                    ["cmake", "-S", CONSUMER, "-B", work / "build", "-G", "Ninja",
                     f"-DCMAKE_PREFIX_PATH={work / 'sdk'}", "-DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON"],
                    ["cmake", "--build", work / "build", "--target", "acme_attention"]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return work / "build/plugins"


@pytest.mark.parametrize("dtype, kernels, most", [("int8", "xnnpack", 0), ("int8", "optimized", 1), ("int16", "xnnpack", 4)])
def test_both_signatures_compute_what_the_file_says(plugins, tmp_path, dtype, kernels, most):
    export = [{"backend": "tflite", "units": ["prefill", "decode"], "file": "attention.tflite",
               "verify": {"executor": "litert", "options": {"kernels": kernels}}}]
    done = subprocess.run(
        [VERNIER, "run", CONSUMER / "attention_recipe.json", "--out", tmp_path / "out", "--quiet", "--set",
         f"quantization.activation.dtype={dtype}", "--set", "gates={}", "--set", f"export={json.dumps(export)}"],
        capture_output=True, text=True,
        env=os.environ | {"VERNIER_PYTHON": sys.executable, "VERNIER_PLUGIN_PATH": str(plugins)})
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert [row["unit"] for row in report["verify"]] == ["prefill", "decode"]
    for row in report["verify"]:
        assert len(row["outputs"]) == 3
        for output in row["outputs"]:
            assert output["quantized_to_file"]["max_step"] <= most, (row["unit"], output)

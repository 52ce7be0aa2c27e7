"""Mini models of Gemma4 with another seed than the golden ones, live: what transformers gives in float,
TICO's qparams, and files that hold what they should."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from conftest import SOURCE, VERNIER

sys.path.insert(0, str(SOURCE / "tests/data/golden"))
import gemma4_mini  # noqa: E402


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("gemma4_text")
    gemma4_mini.make(folder, 77)
    return folder


@pytest.mark.parametrize("name", ["gemma4_text_model", "gemma4_for_causal_lm"])
def test_it_is_the_model_of_transformers_with_ticos_qparams(name, cases, tmp_path):
    case, theirs = json.loads((cases / name / "case.json").read_text()), load_file(
        cases / name / "io.safetensors"
    )
    done = subprocess.run(
        [
            VERNIER,
            "run",
            cases / name / "recipe.json",
            "--out",
            tmp_path,
            "--save-outputs",
            "--quiet",
            "--set",
            'export.0.gates={"quantized_to_file": {"max_step": "<= 0"}}',
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"VERNIER_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ours = load_file(tmp_path / "outputs.safetensors")
    for key in (one for one in theirs if one.startswith("float_out.")):
        np.testing.assert_allclose(ours[key], theirs[key], rtol=0, atol=1e-5)
    sites = {row["site"]: row for row in json.loads((tmp_path / "qparams.json").read_text())}
    assert len(sites) == len(case["sites"]) + len(case["own"])
    for row in case["sites"]:
        own = sites[(row["module"] + "/" if row["module"] else "") + row["site"]]
        assert own["zero_point"] == row["zero_point"], own["site"]
        np.testing.assert_allclose(own["scale"], row["scale"], rtol=1e-5, err_msg=own["site"])

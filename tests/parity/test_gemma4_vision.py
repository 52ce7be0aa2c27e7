"""Gemma4's vision wrappers against transformers and TICO, live: float results, every site's qparams, and
files that hold what they should. What differs on purpose is in the case's `moved` and in
plugins/wrappers/gemma4/README.md."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from conftest import run_folder
from gemma4_vision_cases import CASES
from gemma4_vision_files import write

STACKS = ("encoder", "model", "standardized")  # behind several layers float32 has parted by more than a unit
SPECS = {"uint8": ("uint8", "uint8"), "int16_uint4": ("int16", "uint4")}


def run(folder, out):
    outputs, report = run_folder(folder, out)
    sites = {row["site"]: row for row in json.loads((out / "qparams.json").read_text())}
    return outputs, sites, report


def assert_same_site(ours, theirs, what, part):
    assert ours["dtype"] == theirs["dtype"], what
    assert ours["zero_point"] == theirs["zero_point"], what
    scale, wanted = np.float32(ours["scale"]), np.float32(theirs["scale"])
    assert scale.shape == wanted.shape, what
    assert np.all(np.abs(scale - wanted) <= np.maximum(2 * np.spacing(wanted), part * wanted)), what


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("name", CASES)
def test_it_is_the_module_of_transformers_and_tico(name, spec, tmp_path):
    folder = tmp_path / "case"
    record = write(name, folder, 7, *SPECS[spec])
    if spec != "uint8" and "sites" not in record:
        pytest.skip("only its float result is compared, which spec uint8 does")
    outputs, sites, report = run(folder, tmp_path / "out")
    wanted = load_file(folder / "io.safetensors")
    rows = wanted["float_out.0"].shape[0]
    within = 1e-5 * max(1, np.abs(wanted["float_out.0"]).max())
    np.testing.assert_allclose(outputs["float_out.0"][:rows], wanted["float_out.0"], rtol=0, atol=within)
    named = set(record["moved"])
    for row in record.get("sites", []):
        path = row["module"] + "/" + row["site"] if row["module"] else row["site"]
        ours = record["moved"].get(path, path)
        named |= {path, ours}
        if ours:
            assert_same_site(sites[ours], row, ours, 1e-5 if name in STACKS else 0)
    if "sites" in record:
        assert set(sites) <= named
        # Over seeds the two are equally good; one draw is not.
        assert report["metrics"]["mean_abs_diff"] <= 1.3 * record["metrics"]["mean_abs_diff"]

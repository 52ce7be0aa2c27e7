"""Gemma4ForConditionalGeneration as a whole, live, with other prompts and pictures than the golden cases: the
logits of transformers for wide, tall, square, two pictures, and none; TICO's qparams."""

import json
import sys

import numpy as np
import pytest
import torch

import gemma4_model_cases
import gemma4_vision_cases
import tico.quantization
from conftest import SOURCE, run_folder
from tico.quantization.config.ptq import PTQConfig
from tico_sites import affine_of, sites_of

sys.path.insert(0, str(SOURCE / "tests/data/golden"))
import gemma4_text  # noqa: E402

DTYPES = ("int16", "uint8")
TOWER, TEXT = "model.vision_tower", "model.language_model"
# What TICO observes where ours has the grid of the first layer's input, or nothing.
MOVED = {
    f"{TEXT}.embed_tokens/act_out": "",
    "model.embed_vision.embedding_projection/act_out": "",
    "model/per_layer_inputs": "",
}


def run(folder, out):
    outputs, report = run_folder(folder, out)
    assert report["coverage"]["unused_tensors"] == []
    return outputs, report


@pytest.fixture(scope="module")
def tiny():
    return gemma4_model_cases.tiny()


@pytest.mark.parametrize("seed", [7, 8])
@pytest.mark.parametrize("name", gemma4_model_cases.CASES)
def test_logits_are_those_of_transformers(name, seed, tiny, tmp_path):
    wanted = gemma4_model_cases.write(tiny, name, tmp_path / "case", seed)
    outputs, _ = run(tmp_path / "case", tmp_path / "out")
    found = outputs["float_out.logits"]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4)
    assert np.array_equal(found.argmax(-1), wanted.argmax(-1))


def by_tico(sample):
    """TICO's sites, and what it gives for the sample that it is calibrated on."""
    specs = dict(zip(("activation", "weight"), map(affine_of, DTYPES)))
    with torch.no_grad():
        prepared = tico.quantization.prepare(gemma4_model_cases.tiny(), PTQConfig(**specs), inplace=True)
        prepared(**sample, use_cache=False)
        quantized = tico.quantization.convert(prepared, inplace=True)
        return sites_of(quantized), quantized(**sample, use_cache=False).logits.numpy()


def under_our_names(rows):
    """Our path of a site to TICO's row."""
    moved = dict(MOVED) | gemma4_vision_cases.below(TOWER, gemma4_vision_cases.model_moved(2, False))
    for layer in range(2):
        moved |= gemma4_vision_cases.below(f"{TOWER}.encoder.layers.{layer}", gemma4_vision_cases.CLIPPED)
    text, _ = gemma4_text.translated([row for row in rows if row["module"].startswith(TEXT)], False, False)
    result = {}
    for row in text + [row for row in rows if not row["module"].startswith(TEXT)]:
        path = (row["module"] + "/" if row["module"] else "") + row["site"]
        if moved.get(path, path):
            result[moved.get(path, path)] = row
    return result


# A picture without slots of padding, which TICO's observers would see otherwise than ours.
def test_sites_have_ticos_qparams(tiny, tmp_path):
    logits = gemma4_model_cases.write(tiny, "tall", tmp_path / "case", 5)
    sample, _ = gemma4_model_cases.given(
        "tall", gemma4_model_cases.CASES["tall"], np.random.default_rng(5)
    )
    recipe = json.loads((tmp_path / "case/recipe.json").read_text())
    recipe["quantization"] = gemma4_text.quantization(*DTYPES)
    recipe["model"]["config"] = {"mask_depth": 120}
    (tmp_path / "case/recipe.json").write_text(json.dumps(recipe))
    outputs, report = run(tmp_path / "case", tmp_path / "out")
    ours = {row["site"]: row for row in json.loads((tmp_path / "out/qparams.json").read_text())}
    rows, quantized = by_tico(sample)
    theirs = under_our_names(rows)
    assert len(theirs) > 400
    for path, row in theirs.items():
        assert ours[path]["dtype"] == row["dtype"], path
        assert ours[path]["zero_point"] == row["zero_point"], path
        np.testing.assert_allclose(ours[path]["scale"], row["scale"], rtol=2e-5, err_msg=path)
    # The two are equally good; one draw is not.
    assert report["metrics"]["mean_abs_diff"] <= 1.3 * np.abs(quantized - logits).mean()

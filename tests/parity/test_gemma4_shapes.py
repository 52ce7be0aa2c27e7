"""A trained multimodal model as a whole: float logits are those of transformers, and fake quantization keeps
what TICO keeps. Calibrated on pictures of three forms and on text, evaluated on other samples."""

import numpy as np
import pytest
from safetensors.numpy import load_file

import gemma4_shapes
from conftest import VERNIER

# dB. TICO 0.3.0's on the same samples are 26.2, 43.4 and 21.5.
LEAST_SQNR = {"w8a8": 26.2, "w8a16": 43.0, "w4a16": 21.5}


@pytest.fixture(scope="module", params=gemma4_shapes.SETTINGS)
def result(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, gemma4_shapes.run(VERNIER, folder, gemma4_shapes.SETTINGS[request.param])


def test_float_logits_are_those_of_transformers(result):
    wanted = load_file(gemma4_shapes.FOLDER / "evaluation/logits.safetensors")
    _, rows = result
    assert len(rows) == gemma4_shapes.LOGITS
    forms = {tuple(record.get("patch_grid", ())) for record, _, _ in rows}
    assert forms == {(), (12, 9), (9, 12), (9, 9)}
    for record, found, _ in rows:
        theirs = wanted[f"{record['index']}.logits"]
        np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-3 * np.ptp(theirs))
        assert np.array_equal(found.argmax(-1), theirs.argmax(-1)), record["index"]
        assert gemma4_shapes.answer_scores(record, found)[0]


def test_quantized_logits_are_as_close_as_ticos(result):
    name, rows = result
    scores = gemma4_shapes.summary(rows)
    assert scores["sqnr_db"] >= LEAST_SQNR[name], scores
    assert scores["exact"] == gemma4_shapes.LOGITS, scores

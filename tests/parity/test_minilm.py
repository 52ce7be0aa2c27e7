"""The whole trained sentence encoder: its float run against transformers, live, and the fake-quant run against the float one."""
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from transformers import AutoModel

from conftest import SOURCE, run_vernier

SENTENCES = 24
CHECKPOINT = SOURCE / "build/checkpoints/minilm"


@pytest.fixture(scope="module")
def sentences():
    lines = (SOURCE / "tests/data/minilm/evaluation.jsonl").read_text().splitlines()[:SENTENCES]
    return [{name: np.asarray(value) for name, value in json.loads(line).items()} for line in lines]


@pytest.fixture(scope="module")
def outputs(folder):
    out = folder / "minilm"
    run_vernier("minilm_w8a8", out, "--set", f"evaluation.samples={SENTENCES}")
    return load_file(out / "outputs.safetensors")


def named(outputs, stem, index):
    return outputs[f"{stem}.0" if index == 0 else f"{stem}.0.{index}"]


def pooled(hidden, mask):
    mean = (hidden[0] * mask.reshape(-1, 1)).sum(axis=0)
    return mean / np.linalg.norm(mean)


def test_float_run_is_that_of_transformers(sentences, outputs):
    model = AutoModel.from_pretrained(CHECKPOINT).eval()
    for index, row in enumerate(sentences):
        with torch.no_grad():
            theirs = model(input_ids=torch.tensor(row["input_ids"]), attention_mask=torch.tensor(row["attention_mask"])).last_hidden_state.numpy()
        seen = int(row["attention_mask"].sum())
        np.testing.assert_allclose(named(outputs, "float_out", index)[:, :seen], theirs[:, :seen], rtol=0, atol=2e-5)


def test_embeddings_of_the_fake_quant_run_are_near(sentences, outputs):
    cosines = [pooled(named(outputs, "float_out", i), row["attention_mask"]) @ pooled(named(outputs, "quant_out", i), row["attention_mask"]) for i, row in enumerate(sentences)]
    assert np.mean(cosines) >= 0.99
